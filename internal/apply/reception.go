package apply

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/smsplan/smsplan/internal/state"
)

const (
	// keptTogether is how many observations share a flush.
	keptTogether = 256
	// intakeEvery is the time between two looks at what can be recorded. Where that takes long, it is seldom, so that the state is
	// there for others most of the time.
	intakeEvery = time.Second
	intakeShare = 20
)

// Reception keeps what the gateway pushes: on disk before it is told so, and in the state as soon as nobody else holds that.
type Reception struct {
	Spool *state.Spool
	// Keys gives the keys that the state has by now. People are known by them alone in the spool, and another command may have given
	// the state another key since.
	Keys   func(context.Context) (*state.Keys, error)
	TakeIn func(context.Context) (state.Intake, error) // opens the state, takes the spool in, and closes it; a [*state.LockedError] is waited out
	Watch  func(state.Intake, error)                   // called by one goroutine with what was taken in, and why nothing was; may be nil
	Refuse func(error)                                 // called by one goroutine with why nothing is kept; may be nil

	queue chan *arrival
	once  sync.Once
	keys  *state.Keys // that the state had last; of the goroutine that keeps
}

// arrival is an observation that somebody waits to be kept.
type arrival struct {
	observe func(*state.Keys) state.Observation
	err     error
	kept    chan struct{}
}

func (r *Reception) prepare() { r.once.Do(func() { r.queue = make(chan *arrival) }) }

// Keep keeps the observation that observe makes with the keys that the state has by then. It is on stable storage when Keep returns
// nil. Where the state has a key that nobody here knows, nothing is kept: who the observation is about would never be known again,
// and the gateway comes again. Run must be running.
func (r *Reception) Keep(ctx context.Context, observe func(*state.Keys) state.Observation) error {
	r.prepare()
	a := &arrival{observe: observe, kept: make(chan struct{})}
	select {
	case r.queue <- a:
		<-a.kept
		return a.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Run keeps and records until ctx ends. What nobody can record by then stays in the spool, for whoever holds the state next.
func (r *Reception) Run(ctx context.Context) error {
	r.prepare()
	var keeping sync.WaitGroup
	var crashed error
	stopped, stop := context.WithCancel(context.WithoutCancel(ctx))
	keeping.Go(func() {
		defer rescue(&crashed)
		r.keep(stopped)
	})
	for wait := intakeEvery; pause(ctx, wait); {
		began := time.Now()
		r.takeIn(ctx)
		wait = max(intakeEvery, intakeShare*time.Since(began))
	}
	stop()
	keeping.Wait()
	r.takeIn(context.WithoutCancel(ctx))
	return crashed
}

// keep lets those who wait share a flush.
func (r *Reception) keep(ctx context.Context) {
	for {
		var group []*arrival
		select {
		case a := <-r.queue:
			group = append(group, a)
		case <-ctx.Done():
			return
		}
	more:
		for len(group) < keptTogether {
			select {
			case a := <-r.queue:
				group = append(group, a)
			default:
				break more
			}
		}
		err := r.add(ctx, group)
		for _, a := range group {
			a.err = err
			close(a.kept)
		}
	}
}

// add puts a group into the spool.
func (r *Reception) add(ctx context.Context, group []*arrival) error {
	keys, err := r.Keys(ctx)
	switch other := (*state.MismatchError)(nil); {
	case err == nil:
		r.keys = keys
	case r.keys == nil || errors.As(err, &other):
		if r.Refuse != nil {
			r.Refuse(err)
		}
		return err
	} // a state that cannot be read just now has the keys that it had
	list := make([]state.Observation, len(group))
	for i, a := range group {
		list[i] = a.observe(r.keys)
	}
	return r.Spool.Add(list)
}

// takeIn records what is kept by now, if there is anything.
func (r *Reception) takeIn(ctx context.Context) {
	if err := r.Spool.Close(); err != nil {
		r.tell(state.Intake{}, err)
		return
	}
	if some, err := r.Spool.Some(); err != nil || !some {
		if err != nil {
			r.tell(state.Intake{}, err)
		}
		return
	}
	r.tell(r.TakeIn(ctx))
}

func (r *Reception) tell(taken state.Intake, err error) {
	if r.Watch != nil && !errors.Is(err, context.Canceled) {
		r.Watch(taken, err)
	}
}
