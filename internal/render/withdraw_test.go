package render

import (
	"testing"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/plan"
	"github.com/smsplan/smsplan/internal/state"
)

func TestAWordSaysWhatHappensToAMessage(t *testing.T) {
	none, one := 0, 1
	for _, c := range []struct {
		sends, cancels, anew int
		most                 *int
		word, symbol         string
	}{
		{3, 0, 0, nil, "send", "+"},
		{3, 3, 3, nil, "cancel and send anew", "-/+"},
		{3, 5, 3, nil, "cancel and send anew", "-/+"},
		{3, 2, 1, nil, "send, and cancel", "+"},
		{0, 2, 0, nil, "cancel", "-"},
		{0, 1, 0, &one, "cancel", "-"},
		{0, 2, 0, &one, "blocked", "!"},
		{3, 0, 0, &none, "send", "+"},
		{0, 0, 0, nil, "nothing", ""},
	} {
		for _, gone := range []bool{false, true} {
			if gone && (c.sends > 0 || c.cancels == 0) {
				continue
			}
			p := &plan.Plan{Guards: []plan.Guard{{Name: "few", Limits: config.Limits{MaxCancel: c.most}}}}
			if !gone {
				m := plan.Message{Address: "message.m", ToSend: c.sends, Action: plan.None}
				if c.sends > 0 {
					m.Action = plan.Send
				}
				p.Messages = []plan.Message{m}
			}
			if c.cancels > 0 {
				p.Withdrawals = []plan.Withdrawal{{Address: "message.m", Revision: 1, Reason: state.TextChanged, Count: c.cancels, Anew: c.anew, First: noon, Last: noon}}
			}
			got := reviewedGone(p)
			if !gone {
				got = []reviewed{reviewedOf(p, &p.Messages[0])}
			}
			if len(got) != 1 || got[0].Action != c.word || got[0].Symbol != c.symbol {
				t.Errorf("%+v, gone %t: %+v", c, gone, got)
			}
		}
	}
}
