package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/urfave/cli/v3"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/render"
	"github.com/smsplan/smsplan/internal/state"
)

func (p *program) statePushCommand() *cli.Command {
	var l ledgering
	return p.leaf(&cli.Command{
		Name:      "push",
		Usage:     "move the state to another path",
		ArgsUsage: "PATH",
		Description: "Nothing may be there yet. The file that stays behind is a tombstone: it refuses everything and says where the state is.\n" +
			"Interrupted, run it again with the same path.",
		Flags: l.lockFlags(),
	}, 1, func(ctx context.Context, args []string) error {
		if len(args) == 0 {
			return errors.New("state push needs the path where the state is to be")
		}
		to, err := filepath.Abs(args[0])
		if err != nil {
			return err
		}
		w, err := p.keeping(ctx, "state push", l)
		if err != nil {
			return err
		}
		id, err := state.Push(ctx, w.settings, to)
		if err != nil {
			return patience(err)
		}
		p.say("Moved to %s, at serial %s.\n", render.Clean(to), render.Count(int(id.Serial)))
		p.say("Put path = %q into the state block. What stays behind is a tombstone: it can be deleted once that works.\n", to)
		return nil
	})
}

// keeping loads what a command needs that writes the file of the state anew, with the directory for its notes.
func (p *program) keeping(ctx context.Context, command string, l ledgering) (*workspace, error) {
	w, err := p.load(ctx, command, config.Options{Scope: config.ScopeState}, l)
	if err != nil {
		return nil, err
	}
	return w, w.notes()
}

func (p *program) stateCompactCommand() *cli.Command {
	var l ledgering
	return p.leaf(&cli.Command{
		Name:        "compact",
		Usage:       "write the state's file anew without the room that nothing uses",
		Description: "Nothing is forgotten. It needs as much room again while it works.",
		Flags:       l.lockFlags(),
	}, 0, func(ctx context.Context, _ []string) error {
		w, err := p.keeping(ctx, "state compact", l)
		if err != nil {
			return err
		}
		before, after, err := state.Compact(ctx, w.settings)
		if err != nil {
			return patience(err)
		}
		p.say("The state has %s now, and had %s.\n", kilobytes(after), kilobytes(before))
		return nil
	})
}

func kilobytes(n int64) string { return fmt.Sprintf("%s kB", render.Count(int((n+999)/1000))) }
