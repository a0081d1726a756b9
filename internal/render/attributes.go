package render

import (
	"fmt"
	"strings"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/plan"
)

// attribute is a line of a card's head.
type attribute struct {
	action
	name, value, note string
}

// attributesOf gives what a card says of the message itself. The values are as HCL would have them written, cleaned.
func attributesOf(m *plan.Message) []attribute {
	mark := sends
	if m.ToSend == 0 {
		mark = silent
	}
	var list []attribute
	add := func(a action, name, value, note string) {
		if value != "" {
			list = append(list, attribute{a, name, value, note})
		}
	}
	if m.From != "" {
		add(mark, "from", quote(m.From), "")
	}
	if m.Binary != nil {
		add(mark, "udh", quote(m.Binary.UDH), "")
		add(mark, "data", quote(m.Binary.Data), "")
	} else {
		add(mark, "text", quote(m.TextSample), "")
	}
	if len(m.Sizes) > 0 {
		add(silent, "encoding", size(m.Sizes[0]), otherSizes(m.Sizes[1:]))
	}
	if m.Revision > 1 {
		add(silent, "revision", Count(m.Revision), "")
	}
	if m.DedupeKey != "" {
		add(silent, "dedupe_key", quote(m.DedupeKey), "")
	}
	if len(m.DependsOn) > 0 {
		add(silent, "depends_on", "["+Clean(strings.Join(m.DependsOn, ", "))+"]", "")
	}
	if len(m.Ignores) > 0 {
		add(silent, "ignore_changes", "["+strings.Join(m.Ignores, ", ")+"]", "")
	}
	if m.Flash {
		add(silent, "flash", "true", "")
	}
	if m.Receipts {
		add(silent, "receipts", "true", "")
	}
	if m.Callbacks != nil {
		add(silent, "callbacks", listed(m.Callbacks), "")
	}
	if m.Queue() != config.DefaultPriority {
		add(silent, "priority", Count(m.Queue()), "")
	}
	if m.MaxCredits > 0 {
		add(silent, "max_credits", decimal(m.MaxCredits), "")
	}
	if m.Escalate {
		add(silent, "escalate", "true", "")
	}
	if len(m.Features) > 0 {
		add(silent, "features", listed(m.Features), "")
	}
	if m.MobileOriginated {
		add(silent, "mobile_originated", "true", "")
	}
	if m.Validity > 0 {
		add(silent, "validity", duration(m.Validity), "")
	}
	if m.DeliverAt != nil {
		add(silent, "deliver_at", Clean(m.DeliverAtText), "")
	}
	if m.Window != nil {
		add(silent, "window", Clean(m.Window.String()), "")
	}
	if m.MayRepeat() {
		add(doubted, "on_doubt", quote(m.OnDoubt), twice)
	}
	if m.Settle > 0 {
		add(silent, "settle", duration(m.Settle), "")
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
		label := "      " + a.symbol + " " + pad(a.name, widest) + " = "
		painted := "      " + g.sign(a.action) + " " + pad(a.name, widest) + " = "
		if a.note != "" {
			ink := grey
			if a.action.symbol == doubted.symbol {
				ink = doubted.ink
			}
			g.remarked(painted+a.value, label+a.value, a.note, 60, ink)
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
