package suite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/simulator"
	"github.com/smsplan/smsplan/internal/state"
)

// world is what the runs of a file share: a state and a simulator, both gone with the file.
type world struct {
	options Options
	tests   *config.Testing
	file    File

	dir       string
	state     *state.State
	simulator *simulator.Simulator
	wire      *wire
	taken     []config.Taken // by the simulator: the runs in their order, then by number
}

// carryOut carries out the runs of a file. After an error, and after an interrupt, the others are skipped.
func (w *world) carryOut(ctx context.Context, f *config.TestFile) {
	began := time.Now()
	w.tell(FileBegins, nil)
	if !w.interrupted(ctx) {
		w.fail(w.begin(ctx))
	}
	for _, r := range f.Runs {
		run := Run{Name: r.Name, Status: Skip}
		if w.file.Status != Error && !w.interrupted(ctx) {
			begun := time.Now()
			run = w.run(ctx, r)
			run.Elapsed = time.Since(begun)
		}
		w.file.Runs = append(w.file.Runs, run)
		w.file.Status = worse(w.file.Status, run.Status)
		w.tell(RunEnds, &run)
	}
	w.fail(w.end())
	if n := len(f.Runs); n > 0 && w.file.Failure == nil && w.file.Count(Skip) == n {
		w.file.Status = Skip
	}
	w.file.Elapsed = time.Since(began)
	w.tell(FileEnds, nil)
}

// begin makes the state and the simulator.
func (w *world) begin(ctx context.Context) (err error) {
	if w.dir, err = os.MkdirTemp("", "smsplan-test-*"); err != nil {
		return err
	}
	settings := state.Settings{
		Path:          filepath.Join(w.dir, "smsplan.state"),
		Kind:          state.Simulator,
		Anchor:        filepath.Join(w.dir, "anchor"),
		Who:           w.options.Who,
		Command:       "test",
		Version:       w.options.Version,
		PhoneMetadata: phone.MetadataVersion(),
	}
	id, err := state.Create(ctx, settings)
	if err != nil {
		return err
	}
	settings.Lineage = id.Lineage
	if w.state, err = state.Open(ctx, settings); err != nil {
		return err
	}
	if w.simulator, err = simulator.New(simulator.Options{}); err != nil {
		return err
	}
	w.wire = connect(w.simulator)
	return nil
}

// end throws everything away.
func (w *world) end() error {
	var errs []error
	if w.wire != nil {
		w.wire.end()
	}
	if w.simulator != nil {
		errs = append(errs, w.simulator.Close())
	}
	if w.state != nil {
		errs = append(errs, w.state.Close())
	}
	if w.dir != "" {
		errs = append(errs, os.RemoveAll(w.dir))
	}
	return errors.Join(errs...)
}

// fail notes what has nothing to do with a run.
func (w *world) fail(err error) {
	if err != nil {
		w.file.Failure = errors.Join(w.file.Failure, fmt.Errorf("%s: %w", w.file.Name, err))
		w.file.Status = Error
	}
}

func (w *world) interrupted(ctx context.Context) bool {
	select {
	case <-w.options.Stop:
		return true
	default:
		return ctx.Err() != nil
	}
}

func (w *world) tell(kind EventKind, run *Run) {
	if w.options.Watch != nil {
		w.options.Watch(Event{Kind: kind, File: &w.file, Run: run})
	}
}
