package apply

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/hashicorp/go-multierror"

	"github.com/smsplan/smsplan/internal/state"
)

// Crash is an error of the program itself: a panic that a run has survived.
type Crash struct {
	What  string
	Stack string // without values
}

func (c *Crash) Error() string {
	return "smsplan has an error of its own (" + c.What + "): what was under way is in doubt, and nobody is sent to twice. Please report it with what follows.\n" + c.Stack
}

// newCrash takes what a recover gave. Only what the runtime says is shown: any other text may hold somebody's number.
func newCrash(v any) *Crash {
	c := &Crash{What: fmt.Sprintf("%T", v), Stack: string(debug.Stack())}
	if err, ok := v.(runtime.Error); ok {
		c.What = err.Error()
	}
	return c
}

// rescue makes a panic an error. It is to be deferred.
func rescue(err *error) {
	if v := recover(); v != nil {
		*err = multierror.Append(*err, newCrash(v))
	}
}

// survive ends the run where a goroutine beside its workers panics. It is to be deferred.
func (r *run) survive() {
	if v := recover(); v != nil {
		r.fail(newCrash(v))
	}
}

// stage is how far a request has come.
type stage uint8

const (
	begun    stage = iota + 1 // its intent is on stable storage
	recorded                  // it has an outcome, and is counted
)

func (s *stage) reach(t stage) {
	if s != nil {
		*s = t
	}
}

// attend sends one request, and reports whether that gave it an outcome. Where that panics, what was begun is in doubt, and the
// run ends.
func (r *run) attend(ctx, waiting, record context.Context, w work, events chan<- Event) (done bool) {
	w.at = new(stage)
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		r.fail(newCrash(v))
		if *w.at != begun {
			return // what was not begun is released
		}
		const evidence = "smsplan had an error of its own while it was under way"
		if _, err := r.settle(record, w, state.Settlement{Outcome: state.InDoubt, Evidence: evidence}); err != nil {
			r.fail(err)
		}
	}()
	r.request(ctx, waiting, record, w, events)
	return *w.at == recorded
}
