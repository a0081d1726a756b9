package render

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/suite"
)

// element says what an element of a JUnit report may hold, as the schema of Jenkins' xUnit plugin has it; in the order of
// children. It is as much of that schema as reports of ours can use.
type element struct {
	required, optional []string // attributes
	children           []string // each any number of times
	text               bool
}

var junitSchema = map[string]element{
	"testsuites": {optional: []string{"name", "time", "tests", "failures", "disabled", "errors"}, children: []string{"testsuite"}},
	"testsuite": {
		required: []string{"name", "tests"}, optional: []string{"failures", "errors", "time", "disabled", "skipped", "timestamp", "hostname", "id", "package"},
		children: []string{"properties", "testcase", "system-out", "system-err"},
	},
	"testcase": {
		required: []string{"name"}, optional: []string{"assertions", "time", "classname", "status"},
		children: []string{"skipped", "error", "failure", "system-out", "system-err"},
	},
	"skipped":    {optional: []string{"type", "message"}, text: true},
	"error":      {optional: []string{"type", "message"}, text: true},
	"failure":    {optional: []string{"type", "message"}, text: true},
	"system-out": {text: true},
	"system-err": {text: true},
}

var attributeForms = map[string]*regexp.Regexp{
	"tests": number, "failures": number, "errors": number, "skipped": number,
	"time":      regexp.MustCompile(`^\d+\.\d{3}$`),
	"timestamp": regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$`),
}

var number = regexp.MustCompile(`^\d+$`)

// counts are what a report says of a suite in attributes, and what it holds.
type counts struct{ stated, found map[string]int }

// validJUnit holds a report against the schema, and its numbers against what is in it.
func validJUnit(t *testing.T, report []byte) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(report))
	type open struct {
		name string
		last int // place of the last child in the schema
		counts
	}
	var path []*open
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, report)
		}
		switch token := token.(type) {
		case xml.StartElement:
			name := token.Name.Local
			e, known := junitSchema[name]
			if !known || len(path) == 0 && name != "testsuites" {
				t.Fatalf("an element %s in\n%s", name, report)
			}
			if len(path) > 0 {
				above := path[len(path)-1]
				at := slices.Index(junitSchema[above.name].children, name)
				if at < above.last {
					t.Errorf("%s is no child of %s, or comes too late", name, above.name)
				}
				above.last = at
				for _, each := range path {
					each.found[name]++
				}
			}
			o := &open{name, 0, counts{map[string]int{}, map[string]int{}}}
			missing := slices.Clone(e.required)
			for _, a := range token.Attr {
				missing = slices.DeleteFunc(missing, func(name string) bool { return name == a.Name.Local })
				if !slices.Contains(e.required, a.Name.Local) && !slices.Contains(e.optional, a.Name.Local) {
					t.Errorf("%s has an attribute %s", name, a.Name.Local)
				}
				if form := attributeForms[a.Name.Local]; form != nil && !form.MatchString(a.Value) {
					t.Errorf("%s of %s is %q", a.Name.Local, name, a.Value)
				}
				if n, err := strconv.Atoi(a.Value); err == nil {
					o.stated[a.Name.Local] = n
				}
			}
			if len(missing) > 0 {
				t.Errorf("%s lacks %v", name, missing)
			}
			path = append(path, o)
		case xml.EndElement:
			o := path[len(path)-1]
			path = path[:len(path)-1]
			for stated, found := range map[string]string{"tests": "testcase", "failures": "failure", "errors": "error", "skipped": "skipped"} {
				if n, ok := o.stated[stated]; ok && n != o.found[found] {
					t.Errorf("a %s states %d %s and has %d", o.name, n, stated, o.found[found])
				}
			}
		case xml.CharData:
			if text := strings.TrimSpace(string(token)); text != "" && !junitSchema[path[len(path)-1].name].text {
				t.Errorf("text in %s: %s", path[len(path)-1].name, text)
			}
		}
	}
}

// wrong gives diagnostics.
func wrong(t *testing.T) config.Diagnostics {
	t.Helper()
	_, d := config.Load(t.Context(), t.TempDir(), config.Options{})
	return d
}

func TestJUnitReportsFollowTheSchema(t *testing.T) {
	run := func(name string, status suite.Status) suite.Run {
		return suite.Run{Name: name, Status: status, Elapsed: 1234567 * time.Microsecond}
	}
	failed, broken, warned := run("fails", suite.Fail), run("is broken", suite.Error), run("warns", suite.Pass)
	failed.Diagnostics, warned.Diagnostics = wrong(t), wrong(t)
	broken.Failure = errors.New("a \x1b[31mred\x1b[0m and ]]> \x00 error")
	for name, s := range map[string]suite.Summary{
		"no files": {},
		"no runs":  {Files: []suite.File{{Name: "a.smstest.hcl", Status: suite.Pass}}},
		"every status": {Files: []suite.File{
			{Name: "tests/<a> & \"b\".smstest.hcl", Status: suite.Error, Began: noon, Elapsed: time.Hour, Runs: []suite.Run{run("passes", suite.Pass), warned, failed, broken, run("is skipped", suite.Skip)}},
			{Name: "b.smstest.hcl", Status: suite.Pass, Runs: []suite.Run{run("passes", suite.Pass)}},
		}},
		"no world": {Files: []suite.File{{Name: "a.smstest.hcl", Status: suite.Error, Failure: fmt.Errorf("no space"), Runs: []suite.Run{run("is skipped", suite.Skip)}}}},
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := JUnit(&b, &s); err != nil {
				t.Fatal(err)
			}
			validJUnit(t, b.Bytes())
			if failed := strings.Contains(b.String(), "<error") || strings.Contains(b.String(), "<failure"); failed != (s.Status() != suite.Pass) {
				t.Errorf("the status is %s and the report says otherwise:\n%s", s.Status(), b.String())
			}
			if strings.ContainsAny(b.String(), "\x1b\x00") {
				t.Errorf("control characters in\n%s", b.String())
			}
		})
	}
}
