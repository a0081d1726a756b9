package config

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/smsplan/smsplan/internal/zone"
)

// OfRecipient is the time zone of a window that is open by the clock of whoever gets the message.
const OfRecipient = "recipient"

// Window is the hours of the day in which a message may be sent, as written.
type Window struct {
	From     string `json:"from"` // as [zone.ParseClock] reads it
	To       string `json:"to"`
	Timezone string `json:"timezone"` // [OfRecipient], or a zone that [zone.Load] knows
}

func (w Window) String() string {
	if w.Timezone == OfRecipient {
		return w.From + " to " + w.To + " where the recipient is"
	}
	return w.From + " to " + w.To + " " + w.Timezone + " time"
}

// Hours gives the hours; ok is false where no configuration can say so.
func (w Window) Hours() (h zone.Hours, ok bool) {
	from, err := zone.ParseClock(w.From)
	to, also := zone.ParseClock(w.To)
	return zone.Hours{From: from, To: to}, err == nil && also == nil && from != to
}

// window reads the window block; nil where there is none to go by.
func (s *scope) window(a *arguments, b *block) *Window {
	var window *Window
	for i, nested := range b.content.Blocks.OfType("window") {
		if i > 0 {
			s.l.add(fault(nested.DefRange, "Second window block", "A message has one window block at most. One that goes over midnight is written from = \"22:00\", to = \"06:00\"."))
			continue
		}
		of := messageBlock.blocks["window"]
		before := len(s.l.diags)
		content, diags := of.read(nested.Body, "a window block")
		s.l.add(diags...)
		own := &arguments{s: s, of: of, content: content, local: a.local}
		w := Window{own.clock("from"), own.clock("to"), own.timezone()}
		a.unknown = a.unknown || own.unknown
		if w.From != "" && w.From == w.To {
			own.fault("to", "The window ends when it begins. Where a message may be sent at any time of the day, leave the window block out.")
		}
		if !own.unknown && !s.l.diags[before:].HasErrors() {
			window = &w
		}
	}
	return window
}

// zoneNames says what a timezone may be.
const zoneNames = `Write "recipient" for the time where the recipient is, or a name of IANA's table such as "Europe/Berlin".`

// clock gives a time of the day; "" where there is none to go by.
func (a *arguments) clock(name string) string {
	text := a.required(name)
	if text == "" {
		return ""
	}
	if _, err := zone.ParseClock(text); err != nil {
		hint := ""
		if strings.HasPrefix(text, "24:") {
			hint = " Midnight is \"00:00\"."
		}
		a.fault(name, "The value of %s is a time of the day with hours and minutes, \"00:00\" to \"23:59\".%s", name, hint)
		return ""
	}
	return text
}

// timezone reads `timezone`.
func (a *arguments) timezone() string {
	const name = "timezone"
	if word, is := a.expr(name).(*hclsyntax.ScopeTraversalExpr); is && hcl.ExprAsKeyword(word) == OfRecipient {
		a.fault(name, "The word stands in quotes: \"recipient\".")
		return ""
	}
	text := a.required(name)
	if text == "" {
		return ""
	}
	if text == OfRecipient {
		return text
	}
	if _, err := zone.Load(text); err != nil {
		hint := likeZone(text)
		if hint == "" {
			hint = " " + zoneNames
		}
		a.fault(name, "There is no time zone %s.%s", quoted(text), hint)
		return ""
	}
	return text
}

// likeZone suggests a zone: by its name, or by its place alone.
func likeZone(wrong string) string {
	names := zone.Names()
	place := strings.ToLower(strings.ReplaceAll(wrong, " ", "_"))
	if i := slices.IndexFunc(names, func(name string) bool { return place != "" && strings.HasSuffix(strings.ToLower(name), "/"+place) }); i >= 0 {
		return " Did you mean " + quoted(names[i]) + "?"
	}
	return didYouMean(wrong, append(names, OfRecipient))
}
