package state

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// laws hold in every state. Each query gives the ids of what breaks one.
var laws = []struct{ broken, query string }{
	{"request %s: its roster does not name as many people as it has",
		"SELECT r.id FROM request r LEFT JOIN roster o ON o.request = r.id WHERE coalesce(length(o.people), 0) != 16 * r.people"},
	{"request %s: its apimsgids are not as many as its people",
		"SELECT id FROM request WHERE length(apimsgids) != 16 * people"},
	{"request %s: its climsgid leads to another request, or to none",
		"SELECT r.id FROM request r LEFT JOIN client c ON c.climsgid = r.climsgid WHERE c.request IS NOT r.id"},
	{"request %s: sends and former attempts are not as many as its people",
		"SELECT r.id FROM request r" +
			" LEFT JOIN (SELECT request, count(*) AS n FROM send GROUP BY request) s ON s.request = r.id" +
			" LEFT JOIN (SELECT request, count(*) AS n FROM attempt GROUP BY request) a ON a.request = r.id" +
			" WHERE coalesce(s.n, 0) + coalesce(a.n, 0) != r.people"},
	{"request %s: it has a send of another message or revision",
		"SELECT DISTINCT r.id FROM send s JOIN request r ON r.id = s.request WHERE r.message != s.message OR r.revision != s.revision"},
	{"request %s: it is under way or settled, and has no intent",
		"SELECT id FROM request WHERE intent_at IS NULL AND outcome NOT IN (0, 5, 8)"},
	{"message %s: no name leads to it",
		"SELECT id FROM message m WHERE joined IS NULL AND NOT EXISTS (SELECT 1 FROM name n WHERE n.message = m.id)"},
	{"message %s: it is part of another one's ledger, and has names or parts of its own",
		"SELECT id FROM message m WHERE joined IS NOT NULL AND" +
			" (EXISTS (SELECT 1 FROM name n WHERE n.message = m.id) OR EXISTS (SELECT 1 FROM message p WHERE p.joined = m.id))"},
	{"request %s: it was claimed under the name of another message",
		"SELECT r.id FROM request r JOIN message m ON m.id = r.message LEFT JOIN name n ON n.id = r.name" +
			" WHERE coalesce(n.message, 0) != coalesce(m.joined, m.id) OR n.namespace != 'address'"},
}

// findingLimit is the largest number of findings of one kind that are listed.
const findingLimit = 10

// NotAdmitted says of a state that was looked at whole what [Open] would object to. That is no damage: the state may be a copy, rolled
// back, another one than the configuration's, or not adopted yet.
type NotAdmitted struct{ Mismatch *MismatchError }

func (e *NotAdmitted) Error() string { return e.Mismatch.Error() }

func (e *NotAdmitted) Unwrap() error { return e.Mismatch }

// Verify looks for damage: it recomputes the chain of events from the digests that are kept, counts requests against
// sends, and lets SQLite check the file and its references. It takes no lock. No findings is good. It looks at a state that
// Open would not admit too: then the error is a [*NotAdmitted], beside the findings.
func Verify(ctx context.Context, s Settings) (findings []string, err error) {
	r, err := openReader(ctx, s)
	if found := findingOf(err); found != "" {
		return []string{found}, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(reading(r.path, err), r.close()) }()

	var mismatch *MismatchError
	if _, _, err := r.admit(r.path, s); err != nil && !errors.As(reading(r.path, err), &mismatch) {
		return nil, err
	}
	for _, look := range []func() ([]string, error){r.quickCheck, r.brokenLinks, r.brokenLaws, r.brokenRosters, r.brokenChain} {
		found, err := look()
		findings = append(findings, found...)
		if unreadable := findingOf(reading(r.path, err)); unreadable != "" {
			return append(findings, unreadable), nil
		}
		if err != nil {
			return nil, err
		}
	}
	if mismatch != nil {
		return findings, &NotAdmitted{mismatch}
	}
	return findings, nil
}

// findingOf words an error as a finding where it is damage.
func findingOf(err error) string {
	if d := (damage{}); errors.As(err, &d) {
		return "it " + d.Problem
	}
	return ""
}

func (d *database) brokenLinks() (findings []string, err error) {
	for r, err := range d.rows("SELECT \"table\", parent, count(*) FROM pragma_foreign_key_check GROUP BY 1, 2") {
		if err != nil {
			return nil, err
		}
		findings = append(findings, fmt.Sprintf("%s: rows that point at a %s that is not there: %d", r.ColumnText(0), r.ColumnText(1), r.ColumnInt(2)))
	}
	return findings, nil
}

func (d *database) brokenLaws() (findings []string, err error) {
	for _, law := range laws {
		for r, err := range d.rows(fmt.Sprintf("%s LIMIT %d", law.query, findingLimit)) {
			if err != nil {
				return nil, err
			}
			findings = append(findings, fmt.Sprintf(law.broken, r.ColumnText(0)))
		}
	}
	return findings, nil
}

// brokenRosters holds the people that each request names against those whose sends and former attempts are of it. Sums of
// pseudonyms are compared, not sets: a state may have a million requests.
func (d *database) brokenRosters() (findings []string, err error) {
	type sum [2]uint64
	half := binary.BigEndian.Uint64
	sums := map[int64]sum{}
	for r, err := range d.rows("SELECT request, person FROM send UNION ALL SELECT request, person FROM attempt") {
		if err != nil {
			return nil, err
		}
		id, p := r.ColumnInt64(0), r.ColumnRawBlob(1)
		if s := sums[id]; len(p) == len(Person{}) {
			sums[id] = sum{s[0] + half(p), s[1] + half(p[8:])}
		}
	}
	for r, err := range d.rows("SELECT request, people FROM roster ORDER BY request") {
		if err != nil {
			return nil, err
		}
		id := r.ColumnInt64(0)
		s := sums[id]
		for p := range slices.Chunk(r.ColumnRawBlob(1), len(Person{})) {
			if len(p) == len(Person{}) {
				s = sum{s[0] - half(p), s[1] - half(p[8:])}
			}
		}
		if s != (sum{}) && len(findings) < findingLimit {
			findings = append(findings, fmt.Sprintf("request %d: its sends and former attempts are not those of the people it names", id))
		}
	}
	return findings, nil
}

// brokenChain follows the chain from the first event to the first that does not fit.
func (d *database) brokenChain() ([]string, error) {
	var previous Head
	var serial int64
	for r, err := range d.rows("SELECT serial, head, digest, kind, subject, at FROM event ORDER BY serial") {
		if err != nil {
			return nil, err
		}
		e := event{serial: r.ColumnInt64(0), kind: r.ColumnText(3), subject: r.ColumnText(4), at: moment(r, 5)}
		if serial++; e.serial != serial {
			return []string{fmt.Sprintf("chain: event %d is missing", serial)}, nil
		}
		copy(e.digest[:], r.ColumnRawBlob(2)) // in a damaged file they may be of any length
		if previous = e.after(previous); !bytes.Equal(previous[:], r.ColumnRawBlob(1)) {
			return []string{fmt.Sprintf("chain: event %d does not follow from the one before it", serial)}, nil
		}
	}
	if serial == 0 {
		return []string{"chain: it has no event"}, nil
	}
	return nil, nil
}
