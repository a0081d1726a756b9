package config

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestReplaceKeepsModeAndLinks(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	write(t, path("file"), "a longer content")
	if err := os.Chmod(path("file"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("file", path("link")); err != nil {
		t.Skip(err)
	}
	if err := Replace(path("link"), []byte("new")); err != nil {
		t.Fatal(err)
	}
	if target, err := os.Readlink(path("link")); err != nil || target != "file" {
		t.Errorf("the link leads to %q, %v", target, err)
	}
	about, err := os.Stat(path("file"))
	if err != nil || about.Mode().Perm() != 0o640 {
		t.Errorf("mode %v, %v", about.Mode(), err)
	}
	if err := os.Link(path("file"), path("second name")); err != nil {
		t.Skip(err)
	}
	if err := Replace(path("file"), []byte("x")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"file", "link", "second name"} {
		if content, err := os.ReadFile(path(name)); err != nil || string(content) != "x" {
			t.Errorf("%s has %q, %v", name, content, err)
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 3 {
		t.Errorf("left in the directory: %v, %v", left, err)
	}
}

// The file that cannot be written is as it was, and nothing else is there.
func TestReplaceWritesAllOrNothing(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("names of any length")
	}
	dir := t.TempDir()
	// The name leaves no room for that of a second file.
	path := filepath.Join(dir, strings.Repeat("a", 250))
	write(t, path, "before")
	if err := Replace(path, []byte("after")); err == nil {
		t.Error("nothing was said")
	}
	if content, err := os.ReadFile(path); err != nil || string(content) != "before" {
		t.Errorf("the file has %q, %v", content, err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Errorf("left in the directory: %v, %v", left, err)
	}
}
