package main

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/smsplan/smsplan/internal/config"
)

// root is the table of commands.
func (p *program) root() *cli.Command {
	cli.HelpFlag = nil // the library's own help would show flags as we do not write them; see help.go
	root := &cli.Command{
		Name:  "smsplan",
		Usage: "plan and apply text messages that are described in HCL",
		Commands: []*cli.Command{
			p.inWorkspace(p.initCommand()),
			p.fmtCommand(),
			p.inWorkspace(p.validateCommand()),
			p.inWorkspace(p.planCommand()),
			p.inWorkspace(p.applyCommand()),
			p.inWorkspace(p.showCommand()),
			p.inWorkspace(p.deliveriesCommand()),
			p.inWorkspace(p.resolveCommand()),
			p.inWorkspace(p.receiptsCommand()),
			p.inWorkspace(p.cancelCommand()),
			p.inWorkspace(p.stateCommand()),
			p.inWorkspace(p.outputCommand()),
			p.inWorkspace(p.graphCommand()),
			p.inWorkspace(p.doctorCommand()),
			p.inWorkspace(p.consoleCommand()),
			p.inWorkspace(p.testCommand()),
			p.metadataCommand(),
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
	text := of.FullName() + " has no such command"
	if isWord(unknown) {
		text = fmt.Sprintf("%s has no command %q", of.FullName(), unknown)
	}
	var names []string
	for _, one := range visible(of.Commands) {
		names = append(names, one.Name)
	}
	if near := config.Nearest(unknown, names); near != "" {
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
			return fmt.Errorf("%s: %s\n%s -help shows how it is used", cmd.FullName(), tooMany(most), cmd.FullName())
		}
		if err := p.prepare(); err != nil {
			return err
		}
		return do(ctx, args)
	}
	return cmd
}

// tooMany does not repeat an argument: where a value has blanks and no quotation marks, it is part of a value.
func tooMany(most int) string {
	if most == 0 {
		return "unexpected argument: it takes none"
	}
	return fmt.Sprintf("unexpected argument: it takes %d at most", most)
}

// usageError says what is wrong with a flag, without repeating a value, which may be anything.
func usageError(_ context.Context, cmd *cli.Command, err error, _ bool) error {
	text := err.Error()
	if name, ok := strings.CutPrefix(text, "flag provided but not defined: -"); ok {
		text = "unknown flag"
		if isWord(name) {
			text += " -" + name + instead(cmd, name)
		}
	} else if parts := invalidValue.FindStringSubmatch(text); parts != nil {
		text = fmt.Sprintf("-%s: %s", parts[2], wanted(cmd, parts[2], parts[1], parts[3]))
	}
	return fmt.Errorf("%s: %s\n%s -help lists the flags", cmd.FullName(), text, cmd.FullName())
}

// invalidValue is what the library says of a value that it cannot read.
var invalidValue = regexp.MustCompile(`(?s)^invalid value "(.*)" for flag -+([a-z-]+): (.*)$`)

// wanted says which values a flag takes.
func wanted(cmd *cli.Command, name, value, cause string) string {
	for _, flag := range cmd.Flags {
		if !slices.Contains(flag.Names(), name) {
			continue
		}
		switch flag.(type) {
		case *cli.BoolFlag:
			return "it is true or false"
		case *cli.IntFlag:
			return "it is a whole number"
		case *cli.FloatFlag:
			return "it is a number"
		case *cli.DurationFlag:
			return "it is a duration, such as 90s or 5m"
		}
	}
	if value != "" && strings.Contains(cause, value) {
		return "this value cannot be used"
	}
	return cause
}

// isWord reports whether what was typed may be repeated: it looks like a name that was mistyped.
func isWord(s string) bool {
	return len(s) <= 20 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz-") == ""
}
