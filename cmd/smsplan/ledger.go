package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/render"
	"github.com/smsplan/smsplan/internal/state"
)

func (p *program) statePullCommand() *cli.Command {
	var l ledgering
	var format string
	return p.leaf(&cli.Command{
		Name:        "pull",
		Usage:       "write every send, sorted, for comparing states",
		Description: "People are pseudonyms. The same state gives the same bytes.",
		Flags: append(l.flags(),
			&cli.StringFlag{Name: "format", Usage: "`jsonl|csv`", Value: "jsonl", Destination: &format}),
	}, 0, func(ctx context.Context, _ []string) error {
		w, _, err := p.inspect(ctx, "state pull", l)
		if err != nil {
			return err
		}
		lines := render.NewLined(p.stdout, format == "jsonl")
		return errors.Join(state.Pull(ctx, w.settings, lines, format), lines.Flush())
	})
}

func (p *program) stateVerifyCommand() *cli.Command {
	return p.leaf(&cli.Command{
		Name:  "verify",
		Usage: "look for damage in the state: the chain of its events, its counts, its file",
		Description: "Status 1 says that there is some. Status 7 says that the state cannot be used as it is, here or by this configuration: it is not\n" +
			"adopted yet, or a copy, say, and the error tells what to do. Whether it is sound is said apart from that.",
	}, 0, func(ctx context.Context, _ []string) error {
		w, err := p.load(ctx, "state verify", config.Options{Scope: config.ScopeState}, ledgering{})
		if err != nil {
			return err
		}
		findings, err := state.Verify(ctx, w.settings)
		outside := (*state.NotAdmitted)(nil)
		if err != nil && !errors.As(err, &outside) {
			return err
		}
		if len(findings) > 0 {
			if outside != nil {
				findings = append(findings, "it "+outside.Mismatch.Problem)
			}
			return fmt.Errorf("the state is not sound:\n  %s", strings.Join(findings, "\n  "))
		}
		p.say("The state is sound.\n")
		overrides, failed := state.Overrides(ctx, w.settings)
		return errors.Join(err, failed, render.Overrides(p.stdout, overrides, p.style(p.stdout)))
	})
}

func (p *program) stateAdoptCommand() *cli.Command {
	var l ledgering
	var approve bool
	return p.leaf(&cli.Command{
		Name:  "adopt",
		Usage: "take the state that is there for the one that this configuration belongs to",
		Description: "For a state that was moved, copied or restored. What was sent since it was copied is not in it, and is sent again:\n" +
			"adopt the newest copy only.",
		Flags: append(l.lockFlags(), &cli.BoolFlag{Name: "auto-approve", Usage: "do not ask", Destination: &approve}),
	}, 0, func(ctx context.Context, _ []string) error {
		w, err := p.load(ctx, "state adopt", config.Options{Scope: config.ScopeState}, l)
		if err != nil {
			return err
		}
		if !approve {
			if err := p.askable("state adopt", "-auto-approve"); err != nil {
				return err
			}
		}
		seen, err := state.Inspect(ctx, w.settings)
		if err != nil {
			return err
		}
		if err := p.show(func(out io.Writer, s render.Style) error { return render.Inspection(out, seen, s) }); err != nil {
			return err
		}
		if !approve {
			question := "Is this the newest copy of the state, and the only one in use?\n  Only 'yes' will be accepted to adopt it."
			if err := p.confirm(ctx, "state adopt", question, "yes"); err != nil {
				return err
			}
		}
		if err := w.notes(); err != nil {
			return err
		}
		if w.settings.Expect == "" {
			w.settings.Expect = seen.Identity.String()
		}
		id, err := state.Adopt(ctx, w.settings)
		if err != nil {
			return patience(err)
		}
		if err := w.enter(id); err != nil {
			return err
		}
		p.say("Adopted, at serial %s.\n", render.Count(int(id.Serial)))
		return nil
	})
}
