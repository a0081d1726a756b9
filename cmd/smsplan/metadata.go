package main

import (
	"context"

	"github.com/urfave/cli/v3"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/render"
)

func (p *program) metadataCommand() *cli.Command {
	cmd := &cli.Command{
		Name:  "metadata",
		Usage: "describe the language, for editors and documentation",
		Commands: []*cli.Command{
			p.metadataFunctionsCommand(),
			p.metadataSchemaCommand(),
		},
	}
	group(p, cmd)
	return cmd
}

func (p *program) metadataFunctionsCommand() *cli.Command {
	var json bool
	return p.leaf(&cli.Command{
		Name:  "functions",
		Usage: "list the functions that expressions may call, with their signatures",
		Flags: []cli.Flag{jsonFlag(&json)},
	}, 0, func(context.Context, []string) error {
		if json {
			return render.FunctionsJSON(p.stdout, config.Functions())
		}
		return render.Functions(p.stdout, config.Functions())
	})
}

func (p *program) metadataSchemaCommand() *cli.Command {
	var json bool
	return p.leaf(&cli.Command{
		Name:  "schema",
		Usage: "list the blocks and arguments of a configuration, with their types and defaults",
		Flags: []cli.Flag{jsonFlag(&json)},
	}, 0, func(context.Context, []string) error {
		if json {
			return render.LanguageJSON(p.stdout, config.Language(), config.TestLanguage())
		}
		return render.Language(p.stdout, config.Language(), config.TestLanguage())
	})
}
