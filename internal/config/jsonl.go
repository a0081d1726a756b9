package config

import (
	"bufio"
	"context"
	"errors"
	"io"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
)

// jsonlSpec is a jsonl block, decoded.
type jsonlSpec struct{ sourceSpec }

// jsonlFile reads the lines of a file of JSON Lines.
type jsonlFile struct {
	spec    jsonlSpec
	text    *bufio.Reader
	last    int // lines read
	stopped *badRow
}

// batches yields the lines of the file, none of them blank, until its end, or until something makes the rest unreadable (f.stopped).
func (f *jsonlFile) batches(yield func(*batch) bool) {
	b := &batch{}
	for {
		start := len(b.raw)
		var err error
		b.raw, err = f.line(b.raw)
		if err != nil && err != io.EOF {
			f.stopped = f.spec.unreadable(err, f.last)
			b.raw = b.raw[:start]
			break
		}
		f.last++
		if isBlank(b.raw[start:]) {
			b.raw = b.raw[:start]
		} else {
			b.lines, b.ends = append(b.lines, uint32(f.last)), append(b.ends, uint32(len(b.raw)))
			b.read++
		}
		if err == io.EOF {
			break
		}
		if b.full() {
			if !yield(b) {
				return
			}
			b = &batch{}
		}
	}
	if b.read > 0 {
		yield(b)
	}
}

// line appends the next line, with its end.
func (f *jsonlFile) line(to []byte) ([]byte, error) {
	start := len(to)
	for {
		part, err := f.text.ReadSlice('\n')
		to = append(to, part...)
		if len(to)-start > maxRow {
			return to, errRowTooLong
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return to, err
		}
	}
}

// isBlank reports whether a line holds nothing but what JSON takes for white space.
func isBlank(line []byte) bool {
	for _, c := range line {
		if c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return false
		}
	}
	return true
}

func (j jsonlSpec) read(ctx context.Context, set string, rules rowRules, skip bool, d *rowReporter) (*table, *badRows, hcl.Diagnostics) {
	file, fault := j.open()
	if fault != nil {
		return nil, nil, hcl.Diagnostics{fault}
	}
	defer file.Close()
	f := &jsonlFile{spec: j, text: file.Reader}
	named := []string{j.number}
	if j.regionColumn != "" {
		if j.regionColumn != j.number {
			named = append(named, j.regionColumn)
		}
		rules = rules.withColumn(len(named) - 1)
	}
	columns := newColumnIDs(named)
	t := newTable(set, visible(j.shown), j.shown, nil, 0)
	t.typed = true
	bad := &badRows{file: j.shown, delimiter: ','}
	diags := j.gather(ctx, file, f.batches, &f.stopped, t, bad, d, func(b *batch) {
		b.parse(named)
		b.check(t, rules)
	}, func(b *batch) { columns.join(b.members.ids, b.packed.columns) })
	diags = append(diags, j.unchanged(file)...)
	t.setColumns(columns.names)
	if ctx.Err() != nil {
		return nil, nil, diags
	}
	if columns.crowded {
		return nil, nil, append(diags, j.fault("Too many columns", "The objects of %s have more than %d different names, and a file may have that many columns. Where names are themselves data, nest them in an object of their own.", t.shown, maxColumns))
	}
	if faults := j.findColumns(t, columns); faults.HasErrors() {
		return nil, nil, append(diags, faults...)
	}
	if !skip {
		diags = append(diags, d.rows(bad)...)
	}
	return t, bad, diags
}

// findColumns reports columns that the block names and no row has. Where no row could be read nobody knows.
func (j jsonlSpec) findColumns(t *table, columns *columnIDs) (diags hcl.Diagnostics) {
	if !columns.any() {
		return nil
	}
	var has []string
	for i, name := range columns.names {
		if columns.seen[i] {
			has = append(has, name)
		}
	}
	known := newTable(t.set, t.shown, t.file, has, -1)
	if !columns.seen[0] {
		diags = append(diags, known.lacks(j.number, "the number", j.numberPlace()))
	}
	if j.regionColumn != "" && !columns.seen[columns.ids[j.regionColumn]] {
		diags = append(diags, known.lacks(j.regionColumn, "the region", j.regionAt.Ptr()))
	}
	return diags
}

// columnIDs numbers the columns of rows of JSON Lines in the order in which they come.
type columnIDs struct {
	names   []string
	ids     map[string]uint16
	seen    []bool // some row has it
	crowded bool   // there are more than are allowed
}

// newColumnIDs begins with the columns that the block names.
func newColumnIDs(named []string) *columnIDs {
	c := &columnIDs{ids: map[string]uint16{}}
	for _, name := range named {
		c.id(name)
	}
	clear(c.seen)
	return c
}

// id gives the number of a column; 0 where it is one too many.
func (c *columnIDs) id(name string) uint16 {
	id, ok := c.ids[name]
	if !ok {
		if len(c.names) >= maxColumns {
			c.crowded = true
			return 0
		}
		id = uint16(len(c.names))
		c.ids[name] = id
		c.names, c.seen = append(c.names, name), append(c.seen, false)
	}
	c.seen[id] = true
	return id
}

// any reports whether some row has a column.
func (c *columnIDs) any() bool {
	for _, seen := range c.seen {
		if seen {
			return true
		}
	}
	return false
}

// join makes the numbers of a later run of rows those of c.
func (c *columnIDs) join(later *columnIDs, cells []uint16) {
	c.crowded = c.crowded || later.crowded
	renamed := make([]uint16, len(later.names))
	for i, name := range later.names {
		if later.seen[i] {
			renamed[i] = c.id(name)
		}
	}
	for i, id := range cells {
		cells[i] = renamed[id]
	}
}

// typedCells are the cells of rows of JSON Lines: each row has the columns that it has.
type typedCells struct {
	ids     *columnIDs
	columns []uint16 // of the cells
	starts  []uint32 // where the cells of each row begin; and where the last of them ends
}

func (m *typedCells) span(row int) (from, to int) { return int(m.starts[row]), int(m.starts[row+1]) }

// find gives the place of a column among the cells of a row; -1 where it has none.
func (m *typedCells) find(from, to, column int) int {
	for i, id := range m.columns[from:to] {
		if int(id) == column {
			return i
		}
	}
	return -1
}

// keys gives the number of a row, and its region where it has one.
func (m *typedCells) keys(row cells, from, to, number, region int) (string, string) {
	text, own := jsonText(row.at(m.find(from, to, number))), ""
	if region >= 0 {
		if at := m.find(from, to, region); at >= 0 {
			own = jsonText(row.at(at))
		}
	}
	return text, own
}

// named gives the names of the cells of a row.
func (m *typedCells) named(from, to int) []string {
	names := make([]string, 0, to-from)
	for _, id := range m.columns[from:to] {
		names = append(names, m.ids.names[id])
	}
	return names
}

// move makes the cells of a row those of row kept, which begin at filled.
func (m *typedCells) move(kept, filled, from, to int) {
	copy(m.columns[filled:], m.columns[from:to])
	m.starts[kept+1] = uint32(filled + to - from)
}

// parse makes cells of lines of JSON. The columns that named names get its places.
func (b *batch) parse(named []string) {
	text, lines, ends := b.raw, b.lines, b.ends
	b.raw, b.lines, b.ends = make([]byte, 0, len(text)), nil, nil
	b.members = typedCells{ids: newColumnIDs(named), starts: []uint32{0}}
	p := objectParser{batch: b, named: named}
	start := 0
	for i, end := range ends {
		line := text[start:end]
		start = int(end)
		raw, filled := len(b.raw), len(b.ends)
		at, fault := p.row(line)
		if fault != nil {
			b.raw, b.ends, b.members.columns = b.raw[:raw], b.ends[:filled], b.members.columns[:filled]
			b.bad = append(b.bad, badRow{line: int(lines[i]), column: fault.column(line), summary: "Invalid row", reason: fault.reason, number: -1})
			continue
		}
		b.lines, b.columns = append(b.lines, lines[i]), append(b.columns, uint32(at+1))
		b.members.starts = append(b.members.starts, uint32(len(b.ends)))
	}
}

// lineFault says what is wrong with a line, and where.
type lineFault struct {
	reason string
	at     int // byte
}

// column gives the column of the fault as editors count them.
func (f *lineFault) column(line []byte) int { return utf8.RuneCount(line[:min(f.at, len(line))]) + 1 }
