package apply_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/smsplan/smsplan/internal/apply"
)

// window puts a window block into the message. The clock of a bubble begins at midnight, UTC.
func (w *world) window(from, to string) {
	w.extra = fmt.Sprintf("\n  window {\n    from     = %q\n    to       = %q\n    timezone = \"UTC\"\n  }", from, to)
}

// delays gives the delays in minutes that messages were taken with, and how many each.
func (w *world) delays() map[int]int {
	count := map[int]int{}
	for _, m := range w.gateway.Messages() {
		count[m.Delay]++
	}
	return count
}

func TestOutsideItsWindowAMessageIsScheduledForTheNextOpening(t *testing.T) {
	for name, tt := range map[string]struct {
		at       time.Duration
		from, to string
		want     int
	}{
		"open":                               {9 * time.Hour, "08:00", "20:00", 0},
		"just opened":                        {8 * time.Hour, "08:00", "20:00", 0},
		"closed":                             {0, "08:00", "20:00", 8 * 60},
		"just closed":                        {20 * time.Hour, "08:00", "20:00", 12 * 60},
		"rounded up":                         {7*time.Hour + 30*time.Second, "08:00", "20:00", 60},
		"too soon for the gateway":           {8*time.Hour - 4*time.Minute, "08:00", "20:00", 10},
		"too soon, and closed again by then": {8*time.Hour - 4*time.Minute, "08:00", "08:06", 24*60 + 4},
		"as soon as the gateway can":         {8*time.Hour - 4*time.Minute, "08:00", "08:07", 10},
		"over midnight":                      {23 * time.Hour, "22:00", "06:00", 0},
		"before midnight":                    {21 * time.Hour, "22:00", "06:00", 60},
		"in the last seconds":                {20*time.Hour - 4*time.Second, "08:00", "20:00", -1},
		"before the last seconds":            {20*time.Hour - 6*time.Second, "08:00", "20:00", 0},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, 2, nil, func(w *world) {
				w.window(tt.from, tt.to)
				time.Sleep(tt.at)
				got := w.apply(w.t.Context(), apply.Options{})
				if tt.want < 0 {
					if got.report.Sent != 0 || got.report.NotAttempted != 2 || got.report.Closed != 2 {
						w.t.Errorf("%+v", got.report)
					}
					return
				}
				if got.err != nil || got.report.Sent != 2 || w.delays()[tt.want] != 2 {
					w.t.Errorf("delays %v, want %d; %+v, %v", w.delays(), tt.want, got.report, got.err)
				}
			})
		})
	}
}

func TestAWindowThatClosesHoldsTheRest(t *testing.T) {
	inWorld(t, 100, nil, func(w *world) {
		w.batch, w.rate, w.connections = 1, 1, 1
		w.window("08:00", "20:00")
		time.Sleep(20*time.Hour - 30*time.Second)
		got := w.apply(w.t.Context(), apply.Options{})
		if sent := got.report.Sent; sent < 20 || sent > 30 || got.report.Closed != 100-sent || got.report.NotAttempted != 100-sent || w.delays()[0] != sent {
			w.t.Fatalf("delays %v, %+v", w.delays(), got.report)
		}
		// They are planned again, for when it opens.
		again := w.apply(w.t.Context(), apply.Options{})
		if again.report.Sent != got.report.Closed || again.report.Closed != 0 || w.delays()[0] != got.report.Sent {
			w.t.Errorf("delays %v, %+v", w.delays(), again.report)
		}
		for delay := range w.delays() {
			if delay != 0 && (delay < 12*60-2 || delay > 12*60) {
				w.t.Errorf("a delay of %d minutes", delay)
			}
		}
	})
}

func TestARequestThatIsTriedAgainIsNotSentAfterTheWindow(t *testing.T) {
	inWorld(t, 1, nil, func(w *world) {
		w.window("08:00", "20:00")
		time.Sleep(20*time.Hour - 10*time.Second)
		w.network.down.Store(true)
		time.AfterFunc(7*time.Second, func() { w.network.down.Store(false) })
		w.auth = "credentials" // else it would be signing in that is tried again
		got := w.apply(w.t.Context(), apply.Options{})
		if got.report.Sent != 0 || got.report.NotAttempted != 1 || got.report.Closed != 1 {
			w.t.Errorf("%+v, %v", got.report, got.err)
		}
	})
}

// The window decides, not the hour at which the plan was made.
func TestASavedPlanGoesByTheWindowWhenItIsApplied(t *testing.T) {
	for name, tt := range map[string]struct {
		planned, applied time.Duration
		want             int
	}{
		"planned before it opened, applied while it is open":      {7 * time.Hour, 9 * time.Hour, 0},
		"planned while it was open, applied when it had closed":   {19 * time.Hour, 21 * time.Hour, 11 * 60},
		"planned before it opened, applied when it had closed":    {7 * time.Hour, 21 * time.Hour, 11 * 60},
		"planned before it opened, applied before it opens again": {7 * time.Hour, 30 * time.Hour, 2 * 60},
		"planned and applied before it opens":                     {5 * time.Hour, 6 * time.Hour, 2 * 60},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, 2, nil, func(w *world) {
				w.window("08:00", "20:00")
				time.Sleep(tt.planned)
				w.saved = w.plan(w.t.Context())
				time.Sleep(tt.applied - tt.planned)
				got := w.apply(w.t.Context(), apply.Options{})
				if got.err != nil || got.report.Sent != 2 || w.delays()[tt.want] != 2 {
					w.t.Errorf("delays %v, want %d; %+v, %v", w.delays(), tt.want, got.report, got.err)
				}
			})
		})
	}
}

func TestNothingWithAWindowIsSentByAWrongClock(t *testing.T) {
	for name, at := range map[string]time.Duration{"open": 9 * time.Hour, "closed": 0} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, 2, nil, func(w *world) {
				w.ahead = 5 * time.Minute
				w.window("08:00", "20:00")
				time.Sleep(at)
				got := w.apply(w.t.Context(), apply.Options{})
				if got.report.Cause == nil || got.report.Sent != 0 || got.report.NotAttempted != 2 {
					w.t.Errorf("%+v, %v", got.report, got.err)
				}
			})
		})
	}
}

func TestATimeOfDeliveryAndAWindowCountTogether(t *testing.T) {
	inWorld(t, 2, nil, func(w *world) {
		w.window("08:00", "20:00")
		w.extra += fmt.Sprintf("\n  deliver_at = %q\n  validity = \"30m\"", time.Now().Add(23*time.Hour).UTC().Format(time.RFC3339))
		got := w.apply(w.t.Context(), apply.Options{})
		if got.err != nil || got.report.Sent != 2 || w.delays()[32*60] != 2 {
			w.t.Errorf("delays %v, %+v, %v", w.delays(), got.report, got.err)
		}
	})
}

// The gateway's shortest delay ends when the window has closed, and by its next opening the message is too late.
func TestWhatTheWindowPutsOffBeyondItsValidityIsTooLate(t *testing.T) {
	for name, tt := range map[string]struct {
		validity   string
		sent, late int
	}{
		"an hour": {"1h", 0, 2},
		"a day":   {"24h", 2, 0},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, 2, nil, func(w *world) {
				w.window("08:00", "20:00")
				time.Sleep(19*time.Hour + 54*time.Minute)
				w.extra += fmt.Sprintf("\n  deliver_at = %q\n  validity = %q", time.Now().Add(time.Minute).UTC().Format(time.RFC3339), tt.validity)
				got := w.apply(w.t.Context(), apply.Options{})
				if got.err != nil || got.report.Sent != tt.sent || got.report.Late != tt.late {
					w.t.Errorf("delays %v, %+v, %v", w.delays(), got.report, got.err)
				}
				if want := 12*60 + 6; tt.sent > 0 && w.delays()[want] != tt.sent {
					w.t.Errorf("delays %v, want %d", w.delays(), want)
				}
			})
		})
	}
}
