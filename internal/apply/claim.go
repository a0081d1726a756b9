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
func (r *run) claim(ctx context.Context) ([]work, error) {
	var todo []work
	var imports []int // people of each claim that is an import
	names := r.plan.Names()
	claimed, err := r.ledger.Claim(ctx, r.id, &names, r.claims(&imports, &todo))
	if err != nil {
		return nil, fmt.Errorf("claim the plan: %w", err)
	}
	for i, people := range imports {
		r.report.Imported += people - len(claimed[i].Dropped)
	}
	claimed = claimed[len(imports):]
	left := todo[:0]
	for i, c := range claimed {
		w := todo[i]
		message := r.plan.Request(w.index).Message
		for _, d := range c.Dropped {
			if !d.Stopped && (d.Outcome == state.Withdrawing || d.Outcome == state.Accepted && r.spared[d.Request]) {
				r.report.NotAttempted--
				r.report.OldKept++
				continue
			}
			r.report.drop(d)
			if d.Outcome == state.InDoubt && !d.Stopped {
				r.open[doubted{message, w.people[d.Index].Line()}] = d.Request
			}
		}
		r.report.count(state.InDoubt, len(c.Anew))
		for _, k := range c.Anew {
			r.open[doubted{message, w.people[k].Line()}] = c.Request
		}
		if c.Request != 0 {
			left = append(left, r.taken(w, c))
		}
	}
	return left, nil
}

// taken gives the request that a claim got.
func (r *run) taken(w work, c state.Claimed) work {
	w.claim = c
	r.own[c.Request] = true
	if len(c.Anew) > 0 {
		all := make([]bool, len(w.people))
		for _, i := range c.Anew {
			all[i] = true
		}
		w.before = without(all, c.Dropped)
	}
	if len(c.Dropped) > 0 {
		w.people = without(w.people, c.Dropped)
	}
	return w
}

// claims gives what the plan imports as claims, and notes how many people each has in imports; then its requests, less those
// who are excluded since it was made, and notes them in todo.
func (r *run) claims(imports *[]int, todo *[]work) iter.Seq[state.Claim] {
	return func(yield func(state.Claim) bool) {
		for part := range r.plan.Parts() {
			c := state.Claim{Address: r.plan.Messages[part.Message].Address, Revision: part.Revision, Import: true}
			r.name(&c, part.People)
			*imports = append(*imports, len(part.People))
			if !yield(c) {
				return
			}
		}
		for i, q := range r.plan.Requests() {
			m := &r.plan.Messages[q.Message]
			people := r.allowed(m.Address, q.People)
			r.report.Already += len(q.People) - len(people)
			r.report.NotAttempted -= len(q.People) - len(people)
			if len(people) == 0 {
				continue
			}
			*todo = append(*todo, work{index: i, people: people})
			if !yield(r.claimOf(i, people)) {
				return
			}
		}
	}
}

// claimOf gives the claim for people of a request of the plan.
func (r *run) claimOf(index int, people []phone.Number) state.Claim {
	q := r.plan.Request(index)
	m := &r.plan.Messages[q.Message]
	c := state.Claim{Address: m.Address, Revision: m.Revision, TextDigest: q.Digest(m), Anew: m.Anew(), Segments: q.Size.Segments, Receipts: m.Receipts}
	if m.Retried > 0 {
		c.Retry = r.plan.Retry
	}
	switch d := r.dues[q.Message][q.Clock]; {
	case m.Window == nil && m.DeliverAt != nil:
		c.DeliverAt = *m.DeliverAt
	case m.Window != nil && d.held == "" && d.at.After(r.started):
		c.DeliverAt = d.at
	}
	r.name(&c, people)
	return c
}

// name gives a claim its people.
func (r *run) name(c *state.Claim, people []phone.Number) {
	c.People = make(state.Alias, 0, len(people))
	var forms []phone.Number
	for i, n := range people {
		line := n.Line()
		c.People = r.ledger.AppendAlias(c.People, line.E164())
		forms = phone.AppendEquivalents(forms[:0], n)
		for _, form := range forms {
			if form == line {
				continue
			}
			if c.Forms == nil {
				c.Forms = map[int]state.Alias{}
			}
			c.Forms[i] = r.ledger.AppendAlias(c.Forms[i], form.E164())
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

// without gives a list, one element for each person, less those who dropped out.
func without[T any](list []T, dropped []state.Drop) []T {
	left := make([]T, 0, len(list)-len(dropped))
	for i, one := range list {
		if len(dropped) > 0 && dropped[0].Index == i {
			dropped = dropped[1:]
			continue
		}
		left = append(left, one)
	}
	return left
}
