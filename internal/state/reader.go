package state

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/ncruces/go-sqlite3"
)

// reader reads a state beside whoever holds it, in one read transaction.
type reader struct {
	*database
	live bool // whether somebody holds the state
}

// openReader opens the state without any check of whose it is.
func openReader(ctx context.Context, s Settings) (*reader, error) {
	path, err := resolve(s.Path)
	if err != nil {
		return nil, fmt.Errorf("state: %w", err)
	}
	if err := exists(path, s); err != nil {
		return nil, err
	}
	d, err := openDatabase(s.on(), path, sqlite3.OPEN_READONLY)
	if err != nil {
		return nil, ofState(path, err)
	}
	r := &reader{database: d}
	if err := r.begin(ctx, s); err != nil {
		return nil, errors.Join(reading(path, err), r.close())
	}
	return r, nil
}

func (r *reader) begin(ctx context.Context, s Settings) error {
	// Whoever holds the state moves the anchor on: what is read of the state must not be older than it.
	seen, anchorErr := s.anchor()
	if err := r.upgraded(); err != nil {
		return err
	}
	r.anchor = func() (*anchor, error) { return seen, anchorErr }
	r.conn.SetInterrupt(ctx)
	if _, err := r.exec("BEGIN"); err != nil {
		return fmt.Errorf("state %s: %w", r.path, err)
	}
	// The first read fixes the moment. Looked at before it, the lock could be free while the rows are those of a run
	// that began in between.
	if _, _, err := r.last(); err != nil {
		return fmt.Errorf("state %s: %w", r.path, err)
	}
	var err error
	r.live, err = held(r.path)
	return err
}

// upgraded puts a copy in memory, in this program's format, into the place of a state in an older one.
func (r *reader) upgraded() error {
	version, err := r.checkFormat(r.path)
	if err != nil || version == Format {
		return err
	}
	old := r.database
	if r.database, err = inMemory(r.on, r.path, version); err != nil {
		r.database = old
		return fmt.Errorf("state %s: %w", r.path, err)
	}
	return old.close()
}

// Read gives a snapshot without taking the lock. A state that does not exist while Settings.Lineage is "" gives the
// empty snapshot; otherwise the checks are those of [Open], without that of integrity: damage is an error where it is met. While nobody holds the lock, sends
// planned or under way are given as unsent and in doubt.
func Read(ctx context.Context, s Settings) (_ *Snapshot, err error) {
	path, err := resolve(s.Path)
	if err != nil {
		return nil, fmt.Errorf("state: %w", err)
	}
	if _, err := os.Stat(path); s.Lineage == "" && errors.Is(err, fs.ErrNotExist) {
		return &Snapshot{Kind: s.Kind}, nil
	}
	r, err := openReader(ctx, s)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(reading(r.path, err), r.close()) }()
	_, keys, err := r.admit(r.path, s)
	if err != nil {
		return nil, err
	}
	return r.load(ctx, r.live, keys)
}
