package apply_test

import (
	"slices"
	"testing"

	"github.com/smsplan/smsplan/internal/apply"
	"github.com/smsplan/smsplan/internal/state"
)

// A runner that knows a line by a former form of its number has sent to it since the plan was made.
func TestASavedPlanFindsWhatWasSentUnderAFormerFormOfTheNumber(t *testing.T) {
	inWorld(t, 1, nil, func(w *world) {
		w.more = `
recipients "line" {
  numbers = ["+52 55 0000 0000"]
}

message "line" {
  to   = [recipients.line]
  text = "Line."
}
`
		w.apply(w.t.Context(), apply.Options{})
		w.more = w.more[:len(w.more)-2] + "  revision = 2\n}\n"
		w.saved = w.plan(w.t.Context())
		if to := w.saved.Totals().ToSend; to != 1 {
			w.t.Fatalf("%d to send, want the line", to)
		}
		w.opened = func(s *state.State) {
			ctx := w.t.Context()
			run, err := s.StartRun(ctx, state.Run{})
			if err != nil {
				w.t.Fatal(err)
			}
			former := state.Claim{Address: "message.line", Revision: 2, People: s.AppendAlias(nil, "5215500000000")}
			claimed, err := s.Claim(ctx, run, nil, slices.Values([]state.Claim{former}))
			if err != nil {
				w.t.Fatal(err)
			}
			if err := s.Begin(ctx, claimed[0].Request); err != nil {
				w.t.Fatal(err)
			}
			if err := s.Settle(ctx, claimed[0].Request, state.Settlement{Outcome: state.Accepted}); err != nil {
				w.t.Fatal(err)
			}
		}
		if got := w.apply(w.t.Context(), apply.Options{}); got.err != nil || got.report.Already != 1 || got.report.Sent != 0 {
			w.t.Errorf("%+v, %v; want nothing sent", got.report, got.err)
		}
	})
}
