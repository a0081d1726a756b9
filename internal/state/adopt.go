package state

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ncruces/go-sqlite3"
)

// Inspection is what can be seen of a state without its key, whoever it belongs to.
type Inspection struct {
	Identity
	Path          string
	Kind          Kind
	Epoch         int64
	PhoneMetadata string
	Messages      []Summary
	Overrides     []Override     // runs that were allowed to go beyond guards, the first one first
	Mismatch      *MismatchError // what [Open] would object to; nil for nothing
}

// Inspect looks at a state without taking the lock, for `state list`, `show` and what `state adopt` shows before it asks.
// The error is a [*MismatchError] where there is no state at all.
func Inspect(ctx context.Context, s Settings) (i *Inspection, err error) {
	r, err := openReader(ctx, s)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(reading(r.path, err), r.close()) }()
	i = &Inspection{Path: r.path}
	if _, _, err := r.admit(r.path, s); err != nil && !errors.As(err, &i.Mismatch) {
		return nil, err
	}
	snap, err := r.load(ctx, r.live, nil)
	if err != nil {
		return nil, err
	}
	i.Identity, i.Kind, i.Epoch, i.PhoneMetadata = snap.Identity, snap.Kind, snap.Epoch, snap.PhoneMetadata
	i.Messages = snap.Messages()
	tallies, err := r.tallies(time.Now())
	if err != nil {
		return nil, err
	}
	for k := range i.Messages {
		if t := tallies[slot{i.Messages[k].Address, i.Messages[k].Revision}]; t != nil {
			i.Messages[k].Tally = *t
		}
	}
	i.Overrides, err = r.overrides()
	return i, err
}

// Adopt makes the state at Settings.Path the one that this checkout has seen, and records that. The caller writes the
// lineage into the lock file. Kind and key must fit, and so must Settings.Expect where it is given: the identity that the
// operator was shown. The newest key may be another than before where nobody is known by that one any more.
func Adopt(ctx context.Context, s Settings) (id Identity, err error) {
	err = hold(ctx, s, func(path string, d *database) error {
		if id, err = d.adopt(path, s); err != nil {
			return err
		}
		return writeAnchor(s.Anchor, path, id)
	})
	return id, err
}

// hold does something with a state under its lock, for whoever needs more than [Open] gives, or less.
func hold(ctx context.Context, s Settings, do func(path string, d *database) error) (err error) {
	path, err := resolve(s.Path)
	if err != nil {
		return fmt.Errorf("state: %w", err)
	}
	if err := exists(path, s); err != nil {
		return err
	}
	l, err := takeLock(ctx, path, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.free()) }()
	d, err := openDatabase(s.on(), path, sqlite3.OPEN_READWRITE)
	if err != nil {
		return ofState(path, err)
	}
	defer func() { err = errors.Join(err, d.close()) }()
	return reading(path, do(path, d))
}

func (d *database) adopt(path string, s Settings) (id Identity, err error) {
	s.newKey = true
	fits := func() error {
		m, err := d.meta()
		if err != nil {
			return fmt.Errorf("state %s: %w", path, err)
		}
		id.Lineage = m.Lineage
		if err := m.checkKind(path, s); err != nil {
			return err
		}
		if err := m.checkMoved(path); err != nil {
			return err
		}
		if err := m.checkOwner(path, s); err != nil {
			return err
		}
		if _, err := d.keyring(path, s); err != nil {
			return err
		}
		if err := d.checkExpect(path, s.Expect); err != nil {
			return err
		}
		return d.checkSound(path)
	}
	if err := d.upgrade(path, fits); err != nil {
		return id, err
	}
	if err := fits(); err != nil {
		return id, err
	}
	id.Serial, id.Head, err = d.transact(func(t *transaction) error {
		t.record("adopt", s.Who)
		return t.renewKey(s)
	})
	return id, d.writing(err)
}
