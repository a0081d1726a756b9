package apply_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/smsplan/smsplan/internal/apply"
)

func TestThreeDoubtsInARowStopTheRun(t *testing.T) {
	for name, tt := range map[string]struct {
		faults      string
		people      int
		connections int
		options     apply.Options
		sends       int // requests; at most so many more as others were under way
		stops       bool
	}{
		"each answer lost":                {"drop-before-answer", 40, 1, apply.Options{}, 3, true},
		"over all workers":                {"drop-before-answer delay:for=1s", 40, 4, apply.Options{}, 4, true},
		"some of each request lost":       {"missing-line:line=1", 40, 1, apply.Options{}, 3, true},
		"two, then one that is answered":  {"drop-before-answer:every=2", 40, 1, apply.Options{}, 20, false},
		"two in all":                      {"drop-before-answer:times=2", 40, 1, apply.Options{}, 20, false},
		"three, and nothing left to send": {"drop-before-answer", 6, 1, apply.Options{}, 3, false},
		"three, and the run is to go on":  {"drop-before-answer", 40, 1, apply.Options{GoOn: true}, 20, false},
		"unknown codes":                   {"error:code=999,times=100", 40, 1, apply.Options{}, 3, true},
		"unknown codes, and it goes on":   {"error:code=999,times=10", 40, 1, apply.Options{GoOn: true}, 20, false},
		"no credit, and it goes on":       {"error:code=301", 40, 1, apply.Options{GoOn: true}, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, tt.people, strings.Fields(tt.faults), func(w *world) {
				w.batch, w.connections = 2, tt.connections
				tt.options.ResolveTimeout = -1
				got := w.apply(w.t.Context(), tt.options)
				if n := w.gateway.Requests()["sendmsg"]; n < tt.sends || n >= tt.sends+tt.connections {
					w.t.Errorf("%d requests; want %d", n, tt.sends)
				}
				if (got.report.Cause != nil) != tt.stops || got.err != nil || got.report.Interrupted {
					w.t.Errorf("%+v, %v; want it stopped: %v", got.report, got.err, tt.stops)
				}
			})
		})
	}
}

// Doubts that an interrupt makes are nobody's fault.
func TestAnInterruptIsNoRowOfDoubts(t *testing.T) {
	inWorld(t, 40, []string{"delay:for=1s"}, func(w *world) {
		w.batch, w.connections = 2, 8
		ctx, cancel := context.WithCancel(w.t.Context())
		time.AfterFunc(500*time.Millisecond, cancel)
		got := w.apply(ctx, apply.Options{})
		if got.report.InDoubt != 16 || got.report.Cause != nil || !got.report.Interrupted {
			w.t.Errorf("%+v, %v", got.report, got.err)
		}
	})
}

func TestFailuresBeyondTheToleranceStopTheRun(t *testing.T) {
	for allowed, requests := range map[string]int{"0": 1, "1": 2, "5": 6, "10%": 5, "2.5%": 2, "0%": 1, "19": 20, "100%": 20, "50": 20} {
		t.Run(allowed, func(t *testing.T) {
			// Of each request of two people the one with the odd number is refused.
			var odd []string
			for _, digit := range []int{1, 3, 5, 7, 9} {
				odd = append(odd, fmt.Sprintf("refuse:code=114,ending=%d", digit))
			}
			inWorld(t, 40, odd, func(w *world) {
				w.batch, w.connections = 2, 1
				tolerance, err := apply.ParseTolerance(allowed)
				if err != nil || tolerance.String() != allowed {
					w.t.Fatalf("%s, %v", tolerance, err)
				}
				got := w.apply(w.t.Context(), apply.Options{Tolerance: tolerance, GoOn: true})
				if got.report.Requests != requests || got.report.Refused != requests || (got.report.Cause != nil) != (requests < 20) {
					w.t.Errorf("%+v, %v; want %d requests", got.report, got.err, requests)
				}
			})
		})
	}
}

func TestAToleranceIsANumberOrAPercentage(t *testing.T) {
	for _, s := range []string{"", "%", "-1", "1.5", "101%", "1e3", "ten", "5 %", "NaN", "Inf", "+1", "0x10", "1%%"} {
		if tolerance, err := apply.ParseTolerance(s); err == nil {
			t.Errorf("%q is read as %s", s, fmt.Sprint(tolerance))
		}
	}
}

// The question after an internal error is asked once more where its connection breaks.
func TestALookUpThatGetsNoAnswerIsRepeated(t *testing.T) {
	inWorld(t, 1, []string{"error:code=901,op=sendmsg,times=1", "drop-before-answer:op=querymsg,times=1"}, func(w *world) {
		got := w.apply(w.t.Context(), apply.Options{ResolveTimeout: -1})
		if got.err != nil || got.report.Sent != 1 || got.report.InDoubt != 0 {
			w.t.Errorf("%+v, %v; calls %v", got.report, got.err, w.gateway.Requests())
		}
	})
}
