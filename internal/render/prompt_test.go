package render

import (
	"fmt"
	"strings"
	"testing"

	"github.com/smsplan/smsplan/internal/plan"
)

func TestApprovalOfACrowdIsItsNumber(t *testing.T) {
	var rows strings.Builder
	rows.WriteString("mobile,name,suburb,lang\n")
	for i := range 100 {
		fmt.Fprintf(&rows, "+1202555%04d,a,b,en\n", 100+i)
	}
	hundred := made(t, map[string]string{"main.sms.hcl": strings.ReplaceAll(outage, `numbers = ["+1 202 555 0105"]`, `numbers = []`), "customers.csv": rows.String()})
	more := made(t, map[string]string{"main.sms.hcl": strings.ReplaceAll(outage, `numbers = ["+1 202 555 0105"]`, `numbers = []`), "customers.csv": rows.String() + "0491 570 006,a,b,en\n"})
	cancels := &plan.Plan{Withdrawals: []plan.Withdrawal{{Count: 60}, {Count: 41}}}
	fewer := &plan.Plan{Withdrawals: []plan.Withdrawal{{Count: 100}}}
	both := made(t, map[string]string{"main.sms.hcl": strings.ReplaceAll(outage, `numbers = ["+1 202 555 0105"]`, `numbers = []`), "customers.csv": "mobile,name,suburb,lang\n0491 570 006,a,b,en\n"})
	both.Withdrawals = cancels.Withdrawals
	for name, tt := range map[string]struct {
		approval Approval
		answer   string
		want     bool
	}{
		"yes for a hundred":           {Ask(hundred, Style{}), " yes ", true},
		"no for a hundred":            {Ask(hundred, Style{}), "no", false},
		"nothing":                     {Ask(hundred, Style{}), "", false},
		"yes for more":                {Ask(more, Style{}), "yes", false},
		"the number":                  {Ask(more, Style{}), "101", true},
		"another number":              {Ask(more, Style{}), "100", false},
		"yes for what is cancelled":   {Ask(cancels, Style{}), "yes", false},
		"the number cancelled":        {Ask(cancels, Style{}), "101", true},
		"yes to cancel a hundred":     {Ask(fewer, Style{}), "yes", true},
		"cancelled beside a few sent": {Ask(both, Style{}), "101", true},
		"the few sent":                {Ask(both, Style{}), "1", false},
		"with its separator":          {Approval{answers: []string{"34000", "34,000"}}, "34,000", true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := tt.approval.Approves(tt.answer); got != tt.want {
				t.Errorf("Approves(%q) = %v; want %v", tt.answer, got, tt.want)
			}
		})
	}
}
