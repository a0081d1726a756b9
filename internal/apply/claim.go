package apply

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/state"
)

// claim claims the whole plan and gives the requests that have people left.
func (r *run) claim(ctx context.Context, id state.RunID) ([]work, error) {
	var todo []work
	claimed, err := r.ledger.Claim(ctx, id, nil, r.claims(&todo))
	if err != nil {
		return nil, fmt.Errorf("claim the plan: %w", err)
	}
	left := todo[:0]
	for i, c := range claimed {
		w := todo[i]
		w.claim = c
		for _, d := range c.Dropped {
			r.report.drop(d)
			if d.Outcome == state.InDoubt && !d.Stopped {
				r.doubted[d.Request]++
			}
		}
		if c.Request == 0 {
			continue
		}
		if len(c.Dropped) > 0 {
			w.people = without(w.people, c.Dropped)
		}
		left = append(left, w)
	}
	return left, nil
}

// claims gives the requests of the plan, less those who are excluded since it was made, as claims, and notes them in todo.
func (r *run) claims(todo *[]work) iter.Seq[state.Claim] {
	return func(yield func(state.Claim) bool) {
		for i, q := range r.plan.Requests() {
			m := &r.plan.Messages[q.Message]
			people := r.allowed(m.Address, q.People)
			r.report.Already += len(q.People) - len(people)
			r.report.NotAttempted -= len(q.People) - len(people)
			if len(people) == 0 {
				continue
			}
			c := state.Claim{Address: m.Address, Revision: m.Revision, TextDigest: q.Digest(m), People: make(state.Alias, 0, len(people))}
			if m.DeliverAt != nil {
				c.DeliverAt = *m.DeliverAt
			}
			for _, n := range people {
				c.People = r.ledger.AppendAlias(c.People, n.Line().E164())
			}
			*todo = append(*todo, work{index: i, people: people})
			if !yield(c) {
				return
			}
		}
	}
}

// allowed gives the people of a request less those who are excluded since the plan was made.
func (r *run) allowed(address string, people []phone.Number) []phone.Number {
	if r.options.Excluded == nil {
		return people
	}
	excluded := func(n phone.Number) bool { return r.options.Excluded(address, n) }
	if !slices.ContainsFunc(people, excluded) {
		return people
	}
	return slices.DeleteFunc(slices.Clone(people), excluded)
}

// without gives people less those who dropped out.
func without(people []phone.Number, dropped []state.Drop) []phone.Number {
	left := make([]phone.Number, 0, len(people)-len(dropped))
	for i, n := range people {
		if len(dropped) > 0 && dropped[0].Index == i {
			dropped = dropped[1:]
			continue
		}
		left = append(left, n)
	}
	return left
}
