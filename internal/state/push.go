package state

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/ncruces/go-sqlite3"
)

// Push moves a state to another path, where there is nothing yet. The last transaction at the old place makes a tombstone of
// it, which refuses everything from then on and says where the state is; the copy that goes on is made after that, so that
// there are never two. Interrupted, it goes on when it is called again with the same target.
func Push(ctx context.Context, s Settings, to string) (id Identity, err error) {
	to, err = resolve(to)
	if err != nil {
		return id, err
	}
	err = hold(ctx, s, func(path string, d *database) error {
		if to == path {
			return fmt.Errorf("state %s: that is where it is", path)
		}
		l, err := takeLock(ctx, to, s)
		if err != nil {
			return err
		}
		id, err = d.push(s, to)
		return errors.Join(err, l.free())
	})
	return id, err
}

func (d *database) push(s Settings, to string) (id Identity, err error) {
	if err := d.upgrade(d.path, func() error { _, _, err := d.admit(d.path, s); return err }); err != nil {
		return id, err
	}
	m, _, err := d.fits(d.path, s)
	if err != nil {
		return id, err
	}
	if m.movedTo != "" && m.movedTo != to {
		return id, m.checkMoved(d.path)
	}
	if m.movedTo == "" {
		if err := errors.Join(d.checkHistory(d.path, m, s), d.checkClock(d.path), d.checkSound(d.path)); err != nil {
			return id, err
		}
		if err := d.bury(to); err != nil {
			return id, err
		}
	}
	if id, err = d.arrived(s, to); err != nil {
		return id, err
	}
	return id, writeAnchor(s.Anchor, to, id)
}

// bury makes a tombstone of the state.
func (d *database) bury(to string) error {
	if err := vacant(to); err != nil {
		return fmt.Errorf("move to %s: %w", to, err)
	}
	if err := d.roomFor(to); err != nil {
		return err
	}
	_, _, err := d.transact(func(t *transaction) error {
		t.record("move", "to "+to)
		_, err := t.exec("UPDATE meta SET moved_to = ?", to)
		return err
	})
	return d.writing(err)
}

// roomFor says whether the state has room at another place.
func (d *database) roomFor(path string) error {
	var size int64
	if _, err := d.row(func(r *sqlite3.Stmt) { size = r.ColumnInt64(0) }, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"); err != nil {
		return err
	}
	free, known, err := free(filepath.Dir(path))
	if err == nil && known && free < uint64(2*size+roomForLog) {
		err = fmt.Errorf("%s: the disk has %s free, and the state may take %s there: free some space first", path, megabytes(free), megabytes(uint64(2*size+roomForLog)))
	}
	return err
}

// arrived puts a copy of the tombstone in its new place and makes a state of it again, unless that was done before.
func (d *database) arrived(s Settings, to string) (id Identity, err error) {
	if _, err := os.Lstat(to); err == nil {
		return d.found(s, to)
	}
	if err := vacant(to); err != nil {
		return id, fmt.Errorf("move to %s: %w", to, err)
	}
	err = place(d.on, to, func(temporary string) error {
		if err := d.copyInto(temporary); err != nil {
			return err
		}
		return rewrite(d.on, temporary, func(t *database) error {
			id, err = t.revive("arrive", "from "+d.path, func(*transaction) error { return nil })
			return err
		})
	})
	if err != nil {
		err = fmt.Errorf("move to %s: %w; run `smsplan state push` again: until it has succeeded there is no state to go on with", to, err)
	}
	return id, err
}

// found gives the state that an earlier push has left at its new place.
func (d *database) found(s Settings, to string) (id Identity, err error) {
	serial, head, err := d.last()
	if err != nil {
		return id, err
	}
	s.Path, s.Anchor, s.Expect = to, "", Identity{Serial: serial, Head: head}.String()
	snap, err := Read(context.Background(), s)
	if err != nil {
		return id, fmt.Errorf("%s is not the state that was moved there: %w", to, err)
	}
	return snap.Identity, nil
}

// rewrite changes a database that nobody else knows of yet, and leaves everything in its file.
func rewrite(on disk, path string, change func(*database) error) (err error) {
	d, err := openDatabase(on, path, sqlite3.OPEN_READWRITE)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	if err := change(d); err != nil {
		return err
	}
	_, _, err = d.conn.WALCheckpoint("main", sqlite3.CHECKPOINT_TRUNCATE)
	return err
}

// revive makes a usable state of a copy, in the transaction that does the rest of what is to be done.
func (d *database) revive(kind, subject string, also func(*transaction) error) (id Identity, err error) {
	m, err := d.meta()
	if err != nil {
		return id, err
	}
	id.Lineage = m.Lineage
	id.Serial, id.Head, err = d.transact(func(t *transaction) error {
		if _, err := t.exec("UPDATE meta SET moved_to = NULL"); err != nil {
			return err
		}
		t.record(kind, subject)
		return also(t)
	})
	return id, err
}
