package config

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"syscall"

	"github.com/hashicorp/hcl/v2"
)

// maxRow is the longest row that a file may hold: more is an error, so that an open quote or a missing line end does not swallow a
// file into memory.
const maxRow = 1 << 20

// maxColumns is how many columns a file may have.
const maxColumns = 4096

var errRowTooLong = errors.New("a row of more than 1 MiB")

// source is a block of recipients that names a file of rows.
type source interface {
	// read reads the file into a table of its valid rows. Bad rows are counted, and reported unless they are to be skipped. Without a
	// table the file could not be understood at all.
	read(ctx context.Context, set string, rules rowRules, skip bool, d *rowReporter) (*table, *badRows, hcl.Diagnostics)
}

// sourceSpec is what such a block holds whatever the form of the file is, decoded.
type sourceSpec struct {
	file         located
	shown        string // the path as the user wrote it
	number       string // column
	regionColumn string
	at           hcl.Range
	pathAt       hcl.Range // of the path; where empty, at stands in
	numberAt     hcl.Range // of the name of the number's column; likewise
	regionAt     hcl.Range // of the name of the region's column, where there is one
}

// place gives where to report what is wrong with the file as a whole.
func (s sourceSpec) place() *hcl.Range {
	if s.pathAt.Empty() {
		return s.at.Ptr()
	}
	return s.pathAt.Ptr()
}

// numberPlace gives where to report what is wrong with the name of the number's column.
func (s sourceSpec) numberPlace() *hcl.Range {
	if s.numberAt.Empty() {
		return s.at.Ptr()
	}
	return s.numberAt.Ptr()
}

// fault is an error about the file as a whole.
func (s sourceSpec) fault(summary, format string, args ...any) *hcl.Diagnostic {
	return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary, Detail: fmt.Sprintf(format, args...), Subject: s.place()}
}

// rowFile is an open source: UTF-8 text, expanded.
type rowFile struct {
	*bufio.Reader
	file *snapshot
}

// Close closes the file.
func (f *rowFile) Close() error { return f.file.Close() }

// share says which part of the file has been read.
func (f *rowFile) share() float64 {
	return float64(f.file.read()) / float64(max(1, f.file.about.Size()))
}

const readAhead = 64 << 10

// open opens a source.
func (s sourceSpec) open() (*rowFile, *hcl.Diagnostic) {
	shown := visible(s.shown)
	file, err := s.file.open()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, s.fault("File not found", "There is no file %s. Paths start at the directory of the configuration; create the file or correct the path.", shown)
	case errors.Is(err, errNotRegular):
		return nil, s.fault("File cannot be read", "%s is not a regular file. Write the rows into a file first: a plan must be the same when it is made twice.", shown)
	case errors.Is(err, syscall.EISDIR):
		return nil, s.fault("File cannot be read", "%s is a directory. Name a file in it.", shown)
	case err != nil:
		return nil, s.fault("File cannot be read", "%s: %s.", shown, reason(err))
	}
	var content io.Reader = file
	if compressed(s.shown) {
		content, err = expand(file)
		if err == io.EOF {
			file.Close()
			return nil, s.fault("Empty file", "%s is empty: compressed, a file without rows is not.", shown)
		}
		if err != nil {
			file.Close()
			return nil, s.fault("Not a compressed file", "%s ends in .gz, and gzip did not make it. Give it a name that says what it is.", shown)
		}
	}
	f, fault := s.text(content)
	if fault != nil {
		file.Close()
		return nil, fault
	}
	f.file = file
	return f, nil
}

// text begins to read a source.
func (s sourceSpec) text(content io.Reader) (*rowFile, *hcl.Diagnostic) {
	f := &rowFile{Reader: bufio.NewReaderSize(content, readAhead)}
	start, _ := f.Peek(3)
	switch {
	case bytes.HasPrefix(start, []byte{0xff, 0xfe}), bytes.HasPrefix(start, []byte{0xfe, 0xff}):
		return nil, s.fault("Not UTF-8", "%s is in UTF-16. Save it as UTF-8.", visible(s.shown))
	case bytes.HasPrefix(start, []byte{0x1f, 0x8b}):
		return nil, s.fault("Compressed file", "%s is compressed with gzip. Give it a name that ends in .gz, and it is expanded while it is read.", visible(s.shown))
	case string(start) == "\ufeff":
		_, _ = f.Discard(len(start))
	}
	return f, nil
}

// unreadable says what an error of reading means for the author of the file; last is the line that was read last.
func (s sourceSpec) unreadable(err error, last int) *badRow {
	row := &badRow{line: last + 1, summary: "File cannot be read", number: -1, reason: reason(err)}
	switch {
	case errors.Is(err, errRowTooLong):
		row.summary, row.reason = "Row too long", "the row is longer than 1 MiB: is a quote left open, or a line not ended?"
	case errors.Is(err, errDamaged):
		row.summary, row.reason = "Damaged compressed file", fmt.Sprintf("what gzip made is damaged or cut short behind line %d: copy or compress the file again", last)
	case errors.Is(err, errExpands):
		row.summary, row.reason = "Compressed file expands too far",
			fmt.Sprintf("by line %d the file takes more than %d times what it takes compressed, as no list of people does; where it is one, decompress it", last, mostExpansion)
	}
	return row
}

// gather reads all rows of f into t. work checks a batch, and done has it when its turn has come and it is not needed any more; *stopped
// says, behind the last batch, why the rest of the file cannot be read.
func (s sourceSpec) gather(ctx context.Context, f *rowFile, batches iter.Seq[*batch], stopped **badRow, t *table, bad *badRows, d *rowReporter, work, done func(*batch)) hcl.Diagnostics {
	read := 0
	placed := func(yield func(*batch) bool) {
		for b := range batches {
			if b.share = f.share(); !yield(b) {
				return
			}
		}
	}
	err := inOrder(ctx, placed, work, func(b *batch) {
		read += b.read
		bad.add(b.bad)
		t.chunks = append(t.chunks, b.packed)
		if d.progress != nil {
			d.progress(read, b.share, "Reading "+s.shown)
		}
		done(b)
	})
	switch {
	case err != nil:
		return hcl.Diagnostics{interrupted(err)}
	case *stopped != nil:
		return hcl.Diagnostics{d.row(bad, **stopped, "")}
	case read == 0:
		return hcl.Diagnostics{{Severity: hcl.DiagWarning, Summary: "No rows", Detail: fmt.Sprintf("%s holds no rows.", visible(s.shown)), Subject: s.place()}}
	}
	return nil
}

// unchanged reports a file that was written to while it was read.
func (s sourceSpec) unchanged(f *rowFile) hcl.Diagnostics {
	changed, err := f.file.changed()
	switch {
	case err != nil:
		return hcl.Diagnostics{s.fault("File cannot be read", "Whether %s was written to while it was read cannot be told: %s.", visible(s.shown), reason(err))}
	case !changed:
		return nil
	}
	return hcl.Diagnostics{s.fault("File changed", "%s was written to while it was read. Plan again when it is complete.", visible(s.shown))}
}
