package state

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// Override is a run that was allowed to go beyond guards.
type Override struct {
	Guards  []string // addresses
	PlanID  string
	Who     string
	Started time.Time
}

// Overrides lists the runs of a state that were allowed to go beyond guards, the first one first. It takes no lock, and looks at a
// state that [Open] would not admit too.
func Overrides(ctx context.Context, s Settings) (list []Override, err error) {
	r, err := openReader(ctx, s)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(reading(r.path, err), r.close()) }()
	return r.overrides()
}

// overrides lists them, the first run first.
func (d *database) overrides() (list []Override, err error) {
	for r, err := range d.rows("SELECT allowed, plan_id, who, started FROM run WHERE allowed != '[]' ORDER BY id") {
		if err != nil {
			return nil, err
		}
		o := Override{PlanID: r.ColumnText(1), Who: r.ColumnText(2), Started: moment(r, 3)}
		if json.Unmarshal([]byte(r.ColumnText(0)), &o.Guards) != nil {
			return nil, damaged(d.path, "a run's allowed guards cannot be read")
		}
		list = append(list, o)
	}
	return list, nil
}
