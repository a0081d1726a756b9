package render

import (
	"strings"

	"github.com/smsplan/smsplan/internal/plan"
)

// checked says what checks warn of, a line for each.
func (g *page) checked(p *plan.Plan) {
	failed := false
	for _, c := range p.Checks {
		for _, problem := range c.Problems {
			first, _, _ := strings.Cut(problem, "\n")
			label := "Check " + quote(c.Name) + ": "
			g.labelled(g.in(yellow, label), label, Clean(first), plain)
			failed = true
		}
	}
	if failed {
		g.blank()
	}
}
