package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/render"
	"github.com/smsplan/smsplan/internal/state"
)

func (p *program) stateCommand() *cli.Command {
	cmd := &cli.Command{
		Name:  "state",
		Usage: "look into the ledger of what was sent, and care for it",
		Commands: []*cli.Command{
			p.stateListCommand(),
			p.stateShowCommand(),
			p.stateMoveCommand(),
			p.stateRemoveCommand(),
			p.statePullCommand(),
			p.statePushCommand(),
			p.stateAdoptCommand(),
			p.stateRecoverCommand(),
			p.stateForgetCommand(),
			p.stateVerifyCommand(),
			p.stateCompactCommand(),
			p.stateUnlockCommand(),
		},
	}
	group(p, cmd)
	return cmd
}

func (p *program) stateListCommand() *cli.Command {
	var l ledgering
	var json bool
	return p.leaf(&cli.Command{
		Name:  "list",
		Usage: "list the messages with their sends by outcome",
		Flags: append(l.flags(), jsonFlag(&json)),
	}, 0, func(ctx context.Context, _ []string) error {
		return p.showState(ctx, "state list", l, json)
	})
}

func (p *program) stateShowCommand() *cli.Command {
	var l ledgering
	var json bool
	var number string
	return p.leaf(&cli.Command{
		Name:      "show",
		Usage:     "show one message, or what became of one number",
		ArgsUsage: "ADDRESS",
		Flags: append(l.flags(), jsonFlag(&json),
			&cli.StringFlag{Name: "number", Usage: "tell the outcome for `NUMBER` alone, in international form", Destination: &number}),
	}, 1, func(ctx context.Context, args []string) error {
		if len(args) == 0 {
			return fmt.Errorf("state show needs the address of a message; state list lists them")
		}
		if number != "" {
			return p.showNumber(ctx, l, args[0], number, json)
		}
		_, seen, err := p.inspect(ctx, "state show", l)
		if err != nil {
			return err
		}
		var meant []state.Summary
		for _, m := range seen.Messages {
			if m.Address == args[0] {
				meant = append(meant, m)
			}
		}
		if len(meant) == 0 {
			return unknownMessage(args[0])
		}
		if json {
			return render.StateJSON(p.stdout, seen, meant)
		}
		for _, m := range meant {
			if err := render.State(p.stdout, m, p.style(p.stdout)); err != nil {
				return err
			}
		}
		return nil
	})
}

func unknownMessage(address string) error {
	if !strings.HasPrefix(address, "message.") {
		return errors.New("what is meant is the address of a message, such as message.outage; state list lists them")
	}
	return fmt.Errorf("the state knows no message %s; state list lists them", address)
}

// showNumber tells the newest outcome for one number in a word, or all attempts as JSON.
func (p *program) showNumber(ctx context.Context, l ledgering, address, number string, json bool) error {
	n, err := international(number)
	if err != nil {
		return err
	}
	w, _, err := p.inspect(ctx, "state show", l)
	if err != nil {
		return err
	}
	var attempts []state.Attempt
	for _, form := range phone.Equivalents(n) {
		found, err := state.History(ctx, w.settings, address, form.E164())
		if err != nil {
			return err
		}
		attempts = append(attempts, found...)
	}
	if json {
		return render.HistoryJSON(p.stdout, address, attempts)
	}
	if len(attempts) == 0 {
		return fmt.Errorf("the state knows nothing of %s under %s", n, address)
	}
	last := attempts[len(attempts)-1]
	word := last.Outcome.String()
	switch d := last.Status.Delivery(); d {
	case state.Scheduled, state.Delivered, state.Failed, state.Expired, state.Stopped:
		if last.Outcome == state.Accepted {
			word = d.String()
		}
	}
	p.print("%s\n", word)
	return nil
}

// international reads the number of a flag.
func international(number string) (phone.Number, error) {
	if !strings.HasPrefix(strings.TrimSpace(number), "+") {
		number = "+" + number
	}
	n, err := phone.Parse(number, "")
	if err != nil {
		return n, fmt.Errorf("-number: %w", err)
	}
	return n, nil
}

func (p *program) stateUnlockCommand() *cli.Command {
	return p.leaf(&cli.Command{
		Name:  "unlock",
		Usage: "clear what a process that died has left in the lock file",
		Description: "The lock itself ends with the process that holds it. While that one lives, nothing else can give it back:\n" +
			"the answer says which process it is.",
	}, 0, func(ctx context.Context, _ []string) error {
		w, err := p.load(ctx, "state unlock", config.Options{Scope: config.ScopeState}, ledgering{})
		if err != nil {
			return err
		}
		left, err := state.Unlock(ctx, w.settings)
		switch locked := (*state.LockedError)(nil); {
		case errors.As(err, &locked):
			return fmt.Errorf("%w\nOnly the end of that process unlocks it: wait for it, or interrupt it", err)
		case err != nil:
			return err
		case left == nil:
			p.say("The state is not locked.\n")
		default:
			p.say("Cleared the note of %s (smsplan %s, process %d), which is gone.\n", render.Clean(left.Who), render.Clean(left.Command), left.PID)
		}
		return nil
	})
}
