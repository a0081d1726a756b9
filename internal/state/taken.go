package state

import (
	"errors"
	"fmt"

	"github.com/ncruces/go-sqlite3"
)

// The lock keeps two runs apart, and where it does not, because its file was deleted or lies where locks do not hold, the
// next holder takes a run for gone that goes on. What is here keeps that run from doing anything that the next one relies
// on not being done, and has it record what it knows all the same.

// ErrTaken says that another holder of the state took this run for gone, and that what it had claimed is not its own any more.
var ErrTaken = errors.New("another smsplan has taken the state over while this one was using it")

// owned says whether a request is one that this State has claimed. A number may be another run's since `state rm`.
func (t *transaction) owned(s *State, r RequestID) error {
	var run RunID
	found, err := t.row(func(row *sqlite3.Stmt) { run = RunID(row.ColumnInt64(0)) }, "SELECT run FROM request WHERE id = ?", int64(r))
	if err == nil && (!found || !s.runs[run]) {
		err = ErrTaken
	}
	return err
}

// ended reports whether a run has an end.
func (t *transaction) ended(r RunID) (bool, error) {
	return t.row(noColumns, "SELECT 1 FROM run WHERE id = ? AND ended IS NOT NULL", int64(r))
}

// overtaken reports whether a request that was begun has an outcome because its run was taken for gone.
func (t *transaction) overtaken(q request) (bool, error) {
	if q.outcome == UnderWay || q.intentAt == 0 {
		return false, nil
	}
	return t.row(noColumns, "SELECT 1 FROM run WHERE id = ? AND outcome = 'gone'", int64(q.run))
}

// settleOvertaken records what a run knows of a request that another holder has put in doubt.
func (t *transaction) settleOvertaken(q request, o Settlement, who string) error {
	if err := o.fits(q.people); err != nil {
		return fmt.Errorf("request %d cannot be settled: %w", q.id, err)
	}
	people, err := t.roster(q)
	if err != nil {
		return err
	}
	_, err = t.settleLate(q, people, &Late{Settlement: o, Run: q.run, By: who, Reason: "its run was going on"})
	return err
}

// mine notes that a run is this State's. It is for the writer's goroutine, as is the map.
func (s *State) mine(r RunID) {
	if s.runs == nil {
		s.runs = map[RunID]bool{}
	}
	s.runs[r] = true
}
