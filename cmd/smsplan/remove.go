package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/urfave/cli/v3"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/render"
	"github.com/smsplan/smsplan/internal/state"
)

func (p *program) stateRemoveCommand() *cli.Command {
	var l ledgering
	var approve bool
	var count int
	return p.leaf(&cli.Command{
		Name:      "rm",
		Usage:     "forget what was sent under an address: it can be sent to everybody again",
		ArgsUsage: "ADDRESS",
		Description: "Not for erasing what is known of a person: that is state forget. To send a message anew, raise its revision instead,\n" +
			"and nothing is forgotten. The number of sends must be typed, or given with -count.",
		Flags: append(l.lockFlags(),
			&cli.BoolFlag{Name: "auto-approve", Usage: "do not ask; needs -count", Destination: &approve},
			&cli.IntFlag{Name: "count", Usage: "the number of sends that is to be forgotten is `N`", Value: -1, HideDefault: true, Destination: &count}),
	}, 1, func(ctx context.Context, args []string) (err error) {
		if len(args) == 0 {
			return errors.New("state rm needs the address of a message; state list lists them")
		}
		if approve && count < 0 {
			return errors.New("state rm -auto-approve needs -count=N, the number of sends that is to be forgotten; state show tells it")
		}
		if !approve {
			if err := p.askable("state rm", "-auto-approve -count=N"); err != nil {
				return err
			}
		}
		w, err := p.load(ctx, "state rm", config.Options{Scope: config.ScopeState}, l)
		if err != nil {
			return err
		}
		w.settings.Keyless = true
		s, err := w.open(ctx)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, w.close(s)) }()
		sends, err := p.showSends(ctx, s, args[0])
		if err != nil {
			return err
		}
		if count < 0 {
			count = sends
		}
		if !approve {
			question := fmt.Sprintf("Forget these sends? Whoever is in the configuration gets the message again.\n"+
				"  Only the number of sends, %s, will be accepted to forget them.", render.Count(sends))
			if err := p.confirm(ctx, "state rm", question, fmt.Sprint(sends), render.Count(sends)); err != nil {
				return err
			}
		}
		if err := s.Remove(ctx, args[0], count); err != nil {
			return err
		}
		p.say("Forgot %s of %s.\n", render.Counted(sends, "send"), render.Clean(args[0]))
		return nil
	})
}

// showSends shows what the state has of a message, and counts its sends.
func (p *program) showSends(ctx context.Context, s *state.State, address string) (sends int, err error) {
	past, err := s.Snapshot(ctx)
	if err != nil {
		return 0, err
	}
	known, held := false, 0
	for _, l := range past.AllPending() {
		for one := range l.Pending(now()) {
			if one.Address == address {
				held++
			}
		}
	}
	for _, m := range past.Messages() {
		if m.Address != address {
			continue
		}
		known = true
		if err := render.State(p.stdout, m, p.style(p.stdout)); err != nil {
			return 0, err
		}
		for _, n := range m.Counts {
			sends += n
		}
	}
	if !known {
		return 0, unknownMessage(address)
	}
	if held > 0 {
		p.say("\nThe gateway may still hold %s of these, which go out at their time: once they are forgotten, nothing withdraws them.\nTo withdraw them first: smsplan cancel %s\n",
			render.Counted(held, "scheduled message"), render.Clean(address))
	}
	return sends, nil
}
