package config

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// described gives the names in the first columns of a page's tables, by the heading above them.
func described(t *testing.T, page string) map[string][]string {
	t.Helper()
	text, err := os.ReadFile("../../docs/language/" + page)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string][]string{}
	heading := ""
	for line := range strings.Lines(string(text)) {
		switch {
		case strings.HasPrefix(line, "#"):
			heading = strings.Trim(line, "# `\n")
		case strings.HasPrefix(line, "| `"):
			first, _, _ := strings.Cut(line[2:], " | ")
			for _, match := range regexp.MustCompile("`([a-z_]+)`").FindAllStringSubmatch(first, -1) {
				names[heading] = append(names[heading], match[1])
			}
		}
	}
	return names
}

func TestTheReferenceDescribesEveryArgument(t *testing.T) {
	gateway := described(t, "gateway.md")
	var message []string
	lifecycle := described(t, "message.md")["lifecycle"]
	for heading, names := range described(t, "message.md") {
		if heading != "lifecycle" {
			message = append(message, names...)
		}
	}
	for what, tt := range map[string]struct {
		block blockType
		names []string
	}{
		"clickatell": {root.blocks["gateway"].kinds["clickatell"], gateway[`gateway "clickatell"`]},
		"simulator":  {root.blocks["gateway"].kinds["simulator"], gateway[`gateway "simulator"`]},
		"message":    {root.blocks["message"], message},
		"lifecycle":  {root.blocks["message"].blocks["lifecycle"], lifecycle},
		"moved":      {root.blocks["moved"], described(t, "moved.md")["moved"]},
		"removed":    {root.blocks["removed"], described(t, "removed.md")["removed"]},
	} {
		t.Run(what, func(t *testing.T) {
			var want []string
			for _, a := range tt.block.arguments {
				want = append(want, a.name)
			}
			for _, name := range want {
				if !slices.Contains(tt.names, name) {
					t.Errorf("%s is not described", name)
				}
			}
			for _, name := range tt.names {
				if !slices.Contains(want, name) {
					t.Errorf("%s is described, and is no argument", name)
				}
			}
		})
	}
}
