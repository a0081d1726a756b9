package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v3"
)

func (p *program) helpCommand() *cli.Command {
	cmd := &cli.Command{
		Name:         "help",
		Usage:        "show what a command does, as -help does",
		ArgsUsage:    "[COMMAND...]",
		OnUsageError: usageError,
	}
	cmd.Action = func(_ context.Context, cmd *cli.Command) error {
		about := cmd.Root()
		for _, name := range cmd.Args().Slice() {
			sub := about.Command(name)
			if sub == nil {
				return noCommand(about, name)
			}
			about = sub
		}
		help(p.stdout, about)
		return nil
	}
	return cmd
}

// help writes what a command does, its arguments and its flags.
func help(w io.Writer, cmd *cli.Command) {
	usage := "Usage: " + cmd.FullName()
	if cmd.Root() == cmd {
		usage += " [-chdir=DIR]"
	}
	if len(visible(cmd.Commands)) > 0 {
		usage += " COMMAND"
	}
	if len(own(cmd)) > 0 || len(visible(cmd.Commands)) > 0 {
		usage += " [FLAGS]"
	}
	if cmd.ArgsUsage != "" {
		usage += " " + cmd.ArgsUsage
	}
	fmt.Fprintf(w, "%s\n\n%s.\n", usage, sentence(cmd.Usage))
	if cmd.Description != "" {
		fmt.Fprintf(w, "\n%s\n", cmd.Description)
	}
	var rows [][2]string
	for _, sub := range visible(cmd.Commands) {
		rows = append(rows, [2]string{sub.Name, sub.Usage})
	}
	columns(w, "Commands", rows)
	columns(w, "Flags", describe(own(cmd)))
	columns(w, "Flags for all commands", describe(persistent(cmd.Root().Flags)))
	if cmd.Root() == cmd {
		columns(w, "Without a command", describe(local(cmd.Flags)))
	}
}

// own gives the flags of the command itself.
func own(cmd *cli.Command) []cli.Flag {
	if cmd.Root() == cmd {
		return nil
	}
	return cmd.Flags
}

// local gives the flags that the commands below do not take; persistent the others.
func local(flags []cli.Flag) []cli.Flag {
	return slices.DeleteFunc(slices.Clone(flags), func(f cli.Flag) bool { return !isLocal(f) })
}

func persistent(flags []cli.Flag) []cli.Flag {
	return slices.DeleteFunc(slices.Clone(flags), isLocal)
}

func isLocal(f cli.Flag) bool {
	l, ok := f.(cli.LocalFlag)
	return ok && l.IsLocal()
}

func visible(commands []*cli.Command) []*cli.Command {
	var list []*cli.Command
	for _, c := range commands {
		if !c.Hidden {
			list = append(list, c)
		}
	}
	return list
}

// describe gives each flag as it is typed, with its usage: the word in backquotes is the name of its value.
func describe(flags []cli.Flag) [][2]string {
	var rows [][2]string
	for _, f := range flags {
		d, ok := f.(cli.DocGenerationFlag)
		if v, hides := f.(cli.VisibleFlag); !ok || hides && !v.IsVisible() {
			continue
		}
		name, usage := "-"+f.Names()[0], d.GetUsage()
		if before, rest, found := strings.Cut(usage, "`"); found {
			value, after, _ := strings.Cut(rest, "`")
			name += "=" + value
			usage = before + value + after
		}
		rows = append(rows, [2]string{name, usage})
	}
	return rows
}

func columns(w io.Writer, title string, rows [][2]string) {
	if len(rows) == 0 {
		return
	}
	widest := 0
	for _, r := range rows {
		widest = max(widest, len(r[0]))
	}
	fmt.Fprintf(w, "\n%s:\n", title)
	for _, r := range rows {
		fmt.Fprintf(w, "  %-*s  %s\n", widest, r[0], r[1])
	}
}

func sentence(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
