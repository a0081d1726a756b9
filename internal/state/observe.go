package state

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ncruces/go-sqlite3"
)

// Observation is a status of one message, as the gateway pushed it or gave it when it was asked.
type Observation struct {
	ID       [16]byte   // apimsgid; zero where it is not known
	ClientID string     // climsgid of the request; "" where it is not known
	People   Pseudonyms // who has the message, for where the state has no apimsgid; nil where it is not known
	Status   Status
	At       time.Time // when that was so; zero for now
	Charge   int64     // millionths of a credit, where Charged
	Charged  bool
}

// Pseudonyms are the persons that the forms of a number are, by the id of the key.
type Pseudonyms map[string][]Person

// Pseudonyms gives what numbers in E.164 digits are.
func (k *Keys) Pseudonyms(e164 ...string) Pseudonyms {
	p := Pseudonyms{}
	for _, one := range k.ring.keys {
		for _, n := range e164 {
			p[keyID(one.check)] = append(p[keyID(one.check)], person(one.pseudonyms, n))
		}
	}
	return p
}

// Keys makes pseudonyms.
type Keys struct{ ring *keyring }

// ReadKeys gives the keys that a state has by now. It reads as [Read] does.
func ReadKeys(ctx context.Context, s Settings) (_ *Keys, err error) {
	r, err := openReader(ctx, s)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(reading(r.path, err), r.close()) }()
	_, ring, err := r.admit(r.path, s)
	return &Keys{ring}, err
}

// Observed counts observations by what they were good for.
type Observed struct {
	Recorded int // told something new
	Known    int // told nothing new
	Foreign  int // of messages that the state does not know
	Settled  int // of those recorded: people whose send is accepted since, who were in doubt or unconfirmed, say
}

// Add adds others.
func (o *Observed) Add(more Observed) {
	o.Recorded += more.Recorded
	o.Known += more.Known
	o.Foreign += more.Foreign
	o.Settled += more.Settled
}

// Observe records statuses, all of them in one transaction. In whatever order they come and however often, the state is the same
// afterwards: of each message it keeps the status that says most, when that was so first, and the highest charge that was named with it.
// A status proves that the gateway has the message: whoever was in doubt, unconfirmed, or not sent to by what was known, is
// accepted. It never leads to another send.
func (s *State) Observe(ctx context.Context, list []Observation) (seen Observed, err error) {
	err = s.writer.alone(ctx, func(t *transaction) error {
		seen = Observed{}
		o := observer{transaction: t, carriers: map[int64]*carrier{}}
		if err := o.scan(list); err != nil {
			return err
		}
		for i := range list {
			if err := o.observe(&list[i], &seen); err != nil {
				return err
			}
		}
		if seen.Recorded > 0 {
			t.record("observe", fmt.Sprintf("%d statuses", seen.Recorded), seen.Recorded, seen.Settled)
		}
		return nil
	})
	return seen, err
}

// observer is a transaction that takes observations.
type observer struct {
	*transaction
	carriers map[int64]*carrier // by request
	found    map[[16]byte]int64 // requests of the apimsgids that were looked for without a climsgid
}

// carrier is a request that carried messages.
type carrier struct {
	request
	roster []Person
	ids    []byte // packed apimsgids; nil for none
	key    string // id of the key of its people
}

// scan looks for the requests of messages that no climsgid leads to, in one pass: there is no index of apimsgids.
func (o *observer) scan(list []Observation) error {
	wanted := map[[16]byte]bool{}
	for i := range list {
		if list[i].ID == [16]byte{} {
			continue
		}
		request, err := o.client(list[i].ClientID)
		if err != nil {
			return err
		}
		if request == 0 {
			wanted[list[i].ID] = true
		}
	}
	o.found = map[[16]byte]int64{}
	if len(wanted) == 0 {
		return nil
	}
	for r, err := range o.rows("SELECT id, apimsgids FROM request WHERE apimsgids IS NOT NULL") {
		if err != nil {
			return err
		}
		for id := range slices.Chunk(r.ColumnRawBlob(1), len(Person{})) {
			if len(id) == len(Person{}) && wanted[[16]byte(id)] {
				o.found[[16]byte(id)] = r.ColumnInt64(0)
			}
		}
	}
	return nil
}

// client gives the request with a climsgid; 0 for none.
func (o *observer) client(id string) (request int64, err error) {
	packed, err := clientAlphabet.DecodeString(strings.ToLower(id))
	if err != nil || len(packed) != len([20]byte{}) {
		return 0, nil
	}
	_, err = o.row(func(r *sqlite3.Stmt) { request = r.ColumnInt64(0) }, "SELECT request FROM client WHERE climsgid = ?", packed)
	return request, err
}

// carrier gives a request as it is by now.
func (o *observer) carrier(id int64) (*carrier, error) {
	if c := o.carriers[id]; c != nil {
		return c, nil
	}
	q, err := o.request(RequestID(id))
	if err != nil {
		return nil, err
	}
	c := &carrier{request: q}
	if c.roster, err = o.roster(q); err != nil {
		return nil, err
	}
	if _, err := o.row(func(r *sqlite3.Stmt) { c.ids, c.key = r.ColumnBlob(0, nil), keyID(r.ColumnRawBlob(1)) },
		"SELECT r.apimsgids, k.key_check FROM request r JOIN message m ON m.id = r.message JOIN person_key k ON k.id = m.key_id WHERE r.id = ?", id); err != nil {
		return nil, err
	}
	o.carriers[id] = c
	return c, nil
}

// find gives the request and the position in it that an observation is about; nil where the state does not know the message.
func (o *observer) find(one *Observation) (*carrier, int, error) {
	id, err := o.client(one.ClientID)
	if err != nil {
		return nil, 0, err
	}
	if id == 0 {
		id = o.found[one.ID]
	}
	if id == 0 {
		return nil, 0, nil
	}
	c, err := o.carrier(id)
	if err != nil {
		return nil, 0, err
	}
	if one.ID != [16]byte{} {
		for i := range c.roster {
			if bytes.Equal(c.id(i), one.ID[:]) {
				return c, i, nil
			}
		}
	}
	if one.People == nil && c.people == 1 {
		return c, 0, nil
	}
	at := slices.IndexFunc(c.roster, func(p Person) bool { return slices.Contains(one.People[c.key], p) })
	if at < 0 {
		c = nil
	}
	return c, at, nil
}

// id gives the apimsgid at a position; nil for none.
func (c *carrier) id(i int) []byte {
	if len(c.ids) < (i+1)*16 {
		return nil
	}
	return c.ids[i*16:][:16]
}

func (o *observer) observe(one *Observation, seen *Observed) error {
	if !one.Status.Proves() {
		seen.Known++
		return nil
	}
	c, i, err := o.find(one)
	if err != nil {
		return err
	}
	if c == nil {
		seen.Foreign++
		return nil
	}
	p := c.roster[i]
	at, err := o.send(c.request, p)
	if err != nil {
		return err
	}
	settled, reached, err := o.prove(c.request, p, at, one.Status)
	if err != nil {
		return err
	}
	news := settled
	if reached {
		said, err := o.merge(c.request, p, one)
		if err != nil {
			return err
		}
		identified, err := o.identify(c, i, one.ID)
		if err != nil {
			return err
		}
		news = news || said || identified
	}
	if !news {
		seen.Known++
		return nil
	}
	seen.Recorded++
	if settled {
		seen.Settled++
		if err := o.explain(c); err != nil {
			return err
		}
	}
	charge := int64(-1)
	if one.Charged {
		charge = one.Charge
	}
	writeFields(o.sum, c.request.id, i, int(one.Status), o.moment(one), charge, one.ID[:])
	return nil
}

// moment is when a status was so. Microseconds are what the state keeps.
func (o *observer) moment(one *Observation) time.Time {
	if one.At.IsZero() {
		return o.at
	}
	return one.At.UTC().Truncate(time.Microsecond)
}

// prove makes a send accepted that a status is about, unless more is known of it. reached says that the status is one of a message
// that the person has, or would have.
func (o *observer) prove(q request, p Person, at send, status Status) (settled, reached bool, err error) {
	if at.request != q.id {
		// A later request has taken the person over.
		withdrawn := Refused // which the list has already
		if status.left() {
			withdrawn = Cancelled // it was not, whatever the gateway said
		}
		former, err := o.exec("UPDATE attempt SET outcome = ?1, code = 0 WHERE message = ?2 AND revision = ?3 AND person = ?4 AND request = ?5 AND outcome IN (?6, ?7, ?8, ?9, ?10)",
			int(Accepted), q.message, q.revision, p[:], q.id, int(InDoubt), int(Unconfirmed), int(Unsent), int(Refused), int(withdrawn))
		if err != nil {
			return false, false, err
		}
		settled = former > 0
		reached, err := o.row(noColumns, "SELECT 1 FROM attempt WHERE message = ? AND revision = ? AND person = ? AND request = ? AND outcome = ?",
			q.message, q.revision, p[:], q.id, int(Accepted))
		if err != nil || !reached || at.outcome == UnderWay {
			return settled, false, err
		}
	}
	switch at.outcome {
	case Imported: // nothing was sent, by all that is known
		return settled, false, nil
	case Planned:
		if at.request == q.id { // likewise
			return settled, false, nil
		}
		// The run of the later request may be gone; whoever was reached is not to be sent to when that request is released.
	case UnderWay, InDoubt, Unconfirmed, Unsent, Refused:
	case Cancelled:
		if at.request == q.id && !status.left() {
			return settled, true, nil
		}
	default:
		return settled, true, nil
	}
	_, err = o.exec("UPDATE send SET outcome = ?, code = 0 WHERE message = ? AND revision = ? AND person = ?", int(Accepted), q.message, q.revision, p[:])
	return true, true, err
}

// merge records what is new of a status.
func (o *observer) merge(q request, p Person, one *Observation) (news bool, err error) {
	var status Status
	var at time.Time
	charge := int64(-1)
	if _, err := o.row(func(r *sqlite3.Stmt) {
		status, at = Status(r.ColumnInt(0)), moment(r, 1)
		if r.ColumnType(2) != sqlite3.NULL {
			charge = r.ColumnInt64(2)
		}
	}, "SELECT status, status_at, charge FROM send WHERE message = ? AND revision = ? AND person = ?", q.message, q.revision, p[:]); err != nil {
		return false, err
	}
	switch {
	case status == one.Status:
		if then := o.moment(one); then.Before(at) {
			at, news = then, true
		}
	case one.Status.beyond(status):
		status, at, charge, news = one.Status, o.moment(one), -1, true
	default:
		return false, nil
	}
	if one.Charged && one.Charge > charge {
		charge, news = one.Charge, true
	}
	if !news {
		return false, nil
	}
	var charged any
	if charge >= 0 {
		charged = charge
	}
	_, err = o.exec("UPDATE send SET status = ?, status_at = ?, charge = ? WHERE message = ? AND revision = ? AND person = ?",
		int(status), at, charged, q.message, q.revision, p[:])
	return true, err
}

// identify notes the apimsgid of a message whose own answer was lost.
func (o *observer) identify(c *carrier, i int, id [16]byte) (news bool, err error) {
	if id == [16]byte{} || len(bytes.Trim(c.id(i), "\x00")) > 0 {
		return false, nil
	}
	if c.ids == nil {
		c.ids = make([]byte, 16*len(c.roster))
	}
	copy(c.id(i), id[:])
	_, err = o.exec("UPDATE request SET apimsgids = ? WHERE id = ?", c.ids, c.request.id)
	return true, err
}

// explain adds to the evidence of a request that the gateway's statuses have settled people of it. It names nobody, and stands there
// once.
func (o *observer) explain(c *carrier) error {
	const why = "accepted, by what the gateway says of its messages"
	if strings.Contains(c.evidence, why) {
		return nil
	}
	if c.evidence != "" {
		c.evidence += "; "
	}
	c.evidence += why
	_, err := o.exec("UPDATE request SET settled_at = ?, evidence = ? WHERE id = ?", o.at, c.evidence, c.request.id)
	return err
}
