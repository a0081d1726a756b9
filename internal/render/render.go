// Package render shows plans, reports, progress and states: to people as text, to programs as JSON. It reads values and
// computes no business facts, and everything that came from outside (configuration, recipient files, gateway) passes
// [Clean] on its way.
package render

import (
	"github.com/fatih/color"

	"github.com/smsplan/smsplan/internal/config"
)

// Style is how a reader wants to be shown things. The zero Style has no colours, wraps nothing and masks numbers.
type Style struct {
	Width   int  // columns of the terminal, for wrapping; 0 is no wrapping, and less than 40 counts as 40
	Color   bool // with escape sequences
	Numbers bool // telephone numbers unmasked (-show-numbers)
}

// paint is a colour for one kind of thing.
type paint []color.Attribute

var (
	green   = paint{color.FgGreen}
	red     = paint{color.FgRed}
	yellow  = paint{color.FgYellow}
	magenta = paint{color.FgMagenta}
	grey    = paint{color.FgHiBlack}
	bold    = paint{color.Bold}
	plain   = paint(nil)
)

// in gives text in a colour, where the style has colours.
func (s Style) in(p paint, text string) string {
	if !s.Color || len(p) == 0 || text == "" {
		return text
	}
	c := color.New(p...)
	c.EnableColor() // the decision is the Style's, not the library's look at standard output
	return c.Sprint(text)
}

// Count gives n with thousands separators: "34,000".
func Count(n int) string { return config.Count(n) }

// Counted gives n with the noun in the right number: "1 request", "2 requests".
func Counted(n int, noun string) string { return config.Counted(n, noun) }
