package render

import (
	"strings"

	"github.com/smsplan/smsplan/internal/plan"
)

// partial says below the totals which messages a plan is not about.
func (g *page) partial(p *plan.Plan) {
	if text := partialPlan(p); text != "" {
		g.labelled("", "", text, yellow)
	}
}

// partialPlan says which messages a plan is not about; "" where it is about all of them.
func partialPlan(p *plan.Plan) string {
	for _, w := range p.Warnings {
		if w.Partial() {
			return Clean(strings.ToUpper(w.Summary[:1]) + w.Summary[1:] + ": " + w.Detail + ".")
		}
	}
	return ""
}

// Again gives what follows a command so that it makes the plan again, as a shell takes it; "" where nothing has to.
func Again(p *plan.Plan) string { return flagged(p.Again()) }

// GoOn gives what follows a command so that it goes on with the plan, as a shell takes it: nobody whom the gateway refused is sent to
// once more.
func GoOn(p *plan.Plan) string { return flagged(p.GoOn()) }

func flagged(flags []string) string {
	if len(flags) == 0 {
		return ""
	}
	return " " + shellLine(cleaned(flags))
}
