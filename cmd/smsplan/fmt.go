package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/urfave/cli/v3"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/render"
)

// formatting is the flags of fmt.
type formatting struct{ list, write, check, diff, recursive bool }

// fromStdin names standard input among the arguments of fmt.
const fromStdin = "-"

func (p *program) fmtCommand() *cli.Command {
	var f formatting
	return p.leaf(&cli.Command{
		Name:  "fmt",
		Usage: "bring configuration files into the canonical layout, and list those that changed",
		Description: "It takes files named " + config.Laid + ", and directories, whose files of such names are meant.\n" +
			"With - it reads from standard input and writes to standard output. JSON is left as it is.",
		ArgsUsage: "[FILE...]",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "check", Usage: "change nothing; status 3 where a file would change", Destination: &f.check},
			&cli.BoolFlag{Name: "diff", Usage: "show the differences", Destination: &f.diff},
			&cli.BoolFlag{Name: "list", Usage: "list files whose layout differs; -list=false does not", Value: true, Destination: &f.list},
			&cli.BoolFlag{Name: "recursive", Usage: "go into directories below, too", Destination: &f.recursive},
			&cli.BoolFlag{Name: "write", Usage: "change the files; -write=false does not, as with -check", Value: true, Destination: &f.write},
		},
	}, -1, func(ctx context.Context, args []string) error {
		if len(args) == 1 && args[0] == fromStdin {
			return p.formatStdin(f)
		}
		files, err := sources(args, f.recursive)
		if err != nil {
			return err
		}
		var failed error
		changed := false
		for _, name := range files {
			if err := ctx.Err(); err != nil {
				return err
			}
			differs, err := p.formatFile(name, f)
			failed = errors.Join(failed, err)
			changed = changed || differs
		}
		if failed == nil && f.check && changed {
			return &exit{status: statusIncomplete}
		}
		return failed
	})
}

// sources gives the files that are meant: those named, those in a directory that is named, or those here.
func sources(args []string, recursive bool) ([]string, error) {
	if len(args) == 0 {
		args = []string{"."}
	}
	var files []string
	for _, arg := range args {
		if arg == fromStdin {
			return nil, errors.New("fmt: standard input (-) is laid out alone, without files beside it")
		}
		about, err := os.Stat(arg)
		if err != nil {
			return nil, err
		}
		if !about.IsDir() {
			if !config.Lays(arg) {
				return nil, fmt.Errorf("fmt: %s is none of the files that are laid out: %s\nFor any other source of HCL: smsplan fmt - < FILE", render.Clean(arg), config.Laid)
			}
			files = append(files, arg)
			continue
		}
		found, err := sourcesIn(arg, recursive)
		if err != nil {
			return nil, err
		}
		files = append(files, found...)
	}
	return files, nil
}

// sourcesIn gives the files in a directory, and those in directories below where recursive says so. Links to directories,
// which might lead in circles, are not followed.
func sourcesIn(dir string, recursive bool) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, entry := range entries {
		name := entry.Name()
		switch path := filepath.Join(dir, name); {
		case strings.HasPrefix(name, "."):
		case entry.IsDir() && recursive:
			below, err := sourcesIn(path, recursive)
			if err != nil {
				return nil, err
			}
			files = append(files, below...)
		case !entry.IsDir() && config.Lays(name):
			files = append(files, path)
		}
	}
	return files, nil
}

// formatStdin lays out standard input.
func (p *program) formatStdin(f formatting) error {
	before, err := io.ReadAll(p.stdin)
	if err != nil {
		return fmt.Errorf("standard input: %w", err)
	}
	after, diagnostics := config.Format(before, "<stdin>")
	if diagnostics.HasErrors() {
		return p.diagnose(diagnostics)
	}
	switch differs := !bytes.Equal(before, after); {
	case f.diff:
		p.showDifference("<stdin>", before, after)
		fallthrough
	case f.check:
		if f.check && differs {
			return &exit{status: statusIncomplete}
		}
		return nil
	}
	_, err = p.stdout.Write(after)
	return err
}

// formatFile brings one file into the canonical layout and reports whether it was not.
func (p *program) formatFile(name string, f formatting) (differs bool, err error) {
	about, err := os.Stat(name)
	if err != nil {
		return false, err
	}
	if !about.Mode().IsRegular() {
		return false, fmt.Errorf("%s is not a regular file", render.Clean(name))
	}
	before, err := os.ReadFile(name)
	if err != nil {
		return false, err
	}
	after, diagnostics := config.Format(before, name)
	if diagnostics.HasErrors() {
		return false, p.diagnose(diagnostics)
	}
	write := f.write && !f.check
	if !f.list && !write && !f.diff && !f.check {
		_, err := p.stdout.Write(after)
		return false, err
	}
	if bytes.Equal(before, after) {
		return false, nil
	}
	if write {
		if err := config.Replace(name, after); err != nil {
			return true, fmt.Errorf("%s is left as it was: %w", render.Clean(name), err)
		}
	}
	if f.list {
		p.print("%s\n", render.Clean(name))
	}
	if f.diff {
		p.showDifference(name, before, after)
	}
	return true, nil
}

func (p *program) showDifference(name string, before, after []byte) {
	p.print("%s", render.Lines(string(diff.Diff("old/"+name, before, "new/"+name, after))))
}
