package render

import (
	"fmt"
	"strings"
	"testing"

	"github.com/rivo/uniseg"

	"github.com/smsplan/smsplan/internal/plan"
)

// rich has much of what a card can show.
const rich = `
gateway "simulator" {
  rate = 100
}

tariff {
  currency = "EUR"
  default  = 0.05
  country  = { US = 0.0075, SE = 0.041 }
}

guard "blast_radius" {
  max_recipients = 3
  countries      = ["SE", "US"]
}

recipients "customers" {
  region     = "AU"
  on_invalid = "skip"
  exclude    = [recipients.opted_out]
  csv {
    path   = "customers.csv"
    number = "mobile"
  }
}

recipients "opted_out" {
  numbers = ["+1 202 555 0105"]
}

message "alarm" {
  to       = [recipients.customers]
  text     = "停电了。请远离电线。👨\u200d👩 Alarm ${recipient.name}."
  on_doubt = "resend"
}

message "far" {
  to         = [recipients.customers]
  text       = "In spring."
  deliver_at = "2026-04-01T12:00:00Z"
}

message "outage" {
  to   = [recipients.customers]
  from = "ACME"
  text = "Power is out in ${recipient.suburb}. We are working on it, and expect it to be back by 18:00. Call +1 202 555 0199 if anything smells of burning; keep away from lines."

  window {
    from     = "08:00"
    to       = "20:00"
    timezone = "recipient"
  }
}
`

func TestPlanLooksLikeItsGoldenAtEveryWidth(t *testing.T) {
	p := made(t, map[string]string{"main.sms.hcl": rich, "customers.csv": customers})
	allowed := made(t, map[string]string{"main.sms.hcl": rich, "customers.csv": customers})
	if err := allowed.Allow([]string{"guard.blast_radius"}); err != nil {
		t.Fatal(err)
	}
	for width, of := range map[int]*plan.Plan{40: p, 80: p, 120: p, 200: allowed} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			golden(t, fmt.Sprintf("plan-rich-%d.txt", width), []byte(textOf(t, of, Style{Width: width})))
		})
	}
}

func TestAGuardIsNoWiderThanThePage(t *testing.T) {
	p := made(t, map[string]string{"main.sms.hcl": `
gateway "simulator" {}

guard "near" {
  countries = ["AU", "CA", "DE", "GB", "SE"]
}

recipients "all" {
  numbers = ["+12025550101"]
}

message "hello" {
  to   = [recipients.all]
  text = "Hello"
}
`})
	text := textOf(t, p, Style{Width: 40})
	for line := range strings.SplitSeq(text, "\n") {
		if wide := uniseg.StringWidth(line); wide > 40 {
			t.Errorf("%q is %d columns wide", line, wide)
		}
	}
	if !strings.Contains(text, "            # this plan has US 1\n") {
		t.Errorf("what the plan has is not in\n%s", text)
	}
}
