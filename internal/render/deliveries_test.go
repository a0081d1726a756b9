package render

import (
	"bytes"
	"strings"
	"testing"

	"github.com/smsplan/smsplan/internal/apply"
	"github.com/smsplan/smsplan/internal/state"
)

func someDeliveries() *Deliveries {
	return &Deliveries{
		Messages: []state.Summary{{
			Address: "message.outage[\"\u202een\"]", Revision: 2,
			Counts: map[state.Outcome]int{state.Accepted: 1200, state.Unconfirmed: 3, state.InDoubt: 1},
			Tally: state.Tally{
				Deliveries: map[state.Delivery]int{state.Delivered: 1000, state.OnItsWay: 100, state.Failed: 40, state.Scheduled: 50, state.Untold: 10},
				Charged:    1140, Charge: 912_400_000, Measured: 1000, Segments: 1010, Priced: 808_000_000,
			},
		}},
		Asked: &apply.Followed{Asked: 300, Answered: 298, Unknown: 2, OtherAccount: 1}, Open: 160, Later: 20,
	}
}

func TestDeliveriesAreAFunnel(t *testing.T) {
	var out bytes.Buffer
	if err := someDeliveries().Write(&out, Style{}); err != nil {
		t.Fatal(err)
	}
	const want = `# message.outage["\u202een"], revision 2
  sent              1,200   100 % ████████████████████████
  with the network  1,100    91 % ██████████████████████
  delivered         1,000    83 % ████████████████████
  scheduled            50
  failed               40
  unknown              10
  unconfirmed           3
  in doubt              1
  charged           912.4 credits for 1,140 messages of 1,200; planned were 1,010 segments for 1,000 of them, so 0.8 credits a segment

Asked about 300 messages of 320, the newest: 298 answered, 2 not known to the gateway, or not yet. smsplan status asks about more. 1 message went through another account of the gateway, which alone can tell.
`
	if got := out.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for _, width := range []int{40, 60, 80} {
		out.Reset()
		if err := someDeliveries().Write(&out, Style{Width: width}); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(out.String()) {
			if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > width {
				t.Errorf("%d columns, not %d: %s", n, width, line)
			}
		}
	}
}

func TestDeliveriesHaveTheDocumentedForm(t *testing.T) {
	for name, d := range map[string]*Deliveries{"some": someDeliveries(), "none": {}} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			if err := d.JSON(&out); err != nil {
				t.Fatal(err)
			}
			conform(t, "deliveries", out.Bytes())
		})
	}
}
