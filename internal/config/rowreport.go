package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/hashicorp/hcl/v2"
)

// rowReporter makes diagnostics about rows. One serves a whole configuration and is used by one goroutine at a time.
//
// HCL's diagnostic writer takes source lines from a map of files. For each file of rows, files holds, under the path as the user wrote it, a
// stand-in that has the reported lines where they belong, masked, and nothing else.
type rowReporter struct {
	showNumbers bool
	progress    func(rows int, share float64, doing string)
	meter       *meter // of the expressions that are evaluated for rows; nil for none
	files       map[string]*hcl.File

	lines    map[string][]rowLine // of the stand-ins, by line
	elements []hcl.Range          // elements of `numbers`: [rowReporter.mask]
	told     map[string]bool      // columns that were reported as unknown
}

// begins tells who waits what is done next, of which no part is counted.
func (d *rowReporter) begins(doing string) {
	if d.progress != nil {
		d.progress(0, 0, doing)
	}
}

// rowLine is a line of a stand-in.
type rowLine struct {
	line     int
	text     string
	subjects []*hcl.Range // ranges in it; their offsets are of the line
}

// badRow is a row that is not valid, and why.
type badRow struct {
	line    int
	column  int // of the number's cell, in bytes from 1; 0 where the row as a whole is meant
	summary string
	reason  string // holds nothing of the row
	cells   []string
	names   []string   // JSON Lines: of the cells
	number  int        // of cells, the one that is shown in part; -1 for none
	element *hcl.Range // of an inline row
}

const invalidNumber = "Invalid phone number"

// reportedRows is how many rows of a file are reported one by one.
const reportedRows = 5

// badRows counts the bad rows of one source and keeps the first of them, one more than are reported.
type badRows struct {
	file      string
	delimiter rune
	first     []badRow
	places    places
	all       []heldRow
	causes    causes
}

func (b *badRows) add(rows []badRow) {
	for _, r := range rows {
		if len(b.first) <= reportedRows {
			b.first = append(b.first, r)
		}
		b.places.add(place{b.file, r.line})
		if b.causes == nil {
			b.causes = causes{}
		}
		b.all = append(b.all, heldRow{why: b.causes.of(Invalid, r.reason), file: &b.file, line: uint32(r.line)})
	}
}

// rows reports the bad rows of a source: the first few one by one, the rest as a count at the next.
func (d *rowReporter) rows(b *badRows) hcl.Diagnostics {
	var diags hcl.Diagnostics
	for i, r := range b.first {
		diag := d.row(b, r, remedy(r))
		if i == reportedRows {
			diag.Summary = "More invalid rows"
			diag.Detail = fmt.Sprintf("And 1 more row of %s is not valid, this one.", visible(b.file))
			if more := b.places.count - i; more > 1 {
				diag.Detail = fmt.Sprintf("And %s of %s are not valid, this one the first of them.", Counted(more, "more row"), visible(b.file))
			}
		}
		diags = append(diags, diag)
	}
	return diags
}

// remedy says what to do about a bad row.
func remedy(r badRow) string {
	if strings.Contains(r.reason, "no region is set") {
		return `Set region to that of the numbers without a country code, correct the row, or leave rows like it out with on_invalid = "skip".`
	}
	return `Correct the row, or leave rows like it out with on_invalid = "skip".`
}

// row reports one row.
func (d *rowReporter) row(b *badRows, r badRow, remedy string) *hcl.Diagnostic {
	reason := r.reason
	if r.summary == invalidNumber {
		reason = numberSentence(reason)
	}
	diag := &hcl.Diagnostic{Severity: hcl.DiagError, Summary: r.summary, Detail: strings.TrimSpace(sentence(reason) + " " + remedy)}
	if r.element != nil {
		diag.Subject = r.element.Ptr()
		return diag
	}
	text, start, end := d.shownRow(r, b.delimiter)
	column := max(r.column, 1)
	diag.Subject = &hcl.Range{
		Filename: b.file,
		Start:    hcl.Pos{Line: r.line, Column: column, Byte: start},
		End:      hcl.Pos{Line: r.line, Column: column + len([]rune(text[start:end])), Byte: end},
	}
	d.place(b.file, r.line, text, diag.Subject)
	return diag
}

// place puts a line into the stand-in of a file and makes the offsets of its subject those of the stand-in. Earlier subjects move with it.
func (d *rowReporter) place(file string, line int, text string, subject *hcl.Range) {
	if d.lines == nil {
		d.lines = map[string][]rowLine{}
	}
	lines := d.lines[file]
	at, found := slices.BinarySearchFunc(lines, line, func(l rowLine, line int) int { return l.line - line })
	if !found {
		lines = slices.Insert(lines, at, rowLine{line: line, text: text})
	} else if lines[at].text != text {
		// Another set shows other cells of the same row: the line stays as it is and is meant as a whole.
		subject.Start.Byte, subject.End.Byte = 0, len(lines[at].text)
	}
	lines[at].subjects = append(lines[at].subjects, subject)
	d.lines[file] = lines

	shift := d.offset(lines, at)
	subject.Start.Byte += shift
	subject.End.Byte += shift
	if !found {
		for _, later := range lines[at+1:] {
			for _, s := range later.subjects {
				s.Start.Byte += len(text)
				s.End.Byte += len(text)
			}
		}
	}
	if d.files == nil {
		d.files = map[string]*hcl.File{}
	}
	d.files[file] = &hcl.File{Bytes: standIn(lines)}
}

// offset gives where a line begins in the stand-in.
func (d *rowReporter) offset(lines []rowLine, at int) int {
	offset := lines[at].line - 1
	for _, l := range lines[:at] {
		offset += len(l.text)
	}
	return offset
}

func standIn(lines []rowLine) []byte {
	var b []byte
	line := 1
	for _, l := range lines {
		b = append(b, strings.Repeat("\n", l.line-line)...)
		b = append(b, l.text...)
		line = l.line
	}
	return append(b, '\n')
}

// shownRow gives a row for its diagnostic, and where in it the number's cell is: masked, unless numbers may be shown.
func (d *rowReporter) shownRow(r badRow, delimiter rune) (text string, start, end int) {
	const enough = 200 // bytes of a cell
	if r.names != nil {
		text = "{"
		defer func() { text += "}" }()
	}
	for i, c := range r.cells {
		if i > 0 {
			text += string(delimiter)
		}
		if r.names != nil {
			text += visible(quoted(r.names[i])) + ": "
		}
		at := len(text)
		switch {
		case d.showNumbers:
			text += visible(shortened(c, enough))
		case i == r.number:
			text += visible(shortened(maskedDigits(c), enough))
		default:
			text += "…"
		}
		if i == r.number {
			start, end = at, len(text)
		}
		if len(text) > 10*enough {
			text += "…"
			break
		}
	}
	if text == "" {
		text = "…"
	}
	if end == 0 {
		end = len(text)
	}
	return text, start, end
}

// maskedDigits replaces every digit but the first three.
func maskedDigits(s string) string {
	seen := 0
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			if seen++; seen > 3 {
				return '•'
			}
		}
		return r
	}, s)
}

// mask gives the source of a configuration file as the diagnostic writer may show it: in the elements of `numbers` that were
// resolved, every digit but the first three is "*", so that offsets stay as they are.
func (d *rowReporter) mask(filename string, src []byte) []byte {
	if d.showNumbers {
		return src
	}
	src = slices.Clone(src)
	for _, at := range d.elements {
		if at.Filename != filename || !at.CanSliceBytes(src) {
			continue
		}
		seen := 0
		part := at.SliceBytes(src)
		for i, c := range part {
			if '0' <= c && c <= '9' {
				if seen++; seen > 3 {
					part[i] = '*'
				}
			}
		}
	}
	return src
}

func shortened(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// sentence makes a sentence of a reason.
func sentence(s string) string {
	s = strings.ToUpper(s[:1]) + s[1:]
	if !strings.HasSuffix(s, "?") {
		s += "."
	}
	return s
}

// numberSentence makes a sentence of what is wrong with a number.
func numberSentence(reason string) string {
	switch verb, _, _ := strings.Cut(reason, " "); verb {
	case "is", "has", "ends":
		return "the number " + reason
	default:
		return "the number is " + reason
	}
}

// Counted gives n with its noun: "1 message", "34,000 messages". several is the noun for more than one, where that is not with an s.
func Counted(n int, noun string, several ...string) string {
	switch {
	case n == 1:
		return "1 " + noun
	case len(several) > 0:
		return Count(n) + " " + several[0]
	}
	return Count(n) + " " + noun + "s"
}

// Count gives n with a comma before every three digits: "34,000".
func Count(n int) string {
	digits := strconv.Itoa(n)
	first := 0
	if n < 0 {
		first = 1
	}
	for i := len(digits) - 3; i > first; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

func interrupted(err error) *hcl.Diagnostic {
	return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Interrupted", Detail: "Reading the recipients was interrupted: " + err.Error() + "."}
}
