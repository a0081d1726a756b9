package state

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/ncruces/go-sqlite3"
)

// pulledState is the first line of `state pull -format=jsonl`.
type pulledState struct {
	Type          string `json:"type"` // "state"
	Lineage       string `json:"lineage"`
	Serial        int64  `json:"serial"`
	Head          string `json:"head"`
	Kind          Kind   `json:"kind"`
	Epoch         int64  `json:"epoch"`
	PhoneMetadata string `json:"phone_metadata"`
}

// pulledSend is one person's send. Its fields are the columns of CSV too.
type pulledSend struct {
	Type       string `json:"type"` // "send"
	Address    string `json:"address"`
	Revision   int    `json:"revision"`
	Person     string `json:"person"`
	Outcome    string `json:"outcome"`
	Code       int    `json:"code,omitempty"`
	Attempt    int    `json:"attempt"`
	TextDigest string `json:"text_digest"`
	ClientID   string `json:"climsgid"`
	ID         string `json:"apimsgid,omitempty"`
	IntentAt   string `json:"intent_at,omitempty"`
	SettledAt  string `json:"settled_at,omitempty"`
	Status     int    `json:"status,omitempty"`
	StatusAt   string `json:"status_at,omitempty"`
	Charge     string `json:"charge,omitempty"` // in credits
	Key        string `json:"key"`              // id of the key that the person is known under
	Guessed    bool   `json:"climsgid_guessed,omitempty"`
}

var pulledColumns = []string{"address", "revision", "person", "outcome", "code", "attempt", "text_digest", "climsgid", "apimsgid", "intent_at", "settled_at",
	"status", "status_at", "charge", "key", "climsgid_guessed"}

func (p *pulledSend) columns() []string {
	known := func(code int) string {
		if code == 0 {
			return ""
		}
		return strconv.Itoa(code)
	}
	guessed := ""
	if p.Guessed {
		guessed = "true"
	}
	return []string{p.Address, strconv.Itoa(p.Revision), p.Person, p.Outcome, known(p.Code), strconv.Itoa(p.Attempt),
		p.TextDigest, p.ClientID, p.ID, p.IntentAt, p.SettledAt,
		known(p.Status), p.StatusAt, p.Charge, p.Key, guessed}
}

// pulledStop is one person of the stop list.
type pulledStop struct {
	Type   string `json:"type"` // "stop"
	Person string `json:"person"`
	Since  string `json:"since"`
	Code   int    `json:"code"`
	Key    string `json:"key"`
}

const pullSQL = `
SELECT n.name, s.revision, s.person, coalesce(s.outcome, r.outcome), CASE WHEN s.outcome IS NULL THEN r.code ELSE s.code END,
	1 + (SELECT count(*) FROM attempt a WHERE a.message = s.message AND a.revision = s.revision AND a.person = s.person),
	r.text_digest, r.climsgid, substr(r.apimsgids, instr(o.people, s.person), 16), r.intent_at, r.settled_at,
	s.status, s.status_at, s.charge, k.key_check,
	coalesce(s.outcome, r.outcome) = ?1 AND r.run <= (` + lastRecovery + `)
FROM send s JOIN message m ON m.id = s.message JOIN person_key k ON k.id = m.key_id JOIN request r ON r.id = s.request JOIN name n ON n.id = r.name JOIN roster o ON o.request = r.id
ORDER BY n.name, s.revision, s.person, s.message`

// Pull writes the sends of a state by address, revision and person, as JSON Lines (format "jsonl", which has the identity
// of the state and its stop list too) or as CSV ("csv"). Persons are pseudonyms. The same state gives the same bytes. It
// reads as [Read] does.
func Pull(ctx context.Context, s Settings, w io.Writer, format string) (err error) {
	if format != "jsonl" && format != "csv" {
		return fmt.Errorf("format %q: want jsonl or csv", format)
	}
	r, err := openReader(ctx, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	m, _, err := r.admit(r.path, s)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(w)
	if format == "csv" {
		err = r.pullCSV(out)
	} else {
		err = r.pullJSON(out, m)
	}
	if err != nil {
		return err
	}
	return out.Flush()
}

func (r *reader) pullCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	if err := out.Write(pulledColumns); err != nil {
		return err
	}
	err := r.eachSend(func(p *pulledSend) error { return out.Write(p.columns()) })
	out.Flush()
	return errors.Join(err, out.Error())
}

func (r *reader) pullJSON(w io.Writer, m meta) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	serial, head, err := r.last()
	if err != nil {
		return err
	}
	if err := out.Encode(pulledState{"state", m.Lineage, serial, head.String(), m.Kind, m.Epoch, m.PhoneMetadata}); err != nil {
		return err
	}
	if err := r.eachSend(func(p *pulledSend) error { return out.Encode(p) }); err != nil {
		return err
	}
	for row, err := range r.rows("SELECT s.person, s.since, s.code, k.key_check FROM stop s JOIN person_key k ON k.id = s.key_id ORDER BY s.person") {
		if err != nil {
			return err
		}
		if err := out.Encode(pulledStop{"stop", hex.EncodeToString(row.ColumnRawBlob(0)), clock(row, 1), row.ColumnInt(2), keyID(row.ColumnRawBlob(3))}); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) eachSend(write func(*pulledSend) error) error {
	for row, err := range r.rows(pullSQL, int(InDoubt)) {
		if err != nil {
			return err
		}
		one := pulledSend{
			Type: "send", Address: row.ColumnText(0), Revision: row.ColumnInt(1), Person: hex.EncodeToString(row.ColumnRawBlob(2)),
			Outcome: shown(Outcome(row.ColumnInt(3)), r.live).String(), Code: row.ColumnInt(4), Attempt: row.ColumnInt(5),
			TextDigest: hex.EncodeToString(row.ColumnRawBlob(6)), ClientID: clientWord(row.ColumnRawBlob(7)), ID: messageID(row.ColumnRawBlob(8)),
			IntentAt: clock(row, 9), SettledAt: clock(row, 10),
			Status: row.ColumnInt(11), StatusAt: clock(row, 12), Charge: credits(row, 13), Key: keyID(row.ColumnRawBlob(14)), Guessed: row.ColumnBool(15),
		}
		if Outcome(row.ColumnInt(3)) == Imported {
			one.ClientID = ""
		}
		if err := write(&one); err != nil {
			return err
		}
	}
	return nil
}

// credits spells a charge; "" for NULL.
func credits(row *sqlite3.Stmt, column int) string {
	if row.ColumnType(column) == sqlite3.NULL {
		return ""
	}
	millionths := row.ColumnInt64(column)
	return fmt.Sprintf("%d.%06d", millionths/1e6, millionths%1e6)
}

// clock spells a time; "" for NULL.
func clock(row *sqlite3.Stmt, column int) string {
	at := moment(row, column)
	if at.IsZero() {
		return ""
	}
	return at.Format(time.RFC3339Nano)
}
