package state

import (
	"context"
	"os"

	"github.com/ncruces/go-sqlite3"
)

// Compact writes the file anew without the room that nothing uses any more, and without traces of what was removed. It gives
// its size before and after.
func Compact(ctx context.Context, s Settings) (before, after int64, err error) {
	err = hold(ctx, s, func(path string, d *database) error {
		admit := func() error { _, _, err := d.admit(path, s); return err }
		if err := d.upgrade(path, admit); err != nil {
			return err
		}
		if err := admit(); err != nil {
			return err
		}
		if err := d.checkSound(path); err != nil {
			return err
		}
		if err := d.roomFor(path); err != nil {
			return err
		}
		if before, err = d.settledSize(); err != nil {
			return err
		}
		if err := d.conn.Exec("VACUUM"); err != nil {
			return &WriteError{Path: path, Err: err}
		}
		m, err := d.meta()
		if err != nil {
			return err
		}
		id := Identity{Lineage: m.Lineage}
		id.Serial, id.Head, err = d.transact(func(t *transaction) error {
			t.record("compact", s.Who)
			return nil
		})
		if err != nil {
			return d.writing(err)
		}
		if after, err = d.settledSize(); err != nil {
			return err
		}
		return writeAnchor(s.Anchor, path, id)
	})
	return before, after, err
}

// settledSize moves the log into the file, as far as no reader stands in the way, and gives the size of both.
func (d *database) settledSize() (int64, error) {
	_, _, _ = d.conn.WALCheckpoint("main", sqlite3.CHECKPOINT_TRUNCATE)
	file, err := os.Stat(d.path)
	if err != nil {
		return 0, err
	}
	log, err := os.Stat(d.path + "-wal")
	if err != nil {
		return 0, err
	}
	return file.Size() + log.Size(), nil
}
