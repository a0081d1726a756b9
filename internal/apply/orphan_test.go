package apply_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/smsplan/smsplan/internal/apply"
	"github.com/smsplan/smsplan/internal/phone/fiction"
	"github.com/smsplan/smsplan/internal/state"
)

// orphaned applies to 40 people in requests of 10, of which the state cannot take the last two, and gives the file with them.
func orphaned(w *world) string {
	w.t.Helper()
	w.batch, w.connections = 10, 2
	w.opened = func(s *state.State) {
		time.AfterFunc(1500*time.Millisecond, func() { _ = s.Close() })
	}
	got := w.apply(w.t.Context(), apply.Options{OrphanDir: w.dir})
	w.opened = nil
	if got.err == nil || got.report.Sent+got.report.Refused != 40 || got.report.Orphans == "" {
		w.t.Fatalf("%+v, %v", got.report, got.err)
	}
	return got.report.Orphans
}

// reclaim records the outcomes in a file.
func (w *world) reclaim(path string) (apply.Reclaimed, error) {
	w.t.Helper()
	s, err := state.Open(w.t.Context(), w.state)
	if err != nil {
		w.t.Fatal(err)
	}
	file, err := os.Open(path)
	if err != nil {
		w.t.Fatal(err)
	}
	defer file.Close()
	done, err := apply.Reclaim(w.t.Context(), s, file, "ann@desk", "saved by the run")
	if err := s.Close(); err != nil {
		w.t.Error(err)
	}
	return done, err
}

func TestOrphansAreRecordedOnce(t *testing.T) {
	inWorld(t, 40, []string{"delay:for=1s", "refuse:code=114,ending=5"}, func(w *world) {
		path := orphaned(w)
		if counts := w.counts(); counts[state.InDoubt] != 20 {
			w.t.Fatalf("state: %v; want 20 in doubt", counts)
		}
		done, err := w.reclaim(path)
		if err != nil || done.Recorded != 2 || done.Known != 0 {
			w.t.Errorf("%+v, %v; want two recorded", done, err)
		}
		if counts := w.counts(); counts[state.Accepted] != 36 || counts[state.Refused] != 4 {
			w.t.Errorf("state: %v; want 36 accepted and 4 refused", counts)
		}
		last := fiction.Numbers(40)[39].E164()
		history, err := state.History(w.t.Context(), w.state, "message.hello", last)
		if err != nil || len(history) != 1 || history[0].ID == "" && history[0].Outcome == state.Accepted ||
			!strings.Contains(history[0].Evidence, "recorded late by ann@desk: saved by the run") {
			w.t.Errorf("history %+v, %v", history, err)
		}
		done, err = w.reclaim(path)
		if err != nil || done.Recorded != 0 || done.Known != 2 {
			w.t.Errorf("again: %+v, %v; want nothing new", done, err)
		}
		if next := w.apply(w.t.Context(), apply.Options{}); !next.plan.Empty() {
			w.t.Errorf("planned again: %+v", next.plan.Totals())
		}
		if findings, err := state.Verify(w.t.Context(), w.state); err != nil || len(findings) > 0 {
			w.t.Errorf("%v, %v", findings, err)
		}
	})
}

func TestOrphansAreForTheirOwnerAndNameNobody(t *testing.T) {
	inWorld(t, 40, []string{"delay:for=1s", "refuse:code=114,ending=5"}, func(w *world) {
		path := orphaned(w)
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o600 {
			w.t.Errorf("mode %v, %v", info.Mode(), err)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, n := range fiction.Numbers(40) {
			if strings.Contains(string(content), n.E164()) {
				w.t.Error("somebody is named")
			}
		}
		for _, secret := range []string{"demo", w.text} {
			if strings.Contains(string(content), secret) {
				w.t.Errorf("%q is in it", secret)
			}
		}
	})
}

func TestOrphansThatCannotBeSavedAreInTheReport(t *testing.T) {
	inWorld(t, 40, []string{"delay:for=1s"}, func(w *world) {
		w.batch, w.connections = 10, 2
		w.opened = func(s *state.State) {
			time.AfterFunc(1500*time.Millisecond, func() { _ = s.Close() })
		}
		got := w.apply(w.t.Context(), apply.Options{OrphanDir: filepath.Join(w.dir, "people.csv")})
		w.opened = nil
		if got.report.Orphans != "" || len(got.report.Unsaved) != 2 {
			w.t.Fatalf("%+v, %v; want two lines in the report", got.report, got.err)
		}
		w.write("lines.jsonl", "\n"+strings.Join(got.report.Unsaved, "\n"))
		done, err := w.reclaim(filepath.Join(w.dir, "lines.jsonl"))
		if err != nil || done.Recorded != 2 || w.counts()[state.Accepted] != 40 {
			w.t.Errorf("%+v, %v; state %v", done, err, w.counts())
		}
	})
}

func TestWhatIsNoOrphanOfTheStateIsRefused(t *testing.T) {
	inWorld(t, 40, []string{"delay:for=1s"}, func(w *world) {
		content, err := os.ReadFile(orphaned(w))
		if err != nil {
			w.t.Fatal(err)
		}
		lines := string(content)
		edit := func(old, with string) string { return strings.ReplaceAll(lines, old, with) }
		for name, tt := range map[string]struct {
			file    string
			foreign bool
			want    string
		}{
			"another state's":     {edit(w.state.Lineage, strings.Repeat("0", 32)), true, ""},
			"cut short":           {lines[:len(lines)/4], false, "line 1 is not an outcome"},
			"another kind":        {"{}\n", false, "line 1 is not an outcome"},
			"another run's":       {edit(`"run":1`, `"run":2`), false, "another request under its number"},
			"another request's":   {edit(`"climsgid":"`, `"climsgid":"0`), false, "another request under its number"},
			"a request of nobody": {edit(`"request":`, `"request":9`), false, "is not in the state"},
			"fewer people":        {edit(`"people":10`, `"people":9`), false, "another request under its number"},
			"no outcome":          {edit(`"outcome":"accepted"`, `"outcome":"perhaps"`), false, `line 1: "perhaps" is no outcome`},
			"another outcome":     {edit(`"outcome":"accepted"`, `"outcome":"planned"`), false, "no outcome of a request"},
		} {
			w.write("orphans.jsonl", tt.file)
			done, err := w.reclaim(filepath.Join(w.dir, "orphans.jsonl"))
			if err == nil || done.Recorded != 0 || errors.Is(err, apply.ErrForeign) != tt.foreign || !strings.Contains(err.Error(), tt.want) {
				w.t.Errorf("%s: %+v, %v; want %q", name, done, err, tt.want)
			}
		}
		if counts := w.counts(); counts[state.InDoubt] != 20 {
			w.t.Errorf("state: %v; want 20 in doubt as before", counts)
		}
	})
}

// An operator's word gives way to what the gateway had said, but never so that somebody is sent to twice.
func TestOrphansAgainstAnOperatorsWord(t *testing.T) {
	for name, tt := range map[string]struct {
		word     state.Outcome
		orphans  string // the outcome in the file
		want     state.Outcome
		conflict bool
	}{
		"unsent by word, accepted in truth": {state.Unsent, "accepted", state.Accepted, false},
		"unsent by word, refused in truth":  {state.Unsent, "refused", state.Refused, false},
		"sent by word, unsent in truth":     {state.Accepted, "unsent", state.Accepted, true},
		"sent by word, in doubt in truth":   {state.Accepted, "in doubt", state.Accepted, false},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, 40, []string{"delay:for=1s"}, func(w *world) {
				content, err := os.ReadFile(orphaned(w))
				if err != nil {
					w.t.Fatal(err)
				}
				w.write("orphans.jsonl", strings.ReplaceAll(string(content), `"outcome":"accepted"`, `"outcome":"`+tt.orphans+`"`))
				time.Sleep(time.Minute)
				s, err := state.Open(w.t.Context(), w.state)
				if err != nil {
					w.t.Fatal(err)
				}
				doubts, err := s.Doubts(w.t.Context())
				for _, d := range doubts {
					if _, err := s.Resolve(w.t.Context(), d.Request, state.Resolution{Outcome: tt.word, By: "ann", Reason: "asked"}); err != nil {
						w.t.Error(err)
					}
				}
				if err := errors.Join(err, s.Close()); err != nil {
					w.t.Fatal(err)
				}
				_, err = w.reclaim(filepath.Join(w.dir, "orphans.jsonl"))
				if (err != nil) != tt.conflict {
					w.t.Errorf("%v; want a conflict: %v", err, tt.conflict)
				}
				want := 20
				if tt.want == state.Accepted {
					want = 40
				}
				if counts := w.counts(); counts[tt.want] != want {
					w.t.Errorf("state: %v, want %d %s", counts, want, tt.want)
				}
			})
		})
	}
}
