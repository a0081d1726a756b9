package state

import (
	"fmt"

	"github.com/ncruces/go-sqlite3"
)

// stays reports whether somebody whose send is cancelled stays without the message: it was withdrawn for good, or by another plan since that of
// the claims was made. A saved plan that is applied again knows nothing of that, and what it sends is not sent to again.
func (b *bulk) stays(t *transaction, request RequestID, p Person) (bool, error) {
	var why Why
	var at int64
	withdrawn, err := t.row(func(r *sqlite3.Stmt) { why, at = Why(r.ColumnText(0)), r.ColumnInt64(1) },
		"SELECT why, intent_at FROM withdrawal WHERE request = ? AND person = ?", int64(request), p[:])
	if err != nil || !withdrawn || why.lasts() || b.names == nil {
		return withdrawn && why.lasts(), err
	}
	if b.recalled == nil {
		if b.recalled, err = t.foreign(b.run, b.names.Since); err != nil {
			return false, err
		}
	}
	return b.recalled[at], nil
}

// foreign gives the moments, in microseconds, at which runs of other plans than that of a run have had messages withdrawn since a serial.
func (t *transaction) foreign(run RunID, since int64) (map[int64]bool, error) {
	plans := map[string]string{} // by the subjects of the events that began their runs
	for r, err := range t.rows("SELECT id, plan_id FROM run") {
		if err != nil {
			return nil, err
		}
		plans[fmt.Sprintf("run %d", r.ColumnInt64(0))] = r.ColumnText(1)
	}
	own := plans[fmt.Sprintf("run %d", run)]
	moments := map[int64]bool{}
	// Runs are one after the other, and one that began before may have gone on since.
	began, plan := "SELECT coalesce(max(serial), 0) FROM event WHERE serial <= ?1 AND "+ofKind("start run"), own
	for r, err := range t.rows("SELECT subject, at, "+ofKind("withdraw")+", serial > ?1 FROM event"+
		" WHERE serial >= ("+began+") AND ("+ofKind("start run")+" OR "+ofKind("withdraw")+") ORDER BY serial", since) {
		if err != nil {
			return nil, err
		}
		switch {
		case !r.ColumnBool(2):
			plan = plans[r.ColumnText(0)]
		case plan != own && r.ColumnBool(3):
			moments[r.ColumnInt64(1)] = true
		}
	}
	return moments, nil
}
