package suite

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/smsplan/smsplan/internal/config"
)

const configuration = `
gateway "clickatell" {
  endpoint   = "http://127.0.0.1:9/nobody/listens"
  batch_size = 1
  rate       = 1
}

recipients "crew" {
  numbers = ["+1 202 555 0143", "+1 202 555 0144", "+61 491 570 006"]
}

variable "text" {
  default = "Hello."
}

message "hello" {
  to   = [recipients.crew]
  text = var.text
}
`

// execute carries out tests, each by the name of its file, and gives how their runs have ended.
func execute(t *testing.T, tests map[string]string, o Options) (*Summary, map[string][]Status) {
	t.Helper()
	dir, temporary := t.TempDir(), t.TempDir()
	t.Setenv("TMPDIR", temporary)
	tests["main.sms.hcl"] = configuration
	for name, text := range tests {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	files, d := config.ReadTests(dir, config.TestOptions{})
	if d.HasErrors() {
		t.Fatal(d.List())
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	s := Execute(t.Context(), dir, files, o)
	ends := map[string][]Status{}
	for _, f := range s.Files {
		for _, r := range f.Runs {
			ends[f.Name] = append(ends[f.Name], r.Status)
		}
	}
	for _, where := range []string{dir, temporary} {
		left, err := os.ReadDir(where)
		if err != nil {
			t.Fatal(err)
		}
		for _, each := range left {
			if tests[each.Name()] == "" {
				t.Errorf("%s is left behind", each.Name())
			}
		}
	}
	return s, ends
}

// whole gives everything that was found wrong with a run.
func whole(r Run) string {
	var b strings.Builder
	_ = r.Diagnostics.Write(&b, 0, false)
	if r.Failure != nil {
		b.WriteString(r.Failure.Error())
	}
	return b.String()
}

func TestEachFileBeginsAnewAndItsRunsDoNot(t *testing.T) {
	const text = `
run "first" {
  assert {
    condition     = summary.sent == 3 && plan.already_sent == 0
    error_message = "It does not begin anew."
  }
}

run "second" {
  assert {
    condition     = summary.sent == 0 && plan.already_sent == 3 && length(gateway.messages) == 3
    error_message = "It begins anew."
  }
}
`
	s, ends := execute(t, map[string]string{"a.smstest.hcl": text, "b.smstest.hcl": text}, Options{})
	want := map[string][]Status{"a.smstest.hcl": {Pass, Pass}, "b.smstest.hcl": {Pass, Pass}}
	if diff := cmp.Diff(want, ends); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if s.Status() != Pass || s.Interrupted {
		t.Errorf("status %s, interrupted %t", s.Status(), s.Interrupted)
	}
}

func TestAnInterruptSkipsTheOtherRuns(t *testing.T) {
	stop := make(chan struct{})
	o := Options{Stop: stop, Watch: func(e Event) {
		if e.Kind == RunEnds && e.Run.Name == "a" {
			close(stop)
		}
	}}
	s, ends := execute(t, map[string]string{
		"one.smstest.hcl": "run \"a\" {\n}\nrun \"b\" {\n}\n", "two.smstest.hcl": "run \"c\" {\n}\n",
	}, o)
	want := map[string][]Status{"one.smstest.hcl": {Pass, Skip}, "two.smstest.hcl": {Skip}}
	if diff := cmp.Diff(want, ends); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !s.Interrupted {
		t.Error("nobody is told of the interrupt")
	}
	if s.Files[1].Status != Skip {
		t.Errorf("a file of which nothing was carried out has the status %s", s.Files[1].Status)
	}
}

// What was begun to be planned when the interrupt came is not sent.
func TestAnInterruptEndsTheRunUnderWay(t *testing.T) {
	stop := make(chan struct{})
	asked := 0
	o := Options{Stop: stop, Now: func() time.Time {
		if asked++; asked == 2 { // first for the file, then for the plan
			close(stop)
		}
		return time.Now()
	}}
	s, ends := execute(t, map[string]string{"one.smstest.hcl": "run \"a\" {\n}\nrun \"b\" {\n}\n"}, o)
	if diff := cmp.Diff(map[string][]Status{"one.smstest.hcl": {Error, Skip}}, ends); diff != "" {
		t.Errorf("(-want +got):\n%s\n%s", diff, whole(s.Files[0].Runs[0]))
	}
	if !s.Interrupted || !strings.Contains(whole(s.Files[0].Runs[0]), "interrupted") {
		t.Errorf("the run does not say that it was interrupted: %s", whole(s.Files[0].Runs[0]))
	}
}

func TestACancelledSuiteSkipsAndLeavesNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.smstest.hcl"), []byte("run \"a\" {\n}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	files, _ := config.ReadTests(dir, config.TestOptions{})
	s := Execute(ctx, dir, files, Options{Now: time.Now})
	if !s.Interrupted || s.Count(Skip) != 1 {
		t.Errorf("interrupted %t, %d skipped", s.Interrupted, s.Count(Skip))
	}
}

// The order in which the simulator took what came at once is chance.
func TestWhatWasTakenHasAnOrder(t *testing.T) {
	_, ends := execute(t, map[string]string{"a.smstest.hcl": `
run "a" {
  assert {
    condition     = [for m in gateway.messages : m.to] == ["12025550143", "12025550144", "61491570006"]
    error_message = "The order is another one."
  }
}
`}, Options{})
	if diff := cmp.Diff(map[string][]Status{"a.smstest.hcl": {Pass}}, ends); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFaultsLastForOneRun(t *testing.T) {
	s, ends := execute(t, map[string]string{"a.smstest.hcl": `
run "refusing" {
  faults = ["refuse:code=114,ending=0143"]

  assert {
    condition     = summary.refused == 1 && summary.sent == 2 && summary.refusals["114"] == 1
    error_message = "The fault does nothing."
  }
}

run "taking" {
  variables {
    text = "Another."
  }

  assert {
    condition     = summary.refused == 0 && plan.by_reason.refused == 1 && plan.warnings[0].address == "message.hello"
    error_message = "The fault lasts."
  }
}
`}, Options{})
	if diff := cmp.Diff(map[string][]Status{"a.smstest.hcl": {Pass, Pass}}, ends); diff != "" {
		t.Errorf("(-want +got):\n%s\n%s", diff, whole(s.Files[0].Runs[1]))
	}
}
