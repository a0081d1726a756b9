package apply

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/go-multierror"

	"github.com/smsplan/smsplan/internal/plan"
	"github.com/smsplan/smsplan/internal/soap"
	"github.com/smsplan/smsplan/internal/state"
)

// send has the requests sent by as many workers as the gateway takes connections, in order, and returns when the last
// worker has. Cancelling ctx breaks off the calls under way; records are made in record.
func (r *run) send(ctx, record context.Context, todo []work) {
	// waiting ends when no new request may start: at the first interrupt, at a fatal answer, when the state fails.
	waiting, halt := untilStopped(ctx, r.options.Stop)
	defer halt()
	r.halt = halt

	events := make(chan Event, 64)
	var watcher sync.WaitGroup
	watcher.Go(func() { r.watch(events, r.options.Stop) })

	queue := make(chan work)
	var workers sync.WaitGroup
	for range r.workers() {
		workers.Go(func() {
			for w := range queue {
				r.request(ctx, waiting, record, w, events)
			}
		})
	}
hand:
	for _, w := range todo {
		if waiting.Err() != nil {
			break
		}
		select {
		case <-waiting.Done():
			break hand
		case queue <- w:
		}
	}
	close(queue)
	workers.Wait()
	close(events)
	watcher.Wait()
	r.report.Interrupted = waiting.Err() != nil && r.report.Cause == nil && r.failure == nil && !r.report.Complete()
}

func (r *run) workers() int {
	n := max(r.gateway.settings.Connections, 1)
	if r.options.Parallelism > 0 {
		n = min(n, r.options.Parallelism)
	}
	return n
}

// watch passes events on, and the progress of the run: every second, and when stop is closed.
func (r *run) watch(events <-chan Event, stop <-chan struct{}) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		var e Event
		select {
		case got, open := <-events:
			if !open {
				return
			}
			e = got
		case <-tick.C:
			e = Event{Kind: Progress, At: time.Now()}
		case <-stop:
			e = Event{Kind: Progress, At: time.Now()}
			stop = nil
		}
		r.tell(e)
	}
}

// tell passes an event on with the counts so far. Only one goroutine at a time calls it.
func (r *run) tell(e Event) {
	if r.options.Watch == nil {
		return
	}
	r.mu.Lock()
	e.Report, e.UnderWay = r.report, r.underWay
	e.Report.Refusals = slices.Clone(r.report.Refusals)
	r.mu.Unlock()
	e.Report.Elapsed = time.Since(r.started)
	r.options.Watch(e)
}

// request sends one request and records what became of it. Where it may not start any more nothing is recorded: the end
// of the run releases it.
func (r *run) request(ctx, waiting, record context.Context, w work, events chan<- Event) {
	if r.pace.WaitN(waiting, len(w.people)) != nil {
		return
	}
	access, err := r.gateway.access(waiting)
	if waiting.Err() != nil {
		return
	}
	if err != nil {
		r.stop(signInCause(err))
		return
	}
	message := r.messageOf(w)
	if message.Late(time.Now()) {
		r.late(len(w.people))
		return
	}
	if message.DeliverAt != nil {
		if c := r.clockCause(waiting, access); c != nil {
			r.stop(c)
			return
		}
	}
	left, gone := r.optOuts.split(w.people)
	r.skipped(len(gone))
	if len(left) == 0 {
		return
	}
	r.begun(+1)
	defer r.begun(-1)
	j, err := r.call(ctx, waiting, record, work{w.index, w.claim, left}, access, events)
	j.state = widen(j.state, len(w.people), gone)
	if err == nil {
		err = r.settle(record, w, j)
	}
	if err != nil {
		r.fail(err)
		return
	}
	r.optOuts.learn(w.people, j.state)
	r.count(w, j.state)
	if j.cause == nil {
		j.cause = r.pattern(j.state)
	}
	address := message.Address
	events <- Event{Kind: Sent, At: time.Now(), Address: address, People: len(w.people)}
	if n := inDoubt(j.state, len(w.people)); n > 0 {
		events <- Event{Kind: Doubt, At: time.Now(), Address: address, People: n, Text: j.state.Evidence}
	}
	if j.cause != nil {
		r.stop(j.cause)
	}
}

// settle records the outcome. What the state cannot take any more is saved beside it.
func (r *run) settle(record context.Context, w work, j judgement) error {
	err := r.ledger.Settle(record, w.claim.Request, j.state)
	if err == nil {
		return nil
	}
	line := orphanLine(w, j.state)
	r.mu.Lock()
	path, saveErr := saveOrphan(r.options.OrphanDir, r.plan.ID, line)
	if saveErr == nil {
		r.report.Orphans = path
	} else {
		r.report.Unsaved = append(r.report.Unsaved, line)
	}
	r.mu.Unlock()
	r.count(w, j.state)
	return err
}

// messageOf gives the message of a request.
func (r *run) messageOf(w work) *plan.Message {
	return &r.plan.Messages[r.plan.Request(w.index).Message]
}

// late counts people whose time has passed since the plan was made; the end of the run releases them.
func (r *run) late(n int) {
	r.mu.Lock()
	r.report.Late += n
	r.mu.Unlock()
}

// skipped counts people who opted out while the run went on.
func (r *run) skipped(n int) {
	r.mu.Lock()
	r.report.NotAttempted -= n
	r.report.Already += n
	r.mu.Unlock()
}

// begun counts the requests under way.
func (r *run) begun(n int) {
	r.mu.Lock()
	r.underWay += n
	r.mu.Unlock()
}

// count takes an outcome into the report.
func (r *run) count(w work, s state.Settlement) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.report.Requests++
	n := len(w.people) - len(s.Exceptions)
	r.tally(s.Outcome, s.Code, n)
	for _, e := range s.Exceptions {
		r.tally(e.Outcome, e.Code, 1)
	}
}

func (r *run) tally(o state.Outcome, code, n int) {
	r.report.count(o, n)
	if o == state.Refused {
		r.report.refuse(soap.Code(code), n)
	}
}

// stop has no new request start, for the first cause given.
func (r *run) stop(c *Cause) {
	r.mu.Lock()
	if r.report.Cause == nil {
		r.report.Cause = c
	}
	r.mu.Unlock()
	r.halt()
}

// fail has no new request start because the state cannot be written.
func (r *run) fail(err error) {
	r.mu.Lock()
	if !errors.Is(r.failure.ErrorOrNil(), err) {
		r.failure = multierror.Append(r.failure, err)
	}
	r.mu.Unlock()
	r.halt()
}

func inDoubt(s state.Settlement, people int) int {
	n := 0
	for _, e := range s.Exceptions {
		if e.Outcome == state.InDoubt {
			n++
		}
	}
	if s.Outcome == state.InDoubt {
		n += people - len(s.Exceptions)
	}
	return n
}
