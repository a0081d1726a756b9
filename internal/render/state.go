package render

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/rivo/uniseg"

	"github.com/smsplan/smsplan/internal/state"
)

// outcomes in the order in which tables show them.
var outcomes = []state.Outcome{
	state.Accepted, state.Unconfirmed, state.Refused, state.InDoubt, state.UnderWay, state.Planned, state.Unsent,
	state.Withdrawing, state.Cancelled, state.Imported,
}

// deliveries in the order in which they are shown: what the gateway says of those accepted, as far as it is more than that.
var deliveries = []state.Delivery{state.Scheduled, state.OnItsWay, state.Delivered, state.Failed, state.Expired, state.Stopped}

// States writes the table of `state list`: each message at each revision with its counts by outcome. Outcomes that do not
// occur have no column, and nor do statuses of the gateway, which those accepted may have.
func States(w io.Writer, messages []state.Summary, s Style) error {
	g := newPage(s)
	if len(messages) == 0 {
		g.line("The state knows no messages.")
		return g.writeTo(w)
	}
	used, said := occurring(messages), told(messages)
	rows := [][]string{{"MESSAGE", "REVISION"}}
	for _, o := range used {
		rows[0] = append(rows[0], strings.ToUpper(o.String()))
	}
	for _, d := range said {
		rows[0] = append(rows[0], strings.ToUpper(d.String()))
	}
	for _, m := range messages {
		row := []string{Clean(m.Address), Count(m.Revision)}
		for _, o := range used {
			row = append(row, Count(m.Counts[o]))
		}
		for _, d := range said {
			row = append(row, Count(m.Deliveries[d]))
		}
		rows = append(rows, row)
	}
	g.table(rows)
	return g.writeTo(w)
}

// State writes what `state show` says of one message at one revision.
func State(w io.Writer, m state.Summary, s Style) error {
	g := newPage(s)
	g.labelled(g.in(bold, "# "), "# ", Clean(m.Address)+", revision "+Count(m.Revision), bold)
	g.line("first seen  " + m.FirstSeen.UTC().Format(time.RFC3339))
	g.line("key         " + Clean(m.Key))
	widest, digits := 0, 0
	used := occurring([]state.Summary{m})
	for _, o := range used {
		widest, digits = max(widest, len(o.String())), max(digits, len(Count(m.Counts[o])))
	}
	said := told([]state.Summary{m})
	for _, d := range said {
		widest = max(widest, len("- "+d.String()))
	}
	for _, o := range used {
		g.line(pad(o.String(), max(10, widest)) + "  " + padLeft(Count(m.Counts[o]), digits))
		if o != state.Accepted {
			continue
		}
		for _, d := range said {
			g.line(pad("- "+d.String(), max(10, widest)) + "  " + padLeft(Count(m.Deliveries[d]), digits))
		}
	}
	if m.Guessed > 0 {
		g.para("", fmt.Sprintf("The state was recovered from a copy: of those in doubt %s may have been sent to under client ids (climsgid) that it can only guess. "+
			"That the gateway does not know a guess does not mean that nothing was sent.", Count(m.Guessed)))
	}
	return g.writeTo(w)
}

func occurring(messages []state.Summary) []state.Outcome {
	var used []state.Outcome
	for _, o := range outcomes {
		for _, m := range messages {
			if m.Counts[o] > 0 {
				used = append(used, o)
				break
			}
		}
	}
	return used
}

// told gives the deliveries that occur.
func told(messages []state.Summary) (said []state.Delivery) {
	for _, d := range deliveries {
		if slices.ContainsFunc(messages, func(m state.Summary) bool { return m.Deliveries[d] > 0 }) {
			said = append(said, d)
		}
	}
	return said
}

// table writes rows in columns: the first at the left, the others at the right. Where they are too wide it stacks them.
func (g *page) table(rows [][]string) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], uniseg.StringWidth(cell))
		}
	}
	wide := -2
	for _, w := range widths {
		wide += 2 + w
	}
	if g.Width > 0 && wide > g.Width {
		g.stacked(rows)
		return
	}
	for _, row := range rows {
		var b strings.Builder
		for i, cell := range row {
			if i == 0 {
				b.WriteString(pad(cell, widths[i]))
				continue
			}
			b.WriteString("  " + padLeft(cell, widths[i]))
		}
		g.line(strings.TrimRight(b.String(), " "))
	}
}

// stacked writes the rows of a table below each other, each cell behind the name of its column.
func (g *page) stacked(rows [][]string) {
	names, digits := 0, 0
	for _, row := range rows[1:] {
		for i, cell := range row[1:] {
			names, digits = max(names, uniseg.StringWidth(rows[0][i+1])), max(digits, uniseg.StringWidth(cell))
		}
	}
	for _, row := range rows[1:] {
		g.para("", row[0])
		for i, cell := range row[1:] {
			g.line("  " + pad(strings.ToLower(rows[0][i+1]), names) + "  " + padLeft(cell, digits))
		}
	}
}

// Overrides lists the runs that were allowed to go beyond guards; nothing where there are none.
func Overrides(w io.Writer, list []state.Override, s Style) error {
	g := newPage(s)
	for i, o := range list {
		if i == 0 {
			g.blank()
			g.line("Beyond guards, which -allow permitted:")
		}
		g.labelled("  ", "  ", fmt.Sprintf("%s: %s, by %s, Plan ID %s", o.Started.UTC().Format(time.RFC3339), Clean(strings.Join(o.Guards, ", ")), Clean(o.Who), Clean(o.PlanID)), plain)
	}
	return g.writeTo(w)
}

// Inspection writes what `state adopt` shows before it asks: which state this is, what stands against it, and its counts.
func Inspection(w io.Writer, i *state.Inspection, s Style) error {
	g := newPage(s)
	g.line("state    " + Clean(i.Path))
	g.line("gateway  " + Clean(string(i.Kind)))
	g.line("lineage  " + Clean(i.Lineage))
	g.line("head     " + i.Identity.String())
	if i.Mismatch != nil {
		g.labelled(g.in(yellow, "but      "), "but      ", Clean("it "+i.Mismatch.Problem), plain)
	}
	g.blank()
	if err := g.writeTo(w); err != nil {
		return err
	}
	return States(w, i.Messages, s)
}
