package main

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"os"

	"github.com/urfave/cli/v3"

	"github.com/smsplan/smsplan/internal/apply"
	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/plan"
	"github.com/smsplan/smsplan/internal/render"
	"github.com/smsplan/smsplan/internal/state"
)

// mostAsked is how many messages one look asks about.
const mostAsked = 300

// following is the flags of status.
type following struct {
	ledgering
	assignments []config.Assignment
	watch, json bool
	rate        float64
}

func (p *program) deliveriesCommand() *cli.Command {
	var f following
	return p.leaf(&cli.Command{
		Name:      "status",
		Usage:     "show what became of the messages, and ask the gateway about those that are not final",
		ArgsUsage: "[ADDRESS...]",
		Description: "For the messages named or for all. At most 300 are asked about at a time, the newest first; what the gateway says is recorded. The\n" +
			"state is held for moments only. Where everything is final, no gateway is needed. -watch asks again and again until then.",
		Flags: append(append(assignments(&f.assignments), f.flags()...),
			jsonFlag(&f.json),
			&cli.BoolFlag{Name: "watch", Usage: "ask again and again, until everything is final or you interrupt it", Destination: &f.watch},
			&cli.FloatFlag{Name: "rate", Usage: "`N` questions a second, at most; 20 where it is not given", Destination: &f.rate, HideDefault: true},
		),
	}, -1, func(ctx context.Context, addresses []string) (err error) {
		switch {
		case f.watch && f.json:
			return errors.New("status -json is one document, and -watch never ends with one: run status -json again and again instead")
		case !(f.rate >= 0) || math.IsInf(f.rate, 0): // NaN is neither
			return errors.New("-rate is a number above zero")
		}
		w, err := p.load(ctx, "status", config.Options{Assignments: f.assignments, Scope: config.ScopeSend}, f.ledgering)
		if err != nil {
			return err
		}
		look := look{program: p, workspace: w, following: &f, addresses: addresses, asked: map[string]int{}}
		defer func() { err = errors.Join(err, look.close()) }()
		if f.watch {
			return look.watching().until(ctx)
		}
		seen, failed := look.once(ctx)
		if seen == nil {
			return failed
		}
		if f.json {
			return errors.Join(seen.JSON(p.stdout), failed)
		}
		return errors.Join(seen.Write(p.stdout, p.style(p.stdout)), failed)
	})
}

// look looks at the messages of a state, and asks about them.
type look struct {
	*program
	*workspace
	*following
	addresses []string
	gateway   *connection    // nil until something is asked
	asked     map[string]int // how often, by apimsgid or climsgid
}

func (l *look) close() error {
	if l.gateway == nil {
		return nil
	}
	return l.gateway.Close()
}

// once asks once, and gives what is known then. Where asking fails it gives that too.
func (l *look) once(ctx context.Context) (*render.Deliveries, error) {
	seen, err := l.seen(ctx)
	if err != nil {
		return nil, err
	}
	if len(seen.Messages) == 0 {
		return seen, nil
	}
	waiting, err := l.await(ctx)
	if err != nil {
		return nil, err
	}
	var failed error
	list, later := l.choose(waiting.List)
	if len(list) > 0 {
		asked, err := l.ask(ctx, list)
		if failed = err; asked == nil {
			return nil, err
		}
		record := context.WithoutCancel(ctx)
		if seen, err = l.seen(record); err != nil {
			return nil, errors.Join(failed, err)
		}
		if waiting, err = l.await(record); err != nil {
			return nil, errors.Join(failed, err)
		}
		seen.Asked, seen.Later = asked, later+len(list)-asked.Asked-asked.OtherAccount
	}
	seen.Open = waiting.Open
	return seen, failed
}

// known gives what is known before anybody is asked.
func (l *look) known(ctx context.Context) (*render.Deliveries, error) {
	seen, err := l.seen(ctx)
	if err != nil || len(seen.Messages) == 0 {
		return seen, err
	}
	waiting, err := l.await(ctx)
	if err != nil {
		return nil, err
	}
	seen.Open = waiting.Open
	return seen, nil
}

func (l *look) watching() *watching {
	return &watching{
		known: l.known, look: l.once,
		out: l.stdout, errors: l.stderr, style: l.style(l.stdout), redraws: l.redraws(l.stdout),
		interrupted: func() bool { return l.signals.status() == statusInterrupted },
	}
}

// seen gives the messages that are meant. A simulator's state that has not been made yet is empty.
func (l *look) seen(ctx context.Context) (*render.Deliveries, error) {
	if _, err := os.Lstat(l.settings.Path); l.settings.Lineage == "" && errors.Is(err, fs.ErrNotExist) {
		return &render.Deliveries{}, nil
	}
	past, err := state.Inspect(ctx, l.settings)
	if err == nil && past.Mismatch != nil {
		err = past.Mismatch
	}
	if err != nil {
		return nil, err
	}
	seen := &render.Deliveries{}
	meant := map[string]bool{}
	for _, a := range l.addresses {
		meant[a] = true
	}
	found := map[string]bool{}
	for _, m := range past.Messages {
		if len(meant) == 0 || meant[m.Address] {
			seen.Messages = append(seen.Messages, m)
			found[m.Address] = true
		}
	}
	for a := range meant {
		if !found[a] {
			err = errors.Join(err, unknownMessage(a))
		}
	}
	return seen, err
}

func (l *look) await(ctx context.Context) (state.Awaiting, error) {
	return state.Await(ctx, l.settings, now(), l.addresses...)
}

// choose gives those to ask about now: of all that can be, those asked about least often, the newest first; and how many are left.
func (l *look) choose(all []state.Awaited) (list []state.Awaited, later int) {
	least := -1
	for i := range all {
		if n := l.asked[all[i].Name()]; least < 0 || n < least {
			least = n
		}
	}
	for n := least; len(list) < mostAsked && len(list) < len(all) && n <= least+1; n++ {
		for i := range all {
			if l.asked[all[i].Name()] == n && len(list) < mostAsked {
				list = append(list, all[i])
			}
		}
	}
	for i := range list {
		l.asked[list[i].Name()]++
	}
	return list, len(all) - len(list)
}

// ask asks, and records what is learnt. It gives nil where nothing could be asked.
func (l *look) ask(ctx context.Context, list []state.Awaited) (*apply.Followed, error) {
	if l.gateway == nil {
		gateway, err := l.connect(plan.GatewayOf(l.config.Gateway), l.workspace, true)
		if err != nil {
			return nil, err
		}
		l.gateway = gateway
	}
	record := context.WithoutCancel(ctx)
	asked, err := apply.Follow(ctx, l.gateway.Gateway, list, apply.FollowOptions{
		Rate:   l.rate,
		Record: func(seen []state.Observation) error { return l.observe(record, seen) },
	})
	return &asked, err
}
