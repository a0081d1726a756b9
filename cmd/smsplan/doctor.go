package main

import (
	"context"
	"errors"
	"io"

	"github.com/urfave/cli/v3"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/doctor"
	"github.com/smsplan/smsplan/internal/plan"
	"github.com/smsplan/smsplan/internal/render"
)

func (p *program) doctorCommand() *cli.Command {
	var f reading
	var l ledgering
	var o opening
	var json bool
	return p.leaf(&cli.Command{
		Name:      "doctor",
		Usage:     "say whether this configuration can send from here, and what to do where it cannot",
		ArgsUsage: "[PLAN]",
		Description: "It looks at the configuration, the state, the checkout and the gateway: name, connection, certificate, sign-in, coverage, balance and\n" +
			"clock. Coverage is asked with one number of each country in PLAN, or in what would be planned. Nothing is sent and nothing is\n" +
			"recorded. Every check is made, whatever the others find; status 1 says that one has failed.",
		Flags: append(append(append(f.flags(), l.flags()...), o.flags()...), jsonFlag(&json)),
	}, 1, func(ctx context.Context, args []string) (err error) {
		if len(args) == 0 && len(o.identities) > 0 {
			return errors.New("-identity opens a saved plan that is encrypted, and none is named\nName it: smsplan doctor -identity=FILE PLAN")
		}
		patient, w := p.patient(ctx, f, l)
		if err := ctx.Err(); err != nil {
			return err
		}
		if len(args) > 0 {
			patient.Saved, patient.SavedFault = p.shownPlan(ctx, args[0], &o)
			if patient.SavedFault == nil {
				patient.SavedFault = p.within(patient.Saved)
			}
		}
		if patient.GatewayKnown {
			g := plan.GatewayOf(w.config.Gateway)
			g.Outbox = "" // nothing is sent
			gateway, err := p.connectTo(g, w.config.Gateway, "", true)
			if err != nil {
				patient.GatewayFault = err
			} else {
				patient.Gateway = gateway.Gateway
				defer func() { err = errors.Join(err, gateway.Close()) }()
			}
		}
		found := doctor.Examine(ctx, patient)
		if err := ctx.Err(); err != nil {
			return err // what was found after an interrupt says nothing
		}
		if json {
			err = render.DoctorJSON(p.stdout, found)
		} else {
			err = p.show(func(w io.Writer, s render.Style) error { return render.Doctor(w, found, s) })
		}
		if err == nil && !found.Ready() {
			return &exit{status: statusError}
		}
		return err
	})
}

// patient reads the configuration, or as much of it as can be.
func (p *program) patient(ctx context.Context, f reading, l ledgering) (doctor.Patient, *workspace) {
	patient := doctor.Patient{Version: version, Now: now()}
	name, fault := p.selected()
	if fault == nil {
		fault = p.enterable(name, "doctor")
	}
	patient.Workspace, patient.WorkspaceFault = name, fault
	o := config.Options{Assignments: f.assignments, AllowPaths: f.allowPaths}
	c, diagnostics := p.configuration(ctx, o)
	lock, more := config.ReadLock(".")
	found := diagnostics.Append(more)
	patient.Findings, patient.Invalid = found.List(), found.HasErrors()
	patient.GatewayKnown, patient.StateKnown = !diagnostics.HasErrors(), !found.HasErrors()
	for _, less := range []config.Scope{config.ScopeSend, config.ScopeState} {
		if patient.StateKnown {
			break
		}
		o.Scope = less
		some, diagnostics := p.configuration(ctx, o)
		if !diagnostics.HasErrors() && !more.HasErrors() {
			c, patient.StateKnown, patient.GatewayKnown = some, true, less == config.ScopeSend
		}
	}
	w := p.workspaceOf(c, name, "doctor", l)
	patient.Config = c
	if patient.StateKnown && patient.WorkspaceFault == nil {
		patient.Belongs = w.belong(lock)
		_, patient.Entered = lock.Workspaces[name]
		patient.Notes, patient.Spool = w.notesDir(), w.spoolDir()
	}
	patient.Settings = w.settings
	return patient, w
}
