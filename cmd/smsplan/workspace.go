package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/state"
)

// The workspace of a directory, and where this checkout keeps its own notes.
const (
	defaultWorkspace = "default"
	notesDir         = ".smsplan"
)

// workspace is a configuration and the state that belongs to it.
type workspace struct {
	config   *config.Config
	lock     config.Lock
	settings state.Settings
}

// load reads the configuration in the working directory, shows what is wrong with it, and finds out which state it
// belongs to. command is for whoever finds the state locked.
func (p *program) load(ctx context.Context, command string, o config.Options, l ledgering) (*workspace, error) {
	o.Environ = p.environ
	o.ShowNumbers = p.numbers
	c, diagnostics := config.Load(ctx, ".", o)
	lock, more := config.ReadLock(".")
	if err := p.diagnose(diagnostics.Append(more)); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	w := &workspace{config: c, lock: lock, settings: state.Settings{
		Path:          c.State.Path,
		Key:           c.State.Key,
		Kind:          kindOf(c.Gateway),
		Anchor:        filepath.Join(notesDir, "anchor"),
		LockWait:      l.lockTimeout,
		Expect:        l.expectHead,
		Who:           who(),
		Command:       command,
		Version:       version,
		PhoneMetadata: phone.MetadataVersion(),
	}}
	return w, w.belong()
}

func kindOf(g config.Gateway) state.Kind {
	if g.Kind == "simulator" {
		return state.Simulator
	}
	return state.Real
}

// belong holds the configuration against its entry in the lock file.
func (w *workspace) belong() error {
	entry, known := w.lock.Workspaces[defaultWorkspace]
	switch {
	case known && entry.Kind != string(w.settings.Kind):
		return &state.MismatchError{
			Path:    w.settings.Path,
			Problem: fmt.Sprintf("is for a %s gateway, and the configuration sends to a %s one", entry.Kind, w.settings.Kind),
			Remedy:  "put the gateway block back, or use a directory of its own for the other gateway",
		}
	case known:
		w.settings.Lineage = entry.Lineage
	case w.settings.Kind == state.Real && w.settings.Command != "init" && w.settings.Command != "state adopt":
		return &state.MismatchError{
			Path:    w.settings.Path,
			Problem: "is not named in .smsplan.lock.hcl",
			Remedy:  "where this configuration has sent before, put back the file .smsplan.lock.hcl and the state; where it never has, run smsplan init",
		}
	}
	return nil
}

// create makes the state and names it in the lock file.
func (w *workspace) create(ctx context.Context) error {
	if err := w.notes(); err != nil {
		return err
	}
	if _, err := os.Lstat(w.settings.Path); !errors.Is(err, fs.ErrNotExist) {
		return &state.MismatchError{
			Path:    w.settings.Path,
			Problem: "is there, and .smsplan.lock.hcl does not name it",
			Remedy:  "put the file .smsplan.lock.hcl back that belongs to it, or move the state away to begin anew",
		}
	}
	id, err := state.Create(ctx, w.settings)
	if err != nil {
		return err
	}
	return w.enter(id)
}

// enter names the state in the lock file.
func (w *workspace) enter(id state.Identity) error {
	w.settings.Lineage = id.Lineage
	if w.lock.Workspaces == nil {
		w.lock.Workspaces = map[string]config.LockEntry{}
	}
	w.lock.Workspaces[defaultWorkspace] = config.LockEntry{Lineage: id.Lineage, Kind: string(w.settings.Kind)}
	return w.lock.Write(".")
}

// ensure makes the state of a configuration that has none yet. Only a simulator's can come here: see belong.
func (w *workspace) ensure(ctx context.Context) error {
	if w.settings.Lineage != "" {
		return nil
	}
	return w.create(ctx)
}

// open takes the state for exclusive use.
func (w *workspace) open(ctx context.Context) (*state.State, error) {
	if err := w.notes(); err != nil {
		return nil, err
	}
	return state.Open(ctx, w.settings)
}

// read gives what the state holds, beside whoever uses it.
func (w *workspace) read(ctx context.Context) (*state.Snapshot, error) {
	return state.Read(ctx, w.settings)
}

func (w *workspace) notes() error { return os.MkdirAll(notesDir, 0o700) }
