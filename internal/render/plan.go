package render

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/rivo/uniseg"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/plan"
)

// action is a symbol of cards, with its meaning in the legend and its colour.
type action struct {
	symbol, meaning string
	ink             paint
}

var (
	sends   = action{"+", "send", green}
	leaves  = action{"-", "leave out", red}
	already = action{"=", "already sent", grey}
	blocked = action{"!", "blocked", yellow}
	doubted = action{"?", "in doubt", magenta}
	legends = []action{sends, leaves, already, blocked, doubted}
)

// twice is what a card says of messages, and of people, that on_doubt sends anew.
const twice = "MAY BE SENT TWICE"

// actionOf gives the symbol under which a card lists the people with a reason.
func actionOf(reason string) action {
	switch reason {
	case "already sent", "imported":
		return already
	case "in doubt", "unconfirmed", "under way":
		return doubted
	case "refused", "too early", "too late", "outside window":
		return blocked
	}
	return leaves
}

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
	g.labelled(g.in(bold, "Plan: "), "Plan: ", fmt.Sprintf("%s to send, %s%s to cancel, %s already sent, %s held. %s in %s%s.",
		Count(t.ToSend), importing(t), Count(t.ToCancel), Count(t.AlreadySent), Count(t.Held),
		Counted(t.Segments, "segment"), Counted(t.Requests, "request"), costs(t.Cost, p.Tariff)), plain)
	if t.Again > 0 {
		g.labelled("", "", fmt.Sprintf("Of those to send to, in doubt: %s. They %s.", Count(t.Again), twice), yellow)
	}
	g.guarded(p)
	g.line("Plan ID: " + string(p.ID))
	return g.writeTo(w)
}

// importing counts those to import where there are some.
func importing(t plan.Totals) string {
	if t.ToImport == 0 {
		return ""
	}
	return Count(t.ToImport) + " to import, "
}

// NoChanges says in a sentence why a plan is empty.
func NoChanges(p *plan.Plan) string {
	t := p.Totals()
	switch {
	case !p.Settled():
		return fmt.Sprintf("No changes beside the run that was under way. %s sent; %s not: %s. Plan again when it has ended.", Count(t.AlreadySent), Count(t.Held), reasons(t.ByReason))
	case t.Held > 0:
		return fmt.Sprintf("No changes. %s sent; %s not: %s.", Count(t.AlreadySent), Count(t.Held), reasons(t.ByReason))
	case t.AlreadySent+t.ByReason["imported"] > 0:
		return "No changes. Every recipient in the configuration has been sent to."
	}
	return "No changes. The configuration has nobody to send to."
}

// reasons lists the held people by reason: first what may need a hand, then what the configuration decides.
func reasons(by map[string]int) string {
	order := []string{"refused", "in doubt", "unconfirmed", "under way"}
	for _, r := range plan.Reasons {
		if plan.IsHeld(r) && !slices.Contains(order, r) {
			order = append(order, r)
		}
	}
	var parts []string
	for _, r := range order {
		if n := by[r]; n > 0 {
			parts = append(parts, Count(n)+" "+r)
		}
	}
	return strings.Join(parts, ", ")
}

// cards writes the cards of a plan. Messages of which everything has been sent have none.
func (g *page) cards(p *plan.Plan) {
	var shown []int
	inUse := map[string]bool{}
	for i, m := range p.Messages {
		if m.Action == plan.None && !worthACard(m) {
			continue
		}
		shown = append(shown, i)
		inUse[sends.symbol] = inUse[sends.symbol] || m.ToSend > 0
		inUse[already.symbol] = inUse[already.symbol] || m.ToImport() > 0
		inUse[doubted.symbol] = inUse[doubted.symbol] || m.MayRepeat()
		for _, h := range m.Held {
			inUse[actionOf(h.Reason).symbol] = true
		}
	}
	inUse[blocked.symbol] = inUse[blocked.symbol] || len(p.Blocking())+len(p.Overridden()) > 0
	if len(shown) == 0 {
		return
	}
	g.legend(inUse)
	if !p.Empty() {
		g.para("", "smsplan will perform the following actions:")
		g.blank()
	}
	first := 0
	next := 0
	for i, m := range p.Messages {
		if next < len(shown) && shown[next] == i {
			g.card(p, m, first)
			next++
		}
		first += m.Requests
	}
	g.guards(p)
}

// legend says what the symbols in use mean, between meanings on another line where one is too narrow.
func (g *page) legend(inUse map[string]bool) {
	const margin = "Symbols: "
	line, width := margin, len(margin)
	for _, a := range legends {
		if !inUse[a.symbol] {
			continue
		}
		wide := uniseg.StringWidth(a.symbol + " " + a.meaning + ", ")
		switch {
		case width == len(margin):
		case g.Width > 0 && width+wide > g.Width:
			g.line(strings.TrimRight(line, " "))
			line, width = strings.Repeat(" ", len(margin)), len(margin)
		}
		line += g.in(a.ink, a.symbol) + " " + a.meaning + ", "
		width += wide
	}
	if width > len(margin) {
		g.line(strings.TrimSuffix(line, ", "))
		g.blank()
	}
}

// worthACard reports whether a message of which nothing is sent still has something that a reviewer should see.
func worthACard(m plan.Message) bool {
	return m.TextChanged > 0 || slices.ContainsFunc(m.Held, func(h plan.Held) bool { return plan.IsHeld(h.Reason) })
}

// card writes one message; first is the index of its first request.
func (g *page) card(p *plan.Plan, m plan.Message, first int) {
	address := Clean(m.Address)
	mark, title := g.in(sends.ink, sends.symbol), address+" will be sent"
	switch {
	case m.ToSend > 0:
	case m.ToImport() > 0:
		mark, title = g.in(already.ink, already.symbol), address+" will be imported, and nothing is sent"
	default:
		mark, title = " ", address+": nothing to send"
	}
	if by := blockers(p, &m); len(by) > 0 {
		mark, title = g.in(blocked.ink, blocked.symbol), address+" is blocked by "+named(by)
	}
	if m.MovedFrom != "" {
		title += " (moved from " + Clean(m.MovedFrom) + ")"
	}
	g.labelled("  "+g.in(bold, "# "), "  # ", title, bold)
	g.line("  " + mark + " message " + quote(blockName(m.Address)) + " {")
	g.attributes(m)
	if m.TextChanged > 0 {
		g.labelled("      "+g.in(yellow, "~ "), "      ~ ", fmt.Sprintf(
			"text changed since %s; those people will not get the new text (raise revision to send again)", Counted(m.TextChanged, "send")), yellow)
	}
	if m.Renumbered != nil {
		g.labelled("      "+g.in(yellow, "! "), "      ! ", "the phone metadata was another version ("+Clean(m.Renumbered.Before)+") at the last apply. "+m.Renumbered.Sentence(), yellow)
	}
	for _, w := range p.Warnings {
		if w.Address == m.Address && w.Waits() {
			g.labelled("      "+g.in(yellow, "! "), "      ! ", Clean(w.Summary)+": "+Clean(w.Detail), yellow)
		}
	}
	for _, f := range m.Former {
		what := "which is not in the configuration any more; if this is that message with another text, they get it again: a moved block says so"
		if f.MovedTo != "" {
			what = "which is " + Clean(f.MovedTo) + " now; if this says the same in other words, they get it again: with one dedupe_key in the block nobody gets both"
		}
		g.labelled("      "+g.in(yellow, "! "), "      ! ", fmt.Sprintf("%s of those to send to had %s, %s", Count(f.People), Clean(f.Address), what), yellow)
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
		last = action{symbol: " "}
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
		g.noted("        "+g.in(t.ink, t.symbol)+" "+text, "        "+t.symbol+" "+text, Clean(t.note), 0)
	}
	row(tallied{action{symbol: " "}, "rows", rows, ""})
	for _, h := range held {
		row(tallied{actionOf(h.Reason), h.Reason, h.Count, h.Note})
	}
	g.line("        " + strings.Repeat("─", 2+widest+6+digits))
	for _, end := range ends {
		row(end)
	}
}

// again says of people in doubt how often they may get the message.
func again(tried int) string {
	if tried < 2 {
		return "of those to send, in doubt: " + twice
	}
	return "of those to send, in doubt, up to the " + ordinal(tried+1) + " attempt: " + twice + " OR MORE OFTEN"
}

// ordinal gives n as English writes it: 1st, 2nd, 3rd, 11th.
func ordinal(n int) string {
	suffix := "th"
	if tens := n / 10 % 10; tens != 1 {
		switch n % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return Count(n) + suffix
}

// requests writes how the message travels, and to whom for example.
func (g *page) requests(p *plan.Plan, m plan.Message, first int) {
	text := fmt.Sprintf("%s of at most %s", Count(m.Requests), Count(p.Gateway.BatchSize))
	if m.Texts > 1 {
		text += fmt.Sprintf(" (%s)", Counted(m.Texts, "text"))
	}
	if p.Gateway.Rate > 0 {
		pace := time.Duration(float64(m.ToSend) / p.Gateway.Rate * float64(time.Second))
		text += fmt.Sprintf(", about %s at %s a second", duration(max(pace.Round(time.Second), time.Second)), perSecond(p.Gateway.Rate))
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

// agenda says how many people are sent to at once, and when the others are.
func agenda(a plan.Agenda) string {
	var parts []string
	if a.AtOnce > 0 {
		parts = append(parts, Count(a.AtOnce)+" at once")
	}
	if a.Scheduled > 0 {
		when := " from " + moment(a.First) + " to " + moment(a.Last)
		if a.First.Equal(a.Last) {
			when = " at " + moment(a.First)
		}
		parts = append(parts, Count(a.Scheduled)+when+" UTC")
	}
	return strings.Join(parts, ", ")
}

func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") }

// decimal gives a number that need not be whole.
func decimal(r float64) string {
	if whole := int(r); float64(whole) == r {
		return Count(whole)
	}
	return fmt.Sprintf("%g", r)
}

func perSecond(rate float64) string {
	if rate == 1 {
		return "1 recipient"
	}
	return decimal(rate) + " recipients"
}

// number gives a number masked, or whole where the style allows.
func (s Style) number(n phone.Number) string {
	if s.Numbers {
		return n.International()
	}
	return n.String()
}

// duration gives d as people write it, without units that are zero: "5m40s", "24h".
func duration(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
