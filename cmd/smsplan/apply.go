package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/smsplan/smsplan/internal/apply"
	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/plan"
	"github.com/smsplan/smsplan/internal/render"
	"github.com/smsplan/smsplan/internal/state"
)

// applying is the flags of apply.
type applying struct {
	planning
	opening
	autoApprove bool
	expect      string
	parallelism int
	rate        float64
	tolerance   apply.Tolerance
	onError     string
	simulate    bool

	resolveTimeout time.Duration
}

func (p *program) applyCommand() *cli.Command {
	var f applying
	return p.leaf(&cli.Command{
		Name:      "apply",
		Usage:     "send what is planned, to nobody twice",
		ArgsUsage: "[PLAN]",
		Description: "Without PLAN, a plan is made, shown and carried out once it is approved. A saved PLAN asks nothing and takes\n" +
			"-var and -var-file for ephemeral variables only. Running apply again goes on where it stopped.",
		Flags: append(append(append(f.planning.flags(p), f.lockFlags()...), f.opening.flags()...),
			&cli.BoolFlag{Name: "auto-approve", Usage: "do not ask", Destination: &f.autoApprove},
			&cli.StringFlag{Name: "expect", Usage: "go on only if the plan's ID is `PLANID`", Destination: &f.expect},
			&cli.IntFlag{Name: "parallelism", Usage: "`N` requests at once, at most", Destination: &f.parallelism, HideDefault: true},
			&cli.DurationFlag{Name: "resolve-timeout", Usage: "after sending, ask about what is in doubt for `DURATION`; 3m where it is not given, 0 for not at all", Value: 3 * time.Minute, Destination: &f.resolveTimeout},
			&cli.GenericFlag{Name: "max-failures", Usage: "begin no more requests once more than `N|N%` of the people to send to were refused or left in doubt", Value: &tolerated{&f.tolerance}},
			&cli.StringFlag{Name: "on-error", Usage: "`stop|continue` after three requests in a row that left people in doubt, or three refused with codes that nobody knows; stop where it is not given. What makes every request fail stops the run all the same", Value: "stop", HideDefault: true, Destination: &f.onError},
			&cli.BoolFlag{Name: "simulate", Usage: "rehearse: carry out everything against the simulator and a copy of the state that is thrown away. Nothing is sent or recorded, and nobody is asked", Destination: &f.simulate},
			&cli.FloatFlag{Name: "rate", Usage: "`N` recipients a second, at most", Destination: &f.rate, HideDefault: true},
		),
	}, 1, func(ctx context.Context, args []string) error {
		if err := p.streams(f.planning); err != nil {
			return err
		}
		if err := f.check(); err != nil {
			return err
		}
		if len(args) == 1 {
			return p.applySaved(ctx, args[0], f)
		}
		if len(f.identities) > 0 {
			return errors.New("-identity opens a saved plan that is encrypted, and none is named\nName it: smsplan apply -identity=FILE PLAN")
		}
		return p.applyNew(ctx, f)
	})
}

func (f *applying) check() error {
	if f.parallelism < 0 || f.rate < 0 {
		return errors.New("-parallelism and -rate are numbers above zero")
	}
	if f.onError != "stop" && f.onError != "continue" {
		return errors.New("-on-error: it is stop or continue")
	}
	if f.expect == "" {
		return nil
	}
	id, err := plan.ParseID(f.expect)
	if err != nil {
		return fmt.Errorf("-expect: %w", err)
	}
	f.expect = string(id)
	return nil
}

// expected compares the plan with the one that was approved.
func (f *applying) expected(made *plan.Plan) error {
	if f.expect == "" || f.expect == string(made.ID) {
		return nil
	}
	text := fmt.Sprintf("the plan is not the one that is expected\n  expected  %s\n  planned   %s\n", f.expect, made.ID)
	t := made.Totals()
	switch all := render.Count(t.AlreadySent + t.ToSend + t.Held); {
	case made.Empty():
		text += fmt.Sprintf("Nothing is left to send. Already sent: %s of %s.\n", render.Count(t.AlreadySent), all)
	case t.AlreadySent > 0:
		text += fmt.Sprintf("Already sent: %s of %s. What is left is another plan.\n", render.Count(t.AlreadySent), all)
	}
	return &exit{statusMismatch, errors.New(text + "smsplan plan shows what is planned now")}
}

// applyNew plans, asks and sends. The state is held from planning to the end.
func (p *program) applyNew(ctx context.Context, f applying) (err error) {
	approved := f.autoApprove || f.simulate
	if !approved && p.json {
		return errors.New("apply -json asks nothing: it needs -auto-approve or a saved plan")
	}
	if !approved && !p.asks() {
		return errors.New("apply has nobody to ask: there is no terminal, or input is switched off (-input=false, SMSPLAN_INPUT=0, SMSPLAN_IN_AUTOMATION)\nUse -auto-approve, or save a plan with smsplan plan -out=FILE and apply that")
	}
	if err := p.announce(f.simulate); err != nil {
		return err
	}
	w, err := p.load(ctx, "apply", f.options(), f.ledgering)
	if err != nil {
		return err
	}
	at, err := p.venue(ctx, w, f.simulate)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, at.close()) }()
	step := p.step("apply", "Reading the state")
	past, err := at.state.Snapshot(ctx)
	step.Done()
	if err != nil {
		return err
	}
	made, err := p.plan(w, past, f.planning)
	if err != nil {
		return err
	}
	if err := p.showPlan(made); err != nil {
		return err
	}
	if err := f.expected(made); err != nil {
		return err
	}
	if err := p.blocked(made, w.config); err != nil {
		return err
	}
	if idle, err := p.idle(ctx, made, at); err != nil || idle {
		return err
	}
	if err := room(made, at.state); err != nil {
		return err
	}
	if !approved && !made.Empty() {
		question := render.Ask(made, p.style(p.stdout))
		answer, err := p.ask(ctx, question.Text)
		if err != nil {
			return err
		}
		if !question.Approves(answer) {
			return &exit{statusDeclined, errors.New("apply declined; nothing was sent")}
		}
	}
	return p.carryOut(ctx, made, at, f, sending{again: "smsplan apply" + p.flagged() + render.GoOn(made)})
}

// idle reports whether there is nothing to do, and nothing of earlier runs to ask about; then it ends the stream. That an apply
// has found nothing to do is recorded all the same: which messages it found, and which not.
func (p *program) idle(ctx context.Context, made *plan.Plan, at *venue) (bool, error) {
	if !made.Empty() {
		return false, nil
	}
	if err := at.state.Register(ctx, made.Names()); err != nil {
		return false, err
	}
	if open, err := unsettled(ctx, at.state); err != nil || open {
		return false, err
	}
	p.stream.Report(made, &apply.Report{Simulated: at.simulated()})
	return true, nil
}

// room refuses a plan that the state's disk has no room for.
func room(made *plan.Plan, s *state.State) error {
	t := made.Totals()
	return s.CheckRoom(t.ToSend+t.ToImport, t.Requests)
}

// needsGateway reports whether carrying out the plan asks anything of the gateway: to send, or about doubts of earlier runs. What is
// imported asks nothing.
func needsGateway(ctx context.Context, made *plan.Plan, s *state.State) (bool, error) {
	if t := made.Totals(); t.ToSend+t.ToCancel > 0 {
		return true, nil
	}
	return unsettled(ctx, s)
}

// unsettled reports whether earlier runs have left anything to ask the gateway about.
func unsettled(ctx context.Context, s *state.State) (bool, error) {
	doubts, err := s.Doubts(ctx)
	if err != nil || len(doubts) > 0 {
		return len(doubts) > 0, err
	}
	withdrawing, err := s.Withdrawals(ctx)
	return len(withdrawing) > 0, err
}

// sending is what depends on whether the plan was saved.
type sending struct {
	again    string                                    // the command that goes on with it
	only     bool                                      // nothing is sent: scheduled messages are withdrawn
	excluded func(address string, n phone.Number) bool // who must not be sent to any more; nil for nobody
}

// carryOut sends, and says what became of it whatever happened.
func (p *program) carryOut(ctx context.Context, made *plan.Plan, at *venue, f applying, o sending) (err error) {
	if !made.Empty() {
		if err := room(made, at.state); err != nil {
			return err
		}
	}
	asked, err := needsGateway(ctx, made, at.state)
	if err != nil {
		return err
	}
	gateway, err := p.connectAt(at, made.Gateway, asked)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, gateway.Close()) }()

	deaf()
	out := p.stdout
	if p.json {
		out = io.Discard
	}
	progress := render.NewProgress(out, p.style(p.stdout), p.redraws(p.stdout))
	stop := make(chan struct{})
	asking := f.resolveTimeout
	if asking == 0 {
		asking = -1 // what apply calls not at all
	}
	// Saying so may wait for a display that is stalled, and the next signal must not wait for that.
	var saying sync.WaitGroup
	restore := p.signals.gently(func() {
		close(stop)
		saying.Go(progress.Interrupted)
	})
	carry := apply.Run
	if o.only {
		carry = apply.Withdraw
	}
	recording := p.step("apply", "Recording the plan in the state")
	recorded := sync.OnceFunc(recording.Done)
	report, failure := carry(ctx, made, at.state, gateway.Gateway, apply.Options{
		Parallelism:    f.parallelism,
		Rate:           f.rate,
		ResolveTimeout: asking,
		Tolerance:      f.tolerance,
		GoOn:           f.onError == "continue",
		Stop:           stop,
		Excluded:       o.excluded,
		OrphanDir:      at.orphans(),
		Simulated:      at.simulated(),
		Watch: func(e apply.Event) {
			recorded()
			progress.Watch(e)
			p.stream.Watch(e)
		},
	})
	p.ran = true
	recorded()
	restore()
	saying.Wait()
	progress.Done()
	p.stream.Report(made, report)
	cancelled := p.signals.status() != 0 && errors.Is(failure, context.Canceled)
	next := ""
	if !p.automated() {
		next = render.Next(report, o.again, p.flagged(), failure != nil && !cancelled)
	}
	shown := p.show(func(out io.Writer, style render.Style) error { return render.Report(out, report, next, style) })
	return errors.Join(p.verdict(report, failure, cancelled), p.unshown(shown))
}

// verdict turns what became of a run into an exit status. What is not certain outweighs an interrupt.
func (p *program) verdict(r *apply.Report, failure error, cancelled bool) error {
	switch old := (*state.OutdatedError)(nil); {
	case errors.As(failure, &old):
		return outdated(failure)
	case failure != nil && !cancelled:
		return &exit{statusDoubt, failure}
	case !r.Certain() || r.Orphans != "" || len(r.Unsaved) > 0:
		return &exit{status: statusDoubt}
	case cancelled:
		return failure
	case r.Complete():
		return nil
	case r.Interrupted && r.Refused == 0 && r.Cause == nil:
		return &exit{status: max(p.signals.status(), statusInterrupted)}
	}
	return &exit{status: statusIncomplete}
}
