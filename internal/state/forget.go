package state

import (
	"bytes"
	"context"
	"regexp"

	"github.com/ncruces/go-sqlite3"
)

// Forgotten is what [State.Forget] has found.
type Forgotten struct {
	Sends    int // and former attempts
	Messages int
	Stopped  bool // the number is on the stop list, and stays there
}

// Forget removes what the state knows of a number beyond what keeps it from being sent to twice: apimsgids, statuses and
// charges, and of requests to it alone the digest of the text and the evidence. The pseudonym stays, with the outcomes and
// the stop list. numbers are the E.164 digits of all forms of the number.
func (s *State) Forget(ctx context.Context, numbers []string) (f Forgotten, err error) {
	var people Alias
	for _, n := range numbers {
		people = s.AppendAlias(people, n)
	}
	err = s.writer.alone(ctx, func(t *transaction) error {
		f = Forgotten{}
		// What is overwritten is not to stay in the file.
		if err := t.conn.Exec("PRAGMA secure_delete = ON"); err != nil {
			return t.fail(err)
		}
		for _, p := range people {
			if err := t.forget(p, &f); err != nil {
				return err
			}
		}
		if f.Sends > 0 {
			t.record("forget", "a number, by "+s.settings.Who, f.Sends)
		}
		return nil
	})
	return f, err
}

// requestsOfSQL finds the requests that carried a person (?1), now or in a former attempt. Both tables are searched by their
// primary keys.
const requestsOfSQL = `
WITH slot AS (SELECT DISTINCT message, revision FROM request)
SELECT s.request, s.message FROM slot JOIN send s ON s.message = slot.message AND s.revision = slot.revision AND s.person = ?1
UNION ALL
SELECT a.request, a.message FROM slot JOIN attempt a ON a.message = slot.message AND a.revision = slot.revision AND a.person = ?1`

func (t *transaction) forget(p Person, f *Forgotten) error {
	var requests []RequestID
	messages := map[int64]bool{}
	for r, err := range t.rows(requestsOfSQL, p[:]) {
		if err != nil {
			return err
		}
		requests = append(requests, RequestID(r.ColumnInt64(0)))
		messages[r.ColumnInt64(1)] = true
	}
	f.Sends += len(requests)
	f.Messages += len(messages)
	stopped, err := t.row(noColumns, "SELECT 1 FROM stop WHERE person = ?", p[:])
	if err != nil {
		return err
	}
	f.Stopped = f.Stopped || stopped
	for message := range messages {
		if _, err := t.exec("UPDATE send SET status = NULL, status_at = NULL, charge = NULL WHERE message = ?1 AND person = ?2"+
			" AND revision IN (SELECT DISTINCT revision FROM request WHERE message = ?1)", message, p[:]); err != nil {
			return err
		}
	}
	for _, r := range requests {
		if err := t.forgetIn(r, p); err != nil {
			return err
		}
	}
	return nil
}

// ofOne is how the evidence of a request of several people gives the id of one of them.
var ofOne = regexp.MustCompile(` \(apimsgid [0-9a-f]+, of one of them\)`)

// forgetIn removes what a request tells of one of its people.
func (t *transaction) forgetIn(id RequestID, p Person) error {
	q, err := t.request(id)
	if err != nil {
		return err
	}
	if q.people == 1 {
		_, err := t.exec("UPDATE request SET apimsgids = NULL, text_digest = ?, evidence = NULL WHERE id = ?", make([]byte, 32), q.id)
		return err
	}
	var ids []byte
	if _, err := t.row(func(r *sqlite3.Stmt) { ids = r.ColumnBlob(0, nil) }, "SELECT apimsgids FROM request WHERE id = ?", q.id); err != nil {
		return err
	}
	roster, err := t.roster(q)
	if err != nil {
		return err
	}
	for i, one := range roster {
		if len(ids) > 0 && one == p {
			copy(ids[i*len(Person{}):][:len(Person{})], make([]byte, len(Person{})))
		}
	}
	if len(bytes.Trim(ids, "\x00")) == 0 {
		ids = nil
	}
	_, err = t.exec("UPDATE request SET apimsgids = ?, evidence = ? WHERE id = ?", ids, ofOne.ReplaceAllString(q.evidence, ""), q.id)
	return err
}
