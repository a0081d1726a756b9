package state

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"slices"
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
const mostAwaited = 10_000

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
	requests, err := r.carriages()
	if err != nil {
		return a, err
	}
	var found []sought
	for row, err := range r.rows(acceptedSQL) {
		if err != nil {
			return a, err
		}
		c := requests[row.ColumnInt64(0)]
		if c == nil || !c.begun || !accepted(row, c) || len(addresses) > 0 && !slices.Contains(addresses, c.at.address) {
			continue
		}
		status := Status(row.ColumnInt(2))
		one := sought{request: row.ColumnInt64(0), status: status, final: c.final(status)}
		age := now.Sub(c.sent)
		if one.final && row.ColumnType(3) != sqlite3.NULL || age >= ChargeMemory || !c.identified && (c.people > 1 || one.final || age >= Memory) {
			continue
		}
		if one.final {
			a.Unpaid++
		} else {
			a.Open++
		}
		if age < 0 && status == statusScheduled {
			continue // until its time has come there is nothing new of it
		}
		one.person = Person(row.ColumnRawBlob(4))
		if found = append(found, one); len(found) == 2*mostAwaited {
			found = newest(found)
		}
	}
	err = r.identify(&a, newest(found), requests, now)
	return a, err
}

// sought is a message to be asked about.
type sought struct {
	request int64
	person  Person
	status  Status
	final   bool
}

// newest gives those that are to be listed: not final ones first, and of these the newest.
func newest(list []sought) []sought {
	slices.SortFunc(list, func(x, y sought) int {
		if x.final != y.final {
			if x.final {
				return 1
			}
			return -1
		}
		return cmp.Or(cmp.Compare(y.request, x.request), comparePeople(x.person, y.person))
	})
	return list[:min(len(list), mostAwaited)]
}

// identify lists messages by what they are asked about with. What no question names is not open.
func (r *reader) identify(a *Awaiting, list []sought, requests map[int64]*carriage, now time.Time) error {
	var q int64
	var roster []Person
	var ids []byte
	for _, at := range list {
		c := requests[at.request]
		if at.request != q {
			q = at.request
			if _, err := r.row(func(row *sqlite3.Stmt) { roster, ids = unpack(row.ColumnRawBlob(0)), row.ColumnBlob(1, nil) },
				"SELECT o.people, r.apimsgids FROM roster o JOIN request r ON r.id = o.request WHERE r.id = ?", q); err != nil {
				return err
			}
		}
		one := Awaited{ClientID: c.client, Address: c.at.address, Account: c.account, Age: now.Sub(c.sent), Status: at.status, Final: at.final}
		if p := slices.Index(roster, at.person); p >= 0 && len(ids) >= 16*(p+1) {
			one.ID = [16]byte(ids[16*p:])
		}
		if one.ID == [16]byte{} && (len(roster) > 1 || one.Final || one.Age >= Memory) {
			if one.Final {
				a.Unpaid--
			} else {
				a.Open--
			}
			continue
		}
		a.List = append(a.List, one)
	}
	return nil
}
