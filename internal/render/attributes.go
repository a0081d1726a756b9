package render

import (
	"fmt"
	"strings"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/plan"
)

// attribute is a line of a card's head.
type attribute struct{ symbol, name, value, note string }

// attributesOf gives what a card says of the message itself. The values are as HCL would have them written, cleaned.
func attributesOf(m *plan.Message) []attribute {
	symbol := sends.symbol
	if m.ToSend == 0 {
		symbol = " "
	}
	var list []attribute
	add := func(symbol, name, value, note string) {
		if value != "" {
			list = append(list, attribute{symbol, name, value, note})
		}
	}
	if m.From != "" {
		add(symbol, "from", quote(m.From), "")
	}
	if m.Binary != nil {
		add(symbol, "udh", quote(m.Binary.UDH), "")
		add(symbol, "data", quote(m.Binary.Data), "")
	} else {
		add(symbol, "text", quote(m.TextSample), "")
	}
	if len(m.Sizes) > 0 {
		add(" ", "encoding", size(m.Sizes[0]), otherSizes(m.Sizes[1:]))
	}
	if m.Revision > 1 {
		add(" ", "revision", Count(m.Revision), "")
	}
	if m.DedupeKey != "" {
		add(" ", "dedupe_key", quote(m.DedupeKey), "")
	}
	if len(m.DependsOn) > 0 {
		add(" ", "depends_on", "["+Clean(strings.Join(m.DependsOn, ", "))+"]", "")
	}
	if len(m.Ignores) > 0 {
		add(" ", "ignore_changes", "["+strings.Join(m.Ignores, ", ")+"]", "")
	}
	if m.Flash {
		add(" ", "flash", "true", "")
	}
	if m.Receipts {
		add(" ", "receipts", "true", "")
	}
	if m.Callbacks != nil {
		add(" ", "callbacks", listed(m.Callbacks), "")
	}
	if m.Queue() != config.DefaultPriority {
		add(" ", "priority", Count(m.Queue()), "")
	}
	if m.MaxCredits > 0 {
		add(" ", "max_credits", decimal(m.MaxCredits), "")
	}
	if m.Escalate {
		add(" ", "escalate", "true", "")
	}
	if len(m.Features) > 0 {
		add(" ", "features", listed(m.Features), "")
	}
	if m.MobileOriginated {
		add(" ", "mobile_originated", "true", "")
	}
	if m.Validity > 0 {
		add(" ", "validity", duration(m.Validity), "")
	}
	if m.DeliverAt != nil {
		add(" ", "deliver_at", Clean(m.DeliverAtText), "")
	}
	if m.Window != nil {
		add(" ", "window", Clean(m.Window.String()), "")
	}
	if m.MayRepeat() {
		add(doubted.symbol, "on_doubt", quote(m.OnDoubt), twice)
	}
	if m.Settle > 0 {
		add(" ", "settle", duration(m.Settle), "")
	}
	return list
}

// attributes writes them below each other.
func (g *page) attributes(list []attribute) {
	widest := 0
	for _, a := range list {
		widest = max(widest, len(a.name))
	}
	for _, a := range list {
		ink := plain
		switch a.symbol {
		case sends.symbol:
			ink = sends.ink
		case doubted.symbol:
			ink = doubted.ink
		}
		label := "      " + a.symbol + " " + pad(a.name, widest) + " = "
		painted := "      " + g.in(ink, a.symbol) + " " + pad(a.name, widest) + " = "
		if a.note != "" {
			g.noted(painted+a.value, label+a.value, a.note, 60)
			continue
		}
		g.labelled(painted, label, a.value, plain)
	}
}

func size(s plan.Size) string {
	return s.Encoding + ", " + Counted(s.Segments, "segment")
}

// otherSizes describes the sizes that fewer recipients have than the first.
func otherSizes(sizes []plan.Size) string {
	var parts []string
	for i, s := range sizes {
		if i == 2 && len(sizes) > 3 {
			parts = append(parts, fmt.Sprintf("and %d other sizes", len(sizes)-i))
			break
		}
		parts = append(parts, Counted(s.Recipients, "recipient")+": "+size(s))
	}
	return strings.Join(parts, "; ")
}

// listed gives names as a configuration lists them.
func listed(names []string) string {
	var list []string
	for _, name := range names {
		list = append(list, quote(name))
	}
	return "[" + strings.Join(list, ", ") + "]"
}
