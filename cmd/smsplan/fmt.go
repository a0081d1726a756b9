package main

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/urfave/cli/v3"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/render"
)

// formatting is the flags of fmt.
type formatting struct{ check, diff, recursive bool }

func (p *program) fmtCommand() *cli.Command {
	var f formatting
	return p.leaf(&cli.Command{
		Name:      "fmt",
		Usage:     "bring configuration files into the canonical layout, and list those that changed",
		ArgsUsage: "[FILE...]",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "check", Usage: "change nothing; status 3 where a file would change", Destination: &f.check},
			&cli.BoolFlag{Name: "diff", Usage: "show the differences", Destination: &f.diff},
			&cli.BoolFlag{Name: "recursive", Usage: "go into directories below, too", Destination: &f.recursive},
		},
	}, -1, func(ctx context.Context, args []string) error {
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
			differs, err := p.format(name, f)
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
		about, err := os.Stat(arg)
		if err != nil {
			return nil, err
		}
		if !about.IsDir() {
			files = append(files, arg)
			continue
		}
		err = filepath.WalkDir(arg, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case !d.IsDir():
				return nil
			case path != arg && (!recursive || strings.HasPrefix(d.Name(), ".")):
				return fs.SkipDir
			}
			names, err := config.Files(path)
			for _, name := range names {
				files = append(files, filepath.Join(path, filepath.Base(name)))
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return files, nil
}

// format brings one file into the canonical layout and reports whether it was not.
func (p *program) format(name string, f formatting) (differs bool, err error) {
	before, err := os.ReadFile(name)
	if err != nil {
		return false, err
	}
	after, diagnostics := config.Format(before, name)
	if diagnostics.HasErrors() {
		return false, p.diagnose(diagnostics)
	}
	if bytes.Equal(before, after) {
		return false, nil
	}
	p.say("%s\n", render.Clean(name))
	if f.diff {
		p.say("%s", render.Lines(string(diff.Diff("old/"+name, before, "new/"+name, after))))
	}
	if f.check {
		return true, nil
	}
	about, err := os.Stat(name)
	if err != nil {
		return true, err
	}
	return true, os.WriteFile(name, after, about.Mode().Perm())
}
