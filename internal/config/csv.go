package config

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
)

// maxCell is the longest cell that a CSV file may hold: a longer one is a quote left open.
const maxCell = 64 << 10

// csvSpec is a csv block, decoded.
type csvSpec struct {
	sourceSpec
	delimiter rune     // 0 is a comma
	header    *bool    // nil is true
	columns   []string // names where there is no header
}

// csvFile reads the rows of a CSV file.
type csvFile struct {
	spec    csvSpec
	guard   *rowGuard
	csv     *csv.Reader
	table   *table
	region  int     // column of the region, or -1
	last    int     // line on which the newest row ends
	stopped *badRow // why the rest of the file cannot be read; nil where all of it was
	spare   batches
}

// rowGuard ends the reading when one row takes more than maxRow, before the reader has gathered all of it.
type rowGuard struct {
	r    io.Reader
	left int
}

func (g *rowGuard) Read(p []byte) (int, error) {
	if g.left <= 0 {
		return 0, errRowTooLong
	}
	n, err := g.r.Read(p)
	g.left -= n
	return n, err
}

// newCSVFile reads as far as the header and finds the columns.
func newCSVFile(set string, spec csvSpec, r io.Reader) (*csvFile, hcl.Diagnostics) {
	f := &csvFile{spec: spec, guard: &rowGuard{r: r, left: maxRow + readAhead}, region: -1, spare: newBatches()}
	f.csv = csv.NewReader(bufio.NewReaderSize(f.guard, readAhead))
	f.csv.ReuseRecord = true
	f.csv.FieldsPerRecord = -1
	if spec.delimiter != 0 {
		f.csv.Comma = spec.delimiter
	}

	columns := slices.Clone(spec.columns)
	hasHeader := spec.header == nil || *spec.header
	switch {
	case !hasHeader && len(columns) == 0:
		return nil, f.fault("Columns without names", `With header = false, columns must name the columns: columns = ["number", "name"].`)
	case hasHeader:
		record, err := f.record()
		if err == io.EOF {
			return nil, f.fault("Empty file", "%s is empty: its first row must name the columns.", visible(spec.shown))
		}
		if err != nil {
			f.stopped = f.syntax(err)
			return f, nil
		}
		for _, name := range record {
			columns = append(columns, strings.TrimFunc(strings.Clone(name), blank))
		}
	}
	f.table = newTable(set, visible(spec.shown), spec.shown, columns, -1)
	return f, f.findColumns()
}

func (f *csvFile) fault(summary, format string, args ...any) hcl.Diagnostics {
	return hcl.Diagnostics{f.spec.fault(summary, format, args...)}
}

// findColumns checks the names of the columns and finds those that the configuration names.
func (f *csvFile) findColumns() hcl.Diagnostics {
	var diags hcl.Diagnostics
	shown, t := visible(f.spec.shown), f.table
	if len(t.columns) > maxColumns {
		return f.fault("Too many columns", "%s has %d columns, and a file may have %d. Leave out those that nothing names.", shown, len(t.columns), maxColumns)
	}
	for i, name := range t.columns {
		switch {
		case !utf8.ValidString(name):
			diags = append(diags, f.fault("Not UTF-8", "The name of column %d of %s is not UTF-8. Save the file as UTF-8.", i+1, shown)...)
		case name == "":
			diags = append(diags, f.fault("Column without a name", "Column %d of %s has no name. Name it in the header, or delete the column.", i+1, shown)...)
		case t.index[name] != i:
			diags = append(diags, f.fault("Columns of the same name", "%s has two columns named %s. Rename one of them.", shown, quoted(name))...)
		}
	}
	if diags.HasErrors() {
		return diags
	}
	find := func(name, what string, at *hcl.Range) int {
		if i, ok := t.index[name]; ok {
			return i
		}
		diag := t.lacks(name, what, at)
		if len(t.columns) == 1 && f.csv.Comma == ',' {
			if other := strings.IndexAny(t.columns[0], ";\t|"); other >= 0 {
				diag.Detail = fmt.Sprintf("There is no column %s for %s. %s has one column only, whose name holds %q. Is that the delimiter? Set delimiter = %[4]q.",
					quoted(name), what, shown, t.columns[0][other:other+1])
			}
		}
		if slices.ContainsFunc(t.columns, func(name string) bool { return likeNumber([]byte(name)) }) {
			diag.Detail = fmt.Sprintf("There is no column %s for %s. The first row of %s looks like a person, not like the names of columns. Where it is one, set header = false and columns = [...].",
				quoted(name), what, shown)
		}
		diags = append(diags, diag)
		return -1
	}
	t.number = find(f.spec.number, "the number", f.spec.numberPlace())
	if f.spec.regionColumn != "" {
		f.region = find(f.spec.regionColumn, "the region", f.spec.regionAt.Ptr())
	}
	return diags
}

// record reads the next row, whatever its shape. The result is good until the next call.
func (f *csvFile) record() ([]string, error) {
	f.guard.left = maxRow + readAhead
	start := f.csv.InputOffset()
	record, err := f.csv.Read()
	if err == nil && f.csv.InputOffset()-start > maxRow {
		err = errRowTooLong
	}
	if err == nil {
		f.last, _ = f.csv.FieldPos(0)
		for _, c := range record {
			f.last += strings.Count(c, "\n")
		}
	}
	return record, err
}

// batches yields the rows of the file until its end, or until something makes the rest unreadable (f.stopped).
func (f *csvFile) batches(yield func(*batch) bool) {
	b := f.spare.get()
	for {
		record, err := f.record()
		if err == io.EOF {
			break
		}
		if err != nil {
			f.stopped = f.syntax(err)
			break
		}
		if empty(record) {
			continue
		}
		line, _ := f.csv.FieldPos(0)
		if i := slices.IndexFunc(record, func(c string) bool { return len(c) > maxCell }); i >= 0 {
			f.stopped = &badRow{line: line, summary: "Cell too long", number: -1, reason: fmt.Sprintf("cell %d is longer than 64 KiB: is a quote left open?", i+1)}
			break
		}
		b.read++
		if reason := f.misshapen(record); reason != "" {
			b.bad = append(b.bad, badRow{line: line, summary: "Invalid row", reason: reason, cells: slices.Clone(record), number: -1})
		} else {
			_, column := f.csv.FieldPos(f.table.number)
			b.lines, b.columns = append(b.lines, uint32(line)), append(b.columns, uint32(column))
			for _, c := range record {
				b.raw = append(b.raw, c...)
				b.ends = append(b.ends, uint32(len(b.raw)))
			}
		}
		if b.full() {
			if !yield(b) {
				return
			}
			b = f.spare.get()
		}
	}
	if b.read > 0 {
		yield(b)
	}
}

// misshapen says what is wrong with a row before its number is looked at; "" where nothing is.
func (f *csvFile) misshapen(record []string) string {
	if n := len(f.table.columns); len(record) != n {
		return fmt.Sprintf("the row has %s, and the file has %s; a cell that holds the delimiter stands in quotes",
			Counted(len(record), "cell"), Counted(n, "column"))
	}
	for i, c := range record {
		if !utf8.ValidString(c) {
			return fmt.Sprintf("cell %d is not UTF-8", i+1)
		}
	}
	return ""
}

// syntax says what an error of the CSV reader means for the author of the file. It is an error even where bad rows are
// skipped, because what follows an open quote is lost with it.
func (f *csvFile) syntax(err error) *badRow {
	if parse, ok := errors.AsType[*csv.ParseError](err); ok {
		return &badRow{line: parse.StartLine, summary: "Invalid CSV", number: -1,
			reason: `the quotes in this row do not match: put the whole cell in quotes, and write a quote inside it twice, as in "5"" pipe"`}
	}
	return f.spec.unreadable(err, f.last)
}

func empty(record []string) bool {
	for _, c := range record {
		if strings.TrimFunc(c, blank) != "" {
			return false
		}
	}
	return true
}

func (c csvSpec) read(ctx context.Context, set string, rules rowRules, skip bool, d *rowReporter) (*table, *badRows, hcl.Diagnostics) {
	file, fault := c.open()
	if fault != nil {
		return nil, nil, hcl.Diagnostics{fault}
	}
	defer file.Close()
	f, diags := newCSVFile(set, c, file)
	if diags.HasErrors() {
		return nil, nil, diags
	}
	bad := &badRows{file: c.shown, delimiter: f.csv.Comma}
	if f.stopped != nil {
		return nil, nil, append(diags, d.row(bad, *f.stopped, ""))
	}
	if f.region >= 0 {
		rules = rules.withColumn(f.region)
	}
	faults := c.gather(ctx, file, f.batches, &f.stopped, f.table, bad, d, func(b *batch) { b.check(f.table, rules) }, f.spare.put)
	diags = append(append(diags, faults...), c.unchanged(file)...)
	if ctx.Err() != nil {
		return nil, nil, diags
	}
	if !skip {
		diags = append(diags, d.rows(bad)...)
	}
	return f.table, bad, diags
}
