package suite

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/smsplan/smsplan/internal/config"
)

// world is what the runs of a file share: a state and a simulator, both gone with the file.
type world struct {
	options Options
	tests   *config.Testing
	file    File

	stage *Stage
	taken []config.Taken // by the simulator: the runs in their order, then by number
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
	w.stage, err = NewStage(ctx, Setting{Who: w.options.Who, Command: "test", Version: w.options.Version})
	return err
}

// end throws everything away.
func (w *world) end() error {
	if w.stage == nil {
		return nil
	}
	return w.stage.Close()
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
