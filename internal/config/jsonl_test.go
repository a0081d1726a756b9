package config

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// linesOf writes a file of JSON Lines and gives a jsonl block that reads it.
func linesOf(t testing.TB, content string) jsonlSpec {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "members.jsonl"), content)
	return jsonlSpec{sourceIn(dir, "members.jsonl")}
}

func zipped(t testing.TB, members ...string) string {
	t.Helper()
	var b bytes.Buffer
	for _, content := range members {
		w := gzip.NewWriter(&b)
		if _, err := w.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

// textsOf gives the text for each member of a set.
func textsOf(t testing.TB, set *Set, text string) string {
	t.Helper()
	a, diags := resolveAudience(t.Context(), audienceSpec{to: []*Set{set}, text: expression(t, text), scope: rowScope(), perRecipient: true}, &rowReporter{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	var got []string
	for i := range a.Numbers {
		text := 0
		if a.Texts != nil {
			text = int(a.Texts[i])
		}
		got = append(got, a.Table.At(text))
	}
	return strings.Join(got, "|")
}

func TestJSONLinesKeepTheirTypes(t *testing.T) {
	const ruth = `{"number": "+61491570006", "name": "Ruth", `
	for name, tt := range map[string]struct{ content, text, want string }{
		"byte order mark":      {"\ufeff" + ruth + `"a": 1}` + "\n", "recipient.name", "Ruth"},
		"CRLF":                 {ruth + "\"a\": 1}\r\n\r\n" + `{"number": "+12025550143", "name": "Sam"}` + "\r\n", "recipient.name", "Ruth|Sam"},
		"no newline at end":    {ruth + `"a": 1}`, "recipient.name", "Ruth"},
		"blank lines":          {"\n \t\n" + ruth + `"a": 1}` + "\n\n", "recipient.name", "Ruth"},
		"white space":          {" \t{ \"number\" :\t\"+61491570006\" , \"name\":\"Ruth\"\t} \n", "recipient.name", "Ruth"},
		"a number":             {ruth + `"a": 1.50}`, `"${recipient.a + 1}"`, "2.5"},
		"a large number":       {ruth + `"a": 12345678901234567890}`, `"${recipient.a}"`, "12345678901234567890"},
		"an exponent":          {ruth + `"a": 1E+3}`, `"${recipient.a}"`, "1000"},
		"a bool":               {ruth + `"a": true}`, `recipient.a ? "yes" : "no"`, "yes"},
		"null":                 {ruth + `"a": null}`, `recipient.a == null ? "none" : "some"`, "none"},
		"what a row lacks":     {ruth + `"a": 1}` + "\n" + `{"number": "+12025550143", "name": "Sam"}`, `recipient.a == null ? "none" : "some"`, "some|none"},
		"a list":               {ruth + `"a": ["x", "y"]}`, `join("+", recipient.a)`, "x+y"},
		"an object":            {ruth + `"a": {"b": {"c": ["}", "{\""]}}}`, `recipient.a.b.c[1]`, `{"`},
		"escapes":              {ruth + `"a\u0062": "\"\\\/\n\ud83d\ude00"}`, `recipient.ab`, "\"\\/\n😀"},
		"a mark of its own":    {ruth + `"a": "\ufffd \u00e4"}`, `format("%d", 1)`, "1"},
		"composed and not":     {ruth + "\"e\u0301\": \"x\"}", "recipient.\u00e9", "x"},
		"number as a number":   {`{"number": 61491570006, "name": "Ruth"}`, "recipient.number", "61491570006"},
		"composed within":      {ruth + "\"a\": {\"e\u0301\": \"x\"}}", "recipient.a.\u00e9", "x"},
		"the row":              {`{"number": 61491570006, "country": "x"}` + "\n" + `{"number": "+12025550143", "b": 1}`, `join(",", keys(recipient.row))`, "b,country,number|b,country,number"},
		"a column like number": {ruth + `"country": "Oz"}`, `"${recipient.country} ${recipient.row.country}"`, "AU Oz"},
	} {
		t.Run(name, func(t *testing.T) {
			set := resolve(t, setSpec{name: "members", region: "AU", sources: []source{linesOf(t, tt.content)}})
			if diff := cmp.Diff(textsOf(t, set, tt.text), tt.want); diff != "" {
				t.Errorf("texts (-got +want):\n%s", diff)
			}
		})
	}
}

// Each gives the whole of what a user sees, but the sentence about what to do.
func TestFaultsOfJSONLinesSayWhere(t *testing.T) {
	const ruth = `{"number": "+61491570006"}` + "\n"
	for name, tt := range map[string]struct {
		content string
		change  func(*jsonlSpec)
		want    string
	}{
		"bad number":            {ruth + "\n" + `{"name": "Sam", "number": "+1 202 555", "suburb": "Shaw"}`, nil, "Error: Invalid phone number\n\n  on members.jsonl line 3:\n   3: {\"name\": …,\"number\": \"+1 20• •••\",\"suburb\": …}\n\nThe number is too short for US."},
		"not JSON":              {ruth + `{"number": "+61491570006" "name": 1}`, nil, "Error: Invalid row\n\n  on members.jsonl line 2:\n   2: …\n\nThe line is not valid JSON: each line holds one whole object."},
		"two objects":           {ruth + `{} {}`, nil, "not valid JSON"},
		"an object on lines":    {"{\n\"number\": \"+61491570006\"\n}\n", nil, "line 1:\n   1: …\n\nThe line is not valid JSON: each line holds one whole object."},
		"an array":              {ruth + `[{"number": "+61491570006"}]`, nil, "jq -c '.[]'"},
		"no object":             {ruth + `"+61491570006"`, nil, "The line is no JSON object, such as"},
		"two of a name":         {ruth + `{"number": "+61491570006", "a": 1, "\u0061": 2}`, nil, `The object has two members named "a".`},
		"two of a name, nested": {ruth + `{"number": "+61491570006", "x": [{"a": 1, "b": {"a": 1}, "a": 2}]}`, nil, `"x" holds an object with two members of one name.`},
		"no number":             {ruth + `{"name": "Sam"}`, nil, `The object has no "number".`},
		"null":                  {ruth + `{"number": null}`, nil, `The object has no "number".`},
		"number is a list":      {ruth + `{"number": ["+61491570006"]}`, nil, `"number" is no text, and the number is one.`},
		"number with exponent":  {ruth + `{"number": 6.1e10}`, nil, `"number" is a JSON number with a fraction or an exponent: write telephone numbers as text.`},
		"region is a number":    {`{"number": "+61491570006", "where": 61}`, func(j *jsonlSpec) { j.regionColumn = "where" }, `"where" is no text, and the region is one.`},
		"unknown region":        {`{"number": "0491570006", "where": "Oz"}`, func(j *jsonlSpec) { j.regionColumn = "where" }, "has a region that is no ISO 3166 code"},
		"huge number":           {ruth + `{"number": "+61491570006", "a": 1e999999999}`, nil, `"a" is a number that is too large, or too close to nought.`},
		"huge number, nested":   {ruth + `{"number": "+61491570006", "a": {"b": -1e-99999}}`, nil, `"a" holds a number that is too large`},
		"endless digits":        {ruth + `{"number": "+61491570006", "a": ` + strings.Repeat("9", 1000) + `}`, nil, `"a" is a number that is too large`},
		"deep":                  {ruth + `{"number": "+61491570006", "a": ` + strings.Repeat("[", 65) + strings.Repeat("]", 65) + `}`, nil, `"a" nests lists and objects more than 64 deep.`},
		"deepest":               {ruth + strings.Repeat("[", 500_000), nil, "begins a JSON array"},
		"deepest object":        {ruth + strings.Repeat(`{"a":`, 100_000), nil, "not valid JSON"},
		"half of a character":   {ruth + `{"number": "+61491570006", "a": "\ud83d"}`, nil, `"a" has half of a character`},
		"not UTF-8":             {ruth + "{\"number\": \"\xfe\"}", nil, "The line is not UTF-8."},
		"UTF-16":                {"\xff\xfe{\x00", nil, "members.jsonl is in UTF-16. Save it as UTF-8."},
		"control characters":    {ruth + "{\"number\": \"+61491570006\", \"a\x1b\": 1}", nil, "not valid JSON"},
		"column of the number":  {`{"mobil": "+61491570006", "name": 1}`, func(j *jsonlSpec) { j.number = "mobile" }, `There is no column "mobile" for the number. members.jsonl has: mobil, name. Did you mean "mobil"?`},
		"column of the region":  {ruth, func(j *jsonlSpec) { j.regionColumn = "where" }, `There is no column "where" for the region. members.jsonl has: number.`},
		"no rows":               {"\n\n", nil, "Warning: No rows"},
		"empty":                 {"", nil, "Warning: No rows"},
		"a long line":           {ruth + `{"number": "` + strings.Repeat("1", maxRow) + `"}`, nil, "Error: Row too long\n\n  on members.jsonl line 2:\n   2: …\n\nThe row is longer than 1 MiB"},
		"many columns":          {manyMembers(maxColumns + 1), nil, "Error: Too many columns"},
	} {
		t.Run(name, func(t *testing.T) {
			from := linesOf(t, tt.content)
			if tt.change != nil {
				tt.change(&from)
			}
			d := &rowReporter{}
			_, diags := resolveSet(t.Context(), setSpec{name: "members", sources: []source{from}}, d)
			if got := written(t, d, diags); !strings.Contains(got, tt.want) {
				t.Errorf("got:\n%s\nwant in it:\n%s", got, tt.want)
			}
		})
	}
}

func manyMembers(n int) string {
	var b strings.Builder
	b.WriteString(`{"number": "+61491570006"`)
	for i := range n - 1 {
		b.WriteString(`, "m` + strings.Repeat("x", i%7) + string(rune('a'+i%26)) + strings.Repeat("y", i/26) + `": 1`)
		if b.Len() > maxRow/2 {
			b.WriteString("}\n" + `{"number": "+61491570006"`)
		}
	}
	return b.String() + "}\n"
}

func TestBadLinesAreSkippedAndCounted(t *testing.T) {
	content := `{"number": "+61491570006"}` + "\n[\n{\n" + `{"number": "12"}` + "\n" + `{"number": "+12025550143"}` + "\n"
	set := resolve(t, setSpec{name: "members", skipInvalid: true, sources: []source{linesOf(t, content)}})
	if diff := cmp.Diff(digits(set), []string{"61491570006", "12025550143"}); diff != "" {
		t.Errorf("members (-got +want):\n%s", diff)
	}
	if got := set.Tally.Held; len(got) != 1 || got[0].Count != 3 || got[0].Note != "members.jsonl:2, :3 and 1 more" {
		t.Errorf("held = %+v", got)
	}
}

// A column of a repeated number that differs is counted whatever form the files have, and one that means the same is not.
func TestRowsOfJSONLinesConflict(t *testing.T) {
	for name, tt := range map[string]struct {
		second string
		want   int
	}{
		"same":                 {`{"age": 7.0, "number": "+61 491 570 006", "tags": [ "x" ]}`, 0},
		"lacks":                {`{"number": "+61491570006"}`, 0},
		"null":                 {`{"number": "+61491570006", "age": null}`, 0},
		"as text":              {`{"number": "+61491570006", "age": "7"}`, 0},
		"another number":       {`{"number": "+61491570006", "age": 8}`, 1},
		"another list":         {`{"number": "+61491570006", "tags": ["y"]}`, 1},
		"both, counted as one": {`{"number": "+61491570006", "tags": ["y"], "age": 8}`, 1},
	} {
		t.Run(name, func(t *testing.T) {
			first := `{"number": "+61491570006", "age": 7, "tags": ["x"]}`
			set := resolve(t, setSpec{name: "members", sources: []source{linesOf(t, first+"\n"+tt.second)}})
			if set.Tally.Conflicting != tt.want || set.Tally.Count(Duplicate) != 1 {
				t.Errorf("tally = %+v, want %d conflicting", set.Tally, tt.want)
			}
		})
	}
	table := csvOf(t, "members.csv", "number,age\n+61491570006,7\n")
	set := resolve(t, setSpec{name: "members", sources: []source{linesOf(t, `{"number": "+61491570006", "age": 7}`), table}})
	if set.Tally.Conflicting != 0 {
		t.Errorf("a 7 and a \"7\" conflict")
	}
}

// Rows that have different columns take memory for those that they have.
func TestSparseColumnsTakeNoRoom(t *testing.T) {
	var b strings.Builder
	for i := range 20_000 {
		b.WriteString(`{"number": "+61491570006", "m` + strings.Repeat("x", i%90) + string(rune('a'+i%26)) + `": 1}` + "\n")
	}
	set := resolve(t, setSpec{name: "members", sources: []source{linesOf(t, b.String())}})
	cells := 0
	for _, c := range set.tables[0].chunks {
		cells += len(c.columns) + len(c.ends)
	}
	if want := 2 * 2 * 20_000; cells != want {
		t.Errorf("room for %d cells and ends, want %d", cells, want)
	}
	if len(set.Columns) < 500 {
		t.Errorf("%d columns", len(set.Columns))
	}
}

func TestCompressedFilesAreExpanded(t *testing.T) {
	rows := "number,name\n+61491570006,Ruth\n+1202555,Sam\n+12025550143,Ann\n"
	dir := t.TempDir()
	for name, tt := range map[string]struct {
		file, content string
		want          string // of the diagnostics; "" for none
	}{
		"csv":                {"a.csv.gz", zipped(t, rows), ""},
		"capital":            {"a.CSV.GZ", zipped(t, rows), ""},
		"several members":    {"a.csv.gz", zipped(t, rows[:20], rows[20:], ""), ""},
		"byte order mark":    {"a.csv.gz", zipped(t, "\ufeff"+rows), ""},
		"cut short":          {"a.csv.gz", zipped(t, rows)[:50], "Error: Damaged compressed file\n\n  on a.csv.gz line "},
		"no checksum":        {"a.csv.gz", strings.TrimSuffix(zipped(t, rows), zipped(t, rows)[len(zipped(t, rows))-8:]), "line 5:\n   5: …\n\nWhat gzip made is damaged or cut short behind line 4"},
		"bytes behind it":    {"a.csv.gz", zipped(t, rows) + "x", "Damaged compressed file"},
		"not compressed":     {"a.csv.gz", rows, "a.csv.gz ends in .gz, and gzip did not make it."},
		"not named so":       {"a.csv", zipped(t, rows), "a.csv is compressed with gzip. Give it a name that ends in .gz"},
		"compressed twice":   {"a.csv.gz", zipped(t, zipped(t, rows)), "is compressed with gzip"},
		"empty":              {"a.csv.gz", "", "a.csv.gz is empty"},
		"nothing compressed": {"a.csv.gz", zipped(t, ""), "its first row must name the columns"},
		"a bomb of rows":     {"a.csv.gz", zipped(t, rows, strings.Repeat(strings.Repeat(" ", 16<<10)+",\n", freeExpansion>>14+100)), "Error: Compressed file expands too far"},
		"a bomb in a row":    {"a.csv.gz", zipped(t, rows, strings.Repeat("x", 16<<20)), "Error: Row too long\n\n  on a.csv.gz line 5"},
	} {
		t.Run(name, func(t *testing.T) {
			write(t, filepath.Join(dir, tt.file), tt.content)
			d := &rowReporter{}
			allocated := allocations()
			set, diags := resolveSet(t.Context(), setSpec{name: "members", skipInvalid: true, sources: []source{csvSpec{sourceSpec: sourceIn(dir, tt.file)}}}, d)
			if used := allocations() - allocated; used > 128<<20 {
				t.Errorf("%d bytes were allocated", used)
			}
			got := written(t, d, diags)
			if tt.want != "" && (!diags.HasErrors() || !strings.Contains(got, tt.want)) || tt.want == "" && got != "" {
				t.Errorf("got:\n%s\nwant in it:\n%s", got, tt.want)
			}
			if tt.want == "" {
				if diff := cmp.Diff(textsOf(t, set, "recipient.name"), "Ruth|Ann"); diff != "" {
					t.Errorf("texts (-got +want):\n%s", diff)
				}
				if note := set.Tally.Held[0].Note; note != tt.file+":3" {
					t.Errorf("the bad row is at %s", note)
				}
			}
		})
	}
}

// What is read is what the file was when it was opened, and a file that was written to meanwhile is an error.
func TestAFileThatGrowsHasAnEnd(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "members.jsonl")
	line := `{"number": "+61491570006"}` + "\n"
	write(t, path, strings.Repeat(line, 10_000))
	grown := 0
	d := &rowReporter{progress: func(int, float64, string) {
		f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := f.WriteString(strings.Repeat(line, 2_000)); err != nil {
			t.Fatal(err)
		}
		grown++
	}}
	set, diags := resolveSet(t.Context(), setSpec{name: "members", sources: []source{jsonlSpec{sourceIn(dir, "members.jsonl")}}}, d)
	if got := written(t, d, diags); set.Tally.Rows != 10_000 || !strings.Contains(got, "members.jsonl was written to while it was read.") {
		t.Errorf("%d rows and:\n%s", set.Tally.Rows, got)
	}
}

func TestProgressSaysWhichPartOfAFileIsRead(t *testing.T) {
	dir := t.TempDir()
	lines := strings.Repeat(`{"number": "+61491570006"}`+"\n", 20_000)
	write(t, filepath.Join(dir, "members.jsonl"), lines)
	write(t, filepath.Join(dir, "members.jsonl.gz"), zipped(t, lines))
	for _, name := range []string{"members.jsonl", "members.jsonl.gz"} {
		rows, last, calls := 0, 0.0, 0
		d := &rowReporter{progress: func(read int, share float64, doing string) {
			if doing == "Looking for repeated numbers in recipients.members" {
				return
			}
			if read <= rows || share < last || share > 1 || doing != "Reading "+name {
				t.Errorf("%s: %d rows, %g, after %d and %g", doing, read, share, rows, last)
			}
			rows, last, calls = read, share, calls+1
		}}
		_, diags := resolveSet(t.Context(), setSpec{name: "members", sources: []source{jsonlSpec{sourceIn(dir, name)}}}, d)
		if diags.HasErrors() || rows != 20_000 || last != 1 || calls < 2 {
			t.Errorf("%d rows, %g of %s in %d calls: %v", rows, last, name, calls, diags)
		}
	}
}

// Whatever a file of JSON Lines holds, it is read within bounds, every row is counted, and what is kept is what the JSON says.
func FuzzJSONLines(f *testing.F) {
	for _, seed := range []string{
		`{"number": "+61491570006", "name": "Ruth", "a": [1, {"b": null}], "c": true}` + "\n" + `{"number": 12025550143, "c": 1.5e3}`,
		"\ufeff{\"number\": \"0491 570 006\"}\r\n\r\n{}", `{"number":"\u002b61491570006","\ud83d\ude00":"\ud83d"}`, "[]\n{\n}\n", `{"number": "+61491570006", "number": 1}`,
		`{"number": -1e400, "x": "` + strings.Repeat("[", 70) + `"}`, "{\"number\": \"+61491570006\", \"a\": \"\xff\"}", `{"number": "+61491570006"} x`, `{"number":"+61491570006","e\u0301":1,"\u00e9":2}`, "\xff\xfe", "\x1f\x8b",
	} {
		f.Add([]byte(seed), false)
		f.Add([]byte(seed), true)
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, content []byte, skip bool) {
		write(t, filepath.Join(dir, "members.jsonl"), string(content))
		d := &rowReporter{}
		allocated := allocations()
		set, diags := resolveSet(t.Context(), setSpec{name: "members", region: "AU", skipInvalid: skip, sources: []source{jsonlSpec{sourceIn(dir, "members.jsonl")}}}, d)
		if used := allocations() - allocated; used > 8<<20+uint64(len(content))*8<<10 {
			t.Errorf("%d bytes take %d", len(content), used)
		}
		held := 0
		for _, h := range set.Tally.Held {
			held += h.Count
		}
		if got := held + len(set.Numbers()); got != set.Tally.Rows {
			t.Errorf("%d rows are held or members, want %d", got, set.Tally.Rows)
		}
		if lines := bytes.Count(content, []byte("\n")) + 1; set.Tally.Rows > lines {
			t.Errorf("%d rows in %d lines", set.Tally.Rows, lines)
		}
		if set.Tally.Count(Invalid) > 0 && !skip && !diags.HasErrors() {
			t.Error("a bad row is no error")
		}
		out := written(t, d, diags)
		harmless(t, out)
		if !utf8.ValidString(out) {
			t.Errorf("not UTF-8: %q", out)
		}
		lines := bytes.Split(bytes.TrimPrefix(content, []byte("\ufeff")), []byte("\n"))
		for _, r := range set.rows {
			table := set.tables[r.table]
			c, i := table.at(r.row)
			got, _ := needs{names: []string{attrRow}}.recipient(table, r.row).UnmarkDeep()
			want, err := nested(bytes.TrimSpace(lines[c.lines[i]-1]))
			if err != nil {
				t.Fatalf("line %d is kept: %v", c.lines[i], err)
			}
			for name, v := range got.GetAttr(attrRow).AsValueMap() {
				if want.Type().HasAttribute(name) != !v.IsNull() && !want.Type().HasAttribute(name) || want.Type().HasAttribute(name) && !want.GetAttr(name).RawEquals(v) {
					t.Errorf("line %d: %s is %#v, want %#v", c.lines[i], name, v, want)
				}
			}
		}
	})
}
