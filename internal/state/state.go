// Package state is the ledger: what was sent, to whom, at which revision. Its database enforces that a send exists
// once: the primary key of a send is (message key, revision, person). The operations are named for what they mean, so
// that another medium can stand behind the same contract.
package state

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ncruces/go-sqlite3"
)

// Kind says what a state's sends went to. A state serves one kind for good.
type Kind string

// Kinds.
const (
	Simulator Kind = "simulator"
	Real      Kind = "real"
)

// Outcome is what became of a send. The zero Outcome is Planned. The numbers are those of the file format.
type Outcome uint8

// Outcomes, with the words that users see ([Outcome.String]).
const (
	Planned     Outcome = iota // claimed by a run, not begun
	UnderWay                   // intent recorded, no outcome yet
	Accepted                   // the gateway gave an apimsgid
	Unconfirmed                // its request was proven accepted without its own answer line
	Refused                    // the gateway will not send it
	Unsent                     // provably not sent
	InDoubt                    // may or may not have been sent
	Cancelled                  // scheduled, then withdrawn
	Imported                   // another tool sent it
	Withdrawing                // accepted, and the gateway was asked to withdraw it: it may or may not have been
)

var outcomeWords = [...]string{"planned", "under way", "accepted", "unconfirmed", "refused", "unsent", "in doubt", "cancelled", "imported", "withdrawing"}

func (o Outcome) String() string {
	if int(o) < len(outcomeWords) {
		return outcomeWords[o]
	}
	return fmt.Sprintf("outcome(%d)", uint8(o))
}

// ParseOutcome reads what [Outcome.String] gives.
func ParseOutcome(word string) (Outcome, error) {
	i := slices.Index(outcomeWords[:], word)
	if i < 0 {
		return 0, fmt.Errorf("%q is no outcome", word)
	}
	return Outcome(i), nil
}

// Settings say which state is meant.
type Settings struct {
	Path          string
	Kind          Kind
	Lineage       string        // what the lock file of the configuration says; "" where it has no entry
	Workspace     string        // whose state it is
	Others        []Owner       // who else has one, according to the lock file: none of theirs is taken for this one
	Key           string        // secrets that make persons, newest first, separated by commas; "" for the random one that the state keeps itself
	Keyless       bool          // open it although keys are missing, for Remove, which needs none
	Anchor        string        // path of the anchor file of this checkout (.smsplan/anchor); "" remembers nothing
	LockWait      time.Duration // -lock-timeout
	Expect        string        // -expect-head=SERIAL:HEAD (hex, the first 8 digits of the head or more); "" for none
	Who           string        // user@host, for the lock, runs and resolutions
	Command       string        // "apply", for the lock
	Brief         bool          // it is held for moments only, so that others wait for it
	Version       string        // of smsplan
	PhoneMetadata string        // version of the phone metadata in use; recorded when a run starts

	disk   disk // nil for the operating system's
	newKey bool // another key may be the newest, where nobody is known by the one that was
}

// Owner is a workspace of the configuration with the lineage of its state.
type Owner struct{ Workspace, Lineage string }

// State is an open ledger, held exclusively. Methods are safe for use by many goroutines; one goroutine owns the database.
// After a [*WriteError] nothing more is recorded, and every call gives that error.
type State struct {
	settings Settings
	path     string
	lineage  string
	keys     *keyring
	lock     *lock
	writer   *writer
	runs     map[RunID]bool // that this State has started; of the writer's goroutine

	done, total atomic.Int64 // people of the run, for the lock's note

	mu       sync.Mutex
	identity Identity

	noted, anchored time.Time // of the writer's goroutine
	closeOnce       sync.Once
	closeErr        error
}

const (
	noteEvery   = time.Second
	anchorEvery = 5 * time.Second
)

// Open takes the lock, checks format, integrity, kind, lineage, key and anchor, and takes over what runs that are gone
// have left: their planned requests become unsent, those under way in doubt. The error is a [*LockedError] where another
// process holds the state, and a [*MismatchError] where the state is not the one that the configuration belongs to.
func Open(ctx context.Context, settings Settings) (*State, error) {
	path, err := resolve(settings.Path)
	if err != nil {
		return nil, fmt.Errorf("state: %w", err)
	}
	if err := exists(path, settings); err != nil {
		return nil, err
	}
	l, err := takeLock(ctx, path, settings)
	if err != nil {
		return nil, err
	}
	s := &State{settings: settings, path: path, lock: l}
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(err, l.free())
	}
	return s, nil
}

func (s *State) open(ctx context.Context) error {
	d, err := openDatabase(s.settings.on(), s.path, sqlite3.OPEN_READWRITE)
	if err != nil {
		return ofState(s.path, err)
	}
	if err := s.admit(d); err != nil {
		return errors.Join(reading(s.path, err), d.close())
	}
	s.writer = startWriter(s.path, d, s.committed)
	err = s.writer.alone(ctx, func(t *transaction) error { return t.releaseAll() })
	if err == nil {
		err = writeAnchor(s.settings.Anchor, s.path, s.Identity())
	}
	if err != nil {
		s.writer.close()
		return errors.Join(err, d.close())
	}
	return nil
}

// admit checks that the database is sound and is the one that is meant.
func (s *State) admit(d *database) error {
	err := d.upgrade(s.path, func() error {
		_, _, err := d.admit(s.path, s.settings)
		return errors.Join(err, d.checkSound(s.path))
	})
	if err != nil {
		return err
	}
	m, keys, err := d.admit(s.path, s.settings)
	if err != nil {
		return err
	}
	if err := d.checkSound(s.path); err != nil {
		return err
	}
	serial, head, err := d.last()
	if err != nil {
		return fmt.Errorf("state %s: %w", s.path, err)
	}
	s.lineage, s.keys = m.Lineage, keys
	s.identity = Identity{m.Lineage, serial, head}
	return nil
}

// admit makes the checks that need no lock.
func (d *database) admit(path string, s Settings) (meta, *keyring, error) {
	m, keys, err := d.fits(path, s)
	if err != nil {
		return meta{}, nil, err
	}
	if err := m.checkMoved(path); err != nil {
		return meta{}, nil, err
	}
	if err := d.checkHistory(path, m, s); err != nil {
		return meta{}, nil, err
	}
	return m, keys, d.checkClock(path)
}

// fits holds what the state is made for against the configuration.
func (d *database) fits(path string, s Settings) (meta, *keyring, error) {
	m, err := d.meta()
	if err != nil {
		return meta{}, nil, fmt.Errorf("state %s: %w", path, err)
	}
	if err := m.checkKind(path, s); err != nil {
		return meta{}, nil, err
	}
	if err := m.checkLineage(path, s); err != nil {
		return meta{}, nil, err
	}
	keys, err := d.keyring(path, s)
	return m, keys, err
}

// committed is called by the writer after each transaction.
func (s *State) committed(serial int64, head Head, alone bool) {
	s.mu.Lock()
	s.identity.Serial, s.identity.Head = serial, head
	id := s.identity
	s.mu.Unlock()

	// Both are for others to look at, and may lag: Close writes the anchor again and reports what stands in its way.
	now := time.Now()
	if now.Sub(s.noted) >= noteEvery {
		s.lock.note.Done, s.lock.note.Total = int(s.done.Load()), int(s.total.Load())
		_ = s.lock.writeNote()
		s.noted = now
	}
	if alone || now.Sub(s.anchored) >= anchorEvery {
		_ = writeAnchor(s.settings.Anchor, s.path, id)
		s.anchored = now
	}
}

// Identity of the state now.
func (s *State) Identity() Identity {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.identity
}

// AppendAlias appends what a number in E.164 digits is under each key.
func (s *State) AppendAlias(dst Alias, e164 string) Alias { return appendAlias(dst, s.keys, e164) }

// Close writes the anchor, closes the database and frees the lock.
func (s *State) Close() error {
	s.closeOnce.Do(func() {
		s.writer.close()
		d := s.writer.db
		var errs []error
		if s.writer.dead == nil {
			// So that a copy of the file alone is whole. Readers may stand in the way, and then the log stays.
			_ = d.conn.BusyTimeout(0)
			_, _, _ = d.conn.WALCheckpoint("main", sqlite3.CHECKPOINT_TRUNCATE)
		}
		errs = append(errs, d.close(), writeAnchor(s.settings.Anchor, s.path, s.Identity()), s.lock.free())
		s.closeErr = errors.Join(errs...)
	})
	return s.closeErr
}
