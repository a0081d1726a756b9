// Package suite carries out test files and rehearsals: each of their runs is a real plan or apply, over the real client and the real state,
// against a simulator within the process. No network is opened, and what a file leaves is thrown away.
package suite

import (
	"context"
	"log/slog"
	"time"

	"github.com/smsplan/smsplan/internal/apply"
	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/plan"
)

// Options of a suite.
type Options struct {
	Config  config.Options // of each run; the tests' own values come on top
	Version string         // of smsplan
	Who     string         // user@host
	Now     func() time.Time
	Stop    <-chan struct{} // closed at the first interrupt: the run under way ends as an apply does, the others are skipped
	Watch   func(Event)     // called in order; may be nil
	Log     *slog.Logger    // told of each apply, with the names of its file and its run; nil for nobody

	// Blocked says what keeps a plan from being applied that goes beyond guards.
	Blocked func(p *plan.Plan, c *config.Config, beyond []*plan.Guard) config.Diagnostics
}

// Status is how a run, a file or all of them ended.
type Status string

// Statuses, the worse ones later.
const (
	Skip  Status = "skip"
	Pass  Status = "pass"
	Fail  Status = "fail"
	Error Status = "error"
)

// worse gives the one of two that counts for both.
func worse(a, b Status) Status {
	for _, s := range []Status{Error, Fail, Pass} {
		if a == s || b == s {
			return s
		}
	}
	return Skip
}

// Summary is what became of all test files.
type Summary struct {
	Files       []File
	Interrupted bool
}

// File is what became of a test file.
type File struct {
	Name    string
	Status  Status // pass where it has no run
	Began   time.Time
	Elapsed time.Duration
	Runs    []Run
	Failure error // what has nothing to do with one of its runs; nil for nothing
}

// Run is what became of a run.
type Run struct {
	Name        string
	Status      Status
	Elapsed     time.Duration
	Diagnostics config.Diagnostics // warnings too
	Failure     error              // what has no place in a file; nil for nothing
	Plan        *plan.Plan         // nil where there is none
	Report      *apply.Report      // nil where nothing was applied
}

// Status is that of all files together; pass where there are none.
func (s *Summary) Status() Status {
	all := Skip
	for i := range s.Files {
		all = worse(all, s.Files[i].Status)
	}
	if all == Skip && !s.Interrupted {
		return Pass
	}
	return all
}

// Count gives how many runs have ended so.
func (s *Summary) Count(status Status) (n int) {
	for i := range s.Files {
		n += s.Files[i].Count(status)
	}
	return n
}

// Count gives how many runs have ended so.
func (f *File) Count(status Status) (n int) {
	for i := range f.Runs {
		if f.Runs[i].Status == status {
			n++
		}
	}
	return n
}

// Event is something that happened: a file or a run of it begins or has ended.
type Event struct {
	Kind EventKind
	File *File // as far as it has come
	Run  *Run  // nil where it is about the file
}

// EventKind names an event.
type EventKind string

// Kinds of events.
const (
	FileBegins EventKind = "file begins"
	RunEnds    EventKind = "run ends"
	FileEnds   EventKind = "file ends"
)

// Execute carries out the test files of the configuration in dir, one after another. Cancelling ctx closes the connections
// of the run under way.
func Execute(ctx context.Context, dir string, files []*config.TestFile, o Options) *Summary {
	s := &Summary{}
	for _, f := range files {
		w := &world{options: o, tests: f.Begin(dir, o.Config), file: File{Name: f.Name, Status: Pass, Began: o.Now()}}
		w.carryOut(ctx, f)
		s.Files = append(s.Files, w.file)
		s.Interrupted = s.Interrupted || w.interrupted(ctx)
	}
	return s
}
