package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func document(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(root + "/docs/reliability.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// section gives what stands below a heading.
func section(t *testing.T, text, heading string) string {
	t.Helper()
	_, below, found := strings.Cut(text, "\n## "+heading+"\n")
	if !found {
		t.Fatalf("docs/reliability.md has no section %q", heading)
	}
	below, _, _ = strings.Cut(below, "\n## ")
	return below
}

func TestTheDocumentDescribesEveryCampaign(t *testing.T) {
	all := campaigns
	targets, err := fuzzTargets(root)
	if err != nil {
		t.Fatal(err)
	}
	all = append(slices.Clone(all), targets...)
	var want []string
	for _, c := range all {
		if !slices.Contains(want, c.id) {
			want = append(want, c.id)
		}
	}
	var got []string
	for _, row := range regexp.MustCompile(`(?m)^\| (R\d+) \|`).FindAllStringSubmatch(section(t, document(t), "The campaigns"), -1) {
		got = append(got, row[1])
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("docs/reliability.md and the table of campaigns (-table +document):\n%s", diff)
	}
}

func TestTheDocumentDescribesEverySabotage(t *testing.T) {
	var want strings.Builder
	for _, s := range sabotages {
		row(&want, s.name, s.broken, s.caughtBy.id, s.finding)
	}
	_, got, _ := strings.Cut(section(t, document(t), "The sabotages"), "| --- | --- | --- | --- |\n")
	if diff := cmp.Diff(want.String(), strings.TrimSpace(got)+"\n"); diff != "" {
		t.Errorf("docs/reliability.md and the table of sabotages (-table +document):\n%s", diff)
	}
}

func TestTheTestsThatTheDocumentNamesAreThere(t *testing.T) {
	there := map[string]bool{}
	if err := eachTest(root, func(_, name string) { there[name] = true }); err != nil {
		t.Fatal(err)
	}
	for _, name := range regexp.MustCompile(`\bTest[A-Z]\w+`).FindAllString(document(t), -1) {
		if !there[name] {
			t.Errorf("docs/reliability.md names %s, and there is no such test", name)
		}
	}
}
