package apply

import (
	"context"
	"errors"
	"fmt"
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
	left, gone := r.optOuts.split(w.people)
	j := judgement{state: state.Settlement{Outcome: state.Unsent, Evidence: "everybody opted out"}}
	if len(left) > 0 {
		r.begun(+1)
		defer r.begun(-1)
		j, err = r.call(ctx, waiting, record, work{w.index, w.claim, left}, access, events)
		j.state = widen(j.state, len(w.people), gone)
	} else {
		gone = nil
		r.skipped(len(w.people))
	}
	if err == nil {
		err = r.settle(record, w, j)
	}
	if err != nil {
		r.fail(err)
		return
	}
	r.optOuts.learn(w.people, j.state)
	r.count(w, j.state)
	r.skipped(len(gone))
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

// call calls the gateway until the request has an outcome. The error is of the state; then nothing was sent after it.
func (r *run) call(ctx, waiting, record context.Context, w work, access soap.Access, events chan<- Event) (judgement, error) {
	message := r.message(w)
	renewed := false
	for try := 0; ; {
		if intentFirst {
			if err := r.ledger.Begin(record, w.claim.Request); err != nil {
				return judgement{}, err
			}
		}
		message.NotAfter = time.Now().Add(firstByte)
		answer, callErr := r.gateway.client.Send(ctx, access, message)
		if !intentFirst {
			if err := r.ledger.Begin(record, w.claim.Request); err != nil {
				return judgement{}, err
			}
		}
		j := judge(answer, callErr, len(w.people), access)
		r.blameSender(&j)
		if j.next == query {
			j = r.lookUp(ctx, w, j)
		}
		switch j.next {
		case settle:
			if j.cause == nil {
				j.cause = r.clockCause(w, answer)
			}
			return j, nil
		case renew:
			if renewed {
				return j, nil
			}
			renewed = true
			fresh, err := r.gateway.renew(ctx, access.Session)
			if err != nil {
				j.cause = signInCause(err)
				return j, nil
			}
			access, j.cause = fresh, nil
			events <- Event{Kind: Log, At: time.Now(), Text: "The session had expired; signed in again."}
		case again, query:
			if try >= len(backoff) {
				j.cause = exhausted(callErr)
				return j, nil
			}
			if try == 0 {
				events <- Event{Kind: Log, At: time.Now(), Text: retryNote(callErr)}
			}
			if !pause(waiting, backoff[try]) {
				return j, nil
			}
			try++
		}
	}
}

// message gives what the gateway is asked to send.
func (r *run) message(w work) *soap.Message {
	q := r.plan.Request(w.index)
	m := r.messageOf(w)
	wire := m.Wire(q)
	s := &soap.Message{
		To:       make([]string, len(w.people)),
		From:     m.From,
		Text:     wire.Text,
		Unicode:  wire.Unicode,
		Type:     wire.Type,
		UDH:      wire.UDH,
		Data:     wire.Data,
		Concat:   wire.Concat,
		Validity: wire.ValidityMinutes,
		ClientID: w.claim.ClientID,
		Ack:      m.Receipts,
		Delay:    delay(m, time.Now()),
	}
	if m.Receipts {
		s.Callback = allStatuses
	}
	for i, n := range w.people {
		s.To[i] = n.E164()
	}
	return s
}

// allStatuses is the msg_callback mask for intermediate, final and error statuses (gateway specification, section 13.2).
const allStatuses = 7

// delay gives the minutes until a scheduled message is due, rounded up. The gateway may send too early what is due in
// less than ten minutes (section 7), so the least is ten.
func delay(m *plan.Message, now time.Time) int {
	if m.DeliverAt == nil || !m.DeliverAt.After(now) {
		return 0
	}
	return max(10, int((m.DeliverAt.Sub(now)+time.Minute-1)/time.Minute))
}

// lookUp asks once for a request that met an internal error of the gateway. Where the gateway has the message it was
// accepted after all; where the question fails it is in doubt; otherwise it may be tried again.
func (r *run) lookUp(ctx context.Context, w work, j judgement) judgement {
	outcome, id, evidence, err := ask(ctx, r.gateway, w.claim.ClientID, len(w.people))
	switch {
	case err != nil:
		return judgement{state: state.Settlement{Outcome: state.InDoubt, Code: j.state.Code, Evidence: "ERR 901, and the query failed"}}
	case outcome == state.InDoubt:
		j.state.Evidence += "; " + evidence
		return j
	}
	s := state.Settlement{Outcome: outcome, Evidence: "ERR 901; " + evidence}
	if outcome == state.Accepted {
		s.IDs = [][16]byte{id}
	}
	return judgement{state: s}
}

// clockCause stops the run where something is scheduled and the gateway's clock is not ours: delays are counted from the
// gateway's acceptance.
func (r *run) clockCause(w work, answer *soap.Answer) *Cause {
	if answer == nil || answer.Date.IsZero() || r.messageOf(w).DeliverAt == nil {
		return nil
	}
	skew := time.Until(answer.Date).Abs()
	if skew <= time.Minute {
		return nil
	}
	return &Cause{
		Summary: fmt.Sprintf("The gateway's clock and this machine's differ by %s, so scheduled messages would go out at another time than planned.", skew.Round(time.Second)),
		Remedy:  "Set this machine's clock.",
	}
}

// settle records the outcome. What the state cannot take any more is saved beside it.
func (r *run) settle(record context.Context, w work, j judgement) error {
	err := r.ledger.Settle(record, w.claim.Request, j.state)
	if err == nil {
		return nil
	}
	line := orphanLine(w, j.state)
	path, saveErr := saveOrphan(r.options.OrphanDir, r.plan.ID, line)
	r.mu.Lock()
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

// blameSender corrects a judgement where the only sender ID of the plan is not allowed: then nobody was refused for
// a reason of their own, the rest would fare the same, and all may be sent to once the sender is approved.
func (r *run) blameSender(j *judgement) {
	about := func(o state.Outcome, code int) bool {
		return o == state.Refused && (soap.Code(code) == badSender || soap.Code(code) == unapprovedSender)
	}
	if !r.oneSender() {
		return
	}
	if about(j.state.Outcome, j.state.Code) {
		j.state.Outcome = state.Unsent
		j.cause = stopped(soap.Result{Code: soap.Code(j.state.Code)})
	}
	for i := range j.state.Exceptions {
		if e := &j.state.Exceptions[i]; about(e.Outcome, e.Code) {
			e.Outcome = state.Unsent
			j.cause = stopped(soap.Result{Code: soap.Code(e.Code)})
		}
	}
}

// pattern stops the run where request after request is refused with codes that nobody knows.
func (r *run) pattern(s state.Settlement) *Cause {
	code := soap.Code(s.Code)
	if s.Outcome != state.Refused || code.Known() {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unknown++
	if r.unknown < tooManyUnknown {
		return nil
	}
	return &Cause{
		Summary: fmt.Sprintf("The gateway refused %d requests with codes that no documentation lists, the last one ERR %s.", r.unknown, code),
		Remedy:  "Ask the gateway's operator what the code means.",
	}
}

func (r *run) oneSender() bool {
	return !slices.ContainsFunc(r.plan.Messages, func(m plan.Message) bool { return m.From != r.plan.Messages[0].From })
}

// Codes that concern the sender ID (gateway specification, section 12).
const (
	badSender        soap.Code = 106
	unapprovedSender soap.Code = 123
)

// tooManyUnknown is the number of requests refused with unknown codes at which a run stops.
const tooManyUnknown = 3

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

func signInCause(err error) *Cause {
	c := &Cause{Summary: sentence("signing in to the gateway did not succeed: " + err.Error()), Remedy: "Check the endpoint and the network, then run apply again."}
	var call *soap.Error
	if errors.As(err, &call) && call.Code != 0 {
		c.Remedy = sentence(call.Code.Remedy())
	}
	return c
}

func exhausted(err error) *Cause {
	if err == nil {
		return &Cause{Summary: "The gateway answered with an internal error (ERR 901) again and again.", Remedy: "Run apply again later."}
	}
	return &Cause{Summary: "The gateway cannot be reached: " + err.Error() + ".", Remedy: "Check the endpoint and the network, then run apply again."}
}

func retryNote(err error) string {
	if err == nil {
		return "The gateway met an internal error (ERR 901) and does not know the message; trying again."
	}
	return "A request did not reach the gateway and is tried again: " + err.Error() + "."
}
