package apply_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/smsplan/smsplan/internal/apply"
	"github.com/smsplan/smsplan/internal/state"
)

// booby is a context that panics, once, when a function whose name ends so asks for its deadline.
type booby struct {
	context.Context
	in     string
	after  int32 // times that it does not
	asked  atomic.Int32
	sprung atomic.Bool
}

func (b *booby) Deadline() (time.Time, bool) {
	if b.called() && b.asked.Add(1) > b.after && b.sprung.CompareAndSwap(false, true) {
		var none []int
		_ = none[b.after]
	}
	return b.Context.Deadline()
}

func (b *booby) called() bool {
	var callers [32]uintptr
	frames := runtime.CallersFrames(callers[:runtime.Callers(2, callers[:])])
	for {
		f, more := frames.Next()
		if strings.HasSuffix(f.Function, b.in) {
			return true
		}
		if !more {
			return false
		}
	}
}

func TestAPanicLeavesWhatWasBegunInDoubtAndTheSummaryWhole(t *testing.T) {
	for name, tt := range map[string]struct {
		in      string
		inDoubt int
	}{
		"with an intent":    {"soap.(*Client).Send", 10},
		"before the intent": {"rate.(*Limiter).WaitN", 0},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, 100, []string{"delay:for=1s"}, func(w *world) {
				w.batch, w.connections, w.auth = 10, 2, "credentials"
				ctx := &booby{Context: w.t.Context(), in: tt.in, after: 4}
				got := w.apply(ctx, apply.Options{ResolveTimeout: -1})
				var crash *apply.Crash
				if !errors.As(got.err, &crash) || !strings.Contains(crash.What, "index out of range") || !strings.Contains(crash.Stack, "crash_test.go") {
					w.t.Fatalf("error %v; want the panic", got.err)
				}
				r := got.report
				if r.InDoubt != tt.inDoubt || r.Sent == 0 || r.Sent+r.InDoubt+r.NotAttempted != 100 || r.NotAttempted < 40 {
					w.t.Errorf("%+v", r)
				}
				counts := w.counts()
				if counts[state.InDoubt] != tt.inDoubt || counts[state.Accepted] != r.Sent || counts[state.Unsent] != r.NotAttempted {
					w.t.Errorf("state: %v; report %+v", counts, r)
				}
				next := w.apply(w.t.Context(), apply.Options{})
				if next.err != nil || next.report.Sent != r.NotAttempted {
					w.t.Errorf("next run: %+v, %v", next.report, next.err)
				}
			})
		})
	}
}

// The display is worth less than what is under way.
func TestADisplayThatPanicsEndsTheRunInOrder(t *testing.T) {
	inWorld(t, 100, []string{"delay:for=1s"}, func(w *world) {
		w.batch, w.connections = 10, 2
		w.watch = func(e apply.Event) {
			if e.Report.Sent == 20 {
				panic("+12025550143")
			}
		}
		got := w.apply(w.t.Context(), apply.Options{})
		var crash *apply.Crash
		if !errors.As(got.err, &crash) || strings.Contains(got.err.Error(), "12025550143") {
			w.t.Errorf("error %v; want the panic, and nobody's number", got.err)
		}
		if got.report.InDoubt != 0 || got.report.Sent == 0 || got.report.NotAttempted == 0 || w.counts()[state.Accepted] != got.report.Sent {
			w.t.Errorf("%+v; state %v", got.report, w.counts())
		}
	})
}

func TestAQuestionThatPanicsLeavesTheDoubt(t *testing.T) {
	inWorld(t, 1, []string{"drop-before-answer"}, func(w *world) {
		w.auth = "credentials"
		w.apply(w.t.Context(), apply.Options{ResolveTimeout: -1})
		got := w.apply(&booby{Context: w.t.Context(), in: "soap.(*Client).Query"}, apply.Options{})
		var crash *apply.Crash
		if !errors.As(got.err, &crash) || w.counts()[state.InDoubt] != 1 {
			w.t.Errorf("%v; state %v", got.err, w.counts())
		}
		if next := w.apply(w.t.Context(), apply.Options{}); next.report.Settled == nil || next.report.Settled.Accepted != 1 {
			w.t.Errorf("%+v, %v", next.report, next.err)
		}
	})
}

// So does a panic beside the workers.
func TestAPingThatPanicsEndsTheRunInOrder(t *testing.T) {
	inWorld(t, 5, nil, func(w *world) {
		slowly(w)
		got := w.apply(&booby{Context: w.t.Context(), in: "apply.(*Gateway).ping"}, apply.Options{})
		var crash *apply.Crash
		if !errors.As(got.err, &crash) {
			w.t.Fatalf("error %v; want the panic", got.err)
		}
		r := got.report
		if r.Sent == 0 || r.InDoubt != 0 || r.Interrupted || r.Sent+r.NotAttempted != 5 || w.counts()[state.Accepted] != r.Sent {
			w.t.Errorf("%+v; state %v", r, w.counts())
		}
	})
}
