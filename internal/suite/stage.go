package suite

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/smsplan/smsplan/internal/apply"
	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/plan"
	"github.com/smsplan/smsplan/internal/simulator"
	"github.com/smsplan/smsplan/internal/state"
)

// Stage is a state and a simulator that nothing leads out of: no network is opened, and Close throws both away.
type Stage struct {
	Dir   string // a directory of its own
	State *state.State

	simulator *simulator.Simulator
	wire      *wire
}

// Setting is what a stage begins with. The zero Setting is an empty state and a gateway that has taken nothing.
type Setting struct {
	Like      *state.Settings   // the state that is copied, where there is one
	Who       string            // user@host
	Command   string            // that it is for
	Version   string            // of smsplan
	Simulator simulator.Options // Dir and Outbox are left out
	Taken     string            // directory in which a simulator keeps what it has taken, "" for nothing
}

// NewStage makes a stage. What is copied stays as it is.
func NewStage(ctx context.Context, from Setting) (_ *Stage, err error) {
	s := &Stage{}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	if s.Dir, err = os.MkdirTemp("", "smsplan-"+from.Command+"-*"); err != nil {
		return nil, err
	}
	if err := s.openState(ctx, from); err != nil {
		return nil, err
	}
	o := from.Simulator
	o.Dir, o.Outbox = "", ""
	if from.Taken != "" {
		o.Dir = filepath.Join(s.Dir, "simulator")
		if err := simulator.CopyStore(from.Taken, o.Dir); err != nil {
			return nil, err
		}
	}
	if s.simulator, err = simulator.New(o); err != nil {
		return nil, err
	}
	s.wire = connect(s.simulator)
	return s, nil
}

// openState makes the state, or copies it.
func (s *Stage) openState(ctx context.Context, from Setting) (err error) {
	path := filepath.Join(s.Dir, "smsplan.state")
	settings, found := state.Settings{}, false
	if from.Like != nil {
		if settings, found, err = state.Copy(ctx, *from.Like, path); err != nil {
			return err
		}
	}
	if !found {
		settings = state.Settings{
			Path: path, Kind: state.Simulator, Anchor: path + ".anchor",
			Who: from.Who, Command: from.Command, Version: from.Version, PhoneMetadata: phone.MetadataVersion(),
		}
		if from.Like != nil {
			settings.Kind, settings.Key, settings.Workspace = from.Like.Kind, from.Like.Key, from.Like.Workspace
		}
		id, err := state.Create(ctx, settings)
		if err != nil {
			return err
		}
		settings.Lineage = id.Lineage
	}
	s.State, err = state.Open(ctx, settings)
	return err
}

// Connect gives the simulator as a gateway, of a plan's settings but for those that lead to another one. Nobody has to be
// spared, so that no rate holds it up.
func (s *Stage) Connect(way plan.Gateway, how apply.Connecting) (*apply.Gateway, error) {
	account := s.simulator.Settings().Accounts[0]
	way.Endpoint, way.APIID = endpoint(way.Binding), account.APIIDs[0]
	way.Namespace, way.SOAPAction, way.CAFile = "", "", ""
	way.Rate = 0
	how.Dial = s.wire.dial
	return apply.Connect(way, apply.Credentials{User: account.User, Password: "demo"}, how)
}

// Close throws everything away.
func (s *Stage) Close() error {
	var errs []error
	if s.wire != nil {
		s.wire.end()
	}
	if s.simulator != nil {
		errs = append(errs, s.simulator.Close())
	}
	if s.State != nil {
		errs = append(errs, s.State.Close())
	}
	if s.Dir != "" {
		errs = append(errs, os.RemoveAll(s.Dir))
	}
	return errors.Join(errs...)
}
