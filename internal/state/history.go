package state

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Attempt is one attempt to send a message to a person.
type Attempt struct {
	Revision int
	Attempt  int // from 1
	Outcome  Outcome
	Code     int
	At       time.Time // of the outcome, or of the intent, or of the start of the run
	ClientID string    // climsgid of its request; "" where it was imported
	Guessed  bool      // in doubt, and ClientID is a guess: the state was recovered since
	ID       string    // apimsgid; "" for none
	Evidence string    // of its request

	Status   Status    // the gateway's, of the newest attempt; 0 for none
	StatusAt time.Time // when that was so first
	Charge   string    // in credits; "" where it is not known
}

// historySQL gives the attempts for a message (?1) and a person (?2).
const historySQL = `
WITH one AS (
	SELECT revision, attempt, request, outcome, code, at, NULL AS status, NULL AS status_at, NULL AS charge FROM attempt WHERE message = ?1 AND person = ?2
		AND revision IN (SELECT DISTINCT revision FROM request WHERE message = ?1)
	UNION ALL
	SELECT s.revision, 1 + (SELECT count(*) FROM attempt a WHERE a.message = s.message AND a.revision = s.revision AND a.person = s.person),
		s.request, s.outcome, s.code, NULL, s.status, s.status_at, s.charge
	FROM send s WHERE s.message = ?1 AND s.person = ?2
		AND s.revision IN (SELECT DISTINCT revision FROM request WHERE message = ?1)
)
SELECT one.revision, one.attempt, coalesce(one.outcome, r.outcome), CASE WHEN one.outcome IS NULL THEN r.code ELSE one.code END,
	coalesce(one.at, r.settled_at, r.intent_at, run.started), r.climsgid, substr(r.apimsgids, instr(o.people, ?2), 16), r.evidence,
	coalesce(one.outcome, r.outcome) = ?3 AND r.run <= (` + lastRecovery + `), coalesce(one.status, 0), one.status_at, one.charge
FROM one JOIN request r ON r.id = one.request JOIN roster o ON o.request = r.id JOIN run ON run.id = r.run
ORDER BY one.revision, one.attempt`

// History gives the attempts to send a message to the person with a number in E.164 digits, by revision and attempt. It
// reads as [Read] does.
func History(ctx context.Context, s Settings, address, e164 string) (attempts []Attempt, err error) {
	r, err := openReader(ctx, s)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	_, keys, err := r.admit(r.path, s)
	if err != nil {
		return nil, err
	}
	type part struct {
		message int64
		check   []byte
	}
	var parts []part // the message, and those whose ledgers became part of its own
	for row, err := range r.rows("SELECT m.id, k.key_check FROM name n JOIN message m ON n.message IN (m.id, m.joined) JOIN person_key k ON k.id = m.key_id"+
		" WHERE n.namespace = 'address' AND n.name = ? ORDER BY m.id", address) {
		if err != nil {
			return nil, err
		}
		parts = append(parts, part{row.ColumnInt64(0), row.ColumnBlob(1, nil)})
	}
	alias := appendAlias(nil, keys, e164)
	for _, one := range parts {
		if attempts, err = r.history(attempts, one.message, alias[keys.index(one.check)]); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(attempts, func(a, b Attempt) int { return cmp.Compare(a.Revision, b.Revision) })
	return attempts, nil
}

// history appends the attempts to send one message to a person.
func (r *reader) history(attempts []Attempt, message int64, p Person) ([]Attempt, error) {
	for row, err := range r.rows(historySQL, message, p[:], int(InDoubt)) {
		if err != nil {
			return nil, fmt.Errorf("state %s: %w", r.path, err)
		}
		one := Attempt{
			Revision: row.ColumnInt(0), Attempt: row.ColumnInt(1), Outcome: shown(Outcome(row.ColumnInt(2)), r.live), Code: row.ColumnInt(3),
			At: moment(row, 4), ClientID: clientWord(row.ColumnRawBlob(5)), ID: messageID(row.ColumnRawBlob(6)), Evidence: row.ColumnText(7), Guessed: row.ColumnBool(8),
			Status: Status(row.ColumnInt(9)), StatusAt: moment(row, 10), Charge: credits(row, 11),
		}
		if one.Outcome == Imported {
			one.ClientID = ""
		}
		attempts = append(attempts, one)
	}
	return attempts, nil
}

// messageID spells an apimsgid; "" for zeros, which stand for none.
func messageID(b []byte) string {
	if len(b) != 16 || [16]byte(b) == [16]byte{} {
		return ""
	}
	return hex.EncodeToString(b)
}
