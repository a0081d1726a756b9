package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/urfave/cli/v3"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/plan"
	"github.com/smsplan/smsplan/internal/render"
	"github.com/smsplan/smsplan/internal/state"
)

func (p *program) showCommand() *cli.Command {
	var l ledgering
	var o opening
	f := formed{known: []string{formatHuman, formatJSON, formatMarkdown, formatHTML, formatCSV, formatGitLab}}
	return p.leaf(&cli.Command{
		Name:        "show",
		Usage:       "show a saved plan, or what the state holds",
		ArgsUsage:   "[PLAN]",
		Description: "For a review, markdown is a comment for a pull request, html a page for a browser, and gitlab the report of a merge request's widget.\nNo telephone number is in those three. csv lists the held recipients, and why each of them is held.",
		Flags: append(append(append(l.flags(), o.flags()...), f.flags("show it")...),
			&cli.BoolFlag{Name: "show-numbers", Usage: "show telephone numbers unmasked", Destination: &p.numbers}),
	}, 1, func(ctx context.Context, args []string) error {
		form, err := f.form()
		if err != nil {
			return err
		}
		if len(args) == 0 {
			if form != formatHuman && form != formatJSON {
				return fmt.Errorf("-format=%[1]s shows a saved plan, and none is named\nsmsplan plan -out=FILE saves one, and smsplan show -format=%[1]s FILE shows it", form)
			}
			if len(o.identities) > 0 {
				return errors.New("-identity opens a saved plan that is encrypted, and none is named\nName it: smsplan show -identity=FILE PLAN")
			}
			return p.showState(ctx, "show", l, form == formatJSON)
		}
		if reviewed := drawings[form]; reviewed != nil && p.numbers {
			return fmt.Errorf("-show-numbers: no number is in -format=%s, not even masked\n-format=human and -format=json show them", form)
		}
		made, err := p.shownPlan(ctx, args[0], &o)
		if err != nil {
			return err
		}
		if p.workspace != "" {
			if err := p.within(made); err != nil {
				return err
			}
		}
		switch form {
		case formatHuman:
			return p.show(func(w io.Writer, s render.Style) error { return render.Plan(w, made, s) })
		case formatJSON:
			return render.PlanJSON(p.stdout, made, p.style(p.stdout))
		case formatCSV:
			if err := listed(made); err != nil {
				return fmt.Errorf("%s %w", args[0], err)
			}
			return render.HeldCSV(p.stdout, made, p.style(p.stdout))
		}
		return drawings[form](p.stdout, made)
	})
}

// listed reports whether a plan lists its held recipients.
func listed(made *plan.Plan) error {
	switch {
	case made.Closed():
		return errors.New("is encrypted, and held recipients are people: open it with -identity=FILE")
	case !made.Listed:
		return errors.New("was saved by a smsplan that did not list the held recipients: plan again, with smsplan plan -out=FILE")
	}
	return nil
}

// drawings are the forms for reviewers, in which there is no number.
var drawings = map[string]func(io.Writer, *plan.Plan) error{
	formatMarkdown: render.Markdown,
	formatHTML:     render.HTML,
	formatGitLab:   render.GitLab,
}

// inspect looks at the state of the configuration in the working directory, for commands that only show it. A simulator's
// state that has not been made yet is empty.
func (p *program) inspect(ctx context.Context, command string, l ledgering) (*workspace, *state.Inspection, error) {
	w, err := p.load(ctx, command, config.Options{Scope: config.ScopeState}, l)
	if err != nil {
		return nil, nil, err
	}
	if _, err := os.Lstat(w.settings.Path); w.settings.Lineage == "" && errors.Is(err, fs.ErrNotExist) {
		return w, &state.Inspection{Kind: w.settings.Kind}, nil
	}
	seen, err := state.Inspect(ctx, w.settings)
	if err == nil && seen.Mismatch != nil {
		err = seen.Mismatch
	}
	return w, seen, err
}

func (p *program) showState(ctx context.Context, command string, l ledgering, json bool) error {
	_, seen, err := p.inspect(ctx, command, l)
	if err != nil {
		return err
	}
	if json {
		return render.StateJSON(p.stdout, seen, seen.Messages)
	}
	style := p.style(p.stdout)
	return errors.Join(render.States(p.stdout, seen.Messages, style), render.Overrides(p.stdout, seen.Overrides, style))
}
