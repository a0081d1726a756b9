package render

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/smsplan/smsplan/internal/config"
)

// A line of a flowchart as this package writes it. What stands in quotation marks has nothing that Mermaid, Markdown or HTML
// takes for its own: no quotation mark, hash, bracket, backquote, colon, or ampersand, but numbers of characters and line breaks.
var mermaidLine = regexp.MustCompile(`^(flowchart LR|  n\d+[\[({]+"([\pL\pM\pN .,/_-]|#\d+;|<br/>)+"[\])}]+|  n\d+ (-->|==>|-\.->)(\|\w+\|)? n\d+|  classDef message stroke-width:3px|  class n\d+(,n\d+)* message)$`)

func TestMermaidTakesHostileNamesAsText(t *testing.T) {
	var g config.Graph
	for _, hostile := range []string{
		"a\"] --> b[\"", "`x`", "<script>alert(1)</script>", "%%{init: {}}%%", "end", "style n0 fill:#f00;", "\x1b[31m\u202e", "a\nclick n0 href \"http://x\"", "##[group]", "::error::x", "&quot;", "\\n",
	} {
		g.Nodes = append(g.Nodes,
			config.Node{Address: hostile, Kind: config.FileNode},
			config.Node{Address: "message.x", Kind: config.MessageNode, Each: true, Keys: []string{hostile}})
	}
	g.Edges = []config.Edge{{From: 0, To: 1, Role: config.RoleRows}, {From: 1, To: 2}}
	var b strings.Builder
	if err := Mermaid(&b, g); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(b.String()) {
		if !mermaidLine.MatchString(strings.TrimSuffix(line, "\n")) {
			t.Errorf("a line that is none of a flowchart's: %q", line)
		}
	}
}

func TestMermaidRollsUpKeys(t *testing.T) {
	n := config.Node{Address: "message.news", Kind: config.MessageNode, Each: true}
	for i := range 12_345 {
		n.Keys = append(n.Keys, fmt.Sprintf("k%05d", i))
	}
	var b strings.Builder
	if err := Mermaid(&b, config.Graph{Nodes: []config.Node{n}}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "and 12,340 more") || b.Len() > 300 {
		t.Errorf("12,345 keys are written as %d bytes:\n%.400s", b.Len(), b.String())
	}
}

func TestEveryRoleAndKindOfAGraphIsDrawn(t *testing.T) {
	for _, r := range []config.Role{config.RoleValue, config.RoleRows, config.RoleTo, config.RoleIncluded, config.RoleExcluded, config.RoleFirst, config.RoleLimits, config.RoleImported} {
		if arrows[r] == "" {
			t.Errorf("role %q has no arrow", r)
		}
	}
	for _, k := range []config.NodeKind{config.FileNode, config.VariableNode, config.LocalNode, config.RecipientsNode, config.MessageNode, config.GuardNode, config.OtherNode} {
		if shapes[k][0] == "" {
			t.Errorf("kind %q has no shape", k)
		}
	}
}
