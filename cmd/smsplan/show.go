package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/urfave/cli/v3"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/render"
	"github.com/smsplan/smsplan/internal/state"
)

func (p *program) showCommand() *cli.Command {
	var l ledgering
	var json bool
	return p.leaf(&cli.Command{
		Name:      "show",
		Usage:     "show a saved plan, or what the state holds",
		ArgsUsage: "[PLAN]",
		Flags: append(l.flags(), jsonFlag(&json),
			&cli.BoolFlag{Name: "show-numbers", Usage: "show telephone numbers unmasked", Destination: &p.numbers}),
	}, 1, func(ctx context.Context, args []string) error {
		if len(args) == 0 {
			return p.showState(ctx, "show", l, json)
		}
		made, err := readPlan(args[0])
		if err != nil {
			return err
		}
		if p.workspace != "" {
			if err := p.within(made); err != nil {
				return err
			}
		}
		if json {
			return render.PlanJSON(p.stdout, made, p.style(p.stdout))
		}
		return p.show(func(w io.Writer, s render.Style) error { return render.Plan(w, made, s) })
	})
}

// inspect looks at the state of the configuration in the working directory, for commands that only show it. A simulator's
// state that has not been made yet is empty.
func (p *program) inspect(ctx context.Context, command string, l ledgering) (*workspace, *state.Inspection, error) {
	w, err := p.load(ctx, command, config.Options{Scope: config.ScopeState}, l)
	if err != nil {
		return nil, nil, err
	}
	if _, err := os.Lstat(w.settings.Path); w.settings.Lineage == "" && errors.Is(err, fs.ErrNotExist) {
		return w, &state.Inspection{Kind: w.settings.Kind}, nil
	}
	seen, err := state.Inspect(ctx, w.settings)
	if err == nil && seen.Mismatch != nil {
		err = seen.Mismatch
	}
	return w, seen, err
}

func (p *program) showState(ctx context.Context, command string, l ledgering, json bool) error {
	_, seen, err := p.inspect(ctx, command, l)
	if err != nil {
		return err
	}
	if json {
		return render.StateJSON(p.stdout, seen, seen.Messages)
	}
	style := p.style(p.stdout)
	return errors.Join(render.States(p.stdout, seen.Messages, style), render.Overrides(p.stdout, seen.Overrides, style))
}
