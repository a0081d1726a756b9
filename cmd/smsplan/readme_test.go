package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/smsplan/smsplan/internal/config"
)

// What the README shows is valid, and laid out as fmt would.
func TestReadmeConfigurationsAreValid(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```hcl\n(.*?)```").FindAllSubmatch(readme, -1)
	if len(blocks) == 0 {
		t.Fatal("the README shows no configuration")
	}
	for _, block := range blocks {
		dir := t.TempDir()
		for name, content := range map[string]string{
			"main.sms.hcl":  string(block[1]),
			"customers.csv": "name,mobile,suburb,active\nRuth,+61491570006,Fitzroy,yes\n",
			"optout.csv":    "mobile\n",
		} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if _, diagnostics := config.Load(t.Context(), dir, config.Options{}); diagnostics.HasErrors() {
			var b strings.Builder
			_ = diagnostics.Write(&b, 0, false)
			t.Errorf("%s\n%s", block[1], b.String())
		}
		if formatted, _ := config.Format(block[1], "README.md"); string(formatted) != string(block[1]) {
			t.Errorf("fmt would change this to\n%s", formatted)
		}
	}
}

// The Go tool refuses a flag that one of the packages does not have.
func TestContributingNamesThePackagesWithGoldenFiles(t *testing.T) {
	contributing, err := os.ReadFile("../../CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	command := regexp.MustCompile("(?s)`go test([^`]*)-update`")
	named := map[string]bool{}
	for _, c := range command.FindAllSubmatch(contributing, -1) {
		for _, word := range strings.Fields(string(c[1])) {
			if dir, ok := strings.CutPrefix(word, "./"); ok {
				named[dir] = true
			}
		}
	}
	has := map[string]bool{}
	for _, pattern := range []string{"../../cmd/*/*_test.go", "../../internal/*/*_test.go", "../../internal/*/*/*_test.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(source), `flag.Bool("update"`+",") {
				has[strings.TrimPrefix(filepath.ToSlash(filepath.Dir(file)), "../../")] = true
			}
		}
	}
	if diff := cmp.Diff(has, named); diff != "" || len(has) == 0 {
		t.Errorf("packages whose tests have -update, and those that CONTRIBUTING names: %s", diff)
	}
}

func TestDocumentedConfigurationsAreLaidOutAsFmtWould(t *testing.T) {
	pages, err := filepath.Glob("../../docs/language/*.md")
	if err != nil || len(pages) == 0 {
		t.Fatal("no pages", err)
	}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range regexp.MustCompile("(?s)```hcl\n(.*?)```").FindAllSubmatch(text, -1) {
			formatted, diagnostics := config.Format(block[1], filepath.Base(page))
			if diagnostics.HasErrors() || string(formatted) != string(block[1]) {
				t.Errorf("%s: fmt makes of\n%s\nthis:\n%s", page, block[1], formatted)
			}
		}
	}
}
