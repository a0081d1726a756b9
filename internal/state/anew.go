package state

import (
	"context"
	"fmt"
	"time"
)

// A send in doubt may be taken over by a new request where its message allows that. The earlier request stays in the table of
// attempts, in doubt, and the gateway is asked about it as long as the person is. The send keeps InDoubt as an outcome of its own,
// with a code that is NULL, until the new request says anything better: where it is never begun, or proves unsent, the
// doubt is as it was.

// Anew says when a send in doubt may be taken over, so that its person may get the message twice. The zero Anew is never.
type Anew struct {
	Allowed bool
	// Answers of the gateway that did not know the request, at least so many, the last of them at least Settle after the
	// intent. It holds for each request in doubt that the send has had.
	Answers int
	Settle  time.Duration
}

const (
	// oneAnswer is the time within which several answers count as one.
	oneAnswer = 5 * time.Second
	// Memory is how long the gateway can be asked about a message (gateway specification, section 11). What it does not
	// know after that means nothing.
	Memory = 6 * 24 * time.Hour
)

// Unknown records that the gateway, asked about a request, did not know it. Answers within five seconds of one another count
// once, so that asking often is not asking for long. Of what was there when the state was recovered they do not count.
func (s *State) Unknown(ctx context.Context, r RequestID) error {
	return s.writer.together(ctx, func(t *transaction) error {
		now := t.at.UnixMicro()
		if _, err := t.exec("UPDATE request SET unknowns = unknowns + 1, asked_at = ?1 WHERE id = ?2 AND ?1 < intent_at + ?3"+
			" AND (asked_at IS NULL OR abs(?1 - asked_at) >= ?4)"+
			" AND run > ("+lastRecovery+")",
			now, int64(r), Memory.Microseconds(), oneAnswer.Microseconds()); err != nil {
			return err
		}
		t.record("ask", fmt.Sprintf("request %d", r), int64(r))
		return nil
	})
}

// mayHaveHad gives the requests that may have reached a person, of a message (?1) at a revision (?2), whose send is in doubt (?3,
// the person; ?4, InDoubt): the newest, unless the doubt is an earlier one's alone, and those before it.
const mayHaveHad = `
SELECT s.request AS id FROM send s JOIN request c ON c.id = s.request
	WHERE s.message = ?1 AND s.revision = ?2 AND s.person = ?3 AND NOT (coalesce(s.outcome, 0) = ?4 AND s.code IS NULL AND c.outcome != ?4)
UNION SELECT request FROM attempt WHERE message = ?1 AND revision = ?2 AND person = ?3 AND outcome = ?4`

// due reports whether a send in doubt may be taken over.
func (t *transaction) due(message int64, revision int, p Person, a Anew) (bool, error) {
	if !a.Allowed || a.Answers == 0 {
		return a.Allowed, nil
	}
	waits, err := t.row(noColumns, "SELECT 1 FROM ("+mayHaveHad+") m JOIN request r ON r.id = m.id"+
		" WHERE NOT coalesce(r.unknowns >= ?5 AND r.asked_at >= r.intent_at + ?6, 0)",
		message, revision, p[:], int(InDoubt), a.Answers, a.Settle.Microseconds())
	return !waits, err
}

// carried gives the people of a request who were in doubt before it.
func (t *transaction) carried(q request) (map[Person]bool, error) {
	if q.attempt == 1 {
		return nil, nil
	}
	people := map[Person]bool{}
	for r, err := range t.rows("SELECT person FROM send WHERE request = ? AND outcome = ? AND code IS NULL", q.id, int(InDoubt)) {
		if err != nil {
			return nil, err
		}
		people[Person(r.ColumnRawBlob(0))] = true
	}
	return people, nil
}

// settleCarried gives people of a settled request who were in doubt before it the request's outcome, which is what a send
// without its own has. Where that proves unsent alone they stay in doubt.
func (t *transaction) settleCarried(q request, o Outcome, people map[Person]bool) error {
	if o == Unsent {
		return nil
	}
	for p := range people {
		if _, err := t.exec("UPDATE send SET outcome = NULL, code = NULL WHERE message = ? AND revision = ? AND person = ? AND request = ?",
			q.message, q.revision, p[:], q.id); err != nil {
			return err
		}
	}
	return nil
}
