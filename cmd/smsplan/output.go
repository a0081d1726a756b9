package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/render"
)

func (p *program) outputCommand() *cli.Command {
	var f reading
	var json, raw bool
	return p.leaf(&cli.Command{
		Name:        "output",
		Usage:       "show the values of the configuration's outputs",
		ArgsUsage:   "[NAME]",
		Description: "Values are computed from the configuration each time. One that is sensitive is written by -json NAME and -raw NAME only.",
		Flags: append(f.flags(), jsonFlag(&json),
			&cli.BoolFlag{Name: "raw", Usage: "write the value of NAME as it is, without quotes and line break", Destination: &raw}),
	}, 1, func(ctx context.Context, args []string) error {
		switch {
		case raw && json:
			return errors.New("output -raw and -json exclude each other: -raw is for one string, number or bool, -json for any value")
		case raw && len(args) == 0:
			return errors.New("output -raw needs the name of one output\nsmsplan output lists them")
		}
		if err := p.checkWorkspace(); err != nil {
			return err
		}
		c, diagnostics := p.configuration(ctx, config.Options{Assignments: f.assignments, AllowPaths: f.allowPaths})
		if diagnostics.HasErrors() {
			return p.diagnose(diagnostics)
		}
		if len(args) == 0 {
			return p.outputs(c.Outputs, json)
		}
		for _, o := range c.Outputs {
			if o.Name == args[0] {
				return p.output(o, json, raw)
			}
		}
		return noOutput(args[0], c.Outputs)
	})
}

// noOutput says which outputs there are. A name is repeated only where it looks like one.
func noOutput(name string, list []config.Output) error {
	what := "there is no such output"
	if isWord(name) {
		what = fmt.Sprintf("there is no output %q", name)
	}
	if len(list) == 0 {
		return fmt.Errorf("%s; the configuration has none", what)
	}
	var names []string
	for _, o := range list {
		names = append(names, o.Name)
	}
	return fmt.Errorf("%s; the configuration has %s", what, strings.Join(names, ", "))
}

func (p *program) outputs(list []config.Output, json bool) error {
	if json {
		return render.OutputsJSON(p.stdout, list)
	}
	if len(list) == 0 {
		p.say("The configuration has no outputs.\n")
	}
	for _, o := range list {
		p.print("%s = %s\n", o.Name, render.Lines(o.Text))
	}
	return nil
}

func (p *program) output(o config.Output, json, raw bool) error {
	switch {
	case raw && !o.RawOK:
		return fmt.Errorf("output %[1]s is no string, number or bool, which -raw is for\nsmsplan output -json %[1]s writes it", o.Name)
	case raw:
		_, err := io.WriteString(p.stdout, o.Raw)
		return err
	case json:
		return render.OutputJSON(p.stdout, o)
	}
	p.print("%s\n", render.Lines(o.Text))
	return nil
}
