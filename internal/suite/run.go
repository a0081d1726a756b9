package suite

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/smsplan/smsplan/internal/apply"
	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/plan"
	"github.com/smsplan/smsplan/internal/simulator"
)

// run carries out one run and judges it.
func (w *world) run(ctx context.Context, r *config.TestRun) Run {
	run := Run{Name: r.Name, Status: Pass}
	planning, cancel := w.untilStopped(ctx)
	defer cancel()
	c, found := w.tests.Load(planning, r)
	if err := planning.Err(); err != nil {
		run.broken(errInterrupted)
		return run
	}
	run.Diagnostics = r.Unexpected(found)
	refusals := found.Refusals()
	switch {
	case run.Diagnostics.HasErrors():
		run.Status = Error
	case found.HasErrors(): // all of them expected; others may have been expected in vain
		run.judged(w.tests.Unmet(c, r, refusals))
	default:
		w.carryOutPlan(ctx, r, c, &run, refusals)
	}
	return run
}

// carryOutPlan plans, applies where the run does, and judges what came of it.
func (w *world) carryOutPlan(ctx context.Context, r *config.TestRun, c *config.Config, run *Run, refusals []string) {
	if err := w.plan(ctx, r, c, run); err != nil {
		run.broken(err)
	}
	if run.Status == Error {
		return
	}
	warned := c.CheckWarnings()
	run.judged(r.Unexpected(warned))
	refusals = append(refusals, warned.Refusals()...)
	for _, guard := range run.Plan.Blocking() {
		refusals = append(refusals, guard.Address())
	}
	if r.Apply {
		if err := w.apply(ctx, r, run); err != nil {
			run.broken(err)
			return
		}
	}
	run.judged(w.tests.Unmet(c, r, refusals))
	judgement, sound := w.tests.Judge(c, r, w.results(run))
	if !sound {
		run.Status = Error
	}
	run.judged(judgement)
	if run.Report != nil && !run.Report.Complete() && !r.JudgesSummary {
		run.judged(w.tests.Fault(c, r, "Apply incomplete", incomplete(run.Report)))
	}
}

// broken is a run that could not be carried out.
func (r *Run) broken(err error) { r.Status, r.Failure = Error, err }

// judged adds what was found wrong with what the run came to.
func (r *Run) judged(d config.Diagnostics) {
	r.Diagnostics = r.Diagnostics.Append(d)
	if d.HasErrors() {
		r.Status = worse(r.Status, Fail)
	}
}

// plan makes the plan. Where it goes beyond guards that the run does not expect it to go beyond, the run is in error.
func (w *world) plan(ctx context.Context, r *config.TestRun, c *config.Config, run *Run) error {
	past, err := w.stage.State.Snapshot(ctx)
	if err != nil {
		return err
	}
	now := r.Now
	if now.IsZero() {
		now = w.options.Now()
	}
	made := plan.New(c, past, now, w.options.Version, plan.Options{})
	if problems := made.Problems(); len(problems) > 0 {
		run.Diagnostics = run.Diagnostics.Append(c.Diagnose(problems))
		run.Status = Error
		return nil
	}
	if err := made.Allow(r.Allow); err != nil {
		return err
	}
	run.Plan = made
	blocking := slices.DeleteFunc(made.Blocking(), func(g *plan.Guard) bool { return r.Expects(g.Address()) })
	if len(blocking) > 0 {
		run.Diagnostics = run.Diagnostics.Append(w.options.Blocked(made, c, blocking))
		run.Status = Error
	}
	return nil
}

func (w *world) apply(ctx context.Context, r *config.TestRun, run *Run) error {
	var faults []simulator.Fault
	for _, text := range r.Faults {
		fault, err := simulator.ParseFault(text)
		if err != nil {
			return err
		}
		faults = append(faults, fault)
	}
	if err := w.stage.simulator.Order(faults); err != nil {
		return fmt.Errorf("faults: %w", err)
	}
	log := w.options.Log
	if log != nil {
		log = log.With("file", w.file.Name, "run", r.Name)
	}
	gateway, err := w.stage.Connect(run.Plan.Gateway, apply.Connecting{Log: log})
	if err != nil {
		return err
	}
	defer gateway.Close()
	if run.Plan.Empty() {
		if err := w.stage.State.Register(ctx, run.Plan.Names()); err != nil {
			return err
		}
	}
	asking := r.ResolveTimeout
	if asking == 0 {
		asking = -1 // what apply calls not at all
	}
	report, err := apply.Run(ctx, run.Plan, w.stage.State, gateway, apply.Options{ResolveTimeout: asking, Stop: w.options.Stop, OrphanDir: w.stage.Dir})
	run.Report = report
	w.take(r.Name)
	if err == nil && report.Interrupted {
		err = errInterrupted
	}
	return err
}

var errInterrupted = errors.New("interrupted")

// incomplete says what an apply did not do.
func incomplete(r *apply.Report) string {
	unconfirmed := r.Unconfirmed
	if r.Settled != nil {
		unconfirmed += r.Settled.Unconfirmed
	}
	var parts []string
	for _, each := range []struct {
		n    int
		what string
	}{
		{r.Refused, "refused"}, {unconfirmed, "unconfirmed"}, {r.InDoubt + r.Elsewhere, "in doubt"}, {r.NotAttempted, "not attempted"},
	} {
		if each.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", each.n, each.what))
		}
	}
	text := "The apply did not complete: " + strings.Join(parts, ", ") + "."
	if r.Cause != nil {
		text += " " + r.Cause.Summary + "."
	}
	return text + " Where that is what the run is about, say so in a condition about summary."
}

// untilStopped gives a context that ends with ctx or at the first interrupt.
func (w *world) untilStopped(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	var watching sync.WaitGroup
	watching.Go(func() {
		select {
		case <-w.options.Stop:
			cancel()
		case <-ctx.Done():
		}
	})
	return ctx, func() {
		cancel()
		watching.Wait()
	}
}
