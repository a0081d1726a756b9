package config

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden is an archive of a configuration. Lines of its comment that begin with "> " are options: "-var a=b", "-var-file
// values", "env A=b", "scope validate". Its file "diagnostics" is what Load must say.
type golden struct {
	path    string
	archive *txtar.Archive
	dir     string
	options Options
}

const diagnosticsFile = "diagnostics"

func openGolden(t *testing.T, path string) golden {
	t.Helper()
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	g := golden{path: path, archive: archive, dir: t.TempDir()}
	g.options = goldenOptions(t, path, archive, g.dir)
	for _, f := range archive.Files {
		if f.Name != diagnosticsFile {
			write(t, filepath.Join(g.dir, f.Name), string(f.Data))
		}
	}
	return g
}

// goldenOptions gives the options that an archive names, which is unpacked into dir.
func goldenOptions(t *testing.T, path string, archive *txtar.Archive, dir string) Options {
	t.Helper()
	var o Options
	for line := range strings.Lines(string(archive.Comment)) {
		option, ok := strings.CutPrefix(strings.TrimSpace(line), "> ")
		if !ok {
			continue
		}
		name, value, _ := strings.Cut(option, " ")
		switch name {
		case "-var":
			o.Assignments = append(o.Assignments, Assignment{name, value})
		case "-var-file":
			o.Assignments = append(o.Assignments, Assignment{name, filepath.Join(dir, value)})
		case "env":
			o.Environ = append(o.Environ, value)
		case "scope":
			o.Scope = map[string]Scope{"all": ScopeAll, "validate": ScopeValidate, "send": ScopeSend, "state": ScopeState}[value]
		default:
			t.Fatalf("%s: unknown option %s", path, name)
		}
	}
	return o
}

func write(t testing.TB, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// directory writes a configuration, by file.
func directory(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		write(t, filepath.Join(dir, name), content)
	}
	return dir
}

// said gives diagnostics as a terminal shows them, with dir written as DIR.
func said(d Diagnostics, dir string) string {
	var b bytes.Buffer
	_ = d.Write(&b, 0, false)
	return strings.ReplaceAll(b.String(), dir, "DIR")
}

func TestDiagnosticsAreGolden(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatal("no golden files", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			g := openGolden(t, path)
			_, d := Load(t.Context(), g.dir, g.options)
			got := said(d, g.dir)
			for i, f := range g.archive.Files {
				if f.Name != diagnosticsFile {
					continue
				}
				if *update {
					g.archive.Files[i].Data = []byte(got)
					if err := os.WriteFile(path, txtar.Format(g.archive), 0o644); err != nil {
						t.Fatal(err)
					}
				} else if diff := cmp.Diff(string(f.Data), got); diff != "" {
					t.Errorf("diagnostics (-want +got):\n%s", diff)
				}
			}
		})
	}
}

func TestAFileThatIsNotTextIsOneFault(t *testing.T) {
	noise := make([]byte, 10_000)
	for i := range noise {
		noise[i] = byte(i * 7)
	}
	for name, tt := range map[string]struct{ file, content, want string }{
		"a saved plan":        {"plan.sms.hcl", "PK\x03\x04" + string(noise), "line 1, column 5"},
		"UTF-16":              {"b.sms.hcl", "\xff\xfel\x00o\x00c\x00", "line 1, column 1"},
		"one letter, Latin-1": {"b.sms.hcl", "locals {\n  ä = \"Gr\xfc\xdfe\"\n}\n", "line 2, column 10"},
		"JSON":                {"b.sms.json", "{\"locals\": {\"a\": \"\xfc\"}}", "line 1, column 19"},
		"values":              {"smsplan.smsvars.hcl", "a = \"\xfc\"\n", "line 1, column 6"},
		"the only file":       {"main.sms.hcl", "\x00", "line 1, column 1"},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{"main.sms.hcl": simulated}
			files[tt.file] = tt.content
			dir := directory(t, files)
			_, d := Load(t.Context(), dir, Options{})
			if got := said(d, dir); len(d.List()) != 1 || !strings.Contains(got, tt.file+" is not UTF-8 text") || !strings.Contains(got, tt.want) {
				t.Errorf("%d diagnostics, want one about %s:\n%.2000s", len(d.List()), tt.want, got)
			}
			if strings.HasSuffix(tt.file, ".hcl") {
				if got, d := Format([]byte(tt.content), tt.file); len(d.List()) != 1 || string(got) != tt.content {
					t.Errorf("formatting says\n%.2000s", said(d, dir))
				}
			}
		})
	}
	dir := directory(t, map[string]string{LockName: "\xfc\xfc"})
	if _, d := ReadLock(dir); len(d.List()) != 1 {
		t.Errorf("the lock file: %s", said(d, dir))
	}
}

// Whatever the files are called and however their blocks are ordered, the same is said about them.
func TestOrderOfFilesAndBlocksDoesNotMatter(t *testing.T) {
	blocks := []string{
		"gateway \"simulator\" {}\n",
		"locals {\n  a = local.b\n}\n",
		"locals {\n  b = upper(local.c)\n}\n",
		"locals {\n  c = \"x\"\n}\n",
		"variable \"v\" {\n  default = 1\n  validation {\n    condition     = var.v < length(local.a)\n    error_message = \"No.\"\n  }\n}\n",
		"recipients \"b\" {\n  numbers = [\"+12025550143\"]\n  exclude = [recipients.a]\n}\n",
		"recipients \"a\" {\n  numbers = [\"+12025550144\"]\n}\n",
		"message \"m\" {\n  to   = [recipients.b]\n  text = local.a\n}\n",
		"message \"n\" {\n  to   = [recipients.b, recipients.a]\n  text = local.nope\n}\n",
	}
	var want string
	for shift := range blocks {
		files := make(map[string]string)
		for i := range blocks {
			files[string(rune('a'+(i+shift)%len(blocks)))+".sms.hcl"] = blocks[i]
		}
		dir := directory(t, files)
		c, d := Load(t.Context(), dir, Options{})
		var got strings.Builder
		for _, m := range c.Messages {
			got.WriteString(m.Address + " " + m.TextSource + " " + strings.Join(m.Excludes, ",") + "\n")
		}
		list := d.List()
		summaries := make([]string, len(list))
		for i, each := range list {
			summaries[i] = each.Summary + ": " + each.Detail
		}
		if len(summaries) != 2 {
			t.Fatalf("got %q, want two faults", summaries)
		}
		if summaries[0] > summaries[1] {
			summaries[0], summaries[1] = summaries[1], summaries[0]
		}
		got.WriteString(strings.Join(summaries, "\n"))
		if want == "" {
			want = got.String()
		} else if diff := cmp.Diff(want, got.String()); diff != "" {
			t.Errorf("rotated by %d (-want +got):\n%s", shift, diff)
		}
	}
}

func TestTwoLoadsSayTheSame(t *testing.T) {
	for _, path := range []string{"testdata/gateway-values.txtar", "testdata/names.txtar", "testdata/recipients.txtar"} {
		g := openGolden(t, path)
		_, first := Load(t.Context(), g.dir, g.options)
		for range 20 {
			_, again := Load(t.Context(), g.dir, g.options)
			if diff := cmp.Diff(said(first, g.dir), said(again, g.dir)); diff != "" {
				t.Fatal(diff)
			}
		}
	}
}

// A file that is no configuration has as many faults as it has bytes. What is said of it stays in proportion.
func TestFaultsOfSyntaxAreRolledUp(t *testing.T) {
	src := "a = " + strings.Repeat("\x14", 20_000) + "\n"
	dir := directory(t, map[string]string{"main.sms.hcl": src})
	_, loaded := Load(t.Context(), dir, Options{})
	laid, formatted := Format([]byte(src), "main.sms.hcl")
	for name, d := range map[string]Diagnostics{"load": loaded, "format": formatted} {
		if printed := said(d, dir); len(d.List()) > mostFaults+2 || len(printed) > 100*len(src) || !strings.Contains(printed, "more, this one the first of them") {
			t.Errorf("%s: %d diagnostics of %d bytes", name, len(d.List()), len(printed))
		}
	}
	if string(laid) != src {
		t.Error("the file was changed")
	}
}
