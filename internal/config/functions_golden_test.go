package config

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

// answered gives what the console answers an expression: the value, or the error without the source that it is about.
func answered(c *Config, expression string) string {
	text, d := c.Evaluate(expression)
	if !d.HasErrors() {
		return text
	}
	var b strings.Builder
	for i, diag := range d.List() {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString("Error: " + diag.Summary + "\n  " + strings.ReplaceAll(strings.ReplaceAll(diag.Detail, c.Dir, "DIR"), "\n", "\n  "))
	}
	return b.String()
}

// answers writes the answers to expressions anew. A line that begins with "> " is an expression, one with "# " a remark.
func answers(c *Config, source []byte) []byte {
	var b bytes.Buffer
	for line := range strings.Lines(string(source)) {
		if expression, is := strings.CutPrefix(line, "> "); is {
			b.WriteString(line + answered(c, strings.TrimSpace(expression)) + "\n\n")
		} else if strings.HasPrefix(line, "# ") {
			b.WriteString(line + "\n")
		}
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// The goldens of testdata/functions hold; its README says how they came about.
func TestFunctionsAnswer(t *testing.T) {
	paths, err := filepath.Glob("testdata/functions/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatal("no goldens", err)
	}
	archive, err := txtar.ParseFile("testdata/functions/configuration.txtar")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range archive.Files {
		files[f.Name] = string(f.Data)
	}
	c := loaded(t, files, Options{})
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			got := answers(c, want)
			if *update {
				if err := os.WriteFile(path, got, 0o600); err != nil {
					t.Fatal(err)
				}
			} else if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
