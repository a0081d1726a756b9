package render

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/smsplan/smsplan/internal/apply"
	"github.com/smsplan/smsplan/internal/state"
)

// Deliveries is what `status` shows: how far the gateway has got with messages, and what came of asking.
type Deliveries struct {
	Messages []state.Summary
	Asked    *apply.Followed // nil where there was nothing to ask
	Open     int             // messages of which the gateway may still say more
	Later    int             // of those that could be asked about: left for the next time
}

// funnelSteps are the steps of the funnel: each is part of the one before.
var funnelSteps = []struct {
	word string
	of   []state.Delivery // that have come so far
}{
	{"sent", nil},
	{"with the network", []state.Delivery{state.OnItsWay, state.Delivered}},
	{"delivered", []state.Delivery{state.Delivered}},
}

// aside are the deliveries that are no step of the funnel.
var aside = []state.Delivery{state.Scheduled, state.Queued, state.Failed, state.Expired, state.Stopped, state.Untold}

// came counts those of a message that have come to a step.
func came(m *state.Summary, of []state.Delivery) int {
	if of == nil {
		return m.Counts[state.Accepted]
	}
	n := 0
	for _, d := range of {
		n += m.Deliveries[d]
	}
	return n
}

const (
	funnelLabel = 18
	funnelBar   = 24
)

// Write shows them to people.
func (d *Deliveries) Write(w io.Writer, s Style) error {
	g := newPage(s)
	if len(d.Messages) == 0 {
		g.line("The state knows no messages.")
	}
	for i := range d.Messages {
		if i > 0 {
			g.blank()
		}
		g.funnel(&d.Messages[i])
	}
	if text := d.text(); text != "" {
		g.blank()
		g.para("", text)
	}
	return g.writeTo(w)
}

// funnel draws one message.
func (p *page) funnel(m *state.Summary) {
	p.labelled(p.in(bold, "# "), "# ", Clean(m.Address)+", revision "+Count(m.Revision), bold)
	sent, digits := m.Counts[state.Accepted], len(Count(m.Counts[state.Accepted]))
	for _, o := range []state.Outcome{state.Unconfirmed, state.InDoubt} {
		digits = max(digits, len(Count(m.Counts[o])))
	}
	line := func(word string, n int, rest string) {
		p.line(strings.TrimRight("  "+pad(word, funnelLabel)+padLeft(Count(n), digits)+rest, " "))
	}
	for _, step := range funnelSteps {
		n := came(m, step.of)
		rest := ""
		if sent > 0 {
			full := funnelBar * n / sent
			if n > 0 {
				full = max(full, 1)
			}
			rest = fmt.Sprintf("  %s %s", padLeft(portion(n, sent), 6), p.in(green, strings.Repeat("█", full)))
		}
		if p.Width > 0 && p.Width < 2+funnelLabel+digits+2+6+1+funnelBar {
			rest = "  " + padLeft(portion(n, sent), 6)
		}
		line(step.word, n, rest)
	}
	for _, one := range aside {
		if n := m.Deliveries[one]; n > 0 {
			line(one.String(), n, "")
		}
	}
	for _, o := range []state.Outcome{state.Unconfirmed, state.InDoubt} {
		if n := m.Counts[o]; n > 0 {
			line(o.String(), n, "")
		}
	}
	if m.Charged > 0 {
		p.labelled("  "+pad("charged", funnelLabel), "  "+pad("charged", funnelLabel), chargeText(m), plain)
	}
}

// portion gives a share, rounded down so that 100 % is all.
func portion(n, of int) string {
	if of == 0 {
		return ""
	}
	return fmt.Sprintf("%d %%", 100*n/of)
}

// chargeText says what the gateway charged. Credits are the gateway's, and no money.
func chargeText(m *state.Summary) string {
	text := fmt.Sprintf("%s for %s", credited(m.Charge), Counted(m.Charged, "message"))
	if m.Charged < m.Counts[state.Accepted] {
		text += fmt.Sprintf(" of %s", Count(m.Counts[state.Accepted]))
	}
	// A tariff is in money, and what credits cost nobody has told: the plan's segments are all that they can be held against.
	if m.Segments > 0 {
		text += fmt.Sprintf("; planned were %s", Counted(m.Segments, "segment"))
		if m.Measured < m.Charged {
			text += fmt.Sprintf(" for %s of them", Count(m.Measured))
		}
		text += fmt.Sprintf(", so %s a segment", credited((m.Priced+int64(m.Segments)/2)/int64(m.Segments)))
	}
	return text
}

// credited writes an amount of millionths with its unit.
func credited(millionths int64) string {
	if millionths == 1e6 {
		return "1 credit"
	}
	return credits(millionths) + " credits"
}

// credits writes millionths as few digits as it takes.
func credits(millionths int64) string {
	text := fmt.Sprintf("%s.%06d", Count(int(millionths/1e6)), millionths%1e6)
	return strings.TrimRight(strings.TrimRight(text, "0"), ".")
}

// text says what came of asking, and what is left.
func (d *Deliveries) text() string {
	var parts []string
	if a := d.Asked; a != nil && a.Asked > 0 {
		text := fmt.Sprintf("Asked about %s", Counted(a.Asked, "message"))
		if d.Later > 0 {
			text += fmt.Sprintf(" of %s, the newest", Count(a.Asked+d.Later))
		}
		text += fmt.Sprintf(": %s answered", Count(a.Answered))
		if a.Unknown > 0 {
			text += fmt.Sprintf(", %s not known to the gateway, or not yet", Count(a.Unknown))
		}
		parts = append(parts, text+".")
		if d.Later > 0 {
			parts = append(parts, "smsplan status asks about more.")
		}
	}
	if a := d.Asked; a != nil && a.OtherAccount > 0 {
		parts = append(parts, fmt.Sprintf("%s went through another account of the gateway, which alone can tell.", Counted(a.OtherAccount, "message")))
	}
	if d.Open == 0 && len(d.Messages) > 0 {
		parts = append(parts, "There is nothing more to learn.")
	}
	return strings.Join(parts, " ")
}

// Line gives the counts of all messages in a line, for where nothing can be redrawn.
func (d *Deliveries) Line() string {
	counts := map[state.Delivery]int{}
	sent := 0
	for i := range d.Messages {
		sent += d.Messages[i].Counts[state.Accepted]
		for one, n := range d.Messages[i].Deliveries {
			counts[one] += n
		}
	}
	text := fmt.Sprintf("%s sent, %s with the network, %s delivered", Count(sent), Count(counts[state.OnItsWay]+counts[state.Delivered]), Count(counts[state.Delivered]))
	for _, one := range aside {
		if n := counts[one]; n > 0 {
			text += fmt.Sprintf(", %s %s", Count(n), one)
		}
	}
	return text
}

type deliveriesDocument struct {
	Format   string             `json:"format_version"`
	Messages []deliveryDocument `json:"messages"`
	Asked    *apply.Followed    `json:"asked,omitempty"`
	Open     int                `json:"open"`
	Later    int                `json:"later"`
}

type deliveryDocument struct {
	Address   string         `json:"address"`
	Revision  int            `json:"revision"`
	FirstSeen time.Time      `json:"first_seen"`
	Sent      int            `json:"sent"`
	Network   int            `json:"with_the_network"`
	Delivered int            `json:"delivered"`
	Counts    map[string]int `json:"counts"`
	Charge    chargeDocument `json:"charge"`
}

type chargeDocument struct {
	Credits  json.Number `json:"credits"`
	Messages int         `json:"messages"`
	Measured int         `json:"measured"` // of them: whose segments are known
	Segments int         `json:"segments"`
	Measure  json.Number `json:"measured_credits"`
}

// JSON writes the document of `status -json`.
func (d *Deliveries) JSON(w io.Writer) error {
	doc := deliveriesDocument{Format: FormatVersion, Messages: []deliveryDocument{}, Asked: d.Asked, Open: d.Open, Later: d.Later}
	for i := range d.Messages {
		m := &d.Messages[i]
		one := deliveryDocument{
			Address: m.Address, Revision: m.Revision, FirstSeen: m.FirstSeen.UTC(), Sent: came(m, funnelSteps[0].of), Network: came(m, funnelSteps[1].of), Delivered: came(m, funnelSteps[2].of),
			Counts: map[string]int{}, Charge: chargeDocument{json.Number(strings.ReplaceAll(credits(m.Charge), ",", "")), m.Charged, m.Measured, m.Segments, json.Number(strings.ReplaceAll(credits(m.Priced), ",", ""))},
		}
		for _, other := range aside {
			one.Counts[key(other.String())] = m.Deliveries[other]
		}
		for _, o := range []state.Outcome{state.Unconfirmed, state.InDoubt} {
			one.Counts[key(o.String())] = m.Counts[o]
		}
		doc.Messages = append(doc.Messages, one)
	}
	return document(w, doc)
}

// Intake says what was recorded of statuses that were pushed.
func Intake(t state.Intake) string {
	if t == (state.Intake{}) {
		return "No statuses were waiting."
	}
	text := fmt.Sprintf("Statuses: %s recorded, %s known before", Count(t.Recorded), Count(t.Known))
	if t.Settled > 0 {
		text += fmt.Sprintf(", %s settled by them", Counted(t.Settled, "recipient"))
	}
	if t.Foreign > 0 {
		text += fmt.Sprintf(", %s of messages that the state does not know", Count(t.Foreign))
	}
	if t.Torn > 0 {
		text += fmt.Sprintf(", %s unreadable", Count(t.Torn))
	}
	return text + "."
}
