package apply_test

import (
	"testing"
	"time"

	"github.com/smsplan/smsplan/internal/apply"
	"github.com/smsplan/smsplan/internal/state"
)

// The gateway keeps a scheduled message for ten minutes at least, so what is due sooner can be withdrawn when its time has passed.
func TestAMessageThatTheGatewayKeepsLongerThanItsTimeIsWithdrawn(t *testing.T) {
	for name, tt := range map[string]struct {
		due, later time.Duration
		held       bool
	}{
		"before its time":                {4 * time.Minute, 2 * time.Minute, true},
		"past its time, and kept":        {4 * time.Minute, 6 * time.Minute, true},
		"gone":                           {4 * time.Minute, 11 * time.Minute, false},
		"within the minute rounded up":   {20*time.Minute + 10*time.Second, 20*time.Minute + 30*time.Second, true},
		"after the minute rounded up":    {20*time.Minute + 10*time.Second, 21*time.Minute + 10*time.Second, false},
		"what was due when it was given": {-time.Minute, time.Minute, false},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, 2, nil, func(w *world) {
				w.text = "One a"
				w.due(time.Now().Add(tt.due))
				if got := w.apply(w.t.Context(), apply.Options{}); got.report.Sent != 2 {
					w.t.Fatalf("%+v", got.report)
				}
				time.Sleep(tt.later)
				w.text = "One b"
				p := w.plan(w.t.Context()).Totals()
				if held := p.ToCancel == 2; held != tt.held {
					w.t.Fatalf("%d to cancel, %d to send", p.ToCancel, p.ToSend)
				}
				if !tt.held {
					return
				}
				if got := w.apply(w.t.Context(), apply.Options{}); got.report.Cancelled != 2 || got.report.Sent != 2 || len(w.live()) != 2 {
					w.t.Errorf("%+v, %v", got.report, w.live())
				}
			})
		})
	}
}

func TestAMessageThatTheGatewayKeepsIsScheduledForAsLong(t *testing.T) {
	inWorld(t, 2, nil, func(w *world) {
		w.due(time.Now().Add(4 * time.Minute))
		w.apply(w.t.Context(), apply.Options{})
		time.Sleep(6 * time.Minute)
		if got := w.delivered()[state.Scheduled]; got != 2 {
			w.t.Errorf("%d are scheduled while the gateway keeps them", got)
		}
		time.Sleep(5 * time.Minute)
		if got := w.delivered()[state.Scheduled]; got != 0 {
			w.t.Errorf("%d are scheduled when they are gone", got)
		}
	})
}

// The climsgid is of the whole request: an answer to it is about somebody else.
func TestNothingIsAskedOfAWithdrawalThatNothingNames(t *testing.T) {
	inWorld(t, 3, nil, func(w *world) {
		w.batch = 3
		w.timeout = 20 * time.Second
		w.schedule("One a")
		w.text = "One b"
		w.order("drop-before-answer:op=delmsg", "drop-before-answer:op=querymsg")
		if got := w.apply(w.t.Context(), apply.Options{ResolveTimeout: -1}); got.report.Withdrawing != 3 {
			w.t.Fatalf("%+v", got.report)
		}
		s, err := state.Open(w.t.Context(), w.state)
		if err != nil {
			w.t.Fatal(err)
		}
		var gone []string
		for _, m := range w.gateway.Messages() {
			gone = append(gone, m.To)
		}
		if _, err := s.Forget(w.t.Context(), gone); err != nil {
			w.t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			w.t.Fatal(err)
		}
		time.Sleep(time.Minute)
		w.order()
		for range 2 {
			if got := w.apply(w.t.Context(), apply.Options{}); got.report.Sent != 0 || w.counts()[state.Withdrawing] != 3 {
				w.t.Errorf("%+v, %v", got.report, w.counts())
			}
		}
	})
}
