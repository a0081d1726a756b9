package config

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"

	"github.com/smsplan/smsplan/internal/phone"
)

// written gives diagnostics as a user sees them.
func written(t testing.TB, d *rowReporter, diags hcl.Diagnostics) string {
	t.Helper()
	var b bytes.Buffer
	if err := hcl.NewDiagnosticTextWriter(&b, d.files, 0, false).WriteDiagnostics(diags); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestCSVIsRead(t *testing.T) {
	for name, tt := range map[string]struct {
		content string
		change  func(*csvSpec)
		want    string // the text of each recipient
	}{
		"byte order mark":     {"\ufeffnumber,name\n+61491570006,Ruth\n", nil, "Ruth"},
		"CRLF":                {"number,name\r\n+61491570006,Ruth\r\n", nil, "Ruth"},
		"no newline at end":   {"number,name\n+61491570006,Ruth", nil, "Ruth"},
		"quotes":              {"number,name\n+61491570006,\"Ruth \"\"R.\"\" Li, Dr\"\n", nil, `Ruth "R." Li, Dr`},
		"lines in a cell":     {"number,name\n+61491570006,\"Ruth\r\nLi\"\n+61491570156,Ann\n", nil, "Ruth\nLi|Ann"},
		"semicolons":          {"number;name\n+61491570006;a,b\n", func(s *csvSpec) { s.delimiter = ';' }, "a,b"},
		"tabs":                {"number\tname\n+61491570006\tRuth\n", func(s *csvSpec) { s.delimiter = '\t' }, "Ruth"},
		"no header":           {"Ruth,+61491570006\n", func(s *csvSpec) { s.header, s.columns = new(false), []string{"name", "number"} }, "Ruth"},
		"blank around names":  {" name , number\u00a0\nRuth,+61491570006\n", nil, "Ruth"},
		"empty rows":          {"number,name\n\n,\n+61491570006,Ruth\n\r\n , \t\n", nil, "Ruth"},
		"blank kept in cells": {"number,name\n+61491570006, Ruth \n", nil, " Ruth "},
		"region of the row":   {"number,name,where\n0491 570 006,Ruth, au\n+12025550143,Sam,\n", func(s *csvSpec) { s.regionColumn = "where" }, "Ruth|Sam"},
	} {
		t.Run(name, func(t *testing.T) {
			spec := csvOf(t, "members.csv", tt.content)
			if tt.change != nil {
				tt.change(&spec)
			}
			set := resolve(t, setSpec{name: "members", sources: []source{spec}})
			a, diags := resolveAudience(context.Background(), audienceSpec{to: []*Set{set}, text: expression(t, "recipient.name"), scope: rowScope(), perRecipient: true}, &rowReporter{})
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			var got []string
			for i := range a.Table.Len() {
				got = append(got, a.Table.At(i))
			}
			if diff := cmp.Diff(strings.Join(got, "|"), tt.want); diff != "" {
				t.Errorf("texts (-got +want):\n%s", diff)
			}
		})
	}
}

// Each gives the whole of what a user sees, but the sentence about what to do.
func TestFaultsOfCSVSayWhere(t *testing.T) {
	for name, tt := range map[string]struct {
		content string
		change  func(*setSpec)
		want    []string
	}{
		"bad number": {"name,number,suburb\nRuth,+61 491 570 006,Shaw\nSam,+1 202 555,Shaw\n", nil,
			[]string{"Error: Invalid phone number\n\n  on members.csv line 3:\n   3: …,+1 20• •••,…\n\nThe number is too short for US. Correct the row, or leave rows like it out"}},
		"bad number behind a cell of two lines": {"name,number\n\"Ruth\nLi\",+61491570006\nSam,+1 202 555\n", nil, []string{"on members.csv line 4:\n   4: …,+1 20• •••"}},
		"kind":                                  {"number\n+12025550143\n", func(s *setSpec) { s.types = []phone.Kind{phone.Mobile} }, []string{"The number is a fixed line or a mobile number, and types takes mobile."}},
		"no region":                             {"number\n0491 570 006\n", nil, []string{"049• ••• •••", "The number has no country code, and no region is set. Set region"}},
		"unknown region":                        {"number,where\n0491 570 006,Oz\n", inCSV(func(c *csvSpec) { c.regionColumn = "where" }), []string{"has a region that is no ISO 3166 code"}},
		"more cells":                            {"number,name\n+61491570006,Li,Ruth\n", nil, []string{"Error: Invalid row\n\n  on members.csv line 2:\n   2: …,…,…\n\nThe row has 3 cells, and the file has 2 columns"}},
		"fewer cells":                           {"name,number\nRuth\n", nil, []string{"The row has 1 cell, and the file has 2 columns"}},
		"not UTF-8":                             {"name,number\nRu\xfeth,+61491570006\n", nil, []string{"on members.csv line 2", "Cell 1 is not UTF-8."}},
		"not UTF-8 in header":                   {"n\xe4me,number\n", nil, []string{"The name of column 1 of members.csv is not UTF-8."}},
		"UTF-16":                                {"\xff\xfen\x00", nil, []string{"members.csv is in UTF-16. Save it as UTF-8."}},
		"empty file":                            {"", nil, []string{"members.csv is empty"}},
		"no rows":                               {"number\n", nil, []string{"Warning: No rows"}},
		"open quote":                            {"number,name\n+61491570006,\"Ruth\n+61491570156,Ann\n", func(s *setSpec) { s.skipInvalid = true }, []string{"Error: Invalid CSV\n\n  on members.csv line 2:\n   2: …\n\nThe quotes in this row do not match"}},
		"quote inside":                          {"number,name\n+61491570006,5\" pipe\n", func(s *setSpec) { s.skipInvalid = true }, []string{"Error: Invalid CSV", "line 2"}},
		"column of the number":                  {"name,mobil\n", inCSV(func(c *csvSpec) { c.number = "mobile" }), []string{`There is no column "mobile" for the number. members.csv has: name, mobil. Did you mean "mobil"?`}},
		"another delimiter":                     {"name;number\n", nil, []string{`Set delimiter = ";".`}},
		"same name":                             {"number,name,name\n", nil, []string{`members.csv has two columns named "name".`}},
		"no name":                               {"number,,name\n", nil, []string{"Column 2 of members.csv has no name."}},
		"neither":                               {"number\n", inCSV(func(c *csvSpec) { c.header = new(false) }), []string{"columns must name the columns"}},
		"cell too long":                         {"number,name\n+61491570006," + strings.Repeat("x", maxCell+1) + "\n", nil, []string{"Error: Cell too long", "line 2", "Cell 2 is longer than 64 KiB"}},
		"row too long":                          {"number,name\n+61491570006,\"" + strings.Repeat("x\n", maxRow) + "\n", nil, []string{"Error: Row too long", "line 2"}},
		"control characters":                    {"na\x1b[31mme,number\n", inCSV(func(c *csvSpec) { c.number = "mobile" }), []string{`"na\x1b[31mme", number`}},
	} {
		t.Run(name, func(t *testing.T) {
			spec := setSpec{name: "members", sources: []source{csvOf(t, "members.csv", tt.content)}}
			if tt.change != nil {
				tt.change(&spec)
			}
			d := &rowReporter{}
			_, diags := resolveSet(context.Background(), spec, d)
			got := written(t, d, diags)
			for _, want := range tt.want {
				if !strings.Contains(got, want) {
					t.Errorf("got:\n%s\nwant in it:\n%s", got, want)
				}
			}
		})
	}
}

func TestBadRowsAreRolledUp(t *testing.T) {
	content := "name,number\n" + strings.Repeat("Ruth,+61491570006\n", 15) + strings.Repeat("Sam,+1202555\n", 44)
	d := &rowReporter{}
	set, diags := resolveSet(context.Background(), setSpec{name: "members", sources: []source{csvOf(t, "members.csv", content)}}, d)
	got := written(t, d, diags)
	if n := strings.Count(got, "Error: Invalid phone number"); n != reportedRows {
		t.Errorf("%d rows reported, want %d:\n%s", n, reportedRows, got)
	}
	for _, want := range []string{"  17: …,+120••••\n", "line 21:", "And 39 more rows of members.csv are not valid"} {
		if !strings.Contains(got, want) {
			t.Errorf("got:\n%s\nwant in it: %s", got, want)
		}
	}
	if diff := cmp.Diff(set.Tally.Held[0], Held{Invalid, 44, "members.csv:17, :18 and 42 more"}); diff != "" {
		t.Errorf("held (-got +want):\n%s", diff)
	}
}

func TestSkippedRowsAreCountedAndNotReported(t *testing.T) {
	content := "number\n+61491570006\nn/a\n+12025550143,x\n"
	d := &rowReporter{}
	set, diags := resolveSet(context.Background(), setSpec{name: "members", skipInvalid: true, sources: []source{csvOf(t, "members.csv", content)}}, d)
	if len(diags) > 0 {
		t.Errorf("diagnostics: %s", written(t, d, diags))
	}
	if diff := cmp.Diff(set.Tally, Tally{Rows: 3, Held: []Held{{Invalid, 2, "members.csv:3, :4"}}}); diff != "" {
		t.Errorf("tally (-got +want):\n%s", diff)
	}
}

func TestRowsAreShownAsTheyAreOnlyWhenAskedFor(t *testing.T) {
	content := "name,number\nRu\x1b[2Jth,+1 202 555\n"
	for name, tt := range map[string]struct {
		show bool
		want string
	}{
		"masked": {false, "   2: …,+1 20• •••\n"},
		"shown":  {true, "   2: Ru␛[2Jth,+1 202 555\n"},
	} {
		t.Run(name, func(t *testing.T) {
			d := &rowReporter{showNumbers: tt.show}
			_, diags := resolveSet(context.Background(), setSpec{name: "members", sources: []source{csvOf(t, "members.csv", content)}}, d)
			if got := written(t, d, diags); !strings.Contains(got, tt.want) {
				t.Errorf("got:\n%s\nwant in it: %s", got, tt.want)
			}
		})
	}
}

func TestRowsOfOneFileKeepTheirPlacesInAnyOrder(t *testing.T) {
	d := &rowReporter{}
	bad := &badRows{file: "members.csv", delimiter: ','}
	var diags hcl.Diagnostics
	for _, r := range []badRow{
		{line: 9, summary: invalidNumber, reason: "too short", cells: []string{"Ruth", "999"}, number: 1},
		{line: 2, summary: invalidNumber, reason: "too short", cells: []string{"Sam", "22"}, number: 1},
		{line: 5, summary: invalidNumber, reason: "too short", cells: []string{"55", "Ann"}, number: 0},
		{line: 5, summary: invalidNumber, reason: "too short", cells: []string{"55", "Ann", "x"}, number: 2},
	} {
		diags = append(diags, d.row(bad, r, ""))
	}
	src := d.files["members.csv"].Bytes
	var got []string
	for _, diag := range diags {
		got = append(got, string(diag.Subject.SliceBytes(src)))
		if line := 1 + bytes.Count(src[:diag.Subject.Start.Byte], []byte("\n")); line != diag.Subject.Start.Line {
			t.Errorf("the subject of line %d stands on line %d", diag.Subject.Start.Line, line)
		}
	}
	if diff := cmp.Diff(got, []string{"999", "22", "55", "55,…"}); diff != "" {
		t.Errorf("subjects (-got +want):\n%s", diff)
	}
}

func TestAnOpenQuoteDoesNotSwallowTheFile(t *testing.T) {
	rest := strings.NewReader(strings.Repeat("+61491570156,Ann\n", 1<<20))
	f, diags := newCSVFile("members", csvSpec{sourceSpec: sourceSpec{shown: "members.csv", number: "number"}}, io.MultiReader(strings.NewReader("number,name\n+61491570006,\"Ruth\n"), rest))
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	for range f.batches {
		t.Error("the row was read")
	}
	if f.stopped == nil || f.stopped.line != 2 {
		t.Errorf("stopped = %+v, want at line 2", f.stopped)
	}
	if read := rest.Size() - int64(rest.Len()); read > maxRow+2*readAhead {
		t.Errorf("%d bytes were read, want little more than %d", read, maxRow)
	}
}

func TestOnlyFilesAreRead(t *testing.T) {
	dir := t.TempDir()
	for name, tt := range map[string]struct{ path, want string }{
		"missing":   {"members.csv", "There is no file members.csv."},
		"directory": {".", "is a directory"},
		"device":    {os.DevNull, "is not a regular file"},
		"pipe":      {makePipe(t, dir), "is not a regular file"},
	} {
		t.Run(name, func(t *testing.T) {
			path := tt.path
			if path == "" {
				t.Skip("no named pipes on " + runtime.GOOS)
			}
			if !filepath.IsAbs(path) {
				path = filepath.Join(dir, path)
			}
			from := sourceIn(filepath.Dir(path), filepath.Base(path))
			from.shown = tt.path
			d := &rowReporter{}
			set, diags := resolveSet(t.Context(), setSpec{name: "members", sources: []source{csvSpec{sourceSpec: from}}}, d)
			if got := written(t, d, diags); !diags.HasErrors() || !strings.Contains(got, tt.want) {
				t.Errorf("got:\n%s\nwant in it: %s", got, tt.want)
			}
			if set == nil || set.Tally.Rows != 0 {
				t.Errorf("set = %v, want an empty one", set)
			}
		})
	}
}

// FuzzCSV reads anything as a CSV file: every row is a member, held, or the file is in error.
func FuzzCSV(f *testing.F) {
	for _, seed := range []string{
		"number,name\n+61491570006,Ruth\n", "\ufeffnumber\r\n+12025550143\r\n\r\n,\n", "name,number\n\"Ruth\nLi\",+61491570006\nSam\n",
		"number\n\"", "number,number\n", "number;name\n1;2\n", "number\n\xff\n", "\xff\xfe", "number,region\n0491 570 006,AU\n0491570006,au\n",
	} {
		f.Add([]byte(seed), false)
		f.Add([]byte(seed), true)
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, content []byte, skip bool) {
		spec := setSpec{name: "members", region: "AU", skipInvalid: skip, sources: []source{fileIn(t, dir, "members.csv", string(content))}}
		d := &rowReporter{}
		allocated := allocations()
		set, diags := resolveSet(context.Background(), spec, d)
		// A row of one comma costs most: it has a number, columns and perhaps a complaint.
		if used := allocations() - allocated; used > 8<<20+uint64(len(content))*4<<10 {
			t.Errorf("%d bytes take %d", len(content), used)
		}
		if lines := bytes.Count(content, []byte("\n")) + bytes.Count(content, []byte("\r")) + 1; set.Tally.Rows > lines {
			t.Errorf("%d rows in %d lines", set.Tally.Rows, lines)
		}
		held := 0
		for _, h := range set.Tally.Held {
			held += h.Count
		}
		if got := held + len(set.Numbers()); got != set.Tally.Rows {
			t.Errorf("%d rows are held or members, want %d", got, set.Tally.Rows)
		}
		if set.Tally.Count(Invalid) > 0 && !skip && !diags.HasErrors() {
			t.Error("a bad row is no error")
		}
		for _, diag := range diags {
			if diag.Subject.Filename == "members.csv" && (diag.Subject.Start.Line < 1 || diag.Subject.Start.Line > bytes.Count(content, []byte("\n"))+1) {
				t.Errorf("a diagnostic is about line %d", diag.Subject.Start.Line)
			}
			if src, ok := d.files[diag.Subject.Filename]; ok && diag.Subject.End.Byte > len(src.Bytes) {
				t.Errorf("a diagnostic points behind the end of %s", diag.Subject.Filename)
			}
		}
		if out := written(t, d, diags); strings.ContainsFunc(out, func(r rune) bool { return r < ' ' && r != '\n' }) {
			t.Errorf("a control character reaches the terminal: %q", out)
		}
	})
}
