package state

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ncruces/go-sqlite3"
)

// Awaited is a message that the gateway has taken and of which there is more to learn.
type Awaited struct {
	ID       [16]byte // apimsgid; zero for none, and then ClientID names it alone
	ClientID string   // climsgid of its request
	Address  string
	Account  string // fingerprint of the account that it went through
	Age      time.Duration
	Status   Status
	Final    bool // only the charge is not known
}

// Name gives the id that names the message in questions.
func (a *Awaited) Name() string {
	if a.ID == [16]byte{} {
		return a.ClientID
	}
	return hex.EncodeToString(a.ID[:])
}

// ChargeMemory is how long the gateway can be asked what a message cost (gateway specification, section 10).
const ChargeMemory = 15 * 24 * time.Hour

// Awaiting is what there is to ask the gateway about.
type Awaiting struct {
	List   []Awaited // those that can be asked about now, at most [mostAwaited]: not final ones first, and of these the newest
	Open   int       // messages that are not final, and that the gateway remembers
	Unpaid int       // messages that are final, and whose charge it remembers and is not known
}

// mostAwaited bounds what is listed of millions of messages. Nobody asks about so many.
const mostAwaited = 100_000

// awaitedSQL finds what can be asked about at a time (?1): what has an id of its own as long as its charge is remembered (?2),
// the rest, known by the climsgid of its request alone, as long as its status is (?3). The sends are those with the outcome ?4.
var awaitedSQL = `
SELECT s.request, s.person, coalesce(s.status, 0), (SELECT name FROM name WHERE id = r.name), run.account, r.climsgid,
	?1 - max(r.intent_at, coalesce(r.deliver_at, 0)) AS age, s.status IN (` + finals() + `) OR s.status = 3 AND r.receipts = 0 AS final
FROM send s JOIN request r ON r.id = s.request JOIN run ON run.id = r.run
WHERE coalesce(s.outcome, r.outcome) = ?4 AND r.intent_at IS NOT NULL AND NOT coalesce((s.status IN (` + finals() + `) OR s.status = 3 AND r.receipts = 0) AND s.charge IS NOT NULL, 0)
	AND max(r.intent_at, coalesce(r.deliver_at, 0)) > ?1 - CASE WHEN r.apimsgids IS NOT NULL THEN ?2 WHEN r.people = 1 THEN ?3 ELSE 0 END
ORDER BY coalesce(final, 0), s.request DESC`

// finals lists the final statuses for SQL.
func finals() string {
	var list []string
	for s := range furthest {
		if s.Final() {
			list = append(list, fmt.Sprint(uint16(s)))
		}
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}

// Await lists what there is to ask about, of the messages at the addresses, or of all where none is given. It reads as [Read]
// does.
func Await(ctx context.Context, s Settings, now time.Time, addresses ...string) (a Awaiting, err error) {
	r, err := openReader(ctx, s)
	if err != nil {
		return a, err
	}
	defer func() { err = errors.Join(reading(r.path, err), r.close()) }()
	if _, _, err := r.admit(r.path, s); err != nil {
		return a, err
	}
	type place struct {
		request int64
		person  Person
	}
	var places []place
	for row, err := range r.rows(awaitedSQL, now, ChargeMemory.Microseconds(), Memory.Microseconds(), int(Accepted)) {
		if err != nil {
			return a, err
		}
		one := Awaited{Status: Status(row.ColumnInt(2)), Address: row.ColumnText(3), Account: row.ColumnText(4), ClientID: clientWord(row.ColumnRawBlob(5)),
			Age: time.Duration(row.ColumnInt64(6)) * time.Microsecond, Final: row.ColumnBool(7)}
		if len(addresses) > 0 && !slices.Contains(addresses, one.Address) {
			continue
		}
		if one.Final {
			a.Unpaid++
		} else {
			a.Open++
		}
		if one.Age < 0 && one.Status == statusScheduled || len(a.List) == mostAwaited {
			continue // until its time has come there is nothing new of it
		}
		places = append(places, place{row.ColumnInt64(0), Person(row.ColumnRawBlob(1))})
		a.List = append(a.List, one)
	}
	var q int64
	var roster []Person
	var ids []byte
	known := a.List[:0]
	for i, at := range places {
		if at.request != q {
			q = at.request
			if _, err := r.row(func(row *sqlite3.Stmt) { roster, ids = unpack(row.ColumnRawBlob(0)), row.ColumnBlob(1, nil) },
				"SELECT o.people, r.apimsgids FROM roster o JOIN request r ON r.id = o.request WHERE r.id = ?", q); err != nil {
				return a, err
			}
		}
		one := a.List[i]
		if p := slices.Index(roster, at.person); p >= 0 && len(ids) >= 16*(p+1) {
			one.ID = [16]byte(ids[16*p:])
		}
		if one.ID == [16]byte{} && (len(roster) > 1 || one.Final || one.Age > Memory) {
			if one.Final {
				a.Unpaid--
			} else {
				a.Open--
			}
			continue // no question names it
		}
		known = append(known, one)
	}
	a.List = known
	return a, nil
}
