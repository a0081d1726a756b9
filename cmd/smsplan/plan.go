package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/urfave/cli/v3"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/plan"
	"github.com/smsplan/smsplan/internal/render"
	"github.com/smsplan/smsplan/internal/seal"
	"github.com/smsplan/smsplan/internal/state"
)

func (p *program) planCommand() *cli.Command {
	var f planning
	var out string
	var encryptTo []string
	var detailed bool
	return p.leaf(&cli.Command{
		Name:        "plan",
		Usage:       "show what apply would send, to how many, and what it would not send and why",
		Description: "Nothing is sent and nothing is recorded.",
		Flags: append(append(f.flags(p), f.ledgering.flags()...),
			&cli.StringFlag{Name: "out", Usage: "save the plan to `FILE`, for smsplan apply FILE", Destination: &out, TakesFile: true},
			&cli.GenericFlag{Name: "encrypt-to", Usage: "encrypt what -out saves to the public `KEY` of age (age1...); may be given several times, and any of the keys opens it", Value: &collected[string]{&encryptTo, text}},
			&cli.BoolFlag{Name: "detailed-exitcode", Usage: "status 2 where there is something to do, or another run is doing it; 0 where there is not", Destination: &detailed},
		),
	}, 0, func(ctx context.Context, _ []string) error {
		if err := p.streams(f); err != nil {
			return err
		}
		if err := replaceable(out); err != nil {
			return err
		}
		if out != "" || f.jsonInto != "" {
			deaf() // what is kept is not lost with its display
		}
		if len(encryptTo) > 0 && out == "" {
			return errors.New("-encrypt-to encrypts what -out saves, and there is no -out\nGive -out=FILE too, or leave -encrypt-to out")
		}
		to := &seal.Recipients{}
		if err := encrypting(to, encryptTo, "-encrypt-to"); err != nil {
			return err
		}
		w, err := p.load(ctx, "plan", f.options(), f.ledgering)
		if err != nil {
			return err
		}
		if err := encrypting(to, w.config.PlanKeys, "plan_encrypt_to, beside -encrypt-to"); err != nil {
			return err
		}
		step := p.step("plan", "Reading the state")
		past, err := w.read(ctx)
		step.Done()
		if err != nil {
			return err
		}
		made, err := p.plan(w, past, f)
		if err != nil {
			return err
		}
		if err := p.showPlan(made); err != nil {
			return err
		}
		if err := p.keep(made, out, to); err != nil {
			return err
		}
		if err := p.blocked(made, w.config); err != nil {
			return err
		}
		if detailed && !(made.Empty() && made.Settled()) {
			return &exit{status: statusDifferences}
		}
		return nil
	})
}

// plan makes the plan, or shows what the state finds wrong with the configuration.
func (p *program) plan(w *workspace, past *state.Snapshot, f planning) (*plan.Plan, error) {
	if i := slices.IndexFunc(f.retry.Codes, state.IsFinal); i >= 0 {
		return nil, fmt.Errorf("-retry-refused: whom the gateway refused with %d is not sent to again: it blocked them (121, 128), or they opted out (122)", f.retry.Codes[i])
	}
	selection, err := plan.NewSelection(w.config, past, f.targets, f.excludes)
	if err != nil {
		return nil, err
	}
	step := p.step("plan", "Planning")
	made := plan.New(w.config, past, now(), version, plan.Options{Retry: f.retry, Selection: selection})
	step.Done()
	t := made.Totals()
	p.log.Info("planned", "to_send", t.ToSend, "already_sent", t.AlreadySent, "held", t.Held, "requests", t.Requests, "plan_id", string(made.ID))
	if problems := made.Problems(); len(problems) > 0 {
		return nil, p.diagnose(w.config.Diagnose(problems))
	}
	if err := made.Allow(f.allow); err != nil {
		return nil, fmt.Errorf("-allow: %w", err)
	}
	if err := p.diagnose(w.config.CheckWarnings()); err != nil {
		return nil, err
	}
	return made, nil
}

// options are those of config.Load for a plan.
func (f *planning) options() config.Options {
	return config.Options{Assignments: f.assignments, AllowPaths: f.allowPaths}
}

// streams begins what -json and -json-into ask for; endStream ends it.
func (p *program) streams(f planning) error {
	switch {
	case f.json && f.jsonInto != "":
		return errors.New("-json and -json-into exclude each other: one of them is enough")
	case f.json:
		p.json = true
		p.stream = render.NewStream(p.stdout, now, version)
	case f.jsonInto != "":
		file, err := openStream(f.jsonInto)
		if err != nil {
			return err
		}
		p.streamFile = file
		p.stream = render.NewStream(file, now, version)
	}
	return nil
}

// endStream closes the stream when everything has been said, errors too, and gives what went wrong with it.
func (p *program) endStream() error {
	err := p.streamed()
	if p.streamFile != nil {
		err = errors.Join(err, p.streamFile.Close())
	}
	return err
}

// streamed gives what went wrong with the stream so far.
func (p *program) streamed() error {
	err := p.stream.Err()
	if p.streamFile == nil {
		err = unread(err)
	}
	if err != nil {
		err = fmt.Errorf("the stream of JSON cannot be written: %w", cause(err))
	}
	return err
}

func (p *program) showPlan(made *plan.Plan) error {
	p.stream.Plan(made, p.style(p.stdout))
	if p.streamed() != nil {
		return errReported // by endStream
	}
	return p.show(func(w io.Writer, s render.Style) error { return render.Plan(w, made, s) })
}

// keep saves the plan where that was asked for, and says how it goes on.
func (p *program) keep(made *plan.Plan, out string, to *seal.Recipients) error {
	if out != "" {
		step := p.step("plan", "Saving the plan")
		err := save(made, out, to)
		step.Done()
		if err != nil {
			return fmt.Errorf("-out=%s: %w", out, cause(err))
		}
	}
	if made.Empty() || len(made.Blocking()) > 0 || p.automated() {
		return nil
	}
	act := render.Act(made.Totals().ToSend)
	if out != "" {
		how, key := "", ""
		if to.Len() > 0 {
			how, key = fmt.Sprintf(", encrypted to %s", keysOf(to.Len())), " -identity=FILE"
		}
		p.say("\nSaved to %s%s. To %s exactly this: smsplan apply%s%s %[1]s\n", render.Clean(out), how, act, p.flagged(), key)
		return nil
	}
	p.say("\nTo %[3]s this: smsplan apply%[1]s\nTo %[3]s this and nothing else: smsplan apply%[1]s -expect=%[2]s\n", p.flagged()+render.Again(made), made.ID, act)
	return nil
}
