package apply

import (
	"context"

	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/state"
)

// doubted is a person of a message of the plan who is in doubt.
type doubted struct {
	message int
	line    phone.Number
}

// resend sends anew at once to those of a request whom it has left in doubt, where their message says so. A run does that
// for a person once.
func (r *run) resend(ctx, waiting, record context.Context, w work, left []int, events chan<- Event) {
	if a := r.messageOf(w).Anew(); !a.Allowed || a.Answers > 0 || waiting.Err() != nil {
		return
	}
	people := w.fresh(left)
	if len(people) == 0 {
		return
	}
	again, err := r.claimAnew(record, []work{{index: w.index, people: people}})
	if err != nil {
		r.fail(err)
		return
	}
	for _, w := range again {
		r.attend(ctx, waiting, record, w, events)
	}
}

// fresh gives those of the people at the indexes who were not in doubt before: this run has sent to them once.
func (w *work) fresh(indexes []int) []phone.Number {
	var people []phone.Number
	for _, i := range indexes {
		if !w.doubtedBefore(i) {
			people = append(people, w.people[i])
		}
	}
	return people
}

// probed claims those of this run in doubt whom the gateway has not known for long enough.
func (r *run) probed(ctx context.Context) ([]work, error) {
	stopped := ctx.Err() != nil || r.report.Cause != nil || r.report.Interrupted
	probing := r.probing
	r.probing = nil
	if stopped || len(probing) == 0 {
		return nil, nil
	}
	return r.claimAnew(context.WithoutCancel(ctx), probing)
}

// claimAnew claims people of this run in doubt, and gives the requests of those whom the state lets have another.
func (r *run) claimAnew(record context.Context, todo []work) ([]work, error) {
	claims := func(yield func(state.Claim) bool) {
		for _, w := range todo {
			if !yield(r.claimOf(w.index, w.people)) {
				return
			}
		}
	}
	claimed, err := r.ledger.Claim(record, r.id, nil, claims)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	var left []work
	for i, c := range claimed {
		if c.Request != 0 {
			left = append(left, r.taken(todo[i], c))
		}
	}
	return left, nil
}

// recount counts anew those of the plan's people who were in doubt and are not any more.
func (r *run) recount(record context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	by := map[state.RequestID][]doubted{}
	for d, q := range r.open {
		by[q] = append(by[q], d)
	}
	for q, list := range by {
		people := make([]state.Alias, len(list))
		for i, d := range list {
			people[i] = r.ledger.AppendAlias(nil, d.line.E164())
		}
		outcomes, err := r.ledger.Outcomes(record, q, people)
		if err != nil {
			return err
		}
		for i, o := range outcomes {
			if o != state.InDoubt {
				delete(r.open, list[i])
				r.report.settleDoubt(o)
			}
		}
	}
	return nil
}
