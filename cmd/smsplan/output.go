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
		Name:      "output",
		Usage:     "show the values of the configuration's outputs",
		ArgsUsage: "[NAME]",
		Flags: append(f.flags(), jsonFlag(&json),
			&cli.BoolFlag{Name: "raw", Usage: "write the value of NAME as it is, without quotes and line break", Destination: &raw}),
	}, 1, func(ctx context.Context, args []string) error {
		if raw && (json || len(args) == 0) {
			return errors.New("output -raw needs the name of one output, and excludes -json")
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
		return noOutput(c.Outputs)
	})
}

func noOutput(list []config.Output) error {
	if len(list) == 0 {
		return errors.New("there is no such output; the configuration has none")
	}
	var names []string
	for _, o := range list {
		names = append(names, o.Name)
	}
	return fmt.Errorf("there is no such output; the configuration has %s", strings.Join(names, ", "))
}

func (p *program) outputs(list []config.Output, json bool) error {
	if json {
		return render.OutputsJSON(p.stdout, list)
	}
	if len(list) == 0 {
		p.say("The configuration has no outputs.\n")
	}
	for _, o := range list {
		p.say("%s = %s\n", o.Name, render.Lines(o.Text))
	}
	return nil
}

func (p *program) output(o config.Output, json, raw bool) error {
	switch {
	case raw && !o.RawOK:
		return fmt.Errorf("output %s is no string, number or bool: use -json", o.Name)
	case raw:
		_, err := io.WriteString(p.stdout, o.Raw)
		return err
	case json:
		return render.OutputJSON(p.stdout, o)
	}
	p.say("%s\n", render.Lines(o.Text))
	return nil
}
