package state

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Doubt is a request with people whose outcome is not certain.
type Doubt struct {
	Request  RequestID
	Address  string
	Revision int
	ClientID string
	Account  string // fingerprint of the account it went through
	People   int    // of the request
	InDoubt  int    // of them in doubt
	IntentAt time.Time
}

// Doubts lists the requests with people in doubt, oldest intent first: of the messages at the addresses, or of all where
// none is given.
func (s *State) Doubts(ctx context.Context, addresses ...string) ([]Doubt, error) {
	return s.uncertain(ctx, InDoubt, addresses)
}

// Unconfirmed lists, as Doubts does, the requests with people unconfirmed; InDoubt counts those. An operator may settle
// them.
func (s *State) Unconfirmed(ctx context.Context, addresses ...string) ([]Doubt, error) {
	return s.uncertain(ctx, Unconfirmed, addresses)
}

func (s *State) uncertain(ctx context.Context, o Outcome, addresses []string) (doubts []Doubt, err error) {
	err = s.writer.alone(ctx, func(t *transaction) error {
		for r, err := range t.rows(uncertainSQL, int(o)) {
			if err != nil {
				return err
			}
			if len(addresses) > 0 && !slices.Contains(addresses, r.ColumnText(1)) {
				continue
			}
			doubts = append(doubts, Doubt{
				Request: RequestID(r.ColumnInt64(0)), Address: r.ColumnText(1), Revision: r.ColumnInt(2),
				ClientID: clientWord(r.ColumnRawBlob(3)), Account: r.ColumnText(4), People: r.ColumnInt(5),
				InDoubt: r.ColumnInt(6), IntentAt: moment(r, 7),
			})
		}
		return nil
	})
	return doubts, err
}

// uncertainSQL finds requests with people whose outcome is ?1, their own or the request's. People with an outcome of
// their own are few; those of them whom a later claim took over belong to another request.
const uncertainSQL = `
WITH own AS (
	SELECT request, count(*) AS all_own, sum(outcome = ?1) AS hits FROM send WHERE outcome IS NOT NULL GROUP BY request
), gone AS (
	SELECT request, count(*) AS n FROM attempt GROUP BY request
), counted AS (
	SELECT r.*, coalesce(own.hits, 0) + CASE WHEN r.outcome = ?1
		THEN r.people - coalesce(own.all_own, 0) - coalesce(gone.n, 0) ELSE 0 END AS hits
	FROM request r LEFT JOIN own ON own.request = r.id LEFT JOIN gone ON gone.request = r.id
)
SELECT c.id, (SELECT name FROM name WHERE id = c.name), c.revision, c.climsgid,
	run.account, c.people, c.hits, c.intent_at
FROM counted c JOIN run ON run.id = c.run WHERE c.hits > 0 ORDER BY c.intent_at, c.id`

// Gateway, as [Resolution.By], says that the gateway's answer settles a doubt.
const Gateway = "gateway"

// Resolution of a doubt. Outcome is Accepted, Unconfirmed or Unsent.
type Resolution struct {
	Outcome Outcome
	ID      [16]byte // apimsgid of the answer; zero for none
	By      string   // [Gateway], or the operator's name
	Reason  string
	// Timeout of one request. An operator's word counts only when the intent is older than it and 5 s more: the
	// request might still be on its way. 0 is 30 s.
	Timeout time.Duration
}

// Resolve settles the people in doubt of a request, and the unconfirmed ones too where an operator speaks. The gateway
// cannot make a request of several people accepted, for its answer names none of them, and never unsent.
func (s *State) Resolve(ctx context.Context, r RequestID, v Resolution) error {
	return s.writer.together(ctx, func(t *transaction) error {
		q, err := t.request(r)
		if err != nil {
			return err
		}
		if err := v.check(q, t.at); err != nil {
			return fmt.Errorf("request %d cannot be resolved: %w", r, err)
		}
		return t.resolve(q, v)
	})
}

func (v *Resolution) check(q request, now time.Time) error {
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
	if from := time.UnixMicro(q.intentAt).Add(timeout + 5*time.Second); now.Before(from) {
		return fmt.Errorf("it may still be on its way; not before %s", from.UTC().Format(time.RFC3339))
	}
	return nil
}

func (t *transaction) resolve(q request, v Resolution) error {
	also := InDoubt
	if v.By != Gateway {
		also = Unconfirmed
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
	exceptions, err := t.exec("UPDATE send SET outcome = ?, code = 0 WHERE request = ? AND outcome IN (?, ?)",
		int(v.Outcome), q.id, int(InDoubt), int(also))
	if err != nil {
		return err
	}
	rest, err := t.exec("UPDATE request SET outcome = ?, code = 0 WHERE id = ? AND outcome IN (?, ?)",
		int(v.Outcome), q.id, int(InDoubt), int(also))
	if err != nil {
		return err
	}
	if exceptions+rest == 0 {
		return fmt.Errorf("request %d cannot be resolved: nobody of it is in doubt", q.id)
	}
	if _, err := t.exec("UPDATE request SET settled_at = ?, evidence = ?, apimsgids = coalesce(?, apimsgids) WHERE id = ?",
		t.at, evidence, ids, q.id); err != nil {
		return err
	}
	t.record("resolve", fmt.Sprintf("request %d: %s, says %s", q.id, v.Outcome, v.By), q.id, int(v.Outcome), v.By, v.Reason, ids)
	return nil
}
