package state

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ncruces/go-sqlite3"
)

// ErrCertain says that a request to be resolved has nobody in doubt.
var ErrCertain = errors.New("nobody of it is in doubt")

// Gateway, as [Resolution.By], says that the gateway's answer settles a doubt.
const Gateway = "gateway"

// Resolution of a doubt. Outcome is Accepted, Unconfirmed or Unsent.
type Resolution struct {
	Outcome  Outcome
	ClientID string   // of the request that is meant, for its number may be another's since `state rm`; "" for whichever has it
	ID       [16]byte // apimsgid of the answer; zero for none
	By       string   // [Gateway], or the operator's name
	Reason   string
	// Timeout of one request. An operator's word counts only when the intent is older than it and 5 s more: the
	// request might still be on its way. 0 is 30 s.
	Timeout time.Duration
}

// Resolve settles the people in doubt of a request, and the unconfirmed ones too where an operator speaks. What the gateway
// says also settles those who are in doubt in a later request. The gateway cannot make a request of several people accepted, for
// its answer names none of them, and never unsent. It gives the number of people settled, by the request that they belong to now.
func (s *State) Resolve(ctx context.Context, r RequestID, v Resolution) (map[RequestID]int, error) {
	var settled map[RequestID]int
	err := s.writer.together(ctx, func(t *transaction) error {
		there, err := t.meant(r, v.ClientID)
		if err != nil {
			return err
		}
		if !there {
			return fmt.Errorf("request %d cannot be resolved: %w", r, ErrCertain)
		}
		q, err := t.request(r)
		if err != nil {
			return err
		}
		people, err := t.roster(q)
		if err != nil {
			return err
		}
		if err := t.check(v, q, people); err != nil {
			return fmt.Errorf("request %d cannot be resolved: %w", r, err)
		}
		settled, err = t.resolve(q, people, v)
		return err
	})
	return settled, err
}

// meant reports whether a request has a climsgid, where one is given.
func (t *transaction) meant(r RequestID, clientID string) (there bool, err error) {
	if clientID == "" {
		return true, nil
	}
	_, err = t.row(func(row *sqlite3.Stmt) { there = clientWord(row.ColumnRawBlob(0)) == clientID },
		"SELECT climsgid FROM request WHERE id = ?", int64(r))
	return there, err
}

// check says whether the resolution fits the request and its people.
func (t *transaction) check(v Resolution, q request, people []Person) error {
	switch v.Outcome {
	case Accepted, Unconfirmed, Unsent:
	default:
		return fmt.Errorf("%s settles nothing", v.Outcome)
	}
	switch v.By {
	case "":
		return fmt.Errorf("nobody says so")
	case Gateway:
		if v.Outcome == Unsent {
			return fmt.Errorf("no answer of the gateway proves that it was not sent")
		}
		if v.Outcome == Accepted && q.people > 1 {
			return fmt.Errorf("it has %d people, and the gateway's answer names none of them: unconfirmed is all that it proves", q.people)
		}
		return nil
	}
	timeout := v.Timeout
	if timeout <= 0 {
		timeout = 30 * time.Second
	}
	newest := q.intentAt
	for _, p := range people {
		if _, err := t.row(func(r *sqlite3.Stmt) { newest = max(newest, r.ColumnInt64(0)) },
			"SELECT r.intent_at FROM attempt a JOIN request r ON r.id = a.request"+
				" WHERE a.message = ? AND a.revision = ? AND a.person = ? AND a.outcome = ? ORDER BY a.attempt DESC LIMIT 1",
			q.message, q.revision, p[:], int(InDoubt)); err != nil {
			return err
		}
	}
	if from := time.UnixMicro(newest).Add(timeout + 5*time.Second); t.at.Before(from) {
		return fmt.Errorf("it may still be on its way; not before %s", from.UTC().Format(time.RFC3339))
	}
	return nil
}

func (t *transaction) resolve(q request, people []Person, v Resolution) (map[RequestID]int, error) {
	settled := map[RequestID]int{}
	shared := false // somebody's outcome is the request's
	for _, p := range people {
		at, err := t.send(q, p)
		if err != nil {
			return nil, err
		}
		if at.outcome != InDoubt && (at.outcome != Unconfirmed || v.By == Gateway) {
			continue
		}
		// Of those who belong to another request by now the answer says something only where this one may have reached them.
		reached := at.request == q.id && !(at.carried && v.By == Gateway)
		if v.By == Gateway {
			n, err := t.exec("UPDATE attempt SET outcome = ? WHERE message = ? AND revision = ? AND person = ? AND request = ? AND outcome = ?",
				int(v.Outcome), q.message, q.revision, p[:], q.id, int(InDoubt))
			if err != nil {
				return nil, err
			}
			reached = reached || n > 0
		}
		if !reached {
			continue
		}
		settled[RequestID(at.request)]++
		if at.request == q.id && !at.own {
			shared = true
		} else if _, err := t.exec("UPDATE send SET outcome = ?, code = 0 WHERE message = ? AND revision = ? AND person = ?",
			int(v.Outcome), q.message, q.revision, p[:]); err != nil {
			return nil, err
		}
		if v.By == Gateway {
			continue
		}
		if _, err := t.exec("UPDATE attempt SET outcome = ? WHERE message = ? AND revision = ? AND person = ? AND outcome = ?",
			int(v.Outcome), q.message, q.revision, p[:], int(InDoubt)); err != nil {
			return nil, err
		}
	}
	if len(settled) == 0 {
		return nil, fmt.Errorf("request %d cannot be resolved: %w", q.id, ErrCertain)
	}
	evidence := fmt.Sprintf("%s, says %s: %s", v.Outcome, v.By, v.Reason)
	if q.evidence != "" {
		evidence = q.evidence + "; " + evidence
	}
	var ids []byte
	if v.ID != [16]byte{} {
		if q.people == 1 {
			ids = v.ID[:]
		} else {
			evidence += fmt.Sprintf(" (apimsgid %x, of one of them)", v.ID)
		}
	}
	if shared {
		if _, err := t.exec("UPDATE request SET outcome = ?, code = 0 WHERE id = ?", int(v.Outcome), q.id); err != nil {
			return nil, err
		}
	}
	if _, err := t.exec("UPDATE request SET settled_at = ?, evidence = ?, apimsgids = coalesce(?, apimsgids) WHERE id = ?",
		t.at, evidence, ids, q.id); err != nil {
		return nil, err
	}
	t.record("resolve", fmt.Sprintf("request %d: %s, says %s", q.id, v.Outcome, v.By), q.id, int(v.Outcome), v.By, v.Reason, ids)
	return settled, nil
}
