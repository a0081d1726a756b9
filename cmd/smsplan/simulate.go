package main

import (
	"context"
	"io"
	"path/filepath"

	"github.com/smsplan/smsplan/internal/apply"
	"github.com/smsplan/smsplan/internal/plan"
	"github.com/smsplan/smsplan/internal/render"
	"github.com/smsplan/smsplan/internal/simulator"
	"github.com/smsplan/smsplan/internal/state"
	"github.com/smsplan/smsplan/internal/suite"
)

// venue is where an apply takes place: the state that belongs to the configuration and the gateway that it names or, where it is
// simulated, a stage.
type venue struct {
	*workspace
	state *state.State
	stage *suite.Stage // nil where it is not simulated
}

// venue takes the state for exclusive use, or makes a stage with a copy of it.
func (p *program) venue(ctx context.Context, w *workspace, simulate bool) (*venue, error) {
	step := p.step("apply", "Opening the state")
	defer step.Done()
	if simulate {
		stage, err := w.rehearsal(ctx)
		if err != nil {
			return nil, patience(err)
		}
		return &venue{w, stage.State, stage}, nil
	}
	if err := w.ensure(ctx); err != nil {
		return nil, err
	}
	s, err := w.open(ctx)
	if err != nil {
		return nil, err
	}
	return &venue{w, s, nil}, nil
}

// rehearsal makes a stage on which everything is as it is here, and nothing is true.
func (w *workspace) rehearsal(ctx context.Context) (*suite.Stage, error) {
	faults, err := parseFaults(w.config.Gateway.Faults)
	if err != nil {
		return nil, err
	}
	setting := suite.Setting{
		Like: &w.settings, Who: who(), Command: "apply", Version: version,
		Simulator: simulator.Options{Faults: faults, Elsewhere: w.settings.Kind == state.Real},
	}
	if w.settings.Kind == state.Simulator {
		setting.Taken = filepath.Join(w.notesDir(), "simulator")
	}
	return suite.NewStage(ctx, setting)
}

// close gives the state back, or throws the stage away.
func (v *venue) close() error {
	if v.stage != nil {
		return v.stage.Close()
	}
	return v.workspace.close(v.state)
}

// simulated reports whether nothing that happens here is true.
func (v *venue) simulated() bool { return v.stage != nil }

// connectAt makes the connection to the gateway of a plan. A stage asks for no credentials.
func (p *program) connectAt(v *venue, g plan.Gateway, asks bool) (*connection, error) {
	if v.stage == nil {
		return p.connect(g, v.workspace, asks)
	}
	gateway, err := v.stage.Connect(g, apply.Connecting{Log: p.log})
	if err != nil {
		return nil, err
	}
	return &connection{gateway, func() error { return nil }}, nil
}

// orphans is where outcomes go that the state could not take.
func (v *venue) orphans() string {
	if v.stage != nil {
		return v.stage.Dir
	}
	return v.notesDir()
}

// announce says before anything else that an apply is simulated.
func (p *program) announce(simulate bool) error {
	if !simulate {
		return nil
	}
	p.stream.Simulated()
	return p.show(func(w io.Writer, s render.Style) error { return render.Announce(w, s) })
}
