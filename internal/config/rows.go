package config

import (
	"fmt"
	"iter"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"github.com/smsplan/smsplan/internal/phone"
)

// chunkRows is the most rows that a chunk holds. It is a power of two, so that a row's id names its chunk and its place there.
const chunkRows = 1024

// table holds the rows of one source whose numbers are valid, as columns.
type table struct {
	set     string   // name of the recipient set
	shown   string   // the file, for a reader; "" for inline rows
	file    string   // that the lines are of
	columns []string // names; for inline rows of all elements, sorted
	number  int      // the column that holds the number
	typed   bool     // rows of JSON Lines: each has the columns that it has, as JSON
	index   map[string]int
	chunks  []*chunk
}

// chunk is a run of rows. All cells are in one string, and ends says where each of them ends, row by row.
type chunk struct {
	lines   []uint32
	numbers []phone.Number
	regions []phone.Region
	kinds   []phone.Kind
	cells   string
	ends    []uint32
	columns []uint16    // JSON Lines only: of the cells
	starts  []uint32    // JSON Lines only: where the cells of each row begin; and where the last of them ends
	objects []cty.Value // inline rows only: the element without its number, an object or NilVal
}

// ref is a row of one of the tables of a set or an audience.
type ref struct {
	row      uint32 // chunk * chunkRows + place in the chunk
	table    uint16
	repeated bool // an earlier row of the set has the same line
}

func newTable(set, shown, file string, columns []string, number int) *table {
	t := &table{set: set, shown: shown, file: file, number: number}
	t.setColumns(columns)
	return t
}

// setColumns names the columns.
func (t *table) setColumns(columns []string) {
	t.columns, t.index = columns, make(map[string]int, len(columns))
	for i, name := range columns {
		t.index[name] = i
	}
}

// len gives the number of rows.
func (t *table) len() int {
	n := 0
	for _, c := range t.chunks {
		n += len(c.lines)
	}
	return n
}

// refs appends every row of t, which is table number n of its set, to rows.
func (t *table) refs(rows []ref, n uint16) []ref {
	rows = slices.Grow(rows, t.len())
	for i, c := range t.chunks {
		for j := range c.lines {
			rows = append(rows, ref{row: uint32(i*chunkRows + j), table: n})
		}
	}
	return rows
}

// numberOf gives the number of a row of one of the tables.
func numberOf(tables []*table, r ref) phone.Number {
	c, i := tables[r.table].at(r.row)
	return c.numbers[i]
}

func (t *table) at(row uint32) (*chunk, int) {
	return t.chunks[row/chunkRows], int(row % chunkRows)
}

func (t *table) place(row uint32) place {
	c, i := t.at(row)
	return place{t.file, int(c.lines[i])}
}

// cell gives a cell of row i of c, which is not of JSON Lines. Of inline rows only the number is one.
func (t *table) cell(c *chunk, i, column int) string {
	if c.objects != nil {
		column = 0
	} else {
		i *= len(t.columns)
	}
	at, start := i+column, uint32(0)
	if at > 0 {
		start = c.ends[at-1]
	}
	return c.cells[start:c.ends[at]]
}

// lacks is the error about a column that a source names and its file does not have.
func (t *table) lacks(name, what string, at *hcl.Range) *hcl.Diagnostic {
	return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Unknown column", Subject: at,
		Detail: fmt.Sprintf("There is no column %s for %s. %s has: %s.%s", quoted(name), what, t.shown, columnList(t.columns), didYouMean(name, t.columns))}
}

// text gives the value of a named column as a string, and whether the row has one. Lists and objects are written as JSON.
func (t *table) text(c *chunk, i int, name string) (string, bool) {
	column, ok := t.index[name]
	if !ok {
		return "", false
	}
	if !t.typed && (c.objects == nil || column == t.number) {
		return t.cell(c, i, column), true
	}
	object := cty.NilVal
	if !t.typed {
		object, _ = c.objects[i].UnmarkDeep()
	}
	v := t.value(c, i, object, name)
	if v == cty.NilVal || v.IsNull() || !v.IsWhollyKnown() {
		return "", false
	}
	if s, err := convert.Convert(v, cty.String); err == nil {
		return s.AsString(), true
	}
	s, err := ctyjson.Marshal(v, v.Type())
	return string(s), err == nil
}

// conflict reports whether a column that both rows have, other than that of the number, differs between them.
func conflict(tables []*table, a, b ref) bool {
	ta, tb := tables[a.table], tables[b.table]
	ca, ia := ta.at(a.row)
	cb, ib := tb.at(b.row)
	for column := range ta.columnsOf(ca, ia) {
		name := ta.columns[column]
		if column == ta.number || tb.number < len(tb.columns) && tb.columns[tb.number] == name {
			continue
		}
		y, ok := tb.text(cb, ib, name)
		if !ok {
			continue
		}
		if x, ok := ta.text(ca, ia, name); ok && x != y {
			return true
		}
	}
	return false
}

// columnsOf yields the columns that row i of c may have.
func (t *table) columnsOf(c *chunk, i int) iter.Seq[int] {
	return func(yield func(int) bool) {
		if !t.typed {
			for column := range t.columns {
				if !yield(column) {
					return
				}
			}
			return
		}
		for _, column := range c.columns[c.starts[i]:c.starts[i+1]] {
			if !yield(int(column)) {
				return
			}
		}
	}
}

// inlineTable makes a table of the elements of `numbers`.
func inlineTable(set string, rows []inlineRow) *table {
	names := map[string]bool{"number": true}
	for _, row := range rows {
		if row.object == cty.NilVal || !row.object.Type().IsObjectType() {
			continue
		}
		for name := range row.object.Type().AttributeTypes() {
			names[name] = true
		}
	}
	columns := make([]string, 0, len(names))
	for name := range names {
		columns = append(columns, name)
	}
	slices.Sort(columns)
	file := ""
	if len(rows) > 0 {
		file = rows[0].at.Filename
	}
	return newTable(set, "", file, columns, slices.Index(columns, "number"))
}
