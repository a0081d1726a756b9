package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/urfave/cli/v3"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/render"
	"github.com/smsplan/smsplan/internal/state"
)

func (p *program) stateForgetCommand() *cli.Command {
	var l ledgering
	var number string
	var approve bool
	return p.leaf(&cli.Command{
		Name:  "forget",
		Usage: "remove what is known of a number beyond what keeps it from being sent to twice",
		Description: "Removed are the gateway's ids, statuses and charges, and what a request to this number alone says of its text. What\n" +
			"stays is the pseudonym with the outcomes, and the stop list. Backups, plans and recipient files are yours to clear.",
		Flags: append(l.lockFlags(),
			&cli.StringFlag{Name: "number", Usage: "forget `NUMBER`, in international form", Destination: &number},
			&cli.BoolFlag{Name: "auto-approve", Usage: "do not ask", Destination: &approve}),
	}, 0, func(ctx context.Context, _ []string) (err error) {
		if number == "" {
			return errors.New("state forget needs -number=NUMBER")
		}
		n, err := international(number)
		if err != nil {
			return err
		}
		if !approve {
			if err := p.askable("state forget", "-auto-approve"); err != nil {
				return err
			}
		}
		w, err := p.load(ctx, "state forget", config.Options{Scope: config.ScopeState}, l)
		if err != nil {
			return err
		}
		s, err := w.open(ctx)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, w.close(s)) }()
		forms := phone.Equivalents(n)
		held, err := heldFor(ctx, s, forms)
		if err != nil {
			return err
		}
		if held > 0 {
			p.say("The gateway may still hold %s to %s, which nothing but the id names: once that is forgotten, nothing withdraws what goes out at its time.\n"+
				"To withdraw it first, take the number out of the recipients and apply, or smsplan cancel the message.\n", render.Counted(held, "scheduled message"), n)
		}
		if !approve {
			question := fmt.Sprintf("Forget what is known of %s? This cannot be undone.\n  Only 'yes' will be accepted to forget it.", n)
			if err := p.confirm(ctx, "state forget", question, "yes"); err != nil {
				return err
			}
		}
		var digits []string
		for _, form := range forms {
			digits = append(digits, form.E164())
		}
		found, err := s.Forget(ctx, digits)
		if err != nil {
			return err
		}
		if found.Sends == 0 {
			p.say("The state knows of nothing that was sent to %s.\n", n)
		} else {
			p.say("Forgot the particulars of %s to %s, under %s. It will not get them again.\n", render.Counted(found.Sends, "send"), n, render.Counted(found.Messages, "message"))
		}
		if found.Stopped {
			p.say("It is on the stop list, and stays there.\n")
		}
		return nil
	})
}

// heldFor counts the scheduled messages to a number, in all of its forms, that the gateway may still hold and that can be withdrawn only as
// long as the number is not forgotten.
func heldFor(ctx context.Context, s *state.State, forms []phone.Number) (held int, err error) {
	past, err := s.Snapshot(ctx)
	if err != nil {
		return 0, err
	}
	var aliases []state.Alias
	for _, n := range forms {
		aliases = append(aliases, past.AppendAlias(nil, []byte(n.E164())))
	}
	for _, l := range past.AllPending() {
		for one := range l.Pending(now()) {
			if one.Several && !one.Unnamed && slices.ContainsFunc(aliases, func(a state.Alias) bool { return l.Person(a) == one.Person }) {
				held++
			}
		}
	}
	return held, nil
}
