package main

import (
	"bufio"
	"context"
	"fmt"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/render"
)

// longest is the length of an expression that the console reads.
const longest = 1 << 20

func (p *program) consoleCommand() *cli.Command {
	var f reading
	return p.leaf(&cli.Command{
		Name:  "console",
		Usage: "evaluate expressions, one a line, from a terminal or from standard input",
		Description: "exit, or the end of the input, ends it. type(...) around an expression gives its type.\n\n" +
			"Functions (smsplan metadata functions says what they take and give):\n" + strings.TrimSuffix(render.FunctionNames(config.Functions()), "\n"),
		Flags: f.flags(),
	}, 0, func(ctx context.Context, _ []string) error {
		if err := p.checkWorkspace(); err != nil {
			return err
		}
		c, diagnostics := p.configuration(ctx, config.Options{Assignments: f.assignments, AllowPaths: f.allowPaths})
		if err := p.diagnose(diagnostics); err != nil {
			return err
		}
		return p.evaluate(ctx, c)
	})
}

func (p *program) evaluate(ctx context.Context, c *config.Config) error {
	var failed error
	prompt := ""
	if p.asks() {
		prompt = "> "
	}
	lines := bufio.NewScanner(p.stdin)
	lines.Buffer(nil, longest)
	for fmt.Fprint(p.stdout, prompt); lines.Scan(); fmt.Fprint(p.stdout, prompt) {
		if err := ctx.Err(); err != nil {
			return err
		}
		expression := strings.TrimSpace(lines.Text())
		if expression == "exit" {
			return failed
		}
		if expression == "" {
			continue
		}
		value, diagnostics := c.Evaluate(expression)
		if err := p.diagnose(diagnostics); err != nil {
			failed = err
			continue
		}
		fmt.Fprintln(p.stdout, render.Lines(value))
	}
	if prompt != "" {
		fmt.Fprintln(p.stdout)
		failed = nil // whoever typed has seen it
	}
	if err := lines.Err(); err != nil {
		return err
	}
	return failed
}
