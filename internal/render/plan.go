package render

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/rivo/uniseg"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/plan"
)

// twice is what a card says of messages, and of people, that on_doubt sends anew.
const twice = "MAY BE SENT TWICE"

// Plan shows a plan for review: a card for each message with what is worth a warning, totals and the ID.
func Plan(w io.Writer, p *plan.Plan, s Style) error {
	g := newPage(s)
	g.cards(p)
	g.checked(p)
	g.totals(p)
	return g.writeTo(w)
}

// totals says below the cards what the plan comes to.
func (g *page) totals(p *plan.Plan) {
	if p.Workspace != config.DefaultWorkspace && p.Workspace != "" {
		g.line("Workspace: " + Clean(p.Workspace))
	}
	t := p.Totals()
	if p.Empty() {
		g.sealed(p)
		g.labelled("", "", NoChanges(p), bold)
		g.remedies(t)
		g.partial(p)
		return
	}
	if len(p.Removed) > 0 {
		g.labelled("", "", "Removed from the configuration, and kept in the state: "+Clean(strings.Join(p.Removed, ", "))+".", plain)
		g.blank()
	}
	g.labelled(g.in(bold, "Plan: "), "Plan: ", summary(t, p.Tariff), plain)
	if t.Held > 0 {
		g.labelled(g.in(bold, "Held: "), "Held: ", reasons(t.ByReason)+".", plain)
		g.remedies(t)
	}
	if t.ToSend > 0 {
		g.labelled(g.in(bold, "When: "), "When: ", timetable(p, t), plain)
	}
	if t.Again > 0 {
		g.labelled("", "", repeated(t), yellow)
	}
	g.partial(p)
	g.guarded(p)
	g.sealed(p)
	g.labelled(g.in(bold, "Gateway: "), "Gateway: ", gatewayWords(&p.Gateway), plain)
	if p.ID != "" {
		g.line(g.in(bold, "Plan ID: ") + string(p.ID))
	}
}

// remedies says what can be done about those who are held.
func (g *page) remedies(t plan.Totals) {
	for _, reason := range heldOrder() {
		if remedy := plan.Remedy(reason); remedy != "" && t.ByReason[reason] > 0 {
			label := "  " + reason + ": "
			g.labelled(label, label, remedy, plain)
		}
	}
}

// cards writes the cards of a plan. Messages of which everything has been sent have none.
func (g *page) cards(p *plan.Plan) {
	cards := newPage(g.Style)
	first := 0
	for _, m := range p.Messages {
		if m.Action != plan.None || worthACard(m) || len(p.WithdrawalsOf(m.Address)) > 0 {
			cards.card(p, m, first)
		}
		first += m.Requests
	}
	cards.gone(p)
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
	g.remarks(remarks(p, &m))
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

// remarks writes what a reviewer should notice, each behind its symbol.
func (g *page) remarks(list []remark) {
	for _, r := range list {
		g.labelled("      "+g.sign(r.action)+" ", "      "+r.symbol+" ", r.text, r.ink)
	}
}

func blockName(address string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(address, "message."), "[")
	return name
}

// tally writes the table that leads from the rows of the sources to those who are sent to.
func (g *page) tally(m plan.Message) {
	last := sends
	if m.ToSend == 0 {
		last = silent
	}
	ends := []tallied{{last, "to send", m.ToSend, countries(m.Countries, recipients)}}
	g.count("recipients", m.Rows, m.Held, append(ends, among(&m)...)...)
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
		ink := grey
		if t.label == "again" {
			ink = doubted.ink
		}
		g.remarked("        "+g.sign(t.action)+" "+text, "        "+t.symbol+" "+text, Clean(t.note), 0, ink)
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
	row := func(label, text, note string) {
		label = "        " + pad(label, 9)
		if note != "" && (g.Width == 0 || uniseg.StringWidth(label+text) <= g.Width) {
			g.noted(label+text, label+text, note, 0)
			return
		}
		g.labelled(label, label, text, plain)
	}
	row("requests", text, "")
	if m.Segments != m.ToSend {
		row("segments", Count(m.Segments), "")
	}
	if m.Cost != nil && p.Tariff != nil {
		by := ""
		if len(m.Countries) > 1 {
			by = countries(m.Countries, func(c plan.Country) string { return price(*c.Cost) })
		}
		row("cost", amount(*m.Cost, p.Tariff.Currency), by)
	}
	if m.Scheduled() {
		row("schedule", agenda(p.Agenda(&m)), "")
	}

	sample := m.Sample()
	if g.Numbers {
		sample = []string{m.People()[0].International()}
		if m.ToSend > 1 {
			sample = append(sample, m.People()[m.ToSend-1].International())
		}
	}
	if rest := m.ToSend - len(sample); rest > 0 {
		sample = append(sample, "and "+Count(rest)+" more")
	}
	row("sample", Clean(strings.Join(sample, ", ")), "")
	if g.Numbers && m.PerRecipient {
		row("", quote(p.Request(first).Text), "")
	}
}
