package state

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

const (
	lockSuffix = ".lock"
	noteSize   = 1024
	// Windows locks the first byte against readers too: the note begins behind it.
	noteOffset = 1
	// A reader holds the lock for an instant to find out whether it is free.
	lockGrace = 200 * time.Millisecond
	lockPoll  = 10 * time.Millisecond
	// How many times that a note which is not there yet is waited for.
	notePatience = 5
	// How many times that one is waited for who holds the state for moments.
	briefPatience = 50
)

// LockedError says who holds the state.
type LockedError struct {
	Who     string    `json:"who"`
	Command string    `json:"command"`
	Since   time.Time `json:"since"`
	PID     int       `json:"pid"`
	Done    int       `json:"done"` // people of its run
	Total   int       `json:"total"`
	Brief   bool      `json:"brief,omitempty"` // it holds the state for moments only
}

func (e *LockedError) Error() string {
	if e.PID == 0 {
		return "the state is locked; who holds it is unknown"
	}
	s := fmt.Sprintf("the state is locked by %s (smsplan %s, process %d) since %s", e.Who, e.Command, e.PID, e.Since.Format(time.RFC3339))
	if e.Total > 0 {
		s += fmt.Sprintf(", %d of %d done", e.Done, e.Total)
	}
	return s
}

// lock is the exclusive use of a state. The kernel ends it with the process; the file stays for good, because whoever
// removed it would let a second holder in beside the first.
type lock struct {
	flock *flock.Flock
	note  LockedError
}

// takeLock takes the lock of the state at path, or gives a *LockedError.
func takeLock(ctx context.Context, path string, s Settings) (*lock, error) {
	dir := filepath.Dir(path)
	if kind, err := network(dir); err != nil {
		return nil, fmt.Errorf("lock %s: %w", path+lockSuffix, err)
	} else if kind != "" {
		return nil, fmt.Errorf("state %s is on a network file system (%s), where other hosts do not see its lock: put it on a local disk (`path` in the `state` block), and have one host run smsplan", path, kind)
	}
	l := &lock{
		flock: flock.New(path+lockSuffix, flock.SetPermissions(0o600)),
		note:  LockedError{Who: s.Who, Command: s.Command, Since: time.Now().UTC(), PID: os.Getpid(), Brief: s.Brief},
	}
	wait, cancel := context.WithTimeout(ctx, max(s.LockWait, lockGrace))
	defer cancel()
	held, err := l.flock.TryLockContext(wait, lockPoll)
	note := readNote(path)
	for i := range briefPatience {
		if !errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil || !note.Brief && (note.PID != 0 || i >= notePatience) {
			break
		}
		// Whoever has it is about to say so, or to give it back.
		soon, cancel := context.WithTimeout(ctx, lockGrace)
		held, err = l.flock.TryLockContext(soon, lockPoll)
		cancel()
		note = readNote(path)
	}
	switch {
	case ctx.Err() != nil:
		return nil, errors.Join(ctx.Err(), unlock(l.flock))
	case errors.Is(err, context.DeadlineExceeded):
		return nil, note
	case err != nil:
		return nil, fmt.Errorf("lock %s: %w", path+lockSuffix, err)
	case !held:
		return nil, note
	}
	if err := l.writeNote(); err != nil {
		return nil, errors.Join(fmt.Errorf("lock: %w", err), unlock(l.flock))
	}
	return l, nil
}

// writeNote tells those who find the lock taken how far the holder is.
func (l *lock) writeNote() error {
	b, err := json.Marshal(&l.note)
	if err != nil {
		return err
	}
	return l.write(b)
}

// write replaces the note with one call, so that no reader sees half of it. Where somebody has deleted the lock file, or put
// another in its place, there is nothing to write.
func (l *lock) write(note []byte) error {
	if len(note) > noteSize {
		note = nil
	}
	f, err := os.OpenFile(l.flock.Path(), os.O_WRONLY, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if own, err := l.owns(f); err != nil || !own {
		return errors.Join(err, f.Close())
	}
	note = append(note, bytes.Repeat([]byte{'\n'}, noteSize-len(note))...)
	_, err = f.WriteAt(note, noteOffset)
	return errors.Join(err, f.Close())
}

// owns reports whether a file is the one that is locked, and no other that came in its place.
func (l *lock) owns(f *os.File) (bool, error) {
	locked, err := l.flock.Stat()
	if err != nil {
		return false, err
	}
	found, err := f.Stat()
	return err == nil && os.SameFile(locked, found), err
}

func (l *lock) free() error {
	return errors.Join(l.write(nil), unlock(l.flock))
}

// unlock gives a lock back. What the library says names no file.
func unlock(f *flock.Flock) error {
	if err := f.Unlock(); err != nil {
		return fmt.Errorf("lock %s: %w", f.Path(), err)
	}
	return nil
}

// readNote gives what the last holder has written; the zero error where it cannot be read.
func readNote(path string) *LockedError {
	e := &LockedError{}
	f, err := os.Open(path + lockSuffix)
	if err != nil {
		return e
	}
	defer f.Close()
	b, err := io.ReadAll(io.NewSectionReader(f, noteOffset, noteSize))
	if err != nil || json.Unmarshal(b, e) != nil {
		return &LockedError{}
	}
	return e
}

// held reports whether a process holds the state at path.
func held(path string) (bool, error) {
	f := flock.New(path+lockSuffix, flock.SetFlag(os.O_RDONLY))
	free, err := f.TryRLock()
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("lock %s: %w", path+lockSuffix, err)
	}
	return !free, unlock(f)
}

// Unlock clears what a holder that died has left in the lock file, and gives it; nil where there was nothing. The lock
// itself went with the holder's process. While a living process holds the state the error is its *LockedError: nothing
// but that process can give the lock back.
func Unlock(ctx context.Context, s Settings) (left *LockedError, err error) {
	path, err := resolve(s.Path)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(path + lockSuffix); errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	note := readNote(path)
	l, err := takeLock(ctx, path, s)
	if err != nil {
		return nil, err
	}
	if note.PID != 0 {
		left = note
	}
	return left, l.free()
}
