package state

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"time"

	"github.com/ncruces/go-sqlite3"
)

// Carried is a plan that may have been carried out, in whole or in part, since a copy was made.
type Carried struct {
	PlanID   string
	Account  string // fingerprint of the gateway account
	Names    Names  // of its configuration; none leaves those of the copy
	Requests iter.Seq[CarriedRequest]
}

// CarriedRequest is one request of such a plan.
type CarriedRequest struct {
	Address    string
	Revision   int
	TextDigest [32]byte
	DeliverAt  time.Time // zero for at once
	Numbers    []string  // E.164 digits, in the order of the request
	Import     bool      // they have the message from another tool
}

// Recovered is what became of a copy.
type Recovered struct {
	Identity
	Path    string
	Doubted []int // people of each plan who are in doubt now
	Open    int   // requests of runs that went on when the copy was made, and that are in doubt now
	Epoch   int64
}

// Recover makes a state of the newest copy that is left of one, at Settings.Path, where nothing else may be. Whoever the
// plans might have sent to since the copy was made is in doubt, whom they might have imported is imported, and whatever was under way
// in it is in doubt. The epoch rises.
// The copy itself stays as it is, unless it is at that path already: a state that was rolled back, or a tombstone whose
// other end is lost.
func Recover(ctx context.Context, s Settings, from string, plans []Carried) (r Recovered, err error) {
	if from, err = resolve(from); err != nil {
		return r, err
	}
	path, err := resolve(s.Path)
	if err != nil {
		return r, err
	}
	r.Path = path
	if from == path {
		err = hold(ctx, s, func(_ string, d *database) error {
			if err := d.recover(ctx, s, plans, &r); err != nil {
				return err
			}
			return writeAnchor(s.Anchor, path, r.Identity)
		})
	} else {
		err = recoverCopy(ctx, s, from, plans, &r)
	}
	return r, reading(path, err)
}

// recoverCopy takes no lock beside the copy, which may be where locks do not hold.
func recoverCopy(ctx context.Context, s Settings, from string, plans []Carried, r *Recovered) (err error) {
	if err := recognise(from); err != nil {
		return err
	}
	if err := makeDirs(s.on(), filepath.Dir(r.Path)); err != nil {
		return fmt.Errorf("state: %w", err)
	}
	l, err := takeLock(ctx, r.Path, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.free()) }()
	if err := vacant(r.Path); err != nil {
		return fmt.Errorf("state %s: %w: move it away first", r.Path, err)
	}
	copied, err := openDatabase(s.on(), from, sqlite3.OPEN_READONLY)
	if err != nil {
		return ofState(from, err)
	}
	defer func() { err = errors.Join(err, copied.close()) }()
	return place(s.on(), r.Path, func(temporary string) error {
		if err := copied.copyInto(temporary); err != nil {
			return err
		}
		if err := rewrite(s.on(), temporary, func(d *database) error { return d.recover(ctx, s, plans, r) }); err != nil {
			return err
		}
		// Before the state is there: interrupted in between, there is none yet, and it can be recovered anew. The other way
		// round there would be one that is not what the anchor says.
		return writeAnchor(s.Anchor, r.Path, r.Identity)
	})
}

// recover works in one transaction.
func (d *database) recover(ctx context.Context, s Settings, plans []Carried, r *Recovered) error {
	version, err := d.checkFormat(d.path)
	if err != nil {
		return err
	}
	// Before the file is written anew, which takes traces of damage away.
	if err := d.checkSound(d.path); err != nil {
		return err
	}
	if err := d.addChecksums(); err != nil {
		return err
	}
	r.Serial, r.Head, err = d.transact(func(t *transaction) error {
		if err := t.migrate(version); err != nil {
			return err
		}
		m, keys, err := t.fits(t.path, s)
		if err != nil {
			return err
		}
		if err := m.checkLost(t.path); err != nil {
			return err
		}
		t.record("recover", s.Who)
		if r.Open, err = t.doubtOpen(); err != nil {
			return err
		}
		if _, err := t.exec("UPDATE meta SET moved_to = NULL"); err != nil {
			return err
		}
		for _, p := range plans {
			n, err := t.doubtCarried(ctx, s, keys, p)
			if err != nil {
				return err
			}
			r.Doubted = append(r.Doubted, n)
		}
		if err := t.stopProbes(s); err != nil {
			return err
		}
		r.Lineage, r.Epoch = m.Lineage, m.Epoch+1
		return t.raiseEpoch()
	})
	return d.writing(err)
}

// checkLost refuses a tombstone as long as anything is where the state went: there would be two that go on.
func (m meta) checkLost(path string) error {
	if m.movedTo == "" {
		return nil
	}
	if _, err := os.Lstat(m.movedTo); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return &MismatchError{path, "was moved to " + m.movedTo + ", and that is there",
		"set `path` in the `state` block to it; if it cannot be used any more, move it away first"}
}

// doubtOpen puts in doubt what runs had not finished when the copy was made: they went on after that.
func (t *transaction) doubtOpen() (int, error) {
	n, err := t.exec("UPDATE request SET outcome = ?, intent_at = coalesce(intent_at, ?), settled_at = ?,"+
		" evidence = 'its run went on after the copy was made'"+
		" WHERE outcome IN (?, ?) AND run IN (SELECT id FROM run WHERE ended IS NULL)",
		int(InDoubt), t.at, t.at, int(Planned), int(UnderWay))
	if err != nil {
		return 0, err
	}
	_, err = t.exec("UPDATE run SET ended = ?, outcome = 'gone' WHERE ended IS NULL", t.at)
	return int(n), err
}

// lastRecovery gives the run that the newest recovery recorded last; 0 for none. What requests of runs up to it left in doubt
// may have been sent under other climsgids, which the state does not know: theirs are guesses.
const lastRecovery = "SELECT coalesce(max(id), 0) FROM run WHERE outcome = 'recovered'"

// stopProbes makes answers of the gateway that do not know a request prove nothing from now on for those that are there, nor
// do those that were counted: a run that this state knows nothing of may have sent to the same people under other ids.
func (t *transaction) stopProbes(s Settings) error {
	if err := t.doubtWithdrawals(); err != nil {
		return err
	}
	if _, err := t.exec("UPDATE request SET unknowns = 0, asked_at = NULL WHERE unknowns > 0"); err != nil {
		return err
	}
	_, err := t.exec("INSERT INTO run (plan_id, account, who, version, allowed, started, ended, outcome) VALUES ('', '', ?1, ?2, '[]', ?3, ?3, 'recovered')",
		s.Who, s.Version, t.at)
	return err
}

// doubtCarried puts in doubt whom a plan might have sent to. The requests get the climsgids that a run of the plan on this
// copy would have given them: where they are the same as those of the run that was lost, the gateway can settle them.
func (t *transaction) doubtCarried(ctx context.Context, s Settings, keys *keyring, p Carried) (people int, err error) {
	if _, err := t.exec("INSERT INTO run (plan_id, account, who, version, allowed, started) VALUES (?, ?, ?, ?, '[]', ?)",
		p.PlanID, p.Account, s.Who, s.Version, t.at); err != nil {
		return 0, err
	}
	run := t.conn.LastInsertRowID()
	b := bulk{run: RunID(run), keys: keys, wanted: map[slot][]wanted{}}
	if len(p.Names.Present) > 0 {
		b.names = &p.Names
	}
	for q := range p.Requests {
		c := Claim{Address: q.Address, Revision: q.Revision, TextDigest: q.TextDigest, DeliverAt: q.DeliverAt, Import: q.Import}
		for _, n := range q.Numbers {
			c.People = appendAlias(c.People, keys, n)
		}
		b.add(c)
	}
	if err := b.claim(ctx, t); err != nil {
		return 0, err
	}
	if _, err := t.exec("UPDATE request SET outcome = ?, intent_at = ?, settled_at = ?, evidence = 'its plan may have been carried out after the copy was made' WHERE run = ? AND outcome = ?",
		int(InDoubt), t.at, t.at, run, int(Planned)); err != nil {
		return 0, err
	}
	if _, err := t.row(func(r *sqlite3.Stmt) { people = r.ColumnInt(0) }, "SELECT coalesce(sum(people), 0) FROM request WHERE run = ? AND outcome = ?", run, int(InDoubt)); err != nil {
		return 0, err
	}
	_, err = t.exec("UPDATE run SET ended = ?, outcome = 'recovered' WHERE id = ?", t.at, run)
	return people, err
}
