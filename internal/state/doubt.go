package state

import (
	"context"
	"slices"
	"time"

	"github.com/ncruces/go-sqlite3"
)

// Doubt is a request with people whose outcome is not certain.
type Doubt struct {
	Request  RequestID
	Address  string
	Revision int
	ClientID string
	Account  string // fingerprint of the account it went through
	People   int    // of the request
	InDoubt  int    // of them in doubt: everybody in doubt is so in one request
	Former   int    // of them in doubt in a later request, although this one may have reached them
	Idle     bool   // the doubt is that of former requests: there is nothing to ask about this one
	IntentAt time.Time
	Guessed  bool // the state was recovered since: it may have reached its people under another client id
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
		for r, err := range t.rows(uncertainSQL, int(o), int(InDoubt)) {
			if err != nil {
				return err
			}
			if len(addresses) > 0 && !slices.Contains(addresses, r.ColumnText(1)) {
				continue
			}
			doubts = append(doubts, Doubt{
				Request: RequestID(r.ColumnInt64(0)), Address: r.ColumnText(1), Revision: r.ColumnInt(2),
				ClientID: clientWord(r.ColumnRawBlob(3)), Account: r.ColumnText(4), People: r.ColumnInt(5),
				InDoubt: r.ColumnInt(6), IntentAt: moment(r, 7), Former: r.ColumnInt(8), Idle: r.ColumnBool(9), Guessed: r.ColumnBool(10),
			})
		}
		return nil
	})
	return doubts, err
}

// uncertainSQL finds requests with people whose outcome is ?1, their own or the request's, and those whose people are in doubt
// (?2) in a later one. People with an outcome of their own are few; those of them whom a later claim took over belong to
// another request.
const uncertainSQL = `
WITH own AS (
	SELECT request, count(*) AS all_own, sum(outcome = ?1) AS hits, sum(outcome = ?2 AND code IS NULL) AS carried
	FROM send WHERE outcome IS NOT NULL GROUP BY request
), gone AS (
	SELECT request, count(*) AS n FROM attempt GROUP BY request
), former AS (
	SELECT a.request, count(*) AS n FROM attempt a
	JOIN send s ON s.message = a.message AND s.revision = a.revision AND s.person = a.person JOIN request c ON c.id = s.request
	WHERE ?1 = ?2 AND a.outcome = ?2 AND coalesce(s.outcome, c.outcome) = ?2 GROUP BY a.request
), counted AS (
	SELECT r.*, coalesce(own.hits, 0) + CASE WHEN r.outcome = ?1
		THEN r.people - coalesce(own.all_own, 0) - coalesce(gone.n, 0) ELSE 0 END AS hits, own.carried, former.n AS former
	FROM request r LEFT JOIN own ON own.request = r.id LEFT JOIN gone ON gone.request = r.id LEFT JOIN former ON former.request = r.id
)
SELECT c.id, (SELECT name FROM name WHERE id = c.name), c.revision, c.climsgid,
	run.account, c.people, c.hits, c.intent_at, coalesce(c.former, 0), coalesce(c.former, 0) = 0 AND c.hits = coalesce(c.carried, 0) AND c.outcome != ?2,
	?1 = ?2 AND c.run <= (` + lastRecovery + `)
FROM counted c JOIN run ON run.id = c.run WHERE c.hits > 0 OR c.former > 0 ORDER BY c.intent_at, c.id`

// Outcomes gives what became of people at the message and revision of a request, in any request since. Whoever is not there
// has the outcome planned.
func (s *State) Outcomes(ctx context.Context, r RequestID, people []Alias) ([]Outcome, error) {
	found := make([]Outcome, len(people))
	err := s.writer.alone(ctx, func(t *transaction) error {
		q, err := t.request(r)
		if err != nil {
			return err
		}
		for i, alias := range people {
			for _, p := range alias {
				at, err := t.send(q, p)
				if err != nil {
					return err
				}
				if at.request != 0 {
					found[i] = at.outcome
				}
			}
		}
		return nil
	})
	return found, err
}

// send is where a person stands at the message and revision of a request.
type send struct {
	request int64 // 0 where nobody has claimed the person
	outcome Outcome
	own     bool // it is not the request's
	carried bool // its doubt was there before the request
}

func (t *transaction) send(q request, p Person) (at send, err error) {
	_, err = t.row(func(r *sqlite3.Stmt) {
		at = send{request: r.ColumnInt64(0), outcome: Outcome(r.ColumnInt(1)), own: r.ColumnBool(2), carried: r.ColumnBool(3)}
	}, "SELECT s.request, coalesce(s.outcome, r.outcome), s.outcome IS NOT NULL, s.outcome IS ?4 AND s.code IS NULL AND r.outcome != ?4"+
		" FROM send s JOIN request r ON r.id = s.request WHERE s.message = ?1 AND s.revision = ?2 AND s.person = ?3",
		q.message, q.revision, p[:], int(InDoubt))
	return at, err
}
