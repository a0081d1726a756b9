package config

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
)

// What a CSV file may hold: more is an error, so that an open quote does not swallow a file into memory.
const (
	maxCell = 64 << 10
	maxRow  = 1 << 20
)

var errRowTooLong = errors.New("a row of more than 1 MiB")

// csvFile reads the rows of a CSV file.
type csvFile struct {
	spec    csvSpec
	guard   *rowGuard
	csv     *csv.Reader
	table   *table
	region  int     // column of the region, or -1
	last    int     // line on which the newest row ends
	stopped *badRow // why the rest of the file cannot be read; nil where all of it was
}

// rowGuard ends the reading when one row takes more than maxRow, before the reader has gathered all of it.
type rowGuard struct {
	r    io.Reader
	left int
}

const readAhead = 64 << 10

func (g *rowGuard) Read(p []byte) (int, error) {
	if g.left <= 0 {
		return 0, errRowTooLong
	}
	n, err := g.r.Read(p)
	g.left -= n
	return n, err
}

// openSource opens a file of recipients. Whatever is not a file, such as a pipe, which might never end, is an error.
func openSource(spec csvSpec) (*os.File, *hcl.Diagnostic) {
	trouble := func(summary, format string, args ...any) *hcl.Diagnostic {
		return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary, Detail: fmt.Sprintf(format, args...), Subject: spec.place()}
	}
	shown := visible(spec.shown)
	if strings.HasSuffix(strings.ToLower(spec.path), ".gz") {
		return nil, trouble("Compressed file", "%s is compressed, and smsplan reads CSV as it is. Decompress it and name the result.", shown)
	}
	about, err := os.Stat(spec.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, trouble("File not found", "There is no file %s. Paths start at the directory of the configuration; create the file or correct the path.", shown)
	case err != nil:
		return nil, trouble("File cannot be read", "%s: %s.", shown, plainCause(err))
	case about.IsDir():
		return nil, trouble("File cannot be read", "%s is a directory. Name a CSV file in it.", shown)
	case !about.Mode().IsRegular():
		return nil, trouble("File cannot be read", "%s is not a regular file. Write the rows into a file first: a plan must be the same when it is made twice.", shown)
	}
	f, err := os.Open(spec.path)
	if err != nil {
		return nil, trouble("File cannot be read", "%s: %s.", shown, plainCause(err))
	}
	return f, nil
}

// plainCause gives an error of the operating system without the path, which the reader knows as they wrote it.
func plainCause(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return err.Error()
}

// newCSVFile reads as far as the header and finds the columns.
func newCSVFile(set string, spec csvSpec, r io.Reader) (*csvFile, hcl.Diagnostics) {
	f := &csvFile{spec: spec, guard: &rowGuard{r: r, left: maxRow + readAhead}, region: -1}
	buffered := bufio.NewReaderSize(f.guard, readAhead)
	start, _ := buffered.Peek(3)
	if bytes.HasPrefix(start, []byte{0xff, 0xfe}) || bytes.HasPrefix(start, []byte{0xfe, 0xff}) {
		return nil, f.fault("Not UTF-8", "%s is in UTF-16. Save it as UTF-8.", visible(spec.shown))
	}
	if string(start) == "\ufeff" {
		buffered.Discard(len(start))
	}
	f.csv = csv.NewReader(buffered)
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
	return hcl.Diagnostics{{Severity: hcl.DiagError, Summary: summary, Detail: fmt.Sprintf(format, args...), Subject: f.spec.place()}}
}

// findColumns checks the names of the columns and finds those that the configuration names.
func (f *csvFile) findColumns() hcl.Diagnostics {
	var diags hcl.Diagnostics
	shown, t := visible(f.spec.shown), f.table
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
		detail := fmt.Sprintf("%s has: %s.%s", shown, columnList(t.columns), didYouMean(name, t.columns))
		if len(t.columns) == 1 && f.csv.Comma == ',' {
			if other := strings.IndexAny(t.columns[0], ";\t|"); other >= 0 {
				detail = fmt.Sprintf("%s has one column only, whose name holds %q. Is that the delimiter? Set delimiter = %[2]q.", shown, t.columns[0][other:other+1])
			}
		}
		diags = append(diags, &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Unknown column",
			Detail: fmt.Sprintf("There is no column %s for %s. %s", quoted(name), what, detail), Subject: at})
		return -1
	}
	at := &f.spec.numberAt
	if at.Empty() {
		at = &f.spec.at
	}
	t.number = find(f.spec.number, "the number", at)
	if f.spec.regionColumn != "" {
		f.region = find(f.spec.regionColumn, "the region", f.spec.at.Ptr())
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
	b := &batch{}
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
			b = &batch{}
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
			count(len(record), "cell"), count(n, "column"))
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
	if errors.Is(err, errRowTooLong) {
		return &badRow{line: f.last + 1, summary: "Row too long", number: -1, reason: "the row is longer than 1 MiB: is a quote left open?"}
	}
	return &badRow{line: f.last + 1, summary: "File cannot be read", number: -1, reason: plainCause(err)}
}

func empty(record []string) bool {
	for _, c := range record {
		if strings.TrimFunc(c, blank) != "" {
			return false
		}
	}
	return true
}

// readCSV reads a file into a table of its valid rows. Bad rows are counted, and reported unless they are to be skipped. Without a
// table the file could not be understood at all.
func readCSV(ctx context.Context, set string, spec csvSpec, rules rowRules, skip bool, d *rowReporter) (*table, *badRows, hcl.Diagnostics) {
	source, trouble := openSource(spec)
	if trouble != nil {
		return nil, nil, hcl.Diagnostics{trouble}
	}
	defer source.Close()
	f, diags := newCSVFile(set, spec, source)
	if diags.HasErrors() {
		return nil, nil, diags
	}
	bad := &badRows{file: spec.shown, delimiter: f.csv.Comma}
	if f.stopped != nil {
		return nil, nil, append(diags, d.row(bad, *f.stopped, ""))
	}
	if f.region >= 0 {
		rules = rules.withColumn(f.region)
	}
	read := 0
	err := inOrder(ctx, f.batches, func(b *batch) { b.check(f.table, rules) }, func(b *batch) {
		read += b.read
		bad.add(b.bad)
		f.table.chunks = append(f.table.chunks, b.packed)
		if d.progress != nil {
			d.progress(read, spec.shown)
		}
	})
	switch {
	case err != nil:
		return nil, nil, append(diags, interrupted(err))
	case f.stopped != nil:
		diags = append(diags, d.row(bad, *f.stopped, ""))
	case read == 0:
		diags = append(diags, &hcl.Diagnostic{Severity: hcl.DiagWarning, Summary: "No rows", Detail: fmt.Sprintf("%s names columns and holds no rows.", visible(spec.shown)), Subject: spec.place()})
	}
	if !skip {
		diags = append(diags, d.rows(bad)...)
	}
	return f.table, bad, diags
}
