package apply_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/smsplan/smsplan/internal/apply"
	"github.com/smsplan/smsplan/internal/state"
)

// Where the lock does not keep a second run out, it takes the first for gone and has what that one had not begun. The first
// sends nothing of it any more, says so, and its own answers are recorded.
func TestARunThatIsTakenForGoneGivesItsPeopleUp(t *testing.T) {
	for name, faults := range map[string][]string{
		"all goes well":        {"delay:for=1s"},
		"the gateway stumbles": {"delay:for=1s", "drop-before-answer:every=5", "query-lag:for=20s"},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, 40, faults, func(w *world) {
				w.batch, w.connections = 2, 4
				var second run
				w.watch = func(e apply.Event) {
					if e.Kind != apply.Sent || second.report != nil {
						return
					}
					w.watch = nil
					if err := os.Remove(w.state.Path + ".lock"); err != nil {
						w.t.Error(err)
					}
					second = w.apply(w.t.Context(), apply.Options{ResolveTimeout: -1})
				}
				first := w.apply(w.t.Context(), apply.Options{ResolveTimeout: -1})
				if first.err != nil || first.report.Cause == nil || !strings.Contains(first.report.Cause.Summary, "taken over") {
					w.t.Errorf("the first run: %+v, %v, %v", first.report, first.report.Cause, first.err)
				}
				if second.err != nil || second.report.Sent == 0 {
					w.t.Errorf("the second run: %+v, %v", second.report, second.err)
				}
				// Both know of those whose answers they had, and the gateway of those who are in doubt too.
				twice, taken := w.taken()
				if sent := first.report.Sent + second.report.Sent; twice > 0 || sent > taken {
					w.t.Errorf("%d twice; %d and %d sent, and the gateway took %d", twice, first.report.Sent, second.report.Sent, taken)
				}
				for range 3 {
					time.Sleep(time.Minute) // the gateway knows by then
					w.order()
					w.apply(w.t.Context(), apply.Options{ResolveTimeout: -1})
				}
				_, taken = w.taken()
				if counts := w.counts(); counts[state.Accepted]+counts[state.Unconfirmed] != taken || taken+counts[state.InDoubt] != 40 {
					w.t.Errorf("the gateway took %d; state: %v", taken, counts)
				}
			})
		})
	}
}
