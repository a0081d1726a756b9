package state

import (
	"iter"
	"time"
)

// schedule is what a snapshot keeps of a request with a time.
type schedule struct {
	at      int64 // microseconds, as all of its times
	begun   int64 // the intent; 0 where there is none
	client  [20]byte
	account string
	guessed bool
	several bool            // people
	unnamed map[Person]bool // of its people, those whose message nothing names; nil for none
}

// ShortestHold is how long the gateway keeps a scheduled message at least, for it counts in minutes and may send too early what is due
// in less (gateway specification, section 7).
const ShortestHold = 10 * time.Minute

// heldUntil gives when the gateway lets a message go that was begun at an intent for a time, both in microseconds and 0 for none: it
// counts minutes, rounded up, from when it gets the message.
func heldUntil(begun, at int64) int64 {
	const minute = int64(time.Minute / time.Microsecond)
	if begun == 0 || at <= begun {
		return max(begun, at)
	}
	return begun + max(ShortestHold.Microseconds(), (at-begun+minute-1)/minute*minute)
}

// Pending is a send that the gateway may still hold, because its time has not come.
type Pending struct {
	Send
	Person   Person
	Revision int
	At       time.Time // of delivery, as it was claimed
	Goes     time.Time // at At, or later because the gateway does not take such a time
	ClientID string    // climsgid of its request
	Account  string    // fingerprint of the account that it went through
	Several  bool      // people have its request, so that its apimsgid alone names it
	Unnamed  bool      // the state has no apimsgid of it, and its climsgid is of several people: it cannot be withdrawn
}

// stillHeld reports whether the gateway has a message with a recorded status, 0 for none, at its time.
func stillHeld(status uint8) bool {
	switch status {
	case 0, 1, 2, 8, 11: // nothing known, unknown, queued, received, scheduled
		return true
	}
	return false
}

// Pending gives the sends that the gateway lets go after now and that are accepted, withdrawing, in doubt or unconfirmed, but for those
// that a recorded status says are gone, and those of before a recovery.
func (l *Ledger) Pending(now time.Time) iter.Seq[Pending] {
	return func(yield func(Pending) bool) {
		if l == nil || l.statuses == nil {
			return
		}
		after := now.UnixMicro()
		for i, p := range l.people {
			q := &l.shared.requests[l.requests[i]]
			if q.schedule == 0 || !stillHeld(l.statuses[i]) {
				continue
			}
			switch l.outcomes[i] {
			case Accepted, Withdrawing, InDoubt, Unconfirmed:
			default:
				continue
			}
			at := &l.shared.schedules[q.schedule-1]
			if heldUntil(at.begun, at.at) <= after || at.guessed {
				continue
			}
			goes := at.at
			if at.at > at.begun && at.begun > 0 {
				goes = max(at.at, at.begun+ShortestHold.Microseconds())
			}
			if !yield(Pending{l.send(i), p, l.revision, time.UnixMicro(at.at).UTC(), time.UnixMicro(goes).UTC(), clientWord(at.client[:]), at.account, at.several, at.unnamed[p]}) {
				return
			}
		}
	}
}

// Person gives what an alias is in the ledger.
func (l *Ledger) Person(a Alias) Person { return a[l.key] }

// AllPending gives every ledger of the snapshot that has requests with a time, in no order.
func (s *Snapshot) AllPending() iter.Seq2[MessageID, *Ledger] {
	return func(yield func(MessageID, *Ledger) bool) {
		for at, list := range s.ledgers {
			for _, l := range list {
				if l.statuses != nil && !yield(at.message, l) {
					return
				}
			}
		}
	}
}

// Withdrawn gives why the message of somebody whose send is cancelled was withdrawn, and whether it is not to be sent at this
// revision any more.
func (l *Ledger) Withdrawn(a Alias) (why Why, lasts bool) {
	why = l.withdrawn[a[l.key]]
	return why, why.lasts()
}

// readWithdrawn reads why cancelled sends were withdrawn.
func (l *loader) readWithdrawn() error {
	l.withdrawn = map[int64]map[Person]Why{}
	for r, err := range l.rows("SELECT request, person, why FROM withdrawal WHERE settled_at IS NOT NULL") {
		if err != nil {
			return err
		}
		id := r.ColumnInt64(0)
		if l.withdrawn[id] == nil {
			l.withdrawn[id] = map[Person]Why{}
		}
		l.withdrawn[id][Person(r.ColumnRawBlob(1))] = Why(r.ColumnText(2))
	}
	return nil
}

// readUnnamed finds the people of scheduled requests whose messages nothing names.
func (l *loader) readUnnamed() error {
	if len(l.table.schedules) == 0 {
		return nil
	}
	for r, err := range l.rows("SELECT q.id, q.apimsgids, o.people FROM request q JOIN roster o ON o.request = q.id" +
		" WHERE q.deliver_at IS NOT NULL AND q.people > 1 AND (q.apimsgids IS NULL OR instr(q.apimsgids, zeroblob(16)) > 0)") {
		if err != nil {
			return err
		}
		q := &l.table.requests[r.ColumnInt(0)]
		if q.schedule == 0 {
			continue
		}
		ids, people, at := r.ColumnRawBlob(1), r.ColumnRawBlob(2), &l.table.schedules[q.schedule-1]
		at.unnamed = map[Person]bool{}
		const size = len(Person{})
		for i := 0; i+size <= len(people); i += size {
			if i+size > len(ids) || [size]byte(ids[i:]) == [size]byte{} {
				at.unnamed[Person(people[i:])] = true
			}
		}
	}
	return nil
}
