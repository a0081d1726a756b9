package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/render"
)

// starter is the configuration that init writes.
//
//go:embed starter.sms.hcl
var starter []byte

const (
	starterName = "main.sms.hcl"
	ignore      = `# Written by smsplan init. The file .smsplan.lock.hcl belongs into version control; these do not.
smsplan.state*
.smsplan/
*.smsplan
outbox.jsonl
`
)

func (p *program) initCommand() *cli.Command {
	var f reading
	return p.leaf(&cli.Command{
		Name:  "init",
		Usage: "make a directory ready: a starter configuration where there is none, .gitignore, and the state",
		Description: "Doing it again changes nothing. A configuration that names a state that is not there is an error,\n" +
			"because without its state everybody would be sent everything again.",
		Flags: f.flags(),
	}, 0, func(ctx context.Context, _ []string) error {
		configured, err := hasConfiguration(".")
		if err != nil {
			return err
		}
		if !configured {
			if err := p.writeNew(starterName, starter); err != nil {
				return err
			}
		}
		if err := p.writeNew(".gitignore", []byte(ignore)); err != nil {
			return err
		}
		w, err := p.load(ctx, "init", config.Options{Assignments: f.assignments, AllowPaths: f.allowPaths, Scope: config.ScopeState}, ledgering{})
		if err != nil {
			return err
		}
		if w.settings.Lineage != "" {
			if _, err := w.read(ctx); err != nil {
				return err
			}
			p.say("The state is there and belongs to this configuration.\n")
		} else {
			if err := w.create(ctx); err != nil {
				return err
			}
			p.say("Created the state %s and named it in .smsplan.lock.hcl: commit that file.\n", render.Clean(w.shown()))
		}
		if !p.automated() {
			p.say("\nsmsplan is ready. Next: smsplan plan%s\n", p.flagged())
		}
		return nil
	})
}

// hasConfiguration reports whether a directory has configuration files.
func hasConfiguration(dir string) (bool, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return false, err
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".sms.hcl") || strings.HasSuffix(e.Name(), ".sms.json") {
			return true, nil
		}
	}
	return false, nil
}

// writeNew writes a file where there is none, whole or not at all: the next init would take half of it for the user's.
func (p *program) writeNew(name string, content []byte) (err error) {
	if there, err := exists(name); err != nil || there {
		return err
	}
	file, err := os.CreateTemp(".", ".smsplan-*")
	if err != nil {
		return fmt.Errorf("%s: %w", name, cause(err))
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("%s: %w", name, cause(err)), os.Remove(file.Name()))
		}
	}()
	_, err = file.Write(content)
	if err := errors.Join(err, file.Chmod(0o644), file.Close()); err != nil {
		return err
	}
	if err := os.Rename(file.Name(), name); err != nil {
		return err
	}
	p.say("Wrote %s.\n", name)
	return nil
}
