package main

import (
	"context"

	"github.com/urfave/cli/v3"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/render"
)

func (p *program) validateCommand() *cli.Command {
	var f reading
	var json, noTests bool
	var tests string
	return p.leaf(&cli.Command{
		Name:        "validate",
		Usage:       "check everything that can be known without state, gateway and secrets",
		Description: "Variables need no values: what depends on one that has none is not checked.",
		Flags: append(f.flags(), jsonFlag(&json), testDirectory(&tests),
			&cli.BoolFlag{Name: "no-tests", Usage: "do not check test files", Destination: &noTests, HideDefault: true}),
	}, 0, func(ctx context.Context, _ []string) error {
		diagnostics, err := p.validate(ctx, f, !noTests, tests)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if json {
			if err := render.ValidationJSON(p.stdout, diagnostics, err); err != nil {
				return err
			}
			if err != nil || diagnostics.HasErrors() {
				return errReported
			}
			return nil
		}
		if err != nil {
			return err
		}
		if err := p.diagnose(diagnostics); err != nil {
			return err
		}
		p.say("Success! The configuration is valid.\n")
		return nil
	})
}

// validate checks the configuration and, where they are wanted, the test files below a directory.
func (p *program) validate(ctx context.Context, f reading, withTests bool, tests string) (config.Diagnostics, error) {
	if diagnostics, err := p.workspaceFaults(); err != nil || diagnostics.HasErrors() {
		return diagnostics, err
	}
	c, diagnostics := p.configuration(ctx, config.Options{Assignments: f.assignments, AllowPaths: f.allowPaths, Scope: config.ScopeValidate})
	if !withTests || ctx.Err() != nil {
		return diagnostics, nil
	}
	more, err := p.checkTests(c, diagnostics, tests)
	return diagnostics.Append(more), err
}
