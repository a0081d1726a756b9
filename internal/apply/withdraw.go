package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/smsplan/smsplan/internal/plan"
	"github.com/smsplan/smsplan/internal/soap"
	"github.com/smsplan/smsplan/internal/state"
)

// Withdraw carries out the withdrawals of a plan and nothing else; what it gives is as of [Run].
func Withdraw(ctx context.Context, p *plan.Plan, s *state.State, g *Gateway, o Options) (*Report, error) {
	return newRun(p, s, g, o, true).finishOff(ctx)
}

// withdraw has the gateway withdraw what the plan says, before anything is claimed: a person is sent a message anew only once the
// gateway has said that the former one is withdrawn. It reports whether the run may go on.
func (r *run) withdraw(ctx, record context.Context) (goOn bool) {
	var todo []state.Withdrawal
	for _, w := range r.plan.Recalls() {
		todo = append(todo, w)
	}
	r.report.ToCancel = len(todo)
	if len(todo) == 0 {
		return true
	}
	waiting, halt := untilStopped(ctx, r.options.Stop)
	defer halt()
	r.mu.Lock()
	r.halt = halt
	r.mu.Unlock()
	access, err := r.gateway.access(waiting)
	if err == nil {
		if c := r.clockCause(waiting, access); c != nil {
			r.stop(c)
		}
	} else if waiting.Err() == nil {
		r.stop(signInCause(err))
	}
	events := make(chan Event)
	var watcher sync.WaitGroup
	watcher.Go(func() { r.watch(events, r.options.Stop) })
	began := time.Now()
	timeout := r.options.ResolveTimeout
	if timeout == 0 {
		timeout = defaultResolveTimeout
	}
	for round := 0; ; round++ {
		todo = r.recallAll(ctx, waiting, record, todo)
		events <- Event{Kind: Progress, At: time.Now()}
		if len(todo) == 0 || waiting.Err() != nil {
			break
		}
		wait := lookups[min(round, len(lookups)-1)]
		if time.Since(began)+wait > timeout || !pause(waiting, wait) {
			break
		}
	}
	close(events)
	watcher.Wait()
	r.report.Interrupted = waiting.Err() != nil && r.report.Cause == nil && r.broken() == nil
	return waiting.Err() == nil
}

// restored counts people whose message an earlier run had withdrawn, as it turns out now, although the plan has it go out as it is: they
// are sent it anew by the next plan. Whose message the plan withdraws, or a command did, is none of them.
func (r *run) restored(withdrawn []state.Withdrawal) (people int) {
	if len(withdrawn) == 0 || r.withdrawOnly {
		return 0
	}
	type one struct {
		client string
		person state.Person
	}
	planned := map[one]bool{}
	for _, w := range r.plan.Recalls() {
		planned[one{w.ClientID, w.Person}] = true
	}
	for _, w := range withdrawn {
		if w.Why != state.ByCommand && !planned[one{w.ClientID, w.Person}] {
			people++
		}
	}
	return people
}

// recallAll asks for each of the messages once, and gives those of which nobody knows whether they were withdrawn.
func (r *run) recallAll(ctx, waiting, record context.Context, todo []state.Withdrawal) []state.Withdrawal {
	var mu sync.Mutex
	var lost []state.Withdrawal
	row := 0 // lost one after the other, over all workers
	queue := make(chan state.Withdrawal)
	var workers sync.WaitGroup
	for range r.workers() {
		workers.Go(func() {
			defer r.survive()
			for w := range queue {
				end := r.recall(ctx, waiting, record, w)
				mu.Lock()
				if end == untold {
					lost = append(lost, w)
					row++
				} else {
					row = 0
				}
				many := row >= tooManyInARow && !r.options.GoOn
				mu.Unlock()
				if many {
					r.stop(&Cause{
						Summary: fmt.Sprintf("%d withdrawals in a row had no answer that can be read.", tooManyInARow),
						Remedy:  "Look for the cause at the gateway and on the way to it, then run apply again: it asks for them again.",
					})
				}
			}
		})
	}
hand:
	for _, w := range todo {
		select {
		case <-waiting.Done():
			break hand
		case queue <- w:
		}
	}
	close(queue)
	workers.Wait()
	return lost
}

// ending is how a withdrawal ends.
type ending uint8

const (
	done   ending = iota // it has an end, or was not begun
	untold               // the gateway was asked, and nobody knows what came of it
)

// recall has one message withdrawn.
func (r *run) recall(ctx, waiting, record context.Context, w state.Withdrawal) ending {
	if r.pace.WaitN(waiting, 1) != nil {
		return done
	}
	access, err := r.gateway.access(waiting)
	if err != nil {
		if waiting.Err() == nil {
			r.stop(signInCause(err))
		}
		return done
	}
	for try, renewed := 0, false; ; {
		b, err := r.ledger.BeginWithdrawal(record, r.id, w)
		switch {
		case errors.Is(err, state.ErrOtherAccount), errors.Is(err, state.ErrUnnamed), errors.Is(err, state.ErrRecovered):
			r.spare(b, err.Error())
			return done
		case err != nil:
			r.fail(err)
			return done
		case !b.Due && b.Outcome == state.Cancelled:
			r.mu.Lock()
			r.report.ToCancel-- // it is withdrawn, or was replaced by now
			r.mu.Unlock()
			return done
		case !b.Due:
			r.spare(b, "it is "+b.Outcome.String())
			return done
		}
		status, err := r.gateway.recall(ctx, access, b)
		j := judgeRecall(&b, status, err, access)
		if j.outcome == state.Accepted && !b.Before.IsZero() && !gone(j.status) {
			j.outcome = state.Withdrawing // an earlier call may have withdrawn it, or be on its way yet: settleWithdrawals asks
		}
		if j.outcome != state.Withdrawing {
			if _, err := r.ledger.EndWithdrawal(record, b.Request, b.Person, b.At, j.outcome, j.status); err != nil {
				r.fail(err)
				return done
			}
		}
		switch {
		case j.outcome == state.Cancelled:
			r.mu.Lock()
			r.report.Cancelled++
			r.mu.Unlock()
			return done
		case j.next == renew && !renewed:
			renewed = true
			if access, _, err = r.gateway.renew(ctx, access.Session); err == nil {
				continue
			}
			r.stop(signInCause(err))
		case j.next == again && try < len(backoff) && !distrusted(err):
			if pause(waiting, backoff[try]) {
				try++
				continue
			}
		case j.next == again:
			r.stop(exhausted(err))
		case j.cause != nil:
			r.stop(j.cause)
		}
		if j.outcome == state.Withdrawing {
			return untold
		}
		r.spare(b, j.why)
		return done
	}
}

// spare notes that a message goes out as it is, although it was to be withdrawn.
func (r *run) spare(b state.Recall, why string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.spared[b.Request] = true
	if !slices.Contains(r.report.Spared, why) && len(r.report.Spared) < 5 {
		r.report.Spared = append(r.report.Spared, why)
	}
}

// recall asks to withdraw a message. It does not on an old intent.
func (g *Gateway) recall(ctx context.Context, a soap.Access, b state.Recall) (soap.Status, error) {
	g.use()
	return g.client.Delete(ctx, a, name(&b), b.At.Add(firstByte))
}

// name gives what the gateway knows a message by.
func name(b *state.Recall) soap.MessageID {
	if b.ID == [16]byte{} {
		return soap.MessageID{Client: b.ClientID}
	}
	return soap.MessageID{API: fmt.Sprintf("%x", b.ID)}
}

// gone reports whether a message with the status has left the gateway or ended (gateway specification, section 13).
func gone(status int) bool {
	switch status {
	case 3, 4, 5, 7, 9, 10, 12, 13, 14:
		return true
	}
	return false
}

// recalled is what a call proves of a message that is withdrawing.
type recalled struct {
	outcome state.Outcome // cancelled, accepted where it was not withdrawn, or withdrawing where nobody knows
	status  int
	next    next
	why     string
	cause   *Cause
}

// judgeRecall applies the gateway specification's sections 10 and 13 to an answer to delmsg: status 006 alone says that the message
// was withdrawn. An answer about another message says nothing.
func judgeRecall(b *state.Recall, s soap.Status, err error, access soap.Access) recalled {
	var call *soap.Error
	switch {
	case err == nil && (s.Status == 1 || !about(b, s)):
		return recalled{outcome: state.Withdrawing}
	case err == nil && s.Status == 6:
		return recalled{outcome: state.Cancelled, status: s.Status}
	case err == nil:
		return recalled{outcome: state.Accepted, status: s.Status, why: fmt.Sprintf("its status is %03d", s.Status)}
	case !errors.As(err, &call):
		return recalled{outcome: state.Withdrawing}
	case call.Reach == soap.NotSent:
		return recalled{outcome: state.Accepted, next: again, why: "the gateway cannot be reached"}
	case call.Reach != soap.Answered || call.Code == 0:
		return recalled{outcome: state.Withdrawing}
	case call.Code == soap.UnknownMessage || call.Code == soap.UnknownClientID || call.Code == soap.InternalError:
		return recalled{outcome: state.Withdrawing}
	}
	r := recalled{outcome: state.Accepted, why: "ERR " + call.Code.String()}
	switch class := call.Code.ClassFor(access); {
	case class == soap.Reauth:
		r.next = renew
	case class == soap.Fatal:
		r.cause = stopped(soap.Result{Code: call.Code, Verdict: soap.Refused})
	}
	return r
}

// about reports whether an answer is about the message.
func about(b *state.Recall, s soap.Status) bool {
	return b.ID == [16]byte{} || strings.EqualFold(s.ID, fmt.Sprintf("%x", b.ID))
}

// settleWithdrawals asks once about each message that is withdrawing, and counts them into settled.
func settleWithdrawals(ctx context.Context, s *state.State, g *Gateway, o SettleOptions, settled *Settled) error {
	record := context.WithoutCancel(ctx)
	list, err := s.Withdrawals(record, o.Addresses...)
	if err != nil {
		return err
	}
	// A gateway that gives no answer ends the round, as it does for doubts.
	asking, giveUp := context.WithCancel(ctx)
	defer giveUp()
	var mu sync.Mutex
	var group errgroup.Group
	group.SetLimit(max(g.settings.Connections, 1))
	for _, b := range list {
		group.Go(func() (err error) {
			defer rescue(&err)
			outcome, status := state.Withdrawing, 0
			if b.Account == g.settings.Account && !b.Unnamed && asking.Err() == nil {
				if outcome, status, err = g.endOf(asking, &b); err != nil && !answered(err) {
					giveUp()
				}
			}
			mu.Lock()
			defer mu.Unlock()
			switch outcome {
			case state.Cancelled:
				settled.Cancelled++
				if o.withdrawn != nil {
					o.withdrawn(b.Withdrawal)
				}
			case state.Accepted:
				settled.NotWithdrawn++
			default:
				settled.Withdrawing++
				return nil
			}
			_, err = s.EndWithdrawal(record, b.Request, b.Person, b.At, outcome, status)
			return err
		})
	}
	return group.Wait()
}

// endOf asks what became of a message that is withdrawing. That it was not withdrawn is believed of an answer to a question that began
// when no call to withdraw could reach the gateway any more.
func (g *Gateway) endOf(ctx context.Context, b *state.Recall) (state.Outcome, int, error) {
	safe := !time.Now().Before(b.SafeAfter(g.settings.Timeout))
	status, err := g.statusOf(ctx, *b)
	switch {
	case err != nil || status.Status == 1 || !about(b, status):
	case status.Status == 6:
		return state.Cancelled, status.Status, nil
	case gone(status.Status) || safe:
		return state.Accepted, status.Status, nil
	}
	return state.Withdrawing, 0, err
}

// statusOf asks for the status of a message.
func (g *Gateway) statusOf(ctx context.Context, b state.Recall) (soap.Status, error) {
	access, err := g.access(ctx)
	if err != nil {
		return soap.Status{}, err
	}
	g.use()
	status, err := g.client.Query(ctx, access, name(&b))
	var call *soap.Error
	if errors.As(err, &call) && access.Session != "" && call.Code.ClassFor(access) == soap.Reauth {
		if access, _, err = g.renew(ctx, access.Session); err != nil {
			return soap.Status{}, err
		}
		status, err = g.client.Query(ctx, access, name(&b))
	}
	return status, err
}
