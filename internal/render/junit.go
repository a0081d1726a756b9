package render

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/smsplan/smsplan/internal/suite"
)

// The report has the form that JUnit's Ant task gave to such reports, which is what other programs read.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Time     string       `xml:"time,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name      string      `xml:"name,attr"`
		Tests     int         `xml:"tests,attr"`
		Failures  int         `xml:"failures,attr"`
		Errors    int         `xml:"errors,attr"`
		Skipped   int         `xml:"skipped,attr"`
		Time      string      `xml:"time,attr"`
		Timestamp string      `xml:"timestamp,attr"`
		Cases     []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		Class   string        `xml:"classname,attr"`
		Time    string        `xml:"time,attr"`
		Skipped *junitMessage `xml:"skipped"`
		Error   *junitMessage `xml:"error"`
		Failure *junitMessage `xml:"failure"`
		Out     string        `xml:"system-out,omitempty"` // warnings
	}
	junitMessage struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// JUnit writes what became of test files as a report in XML.
func JUnit(w io.Writer, s *suite.Summary) error {
	var all junitSuites
	var elapsed time.Duration
	for i := range s.Files {
		one, err := junitOf(&s.Files[i])
		if err != nil {
			return err
		}
		all.Suites = append(all.Suites, one)
		all.Tests, all.Failures, all.Errors = all.Tests+one.Tests, all.Failures+one.Failures, all.Errors+one.Errors
		elapsed += s.Files[i].Elapsed
	}
	all.Time = seconds(elapsed)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func junitOf(f *suite.File) (junitSuite, error) {
	one := junitSuite{
		Name: Clean(f.Name), Tests: len(f.Runs), Failures: f.Count(suite.Fail), Errors: f.Count(suite.Error), Skipped: f.Count(suite.Skip),
		Time: seconds(f.Elapsed), Timestamp: f.Began.UTC().Format("2006-01-02T15:04:05"),
	}
	if f.Failure != nil {
		// Readers look at test cases only.
		one.Tests, one.Errors = one.Tests+1, one.Errors+1
		one.Cases = append(one.Cases, junitCase{Name: "(the file)", Class: one.Name, Time: seconds(0),
			Error: &junitMessage{"The file could not be carried out", Lines(f.Failure.Error())}})
	}
	for i := range f.Runs {
		r := &f.Runs[i]
		text, err := junitText(r)
		if err != nil {
			return one, err
		}
		c := junitCase{Name: Clean(r.Name), Class: one.Name, Time: seconds(r.Elapsed)}
		switch r.Status {
		case suite.Skip:
			c.Skipped = &junitMessage{Message: "Skipped: the file ended before this run"}
		case suite.Fail:
			c.Failure = &junitMessage{"What the run came to is not what the test says", text}
		case suite.Error:
			c.Error = &junitMessage{"The run could not be carried out", text}
		default:
			c.Out = text
		}
		one.Cases = append(one.Cases, c)
	}
	return one, nil
}

// junitText is what was found wrong with a run.
func junitText(r *suite.Run) (string, error) {
	var b strings.Builder
	err := Diagnostics(&b, r.Diagnostics, Style{}, false)
	if r.Failure != nil && err == nil {
		err = Error(&b, r.Failure, Style{})
	}
	return b.String(), err
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }
