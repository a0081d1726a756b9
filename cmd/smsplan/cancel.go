package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/plan"
	"github.com/smsplan/smsplan/internal/render"
)

// cancelling is the flags of cancel.
type cancelling struct {
	applying
}

func (p *program) cancelCommand() *cli.Command {
	var f cancelling
	return p.leaf(&cli.Command{
		Name:      "cancel",
		Aliases:   []string{"destroy"},
		Usage:     "withdraw scheduled messages that the gateway still holds",
		ArgsUsage: "[ADDRESS...]",
		Description: "Of the messages named, or of all, whatever the configuration says. smsplan destroy is the same. A message that was sent cannot\n" +
			"be called back. Nobody whose message is withdrawn is sent it again at its revision: raise revision to send it anew.",
		Flags: append(append(assignments(&f.assignments), f.lockFlags()...),
			&cli.BoolFlag{Name: "auto-approve", Usage: "do not ask", Destination: &f.autoApprove},
			&cli.GenericFlag{Name: "allow", Usage: "go beyond the guard `guard.NAME`; may be given several times", Value: &collected[string]{&f.allow, text}},
			&cli.DurationFlag{Name: "resolve-timeout", Usage: "ask again about what has no answer for `DURATION`; 3m where it is not given, 0 for not at all", Value: 3 * time.Minute, Destination: &f.resolveTimeout},
		),
	}, -1, func(ctx context.Context, addresses []string) error {
		return p.cancel(ctx, f, addresses)
	})
}

// cancel withdraws what the gateway holds. The state is held from looking at it to the end.
func (p *program) cancel(ctx context.Context, f cancelling, addresses []string) (err error) {
	if !f.autoApprove {
		if err := p.askable("cancel", "-auto-approve"); err != nil {
			return err
		}
	}
	w, err := p.load(ctx, "cancel", config.Options{Assignments: f.assignments}, f.ledgering)
	if err != nil {
		return err
	}
	s, err := w.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := known(ctx, s, addresses); err != nil {
		return err
	}
	past, err := s.Snapshot(ctx)
	if err != nil {
		return err
	}
	made := plan.Withdraw(w.config, past, now(), version, addresses...)
	if err := made.Allow(f.allow); err != nil {
		return fmt.Errorf("-allow: %w", err)
	}
	if made.Empty() && len(made.Withdrawals) == 0 {
		p.say("The gateway holds nothing of that. A message that was sent cannot be called back.\n")
		return nil
	}
	if err := p.showPlan(made); err != nil {
		return err
	}
	if err := p.blocked(made, w.config); err != nil {
		return err
	}
	if made.Empty() {
		return &exit{status: statusIncomplete}
	}
	if !f.autoApprove {
		question := render.AskCancel(made, p.style(p.stdout))
		answer, err := p.ask(ctx, question.Text)
		if err != nil {
			return err
		}
		if !question.Approves(answer) {
			return &exit{statusDeclined, errors.New("cancel declined; nothing was cancelled")}
		}
	}
	return p.carryOut(ctx, made, &venue{w, s, nil}, f.applying, sending{again: "smsplan cancel" + p.flagged() + render.GoOn(made), only: true})
}
