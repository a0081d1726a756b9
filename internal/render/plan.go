package render

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/plan"
)

// twice is what a card says of messages, and of people, that on_doubt sends anew.
const twice = "MAY BE SENT TWICE"

// Plan shows a plan for review: a card for each message with what is worth a warning, totals and the ID.
func Plan(w io.Writer, p *plan.Plan, s Style) error {
	g := newPage(s)
	g.cards(p)
	g.checked(p)
	if p.Workspace != config.DefaultWorkspace && p.Workspace != "" {
		g.line("Workspace: " + Clean(p.Workspace))
	}
	if p.Empty() {
		g.labelled("", "", NoChanges(p), bold)
		return g.writeTo(w)
	}
	if len(p.Removed) > 0 {
		g.labelled("", "", "Removed from the configuration, and kept in the state: "+Clean(strings.Join(p.Removed, ", "))+".", plain)
		g.blank()
	}
	t := p.Totals()
	g.labelled(g.in(bold, "Plan: "), "Plan: ", summary(t, p.Tariff), plain)
	if t.Again > 0 {
		g.labelled("", "", repeated(t), yellow)
	}
	g.guarded(p)
	g.line("Plan ID: " + string(p.ID))
	return g.writeTo(w)
}

// cards writes the cards of a plan. Messages of which everything has been sent have none.
func (g *page) cards(p *plan.Plan) {
	cards := newPage(g.Style)
	first := 0
	for _, m := range p.Messages {
		if m.Action != plan.None || worthACard(m) {
			cards.card(p, m, first)
		}
		first += m.Requests
	}
	cards.guards(p)
	if cards.b.Len() == 0 {
		return
	}
	g.legend(cards.signs)
	if !p.Empty() {
		g.para("", "smsplan will perform the following actions:")
		g.blank()
	}
	g.b.WriteString(cards.b.String())
}

// worthACard reports whether a message of which nothing is sent still has something that a reviewer should see.
func worthACard(m plan.Message) bool {
	return m.TextChanged > 0 || slices.ContainsFunc(m.Held, func(h plan.Held) bool { return plan.IsHeld(h.Reason) })
}

// card writes one message; first is the index of its first request.
func (g *page) card(p *plan.Plan, m plan.Message, first int) {
	mark, title := fate(p, &m)
	g.labelled("  "+g.in(bold, "# "), "  # ", title, bold)
	g.line("  " + g.sign(mark) + " message " + quote(blockName(m.Address)) + " {")
	g.attributes(attributesOf(&m))
	for _, r := range remarks(p, &m) {
		g.labelled("      "+g.sign(r.action)+" ", "      "+r.symbol+" ", r.text, r.ink)
	}
	g.blank()
	g.tally(m)
	if m.ToSend > 0 {
		g.blank()
		g.requests(p, m, first)
	}
	g.imports(m)
	g.line("    }")
	g.blank()
}

func blockName(address string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(address, "message."), "[")
	return name
}

// tally writes the table that leads from the rows of the sources to those who are sent to.
func (g *page) tally(m plan.Message) {
	var countries []string
	for _, c := range m.Countries {
		countries = append(countries, c.Region+" "+Count(c.Recipients))
	}
	if len(countries) > 6 {
		countries = append(countries[:5], fmt.Sprintf("and %d other countries", len(countries)-5))
	}
	last := sends
	if m.ToSend == 0 {
		last = silent
	}
	ends := []tallied{{last, "to send", m.ToSend, strings.Join(countries, ", ")}}
	if m.Again > 0 {
		ends = append(ends, tallied{doubted, "again", m.Again, again(m.Tried)})
	}
	g.count("recipients", m.Rows, m.Held, ends...)
}

// tallied is a line of a tally, with a remark.
type tallied struct {
	action
	label string
	count int
	note  string
}

// count writes a tally: rows, what holds some of them, and what is left below a line.
func (g *page) count(title string, rows int, held []plan.Held, ends ...tallied) {
	g.line("        " + title)
	widest, digits := len("already sent"), max(6, len(Count(rows)))
	for _, h := range held {
		widest = max(widest, len(h.Reason))
	}
	row := func(t tallied) {
		text := pad(t.label, widest) + "      " + padLeft(Count(t.count), digits)
		g.noted("        "+g.sign(t.action)+" "+text, "        "+t.symbol+" "+text, Clean(t.note), 0)
	}
	row(tallied{silent, "rows", rows, ""})
	for _, h := range held {
		row(tallied{actionOf(h.Reason), h.Reason, h.Count, h.Note})
	}
	g.line("        " + strings.Repeat("─", 2+widest+6+digits))
	for _, end := range ends {
		row(end)
	}
}

// requests writes how the message travels, and to whom for example.
func (g *page) requests(p *plan.Plan, m plan.Message, first int) {
	text := fmt.Sprintf("%s of at most %s", Count(m.Requests), Count(p.Gateway.BatchSize))
	if m.Texts > 1 {
		text += fmt.Sprintf(" (%s)", Counted(m.Texts, "text"))
	}
	if at := pace(p, m.ToSend); at != "" {
		text += ", " + at
	}
	g.labelled("        requests ", "        requests ", text, plain)
	if m.Cost != nil && p.Tariff != nil {
		g.labelled("        cost     ", "        cost     ", amount(*m.Cost, p.Tariff.Currency), plain)
	}

	if m.Window != nil {
		g.labelled("        schedule ", "        schedule ", agenda(m.Agenda()), plain)
	}

	one := p.Request(first)
	people := []phone.Number{one.People[0]}
	if m.ToSend > 1 {
		last := p.Request(first + m.Requests - 1)
		people = append(people, last.People[len(last.People)-1])
	}
	var sample []string
	for _, n := range people {
		sample = append(sample, g.number(n))
	}
	if rest := m.ToSend - len(people); rest > 0 {
		sample = append(sample, "and "+Count(rest)+" more")
	}
	g.labelled("        sample   ", "        sample   ", strings.Join(sample, ", "), plain)
	if g.Numbers && m.PerRecipient {
		g.labelled("                 ", "                 ", quote(one.Text), plain)
	}
}

// number gives a number masked, or whole where the style allows.
func (s Style) number(n phone.Number) string {
	if s.Numbers {
		return n.International()
	}
	return n.String()
}
