package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/plan"
	"github.com/smsplan/smsplan/internal/render"
	"github.com/smsplan/smsplan/internal/state"
)

// workspaceName is what a workspace may be called: the name is part of paths, in every file system and in HCL.
var workspaceName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,62}$`)

// selecting is -workspace.
type selecting struct{ into *string }

// Set refuses the empty name: where a shell's variable is unset, it would mean the workspace default.
func (s *selecting) Set(value string) error {
	if !workspaceName.MatchString(value) {
		return errors.New("it is the name of a workspace: a letter, then letters, digits, dashes and underscores, at most 63")
	}
	*s.into = value
	return nil
}

func (s *selecting) String() string { return "" }
func (s *selecting) Get() any       { return *s.into }

// inWorkspace has a command, or those below it, take -workspace.
func (p *program) inWorkspace(cmd *cli.Command) *cli.Command {
	for _, sub := range cmd.Commands {
		p.inWorkspace(sub)
	}
	if len(cmd.Commands) == 0 {
		cmd.Flags = append(cmd.Flags, &cli.GenericFlag{Name: "workspace", Usage: "work in the workspace `NAME`: it has a state of its own, and is smsplan.workspace in expressions", Value: &selecting{&p.workspace}})
	}
	return cmd
}

// selected gives the workspace that the command is to work in.
func (p *program) selected() (string, error) {
	if p.workspace != "" {
		return p.workspace, nil
	}
	name := cmp.Or(p.getenv("SMSPLAN_WORKSPACE"), config.DefaultWorkspace)
	if !workspaceName.MatchString(name) {
		return "", errors.New("SMSPLAN_WORKSPACE is not the name of a workspace: a letter, then letters, digits, dashes and underscores, at most 63")
	}
	return name, nil
}

// checkWorkspace refuses a name that the lock file does not have, for commands that need no state: a mistyped one would give
// them other values. The workspace default needs no entry.
func (p *program) checkWorkspace() error {
	diagnostics, err := p.workspaceFaults()
	return errors.Join(p.diagnose(diagnostics), err)
}

// workspaceFaults gives what is wrong with the workspace, or with the lock file that would name it.
func (p *program) workspaceFaults() (config.Diagnostics, error) {
	name, err := p.selected()
	if err != nil || name == config.DefaultWorkspace {
		return config.Diagnostics{}, err
	}
	lock, diagnostics := config.ReadLock(".")
	if diagnostics.HasErrors() {
		return diagnostics, nil
	}
	return diagnostics, namedIn(lock, name)
}

// enterable says whether a command may work in a workspace that the lock file does not have: one that says so by itself, and
// the first one that a directory has. A mistyped name begins nothing, nor does one that was forgotten.
func (p *program) enterable(name, command string) error {
	lock, diagnostics := config.ReadLock(".")
	if diagnostics.HasErrors() {
		return nil // they are shown with those of the configuration
	}
	switch {
	case slices.Contains([]string{"state adopt", "state recover"}, command):
		return nil
	case command == "init" && (p.workspace != "" || name == config.DefaultWorkspace):
		return distinct(lock, name)
	case name == config.DefaultWorkspace && len(lock.Workspaces) == 0:
		return nil
	}
	return namedIn(lock, name)
}

// namedIn refuses a workspace that the lock file does not have, and lists those that there are.
func namedIn(lock config.Lock, name string) error {
	if _, known := lock.Workspaces[name]; known {
		return nil
	}
	text := "there is no such workspace"
	if isWord(name) {
		text = fmt.Sprintf("there is no workspace %s", name)
	}
	make := "init -workspace=NAME"
	if name == config.DefaultWorkspace {
		make = "init"
	}
	if len(lock.Workspaces) == 0 {
		return &exit{statusMismatch, fmt.Errorf("%s: .smsplan.lock.hcl names none\n"+
			"Where it has sent before, put that file back. smsplan %s makes one that has sent nothing to anybody", text, make)}
	}
	var names []string
	for _, known := range slices.Sorted(maps.Keys(lock.Workspaces)) {
		names = append(names, render.Clean(known))
	}
	return &exit{statusMismatch, fmt.Errorf("%s: .smsplan.lock.hcl has %s\n"+
		"-workspace=NAME, or SMSPLAN_WORKSPACE, says which is meant. Where this one has sent before, put its entry back; smsplan %s makes one that has sent nothing to anybody",
		text, strings.Join(names, ", "), make)}
}

// distinct refuses a name that differs from another one in the case of its letters alone: some file systems take both for one.
func distinct(lock config.Lock, name string) error {
	for other := range lock.Workspaces {
		if other != name && strings.EqualFold(other, name) {
			return &exit{statusMismatch, fmt.Errorf("there is a workspace %s already, and %s differs from it in capital letters alone", other, name)}
		}
	}
	return nil
}

// within refuses a saved plan of another workspace.
func (p *program) within(made *plan.Plan) error {
	name, err := p.selected()
	if err == nil && made.Workspace != name {
		err = stale("it was made in the workspace %s, and the workspace here is %s (-workspace, SMSPLAN_WORKSPACE)", render.Clean(made.Workspace), name)
	}
	return err
}

// flagged is what -workspace was given as, for the commands that hints name.
func (p *program) flagged() string {
	if p.workspace == "" {
		return ""
	}
	return " -workspace=" + p.workspace
}

// reminder is for whoever follows the advice of an error about the state of a workspace that -workspace named.
func (p *program) reminder(err error) string {
	if mismatch := (*state.MismatchError)(nil); p.workspace == "" || !errors.As(err, &mismatch) {
		return ""
	}
	return fmt.Sprintf("\nThe commands that this names are to have -workspace=%s too", p.workspace)
}
