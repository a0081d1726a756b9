package render

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/plan"
	"github.com/smsplan/smsplan/internal/state"
)

// manyPlans gives plans of every kind.
func manyPlans(t *testing.T) map[string]*plan.Plan {
	priced := strings.Replace(outage, `gateway "simulator" {`, `tariff {
  currency = "EUR"
  default  = 0.0312345
}

guard "few" {
  max_recipients = 3
  max_cost       = 0.01
  countries      = ["SE"]
}

check "short" {
  assert {
    condition     = message.outage["sv"].segments_max == 0
    error_message = "It is not."
  }
}

gateway "simulator" {`, 1)
	windowed := strings.Replace(outage, `  from  = "ACME"`, `  from  = "ACME"
  window {
    from     = "18:00"
    to       = "20:00"
    timezone = "recipient"
  }`, 1)
	imported := outage + `
import {
  to = message.outage["en"]
  csv {
    path   = "had.csv"
    number = "mobile"
  }
}
`
	files := func(main string) map[string]string {
		return map[string]string{"main.sms.hcl": main, "customers.csv": customers, "had.csv": "mobile\n+1 202 555 0101\n+1 202 555 0101\n+1 202 555 0133\n"}
	}
	plans := map[string]*plan.Plan{
		"a broadcast":       made(t, files(outage)),
		"a blocked plan":    made(t, files(priced)),
		"an allowed plan":   made(t, files(priced)),
		"a window":          made(t, files(windowed)),
		"an import":         made(t, files(imported)),
		"a time":            made(t, files(strings.Replace(outage, `  from  = "ACME"`, `  deliver_at = "2026-03-04T08:00:00+02:00"`, 1))),
		"too early":         made(t, files(strings.Replace(outage, `  from  = "ACME"`, `  deliver_at = "2026-04-04T08:00:00+02:00"`, 1))),
		"nobody":            made(t, files(strings.Replace(outage, "recipient.lang == each.key", "recipient.lang == \"xx\"", 1))),
		"binary":            made(t, files(strings.Replace(strings.Replace(outage, `"ACME"`, `"12025550100"`, 1), `  text  = "${recipient.name}: ${format(each.value, recipient.suburb)}"`, "  binary {\n    udh  = \"0605040B8423F0\"\n    data = \"1B06\"\n  }", 1))),
		"every reason":      broadcast(t),
		"nothing but held":  broadcast(t),
		"some of them anew": broadcast(t),
	}
	if err := plans["an allowed plan"].Allow([]string{"guard.few"}); err != nil {
		t.Fatal(err)
	}
	for i, reason := range plan.Reasons {
		for _, name := range []string{"every reason", "nothing but held"} {
			m := &plans[name].Messages[i%2]
			n := 1000*i + 7
			m.Held = append(m.Held, plan.Held{Reason: reason, Count: n, Note: "for the test"})
			m.Rows += n
		}
	}
	silenced(plans["nothing but held"])
	plans["every reason"].Listed, plans["nothing but held"].Listed = false, false
	for _, name := range []string{"cancels", "cancels blocked", "nothing but cancels"} {
		p := broadcast(t)
		p.Withdrawals = allWithdrawals(p.Messages[0].Address, p.Messages[1].Address, `message.gone["x"]`, "message.other")
		p.Messages[0].Restored, p.Messages[0].Retried, p.Messages[0].Attempts = 1, 1, 2
		plans[name] = p
	}
	most := 3
	plans["cancels blocked"].Guards = []plan.Guard{{Name: "few", Messages: []string{"message.other"}, Limits: config.Limits{MaxCancel: &most}}}
	silenced(plans["nothing but cancels"])
	again := &plans["some of them anew"].Messages[0]
	again.Doubting = config.Doubting{OnDoubt: config.Resend}
	again.Again, again.Tried, again.TextChanged = 2, 2, 5
	return plans
}

// silenced makes a plan one that sends nothing.
func silenced(p *plan.Plan) {
	for i := range p.Messages {
		m := &p.Messages[i]
		m.Action, m.ToSend, m.Countries, m.Sizes, m.Segments, m.Requests, m.Rows = plan.None, 0, nil, nil, 0, 0, m.Rows-m.ToSend
		m.Restored, m.Retried = 0, 0
	}
	for i := range p.Withdrawals {
		p.Withdrawals[i].Anew = 0
	}
}

// whys are all reasons to withdraw.
var whys = []state.Why{state.BlockGone, state.PersonGone, state.Superseded, state.TextChanged, state.TimeChanged, state.ByCommand}

// allWithdrawals gives withdrawals of every reason at each address; of the first one person is sent to anew.
func allWithdrawals(addresses ...string) (list []plan.Withdrawal) {
	for k, address := range addresses {
		for i, why := range whys {
			w := plan.Withdrawal{Address: address, Revision: 1, Reason: why, Count: 1000*k + i + 1, First: noon, Last: noon}
			switch why {
			case state.BlockGone:
				w.Unsettled, w.Last = 5, noon.Add(time.Hour)
			case state.PersonGone:
				w.Count, w.Foreign = 0, 7
			case state.TextChanged:
				w.Anew = max(0, 1-k)
			}
			list = append(list, w)
		}
	}
	return list
}

func TestThePlansOfTheComparisonAreOfEveryKind(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range manyPlans(t) {
		if !p.Empty() {
			seen["something"] = true
		}
		seen["blocked"] = seen["blocked"] || len(p.Blocking()) > 0
		seen["imports"] = seen["imports"] || p.Totals().ToImport > 0
		seen["costs"] = seen["costs"] || p.Totals().Cost != nil
		seen["scheduled"] = seen["scheduled"] || p.Due(4) != nil
		for reason := range p.Totals().ByReason {
			seen[reason] = true
		}
		for _, w := range p.Withdrawals {
			seen[whyWords[w.Reason]] = true
		}
		seen["gone"] = seen["gone"] || p.Gone() != nil
	}
	for _, words := range whyWords {
		if !seen[words] {
			t.Errorf("nothing is cancelled because %s", words)
		}
	}
	for _, kind := range append(slices.Clone(plan.Reasons), "something", "blocked", "imports", "costs", "scheduled", "gone") {
		if !seen[kind] {
			t.Errorf("none has %s", kind)
		}
	}
}
