package render

import (
	"fmt"
	"io"

	"github.com/smsplan/smsplan/internal/suite"
)

// Tests shows test files while they are carried out: what is wrong goes to Err.
type Tests struct {
	Out, Err           io.Writer
	OutStyle, ErrStyle Style
	Verbose            bool // with the plan of each run, and what its apply came to

	err error
}

var testInks = map[suite.Status]paint{suite.Pass: green, suite.Fail: red, suite.Error: red, suite.Skip: grey}

// Watch takes an event; it fits [suite.Options].
func (t *Tests) Watch(e suite.Event) {
	if t.err != nil {
		return
	}
	switch e.Kind {
	case suite.FileBegins:
		t.say("%s... in progress\n", Clean(e.File.Name))
	case suite.RunEnds:
		t.say("  run %q... %s\n", e.Run.Name, t.OutStyle.in(testInks[e.Run.Status], string(e.Run.Status)))
		t.details(e.Run)
	case suite.FileEnds:
		t.say("%s... %s\n", Clean(e.File.Name), t.OutStyle.in(testInks[e.File.Status], string(e.File.Status)))
		t.failure(e.File.Failure)
	}
}

// Summary shows what became of all files.
func (t *Tests) Summary(s *suite.Summary) error {
	ink := red
	if s.Status() == suite.Pass {
		ink = green
	}
	t.say("\n%s\n", t.OutStyle.in(ink, TestSummary(s)))
	return t.err
}

func (t *Tests) say(format string, args ...any) {
	if t.err == nil {
		_, t.err = fmt.Fprintf(t.Out, format, args...)
	}
}

func (t *Tests) details(r *suite.Run) {
	if t.Verbose && r.Plan != nil && t.err == nil {
		t.say("\n")
		t.err = Plan(t.Out, r.Plan, t.OutStyle)
	}
	if t.Verbose && r.Report != nil && t.err == nil {
		t.err = Report(t.Out, r.Report, "", t.OutStyle)
		t.say("\n")
	}
	w, style := t.Out, t.OutStyle
	if r.Diagnostics.HasErrors() {
		w, style = t.Err, t.ErrStyle
	}
	if t.err == nil {
		t.err = Diagnostics(w, r.Diagnostics, style, false)
	}
	t.failure(r.Failure)
}

func (t *Tests) failure(err error) {
	if err != nil && t.err == nil {
		t.err = Error(t.Err, err, t.ErrStyle)
	}
}

// TestSummary is the sentence about all files that the last line and the JSON give.
func TestSummary(s *suite.Summary) string {
	verdict := "Failure"
	switch s.Status() {
	case suite.Pass:
		verdict = "Success"
	case suite.Skip:
		verdict = "Interrupted"
	}
	text := fmt.Sprintf("%s! %s passed, %s failed", verdict, Count(s.Count(suite.Pass)), Count(s.Count(suite.Fail)+s.Count(suite.Error)))
	if n := s.Count(suite.Skip); n > 0 {
		text += fmt.Sprintf(", %s skipped", Count(n))
	}
	return text + "."
}
