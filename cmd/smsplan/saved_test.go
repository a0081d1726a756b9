package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/smsplan/smsplan/internal/plan"
	"github.com/smsplan/smsplan/internal/seal"
)

// smsplan runs the program in the test's own process and working directory.
func smsplan(t *testing.T, args ...string) (status int, out string) {
	t.Helper()
	var b bytes.Buffer
	status = run(t.Context(), append([]string{"smsplan"}, args...), strings.NewReader(""), &b, &b, nil)
	return status, b.String()
}

func TestPlansOfOtherTablesAreStale(t *testing.T) {
	const window = `gateway "simulator" {}

recipients "all" {
  numbers = ["+1 202 555 0143"]
}

message "hello" {
  to   = [recipients.all]
  text = "Hello."

  window {
    from     = "08:00"
    to       = "20:00"
    timezone = "UTC"
  }
}
`
	for name, tt := range map[string]struct {
		configuration []byte
		change        func(*plan.Plan)
		want          string
	}{
		"phone metadata": {starter, func(p *plan.Plan) { p.PhoneMetadata = "v0.0.1" }, "stale: it was made with phone metadata v0.0.1"},
		"time zones":     {[]byte(window), func(p *plan.Plan) { p.TimeZones = "1999z" }, "stale: it was made with time zones of release 1999z"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			if err := os.WriteFile("main.sms.hcl", tt.configuration, 0o600); err != nil {
				t.Fatal(err)
			}
			if got, out := smsplan(t, "plan", "-out=x.smsplan"); got != 0 {
				t.Fatalf("plan: status %d\n%s", got, out)
			}
			made, err := readPlan("x.smsplan")
			if err != nil {
				t.Fatal(err)
			}
			tt.change(made)
			if err := save(made, "x.smsplan", &seal.Recipients{}); err != nil {
				t.Fatal(err)
			}
			got, out := smsplan(t, "apply", "x.smsplan")
			if got != statusMismatch || !strings.Contains(out, tt.want) {
				t.Errorf("apply: status %d, want %d\n%s", got, statusMismatch, out)
			}
			if _, err := os.Stat("smsplan.state"); err == nil {
				t.Error("a stale plan has made a state")
			}
		})
	}
}

func TestExpectedPlanThatIsDoneSaysSo(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("main.sms.hcl", starter, 0o600); err != nil {
		t.Fatal(err)
	}
	_, out := smsplan(t, "plan")
	_, rest, _ := strings.Cut(out, "Plan ID: ")
	id, _, _ := strings.Cut(rest, "\n")
	if _, err := plan.ParseID(id); err != nil {
		t.Fatal(err)
	}
	if got, out := smsplan(t, "apply", "-auto-approve", "-expect="+id); got != 0 {
		t.Fatalf("apply: status %d\n%s", got, out)
	}
	got, out := smsplan(t, "apply", "-auto-approve", "-expect="+id)
	if got != statusMismatch || !strings.Contains(out, "Nothing is left to send. Already sent: 2 of 2.") {
		t.Errorf("apply again: status %d, want %d\n%s", got, statusMismatch, out)
	}
}

// The Plan ID says nothing of files on the machine that applies: whoever could write a path into a plan could have any file written.
func TestASavedPlanNamesNoFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("main.sms.hcl", starter, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, out := smsplan(t, "plan", "-out=x.smsplan"); got != 0 {
		t.Fatalf("plan: status %d\n%s", got, out)
	}
	made, err := readPlan("x.smsplan")
	if err != nil {
		t.Fatal(err)
	}
	made.Gateway.Outbox, made.Gateway.CAFile = "elsewhere", "ca.pem"
	if err := save(made, "x.smsplan", &seal.Recipients{}); err != nil {
		t.Fatal(err)
	}
	if got, out := smsplan(t, "apply", "-expect="+string(made.ID), "x.smsplan"); got != 0 {
		t.Fatalf("apply: status %d\n%s", got, out)
	}
	if _, err := os.Stat("elsewhere"); err == nil {
		t.Error("the plan has had a file written that the configuration does not name")
	}
}
