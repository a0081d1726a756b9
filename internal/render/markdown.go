package render

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/smsplan/smsplan/internal/plan"
)

// MostMarkdown is how many bytes, and so at most how many characters, Markdown has: comments of pull requests take 65,536 characters.
const MostMarkdown = 60_000

// Bounds of the parts of Markdown. What does not fit into them is counted.
const (
	mostRows     = 18_000 // bytes, as all of these
	mostGuards   = 6_000
	mostChecks   = 4_000
	mostWarnings = 6_000
	mostRemoved  = 2_000
	mostCell     = 160
	mostText     = 1_600
	mostSteps    = 24
	mostShares   = 12
)

// Markdown writes a plan as a comment of a pull request. Its first line is the same for each plan of a configuration and workspace,
// so that the comment can be found and updated. No number is in it, masked or not.
func Markdown(w io.Writer, p *plan.Plan) error {
	_, err := io.WriteString(w, newReview(p).markdown())
	return err
}

func (r *review) markdown() string {
	head := r.markdownHead()
	tail := r.markdownWarnings() + r.markdownRemoved() + r.markdownApply()
	rows := r.markdownRows() + r.markdownGuards()
	room := MostMarkdown - len(head) - len(rows) - len(tail)
	return head + rows + r.markdownCards(room) + tail
}

func (r *review) markdownHead() string {
	var b strings.Builder
	fmt.Fprintf(&b, "<!-- smsplan plan %s -->\n", r.Mark)
	title := r.Headline
	if r.Verdict == stopped {
		title = "blocked: " + title
	}
	fmt.Fprintf(&b, "### smsplan: %s\n\n", title)
	if r.Workspace != "" {
		fmt.Fprintf(&b, "Workspace %s\n\n", inCode(shortened(r.Workspace, mostCell)))
	}
	kind := "WARNING"
	if r.Verdict == stopped {
		kind = "CAUTION"
	}
	for _, notice := range []string{shortened(r.Advice, 1000), r.Repeats, shortened(r.Partial, 1000), r.Unopened} {
		if notice != "" {
			fmt.Fprintf(&b, "> [!%s]\n> %s\n\n", kind, inCode(notice))
			kind = "WARNING"
		}
	}
	if r.Verdict == nothing {
		fmt.Fprintf(&b, "%s\n\n", r.Sentence)
	} else {
		fmt.Fprintf(&b, "**Plan:** %s\n\n", prose(r.Sentence))
	}
	return b.String()
}

// markdownRows writes a table with a row for each message.
func (r *review) markdownRows() string {
	if len(r.Cards) == 0 {
		return ""
	}
	row := func(cells ...string) string {
		if r.Counts.Cost == "" {
			cells = slices.Delete(cells, 8, 9)
		}
		if r.Counts.ToCancel == 0 {
			cells = slices.Delete(cells, 4, 5)
		}
		return "| " + strings.Join(cells, " | ") + " |\n"
	}
	var rows []string
	for _, c := range r.foremost() {
		rows = append(rows, row(symbolCell(c.Symbol), inCode(shortened(c.Address, mostCell)), c.Action, Count(c.ToSend), Count(c.ToCancel), Count(c.Held),
			Count(c.Segments), Count(c.Requests), prose(c.Cost), c.When))
	}
	t := r.Counts
	head := row("", "message", "action", "to send", "to cancel", "held", "segments", "requests", "cost", "when") +
		row(":-:", "---", "---", "--:", "--:", "--:", "--:", "--:", "--:", "---")
	sum := row("", "**all**", "", bolded(t.ToSend), bolded(t.ToCancel), bolded(t.Held), bolded(t.Segments), bolded(t.Requests), "**"+prose(t.Cost)+"**", "")
	return head + rolled(rows, mostRows, func(left int) string {
		return row("", "and "+Counted(left, "more message"), "", "", "", "", "", "", "", "")
	}) + sum + "\n"
}

func bolded(n int) string { return "**" + Count(n) + "**" }

// symbolCell writes a symbol, which Markdown could take for its own.
func symbolCell(symbol string) string {
	if symbol == "" {
		return ""
	}
	return inCode(symbol)
}

// markdownCards writes what there is to say of each message, folded, in so many bytes at most.
func (r *review) markdownCards(room int) string {
	var cards []string
	for _, c := range r.foremost() {
		if c.Shown {
			cards = append(cards, c.markdown())
		}
	}
	return rolled(cards, room, func(left int) string {
		return "The details of " + Counted(left, "more message") + " are in the plan itself: `smsplan show PLAN`.\n\n"
	})
}

func (c *reviewed) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "<details><summary>%s: %s</summary>\n\n", inCode(shortened(c.Title, 2*mostCell)), c.counted())
	for i, a := range c.Remarks {
		if i == 0 {
			b.WriteString("> [!WARNING]\n")
		}
		fmt.Fprintf(&b, "> * %s %s\n", symbolCell(a.Symbol), inCode(shortened(a.Text, 600)))
	}
	if len(c.Remarks) > 0 {
		b.WriteByte('\n')
	}
	if c.Text != "" {
		b.WriteString(fenced("text", shortened(c.Text, mostText)))
	}
	var facts strings.Builder
	for _, a := range c.Attributes {
		fmt.Fprintf(&facts, "%s = %s", a.Name, shortened(a.Value, 2*mostCell))
		if a.Note != "" {
			facts.WriteString(" # " + shortened(a.Note, mostCell))
		}
		facts.WriteByte('\n')
	}
	if facts.Len() > 0 {
		b.WriteString(fenced("hcl", facts.String()))
	}
	if c.Tally != nil {
		b.WriteString(stepTable("recipients", c.Tally))
	}
	for _, i := range c.Imports {
		b.WriteString(stepTable(i.Title, i.Tally))
	}
	if c.ToSend > 0 {
		fmt.Fprintf(&b, "%s of at most %s", Counted(c.Requests, "request"), Count(c.BatchSize))
		if c.Texts > 1 {
			fmt.Fprintf(&b, " (%s)", Counted(c.Texts, "text"))
		}
		if c.Pace != "" {
			b.WriteString(", " + c.Pace)
		}
		fmt.Fprintf(&b, "; %s.\n\n", c.When)
		b.WriteString(shareTable("country", c.Countries, c.Cost != ""))
		b.WriteString(shareTable("size", c.Sizes, false))
	}
	b.WriteString("</details>\n\n")
	return b.String()
}

// counted says how many are sent to and held, and how many messages are cancelled where some are.
func (c *reviewed) counted() string {
	held := Count(c.Held) + " held"
	if c.Tally == nil {
		return Count(c.ToCancel) + " to cancel"
	}
	if c.ToCancel > 0 {
		held = Count(c.ToCancel) + " to cancel, " + held
	}
	return Count(c.ToSend) + " to send, " + held
}

// stepTable writes the arithmetic from rows to recipients.
func stepTable(title string, steps []step) string {
	var b strings.Builder
	fmt.Fprintf(&b, "| | %s | | |\n| :-: | --- | --: | --- |\n", title)
	for i, s := range rolledSteps(steps) {
		label, count, note := s.Label, Count(s.Count), ""
		if s.Sum {
			label, count = "**"+label+"**", "**"+count+"**"
		}
		if s.Note != "" {
			note = inCode(shortened(s.Note, mostCell))
		}
		if i == 0 {
			note = ""
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", symbolCell(s.Symbol), label, count, note)
	}
	return b.String() + "\n"
}

// rolledSteps adds up steps of one reason where there are too many to list.
func rolledSteps(steps []step) []step {
	if len(steps) <= mostSteps {
		return steps
	}
	var list []step
	for _, s := range steps {
		i := slices.IndexFunc(list, func(o step) bool { return o.Label == s.Label })
		if i < 0 {
			list = append(list, s)
			continue
		}
		list[i].Count += s.Count
		list[i].Note = "in several places"
	}
	return list
}

// shareTable writes the parts of a whole, those with most recipients first.
func shareTable(title string, shares []share, priced bool) string {
	var b strings.Builder
	cells := []string{"| " + title, "recipients", "segments"}
	bars := "| --- | --: | --: |"
	if priced {
		cells, bars = append(cells, "cost"), bars+" --: |"
	}
	b.WriteString(strings.Join(cells, " | ") + " |\n" + bars + "\n")
	all, more := foremostShares(shares, mostShares)
	for _, s := range all {
		name := inCode(s.Name)
		fmt.Fprintf(&b, "| %s | %s | %s |", name, Count(s.Count), Count(s.Segments))
		if priced {
			fmt.Fprintf(&b, " %s |", prose(s.Cost))
		}
		b.WriteByte('\n')
	}
	if more.Count > 0 {
		fmt.Fprintf(&b, "| %s | %s | %s |", more.Name, Count(more.Count), Count(more.Segments))
		if priced {
			b.WriteString(" |")
		}
		b.WriteByte('\n')
	}
	return b.String() + "\n"
}

func (r *review) markdownGuards() string {
	var rows []string
	for _, g := range r.Guards {
		state := "blocks"
		if g.Allowed {
			state = "allowed"
		}
		for _, l := range g.Limits {
			rows = append(rows, fmt.Sprintf("| %s | %s | %s | %s | %s |\n",
				inCode(shortened(g.Address, mostCell)), state, inCode(l.Name), inCode(shortened(l.Value, mostCell)), inCode(shortened(l.Actual, mostCell))))
		}
	}
	if len(rows) == 0 {
		return ""
	}
	return "| guard | | limit | is | the plan has |\n| --- | --- | --- | --- | --- |\n" + rolled(rows, mostGuards, func(left int) string {
		return "| and " + Counted(left, "more limit") + " | | | | |\n"
	}) + "\n"
}

func (r *review) markdownWarnings() string {
	var items []string
	for _, w := range r.Warnings {
		text := w.Summary + ": " + w.Detail
		if w.Address != "" {
			text = w.Address + ": " + text
		}
		items = append(items, "* "+inCode(shortened(text, 600))+"\n")
	}
	return folded("warning", items, mostWarnings) + folded("failed check", codeItems(r.Checks), mostChecks)
}

func (r *review) markdownRemoved() string {
	return folded("address that is removed from the configuration, and kept in the state", codeItems(r.Removed), mostRemoved)
}

func codeItems(list []string) []string {
	var items []string
	for _, text := range list {
		items = append(items, "* "+inCode(shortened(text, 600))+"\n")
	}
	return items
}

// folded writes a list that is opened by a click.
func folded(noun string, items []string, most int) string {
	if len(items) == 0 {
		return ""
	}
	first, rest, _ := strings.Cut(noun, " that ")
	title := Counted(len(items), first)
	if strings.HasSuffix(first, "s") && len(items) > 1 {
		title = Count(len(items)) + " " + first + "es"
	}
	if rest != "" {
		title += " that " + rest
		if len(items) > 1 {
			title = strings.Replace(title, " that is ", " that are ", 1)
		}
	}
	return "<details><summary>" + title + "</summary>\n\n" + rolled(items, most, func(left int) string { return "* and " + Count(left) + " more\n" }) + "\n</details>\n\n"
}

func (r *review) markdownApply() string {
	var b strings.Builder
	if r.Command != nil {
		b.WriteString(r.Purpose() + ":\n\n" + fenced("sh", shellLine(r.Command)))
	}
	fmt.Fprintf(&b, "<sub>Plan ID <code>%s</code>, made %s UTC by smsplan %s, for %s.", r.ID, moment(r.Created), prose(shortened(r.Version, mostCell)), inCode(shortened(r.Gateway, mostCell)))
	if r.Verdict == ready {
		fmt.Fprintf(&b, " A saved plan is begun before %s UTC.", moment(r.Expires))
	}
	b.WriteString("</sub>\n")
	return b.String()
}
