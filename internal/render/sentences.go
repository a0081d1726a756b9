package render

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/plan"
)

// summary says what a plan comes to.
func summary(t plan.Totals, tariff *config.Tariff) string {
	return fmt.Sprintf("%s to send, %s%s to cancel, %s already sent, %s held. %s in %s%s.",
		Count(t.ToSend), importing(t), Count(t.ToCancel), Count(t.AlreadySent), Count(t.Held),
		Counted(t.Segments, "segment"), Counted(t.Requests, "request"), costs(t.Cost, tariff))
}

// repeated says how many may get a message again. There must be some.
func repeated(t plan.Totals) string {
	return fmt.Sprintf("Of those to send to, in doubt: %s. They %s.", Count(t.Again), twice)
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
	t, where := p.Totals(), "in the configuration"
	if p.Selection.Partial() {
		where = "of the messages that are selected"
	}
	switch {
	case !p.Settled():
		return fmt.Sprintf("No changes beside the run that was under way. %s sent; %s not: %s. Plan again when it has ended.", Count(t.AlreadySent), Count(t.Held), reasons(t.ByReason))
	case t.Held > 0:
		return fmt.Sprintf("No changes. %s sent; %s not: %s.", Count(t.AlreadySent), Count(t.Held), reasons(t.ByReason))
	case t.AlreadySent+t.ByReason["imported"] > 0:
		return "No changes. Every recipient " + where + " has been sent to."
	case p.Selection.Partial():
		return "No changes. The messages that are selected have nobody to send to."
	}
	return "No changes. The configuration has nobody to send to."
}

// heldOrder gives the reasons of those who are held: first what may need a hand, then what the configuration decides.
func heldOrder() []string {
	order := []string{"refused", "in doubt", "unconfirmed", "under way"}
	for _, r := range plan.Reasons {
		if plan.IsHeld(r) && !slices.Contains(order, r) {
			order = append(order, r)
		}
	}
	return order
}

// reasons lists the held people by reason.
func reasons(by map[string]int) string {
	var parts []string
	for _, r := range heldOrder() {
		if n := by[r]; n > 0 {
			parts = append(parts, Count(n)+" "+r)
		}
	}
	return strings.Join(parts, ", ")
}

// fate says in a title what becomes of a message, with its symbol.
func fate(p *plan.Plan, m *plan.Message) (a action, title string) {
	address := Clean(m.Address)
	a, title = sends, address+" will be sent"
	cancelled, anew := p.Cancels(m.Address)
	switch {
	case m.ToSend > 0 && anew == m.ToSend:
		a, title = replaces, address+" will be cancelled and sent anew"
	case m.ToSend > 0 && cancelled > 0:
		title = address + " will be sent, and " + Count(cancelled) + " cancelled"
	case m.ToSend > 0:
	case m.ToImport() > 0:
		a, title = already, address+" will be imported, and nothing is sent"
	case len(p.WithdrawalsOf(m.Address)) > 0:
		a, title = cancels, goneTitle(p, m.Address)
	default:
		a, title = silent, address+": nothing to send"
	}
	if by := blockers(p, m.Address, m.ToSend); len(by) > 0 {
		a, title = blocked, address+" is blocked by "+named(by)
	}
	if m.MovedFrom != "" {
		title += " (moved from " + Clean(m.MovedFrom) + ")"
	}
	return a, title
}

// remark is what a reviewer should notice about a message.
type remark struct {
	action
	text string
}

func remarks(p *plan.Plan, m *plan.Message) []remark {
	list := withdrawn(p, m.Address)
	if m.TextChanged > 0 {
		list = append(list, remark{changed, fmt.Sprintf("text changed since %s; those people will not get the new text (raise revision to send again)", Counted(m.TextChanged, "send"))})
	}
	if m.Renumbered != nil {
		list = append(list, remark{blocked, "the phone metadata was another version (" + Clean(m.Renumbered.Before) + ") at the last apply. " + m.Renumbered.Sentence()})
	}
	for _, w := range p.Warnings {
		if w.Address == m.Address && w.Waits() {
			list = append(list, remark{blocked, Clean(w.Summary) + ": " + Clean(w.Detail)})
		}
	}
	for _, f := range m.Former {
		what := "which is not in the configuration any more; if this is that message with another text, they get it again: a moved block says so"
		if f.MovedTo != "" {
			what = "which is " + Clean(f.MovedTo) + " now; if this says the same in other words, they get it again: with one dedupe_key in the block nobody gets both"
		}
		list = append(list, remark{blocked, fmt.Sprintf("%s of those to send to had %s, %s", Count(f.People), Clean(f.Address), what)})
	}
	return list
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

// pace says how long it takes to send to some people; "" where the gateway's rate has no limit.
func pace(p *plan.Plan, people int) string {
	takes := p.Gateway.Takes(people)
	if takes == 0 {
		return ""
	}
	return fmt.Sprintf("about %s at %s a second", duration(takes), perSecond(p.Gateway.Rate))
}

// gatewayWords says where messages go.
func gatewayWords(g *plan.Gateway) string {
	if g.Kind == "simulator" {
		return "simulator, which delivers nothing"
	}
	words := g.Kind
	if g.APIID != "" {
		words += ", api_id " + g.APIID
	}
	if at, open := g.Elsewhere(); at != "" {
		words += ", at " + at
		if open {
			words += ", not encrypted"
		}
	}
	return Clean(words)
}

// countries lists countries with a figure of each; beyond six, the last ones together.
func countries(list []plan.Country, figure func(plan.Country) string) string {
	shown := len(list)
	if shown > 6 {
		shown = 5
	}
	var parts []string
	for _, c := range list[:shown] {
		parts = append(parts, Clean(c.Region)+" "+figure(c))
	}
	if rest, others := plan.Others(list, shown); others > 0 {
		parts = append(parts, fmt.Sprintf("and %s in %d other countries", figure(rest), others))
	}
	return strings.Join(parts, ", ")
}

func recipients(c plan.Country) string { return Count(c.Recipients) }

// timetable says when all of a plan is sent, and how long it takes to hand it over.
func timetable(p *plan.Plan, t plan.Totals) string {
	all := p.Timetable()
	text := "at once"
	if all.Scheduled > 0 {
		text = agenda(all)
	}
	if takes := pace(p, t.ToSend); takes != "" {
		text += "; handed over in " + takes
	}
	return text + "."
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
		if !a.NotBefore.IsZero() {
			when += " UTC, by the gateway not before " + a.NotBefore.UTC().Format("15:04")
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
