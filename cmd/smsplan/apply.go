package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/smsplan/smsplan/internal/apply"
	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/plan"
	"github.com/smsplan/smsplan/internal/render"
	"github.com/smsplan/smsplan/internal/state"
)

// applying is the flags of apply.
type applying struct {
	planning
	autoApprove bool
	expect      string
	parallelism int
	rate        float64

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
		Flags: append(append(f.flags(p), f.lockFlags()...),
			&cli.BoolFlag{Name: "auto-approve", Usage: "do not ask", Destination: &f.autoApprove},
			&cli.StringFlag{Name: "expect", Usage: "go on only if the plan's ID is `PLANID`", Destination: &f.expect},
			&cli.IntFlag{Name: "parallelism", Usage: "`N` requests at once, at most", Destination: &f.parallelism, HideDefault: true},
			&cli.DurationFlag{Name: "resolve-timeout", Usage: "after sending, ask about what is in doubt for `DURATION`; 3m where it is not given, 0 for not at all", Value: 3 * time.Minute, Destination: &f.resolveTimeout},
			&cli.FloatFlag{Name: "rate", Usage: "`N` recipients a second, at most", Destination: &f.rate, HideDefault: true},
		),
	}, 1, func(ctx context.Context, args []string) (err error) {
		done, err := p.streams(f.planning)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, done()) }()
		if err := f.check(); err != nil {
			return err
		}
		if len(args) == 1 {
			return p.applySaved(ctx, args[0], f)
		}
		return p.applyNew(ctx, f)
	})
}

func (f *applying) check() error {
	if f.parallelism < 0 || f.rate < 0 {
		return errors.New("-parallelism and -rate are numbers above zero")
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
	return &exit{statusMismatch, fmt.Errorf("the plan is not the one that is expected\n  expected  %s\n  planned   %s\nsmsplan plan shows what is planned now", f.expect, made.ID)}
}

// applyNew plans, asks and sends. The state is held from planning to the end.
func (p *program) applyNew(ctx context.Context, f applying) (err error) {
	approved := f.autoApprove
	if !approved && p.json {
		return errors.New("apply -json asks nothing: it needs -auto-approve or a saved plan")
	}
	if !approved && !p.asks() {
		return errors.New("apply has nobody to ask: there is no terminal, or input is switched off\nUse -auto-approve, or save a plan with smsplan plan -out=FILE and apply that")
	}
	w, err := p.load(ctx, "apply", f.options(), f.ledgering)
	if err != nil {
		return err
	}
	if err := w.ensure(ctx); err != nil {
		return err
	}
	s, err := w.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	past, err := s.Snapshot(ctx)
	if err != nil {
		return err
	}
	made := plan.New(w.config, past, now(), version)
	if err := p.showPlan(made); err != nil {
		return err
	}
	if err := f.expected(made); err != nil {
		return err
	}
	if made.Empty() && !doubts(made) {
		return nil
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
	return p.carryOut(ctx, made, s, w.config.Gateway, f, nil)
}

// doubts reports whether the gateway may be able to settle something of the plan.
func doubts(made *plan.Plan) bool { return made.Totals().ByReason[plan.InDoubt] > 0 }

// applySaved sends what a saved plan says, less those who must not be sent to any more.
func (p *program) applySaved(ctx context.Context, path string, f applying) (err error) {
	made, err := readPlan(path)
	if err != nil {
		return err
	}
	if err := f.expected(made); err != nil {
		return err
	}
	o := f.options()
	o.Preset = made.Variables
	if o.Preset == nil {
		o.Preset = map[string]json.RawMessage{}
	}
	o.Scope = config.ScopeSend
	for _, m := range made.Messages {
		o.Sets = append(o.Sets, m.Excludes...)
	}
	w, err := p.load(ctx, "apply", o, f.ledgering)
	if err != nil {
		return err
	}
	if err := w.fits(ctx, made); err != nil {
		return err
	}
	if err := w.ensure(ctx); err != nil {
		return err
	}
	s, err := w.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	begun, err := s.Begun(ctx, string(made.ID), made.Created)
	if err != nil {
		return err
	}
	if !begun && made.Expired(now()) {
		return &exit{statusMismatch, fmt.Errorf("%s is from %s and has expired: plans are begun within 24 hours", path, made.Created.Format(time.RFC3339))}
	}
	if made.Empty() {
		p.say("%s\n", render.NoChanges(made))
		return nil
	}
	return p.carryOut(ctx, made, s, w.config.Gateway, f, w.excluded(made))
}

// excluded tells whom the exclude sources of a saved plan's messages hold by now.
func (w *workspace) excluded(made *plan.Plan) func(address string, n phone.Number) bool {
	sets := map[string]map[phone.Number]bool{}
	gone := map[string][]map[phone.Number]bool{}
	for _, m := range made.Messages {
		for _, name := range m.Excludes {
			if sets[name] == nil {
				sets[name] = lines(w.config.Sets[name])
			}
			gone[m.Address] = append(gone[m.Address], sets[name])
		}
	}
	return func(address string, n phone.Number) bool {
		return slices.ContainsFunc(gone[address], func(lines map[phone.Number]bool) bool { return lines[n.Line()] })
	}
}

// lines gives the lines of a set's members.
func lines(s *config.Set) map[phone.Number]bool {
	members := map[phone.Number]bool{}
	for _, n := range s.Numbers() {
		members[n.Line()] = true
	}
	return members
}

// fits checks that a saved plan was made for this account, and for this state or an earlier one of it.
func (w *workspace) fits(ctx context.Context, made *plan.Plan) error {
	if made.State.Lineage != "" && made.State.Lineage != w.settings.Lineage {
		return &exit{statusMismatch, errors.New("the plan is stale: it was made against another state; plan again")}
	}
	now := plan.GatewayOf(w.config.Gateway)
	if now.Account != made.Gateway.Account {
		return &exit{statusMismatch, errors.New("the plan is stale: it was made for another gateway account than the configuration's; plan again")}
	}
	// The credentials are the configuration's: they go where it says and nowhere else.
	if now.Endpoint != made.Gateway.Endpoint {
		return &exit{statusMismatch, errors.New("the plan is stale: it was made for another endpoint than the configuration's; plan again")}
	}
	if made.State.Serial == 0 {
		return nil
	}
	then := w.settings
	then.Expect = fmt.Sprintf("%d:%s", made.State.Serial, made.State.Head)
	seen, err := state.Inspect(ctx, then)
	if err == nil && seen.Mismatch != nil {
		err = seen.Mismatch
	}
	return err
}

// carryOut sends, and says what became of it whatever happened.
func (p *program) carryOut(ctx context.Context, made *plan.Plan, s *state.State, c config.Gateway, f applying, excluded func(address string, n phone.Number) bool) (err error) {
	gateway, err := p.connect(made.Gateway, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, gateway.Close()) }()

	out := p.stdout
	if p.json {
		out = io.Discard
	}
	progress := render.NewProgress(out, p.style(p.stdout), isTerminal(p.stdout))
	stop := make(chan struct{})
	patience := f.resolveTimeout
	if patience == 0 {
		patience = -1 // what apply calls not at all
	}
	restore := p.signals.gently(func() {
		close(stop)
		progress.Interrupted()
	})
	report, failure := apply.Run(ctx, made, s, gateway.Gateway, apply.Options{
		Parallelism:    f.parallelism,
		Rate:           f.rate,
		ResolveTimeout: patience,
		Stop:           stop,
		Excluded:       excluded,
		OrphanDir:      notesDir,
		Watch: func(e apply.Event) {
			progress.Watch(e)
			p.stream.Watch(e)
		},
	})
	restore()
	progress.Done()
	p.stream.Report(made, report)
	hints := p.hints()
	shown := p.show(func(w io.Writer, style render.Style) error { return render.Report(w, report, hints, style) })
	return errors.Join(p.verdict(report, failure), shown)
}

// verdict turns what became of a run into an exit status.
func (p *program) verdict(r *apply.Report, failure error) error {
	switch {
	case failure != nil && p.signals.status() != 0 && errors.Is(failure, context.Canceled):
		return failure
	case failure != nil:
		return &exit{statusDoubt, failure}
	case r.InDoubt > 0 || r.Unconfirmed > 0 || r.Orphans != "":
		return &exit{status: statusDoubt}
	case r.Complete():
		return nil
	case r.Interrupted && r.Refused == 0 && r.Cause == nil:
		return &exit{status: max(p.signals.status(), statusInterrupted)}
	}
	return &exit{status: statusIncomplete}
}
