package config

import (
	"context"
	"fmt"
	"math"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/sms"
)

// Audience is whom a message is for, before the state is looked at: each line once.
type Audience struct {
	Tally   Tally
	Numbers []phone.Number // in the order of `to` and of the rows
	Regions []phone.Region // of Numbers
	Texts   []uint32       // index into Table for each of Numbers; nil where all have text 0
	Table   Texts          // distinct texts (empty for binary)

	tables []*table
	rows   []ref // of Numbers, in tables
	held   []heldRow
}

// audienceSpec is what a message asks for.
type audienceSpec struct {
	address      string
	to           []*Set
	where        *rowCondition
	text         hcl.Expression   // nil for binary
	scope        *hcl.EvalContext // everything but `recipient`
	perRecipient bool             // the text names recipient; else it is evaluated once
	unicode      string           // "auto" or "" , "always", "never": how texts are sized; with "never", what GSM 03.38 lacks is an error
	maxSegments  int              // a text that takes more is an error; 0 for no limit
}

// resolveAudience merges the sets of a message: where first, then each line once (the first row counts), then the text for each. Texts that
// cannot be sent (empty, characters that XML or the alphabet lacks, too many segments) are errors.
func resolveAudience(ctx context.Context, spec audienceSpec, d *rowReporter) (Audience, hcl.Diagnostics) {
	var (
		a     Audience
		diags hcl.Diagnostics
	)
	for _, s := range spec.to {
		a.Tally.add(s.settled)
		a.held = append(a.held, s.held...)
	}
	if len(spec.to) == 1 && spec.where == nil {
		a.take(spec.to[0])
	} else {
		var ok bool
		if diags, ok = a.merge(ctx, spec, d); !ok {
			return a, diags
		}
	}
	a.list()
	if spec.text == nil {
		return a, diags
	}
	return a, append(diags, a.write(ctx, spec, d)...)
}

// merge makes the audience of several sets, or of rows for which a where holds.
func (a *Audience) merge(ctx context.Context, spec audienceSpec, d *rowReporter) (diags hcl.Diagnostics, ok bool) {
	var all joined
	for _, s := range spec.to {
		all.join(s.tables, s.rows)
	}
	a.Tally.Rows += len(all.rows)
	if len(all.tables) > math.MaxUint16 {
		return hcl.Diagnostics{tooManySources(spec.address, nil)}, false
	}
	rows := all.rows
	if spec.where != nil {
		rows, diags = spec.where.filter(ctx, all.tables, rows, d)
		a.Tally.hold(Filtered, spec.where.source, len(all.rows)-len(rows))
	}
	a.pick(all.tables, rows)
	return diags, true
}

// take makes the audience of the members of one set, as pick does of its rows: the set has found which row of a line is the first.
func (a *Audience) take(s *Set) {
	again := &why{reason: Duplicate}
	repeated := 0
	for _, r := range s.rows {
		if r.repeated {
			a.held = append(a.held, heldRowOf(s.tables, r, again))
			repeated++
		}
	}
	a.Tally.Rows += len(s.rows)
	a.Tally.hold(Duplicate, "", repeated)
	a.Tally.Conflicting += s.differ
	a.tables, a.rows = s.tables, s.rows
	if repeated > 0 {
		a.rows = make([]ref, 0, len(s.rows)-repeated)
		for _, r := range s.rows {
			if !r.repeated {
				a.rows = append(a.rows, r)
			}
		}
	}
}

// pick makes the audience of the first row of each line.
func (a *Audience) pick(tables []*table, rows []ref) {
	seen := newLines(len(rows), func(i uint32) phone.Number { return numberOf(tables, rows[i]) })
	first := make([]ref, 0, len(rows))
	again := &why{reason: Duplicate}
	for k, r := range rows {
		of, isNew := seen.add(numberOf(tables, r), uint32(k))
		if isNew {
			first = append(first, r)
			continue
		}
		a.held = append(a.held, heldRowOf(tables, r, again))
		if conflict(tables, rows[of], r) {
			a.Tally.Conflicting++
		}
	}
	a.Tally.hold(Duplicate, "", len(rows)-len(first))
	a.tables, a.rows = tables, first
}

// list fills in the numbers and regions of the rows.
func (a *Audience) list() {
	a.Numbers, a.Regions = make([]phone.Number, len(a.rows)), make([]phone.Region, len(a.rows))
	for k, r := range a.rows {
		c, i := a.tables[r.table].at(r.row)
		a.Numbers[k], a.Regions[k] = c.numbers[i], c.regions[i]
	}
}

// write evaluates the text for each person.
func (a *Audience) write(ctx context.Context, spec audienceSpec, d *rowReporter) hcl.Diagnostics {
	if !spec.perRecipient {
		v, diags := valueOf(spec.text, spec.scope)
		if diags.HasErrors() {
			return diags
		}
		t, more := spec.measure(v)
		a.Table.Add(t.text(), t.size())
		return append(diags, more...)
	}
	if diags, ok := checkColumns(spec.text, a.tables, d); !ok {
		return diags
	}
	table := newTextTable(len(a.rows))
	a.Texts = make([]uint32, len(a.rows))
	diags := evaluate(ctx, rowExpression{spec.text, spec.scope, a.tables, "Writing texts"}, a.rows, d, spec.measure, spec.compiled(), func(i int, t measured) {
		a.Texts[i] = table.add(t)
	})
	a.Table = table.texts
	if a.Table.Len() == 1 {
		a.Texts = nil
	}
	return diags
}

// measure takes the value of a text as templates do, and sizes it. A value that is not known yet is an empty text.
func (s audienceSpec) measure(v cty.Value) (measured, hcl.Diagnostics) {
	v, marks := v.UnmarkDeep()
	delete(marks, personal)
	if summary, detail := misuse(cty.DynamicVal.WithMarks(marks), "text"); summary != "" {
		return measured{}, s.fault(summary, "%s", detail)
	}
	if !v.IsWhollyKnown() {
		return measured{}, nil
	}
	v, err := convert.Convert(v, cty.String)
	if err != nil {
		return measured{}, s.fault("Invalid text", "A text is a string: %s.", err)
	}
	if v.IsNull() {
		return measured{}, s.fault("Invalid text", "The text is null. Give every recipient a text, or leave rows out with where.")
	}
	text := lineFeeds(v.AsString())
	size, diags := s.measureText(text)
	if diags.HasErrors() {
		return measured{}, diags
	}
	return newMeasured(text, size), nil
}

// compiled gives the short way to the texts of rows, where there is one. It writes them into a block for each run of rows.
func (s audienceSpec) compiled() shortcut[measured] {
	compose := compileText(s.text, s.scope)
	if compose == nil {
		return nil
	}
	var usual atomic.Int64 // bytes of a full block
	return func() func(*table, uint32) (measured, hcl.Diagnostics, bool) {
		var buffer []byte
		block := &textBlock{}
		if bytes := usual.Load(); bytes > 0 {
			block = newTextBlock(int(bytes))
		}
		return func(t *table, row uint32) (measured, hcl.Diagnostics, bool) {
			var ok bool
			if buffer, ok = compose(buffer[:0], t, row); !ok {
				return measured{}, nil, false
			}
			start := block.bytes.Len()
			if asSent(buffer) {
				block.bytes.Write(buffer)
			} else {
				block.bytes.WriteString(lineFeeds(cty.NormalizeString(string(buffer))))
			}
			size, diags := s.measureText(block.bytes.String()[start:])
			if diags.HasErrors() {
				block = &textBlock{} // the text cannot be taken out of the old one
				return measured{}, diags, true
			}
			block.end(size)
			if len(block.ends) == blockTexts {
				usual.Store(int64(block.bytes.Len()))
			}
			return measured{block, uint32(len(block.ends) - 1)}, nil, true
		}
	}
}

// asSent reports whether a text is ASCII without carriage returns, so that it is in Unicode's normal form and has the line breaks that
// are sent.
func asSent(text []byte) bool {
	for _, c := range text {
		if c >= utf8.RuneSelf || c == '\r' {
			return false
		}
	}
	return true
}

// measureText sizes a text as it is sent.
func (s audienceSpec) measureText(text string) (sms.Size, hcl.Diagnostics) {
	if text == "" {
		return sms.Size{}, s.fault("Empty text", "The text is empty. Give every recipient a text, or leave rows out with where.")
	}
	if r, offset, ok := sms.Unsendable(text); ok {
		return sms.Size{}, s.fault("Character that cannot be sent", "The text has %U as character %d, which cannot be sent. Take it out, for example with replace().",
			r, utf8.RuneCountInString(text[:offset])+1)
	}
	size := sms.Measure(text)
	switch {
	case s.unicode == "always":
		size = sms.MeasureUCS2(text)
	case s.unicode == "never" && size.Encoding != sms.GSM7:
		return sms.Size{}, s.fault("Text needs unicode", `GSM 03.38 has no %s. Write them otherwise, for example with sms_gsm7(), or set unicode = "auto".`, foreignIn(text))
	}
	if s.maxSegments > 0 && size.Segments > s.maxSegments {
		return sms.Size{}, s.fault("Text too long", "The text takes %s, and max_segments is %d. Shorten it, for example with sms_truncate(), or raise max_segments.",
			Counted(size.Segments, "segment"), s.maxSegments)
	}
	return size, nil
}

func (s audienceSpec) fault(summary, format string, args ...any) hcl.Diagnostics {
	return hcl.Diagnostics{{Severity: hcl.DiagError, Summary: summary, Detail: fmt.Sprintf(format, args...), Subject: s.text.Range().Ptr()}}
}

// foreignIn names the characters that GSM 03.38 lacks, and where they stand: 'ł' (U+0142, character 7).
func foreignIn(text string) string {
	const enough = 5
	foreign := sms.ForeignIn(text)
	var named []string
	for _, f := range foreign[:min(len(foreign), enough)] {
		named = append(named, fmt.Sprintf("%q (%U, character %d)", f.Rune, f.Rune, utf8.RuneCountInString(text[:f.Offset])+1))
	}
	list := strings.Join(named, ", ")
	if more := len(foreign) - enough; more > 0 {
		list += " and " + Count(more) + " more"
	}
	return list
}
