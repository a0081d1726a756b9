package config

import (
	"runtime"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/smsplan/smsplan/internal/phone"
)

// batch is a run of rows as they were read, on its way into a table. Rows of another shape than the table are in bad already.
type batch struct {
	lines    []uint32
	columns  []uint32   // where the number stands in its line, in bytes from 1
	raw      []byte     // the cells
	ends     []uint32   // of the cells, row by row
	members  typedCells // JSON Lines
	objects  []cty.Value
	elements []hcl.Range // inline rows: where they are written
	read     int         // rows, bad ones included
	bad      []badRow

	packed *chunk  // the valid rows; set by check
	share  float64 // of the file that was read when it was cut
}

// batchBytes is where a batch ends before it has chunkRows rows.
const batchBytes = 1 << 20

func (b *batch) full() bool { return b.read >= chunkRows || len(b.raw) >= batchBytes }

// batches are some whose memory may be used again. Goroutines may share them.
type batches chan *batch

func newBatches() batches { return make(batches, 4*runtime.GOMAXPROCS(0)) }

// get gives an empty batch.
func (s batches) get() *batch {
	select {
	case b := <-s:
		*b = batch{lines: b.lines[:0], columns: b.columns[:0], raw: b.raw[:0], ends: b.ends[:0]}
		return b
	default:
		return &batch{}
	}
}

// put takes a batch that nobody works with any more. What was packed of it stays.
func (s batches) put(b *batch) {
	select {
	case s <- b:
	default:
	}
}

// check packs the rows that the rules accept into a chunk, and adds the others to the bad ones.
func (b *batch) check(t *table, rules rowRules) {
	width, number := len(t.columns), t.number
	if b.objects != nil {
		width, number = 1, 0
	}
	rows := len(b.lines)
	c := &chunk{numbers: make([]phone.Number, 0, rows), regions: make([]phone.Region, 0, rows), kinds: make([]phone.Kind, 0, rows)}
	kept, size, filled, start := 0, 0, 0, 0
	for i, line := range b.lines {
		from, to := i*width, (i+1)*width
		if t.typed {
			from, to = b.members.span(i)
		}
		row := cells{b.raw, start, b.ends[from:to]}
		end := int(row.ends[len(row.ends)-1])
		var text, region string
		if t.typed {
			number = b.members.find(from, to, t.number)
			text, region = b.members.keys(row, from, to, t.number, rules.regionColumn)
		} else {
			text, region = rules.keys(row, number)
		}
		n, where, kind, reason := rules.number(text, region)
		if reason == unjudged {
			start = end
			continue
		}
		if reason != "" {
			bad := badRow{line: int(line), summary: invalidNumber, reason: reason, cells: row.strings(), number: number}
			if b.elements != nil {
				bad.element = &b.elements[i]
			} else {
				bad.column = int(b.columns[i])
			}
			if t.typed {
				bad.names = b.members.named(from, to)
			}
			b.bad = append(b.bad, bad)
			start = end
			continue
		}
		copy(b.raw[size:], b.raw[start:end])
		for j, e := range row.ends {
			b.ends[filled+j] = e - uint32(start-size)
		}
		if t.typed {
			b.members.move(kept, filled, from, to)
		}
		b.lines[kept] = line
		c.numbers, c.regions, c.kinds = append(c.numbers, n), append(c.regions, where), append(c.kinds, kind)
		if b.objects != nil {
			c.objects = append(c.objects, b.objects[i])
		}
		size, start, kept, filled = size+end-start, end, kept+1, filled+to-from
	}
	slices.SortStableFunc(b.bad, func(x, y badRow) int { return x.line - y.line })
	c.lines = slices.Clone(b.lines[:kept])
	c.ends = slices.Clone(b.ends[:filled])
	c.cells = string(b.raw[:size])
	if kept < rows {
		c.numbers, c.regions, c.kinds = exact(c.numbers), exact(c.regions), exact(c.kinds)
	}
	if t.typed {
		c.columns, c.starts = slices.Clone(b.members.columns[:filled]), slices.Clone(b.members.starts[:kept+1])
	}
	b.packed = c
}

// exact gives s in no more memory than it needs: a chunk stays for the whole run.
func exact[T any](s []T) []T { return append(make([]T, 0, len(s)), s...) }

// inlineBatches makes batches of the elements of `numbers`.
func inlineBatches(rows []inlineRow) func(func(*batch) bool) {
	return func(yield func(*batch) bool) {
		for part := range slices.Chunk(rows, chunkRows) {
			b := &batch{read: len(part), objects: make([]cty.Value, 0, len(part))}
			for _, row := range part {
				b.lines = append(b.lines, uint32(row.at.Start.Line))
				b.raw = append(b.raw, row.number...)
				b.ends = append(b.ends, uint32(len(b.raw)))
				b.objects = append(b.objects, row.object)
				b.elements = append(b.elements, row.at)
			}
			if !yield(b) {
				return
			}
		}
	}
}
