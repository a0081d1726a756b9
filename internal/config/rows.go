package config

import (
	"slices"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

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
	objects []cty.Value // inline rows only: the element without its number, an object or NilVal
}

// ref is a row of one of the tables of a set or an audience.
type ref struct {
	row      uint32 // chunk * chunkRows + place in the chunk
	table    uint16
	repeated bool // an earlier row of the set has the same line
}

func newTable(set, shown, file string, columns []string, number int) *table {
	t := &table{set: set, shown: shown, file: file, columns: columns, number: number, index: make(map[string]int, len(columns))}
	for i, name := range columns {
		t.index[name] = i
	}
	return t
}

// len gives the number of rows.
func (t *table) len() int {
	n := 0
	for _, c := range t.chunks {
		n += len(c.lines)
	}
	return n
}

// refs gives every row of t, which is table number n of its set.
func (t *table) refs(n uint16) []ref {
	rows := make([]ref, 0, t.len())
	for i, c := range t.chunks {
		for j := range c.lines {
			rows = append(rows, ref{row: uint32(i*chunkRows + j), table: n})
		}
	}
	return rows
}

func (t *table) at(row uint32) (*chunk, int) {
	return t.chunks[row/chunkRows], int(row % chunkRows)
}

func (t *table) place(row uint32) place {
	c, i := t.at(row)
	return place{t.file, int(c.lines[i])}
}

// cell gives a cell of row i of c. Of inline rows only the number is one.
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

// text gives the cell of a named column as a string, and whether the row has one.
func (t *table) text(c *chunk, i int, name string) (string, bool) {
	column, ok := t.index[name]
	if !ok {
		return "", false
	}
	if c.objects == nil || column == t.number {
		return t.cell(c, i, column), true
	}
	object, _ := c.objects[i].UnmarkDeep()
	if object == cty.NilVal || !object.Type().HasAttribute(name) {
		return "", false
	}
	v, err := convert.Convert(object.GetAttr(name), cty.String)
	if err != nil || v.IsNull() || !v.IsKnown() {
		return "", false
	}
	return v.AsString(), true
}

// conflict reports whether a column that both rows have, other than that of the number, differs between them.
func conflict(tables []*table, a, b ref) bool {
	ta, tb := tables[a.table], tables[b.table]
	ca, ia := ta.at(a.row)
	cb, ib := tb.at(b.row)
	for column, name := range ta.columns {
		if column == ta.number || tb.number < len(tb.columns) && tb.columns[tb.number] == name {
			continue
		}
		x, ok := ta.text(ca, ia, name)
		if !ok {
			continue
		}
		if y, ok := tb.text(cb, ib, name); ok && x != y {
			return true
		}
	}
	return false
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
