package render

import (
	"testing"
	"time"

	"github.com/smsplan/smsplan/internal/plan"
)

// What is written and what the gateway does are both told.
func TestAnAgendaNamesTheTimeAtWhichTheGatewaySends(t *testing.T) {
	soon := plan.Agenda{AtOnce: 1, Scheduled: 2, First: noon.Add(4 * time.Minute), Last: noon.Add(4 * time.Minute)}
	for want, notBefore := range map[string]time.Time{
		"1 at once, 2 at 2026-03-02 12:04 UTC":                                      {},
		"1 at once, 2 at 2026-03-02 12:04 UTC, by the gateway not before 12:10 UTC": noon.Add(10 * time.Minute),
	} {
		soon.NotBefore = notBefore
		if got := agenda(soon); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
