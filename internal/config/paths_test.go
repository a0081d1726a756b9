package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFilesOutsideAreNotRead(t *testing.T) {
	outside := directory(t, map[string]string{"secret.txt": "secret", "people.csv": "number\n+12025550143\n"})
	dir := directory(t, map[string]string{"main.sms.hcl": simulated, "inside.txt": "inside", "sub/deep.txt": "deep"})
	for link, target := range map[string]string{
		"link.txt":     filepath.Join(outside, "secret.txt"),
		"linked":       outside,
		"sub/up":       "..",
		"circle":       "circle",
		"sub/to.txt":   "../inside.txt",
		"sub/away.txt": "../link.txt",
	} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	files := confinement{dir: dir}
	for path, allowed := range map[string]bool{
		"inside.txt":                     true,
		"./sub/../inside.txt":            true,
		filepath.Join(dir, "inside.txt"): true,
		"sub/to.txt":                     true,
		"sub/up/inside.txt":              true,
		"link.txt":                       false,
		"linked/secret.txt":              false,
		"linked/none.txt":                false,
		"sub/away.txt":                   false,
		"../" + filepath.Base(dir) + "x/none.txt": false,
		filepath.Join(outside, "secret.txt"):      false,
		"circle":                                  false,
		"/dev/null":                               false,
	} {
		if real, err := files.resolve(path); (err == nil) != allowed {
			t.Errorf("resolve(%q) = %q, %v; allowed %v", path, real, err, allowed)
		}
	}
	open := confinement{dir: dir, allowed: []string{outside}}
	for _, path := range []string{"link.txt", "linked/secret.txt", filepath.Join(outside, "secret.txt"), "inside.txt"} {
		if _, err := open.resolve(path); err != nil {
			t.Errorf("with -allow-path, resolve(%q) = %v", path, err)
		}
	}

	c, _ := Load(t.Context(), dir, Options{})
	for _, expression := range []string{`file("link.txt")`, `filesha256("linked/secret.txt")`, `templatefile("link.txt", {})`, `fileset("linked", "*")`, `fileexists("link.txt")`} {
		if text, d := c.Evaluate(expression); !strings.Contains(said(d, dir), "leads out") {
			t.Errorf("%s = %s", expression, text)
		}
	}
	if got := console(t, c, `fileset(".", "{linked/*,../*/*,*.txt}")`); got != "toset([\n  \"inside.txt\",\n])" {
		t.Errorf("fileset gives %s", got)
	}
	set := "recipients \"a\" {\n  csv {\n    path   = \"linked/people.csv\"\n    number = \"number\"\n  }\n}\n"
	write(t, filepath.Join(dir, "set.sms.hcl"), set)
	if _, d := Load(t.Context(), dir, Options{}); !strings.Contains(said(d, dir), "leads out") {
		t.Errorf("a set from outside: %s", said(d, dir))
	}
	if _, d := Load(t.Context(), dir, Options{AllowPaths: []string{outside}}); d.HasErrors() {
		t.Errorf("a set from an allowed path: %s", said(d, dir))
	}
}

// A directory may be given as it is seen from where the process is.
func TestARelativeDirectoryHoldsItsFiles(t *testing.T) {
	t.Chdir(directory(t, map[string]string{"inside.txt": "inside", "sub/deep.txt": "deep"}))
	for dir, path := range map[string]string{".": "inside.txt", "sub": "deep.txt"} {
		if content, err := (confinement{dir: dir}).text(path); err != nil || content == "" {
			t.Errorf("%s in %s: %q, %v", path, dir, content, err)
		}
	}
	if _, err := (confinement{dir: "sub"}).locate("../inside.txt"); err == nil {
		t.Error("a file outside was located")
	}
}
