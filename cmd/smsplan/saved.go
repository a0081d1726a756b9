package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/plan"
	"github.com/smsplan/smsplan/internal/render"
	"github.com/smsplan/smsplan/internal/state"
	"github.com/smsplan/smsplan/internal/zone"
)

// applySaved sends what a saved plan says, less those who must not be sent to any more.
func (p *program) applySaved(ctx context.Context, path string, f applying) (err error) {
	if err := f.shaping.refused(path); err != nil {
		return err
	}
	if err := p.announce(f.simulate); err != nil {
		return err
	}
	made, err := p.openPlan(ctx, path, &f.opening)
	if err != nil {
		return err
	}
	if err := p.within(made); err != nil {
		return err
	}
	if err := f.expected(made); err != nil {
		return err
	}
	o := f.options()
	o.Preset = made.Variables
	if o.Preset == nil {
		o.Preset = map[string]json.RawMessage{}
	}
	o.Scope = config.ScopeSend
	for _, m := range made.Messages {
		o.Sets = append(o.Sets, m.Excludes...)
	}
	w, err := p.load(ctx, "apply", o, f.ledgering)
	if err != nil {
		return err
	}
	if err := w.fits(ctx, made); err != nil {
		return err
	}
	if err := blockedSaved(made); err != nil {
		return err
	}
	// Files of this machine are those that the configuration names, wherever the plan was made and whoever has had it since.
	made.Gateway.CAFile, made.Gateway.Outbox = w.config.Gateway.CAFile, w.config.Gateway.Outbox
	excluded := w.excluded(made)
	at, err := p.venue(ctx, w, f.simulate)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, at.close()) }()
	begun, err := at.state.Begun(ctx, string(made.ID), made.Created)
	if err != nil {
		return err
	}
	if !begun && made.Expired(now()) {
		return &exit{statusMismatch, fmt.Errorf("%s is from %s and has expired: plans are begun within 24 hours", path, made.Created.Format(time.RFC3339))}
	}
	if err := at.state.CheckNames(ctx, string(made.ID), made.Names()); err != nil {
		return outdated(err)
	}
	if made.Empty() {
		p.say("%s\n", render.NoChanges(made))
	}
	if idle, err := p.idle(ctx, made, at); err != nil || idle {
		return err
	}
	if err := room(made, at.state); err != nil {
		return err
	}
	return p.carryOut(ctx, made, at, f, sending{again: "smsplan apply" + p.flagged() + " " + render.Clean(path), excluded: excluded})
}

// outdated refuses a plan whose names are others by now; other errors stay what they are.
func outdated(err error) error {
	if old := (*state.OutdatedError)(nil); errors.As(err, &old) {
		return stale("%s", render.Clean(old.Why))
	}
	return err
}

// stale refuses a saved plan that no longer belongs to the configuration.
func stale(format string, args ...any) error {
	return &exit{statusMismatch, fmt.Errorf("the plan is stale: "+format+"; plan again", args...)}
}

// fits checks that a saved plan was made for this account, by a program that reads numbers as this one does, and for this
// state or an earlier one of it.
func (w *workspace) fits(ctx context.Context, made *plan.Plan) error {
	if made.State.Lineage != "" && made.State.Lineage != w.settings.Lineage {
		return stale("it was made against another state")
	}
	now := plan.GatewayOf(w.config.Gateway)
	if now.Account != made.Gateway.Account {
		return stale("it was made for another gateway account than the configuration's")
	}
	// The credentials are the configuration's: they go where it says and nowhere else.
	if now.Endpoint != made.Gateway.Endpoint {
		return stale("it was made for another endpoint than the configuration's")
	}
	// Who is the same person, and so on an exclude list or sent to already, may differ between versions.
	if used := phone.MetadataVersion(); made.PhoneMetadata != used {
		return stale("it was made with phone metadata %s, and this smsplan has %s", made.PhoneMetadata, used)
	}
	// Which people's window is open may differ too.
	if used := zone.Version(); made.TimeZones != "" && made.TimeZones != used {
		return stale("it was made with time zones of release %s, and this smsplan has %s", made.TimeZones, used)
	}
	for _, m := range made.Messages {
		for _, name := range m.Excludes {
			if w.config.Sets[name] == nil {
				return stale("it leaves out recipients.%s, which the configuration no longer has", name)
			}
		}
	}
	if made.State.Serial == 0 {
		return nil
	}
	then := w.settings
	then.Expect = fmt.Sprintf("%d:%s", made.State.Serial, made.State.Head)
	seen, err := state.Inspect(ctx, then)
	if err == nil && seen.Mismatch != nil {
		err = fmt.Errorf("the plan was made when the state was at serial %d: %w", made.State.Serial, seen.Mismatch)
	}
	return err
}

// excluded tells whom the exclude sources of a saved plan's messages hold by now. The plan must fit.
func (w *workspace) excluded(made *plan.Plan) func(address string, n phone.Number) bool {
	sets := map[string]map[phone.Number]bool{}
	gone := map[string][]map[phone.Number]bool{}
	for _, m := range made.Messages {
		for _, name := range m.Excludes {
			if sets[name] == nil {
				sets[name] = lines(w.config.Sets[name])
			}
			gone[m.Address] = append(gone[m.Address], sets[name])
		}
	}
	return func(address string, n phone.Number) bool {
		return slices.ContainsFunc(gone[address], func(lines map[phone.Number]bool) bool { return lines[n.Line()] })
	}
}

// lines gives the lines of a set's members.
func lines(s *config.Set) map[phone.Number]bool {
	members := map[phone.Number]bool{}
	for _, n := range s.Numbers() {
		members[n.Line()] = true
	}
	return members
}
