package render

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/smsplan/smsplan/internal/config"
)

// mostKeys is how many keys of a for_each a graph names.
const mostKeys = 5

// shapes are what stands around the label of each kind of node in Mermaid.
var shapes = map[config.NodeKind][2]string{
	config.FileNode:       {`[("`, `")]`},
	config.VariableNode:   {`(["`, `"])`},
	config.LocalNode:      {`("`, `")`},
	config.RecipientsNode: {`[["`, `"]]`},
	config.MessageNode:    {`["`, `"]`},
	config.GuardNode:      {`{{"`, `"}}`},
	config.OtherNode:      {`["`, `"]`},
}

// arrows are how Mermaid draws each role.
var arrows = map[config.Role]string{
	config.RoleValue:    "-->",
	config.RoleRows:     "-->|rows|",
	config.RoleTo:       "==>|to|",
	config.RoleIncluded: "==>|include|",
	config.RoleExcluded: "-.->|exclude|",
	config.RoleFirst:    "-.->|first|",
	config.RoleLimits:   "-.->|limits|",
	config.RoleImported: "-.->|import|",
}

// Mermaid writes a graph as a flowchart of Mermaid.
func Mermaid(w io.Writer, g config.Graph) error {
	var b strings.Builder
	b.WriteString("flowchart LR\n")
	limited := map[int]bool{}
	for _, e := range g.Edges {
		limited[e.From] = limited[e.From] || e.Role == config.RoleLimits
	}
	var messages []string
	for i, n := range g.Nodes {
		lines := []string{mermaidText(n.Address)}
		switch {
		case len(n.Keys) > mostKeys:
			lines = append(lines, mermaidText(fmt.Sprintf("%s and %s more", quotedKeys(n.Keys[:mostKeys]), Count(len(n.Keys)-mostKeys))))
		case len(n.Keys) > 0:
			lines = append(lines, mermaidText(quotedKeys(n.Keys)))
		case n.Each:
			lines = append(lines, "for each of something not known")
		case n.Kind == config.GuardNode && !limited[i]:
			lines = append(lines, "all messages")
		}
		shape := shapes[n.Kind]
		fmt.Fprintf(&b, "  n%d%s%s%s\n", i, shape[0], strings.Join(lines, "<br/>"), shape[1])
		if n.Kind == config.MessageNode {
			messages = append(messages, fmt.Sprintf("n%d", i))
		}
	}
	for _, e := range g.Edges {
		fmt.Fprintf(&b, "  n%d %s n%d\n", e.From, arrows[e.Role], e.To)
	}
	if len(messages) > 0 {
		fmt.Fprintf(&b, "  classDef message stroke-width:3px\n  class %s message\n", strings.Join(messages, ","))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func quotedKeys(keys []string) string {
	var list []string
	for _, k := range keys {
		list = append(list, quote(truncate(k, 40)))
	}
	return strings.Join(list, ", ")
}

// mermaidText gives text for a label. Whatever Markdown, HTML or Mermaid might read as its own is written as its number.
func mermaidText(text string) string {
	var b strings.Builder
	for _, r := range Clean(text) {
		if unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r) || strings.ContainsRune(" .,/_-", r) {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, "#%d;", r)
		}
	}
	return b.String()
}
