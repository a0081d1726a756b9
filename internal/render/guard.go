package render

import (
	"fmt"
	"strings"

	"github.com/rivo/uniseg"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/plan"
)

// limit is a limit of a guard that a plan goes beyond: the argument, its value, and what the plan has instead.
type limit struct{ name, value, actual string }

// exceeded describes the limits of a guard that the plan goes beyond.
func exceeded(p *plan.Plan, g *plan.Guard) []limit {
	all := p.Measure(g)
	var list []limit
	for _, name := range p.Exceeded(g) {
		l := limit{name: name}
		switch name {
		case plan.MaxRecipients:
			l.value, l.actual = Count(*g.MaxRecipients), beyond(all.Recipients, *g.MaxRecipients)
		case plan.MaxSegments:
			l.value, l.actual = Count(*g.MaxSegments), beyond(all.Segments, *g.MaxSegments)
		case plan.MaxCost:
			l.value = amount(*g.MaxCost, p.Tariff.Currency)
			l.actual = amount(*all.Cost, p.Tariff.Currency) + ": " + amount(all.Cost.Minus(*g.MaxCost), p.Tariff.Currency) + " more"
		case plan.Countries:
			var others []string
			for _, c := range g.Foreign(all) {
				others = append(others, c.Region+" "+Count(c.Recipients))
			}
			l.value, l.actual = listed(g.Limits.Countries), strings.Join(others, ", ")
		case plan.MaxCancel:
			l.value, l.actual = Count(*g.MaxCancel), beyond(all.Cancels, *g.MaxCancel)
		case plan.MaxGrowth:
			l.value = g.MaxGrowth.String()
			l.actual = fmt.Sprintf("%s: %s new to these messages, beside %s", g.Growth.Share(), Counted(g.Growth.New, "recipient"), Count(g.Growth.Before))
		}
		list = append(list, l)
	}
	return list
}

func beyond(actual, most int) string { return Count(actual) + ": " + Count(actual-most) + " more" }

// Beyond says in a sentence for each limit how far a plan goes beyond a guard.
func Beyond(p *plan.Plan, g *plan.Guard) string {
	var sentences []string
	for _, l := range exceeded(p, g) {
		sentences = append(sentences, fmt.Sprintf("%s is %s, and the plan has %s.", l.name, l.value, l.actual))
	}
	return strings.Join(sentences, " ")
}

// Remedy says what to do about a plan that guards block.
func Remedy(guards []*plan.Guard) string {
	var flags []string
	for _, g := range guards {
		flags = append(flags, "-allow="+Clean(g.Address()))
	}
	return "Make the plan smaller, or, if this is meant, plan with " + strings.Join(flags, " ") + "."
}

// guards writes a card for each guard that the plan goes beyond.
func (g *page) guards(p *plan.Plan) {
	for i := range p.Guards {
		guard := &p.Guards[i]
		limits := exceeded(p, guard)
		if len(limits) == 0 {
			continue
		}
		title := Clean(guard.Address()) + " is exceeded: nothing of this plan can be applied"
		if guard.Allowed {
			title = Clean(guard.Address()) + " is exceeded, which -allow permits"
		}
		g.labelled("  "+g.in(bold, "# "), "  # ", title, bold)
		g.line("  " + g.sign(blocked) + " guard " + quote(guard.Name) + " {")
		widest := 0
		for _, l := range limits {
			widest = max(widest, len(l.name))
		}
		if guard.Messages != nil {
			widest = max(widest, len("messages"))
			label := "        " + pad("messages", widest) + " = "
			g.labelled(label, label, "["+Clean(strings.Join(guard.Messages, ", "))+"]", plain)
		}
		column := 0
		for _, l := range limits {
			column = max(column, uniseg.StringWidth("      ! "+pad(l.name, widest)+" = "+l.value)+3)
		}
		for _, l := range limits {
			name := " " + pad(l.name, widest) + " = "
			painted, label, note := "      "+g.sign(blocked)+name, "      "+blocked.symbol+name, "this plan has "+l.actual
			if g.Width == 0 || uniseg.StringWidth(label+l.value) <= g.Width {
				g.remarked(painted+l.value, label+l.value, note, column, blocked.ink)
				continue
			}
			g.labelled(painted, label, l.value, plain)
			g.labelled("            # ", "            # ", note, blocked.ink)
		}
		g.line("    }")
		g.blank()
	}
}

// guarded says below the totals whether guards let the plan be applied.
func (g *page) guarded(p *plan.Plan) {
	if blocking := p.Blocking(); len(blocking) > 0 {
		g.labelled("", "", "Blocked by "+named(blocking)+". "+Remedy(blocking), blocked.ink)
	}
	if allowed := p.Overridden(); len(allowed) > 0 {
		g.labelled("", "", "Beyond "+named(allowed)+", which -allow permits.", blocked.ink)
	}
}

func named(guards []*plan.Guard) string { return Clean(strings.Join(addresses(guards), ", ")) }

func addresses(guards []*plan.Guard) []string {
	var list []string
	for _, g := range guards {
		list = append(list, g.Address())
	}
	return list
}

// blockers gives the guards that keep what the plan sends and cancels at an address from being done.
func blockers(p *plan.Plan, address string, sends int) []*plan.Guard {
	var list []*plan.Guard
	cancels, _ := p.Cancels(address)
	for _, g := range p.Blocking() {
		if sends+cancels > 0 && g.Counts(p, address) {
			list = append(list, g)
		}
	}
	return list
}

type guardDocument struct {
	Name     string           `json:"name"`
	Messages []string         `json:"messages"` // null for all
	Limits   config.Limits    `json:"limits"`
	Actual   measuredDocument `json:"actual"`
	Exceeded []string         `json:"exceeded"`
	Blocked  bool             `json:"blocked"`
	Allowed  bool             `json:"allowed"`
}

type measuredDocument struct {
	Recipients int            `json:"recipients"`
	Segments   int            `json:"segments"`
	Cancels    int            `json:"cancels"`
	Cost       *config.Money  `json:"cost,omitempty"`
	Countries  map[string]int `json:"countries"`
	Growth     *plan.Growth   `json:"growth,omitempty"`
}

// guardDocuments gives the guards of a plan with what they measured.
func guardDocuments(p *plan.Plan) []guardDocument {
	list := []guardDocument{}
	for i := range p.Guards {
		g := &p.Guards[i]
		all := p.Measure(g)
		d := guardDocument{
			Name: g.Name, Messages: g.Messages, Limits: g.Limits, Exceeded: orEmpty(p.Exceeded(g)), Allowed: g.Allowed,
			Actual: measuredDocument{all.Recipients, all.Segments, all.Cancels, all.Cost, map[string]int{}, g.Growth},
		}
		d.Blocked = len(d.Exceeded) > 0 && !g.Allowed
		for _, c := range all.Countries {
			d.Actual.Countries[c.Region] = c.Recipients
		}
		list = append(list, d)
	}
	return list
}
