package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/urfave/cli/v3"

	"github.com/smsplan/smsplan/internal/apply"
	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/plan"
	"github.com/smsplan/smsplan/internal/render"
	"github.com/smsplan/smsplan/internal/state"
)

// resolving is the flags of resolve.
type resolving struct {
	ledgering
	assignments []config.Assignment
	as, reason  string
	from        string
}

func (p *program) resolveCommand() *cli.Command {
	var f resolving
	return p.leaf(&cli.Command{
		Name:      "resolve",
		Usage:     "settle sends whose outcome is unknown: ask the gateway, or take your word for it",
		ArgsUsage: "[ADDRESS...]",
		Description: "Without -as the gateway is asked about the sends in doubt, with -as your word counts: for the messages named or for all.\n" +
			"Your word is recorded with your name and the reason: those sent are not sent to again, those unsent are. It does not count before\n" +
			"the request's timeout and five seconds are over. -from records the outcomes that an apply has saved beside a state that failed.",
		Flags: append(append(assignments(&f.assignments), f.lockFlags()...),
			&cli.StringFlag{Name: "as", Usage: "`sent|unsent`: what became of them", Destination: &f.as},
			&cli.StringFlag{Name: "reason", Usage: "`TEXT`: how you know", Destination: &f.reason},
			&cli.StringFlag{Name: "from", Usage: "record the outcomes in `FILE`, which an apply has written (.smsplan/orphans-RUN.jsonl)", Destination: &f.from, TakesFile: true},
		),
	}, -1, func(ctx context.Context, addresses []string) (err error) {
		if err := f.check(addresses); err != nil {
			return err
		}
		w, err := p.load(ctx, "resolve", config.Options{Assignments: f.assignments, Scope: config.ScopeSend}, f.ledgering)
		if err != nil {
			return err
		}
		s, err := w.open(ctx)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, w.close(s)) }()
		if err := known(ctx, s, addresses); err != nil {
			return err
		}
		if f.from != "" {
			return p.reclaim(ctx, w, s, f)
		}
		if f.as != "" {
			return p.takeWord(ctx, w, s, f, addresses)
		}
		return p.askGateway(ctx, w, s, addresses)
	})
}

func (f *resolving) check(addresses []string) error {
	switch {
	case f.from != "" && (f.as != "" || len(addresses) > 0):
		return errors.New("resolve -from takes neither -as nor addresses: the file says what became of which requests")
	case f.as == "" && f.from == "" && f.reason != "":
		return errors.New("resolve -reason goes with -as=sent, -as=unsent or -from=FILE")
	case f.as != "" && f.as != "sent" && f.as != "unsent":
		return errors.New("resolve -as: it is sent or unsent")
	case f.as != "" && f.reason == "":
		return errors.New("resolve -as needs -reason=TEXT, which is recorded with your name")
	}
	return nil
}

// known says which of the addresses the state has never had a message under.
func known(ctx context.Context, s *state.State, addresses []string) error {
	if len(addresses) == 0 {
		return nil
	}
	past, err := s.Snapshot(ctx)
	if err != nil {
		return err
	}
	var unknown []error
	for _, a := range addresses {
		if !slices.ContainsFunc(past.Messages(), func(m state.Summary) bool { return m.Address == a }) {
			unknown = append(unknown, unknownMessage(a))
		}
	}
	return errors.Join(unknown...)
}

// askGateway asks about each doubt once. What stays in doubt makes the status 4.
func (p *program) askGateway(ctx context.Context, w *workspace, s *state.State, addresses []string) (err error) {
	left, err := s.Doubts(ctx, addresses...)
	if err != nil {
		return err
	}
	withdrawing, err := s.Withdrawals(ctx, addresses...)
	if err != nil {
		return err
	}
	if len(left)+len(withdrawing) == 0 {
		if len(addresses) > 0 {
			p.say("Nothing of that is in doubt.\n")
		} else {
			p.say("Nothing is in doubt.\n")
		}
		return nil
	}
	gateway, err := p.connect(plan.GatewayOf(w.config.Gateway), w, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, gateway.Close()) }()
	progress := render.NewProgress(p.stdout, p.style(p.stdout), false)
	settled, err := apply.Settle(ctx, s, gateway.Gateway, apply.SettleOptions{Addresses: addresses, Watch: progress.Watch})
	progress.Done()
	if err != nil {
		return err
	}
	if err := p.show(func(w io.Writer, style render.Style) error { return render.Settled(w, settled, style) }); err != nil {
		return err
	}
	if settled.InDoubt+settled.OtherAccount+settled.Withdrawing > 0 {
		return &exit{status: statusDoubt}
	}
	return ctx.Err()
}

// reclaim records the outcomes that an apply has saved when the state failed.
func (p *program) reclaim(ctx context.Context, w *workspace, s *state.State, f resolving) error {
	file, err := os.Open(f.from)
	if err != nil {
		return fmt.Errorf("-from=%s: %w", f.from, cause(err))
	}
	defer file.Close()
	reason := cmp.Or(f.reason, "saved in "+filepath.Base(f.from))
	done, err := apply.Reclaim(ctx, s, file, w.settings.Who, reason)
	if errors.Is(err, apply.ErrForeign) {
		return &exit{statusMismatch, fmt.Errorf("-from=%s: %w", f.from, err)}
	}
	if err != nil {
		err = fmt.Errorf("-from=%s: %w", f.from, err)
	}
	p.say("Requests recorded: %s. Known before: %s.\n", render.Count(done.Recorded), render.Count(done.Known))
	if done.Doubted > 0 {
		p.say("Still in doubt, although the file calls them unsent: %s. An earlier request may have reached them, or a run that the copy which this\n"+
			"state was recovered from did not know of. smsplan resolve asks the gateway; what it cannot tell is yours to settle with smsplan resolve -as.\n", render.Count(done.Doubted))
		err = errors.Join(err, &exit{status: statusDoubt})
	}
	return err
}

// takeWord records what an operator says of those in doubt and of those unconfirmed.
func (p *program) takeWord(ctx context.Context, w *workspace, s *state.State, f resolving, addresses []string) error {
	doubts, err := s.Doubts(ctx, addresses...)
	if err != nil {
		return err
	}
	unconfirmed, err := s.Unconfirmed(ctx, addresses...)
	if err != nil {
		return err
	}
	outcome := state.Accepted
	if f.as == "unsent" {
		outcome = state.Unsent
	}
	var failed error
	people, done := 0, map[state.RequestID]bool{}
	for _, d := range append(doubts, unconfirmed...) {
		if d.InDoubt == 0 {
			continue // its people are in doubt under a later request
		}
		if !done[d.Request] {
			_, err := s.Resolve(ctx, d.Request, state.Resolution{Outcome: outcome, ClientID: d.ClientID, By: w.settings.Who, Reason: f.reason, Timeout: w.config.Gateway.Timeout})
			if err != nil {
				failed = errors.Join(failed, fmt.Errorf("%s: %w", d.Address, err))
				continue
			}
			done[d.Request] = true
		}
		people += d.InDoubt
	}
	withdrawing, err := s.Withdrawals(ctx, addresses...)
	if err != nil {
		return err
	}
	withdrawn := outcome
	if outcome == state.Unsent {
		withdrawn = state.Cancelled // it was accepted; that it does not go out is what the word says
	}
	for _, one := range withdrawing {
		if err := s.ResolveWithdrawal(ctx, one, withdrawn, w.settings.Who, f.reason, w.config.Gateway.Timeout); err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", one.Address, err))
			continue
		}
		people++
	}
	if people == 0 && failed == nil {
		p.say("Nothing of that is in doubt or unconfirmed.\n")
		return nil
	}
	p.say("Recorded as %s: %s.\n", f.as, render.Count(people))
	return failed
}
