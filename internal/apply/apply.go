// Package apply carries out a plan: concurrency, pace, retries, intents and outcomes, settling doubts. It owns every
// decision about time and failure.
package apply

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/hashicorp/go-multierror"
	"golang.org/x/time/rate"

	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/plan"
	"github.com/smsplan/smsplan/internal/state"
)

// Options of a run. The zero Options are usable.
type Options struct {
	Parallelism    int                                       // requests at once, at most; 0 is the gateway's connections
	Rate           float64                                   // recipients a second; 0 is the gateway's
	ResolveTimeout time.Duration                             // how long to ask about doubts at the end; 0 is three minutes, negative is not at all
	Stop           <-chan struct{}                           // closed at the first interrupt: no new request starts, those under way are finished
	Tolerance      Tolerance                                 // how many may be refused or left in doubt
	GoOn           bool                                      // whatever says only that others may fail too: doubts in a row, unknown codes
	Excluded       func(address string, n phone.Number) bool // who must not be sent a message any more; may be nil
	OrphanDir      string                                    // where outcomes go that the state could not take; "" is the working directory
	Watch          func(Event)                               // called in order, from one goroutine; may be nil
	Simulated      bool                                      // nothing of it is true: the report says so
}

const defaultResolveTimeout = 3 * time.Minute

// Run carries out the plan. Cancelling ctx, the second interrupt, closes the connections; what was under way is recorded
// in doubt.
//
// The Report is never nil and always adds up. The error is non-nil where the state could not be read or written; what was
// sent until then stands in the Report all the same. Several workers may fail at a time: then it is a [multierror.Error].
func Run(ctx context.Context, p *plan.Plan, s *state.State, g *Gateway, o Options) (*Report, error) {
	return newRun(p, s, g, o, false).finishOff(ctx)
}

func newRun(p *plan.Plan, s *state.State, g *Gateway, o Options, only bool) *run {
	totals, began := p.Totals(), time.Now()
	return &run{
		withdrawOnly: only,
		spared:       map[state.RequestID]bool{},
		plan:         p, ledger: s, gateway: g, options: o,
		started:  began,
		dues:     dues(p, began),
		open:     map[doubted]state.RequestID{},
		own:      map[state.RequestID]bool{},
		halt:     func() {},
		finished: make(chan struct{}, 1),
		report:   Report{Total: totals.ToSend, NotAttempted: totals.ToSend, Simulated: o.Simulated},
		pace:     newPace(cmp.Or(o.Rate, g.settings.Rate), largest(p)),
	}
}

// finishOff carries the run out.
func (r *run) finishOff(ctx context.Context) (*Report, error) {
	totals := r.plan.Totals()
	r.gateway.log.InfoContext(ctx, "run begins", "to_send", totals.ToSend, "to_cancel", totals.ToCancel, "plan_id", string(r.plan.ID))
	err := r.carryOut(ctx)
	if err == nil {
		err = r.failure.ErrorOrNil()
	}
	r.report.Elapsed = time.Since(r.started)
	r.gateway.log.InfoContext(ctx, "run ended", "sent", r.report.Sent, "refused", r.report.Refused, "in_doubt", r.report.InDoubt, "unconfirmed", r.report.Unconfirmed,
		"not_attempted", r.report.NotAttempted, "cancelled", r.report.Cancelled, "took", r.report.Elapsed.Round(time.Millisecond))
	return &r.report, err
}

// largest gives the number of people of the plan's largest request.
func largest(p *plan.Plan) int {
	most := 1
	for _, q := range p.Requests() {
		most = max(most, len(q.People))
	}
	return most
}

// run is one run of a plan. Workers send requests, count what came of them into the report, and hand events to the one
// goroutine that calls Watch.
type run struct {
	plan    *plan.Plan
	ledger  *state.State
	gateway *Gateway
	options Options
	pace    *rate.Limiter
	started time.Time
	dues    [][]due // by message and clock

	finished chan struct{} // told when a request has had its turn
	id       state.RunID

	withdrawOnly bool // nothing is claimed, and names stay as they are

	optOuts optOuts

	mu        sync.Mutex // guards what follows
	report    Report
	underWay  int
	failure   *multierror.Error // of the state, or our own
	failing   failing
	open      map[doubted]state.RequestID // people of this plan in doubt, and a request of the message that they are in doubt of
	own       map[state.RequestID]bool    // requests of this run
	standings []standing                  // of the plan's messages
	lost      int                         // those of them that left somebody in doubt and were not asked about
	probing   []work                      // those of them that left people in doubt to be probed
	halt      context.CancelFunc
	spared    map[state.RequestID]bool // requests with people whose message was to be withdrawn, and was not
}

// work is one request of the plan that is claimed.
type work struct {
	index  int // in the plan
	claim  state.Claimed
	people []phone.Number // who are left
	before []bool         // who of them were in doubt before, by index; nil for nobody
	at     *stage         // how far it has come; nil before it is attended to
}

// doubtedBefore reports whether an earlier request has left person i in doubt.
func (w *work) doubtedBefore(i int) bool { return w.before != nil && w.before[i] }

func (r *run) carryOut(ctx context.Context) (err error) {
	// Records are made whatever becomes of ctx: an interrupt must not lose what is known.
	record := context.WithoutCancel(ctx)
	alive, end := context.WithCancel(ctx)
	var keeping sync.WaitGroup
	keeping.Go(func() {
		defer r.survive()
		r.gateway.keepAlive(alive)
	})
	defer func() {
		end()
		keeping.Wait()
	}()
	defer rescue(&err)
	asking, cancel := untilStopped(ctx, r.options.Stop)
	var withdrawn []state.Withdrawal
	settled, err := Settle(asking, r.ledger, r.gateway, SettleOptions{Watch: r.tell, withdrawn: func(w state.Withdrawal) { withdrawn = append(withdrawn, w) }})
	r.report.Restored = r.restored(withdrawn)
	cancel()
	if err != nil {
		return err
	}
	if *settled != (Settled{}) {
		r.report.Settled = settled
	}
	if !r.plan.Empty() {
		err = r.sendPlan(ctx, record)
	}
	if counted := r.countElsewhere(record); err == nil {
		err = counted
	}
	return err
}

// countElsewhere counts the doubts that are none of this plan's.
func (r *run) countElsewhere(record context.Context) error {
	doubts, err := r.ledger.Doubts(record)
	if err != nil {
		return err
	}
	waiting, err := r.ledger.Withdrawals(record)
	if err != nil {
		return err
	}
	r.report.Withdrawing = len(waiting)
	all := 0
	for _, d := range doubts {
		all += d.InDoubt
	}
	// Whoever has taken the state over may have settled doubts of this run.
	r.report.Elsewhere = max(0, all-r.report.InDoubt)
	return nil
}

// sendPlan records a run, and sends what the plan has and nobody has claimed before.
func (r *run) sendPlan(ctx, record context.Context) error {
	var allowed []string
	for _, g := range r.plan.Overridden() {
		allowed = append(allowed, g.Address())
	}
	id, err := r.ledger.StartRun(record, state.Run{PlanID: string(r.plan.ID), Account: r.plan.Gateway.Account, Allowed: allowed, Total: r.report.Total, Partial: r.plan.Selection.Partial()})
	if err != nil {
		return err
	}
	r.id = id
	var todo []work
	if r.withdraw(ctx, record) && !r.withdrawOnly {
		todo, err = r.claim(ctx)
	}
	if err == nil {
		err = r.broken()
	}
	for err == nil && len(todo) > 0 {
		r.line(todo)
		r.send(ctx, record, todo)
		todo = nil
		err = r.broken()
		if err == nil && r.lost > 0 {
			if err = r.settleOwn(ctx); err == nil {
				todo, err = r.probed(ctx)
			}
		}
	}
	if errors.Is(err, state.ErrTaken) {
		r.stop(takenOver())
		err = nil
	}
	// A state that failed before gives the same error again, and whoever has taken the state over has ended the run.
	if end := r.ledger.EndRun(record, id, r.verdict()); end != nil && !errors.Is(end, state.ErrTaken) && !errors.Is(err, end) {
		err = multierror.Append(err, end)
	}
	return err
}

// settleOwn asks about the doubts of this run while the resolve timeout lasts.
func (r *run) settleOwn(ctx context.Context) error {
	r.lost = 0
	timeout := r.options.ResolveTimeout
	if timeout == 0 {
		timeout = defaultResolveTimeout
	}
	if timeout < 0 {
		return nil
	}
	asking, cancel := untilStopped(ctx, r.options.Stop)
	defer cancel()
	q := inquiry{ledger: r.ledger, gateway: r.gateway, options: SettleOptions{Timeout: timeout, Watch: r.tell}}
	q.found = func(at state.RequestID, o state.Outcome, people int) {
		if !r.own[at] && r.report.Settled != nil {
			r.report.Settled.InDoubt -= people
			r.report.Settled.count(o, people)
		}
	}
	err := q.rounds(asking, lookups)
	if counted := r.recount(context.WithoutCancel(ctx)); err == nil {
		err = counted
	}
	return err
}

// verdict is the word for the run in the state.
func (r *run) verdict() string {
	switch {
	case r.broken() != nil:
		return "failed"
	case r.report.Interrupted:
		return "interrupted"
	case r.report.Complete():
		return "complete"
	}
	return "incomplete"
}

// untilStopped gives a context that ends with ctx or when stop is closed.
func untilStopped(ctx context.Context, stop <-chan struct{}) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	select {
	case <-stop:
		cancel()
	default:
		go func() {
			select {
			case <-stop:
				cancel()
			case <-ctx.Done():
			}
		}()
	}
	return ctx, cancel
}
