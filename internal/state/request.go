package state

import (
	"context"
	"errors"
	"fmt"

	"github.com/ncruces/go-sqlite3"
)

// optedOut is the gateway's code for a person who wants no more messages.
const optedOut = 122

// Settlement is the outcome of a request: Outcome for all of its people but Exceptions.
type Settlement struct {
	Outcome    Outcome
	Code       int        // error code of the gateway, 0 for none
	IDs        [][16]byte // apimsgids in the order of the people who were left after the claim; zero where none. nil for none at all
	Exceptions []Exception
	Evidence   string // why, in a few words, never personal: "answer read whole", "connection reset after 812 bytes"
}

// Exception is one person whose outcome differs.
type Exception struct {
	Index   int // among the people who were left after the claim
	Outcome Outcome
	Code    int
}

// Begin records the intent to send the request; it is on stable storage when Begin returns. Called again for a request
// under way it renews the time of the intent. The error is [ErrTaken] where the request is not this run's any more.
func (s *State) Begin(ctx context.Context, r RequestID) error {
	return s.writer.together(ctx, func(t *transaction) error {
		if err := t.owned(s, r); err != nil {
			return fmt.Errorf("request %d cannot be begun: %w", r, err)
		}
		n, err := t.exec("UPDATE request SET outcome = ?, intent_at = ? WHERE id = ? AND outcome IN (?, ?)",
			int(UnderWay), t.at, int64(r), int(Planned), int(UnderWay))
		if err != nil {
			return err
		}
		if n == 0 {
			q, err := t.request(r)
			if err != nil {
				return err
			}
			err = fmt.Errorf("request %d cannot be begun: it is %s", r, q.outcome)
			if ended, look := t.ended(q.run); look != nil || ended {
				return errors.Join(look, fmt.Errorf("%w: %w", err, ErrTaken))
			}
			return err
		}
		t.record("begin", fmt.Sprintf("request %d", r), int64(r))
		return nil
	})
}

// Settle records what became of a request under way, or that a planned one is unsent; it is on stable storage when
// Settle returns. The outcomes are accepted, unconfirmed, refused, unsent and in doubt. Code 122 puts a person on the
// stop list: the one person of a request, or one with an exception. Said of a request of several as a whole it names nobody.
// Where another holder has put the request in doubt meanwhile, the outcome is recorded as far as it says more than is known by
// then, as [State.SettleLate] has it.
func (s *State) Settle(ctx context.Context, r RequestID, o Settlement) error {
	var people int
	err := s.writer.together(ctx, func(t *transaction) error {
		q, err := t.request(r)
		if err != nil {
			return err
		}
		if err := t.owned(s, r); err != nil {
			return fmt.Errorf("request %d cannot be settled: %w", r, err)
		}
		people = q.people
		late, err := t.overtaken(q)
		if err != nil {
			return err
		}
		if late {
			return t.settleOvertaken(q, o, s.settings.Who)
		}
		if err := o.check(q); err != nil {
			return fmt.Errorf("request %d cannot be settled: %w", r, err)
		}
		return t.settle(q, o)
	})
	if err == nil {
		s.done.Add(int64(people))
	}
	return err
}

// check says whether the settlement fits the request.
func (o *Settlement) check(q request) error {
	switch {
	case q.outcome == UnderWay:
	case q.outcome == Planned && o.Outcome == Unsent && len(o.Exceptions) == 0:
	default:
		return fmt.Errorf("it is %s", q.outcome)
	}
	return o.fits(q.people)
}

// fits says whether the settlement is one of a request to so many people.
func (o *Settlement) fits(people int) error {
	if !settles(o.Outcome) {
		return fmt.Errorf("%s is no outcome of a request", o.Outcome)
	}
	if o.IDs != nil && len(o.IDs) != people {
		return fmt.Errorf("it has %d people, and there are %d apimsgids", people, len(o.IDs))
	}
	seen := make(map[int]bool, len(o.Exceptions))
	for _, e := range o.Exceptions {
		switch {
		case e.Index < 0 || e.Index >= people:
			return fmt.Errorf("it has %d people, and there is an exception for number %d", people, e.Index)
		case seen[e.Index]:
			return fmt.Errorf("there are two exceptions for number %d", e.Index)
		case !settles(e.Outcome):
			return fmt.Errorf("%s is no outcome of a person", e.Outcome)
		}
		seen[e.Index] = true
	}
	return nil
}

func settles(o Outcome) bool {
	return o == Accepted || o == Unconfirmed || o == Refused || o == Unsent || o == InDoubt
}

func (t *transaction) settle(q request, o Settlement) error {
	var ids []byte
	for _, id := range o.IDs {
		ids = append(ids, id[:]...)
	}
	if _, err := t.exec("UPDATE request SET outcome = ?, code = ?, settled_at = ?, evidence = ?, apimsgids = ? WHERE id = ?",
		int(o.Outcome), o.Code, t.at, o.Evidence, ids, q.id); err != nil {
		return err
	}
	t.record("settle", fmt.Sprintf("request %d", q.id), q.id, int(o.Outcome), o.Code, ids, o.Evidence)
	carried, err := t.carried(q)
	if err != nil {
		return err
	}
	all := o.Code == optedOut && q.people == 1
	if len(o.Exceptions) == 0 && !all {
		return t.settleCarried(q, o.Outcome, carried)
	}
	roster, err := t.roster(q)
	if err != nil {
		return err
	}
	own := make(map[int]bool, len(o.Exceptions))
	for _, e := range o.Exceptions {
		own[e.Index] = true
		writeFields(t.sum, e.Index, int(e.Outcome), e.Code)
		p := roster[e.Index]
		if before := carried[p]; before && e.Outcome == Unsent {
			delete(carried, p) // in doubt, as before
			continue
		}
		delete(carried, p)
		if err := t.except(q, p, e.Outcome, e.Code); err != nil {
			return err
		}
		if e.Code == optedOut {
			if err := t.stop(q, p); err != nil {
				return err
			}
		}
	}
	if all && !own[0] {
		if err := t.stop(q, roster[0]); err != nil {
			return err
		}
	}
	return t.settleCarried(q, o.Outcome, carried)
}

// except gives one person of a request an outcome of its own.
func (t *transaction) except(q request, p Person, o Outcome, code int) error {
	n, err := t.exec("UPDATE send SET outcome = ?, code = ? WHERE message = ? AND revision = ? AND person = ? AND request = ?",
		int(o), code, q.message, q.revision, p[:], q.id)
	if err == nil && n != 1 {
		err = t.fail(fmt.Errorf("a send of request %d is gone", q.id))
	}
	return err
}

func (t *transaction) stop(q request, p Person) error {
	_, err := t.exec("INSERT INTO stop (person, since, code, key_id) SELECT ?, ?, ?, key_id FROM message WHERE id = ? ON CONFLICT DO NOTHING", p[:], t.at, optedOut, q.message)
	return err
}

// request is the row of a request, as far as its life concerns it.
type request struct {
	id, message      int64
	run              RunID
	revision, people int
	attempt          int
	outcome          Outcome
	intentAt         int64 // microseconds
	evidence         string
}

func (t *transaction) request(r RequestID) (q request, err error) {
	found, err := t.row(func(row *sqlite3.Stmt) {
		q = request{id: int64(r), message: row.ColumnInt64(0), revision: row.ColumnInt(1), people: row.ColumnInt(2),
			outcome: Outcome(row.ColumnInt(3)), intentAt: row.ColumnInt64(4), evidence: row.ColumnText(5), attempt: row.ColumnInt(6), run: RunID(row.ColumnInt64(7))}
	}, "SELECT message, revision, people, outcome, intent_at, evidence, attempt, run FROM request WHERE id = ?", int64(r))
	if err == nil && !found {
		err = fmt.Errorf("request %d is not in the state", r)
	}
	return q, err
}

// roster gives the people of a request.
func (t *transaction) roster(q request) ([]Person, error) {
	var people []Person
	_, err := t.row(func(r *sqlite3.Stmt) { people = unpack(r.ColumnRawBlob(0)) }, "SELECT people FROM roster WHERE request = ?", q.id)
	if err == nil && len(people) != q.people {
		err = t.fail(fmt.Errorf("request %d has %d people, and its roster names %d", q.id, q.people, len(people)))
	}
	return people, err
}

// unpack reads a packed list of 16-byte values.
func unpack(b []byte) []Person {
	people := make([]Person, len(b)/len(Person{}))
	for i := range people {
		people[i] = Person(b[i*len(Person{}):])
	}
	return people
}
