package state

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/ncruces/go-sqlite3"
)

// Late is an outcome that was known when the state could not take it.
type Late struct {
	Run      RunID
	Request  RequestID
	ClientID string
	People   int
	Settlement
	By     string // who has it recorded
	Reason string // where it comes from
}

// Learnt is what became of a late outcome.
type Learnt struct {
	Recorded bool // something of it was new
	Doubted  int  // people in doubt whom it calls unsent, and who stay in doubt: another request may have reached them
}

// SettleLate records an outcome that was saved elsewhere, for those of the request's people of whom less is known: in doubt,
// unconfirmed, or unsent by somebody's word. Where a person belongs to a later request by now, one that was accepted all the
// same ends the doubt. That a request was not sent is not believed where an earlier one has left the person in doubt, nor across
// a recovery: a run that the copy did not know of may have sent since. A request that is another one, or of which the state
// knows otherwise, is an error, and nothing is recorded.
func (s *State) SettleLate(ctx context.Context, l Late) (learnt Learnt, err error) {
	err = s.writer.alone(ctx, func(t *transaction) error {
		q, err := t.request(l.Request)
		if err != nil {
			return err
		}
		people, err := t.same(q, &l)
		if err != nil {
			return fmt.Errorf("request %d cannot be settled: %w", l.Request, err)
		}
		learnt, err = t.settleLate(q, people, &l)
		return err
	})
	return learnt, err
}

// same says whether the request is the one that is meant, and gives its people.
func (t *transaction) same(q request, l *Late) ([]Person, error) {
	var run RunID
	var client string
	if _, err := t.row(func(r *sqlite3.Stmt) { run, client = RunID(r.ColumnInt64(0)), clientWord(r.ColumnRawBlob(1)) },
		"SELECT run, climsgid FROM request WHERE id = ?", q.id); err != nil {
		return nil, err
	}
	if run != l.Run || client != l.ClientID || q.people != l.People {
		return nil, errors.New("the state has another request under its number")
	}
	if q.outcome == Planned {
		return nil, errors.New("it was never begun")
	}
	if err := l.fits(q.people); err != nil {
		return nil, err
	}
	return t.roster(q)
}

// settleLate records what is new of l.
func (t *transaction) settleLate(q request, people []Person, l *Late) (learnt Learnt, err error) {
	recovered, err := t.recoveredSince(l.Run)
	if err != nil {
		return learnt, err
	}
	for i, p := range people {
		outcome, code := l.of(i)
		at, err := t.send(q, p)
		if err != nil {
			return learnt, err
		}
		news, contradiction := improves(at, outcome, at.request == q.id)
		if contradiction != nil {
			// What the state knows of somebody who was sent to anew may be the word of an earlier request.
			earlier, err := t.attempted(q, p, at.outcome)
			if err != nil {
				return learnt, err
			}
			if !earlier {
				return learnt, fmt.Errorf("request %d cannot be settled: %w", q.id, contradiction)
			}
		}
		if news && outcome == Unsent {
			before, err := t.attempted(q, p, InDoubt)
			if err != nil {
				return learnt, err
			}
			if before || recovered {
				news = false
				if at.outcome == InDoubt {
					learnt.Doubted++
				}
			}
		}
		if news && at.outcome == Unconfirmed && outcome != Accepted {
			// This answer is the word of this request alone, and an earlier one was accepted.
			before, err := t.attempted(q, p, Unconfirmed)
			if err != nil {
				return learnt, err
			}
			news = !before
		}
		if at.request != q.id {
			n, err := t.exec("UPDATE attempt SET outcome = ?, code = ? WHERE message = ? AND revision = ? AND person = ? AND request = ? AND outcome = ?",
				int(outcome), code, q.message, q.revision, p[:], q.id, int(InDoubt))
			if err != nil {
				return learnt, err
			}
			learnt.Recorded = learnt.Recorded || n > 0 && outcome != InDoubt
		}
		if !news {
			continue
		}
		learnt.Recorded = true
		if _, err := t.exec("UPDATE send SET outcome = ?, code = ? WHERE message = ? AND revision = ? AND person = ?",
			int(outcome), code, q.message, q.revision, p[:]); err != nil {
			return learnt, err
		}
		if code == optedOut && (q.people == 1 || l.names(i)) {
			if err := t.stop(q, p); err != nil {
				return learnt, err
			}
		}
	}
	if !learnt.Recorded {
		return learnt, nil
	}
	evidence := fmt.Sprintf("%s, recorded late by %s: %s", l.Evidence, l.By, l.Reason)
	if q.evidence != "" {
		evidence = q.evidence + "; " + evidence
	}
	var ids []byte
	for _, id := range l.IDs {
		ids = append(ids, id[:]...)
	}
	if _, err := t.exec("UPDATE request SET settled_at = ?, evidence = ?, apimsgids = coalesce(?, apimsgids) WHERE id = ?", t.at, evidence, ids, q.id); err != nil {
		return learnt, err
	}
	t.record("settle late", fmt.Sprintf("request %d, says %s", q.id, l.By), q.id, int(l.Outcome), l.Code, ids, evidence)
	for _, e := range l.Exceptions {
		writeFields(t.sum, e.Index, int(e.Outcome), e.Code)
	}
	return learnt, nil
}

// attempted reports whether an earlier attempt to send to a person of the request, which a later claim took over, came to the outcome.
func (t *transaction) attempted(q request, p Person, o Outcome) (bool, error) {
	return t.row(noColumns, "SELECT 1 FROM attempt WHERE message = ? AND revision = ? AND person = ? AND outcome = ?",
		q.message, q.revision, p[:], int(o))
}

// recoveredSince reports whether the state was recovered from a copy after a run had begun.
func (t *transaction) recoveredSince(r RunID) (bool, error) {
	return t.row(noColumns, "SELECT 1 FROM event WHERE "+ofKind("recover")+" AND serial >"+
		" coalesce((SELECT max(serial) FROM event WHERE kind = 'start run' AND subject = 'run ' || ?), 0)", int64(r))
}

// improves reports whether an outcome says more than is known of a send; the error says that it says something else. mine says
// that nobody has claimed the person since.
func improves(at send, o Outcome, mine bool) (bool, error) {
	switch {
	case at.outcome == o || o == InDoubt:
		return false, nil
	case at.outcome == Withdrawing || at.outcome == Cancelled: // after it was accepted
		return false, nil
	case !mine:
		return o == Accepted && (at.outcome == InDoubt || at.outcome == Unsent), nil
	case at.outcome == InDoubt, at.outcome == Unconfirmed, at.outcome == Unsent && o != Unconfirmed:
		return true, nil
	case at.outcome == Accepted && o == Unconfirmed:
		return false, nil
	}
	return false, fmt.Errorf("the state says that somebody of it is %s, and this says %s", at.outcome, o)
}

// of gives the outcome of one person.
func (o *Settlement) of(i int) (Outcome, int) {
	for _, e := range o.Exceptions {
		if e.Index == i {
			return e.Outcome, e.Code
		}
	}
	return o.Outcome, o.Code
}

// names reports whether the settlement has an exception for a person.
func (o *Settlement) names(i int) bool {
	return slices.ContainsFunc(o.Exceptions, func(e Exception) bool { return e.Index == i })
}
