package state

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// Run is one apply.
type Run struct {
	PlanID  string
	Account string   // fingerprint of the gateway account
	Allowed []string // guards that were overridden
	Total   int      // people of the plan, for whoever asks who holds the lock
	Partial bool     // the plan leaves messages out: what they were last read with stays as it is
}

// RunID names a run in the state.
type RunID int64

// StartRun records the beginning of a run, and the version of the phone metadata that it works with.
func (s *State) StartRun(ctx context.Context, r Run) (id RunID, err error) {
	allowed, err := json.Marshal(append([]string{}, r.Allowed...))
	if err != nil {
		return 0, err
	}
	err = s.writer.alone(ctx, func(t *transaction) error {
		_, err := t.exec("INSERT INTO run (plan_id, account, who, version, allowed, started) VALUES (?, ?, ?, ?, ?, ?)",
			r.PlanID, r.Account, s.settings.Who, s.settings.Version, string(allowed), t.at)
		if err != nil {
			return err
		}
		id = RunID(t.conn.LastInsertRowID())
		s.mine(id)
		if v := s.settings.PhoneMetadata; v != "" && !r.Partial {
			if _, err := t.exec("UPDATE meta SET phone_metadata = ?", v); err != nil {
				return err
			}
		}
		t.record("start run", fmt.Sprintf("run %d", id),
			r.PlanID, r.Account, s.settings.Who, s.settings.Version, string(allowed), s.settings.PhoneMetadata)
		return nil
	})
	if err != nil {
		return 0, err
	}
	s.done.Store(0)
	s.total.Store(int64(r.Total))
	return id, nil
}

// Begun reports whether a run of the plan has started at or after since.
func (s *State) Begun(ctx context.Context, planID string, since time.Time) (begun bool, err error) {
	err = s.writer.alone(ctx, func(t *transaction) error {
		begun, err = t.row(noColumns, "SELECT 1 FROM run WHERE plan_id = ? AND started >= ?", planID, since)
		return err
	})
	return begun, err
}

// EndRun records the end: requests still planned become unsent, those under way in doubt. The error is [ErrTaken] where another
// holder has done that.
func (s *State) EndRun(ctx context.Context, r RunID, outcome string) error {
	return s.writer.alone(ctx, func(t *transaction) error {
		n, err := t.exec("UPDATE run SET ended = ?, outcome = ? WHERE id = ? AND ended IS NULL", t.at, outcome, int64(r))
		if err != nil {
			return err
		}
		if n == 0 {
			return fmt.Errorf("run %d is not going on: %w", r, ErrTaken)
		}
		released, doubted, err := t.release("= ?", int64(r))
		t.record("end run", fmt.Sprintf("run %d", r), outcome, released, doubted)
		return err
	})
}

// releaseAll ends the runs that are gone: whoever holds the lock is not one of them.
func (t *transaction) releaseAll() error {
	n, err := t.exec("UPDATE run SET ended = ?, outcome = 'gone' WHERE ended IS NULL", t.at)
	if err != nil || n == 0 {
		return err
	}
	released, doubted, err := t.release("IS NOT NULL")
	t.record("release", fmt.Sprintf("%d runs that are gone", n), released, doubted)
	return err
}

// release settles what the runs for which the condition holds have left open.
func (t *transaction) release(runs string, args ...any) (released, doubted int64, err error) {
	update := "UPDATE request SET outcome = ?, settled_at = ?, evidence = ? WHERE outcome = ? AND run " + runs
	released, err = t.exec(update, append([]any{int(Unsent), t.at, "its run ended before it was begun", int(Planned)}, args...)...)
	if err != nil {
		return 0, 0, err
	}
	doubted, err = t.exec(update, append([]any{int(InDoubt), t.at, "its run ended before an outcome was recorded", int(UnderWay)}, args...)...)
	return released, doubted, err
}

// going says whether a run may claim.
func (t *transaction) going(r RunID) error {
	found, err := t.row(noColumns, "SELECT 1 FROM run WHERE id = ? AND ended IS NULL", int64(r))
	if err == nil && !found {
		err = fmt.Errorf("run %d is not going on: %w", r, ErrTaken)
	}
	return err
}

// here refuses a state that was moved away, whatever became of its lock.
func (t *transaction) here() error {
	m, err := t.meta()
	if err != nil {
		return err
	}
	return m.checkMoved(t.path)
}

// micros is a time as the digest of an event has it.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}
