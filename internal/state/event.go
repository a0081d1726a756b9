package state

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"slices"
	"strings"
	"time"

	"github.com/ncruces/go-sqlite3"
)

// Head is the digest at the end of the chain of events.
type Head [32]byte

func (h Head) String() string { return hex.EncodeToString(h[:]) }

// Identity is what a snapshot, an anchor and a saved plan remember of a state.
type Identity struct {
	Lineage string // 32 hexadecimal digits, made at creation
	Serial  int64  // number of the last event
	Head    Head   // its digest
}

// String gives SERIAL:HEAD, as -expect-head takes it.
func (i Identity) String() string { return fmt.Sprintf("%d:%s", i.Serial, i.Head) }

// event is one transaction in the chain.
type event struct {
	serial        int64
	digest        [32]byte // of what the transaction did
	kind, subject string
	at            time.Time
}

// after gives the head that the event makes of the head before it.
func (e event) after(previous Head) Head {
	h := sha256.New()
	h.Write(previous[:])
	writeFields(h, e.serial, e.digest[:], e.kind, e.subject, e.at)
	return Head(h.Sum(nil))
}

// writeFields writes values so that different lists of values are different bytes.
func writeFields(h hash.Hash, fields ...any) {
	var b [9]byte
	number := func(kind byte, n int64) {
		b[0] = kind
		binary.BigEndian.PutUint64(b[1:], uint64(n))
		h.Write(b[:])
	}
	for _, f := range fields {
		switch v := f.(type) {
		case int:
			number('n', int64(v))
		case int64:
			number('n', v)
		case time.Time:
			number('t', v.UnixMicro())
		case string:
			number('s', int64(len(v)))
			h.Write([]byte(v))
		case []byte:
			number('b', int64(len(v)))
			h.Write(v)
		default:
			panic(fmt.Sprintf("state: cannot digest a %T", f))
		}
	}
}

// transaction is one transaction of the writer, and what it has done so far.
type transaction struct {
	*database
	at       time.Time
	sum      hash.Hash
	kinds    []string
	subjects []string
}

func newTransaction(d *database) *transaction {
	// The database keeps microseconds, and the head covers what it keeps.
	return &transaction{database: d, at: time.Now().UTC().Truncate(time.Microsecond), sum: sha256.New()}
}

// record notes that the transaction has done something; fields are the particulars, for the digest.
func (t *transaction) record(kind, subject string, fields ...any) {
	if !slices.Contains(t.kinds, kind) {
		t.kinds = append(t.kinds, kind)
	}
	t.subjects = append(t.subjects, subject)
	writeFields(t.sum, kind, subject)
	writeFields(t.sum, fields...)
}

// transact runs do in a transaction, with an event where it has recorded something, and gives the new end of the chain.
func (d *database) transact(do func(*transaction) error) (serial int64, head Head, err error) {
	if err := d.begin(); err != nil {
		return 0, Head{}, err
	}
	t := newTransaction(d)
	err = do(t)
	if err == nil && len(t.kinds) > 0 {
		serial, head, err = t.end()
		if err == nil {
			_, err = d.exec("COMMIT")
			return serial, head, err
		}
	}
	// After an error of the medium the connection is not used again, whether or not this works.
	if _, rollback := d.exec("ROLLBACK"); err == nil {
		err = rollback
	}
	return 0, Head{}, err
}

// ErrBusy says that another process kept the database to itself for as long as this one waited.
var ErrBusy = errors.New("another process writes to it and does not let others in; wait until that has ended, then run the command again")

// begin begins a transaction that writes. Where another process has kept the database busy, nothing has happened yet, and
// the database can be used again.
func (d *database) begin() error {
	s, err := d.prepare("BEGIN IMMEDIATE")
	if err != nil {
		return err
	}
	err = s.Exec()
	if errors.Is(err, sqlite3.BUSY) {
		return fmt.Errorf("state %s: %w", d.path, ErrBusy)
	}
	if err != nil {
		return d.fail(err)
	}
	return nil
}

// end writes the event of the transaction and gives the new end of the chain.
func (t *transaction) end() (serial int64, head Head, err error) {
	serial, head, err = t.last()
	if err != nil {
		return 0, Head{}, err
	}
	e := event{serial: serial + 1, digest: [32]byte(t.sum.Sum(nil)), at: t.at}
	slices.Sort(t.kinds)
	e.kind = strings.Join(t.kinds, "+")
	e.subject = t.subjects[0]
	if n := len(t.subjects); n > 1 {
		e.subject = fmt.Sprintf("%d operations", n)
	}
	head = e.after(head)
	_, err = t.exec("INSERT INTO event (serial, head, digest, kind, subject, at) VALUES (?, ?, ?, ?, ?, ?)",
		e.serial, head[:], e.digest[:], e.kind, e.subject, e.at)
	return e.serial, head, err
}

// last gives the end of the chain; zeros for an empty one.
func (d *database) last() (serial int64, head Head, err error) {
	_, err = d.row(func(r *sqlite3.Stmt) {
		serial = r.ColumnInt64(0)
		copy(head[:], r.ColumnRawBlob(1))
	}, "SELECT serial, head FROM event ORDER BY serial DESC LIMIT 1")
	return serial, head, err
}
