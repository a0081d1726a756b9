package render

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smsplan/smsplan/internal/apply"
	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/plan"
	"github.com/smsplan/smsplan/internal/state"
	"github.com/smsplan/smsplan/internal/suite"
)

func clock() time.Time { return noon }

func TestLinesConformToTheDocumentation(t *testing.T) {
	var b bytes.Buffer
	s := NewStream(&b, clock, "0.1.0")
	p := broadcast(t)
	p.Withdrawals = []plan.Withdrawal{{Address: "message.gone", Revision: 1, Reason: state.BlockGone, Count: 2, Anew: 1, First: noon, Last: noon}}
	s.Plan(p, Style{Numbers: true})
	_, diagnostics := config.Load(t.Context(), t.TempDir(), config.Options{})
	s.Diagnostics(diagnostics)
	s.Error(errors.New("the state is locked"))
	r := apply.Report{Total: 9, Sent: 1, Refused: 2, InDoubt: 3, NotAttempted: 3, Elapsed: 1500 * time.Millisecond,
		Refusals: []apply.Refusal{{Code: "105", Meaning: "invalid destination", People: 2}}, Cause: &apply.Cause{Summary: "no credit"},
		Settled: &apply.Settled{Accepted: 1}, Orphans: "orphans.jsonl", Unsaved: []string{"{}"}}
	for _, kind := range []apply.EventKind{apply.Progress, apply.Sent, apply.Doubt, apply.Log} {
		s.Watch(apply.Event{Kind: kind, At: noon, Address: "message.hello", People: 3, Report: r, UnderWay: 1, Text: "text"})
	}
	slog.New(NewLog(io.Discard, slog.LevelDebug, func() *Stream { return s })).Debug("exchange with the gateway", "method", "sendmsg", "took", time.Second)
	s.Report(p, &r)
	file := suite.File{Name: "a.smstest.hcl", Status: suite.Fail, Runs: []suite.Run{{Name: "b", Status: suite.Fail, Diagnostics: diagnostics, Plan: p, Report: &r}}}
	s.Test(suite.Event{Kind: suite.FileBegins, File: &file}, true, Style{})
	s.Test(suite.Event{Kind: suite.RunEnds, File: &file, Run: &file.Runs[0]}, true, Style{})
	s.Test(suite.Event{Kind: suite.FileEnds, File: &file}, true, Style{})
	s.TestSummary(&suite.Summary{Files: []suite.File{file}})
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	types := map[string]bool{}
	for line := range strings.Lines(b.String()) {
		conform(t, "line", []byte(line))
		_, rest, _ := strings.Cut(line, `"type":"`)
		kind, _, _ := strings.Cut(rest, `"`)
		types[kind] = true
	}
	for _, kind := range schemas(t)["line"].Properties["type"].Enum {
		if !types[kind.(string)] {
			t.Errorf("no line of type %s in\n%s", kind, b.String())
		}
	}
	if !strings.HasPrefix(b.String(), `{"@level":"info","@message":"smsplan 0.1.0","@timestamp":"2026-03-02T12:00:00Z","type":"version"`) {
		t.Errorf("the first line is not the version:\n%s", b.String())
	}
}

func TestDocumentsConformToTheDocumentation(t *testing.T) {
	counts := map[state.Outcome]int{state.Accepted: 2, state.InDoubt: 1}
	seen := &state.Inspection{Identity: state.Identity{Lineage: "4711", Serial: 2}, Kind: state.Simulator}
	messages := []state.Summary{{Address: "message.hello", Revision: 1, FirstSeen: noon, Counts: counts}}
	_, diagnostics := config.Load(t.Context(), t.TempDir(), config.Options{})
	for name, write := range map[string]func(*bytes.Buffer) error{
		"plan":       func(b *bytes.Buffer) error { return PlanJSON(b, broadcast(t), Style{Numbers: true}) },
		"state":      func(b *bytes.Buffer) error { return StateJSON(b, seen, messages) },
		"validation": func(b *bytes.Buffer) error { return ValidationJSON(b, diagnostics, nil) },
		"validation of nothing": func(b *bytes.Buffer) error {
			return ValidationJSON(b, config.Diagnostics{}, errors.New("the workspace has no name"))
		},
		"history": func(b *bytes.Buffer) error {
			return HistoryJSON(b, "message.hello", []state.Attempt{{Revision: 1, Attempt: 1, Outcome: state.InDoubt, Code: 105, At: noon, ClientID: "c"}})
		},
		"outputs": func(b *bytes.Buffer) error {
			return OutputsJSON(b, []config.Output{{Name: "a", JSON: []byte(`{"x":[1]}`), Type: []byte(`["object",{"x":["tuple",["number"]]}]`)}, {Name: "b", JSON: []byte(`{"hush":"hush"}`), Type: []byte(`["object",{"hush":"string"}]`), Sensitive: true}})
		},
		"version": func(b *bytes.Buffer) error {
			return VersionJSON(b, Versions{Format: FormatVersion, Version: "0.1.0", Platform: "linux_amd64", PhoneMetadata: "v1", Formats: map[string]string{"json": "1.0", "plan": "1.4", "state": "4"}})
		},
		"doctor":    func(b *bytes.Buffer) error { return DoctorJSON(b, examined) },
		"functions": func(b *bytes.Buffer) error { return FunctionsJSON(b, config.Functions()) },
		"language":  func(b *bytes.Buffer) error { return LanguageJSON(b, config.Language(), config.TestLanguage()) },
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := write(&b); err != nil {
				t.Fatal(err)
			}
			schema, _, _ := strings.Cut(name, " ")
			conform(t, schema, b.Bytes())
			if strings.Contains(b.String(), "hush") {
				t.Errorf("a sensitive value in\n%s", b.String())
			}
		})
	}
}

func TestReasonsAreTheDocumentedWords(t *testing.T) {
	documented := schemas(t)["reason"].Enum
	if len(documented) != len(plan.Reasons) {
		t.Errorf("%d reasons are documented of %d", len(documented), len(plan.Reasons))
	}
	for _, r := range plan.Reasons {
		m := plan.Message{Held: []plan.Held{{Reason: r, Count: 1}}}
		d := planned(&m, Style{})
		word := d.Held[0].Reason
		if !slices.Contains(documented, any(word)) {
			t.Errorf("%q is not documented", word)
		}
		if by := totals(&plan.Plan{Messages: []plan.Message{m}}).ByReason; d.Counts[word] != 1 || by[word] != 1 {
			t.Errorf("%q is another word in counts (%v) or by_reason (%v)", word, d.Counts, by)
		}
	}
}

func TestNumbersAreInALineOnlyWhereTheyAreShown(t *testing.T) {
	for name, numbers := range map[string]bool{"masked": false, "shown": true} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			NewStream(&b, clock, "0.1.0").Plan(broadcast(t), Style{Numbers: numbers})
			if got := strings.Contains(b.String(), `"recipients":["+`); got != numbers {
				t.Errorf("numbers shown: %v; want %v in\n%s", got, numbers, b.String())
			}
		})
	}
}

func TestFirstErrorOfTheWriterEndsAStream(t *testing.T) {
	s := NewStream(brokenPipe{}, clock, "0.1.0")
	s.Error(errors.New("x"))
	if s.Err() == nil {
		t.Error("Err() = nil after a failed write")
	}
	var none *Stream
	none.Error(errors.New("x"))
	if err := none.Err(); err != nil {
		t.Errorf("Err() of no stream = %v", err)
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }
