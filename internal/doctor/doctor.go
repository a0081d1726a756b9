// Package doctor judges whether a configuration can send, from here and now: it looks at the configuration, the checkout, the
// state and the gateway, and says of each thing whether it is as it should be and what to do where it is not. It sends nothing
// and records nothing. Whatever it finds, it goes on: what cannot be known because of that is not checked.
package doctor

import (
	"context"
	"time"

	"github.com/smsplan/smsplan/internal/apply"
	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/plan"
	"github.com/smsplan/smsplan/internal/state"
)

// Status is what came of a check.
type Status string

// Statuses. Only what failed keeps the configuration from sending.
const (
	OK         Status = "ok"
	Warning    Status = "warning"
	Failed     Status = "failed"
	NotChecked Status = "not_checked"
)

// Check is one thing that was looked at. Its texts may repeat what the configuration, a file or the gateway says.
type Check struct {
	Group  string // "configuration", "state", "plan", "checkout" or "gateway"
	Name   string
	Status Status
	Text   string // what was found
	Remedy string // what to do about it; "" where there is nothing to do
}

// Report is all checks, in their order.
type Report struct{ Checks []Check }

// Count gives how many checks have a status.
func (r *Report) Count(s Status) int {
	n := 0
	for _, c := range r.Checks {
		if c.Status == s {
			n++
		}
	}
	return n
}

// Ready reports whether nothing has failed.
func (r *Report) Ready() bool { return r.Count(Failed) == 0 }

// Patient is what is looked at.
type Patient struct {
	Config   *config.Config
	Findings []config.Diagnostic // of reading the configuration and the lock file
	Invalid  bool                // there are errors among them

	GatewayKnown, StateKnown bool // Config says where they are, errors or not

	Workspace      string
	WorkspaceFault error
	Settings       state.Settings
	Entered        bool  // the lock file names the state
	Belongs        error // why the configuration must not use the state, as far as that is known without reading it

	Notes string // directory of this checkout's notes of the workspace
	Spool string // where statuses of the gateway wait

	Saved      *plan.Plan // a saved plan; nil for planning now
	SavedFault error

	Gateway      *apply.Gateway // nil where it cannot be spoken to
	GatewayFault error          // why
	Version      string
	Now          time.Time
}

// examination is one look at a patient.
type examination struct {
	Patient
	report Report
	group  string
	past   *state.Snapshot // nil where the state could not be read
	place  state.Condition
	plan   *plan.Plan // what would be sent; nil where it is not known
	why    string     // it is not
}

// Examine carries out all checks.
func Examine(ctx context.Context, p Patient) *Report {
	e := &examination{Patient: p}
	e.group = "configuration"
	e.configuration()
	e.group = "state"
	e.state(ctx)
	e.group = "plan"
	e.planned()
	e.group = "checkout"
	e.checkout(ctx)
	e.group = "gateway"
	e.gateway(ctx)
	return &e.report
}

func (e *examination) add(name string, s Status, text, remedy string) {
	e.report.Checks = append(e.report.Checks, Check{e.group, name, s, text, remedy})
}

func (e *examination) ok(name, text string)           { e.add(name, OK, text, "") }
func (e *examination) warn(name, text, remedy string) { e.add(name, Warning, text, remedy) }
func (e *examination) fail(name, text, remedy string) { e.add(name, Failed, text, remedy) }
func (e *examination) simulated() bool                { return e.Config.Gateway.Kind == "simulator" }

// unchecked says of each of the checks why it was not made.
func (e *examination) unchecked(because string, names ...string) {
	for _, name := range names {
		e.add(name, NotChecked, because, "")
	}
}
