package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/plan"
	"github.com/smsplan/smsplan/internal/render"
	"github.com/smsplan/smsplan/internal/state"
)

func (p *program) stateRecoverCommand() *cli.Command {
	var o opening
	var approve bool
	return p.leaf(&cli.Command{
		Name:      "recover",
		Usage:     "make a state of the newest copy that is left, and of the saved plans at hand",
		ArgsUsage: "COPY [PLAN...]",
		Description: "Whoever the plans may have sent to since the copy was made is in doubt, and so is whatever was under way in it: resolve\n" +
			"asks the gateway. What was sent since then by any other plan is not known, and is sent again: name every plan that you have.",
		Flags: append(o.flags(), &cli.BoolFlag{Name: "auto-approve", Usage: "do not ask", Destination: &approve}),
	}, -1, func(ctx context.Context, args []string) error {
		if len(args) == 0 {
			return errors.New("state recover needs the newest copy of the state, and the saved plans that were applied since it was made")
		}
		if !approve {
			if err := p.askable("state recover", "-auto-approve"); err != nil {
				return err
			}
		}
		return p.recover(ctx, args[0], args[1:], &o, approve)
	})
}

func (p *program) recover(ctx context.Context, from string, paths []string, o *opening, approve bool) error {
	if _, err := os.Stat(from); err != nil {
		return fmt.Errorf("state recover: the copy: %w", cause(err))
	}
	w, err := p.load(ctx, "state recover", config.Options{Scope: config.ScopeState}, ledgering{})
	if err != nil {
		return err
	}
	copied := w.settings
	if copied.Path, err = filepath.Abs(from); err != nil {
		return err
	}
	seen, err := state.Inspect(ctx, copied)
	if err != nil {
		return err
	}
	if w.settings.Lineage == "" {
		w.settings.Lineage = seen.Lineage
	}
	paths, plans, err := p.carried(ctx, paths, o, w.settings.Workspace, w.settings.Lineage)
	if err != nil {
		return err
	}
	if err := p.show(func(out io.Writer, s render.Style) error { return render.Inspection(out, seen, s) }); err != nil {
		return err
	}
	p.say("\n")
	for i, made := range plans {
		p.say("plan     %s, of %s: %s may have been sent to\n", render.Clean(paths[i]), made.Created.UTC().Format(time.RFC3339), peopleOf(made.Totals().ToSend))
	}
	p.say("\nWhat was sent after serial %s and is in no plan named here is not known, and is sent again.\n", render.Count(int(seen.Serial)))
	if !approve {
		question := "Is this the newest copy of the state, and are these all plans that were applied since?\n  Only 'yes' will be accepted to recover from it."
		if err := p.confirm(ctx, "state recover", question, "yes"); err != nil {
			return err
		}
	}
	if err := w.notes(); err != nil {
		return err
	}
	var all []state.Carried
	for _, made := range plans {
		all = append(all, state.Carried{PlanID: string(made.ID), Account: made.Gateway.Account, Names: made.Names(), Requests: carriedRequests(made)})
	}
	r, err := state.Recover(ctx, w.settings, from, all)
	if err != nil {
		return patience(err)
	}
	if err := w.enter(r.Identity); err != nil {
		return err
	}
	p.say("\nRecovered, at serial %s and epoch %s.\n", render.Count(int(r.Serial)), render.Count(int(r.Epoch)))
	doubts := 0
	for i, n := range r.Doubted {
		p.say("In doubt because of %s: %s.\n", render.Clean(paths[i]), peopleOf(n))
		doubts += n
	}
	if r.Open > 0 {
		p.say("In doubt because a run was under way: %s.\n", render.Counted(r.Open, "request"))
	}
	if doubts+r.Open > 0 && !p.automated() {
		p.say("\nNext: smsplan resolve%s, which asks the gateway what became of them. They are not sent to again until that is known.\n", p.flagged())
	}
	return nil
}

// carried reads saved plans that belong to a state, and gives them and their paths in the order in which they were made: what one
// has renamed bears its new name in those after it.
func (p *program) carried(ctx context.Context, paths []string, o *opening, workspace, lineage string) ([]string, []*plan.Plan, error) {
	read := map[string]*plan.Plan{}
	for _, path := range paths {
		made, err := p.openPlan(ctx, path, o)
		if err != nil {
			return nil, nil, err
		}
		if made.Workspace != workspace {
			return nil, nil, fmt.Errorf("%s was made in the workspace %s: it has sent nothing that this state would know", path, render.Clean(made.Workspace))
		}
		if made.State.Lineage != "" && made.State.Lineage != lineage {
			return nil, nil, fmt.Errorf("%s was made against another state: it has sent nothing that this one would know", path)
		}
		read[path] = made
	}
	paths = slices.SortedStableFunc(maps.Keys(read), func(a, b string) int { return cmp.Or(read[a].Created.Compare(read[b].Created), strings.Compare(a, b)) })
	plans := make([]*plan.Plan, len(paths))
	for i, path := range paths {
		plans[i] = read[path]
	}
	return paths, plans, nil
}

// carriedRequests gives the requests of a plan as a run of it would claim them.
func carriedRequests(made *plan.Plan) func(yield func(state.CarriedRequest) bool) {
	return func(yield func(state.CarriedRequest) bool) {
		for part := range made.Parts() {
			c := state.CarriedRequest{Address: made.Messages[part.Message].Address, Revision: part.Revision, Import: true}
			for _, n := range part.People {
				c.Numbers = append(c.Numbers, n.Line().E164())
			}
			if !yield(c) {
				return
			}
		}
		for _, q := range made.Requests() {
			m := &made.Messages[q.Message]
			c := state.CarriedRequest{Address: m.Address, Revision: m.Revision, TextDigest: q.Digest(m), DeliverAt: m.At(q)}
			for _, n := range q.People {
				c.Numbers = append(c.Numbers, n.Line().E164())
			}
			if !yield(c) {
				return
			}
		}
	}
}

func peopleOf(n int) string {
	if n == 1 {
		return "1 person"
	}
	return render.Count(n) + " people"
}
