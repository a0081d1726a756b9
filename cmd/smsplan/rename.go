package main

import (
	"context"
	"errors"
	"regexp"

	"github.com/urfave/cli/v3"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/render"
	"github.com/smsplan/smsplan/internal/state"
)

// address is how messages are named: message.NAME, with ["KEY"] for an instance.
var address = regexp.MustCompile(`^message\.[\pL_][\pL\pN_-]*(\[".*"\])?$`)

func (p *program) stateMoveCommand() *cli.Command {
	var l ledgering
	return p.leaf(&cli.Command{
		Name:      "mv",
		Usage:     "give a message another name in the state",
		ArgsUsage: "ADDRESS ADDRESS",
		Description: "What was sent under the first address counts under the second from then on. A block without a key stands for all of\n" +
			"its instances. An address under which something was sent already is not a target.",
		Flags: l.lockFlags(),
	}, 2, func(ctx context.Context, args []string) (err error) {
		if len(args) < 2 {
			return errors.New("state mv needs two addresses: what the message is called, and what it is to be called")
		}
		if !address.MatchString(args[1]) {
			return errors.New("state mv: the second argument is no address of a message; one looks like message.outage or message.outage[\"en\"]")
		}
		w, err := p.load(ctx, "state mv", config.Options{Scope: config.ScopeState}, l)
		if err != nil {
			return err
		}
		s, err := w.open(ctx)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, w.close(s)) }()
		moves, err := s.Rename(ctx, args[0], args[1])
		if errors.Is(err, state.ErrNoMessage) {
			return unknownMessage(args[0])
		}
		for _, m := range moves {
			p.say("%s is %s now.\n", render.Clean(m.From), render.Clean(m.To))
		}
		return err
	})
}
