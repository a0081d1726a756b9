package render

import (
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

const (
	narrowest = 40
	leastRoom = 10 // for text beside a label
	ellipsis  = "…"
)

// page collects lines for a reader and breaks those that are too wide. It writes once, at the end, so that its users need
// not look at an error for each line.
type page struct {
	Style
	b     strings.Builder
	signs []action // that stand in it, for the legend
}

func newPage(s Style) *page {
	if s.Width > 0 {
		s.Width = max(s.Width, narrowest)
	}
	return &page{Style: s}
}

func (p *page) writeTo(w io.Writer) error {
	_, err := io.WriteString(w, p.b.String())
	return err
}

func (p *page) line(text string) {
	p.b.WriteString(text)
	p.b.WriteByte('\n')
}

func (p *page) blank() { p.b.WriteByte('\n') }

// para writes text behind a margin, broken at spaces where it is too wide.
func (p *page) para(margin, text string) {
	for line := range strings.SplitSeq(text, "\n") {
		for _, part := range wrap(line, p.room(uniseg.StringWidth(margin))) {
			p.line(strings.TrimRight(margin+part, " "))
		}
	}
}

// labelled writes text behind a label; where it is too wide, the rest stands below its beginning. A label that leaves no
// room for it, or for its longest word, stands by itself. The label may be coloured: plain is how it looks without.
func (p *page) labelled(label, plain, text string, ink paint) {
	const step = 4
	width := uniseg.StringWidth(plain)
	margin := len(plain) - len(strings.TrimLeft(plain, " ")) + step
	word := longestWord(text)
	if p.Width > 0 && (width > p.Width-leastRoom || word > p.room(width) && word <= p.room(margin)) {
		if width > p.Width {
			p.para("", plain)
			margin = step
		} else {
			p.line(strings.TrimRight(label, " "))
		}
		for _, part := range wrap(text, p.room(margin)) {
			p.line(strings.Repeat(" ", margin) + p.in(ink, part))
		}
		return
	}
	indent := strings.Repeat(" ", width)
	for i, part := range wrap(text, p.room(width)) {
		if i > 0 {
			label = indent
		}
		p.line(label + p.in(ink, part))
	}
}

// noted writes a line with a remark after it, or below it where both do not fit.
func (p *page) noted(line, plain, note string, column int) {
	p.remarked(line, plain, note, column, grey)
}

// remarked is noted with a remark in a colour.
func (p *page) remarked(line, plain, note string, column int, ink paint) {
	if note == "" {
		p.line(line)
		return
	}
	pad := max(3, column-uniseg.StringWidth(plain))
	if p.Width == 0 || uniseg.StringWidth(plain)+pad+2+uniseg.StringWidth(note) <= p.Width {
		p.line(line + strings.Repeat(" ", pad) + p.in(ink, "# "+note))
		return
	}
	if short := uniseg.StringWidth(plain) + 3 + 2 + uniseg.StringWidth(note); short <= p.Width {
		p.line(line + "   " + p.in(ink, "# "+note))
		return
	}
	p.line(line)
	margin := strings.Repeat(" ", 12)
	for _, part := range wrap(note, p.room(len(margin)+2)) {
		p.line(margin + p.in(ink, "# "+part))
	}
}

// room gives the columns that are left beside a margin; 0 is no bound.
func (p *page) room(margin int) int {
	if p.Width == 0 {
		return 0
	}
	return max(p.Width-margin, leastRoom)
}

// wrap breaks text into lines of at most width columns: at spaces where there are any, else between two characters, and
// neither within a number of several groups nor between a number and its noun where that can be helped. It loses nothing
// but the space at which it breaks. Width 0 is no bound.
func wrap(text string, width int) []string {
	if width <= 0 || uniseg.StringWidth(text) <= width {
		return []string{text}
	}
	var lines []string
	for uniseg.StringWidth(text) > width {
		head := fitting(text, width)
		if at := breakIn(text, len(head)); at > 0 {
			head = head[:at]
		}
		lines = append(lines, head)
		text = strings.TrimPrefix(text[len(head):], " ")
	}
	if text != "" {
		lines = append(lines, text)
	}
	return lines
}

// breakIn gives the best space at which text may be broken, of those up to a place in it; 0 for none. One that parts what
// belongs together is taken only where the line would be less than half as long without.
func breakIn(text string, end int) int {
	last := 0
	for at := min(end, len(text)-1); at > 0; at-- {
		switch {
		case text[at] != ' ':
		case !coherent(text, at):
			return at
		case last == 0:
			last = at
		}
		if last > 0 && at < end/2 {
			break
		}
	}
	return last
}

// coherent reports whether the words at both sides of a space belong together: groups of a number, masked or not, a number
// and its noun, a country or a revision and its number.
func coherent(text string, space int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:space])
	after, _ := utf8.DecodeRuneInString(text[space+1:])
	if unicode.IsDigit(before) || before == '•' {
		return unicode.IsLetter(after) || unicode.IsDigit(after) || after == '•'
	}
	word := text[strings.LastIndexByte(text[:space], ' ')+1 : space]
	return unicode.IsDigit(after) && (word == "revision" || len(word) == 2 && word == strings.ToUpper(word) && unicode.IsUpper(before))
}

// longestWord gives the columns that the longest word takes.
func longestWord(text string) int {
	longest := 0
	for word := range strings.FieldsSeq(text) {
		longest = max(longest, uniseg.StringWidth(word))
	}
	return longest
}

// truncate gives text in at most width columns, with an ellipsis where something is left out. Width 0 is no bound.
func truncate(text string, width int) string {
	if width <= 0 || uniseg.StringWidth(text) <= width {
		return text
	}
	return fitting(text, width-1) + ellipsis
}

// fitting gives the longest start of text that takes at most width columns, and at least one character, never cutting
// a grapheme cluster in two.
func fitting(text string, width int) string {
	used, end, state := 0, 0, -1
	for rest := text; rest != ""; {
		var cluster string
		var columns int
		cluster, rest, columns, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if used += columns; used > width && end > 0 {
			break
		}
		end += len(cluster)
	}
	return text[:end]
}

// pad fills text up to width columns, on the right.
func pad(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-uniseg.StringWidth(text)))
}

// padLeft fills text up to width columns, on the left.
func padLeft(text string, width int) string {
	return strings.Repeat(" ", max(0, width-uniseg.StringWidth(text))) + text
}

// Sentences writes text in lines that the reader has room for. One with a word that is wider, a path say, is left to the
// terminal, so that the word can be copied.
func Sentences(w io.Writer, text string, s Style) error {
	g := newPage(s)
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		if longestWord(line) > g.Width {
			g.line(line)
			continue
		}
		g.para("", line)
	}
	return g.writeTo(w)
}
