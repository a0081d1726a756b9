package render

import (
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/smsplan/smsplan/internal/apply"
	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/plan"
)

// Stream tells programs what a command does, as one JSON object a line (-json, -json-into). Its methods are safe for use by
// several goroutines, and a nil Stream takes everything and writes nothing. The first error of the writer is kept for
// [Stream.Err], and nothing is written after it.
type Stream struct {
	mu    sync.Mutex
	w     io.Writer
	clock func() time.Time
	err   error

	file, run string // of the test that lines belong to; "" for none
}

// line is what each object has; the fields of its type stand beside these.
type line struct {
	Level     string    `json:"@level"`
	Message   string    `json:"@message"`
	Timestamp time.Time `json:"@timestamp"`
	TestFile  string    `json:"@testfile,omitempty"`
	TestRun   string    `json:"@testrun,omitempty"`
	Type      string    `json:"type"`
}

// NewStream makes a Stream and writes its first line, which gives the versions.
func NewStream(w io.Writer, clock func() time.Time, version string) *Stream {
	s := &Stream{w: w, clock: clock}
	s.write("info", "smsplan "+version, "version", func(l line) any {
		return struct {
			line
			UI      string `json:"ui"`
			Smsplan string `json:"smsplan"`
		}{l, FormatVersion, version}
	})
	return s
}

// Err gives the first error of the writer.
func (s *Stream) Err() error {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

func (s *Stream) write(level, message, kind string, full func(line) any) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return
	}
	text, err := json.Marshal(full(line{level, Lines(message), s.clock().UTC(), s.file, s.run, kind}))
	if err == nil {
		_, err = s.w.Write(append(inertJSON(text), '\n'))
	}
	s.err = err
}

// Diagnostics writes a line for each diagnostic.
func (s *Stream) Diagnostics(d config.Diagnostics) {
	for _, one := range d.List() {
		s.diagnostic(one)
	}
}

// Simulated warns that all that follows is a rehearsal.
func (s *Stream) Simulated() {
	s.diagnostic(config.Diagnostic{Severity: "warning", Summary: "SIMULATED", Detail: Rehearsal})
}

// Rehearsal says what simulating means.
const Rehearsal = "This is a rehearsal against the simulator and a copy of the state. Nothing is sent, and nothing is recorded."

// Error writes an error that has no place in the configuration, as a diagnostic.
func (s *Stream) Error(err error) {
	s.diagnostic(config.Diagnostic{Severity: "error", Summary: Lines(err.Error())})
}

func (s *Stream) diagnostic(d config.Diagnostic) {
	level, title := "error", "Error: "
	if d.Severity == "warning" {
		level, title = "warn", "Warning: "
	}
	s.write(level, title+d.Summary, "diagnostic", func(l line) any {
		return struct {
			line
			Diagnostic config.Diagnostic `json:"diagnostic"`
		}{l, d}
	})
}

// Plan writes a line for each message, one for each warning and the totals.
func (s *Stream) Plan(p *plan.Plan, style Style) {
	if s == nil {
		return
	}
	for i := range p.Messages {
		m := &p.Messages[i]
		text := m.Address + ": nothing to send"
		if m.ToSend > 0 {
			text = m.Address + ": plan to send " + Count(m.ToSend)
		}
		if n := m.ToImport(); n > 0 {
			text += ", to import " + Count(n)
		}
		s.write("info", text, "planned_message", func(l line) any {
			return struct {
				line
				Change plannedDocument `json:"change"`
			}{l, planned(m, style)}
		})
	}
	for _, w := range p.Withdrawals {
		s.write("info", fmt.Sprintf("%s: plan to cancel %s", w.Address, Count(w.Count)), "planned_withdrawal", func(l line) any {
			return struct {
				line
				Withdrawal plan.Withdrawal `json:"withdrawal"`
			}{l, w}
		})
	}
	for _, w := range p.Warnings {
		s.diagnostic(config.Diagnostic{Severity: "warning", Summary: w.Summary, Detail: w.Detail})
	}
	t := p.Totals()
	text := NoChanges(p)
	if !p.Empty() {
		text = "Plan: " + Count(t.ToSend) + " to send, " + importing(t) + Count(t.ToCancel) + " to cancel, " + Count(t.AlreadySent) + " already sent, " + Count(t.Held) + " held" + costs(t.Cost, p.Tariff) + "."
	}
	level := "info"
	blocking := p.Blocking()
	if len(blocking) > 0 {
		level, text = "warn", text+" Blocked by "+named(blocking)+"."
	}
	s.write(level, text, "change_summary", func(l line) any {
		return struct {
			line
			Operation string         `json:"operation"`
			PlanID    plan.ID        `json:"plan_id"`
			Changes   totalsDocument `json:"changes"`
			Blocked   []string       `json:"blocked_by,omitempty"`
			Allowed   []string       `json:"allowed,omitempty"`
			LeftOut   []string       `json:"left_out,omitempty"`
		}{l, "plan", p.ID, totals(p), addresses(blocking), addresses(p.Overridden()), p.Beside()}
	})
}

// Watch writes a line for an event of a run; it fits [apply.Options].
func (s *Stream) Watch(e apply.Event) {
	text := e.Text
	level := "info"
	switch e.Kind {
	case apply.Doubt:
		level = "warn"
	case apply.Progress, apply.Sent:
		text = progressText(e.Report, 0)
	}
	s.write(level, text, string(e.Kind), func(l line) any {
		return struct {
			line
			Address   string   `json:"address,omitempty"`
			People    int      `json:"people"`
			UnderWay  int      `json:"requests_under_way"`
			Progress  progress `json:"progress"`
			Simulated bool     `json:"simulated,omitempty"`
		}{l, e.Address, e.People, e.UnderWay, progressOf(&e.Report), e.Report.Simulated}
	})
}

// Report writes the totals of an apply.
func (s *Stream) Report(p *plan.Plan, r *apply.Report) {
	level := "info"
	if !r.Complete() {
		level = "warn"
	}
	s.write(level, Summary(r), "change_summary", func(l line) any {
		return struct {
			line
			Operation string          `json:"operation"`
			PlanID    plan.ID         `json:"plan_id"`
			Complete  bool            `json:"complete"`
			Simulated bool            `json:"simulated,omitempty"`
			Changes   progress        `json:"changes"`
			Elapsed   float64         `json:"elapsed_seconds"`
			Refusals  []apply.Refusal `json:"refusals"`
			Waits     []apply.Wait    `json:"waits,omitempty"`
			Spared    []string        `json:"not_cancelled,omitempty"`
			Cause     *apply.Cause    `json:"cause,omitempty"`
			Settled   *apply.Settled  `json:"settled,omitempty"`
			Orphans   string          `json:"orphans,omitempty"`
			Unsaved   []string        `json:"unsaved,omitempty"`
		}{l, "apply", p.ID, r.Complete(), r.Simulated, progressOf(r), r.Elapsed.Seconds(), orEmpty(r.Refusals), r.Waits, r.Spared, r.Cause, r.Settled, r.Orphans, r.Unsaved}
	})
}

// progress is the counts of a report.
type progress struct {
	Total        int `json:"total"`
	Sent         int `json:"sent"`
	Unconfirmed  int `json:"unconfirmed"`
	Refused      int `json:"refused"`
	InDoubt      int `json:"in_doubt"`
	NotAttempted int `json:"not_attempted"`
	ToCancel     int `json:"to_cancel"`
	Cancelled    int `json:"cancelled"`
	Withdrawing  int `json:"withdrawing"`
	OldKept      int `json:"old_version_kept"`
	Restored     int `json:"to_send_anew"`
	Already      int `json:"already"`
	Late         int `json:"late"`
	Closed       int `json:"outside_window"`
	Waiting      int `json:"waiting"`
	Elsewhere    int `json:"in_doubt_elsewhere"`
	Again        int `json:"sent_again"`
	Imported     int `json:"imported"`
	Requests     int `json:"requests"`
}

func progressOf(r *apply.Report) progress {
	return progress{r.Total, r.Sent, r.Unconfirmed, r.Refused, r.InDoubt, r.NotAttempted, r.ToCancel, r.Cancelled, r.Withdrawing, r.OldKept, r.Restored, r.Already, r.Late, r.Closed, r.Waiting, r.Elsewhere, r.Again, r.Imported, r.Requests}
}
