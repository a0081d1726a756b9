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
	r.mu.Lock()
	r.halt = halt
	r.mu.Unlock()
	if r.broken() != nil {
		halt()
	}

	events := make(chan Event, 64)
	var watcher sync.WaitGroup
	watcher.Go(func() { r.watch(events, r.options.Stop) })

	queue := make(chan work)
	var workers sync.WaitGroup
	for range r.workers() {
		workers.Go(func() {
			for w := range queue {
				r.finish(w, !r.attend(ctx, waiting, record, w, events))
			}
		})
	}
hand:
	for _, w := range todo {
		if waiting.Err() != nil {
			break
		}
		if !r.await(waiting.Done(), w) {
			continue
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
	r.report.Interrupted = waiting.Err() != nil && r.report.Cause == nil && r.broken() == nil && !r.report.Complete()
	if r.report.NotAttempted == 0 && r.report.Cause == r.failing.cause {
		r.report.Cause = nil // it stopped nothing
	}
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

// tell passes an event on with the counts so far. Only one goroutine at a time calls it. A Watch that panics is not called
// again, and ends the run.
func (r *run) tell(e Event) {
	if r.options.Watch == nil {
		return
	}
	defer func() {
		if v := recover(); v != nil {
			r.options.Watch = nil
			r.fail(newCrash(v))
		}
	}()
	r.mu.Lock()
	e.Report, e.UnderWay = r.report, r.underWay
	e.Report.Refusals, e.Report.Waits = slices.Clone(r.report.Refusals), slices.Clone(r.report.Waits)
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
	if message.Scheduled() {
		if c := r.clockCause(waiting, access); c != nil {
			r.stop(c)
			return
		}
	}
	delay, held := r.turn(w)
	if held != "" {
		r.held(&w, held)
		return
	}
	left, gone := r.optOuts.split(w.people)
	r.skipped(&w, gone)
	if len(left) == 0 {
		w.at.reach(recorded)
		return
	}
	r.begun(+1)
	defer r.begun(-1)
	calling := w
	calling.people = left
	j, err := r.call(ctx, waiting, record, calling, delay, access, events)
	if err != nil {
		r.fail(err)
		return
	}
	j.state = widen(j.state, len(w.people), gone)
	lost, err := r.settle(record, w, j.state)
	if err != nil {
		r.fail(err)
		return
	}
	r.optOuts.learn(w.people, j.state)
	if j.cause == nil && ctx.Err() == nil {
		j.cause = r.failed(w, j.state)
	}
	address := message.Address
	events <- Event{Kind: Sent, At: time.Now(), Address: address, People: len(w.people)}
	if len(lost) > 0 {
		events <- Event{Kind: Doubt, At: time.Now(), Address: address, People: len(lost), Text: j.state.Evidence}
	}
	if j.cause != nil {
		r.stop(j.cause)
	}
	r.resend(ctx, waiting, record, w, lost, events)
}

// settle records the outcome of a request, counts it, and gives those left in doubt, by index. What the state cannot take any
// more is saved beside it.
func (r *run) settle(record context.Context, w work, s state.Settlement) (lost []int, err error) {
	if err = r.ledger.Settle(record, w.claim.Request, s); err != nil {
		r.orphan(w, s)
	}
	w.at.reach(recorded)
	return r.count(w, s), err
}

// messageOf gives the message of a request.
func (r *run) messageOf(w work) *plan.Message {
	return &r.plan.Messages[r.plan.Request(w.index).Message]
}

// held counts people whom their schedule holds for a reason that the plan did not know; the end of the run releases them.
func (r *run) held(w *work, reason string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range w.people {
		switch {
		case w.doubtedBefore(i):
		case reason == plan.TooLate:
			r.report.Late++
		default:
			r.report.Closed++
		}
	}
}

// skipped counts people who opted out while the run went on. Whoever is in doubt stays so.
func (r *run) skipped(w *work, gone []int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, i := range gone {
		if !w.doubtedBefore(i) {
			r.report.NotAttempted--
			r.report.Already++
		}
	}
}

// begun counts the requests under way.
func (r *run) begun(n int) {
	r.mu.Lock()
	r.underWay += n
	r.mu.Unlock()
}

// count takes an outcome into the report, and gives those whom it leaves in doubt, by index. Whoever was in doubt before
// stays so where it proves that nothing was sent.
func (r *run) count(w work, s state.Settlement) (lost []int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.report.Requests++
	message := r.plan.Request(w.index).Message
	for i, e := range each(s, len(w.people)) {
		before := w.doubtedBefore(i)
		if e.Outcome == state.Unsent {
			r.standings[message].undone = true
		}
		if before && e.Outcome == state.Unsent {
			continue
		}
		if before {
			r.report.Again++
			r.report.settleDoubt(e.Outcome)
		} else {
			r.report.count(e.Outcome, 1)
		}
		if e.Outcome == state.Refused {
			r.report.refuse(soap.Code(e.Code), 1)
		}
		if at := (doubted{message, w.people[i].Line()}); e.Outcome == state.InDoubt {
			lost = append(lost, i)
			r.open[at] = w.claim.Request
		} else if before {
			delete(r.open, at)
		}
	}
	if len(lost) == 0 {
		return nil
	}
	r.lost++
	if people := w.fresh(lost); r.plan.Messages[message].Anew().Answers > 0 && len(people) > 0 {
		r.probing = append(r.probing, work{index: w.index, people: people})
	}
	return lost
}

// each gives the outcome of each person.
func each(s state.Settlement, people int) []state.Exception {
	all := make([]state.Exception, people)
	for i := range all {
		all[i] = state.Exception{Index: i, Outcome: s.Outcome, Code: s.Code}
	}
	for _, e := range s.Exceptions {
		all[e.Index] = e
	}
	return all
}

// stop has no new request start, for the first cause given.
func (r *run) stop(c *Cause) {
	r.mu.Lock()
	if r.report.Cause == nil {
		r.report.Cause = c
	}
	halt := r.halt
	r.mu.Unlock()
	halt()
}

// fail has no new request start: the state cannot be written or is another run's by now, or the program has an error.
func (r *run) fail(err error) {
	if errors.Is(err, state.ErrTaken) {
		r.stop(takenOver())
		return
	}
	r.mu.Lock()
	if !errors.Is(r.failure.ErrorOrNil(), err) {
		r.failure = multierror.Append(r.failure, err)
	}
	halt := r.halt
	r.mu.Unlock()
	halt()
}

// broken gives what fail was told.
func (r *run) broken() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failure.ErrorOrNil()
}
