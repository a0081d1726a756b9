package render

import (
	"fmt"
	"io"
	"strings"

	"github.com/smsplan/smsplan/internal/config"
)

// Diagnostics writes what is wrong with a configuration, with the source lines. With compact, warnings are rolled up into a
// list of their summaries, as long as nothing is worse than a warning.
func Diagnostics(w io.Writer, d config.Diagnostics, s Style, compact bool) error {
	if d.Empty() {
		return nil
	}
	if !compact || d.HasErrors() {
		var b strings.Builder
		if err := d.Write(&b, uint(max(0, s.Width)), s.Color); err != nil {
			return err
		}
		_, err := io.WriteString(w, inert(b.String()))
		return err
	}
	g := newPage(s)
	g.line(g.in(yellow, "Warnings:"))
	g.blank()
	type once struct{ summary, file string }
	seen := map[once]bool{}
	for _, one := range d.List() {
		key := once{summary: one.Summary}
		where := ""
		if one.Range != nil {
			key.file = one.Range.Filename
			where = fmt.Sprintf("on %s line %d", Clean(one.Range.Filename), one.Range.Start.Line)
		}
		if seen[key] {
			continue
		}
		seen[key] = true
		g.labelled("- ", "- ", Clean(one.Summary), plain)
		if where != "" {
			g.para("  ", where)
		}
	}
	g.blank()
	return g.writeTo(w)
}

// Error writes an error that has no place in the configuration.
func Error(w io.Writer, err error, s Style) error {
	g := newPage(s)
	first, rest, more := strings.Cut(Lines(err.Error()), "\n")
	g.labelled(g.in(red, "Error: "), "Error: ", first, plain)
	if more {
		g.para("", rest)
	}
	return g.writeTo(w)
}
