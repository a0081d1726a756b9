package config

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/smsplan/smsplan/internal/phone"
)

// Set is a recipient set, read and resolved.
type Set struct {
	Name    string
	Columns []string // of all sources, each name once
	Tally   Tally

	tables  []*table
	rows    []ref     // valid, not filtered and not excluded; the members are those that are not repeated
	differ  int       // of rows, those repeated of which a column differs from the same column of the member
	settled Tally     // of the rows that are not among rows
	held    []heldRow // those of settled that are held
}

// Numbers gives the members of the set, in order.
func (s *Set) Numbers() []phone.Number {
	numbers := make([]phone.Number, 0, len(s.rows))
	for _, r := range s.rows {
		if !r.repeated {
			numbers = append(numbers, numberOf(s.tables, r))
		}
	}
	return numbers
}

// countries counts the members by region.
func (s *Set) countries() map[string]int {
	byRegion := map[phone.Region]int{}
	for _, r := range s.rows {
		if !r.repeated {
			c, i := s.tables[r.table].at(r.row)
			byRegion[c.regions[i]]++
		}
	}
	byName := make(map[string]int, len(byRegion))
	for region, n := range byRegion {
		byName[region.String()] = n
	}
	return byName
}

// setSpec is a recipients block, decoded.
type setSpec struct {
	name        string
	region      string
	unsure      bool         // the region is not known: numbers that need one are left out
	types       []phone.Kind // accepted; empty: [usualTypes]
	skipInvalid bool         // on_invalid = "skip"
	numbers     []inlineRow
	sources     []source
	where       *rowCondition
	include     []*Set
	exclude     []*Set
	declared    hcl.Range
}

// inlineRow is one element of `numbers`.
type inlineRow struct {
	number string
	object cty.Value // the other attributes (an object), cty.NilVal where the element is a string
	at     hcl.Range // of the element
}

// rowCondition is a where.
type rowCondition struct {
	expr   hcl.Expression
	source string           // as written, for Held.Note
	scope  *hcl.EvalContext // everything but `recipient`
}

// resolveSet reads the sources of a set and decides for each row whether it is a member: rows that are not valid, where, the rows of
// included sets behind the set's own, the first row of each line, and last the excluded sets. The Set is never nil. Every bad row is
// reported, rolled up.
func resolveSet(ctx context.Context, spec setSpec, d *rowReporter) (*Set, hcl.Diagnostics) {
	s := &Set{Name: spec.name}
	diags := s.read(ctx, spec, d)
	rows, filtered := s.filter(ctx, spec.where, d)
	diags = append(diags, filtered...)

	j := joined{tables: s.tables, rows: rows}
	for _, other := range spec.include {
		j.join(other.tables, other.rows)
		s.settled.add(other.settled)
		s.held = append(s.held, other.held...)
		s.settled.Rows += len(other.rows)
	}
	if len(j.tables) > math.MaxUint16 {
		return s, append(diags, tooManySources("recipients."+spec.name, spec.declared.Ptr()))
	}
	s.tables = j.tables
	d.begins("Looking for repeated numbers in recipients." + s.Name)
	s.pick(j.rows, spec.exclude)
	for _, t := range s.tables {
		for _, name := range t.columns {
			if !slices.Contains(s.Columns, name) {
				s.Columns = append(s.Columns, name)
			}
		}
	}
	return s, diags
}

// read reads the set's own sources into its tables.
func (s *Set) read(ctx context.Context, spec setSpec, d *rowReporter) hcl.Diagnostics {
	var diags hcl.Diagnostics
	rules := newRowRules(spec)
	keep := func(t *table, bad *badRows) {
		s.tables = append(s.tables, t)
		s.settled.Rows += bad.places.count + t.len()
		s.settled.hold(Invalid, bad.places.String(), bad.places.count)
		s.held = append(s.held, bad.all...)
	}
	if len(spec.numbers) > 0 {
		t, bad, more := readInline(ctx, spec, rules, d)
		diags = append(diags, more...)
		keep(t, bad)
	}
	for _, from := range spec.sources {
		t, bad, more := from.read(ctx, s.Name, rules, spec.skipInvalid, d)
		diags = append(diags, more...)
		if t != nil {
			keep(t, bad)
		}
	}
	return diags
}

// readInline makes a table of the valid elements of `numbers`.
func readInline(ctx context.Context, spec setSpec, rules rowRules, d *rowReporter) (*table, *badRows, hcl.Diagnostics) {
	t := inlineTable(spec.name, spec.numbers)
	bad := &badRows{file: t.file}
	for _, row := range spec.numbers {
		d.elements = append(d.elements, row.at)
	}
	err := inOrder(ctx, inlineBatches(spec.numbers), func(b *batch) { b.check(t, rules) }, func(b *batch) {
		bad.add(b.bad)
		t.chunks = append(t.chunks, b.packed)
	})
	if err != nil {
		return t, bad, hcl.Diagnostics{interrupted(err)}
	}
	if spec.skipInvalid {
		return t, bad, nil
	}
	return t, bad, d.rows(bad)
}

// filter gives the rows of the set's own tables for which its where holds, and settles the others.
func (s *Set) filter(ctx context.Context, where *rowCondition, d *rowReporter) ([]ref, hcl.Diagnostics) {
	var rows []ref
	for i, t := range s.tables[:min(len(s.tables), math.MaxUint16)] {
		rows = t.refs(rows, uint16(i))
	}
	if where == nil {
		return rows, nil
	}
	passed, diags := where.filter(ctx, s.tables, rows, d)
	s.settled.hold(Filtered, where.source, len(rows)-len(passed))
	return passed, diags
}

// filter gives the rows for which the condition holds.
func (w *rowCondition) filter(ctx context.Context, tables []*table, rows []ref, d *rowReporter) ([]ref, hcl.Diagnostics) {
	if diags, ok := checkColumns(w.expr, tables, d); !ok {
		return rows, diags
	}
	passed := rows[:0:0]
	diags := evaluate(ctx, rowExpression{w.expr, w.scope, tables, "Choosing rows"}, rows, d, w.holds, w.compiled(), func(i int, holds bool) {
		if holds {
			passed = append(passed, rows[i])
		}
	})
	return passed, diags
}

// compiled gives the short way to tell whether the condition holds for a row, where there is one.
func (w *rowCondition) compiled() shortcut[bool] {
	condition := compileCondition(w.expr, w.scope)
	if condition == nil {
		return nil
	}
	return func() func(*table, uint32) (bool, hcl.Diagnostics, bool) {
		return func(t *table, row uint32) (bool, hcl.Diagnostics, bool) {
			holds, ok := condition(t, row)
			return holds, nil, ok
		}
	}
}

// holds takes the value of a condition. Of a value that is not known yet it holds.
func (w *rowCondition) holds(v cty.Value) (bool, hcl.Diagnostics) {
	v, _ = v.Unmark()
	if !v.IsKnown() {
		return true, nil
	}
	v, err := convert.Convert(v, cty.Bool)
	if err != nil || v.IsNull() {
		return false, hcl.Diagnostics{{Severity: hcl.DiagError, Summary: "Invalid condition", Detail: `A where gives true or false, such as recipient.country == "ZA".`, Subject: w.expr.Range().Ptr()}}
	}
	return v.True(), nil
}

// pick decides which of the rows are members, and keeps them as its own. The first row of a line counts; rows of excluded lines are
// settled. Of a line that is not excluded the later rows stay: a message's where may leave out the first.
func (s *Set) pick(rows []ref, exclude []*Set) {
	if len(exclude) == 0 {
		s.repeats(rows)
		s.rows = rows
	} else {
		s.without(rows, exclude)
	}
	repeated := 0
	for _, r := range s.rows {
		if r.repeated {
			repeated++
		}
	}
	s.settled.Rows -= len(s.rows)
	s.Tally.add(s.settled)
	s.Tally.Rows += len(s.rows)
	s.Tally.hold(Duplicate, "", repeated)
	s.Tally.Conflicting += s.differ
}

// repeats marks the rows whose line an earlier one has.
func (s *Set) repeats(rows []ref) {
	seen := newLines(len(rows), func(i uint32) phone.Number { return numberOf(s.tables, rows[i]) })
	for k := range rows {
		r := &rows[k]
		first, isNew := seen.add(numberOf(s.tables, *r), uint32(k))
		r.repeated = !isNew
		if r.repeated && conflict(s.tables, rows[first], *r) {
			s.differ++
		}
	}
}

// without does as repeats, and settles the rows of lines that other sets exclude.
func (s *Set) without(rows []ref, exclude []*Set) {
	excluded := make([]*lines, len(exclude))
	for i, other := range exclude {
		numbers := other.Numbers()
		excluded[i] = newLines(len(numbers), func(i uint32) phone.Number { return numbers[i] })
		for k, n := range numbers {
			excluded[i].add(n, uint32(k))
		}
	}
	var (
		seen           = newLines(len(rows), func(i uint32) phone.Number { return numberOf(s.tables, rows[i]) })
		by             = make([]int32, len(rows)) // the set that excludes the line, or -1; of the first row of each
		excludedBy     = make([]int, len(exclude))
		lost, lostDiff int
	)
	causes := causes{}
	for k, r := range rows {
		n := numberOf(s.tables, r)
		first, isNew := seen.add(n, uint32(k))
		if isNew {
			out := slices.IndexFunc(excluded, func(l *lines) bool { return l.has(n) })
			by[k] = int32(out)
			if out >= 0 {
				excludedBy[out]++
				s.held = append(s.held, heldRowOf(s.tables, r, causes.of(Excluded, "recipients."+exclude[out].Name)))
				continue
			}
			r.repeated = false
			s.rows = append(s.rows, r)
			continue
		}
		differs := 0
		if conflict(s.tables, rows[first], r) {
			differs = 1
		}
		if by[first] >= 0 {
			lost, lostDiff = lost+1, lostDiff+differs
			s.held = append(s.held, heldRowOf(s.tables, r, causes.of(Duplicate, "")))
			continue
		}
		s.differ += differs
		r.repeated = true
		s.rows = append(s.rows, r)
	}
	s.settled.hold(Duplicate, "", lost)
	s.settled.Conflicting += lostDiff
	for i, n := range excludedBy {
		s.settled.hold(Excluded, "recipients."+exclude[i].Name, n)
	}
}

// joined are the rows of several sets, one after the other. A table of several sets is there once.
type joined struct {
	tables []*table
	rows   []ref
	index  map[*table]uint16
}

func (j *joined) join(tables []*table, rows []ref) {
	if j.index == nil {
		j.index = map[*table]uint16{}
		for i, t := range j.tables {
			j.index[t] = uint16(i)
		}
	}
	renamed := make([]uint16, len(tables))
	for i, t := range tables {
		n, ok := j.index[t]
		if !ok {
			n = uint16(len(j.tables))
			j.index[t] = n
			j.tables = append(j.tables, t)
		}
		renamed[i] = n
	}
	j.rows = slices.Grow(j.rows, len(rows))
	for _, r := range rows {
		r.table = renamed[r.table]
		j.rows = append(j.rows, r)
	}
}

func tooManySources(of string, at *hcl.Range) *hcl.Diagnostic {
	return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Too many sources", Subject: at,
		Detail: fmt.Sprintf("The recipients of %s come from more than %d sources. Join files into one.", of, math.MaxUint16)}
}
