package main

import (
	"context"

	"github.com/urfave/cli/v3"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/render"
)

func (p *program) graphCommand() *cli.Command {
	var f reading
	return p.leaf(&cli.Command{
		Name:  "graph",
		Usage: "draw what refers to what: files, variables, locals, recipient sets, messages and guards, as a flowchart of Mermaid",
		Description: "GitHub, GitLab and many editors show it where it stands in Markdown between ```mermaid and ```. Variables need no values; a message with\n" +
			"for_each is one box. Rows of recipients are not read, unless something refers to what they count.",
		Flags: f.flags(),
	}, 0, func(ctx context.Context, _ []string) error {
		if err := p.checkWorkspace(); err != nil {
			return err
		}
		c, diagnostics := p.configuration(ctx, config.Options{Assignments: f.assignments, AllowPaths: f.allowPaths, Scope: config.ScopeGraph})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if diagnostics.HasErrors() {
			return p.diagnose(diagnostics)
		}
		return render.Mermaid(p.stdout, c.Graph)
	})
}
