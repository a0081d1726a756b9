package config

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// functionsPage is the page of the functions, whose headings, signatures and answers are written with -update. What else stands on it is kept:
// the expressions of each function, and prose in front of the first group, behind the heading of one, and behind a function's answers.
const functionsPage = "functions.md"

var (
	groupHeading    = regexp.MustCompile(`(?m)^## (.*)\n`)
	functionHeading = regexp.MustCompile("(?m)^### `(.*)`\n")
	examples        = regexp.MustCompile("(?s)```console\n(.*?)```\n")
	documentedFile  = regexp.MustCompile("(?s)`([a-z.]+)`:\n\n```(?:hcl|text)\n(.*?)```\n")
)

// parts gives what stands behind each heading, by what the heading names, and what stands in front of the first.
func parts(heading *regexp.Regexp, text string) (front string, behind map[string]string, order []string) {
	behind = map[string]string{}
	at := heading.FindAllStringSubmatchIndex(text, -1)
	front = text
	for i, m := range at {
		if i == 0 {
			front = text[:m[0]]
		}
		end := len(text)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		name := text[m[2]:m[3]]
		behind[name] = text[m[1]:end]
		order = append(order, name)
	}
	return front, behind, order
}

// The page has every function, with examples that give what it says, and no other.
func TestPageOfFunctionsHolds(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(reference, functionsPage))
	if err != nil {
		t.Fatal(err)
	}
	front, groups, titles := parts(groupHeading, string(text))
	files := map[string]string{}
	for _, m := range documentedFile.FindAllStringSubmatch(front, -1) {
		files[m[1]] = m[2]
	}
	c := loaded(t, files, Options{})

	var want strings.Builder
	want.WriteString(front)
	known := map[string]bool{}
	for _, group := range Functions() {
		known[group.Title] = true
		prose, functions, names := parts(functionHeading, groups[group.Title])
		fmt.Fprintf(&want, "## %s\n%s", group.Title, prose)
		if prose == "" {
			want.WriteString("\n")
		}
		for _, f := range group.Functions {
			known[f.Name] = true
			section := functions[f.Name]
			fmt.Fprintf(&want, "### `%s`\n\n`%s`\n\n%s\n\n", f.Name, f, f.Description)
			shown := examples.FindStringSubmatchIndex(section)
			if shown == nil {
				t.Errorf("%s has no example of %s", functionsPage, f.Name)
				continue
			}
			source := section[shown[2]:shown[3]]
			if !strings.Contains(source, f.Name+"(") {
				t.Errorf("the example of %s does not call it", f.Name)
			}
			fmt.Fprintf(&want, "```console\n%s```\n%s", answers(c, []byte(source)), section[shown[1]:])
		}
		for _, name := range names {
			if !known[name] {
				t.Errorf("%s has %s, which is no function of that group", functionsPage, name)
			}
		}
	}
	for _, title := range titles {
		if !known[title] {
			want.WriteString("## " + title + "\n" + groups[title])
		}
	}
	if *update {
		if err := os.WriteFile(filepath.Join(reference, functionsPage), []byte(want.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if diff := cmp.Diff(want.String(), string(text)); diff != "" {
		t.Errorf("%s does not say what the functions are; -update writes it anew (-want +got):\n%s", functionsPage, diff)
	}
}

func TestEveryFunctionThatIsLeftOutIsOnThePage(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(reference, functionsPage))
	if err != nil {
		t.Fatal(err)
	}
	_, groups, _ := parts(groupHeading, string(text))
	for name := range absent {
		if !strings.Contains(groups["What is not there"], "`"+name+"`") {
			t.Errorf("%s does not say why there is no %s", functionsPage, name)
		}
	}
}
