package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/urfave/cli/v3"
)

// root is the table of commands.
func (p *program) root() *cli.Command {
	cli.HelpFlag = nil // the library's own help would show flags as we do not write them; see help.go
	root := &cli.Command{
		Name:  "smsplan",
		Usage: "plan and apply text messages that are described in HCL",
		Commands: []*cli.Command{
			p.initCommand(),
			p.fmtCommand(),
			p.validateCommand(),
			p.planCommand(),
			p.applyCommand(),
			p.showCommand(),
			p.resolveCommand(),
			p.stateCommand(),
			p.outputCommand(),
			p.consoleCommand(),
			p.simulatorCommand(),
			p.versionCommand(),
			p.helpCommand(),
		},
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "chdir", Usage: "work in `DIR`", Destination: &p.chdir},
			&cli.BoolFlag{Name: "no-color", Usage: "no colours", Destination: &p.noColor},
			&cli.BoolFlag{Name: "input", Usage: "`false`: never ask; what would have to be asked is an error", Value: true, HideDefault: true, Destination: &p.input},
			&cli.BoolFlag{Name: "help", Aliases: []string{"h"}, Usage: "show what the command does", HideDefault: true},
			&cli.BoolFlag{Name: "version", Usage: "the same as smsplan version", Local: true, HideDefault: true},
		},
		Writer:                     p.stdout,
		ErrWriter:                  p.stderr,
		HideHelp:                   true,
		HideVersion:                true,
		DisableSliceFlagSeparator:  true,
		EnableShellCompletion:      true,
		ShellCompletionCommandName: "completion",
		ConfigureShellCompletionCommand: func(c *cli.Command) {
			completion(p, c)
		},
		ExitErrHandler: func(context.Context, *cli.Command, error) {}, // run picks the status
	}
	root.Commands = append(root.Commands, elsewhere(p)...)
	group(p, root)
	return root
}

// group makes a command of one that only has commands below it: alone it shows its help.
func group(p *program, cmd *cli.Command) {
	cmd.OnUsageError = usageError
	cmd.Action = func(_ context.Context, cmd *cli.Command) error {
		if unknown := cmd.Args().First(); unknown != "" {
			return noCommand(cmd, unknown)
		}
		switch {
		case cmd.Bool("help"):
			help(p.stdout, cmd)
			return nil
		case cmd.Root() == cmd && cmd.Bool("version"):
			return p.showVersion(false)
		}
		help(p.stderr, cmd)
		return &exit{status: statusError}
	}
}

func noCommand(of *cli.Command, unknown string) error {
	text := fmt.Sprintf("%s has no command %q", of.FullName(), unknown)
	if near := cli.SuggestCommand(visible(of.Commands), unknown); near != "" {
		text += fmt.Sprintf("; did you mean %q?", near)
	}
	return fmt.Errorf("%s\n%s -help lists the commands", text, of.FullName())
}

// leaf completes a command that does something: it answers -help, counts the arguments and prepares the program.
func (p *program) leaf(cmd *cli.Command, most int, do func(ctx context.Context, args []string) error) *cli.Command {
	cmd.OnUsageError = usageError
	cmd.Action = func(ctx context.Context, cmd *cli.Command) error {
		if cmd.Bool("help") {
			help(p.stdout, cmd)
			return nil
		}
		args := cmd.Args().Slice()
		if most >= 0 && len(args) > most {
			return fmt.Errorf("%s: unexpected argument %q\n%s -help shows how it is used", cmd.FullName(), args[most], cmd.FullName())
		}
		if err := p.prepare(); err != nil {
			return err
		}
		return do(ctx, args)
	}
	return cmd
}

func usageError(_ context.Context, cmd *cli.Command, err error, _ bool) error {
	text := err.Error()
	if name, ok := strings.CutPrefix(text, "flag provided but not defined: -"); ok {
		text = fmt.Sprintf("unknown flag -%s", name)
	}
	return fmt.Errorf("%s: %s\n%s -help lists the flags", cmd.FullName(), text, cmd.FullName())
}
