package apply_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/smsplan/smsplan/internal/apply"
	"github.com/smsplan/smsplan/internal/simulator"
)

// bubble is when every bubble of synctest begins.
var bubble = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func TestTheGatewayIsAskedWhatTheMessageSays(t *testing.T) {
	const all = `
  from              = "12025550100"
  flash             = true
  max_segments      = 3
  validity          = "90m"
  receipts          = true
  callbacks         = ["final", "errors"]
  priority          = 1
  max_credits       = 2
  escalate          = true
  features          = ["numeric_sender", "flash"]
  mobile_originated = true
`
	asked := simulator.Content{
		Flash: true, Ack: true, Validity: 90, Concat: 3, Callback: 6, MaxCredits: 2, Features: 544, Queue: 1, Escalate: true, MO: true, Type: "SMS_FLASH",
	}
	later := bubble.Add(3 * 24 * time.Hour).Format(time.RFC3339)
	for name, tt := range map[string]struct {
		binding, extra string
		want           simulator.Content
	}{
		"all, as document":        {"document", all, asked},
		"all, as rpc":             {"rpc", all, asked},
		"a fraction of a credit":  {"rpc", "  max_credits = 1.5", simulator.Content{Concat: 10, Queue: 2, MaxCredits: 1.5}},
		"nothing":                 {"document", "", simulator.Content{Concat: 10, Queue: 2}},
		"receipts":                {"document", "  receipts = true", simulator.Content{Concat: 10, Queue: 2, Ack: true, Callback: 7}},
		"receipts, not pushed":    {"document", "  receipts = true\n  callbacks = []", simulator.Content{Concat: 10, Queue: 2, Ack: true}},
		"scheduled":               {"document", fmt.Sprintf("  deliver_at = %q", later), simulator.Content{Concat: 10, Queue: 2, Delay: 3 * 24 * 60, Validity: 4 * 24 * 60}},
		"scheduled, not for long": {"document", fmt.Sprintf("  deliver_at = %q\n  validity = \"30m\"", later), simulator.Content{Concat: 10, Queue: 2, Delay: 3 * 24 * 60, Validity: 3*24*60 + 30}},
		"pushed, without receipt": {"document", `  callbacks = ["intermediate"]`, simulator.Content{Concat: 10, Queue: 2, Callback: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, 1, nil, func(w *world) {
				w.binding, w.extra = tt.binding, tt.extra
				if got := w.apply(w.t.Context(), apply.Options{}); got.err != nil || got.report.Sent != 1 {
					w.t.Fatalf("%+v, %v", got.report, got.err)
				}
				if diff := cmp.Diff(tt.want, w.gateway.Messages()[0].Content); diff != "" {
					w.t.Errorf("content (-want +got):\n%s", diff)
				}
			})
		})
	}
}
