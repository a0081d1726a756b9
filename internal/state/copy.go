package state

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/gofrs/flock"
)

// Copy writes what a state holds to path, where nothing is, and gives the settings with which that is opened. The state and all that
// belongs to it stay as they are, and no lock is taken. The checks are those of [Read], and a state that an apply holds is a
// [*LockedError]: what that run comes to, nobody knows. A state that does not exist while Settings.Lineage is "" is not
// copied, and found is false.
func Copy(ctx context.Context, s Settings, path string) (copied Settings, found bool, err error) {
	from, err := resolve(s.Path)
	if err != nil {
		return s, false, fmt.Errorf("state: %w", err)
	}
	if _, err := os.Stat(from); s.Lineage == "" && errors.Is(err, fs.ErrNotExist) {
		return s, false, nil
	}
	if err := awaitHolder(ctx, from, s.LockWait); err != nil {
		return s, false, err
	}
	r, err := openReader(ctx, s)
	if err != nil {
		return s, false, err
	}
	defer func() { err = errors.Join(reading(r.path, err), r.close()) }()
	if note := readNote(from); r.live && !note.Brief {
		return s, false, note
	}
	m, _, err := r.admit(r.path, s)
	if err != nil {
		return s, false, err
	}
	serial, head, err := r.last()
	if err != nil {
		return s, false, err
	}
	if path, err = resolve(path); err != nil {
		return s, false, err
	}
	if err := place(r.on, path, r.copyInto); err != nil {
		return s, false, fmt.Errorf("copy to %s: %w", path, err)
	}
	copied = s
	copied.Path, copied.Anchor, copied.Lineage = path, path+".anchor", m.Lineage
	copied.Others, copied.Expect, copied.LockWait = nil, "", 0
	return copied, true, writeAnchor(copied.Anchor, path, Identity{m.Lineage, serial, head})
}

// awaitHolder waits until no apply holds the state, for as long as that is worth waiting for.
func awaitHolder(ctx context.Context, path string, wait time.Duration) error {
	if wait == 0 {
		return nil
	}
	wanted, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	f := flock.New(path+lockSuffix, flock.SetFlag(os.O_RDONLY))
	_, err := f.TryRLockContext(wanted, lockPoll)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil && ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded):
		return readNote(path)
	}
	return errors.Join(err, unlock(f))
}
