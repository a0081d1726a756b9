package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/state"
)

// notesDir is where a checkout keeps its own notes.
const notesDir = ".smsplan"

// workspace is a configuration and the state that belongs to it.
type workspace struct {
	config   *config.Config
	settings state.Settings
	log      *slog.Logger
}

// load reads the configuration in the working directory, shows what is wrong with it, and finds out which state it
// belongs to. command is for whoever finds the state locked.
func (p *program) load(ctx context.Context, command string, o config.Options, l ledgering) (*workspace, error) {
	name, err := p.selected()
	if err != nil {
		return nil, err
	}
	if err := p.enterable(name, command); err != nil {
		return nil, err
	}
	o.ShowNumbers = p.numbers
	step := p.step(command, "Reading the configuration")
	o.Progress = step.Rows
	c, diagnostics := p.configuration(ctx, o)
	step.Done()
	if err := ctx.Err(); err != nil {
		return nil, err // an interrupt is no fault of the configuration
	}
	lock, more := config.ReadLock(".")
	if err := p.diagnose(diagnostics.Append(more)); err != nil {
		return nil, err
	}
	p.log.InfoContext(ctx, "configuration read", "messages", len(c.Messages), "recipient_sets", len(c.Sets), "gateway", c.Gateway.Kind, "workspace", name)
	w := p.workspaceOf(c, name, command, l)
	return w, w.belong(lock)
}

func (p *program) workspaceOf(c *config.Config, name, command string, l ledgering) *workspace {
	w := &workspace{log: p.log, config: c, settings: state.Settings{
		Path:          c.State.Path,
		Workspace:     name,
		Key:           c.State.Key,
		Kind:          kindOf(c.Gateway),
		LockWait:      l.lockTimeout,
		Expect:        l.expectHead,
		Who:           who(),
		Command:       command,
		Version:       version,
		PhoneMetadata: phone.MetadataVersion(),
	}}
	w.settings.Anchor = filepath.Join(w.notesDir(), "anchor")
	return w
}

// configuration reads the configuration in the working directory.
func (p *program) configuration(ctx context.Context, o config.Options) (*config.Config, config.Diagnostics) {
	o.Environ = p.environ
	o.Workspace, _ = p.selected()
	o.CheckFault = checkFault
	return config.Load(ctx, ".", o)
}

func kindOf(g config.Gateway) state.Kind {
	if g.Kind == "simulator" {
		return state.Simulator
	}
	return state.Real
}

// belong holds the configuration against the entry of its workspace in the lock file.
func (w *workspace) belong(lock config.Lock) error {
	w.settings.Others = nil
	for _, name := range slices.Sorted(maps.Keys(lock.Workspaces)) {
		if name != w.settings.Workspace {
			w.settings.Others = append(w.settings.Others, state.Owner{Workspace: name, Lineage: lock.Workspaces[name].Lineage})
		}
	}
	entry, known := lock.Workspaces[w.settings.Workspace]
	switch {
	case known && slices.ContainsFunc(w.settings.Others, func(o state.Owner) bool { return o.Lineage == entry.Lineage }):
		return &state.MismatchError{
			Path:    w.settings.Path,
			Problem: fmt.Sprintf("has the lineage %s, which .smsplan.lock.hcl gives to several workspaces", entry.Lineage),
			Remedy:  "give the file back the entries that were committed last: each workspace has a state of its own",
		}
	case known && entry.Kind != string(w.settings.Kind):
		return &state.MismatchError{
			Path:    w.settings.Path,
			Problem: fmt.Sprintf("is for a %s gateway, and the configuration sends to a %s one", entry.Kind, w.settings.Kind),
			Remedy:  "put the gateway block back, or use a workspace of its own for the other gateway",
		}
	case known:
		w.settings.Lineage = entry.Lineage
	case w.settings.Kind == state.Real && !slices.Contains([]string{"init", "state adopt", "state recover"}, w.settings.Command):
		if there, err := exists(w.settings.Path); err != nil || there {
			return errors.Join(err, w.unnamed())
		}
		return &state.MismatchError{
			Path:    w.settings.Path,
			Problem: "does not exist, and .smsplan.lock.hcl does not name it",
			Remedy:  "where this configuration has sent before, put back the state and the file .smsplan.lock.hcl; where it never has, run smsplan init",
		}
	}
	return nil
}

// unnamed is the error for a state that is there without an entry in the lock file.
func (w *workspace) unnamed() error {
	return &state.MismatchError{
		Path:    w.settings.Path,
		Problem: "is there, and .smsplan.lock.hcl does not name it",
		Remedy:  "put the file .smsplan.lock.hcl back that belongs to it; where that is lost and the state is this configuration's, run smsplan state adopt",
	}
}

func exists(path string) (bool, error) {
	_, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// create makes the state and names it in the lock file.
func (w *workspace) create(ctx context.Context) error {
	if err := w.notes(); err != nil {
		return err
	}
	if there, err := exists(w.settings.Path); err != nil {
		return err
	} else if there {
		return w.take(ctx)
	}
	id, err := state.Create(ctx, w.settings)
	if err == nil {
		return w.enter(id)
	}
	if there, _ := exists(w.settings.Path); there { // by now, and another process has made it
		return w.take(ctx)
	}
	return err
}

var errChanged = errors.New(".smsplan.lock.hcl has just been changed and cannot be read; run the command again to see why")

// take goes on with a state that was not named in the lock file when that was read: another process has made both since,
// or has made the state and got no further. Any other state that is there belongs to nobody knows whom.
func (w *workspace) take(ctx context.Context) error {
	seen, err := state.Inspect(ctx, w.settings)
	if err != nil {
		return err
	}
	// After the look at the state, for whoever uses the state has written its entry before.
	lock, diagnostics := config.ReadLock(".")
	if diagnostics.HasErrors() {
		return errChanged
	}
	if entry, known := lock.Workspaces[w.settings.Workspace]; known {
		if entry.Lineage != seen.Lineage {
			return w.unnamed()
		}
		return w.belong(lock)
	}
	if seen.Mismatch != nil && slices.ContainsFunc(w.settings.Others, func(o state.Owner) bool { return o.Lineage == seen.Lineage }) {
		return seen.Mismatch
	}
	if seen.Serial == 1 && len(seen.Messages) == 0 && seen.Kind == w.settings.Kind {
		return w.enter(seen.Identity)
	}
	return w.unnamed()
}

// enter names the state in the lock file, which others may have changed by now: their workspaces keep their entries.
func (w *workspace) enter(id state.Identity) error {
	w.settings.Lineage = id.Lineage
	lock, diagnostics := config.ReadLock(".")
	if diagnostics.HasErrors() {
		return errChanged
	}
	lock.Workspaces[w.settings.Workspace] = config.LockEntry{Lineage: id.Lineage, Kind: string(w.settings.Kind)}
	return lock.Write(".")
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
	s, err := state.Open(ctx, w.settings)
	if err != nil {
		return nil, patience(err)
	}
	w.log.InfoContext(ctx, "state opened", "serial", s.Identity().Serial)
	if _, err := s.TakeIn(ctx, w.spoolDir()); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// close takes in what came while the state was held, and gives it back.
func (w *workspace) close(s *state.State) error {
	// What cannot be taken in is there for whoever holds the state next, and no fault of what was done meanwhile.
	_, _ = s.TakeIn(context.Background(), w.spoolDir())
	return s.Close()
}

// spoolDir is where statuses of the gateway wait while somebody else holds the state.
func (w *workspace) spoolDir() string { return filepath.Join(w.notesDir(), "receipts") }

// takeIn records what waits there, and holds the state for no longer.
func (w *workspace) takeIn(ctx context.Context) (taken state.Intake, err error) {
	s, err := w.openBriefly(ctx)
	if err != nil {
		return taken, err
	}
	taken, err = s.TakeIn(ctx, w.spoolDir())
	return taken, errors.Join(err, s.Close())
}

// observe records statuses, or puts them where whoever holds the state takes them in.
func (w *workspace) observe(ctx context.Context, list []state.Observation) error {
	s, err := w.openBriefly(ctx)
	if locked := (*state.LockedError)(nil); errors.As(err, &locked) {
		spool := state.NewSpool(w.spoolDir())
		return errors.Join(spool.Add(list), spool.Close())
	}
	if err != nil {
		return err
	}
	_, err = s.TakeIn(ctx, w.spoolDir())
	if err == nil {
		_, err = s.Observe(ctx, list)
	}
	return errors.Join(err, s.Close())
}

// openBriefly takes the state for a moment.
func (w *workspace) openBriefly(ctx context.Context) (*state.State, error) {
	if err := w.notes(); err != nil {
		return nil, err
	}
	settings := w.settings
	settings.Brief, settings.LockWait = true, 0
	return state.Open(ctx, settings)
}

// patience says what can be done about a state that is locked.
func patience(err error) error {
	if locked := (*state.LockedError)(nil); errors.As(err, &locked) {
		return fmt.Errorf("%w\nWait until that has ended, or give -lock-timeout=5m to have this command wait", err)
	}
	return err
}

// read gives what the state holds, beside whoever uses it.
func (w *workspace) read(ctx context.Context) (*state.Snapshot, error) {
	past, err := state.Read(ctx, w.settings)
	if err == nil {
		w.log.InfoContext(ctx, "state read", "serial", past.Serial)
	}
	return past, err
}

// shown gives the state's path as seen from the configuration, where it is below that.
func (w *workspace) shown() string {
	if path, err := filepath.Rel(w.config.Dir, w.settings.Path); err == nil && filepath.IsLocal(path) {
		return path
	}
	return w.settings.Path
}

// notesDir is where this checkout keeps its notes of the workspace.
func (w *workspace) notesDir() string {
	if w.settings.Workspace == config.DefaultWorkspace {
		return notesDir
	}
	return filepath.Join(notesDir, "workspaces", w.settings.Workspace)
}

func (w *workspace) notes() error { return os.MkdirAll(w.notesDir(), 0o700) }
