package render

import (
	"slices"
	"strings"

	"github.com/rivo/uniseg"
)

// action is a symbol of cards, with its meaning in the legend and its colour.
type action struct {
	symbol, meaning string
	ink             paint
}

var (
	sends    = action{"+", "send", green}
	leaves   = action{"-", "leave out", red}
	changed  = action{"~", "changed", yellow}
	cancels  = action{"-", "cancel", red}
	replaces = action{"-/+", "cancel and send anew", yellow}
	already  = action{"=", "already sent", grey}
	blocked  = action{"!", "blocked or a warning", yellow}
	doubted  = action{"?", "in doubt", magenta}
	silent   = action{symbol: " "}
	legends  = []action{sends, leaves, cancels, replaces, changed, already, blocked, doubted}
)

// actionOf gives the symbol under which a card lists the people with a reason.
func actionOf(reason string) action {
	switch reason {
	case "already sent", "imported":
		return already
	case "in doubt", "unconfirmed", "under way", "withdrawing":
		return doubted
	case "refused", "cancelled", "too early", "too late", "outside window":
		return blocked
	}
	return leaves
}

// sign gives the symbol of an action in its colour. The legend lists those that were asked for.
func (g *page) sign(a action) string {
	if a.meaning != "" {
		g.signs = append(g.signs, a)
	}
	return g.in(a.ink, a.symbol)
}

// legend says what symbols mean, between meanings on another line where one is too narrow.
func (g *page) legend(signs []action) {
	const margin = "Symbols: "
	line, width := margin, len(margin)
	for _, a := range legends {
		if !slices.ContainsFunc(signs, func(s action) bool { return s.symbol == a.symbol && s.meaning == a.meaning }) {
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
