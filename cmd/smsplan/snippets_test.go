package main

import (
	"compress/gzip"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/plan"
	"github.com/smsplan/smsplan/internal/state"
)

// snippet is a piece of HCL in the documentation.
type snippet struct {
	place string // "docs/language/message.md line 5"
	text  string
}

// besideSnippets are the files that the documentation's configurations read. Those that end in .gz are compressed.
var besideSnippets = map[string]string{
	"customers.csv":        "name,mobile,suburb,active,lang\nRuth,+61491570006,Fitzroy,yes,en\nSam,+12025550143,Shaw,yes,af\n",
	"optout.csv":           "mobile\n+61491570156\n",
	"sent.csv":             "mobile\n0491 570 006\n",
	"north.csv":            "name,mobile\nRuth,+61491570006\n",
	"south.csv":            "name,mobile\nSam,+12025550143\n",
	"subscribers.jsonl.gz": `{"msisdn": "+12025550143", "topics": ["outages"], "age": 30}` + "\n",
}

// What is quoted between longer fences is Markdown that shows HCL, and no configuration.
var snippetFence = regexp.MustCompile("(?s)````.*?\n````|```hcl\n(.*?)```")

func snippets(t *testing.T) []snippet {
	t.Helper()
	pages := []string{"README.md", "CONTRIBUTING.md"}
	err := filepath.WalkDir("../../docs", func(path string, _ fs.DirEntry, err error) error {
		if filepath.Ext(path) == ".md" {
			pages = append(pages, strings.TrimPrefix(filepath.ToSlash(path), "../../"))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var found []snippet
	for _, page := range pages {
		text, err := os.ReadFile(filepath.Join("../..", page))
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range snippetFence.FindAllSubmatchIndex(text, -1) {
			if at[2] < 0 {
				continue
			}
			found = append(found, snippet{fmt.Sprintf("%s line %d", page, 1+strings.Count(string(text[:at[2]]), "\n")), string(text[at[2]:at[3]])})
		}
	}
	if len(found) == 0 {
		t.Fatal("the documentation shows no configurations")
	}
	return found
}

// is reports whether the snippet has a block of that type at its top.
func (s snippet) is(block string) bool {
	return regexp.MustCompile(`(?m)^` + block + `\b.*\{`).MatchString(s.text)
}

// unpacked writes the snippet into a directory of its own.
func (s snippet) unpacked(t *testing.T, name string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(s.text), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, content := range besideSnippets {
		if strings.HasSuffix(name, ".gz") {
			var b strings.Builder
			w := gzip.NewWriter(&b)
			if _, err := w.Write([]byte(content)); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			content = b.String()
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestSnippetsAreLaidOutAsFmtWould(t *testing.T) {
	for _, s := range snippets(t) {
		formatted, diagnostics := config.Format([]byte(s.text), s.place)
		if diagnostics.HasErrors() || string(formatted) != s.text {
			t.Errorf("%s: fmt makes of\n%s\nthis:\n%s%s", s.place, s.text, formatted, written(diagnostics))
		}
	}
}

// A configuration that has a gateway is whole, and planned. Of others, what they refer to may be elsewhere, and nothing else is
// forgiven: no name that the language does not have, and no value that an argument does not take.
func TestSnippetsAreRight(t *testing.T) {
	elsewhere := []string{"No gateway", "Reference to something undeclared"}
	planned := 0
	for _, s := range snippets(t) {
		if s.is("run") {
			dir := s.unpacked(t, "main.smstest.hcl")
			if _, diagnostics := config.ReadTests(dir, config.TestOptions{}); !diagnostics.Empty() {
				t.Errorf("%s:\n%s", s.place, written(diagnostics))
			}
			continue
		}
		dir := s.unpacked(t, "main.sms.hcl")
		if !s.is("gateway") {
			_, diagnostics := config.Load(t.Context(), dir, config.Options{Scope: config.ScopeValidate})
			for _, d := range diagnostics.List() {
				if !slices.Contains(elsewhere, d.Summary) {
					t.Errorf("%s: %s: %s\n%s", s.place, d.Summary, d.Detail, s.text)
				}
			}
			continue
		}
		c, diagnostics := config.Load(t.Context(), dir, config.Options{})
		if !diagnostics.Empty() {
			t.Errorf("%s:\n%s", s.place, written(diagnostics))
			continue
		}
		planned++
		made := plan.New(c, &state.Snapshot{}, time.Date(2030, 1, 31, 5, 0, 0, 0, time.UTC), version, plan.Options{})
		if problems := made.Problems(); len(problems) > 0 {
			t.Errorf("%s:\n%s", s.place, written(c.Diagnose(problems)))
		}
		for _, m := range made.Messages {
			if m.Action != plan.Send {
				t.Errorf("%s: nobody gets %s", s.place, m.Address)
			}
		}
	}
	if planned < 5 {
		t.Errorf("%d configurations were planned, and the documentation has more", planned)
	}
}

func written(d config.Diagnostics) string {
	var b strings.Builder
	_ = d.Write(&b, 0, false)
	return b.String()
}
