package render

import (
	"github.com/smsplan/smsplan/internal/suite"
)

// testFileDocument is what a line says of a test file.
type testFileDocument struct {
	Path     string       `json:"path"`
	Progress string       `json:"progress"` // "starting" or "complete"
	Status   suite.Status `json:"status,omitempty"`
	Elapsed  float64      `json:"elapsed_seconds,omitempty"`
}

// testRunDocument is what a line says of a run.
type testRunDocument struct {
	Path    string       `json:"path"`
	Run     string       `json:"run"`
	Status  suite.Status `json:"status"`
	Elapsed float64      `json:"elapsed_seconds"`
}

// Test writes lines for an event of a suite. With verbose, each run's plan comes before it, and what its apply came to.
func (s *Stream) Test(e suite.Event, verbose bool, style Style) {
	if s == nil {
		return
	}
	switch e.Kind {
	case suite.FileBegins:
		s.testFile(e.File, e.File.Name+"... in progress", testFileDocument{Path: e.File.Name, Progress: "starting"})
	case suite.RunEnds:
		s.testRun(e.File, e.Run, verbose, style)
	case suite.FileEnds:
		s.testFile(e.File, e.File.Name+"... "+string(e.File.Status), testFileDocument{e.File.Name, "complete", e.File.Status, e.File.Elapsed.Seconds()})
		if e.File.Failure != nil {
			s.Error(e.File.Failure)
		}
		s.about("", "")
	}
}

func (s *Stream) testFile(f *suite.File, message string, d testFileDocument) {
	s.about(f.Name, "")
	s.write(testLevel(d.Status), message, "test_file", func(l line) any {
		return struct {
			line
			File testFileDocument `json:"test_file"`
		}{l, d}
	})
}

func (s *Stream) testRun(f *suite.File, r *suite.Run, verbose bool, style Style) {
	s.about(f.Name, r.Name)
	if verbose && r.Plan != nil {
		s.Plan(r.Plan, style)
	}
	if verbose && r.Report != nil {
		s.Report(r.Plan, r.Report)
	}
	s.write(testLevel(r.Status), `run "`+r.Name+`"... `+string(r.Status), "test_run", func(l line) any {
		return struct {
			line
			Run testRunDocument `json:"test_run"`
		}{l, testRunDocument{f.Name, r.Name, r.Status, r.Elapsed.Seconds()}}
	})
	s.Diagnostics(r.Diagnostics)
	if r.Failure != nil {
		s.Error(r.Failure)
	}
}

// TestSummary writes the totals of a suite.
func (s *Stream) TestSummary(all *suite.Summary) {
	s.write(testLevel(all.Status()), TestSummary(all), "test_summary", func(l line) any {
		type summary struct {
			Status  suite.Status `json:"status"`
			Passed  int          `json:"passed"`
			Failed  int          `json:"failed"`
			Errored int          `json:"errored"`
			Skipped int          `json:"skipped"`
		}
		return struct {
			line
			Summary summary `json:"test_summary"`
		}{l, summary{all.Status(), all.Count(suite.Pass), all.Count(suite.Fail), all.Count(suite.Error), all.Count(suite.Skip)}}
	})
}

// about says which test the lines that follow belong to.
func (s *Stream) about(file, run string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.file, s.run = file, run
}

func testLevel(status suite.Status) string {
	if status == suite.Fail || status == suite.Error {
		return "error"
	}
	return "info"
}
