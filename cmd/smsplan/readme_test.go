package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

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
