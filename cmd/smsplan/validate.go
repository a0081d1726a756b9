package main

import (
	"context"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v3"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/render"
)

func (p *program) validateCommand() *cli.Command {
	var f reading
	var noTests bool
	var tests string
	form := formed{known: []string{formatHuman, formatJSON, formatSARIF}}
	return p.leaf(&cli.Command{
		Name:        "validate",
		Usage:       "check everything that can be known without state, gateway and secrets",
		Description: "Variables need no values: what depends on one that has none is not checked.",
		Flags: append(append(f.flags(), form.flags("show what is found")...), testDirectory(&tests),
			&cli.BoolFlag{Name: "no-tests", Usage: "do not check test files", Destination: &noTests, HideDefault: true}),
	}, 0, func(ctx context.Context, _ []string) error {
		as, err := form.form()
		if err != nil {
			return err
		}
		diagnostics, err := p.validate(ctx, f, !noTests, tests)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if as != formatHuman {
			if err := p.report(as, diagnostics, err); err != nil {
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

// report writes what was found for programs.
func (p *program) report(form string, d config.Diagnostics, failed error) error {
	if form == formatSARIF {
		return render.SARIF(p.stdout, d, failed, belowRepository(), version)
	}
	return render.ValidationJSON(p.stdout, d, failed)
}

// belowRepository gives the way from the top of the repository that the working directory is in to this directory, with slashes; ""
// where it is the top, or in none.
func belowRepository() string {
	dir, err := os.Getwd()
	if err != nil {
		return ""
	}
	for top := dir; ; top = filepath.Dir(top) {
		if _, err := os.Lstat(filepath.Join(top, ".git")); err == nil { // a directory, or a file in a work tree
			below, err := filepath.Rel(top, dir)
			if err != nil || below == "." {
				return ""
			}
			return filepath.ToSlash(below)
		}
		if top == filepath.Dir(top) {
			return ""
		}
	}
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
