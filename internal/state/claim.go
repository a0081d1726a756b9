package state

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/ncruces/go-sqlite3"
)

// RequestID names a request in the state.
type RequestID int64

// Claim asks for one request of a plan.
type Claim struct {
	Address    string
	Revision   int
	TextDigest [32]byte
	DeliverAt  time.Time // zero for at once
	Segments   int       // that the text takes; 0 where it is not known, and nor is Receipts then
	Receipts   bool      // whether receipts of handsets are asked for
	People     []Person  // in the order of the request: the [Alias] of each
	Anew       Anew      // whether sends in doubt are taken over
	Retry      Retry     // whose sends that were refused are taken over
	Import     bool      // the people have the message from another tool: their sends are imported from the start; of the rest only the forms count
	// Other forms in which the line of a person is or was written, by index in the order of the request: the [Alias] of each. Who
	// has a send under one of them, or is on the stop list under it, drops out.
	Forms map[int]Alias
}

// Claimed is what a claim got.
type Claimed struct {
	Request  RequestID // 0 where nobody is left
	ClientID string    // climsgid: 32 characters [0-9a-v]
	Dropped  []Drop    // those whom someone else has claimed or sent to, by index
	Anew     []int     // those whose earlier request is in doubt, by index in People: they may get the message twice
}

// Drop is a person whom a claim did not get.
type Drop struct {
	Index   int       // in People
	Stopped bool      // is on the stop list; then the rest is zero
	Outcome Outcome   // of the send that is there; Planned where an earlier one of these claims got the person
	Request RequestID // that the send belongs to; 0 where it is one of these claims
}

// Claim records all requests as planned, in one transaction, after it has taken in the names; nil leaves those as they are. An address that
// has no message key yet gets one. The primary key decides: a person who is there already drops out, unless the earlier send is unsent or
// cancelled, though neither by a command nor by another plan since that of the names was made, or in doubt where the claim's Anew allows it, or refused where its Retry does. Then this claim takes it over as a new attempt, and the former one is kept beside
// it. A person whom a ledger that was joined has drops out too. Whoever is on the stop list drops out. Of two claims for one person the
// earlier gets it. An import, by which nothing is sent, heeds no stop list and takes over whatever is neither accepted nor under way. The results come in the order of the claims. When an error comes back, nothing was claimed. The
// slices of people must not change before Claim returns. It is [ErrTaken] where the run is not going on any more, and
// [*OutdatedError] where the names are others by now.
func (s *State) Claim(ctx context.Context, run RunID, names *Names, claims iter.Seq[Claim]) ([]Claimed, error) {
	b := bulk{run: run, keys: s.keys, names: names, wanted: map[slot][]wanted{}}
	for c := range claims {
		b.add(c)
	}
	err := s.writer.alone(ctx, func(t *transaction) error {
		if err := t.checkClaim(run, names); err != nil {
			return err
		}
		return b.claim(ctx, t)
	})
	if err != nil {
		return nil, err
	}
	return b.results, nil
}

// slot is a message at a revision, by one of its addresses.
type slot struct {
	address  string
	revision int
}

// ledgerSlot is a message at a revision.
type ledgerSlot struct {
	message  MessageID
	revision int
}

// wanted is one person of one claim.
type wanted struct {
	person Person // under the key of the message, once that is known
	claim  uint32
	index  uint32
}

// bulk is a set of claims on their way into the database.
type bulk struct {
	run      RunID
	keys     *keyring
	names    *Names
	claims   []Claim
	wanted   map[slot][]wanted
	results  []Claimed
	stopped  map[Person]bool
	joined   map[MessageID][]joined
	attempts []int          // of each claim: the highest attempt among its people
	recalled map[int64]bool // see foreign; nil until somebody asks
	later    map[RunID]bool // see runsSince; likewise
	base     int64          // the request of claim i is base + i
}

func (b *bulk) add(c Claim) {
	n := uint32(len(b.claims))
	b.claims = append(b.claims, c)
	at := slot{c.Address, c.Revision}
	people := b.people(c)
	list := slices.Grow(b.wanted[at], people)
	for i := range people {
		list = append(list, wanted{claim: n, index: uint32(i)})
	}
	b.wanted[at] = list
}

// people gives the number of people of a claim.
func (b *bulk) people(c Claim) int { return len(c.People) / len(b.keys.keys) }

// alias gives one person of a claim under each key.
func (b *bulk) alias(claim, index uint32) Alias {
	n := uint32(len(b.keys.keys))
	return b.claims[claim].People[index*n:][:n]
}

// contextEvery is how many rows are written between two looks at the context.
const contextEvery = 1 << 12

func (b *bulk) claim(ctx context.Context, t *transaction) error {
	if err := t.going(b.run); err != nil {
		return err
	}
	if _, err := t.row(func(r *sqlite3.Stmt) { b.base = r.ColumnInt64(0) + 1 }, "SELECT coalesce(max(id), 0) FROM request"); err != nil {
		return err
	}
	b.results = make([]Claimed, len(b.claims))
	b.attempts = make([]int, len(b.claims))
	b.stopped = map[Person]bool{}
	for r, err := range t.rows("SELECT person FROM stop") {
		if err != nil {
			return err
		}
		b.stopped[Person(r.ColumnRawBlob(0))] = true
	}
	if err := t.register(b.names, b.keys); err != nil {
		return err
	}
	var err error
	if b.joined, err = t.joined(b.keys); err != nil {
		return err
	}
	ids := map[string]messageRow{}
	byLedger := map[ledgerSlot][]wanted{}
	for _, at := range slices.SortedFunc(maps.Keys(b.wanted), slot.compare) {
		m, err := t.message(at.address, b.keys)
		if err != nil {
			return err
		}
		ids[at.address] = m
		to := ledgerSlot{m.id, at.revision}
		for i := range b.wanted[at] {
			w := &b.wanted[at][i]
			w.person = b.alias(w.claim, w.index)[m.key]
		}
		if byLedger[to] == nil {
			byLedger[to] = b.wanted[at]
		} else {
			byLedger[to] = append(byLedger[to], b.wanted[at]...)
		}
	}
	for _, at := range slices.SortedFunc(maps.Keys(byLedger), ledgerSlot.compare) {
		// In the order of the primary key the rows go to the end of the same few pages: several times faster.
		slices.SortFunc(byLedger[at], func(x, y wanted) int {
			return cmp.Or(bytes.Compare(x.person[:], y.person[:]), cmp.Compare(x.claim, y.claim), cmp.Compare(x.index, y.index))
		})
		if err := b.sends(ctx, t, at.message, at.revision, byLedger[at]); err != nil {
			return err
		}
	}
	return b.requests(ctx, t, ids)
}

func (s slot) compare(o slot) int {
	return cmp.Or(cmp.Compare(s.address, o.address), cmp.Compare(s.revision, o.revision))
}

func (s ledgerSlot) compare(o ledgerSlot) int {
	return cmp.Or(cmp.Compare(s.message, o.message), cmp.Compare(s.revision, o.revision))
}

// sends writes the rows of people, or notes that they drop out.
func (b *bulk) sends(ctx context.Context, t *transaction, message MessageID, revision int, list []wanted) error {
	parts := b.joined[message]
	filled, err := t.filled(message, parts, revision, b.keys)
	if err != nil {
		return err
	}
	insert, err := t.prepare("INSERT INTO send (message, revision, person, request) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", int64(message), revision)
	if err != nil {
		return err
	}
	for i := range list {
		if i%contextEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		w := &list[i]
		got := &b.results[w.claim]
		if forms := b.claims[w.claim].Forms[int(w.index)]; len(forms) > 0 {
			there, has, err := b.otherwise(t, filled, revision, forms, b.claims[w.claim].Import)
			if err != nil {
				return err
			}
			if has {
				there.Index = int(w.index)
				got.Dropped = append(got.Dropped, there)
				continue
			}
		}
		if len(b.stopped) > 0 && !b.claims[w.claim].Import && slices.ContainsFunc(b.alias(w.claim, w.index), func(p Person) bool { return b.stopped[p] }) {
			got.Dropped = append(got.Dropped, Drop{Index: int(w.index), Stopped: true})
			continue
		}
		if there, has, err := b.sentElsewhere(t, parts, revision, b.alias(w.claim, w.index)); err != nil {
			return err
		} else if has {
			there.Index = int(w.index)
			got.Dropped = append(got.Dropped, there)
			continue
		}
		request := b.base + int64(w.claim)
		if err := insert.BindBlob(3, w.person[:]); err != nil {
			return t.fail(err)
		}
		if err := insert.BindInt64(4, request); err != nil {
			return t.fail(err)
		}
		if err := insert.Exec(); err != nil {
			return t.fail(err)
		}
		attempt := 1
		if t.conn.Changes() == 0 {
			var there Drop
			if attempt, there, err = b.takeOver(t, int64(message), revision, w.person, request); err != nil {
				return err
			}
			switch {
			case attempt == 0:
				there.Index = int(w.index)
				got.Dropped = append(got.Dropped, there)
			case there.Outcome == InDoubt && !b.claims[w.claim].Import:
				got.Anew = append(got.Anew, int(w.index))
			}
		}
		b.attempts[w.claim] = max(b.attempts[w.claim], attempt)
	}
	return nil
}

// otherwise looks for a person under other forms of the line, which today's rules of writing numbers would not make: a runner with
// older ones may have sent to it since the plan was made.
func (b *bulk) otherwise(t *transaction, ledgers []joined, revision int, forms Alias, imported bool) (there Drop, found bool, err error) {
	for form := range slices.Chunk(forms, len(b.keys.keys)) {
		if !imported && slices.ContainsFunc(form, func(p Person) bool { return b.stopped[p] }) {
			return Drop{Stopped: true}, true, nil
		}
		if there, found, err = b.sentElsewhere(t, ledgers, revision, form); err != nil || found {
			return there, found, err
		}
	}
	return Drop{}, false, nil
}

// sentElsewhere looks in ledgers of which no claim takes anything over, for a send to somebody: one that is not certainly none.
func (b *bulk) sentElsewhere(t *transaction, parts []joined, revision int, a Alias) (there Drop, found bool, err error) {
	for _, part := range parts {
		has, err := t.row(func(r *sqlite3.Stmt) {
			there = Drop{Request: RequestID(r.ColumnInt64(0)), Outcome: Outcome(r.ColumnInt(1))}
		}, "SELECT s.request, coalesce(s.outcome, r.outcome) FROM send s JOIN request r ON r.id = s.request"+
			" WHERE s.message = ? AND s.revision = ? AND s.person = ?", int64(part.message), revision, a[part.key][:])
		if err != nil {
			return Drop{}, false, err
		}
		if has && there.Outcome == Cancelled {
			if has, err = b.stays(t, there.Request, a[part.key]); err != nil {
				return Drop{}, false, err
			}
		}
		if has && there.Outcome != Unsent {
			return there, true, nil
		}
	}
	return Drop{}, false, nil
}

// Importable reports whether an import takes over a send with the outcome: who has the message from another tool is not sent it
// again, whatever becomes of one that was refused, in doubt or unconfirmed.
func Importable(o Outcome) bool {
	return o == Unsent || o == Cancelled || o == Refused || o == InDoubt || o == Unconfirmed
}

// takeOver moves a send that was not sent, or that is in doubt or refused and may be sent anew, to a new request. It gives the number of
// the new attempt, 0 where the send is not to be had, and what it found.
func (b *bulk) takeOver(t *transaction, message int64, revision int, p Person, request int64) (attempt int, there Drop, err error) {
	// A send that these very claims have made has no request yet.
	about, code := false, 0 // another run is about to send it anew
	found, err := t.row(func(r *sqlite3.Stmt) {
		there.Request, there.Outcome, about, code = RequestID(r.ColumnInt64(0)), Outcome(r.ColumnInt(1)), r.ColumnBool(2), r.ColumnInt(3)
	},
		"SELECT s.request, coalesce(s.outcome, r.outcome), s.outcome IS ?4 AND s.code IS NULL AND r.outcome IN (?5, ?6),"+
			" CASE WHEN s.outcome IS NULL THEN r.code ELSE coalesce(s.code, 0) END FROM send s JOIN request r ON r.id = s.request"+
			" WHERE s.message = ?1 AND s.revision = ?2 AND s.person = ?3", message, revision, p[:], int(InDoubt), int(Planned), int(UnderWay))
	if err != nil || !found || about {
		return 0, there, err
	}
	if there.Outcome == Cancelled && !b.claims[request-b.base].Import {
		if stays, err := b.stays(t, there.Request, p); err != nil || stays {
			return 0, there, err
		}
	}
	var stays any
	switch c := &b.claims[request-b.base]; {
	case there.Outcome == Unsent || there.Outcome == Cancelled:
	case c.Import:
		if !Importable(there.Outcome) {
			return 0, there, nil
		}
	case there.Outcome == InDoubt:
		if due, err := t.due(message, revision, p, c.Anew); err != nil || !due {
			return 0, there, err
		}
		stays = int(InDoubt)
	case there.Outcome == Refused:
		if again, err := b.again(t, c, message, p, there.Request, code); err != nil || !again {
			return 0, there, err
		}
	default:
		return 0, there, nil
	}
	if _, err := t.row(func(r *sqlite3.Stmt) { attempt = r.ColumnInt(0) + 1 },
		"SELECT coalesce(max(attempt), 0) FROM attempt WHERE message = ? AND revision = ? AND person = ?", message, revision, p[:]); err != nil {
		return 0, there, err
	}
	if _, err := t.exec("INSERT INTO attempt (message, revision, person, attempt, request, outcome, code, at)"+
		" SELECT s.message, s.revision, s.person, ?1, s.request,"+
		" CASE WHEN s.outcome = ?6 AND s.code IS NULL AND r.outcome != ?6 THEN ?7 ELSE coalesce(s.outcome, r.outcome) END,"+
		" CASE WHEN s.outcome IS NULL THEN r.code ELSE coalesce(s.code, 0) END, coalesce(r.settled_at, ?2)"+
		" FROM send s JOIN request r ON r.id = s.request WHERE s.message = ?3 AND s.revision = ?4 AND s.person = ?5",
		attempt, t.at, message, revision, p[:], int(InDoubt), int(Unsent)); err != nil {
		return 0, there, err
	}
	n, err := t.exec("UPDATE send SET request = ?, outcome = ?, code = NULL, status = NULL, status_at = NULL, charge = NULL"+
		" WHERE message = ? AND revision = ? AND person = ? AND request = ?", request, stays, message, revision, p[:], int64(there.Request))
	if err == nil && n != 1 {
		err = t.fail(fmt.Errorf("send of request %d is gone", there.Request))
	}
	return attempt + 1, there, err
}

// requests writes a request for each claim that has people left.
func (b *bulk) requests(ctx context.Context, t *transaction, ids map[string]messageRow) error {
	var epoch int64
	var lineage string
	if _, err := t.row(func(r *sqlite3.Stmt) { lineage, epoch = r.ColumnText(0), r.ColumnInt64(1) }, "SELECT lineage, epoch FROM meta"); err != nil {
		return err
	}
	t.record("claim", fmt.Sprintf("run %d", b.run), int64(b.run), len(b.claims))
	var kept []byte
	var clients []clientRow
	for i := range b.claims {
		if i%contextEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		c, got := &b.claims[i], &b.results[i]
		slices.SortFunc(got.Dropped, func(x, y Drop) int { return cmp.Compare(x.Index, y.Index) })
		slices.Sort(got.Anew)
		m, id := ids[c.Address], b.base+int64(i)
		kept = b.appendKept(kept[:0], uint32(i), m.key, got.Dropped)
		if len(kept) == 0 {
			continue
		}
		var receipts, segments any
		if c.Segments > 0 {
			receipts, segments = 0, c.Segments
			if c.Receipts {
				receipts = 1
			}
		}
		client := clientID(lineage, epoch, m.random, c.Revision, kept, b.attempts[i])
		if _, err := t.exec("INSERT INTO request (id, run, message, name, revision, climsgid, attempt, people, text_digest, deliver_at, receipts, segments) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			id, int64(b.run), int64(m.id), m.name, c.Revision, client[:], b.attempts[i], len(kept)/len(Person{}), c.TextDigest[:], c.DeliverAt, receipts, segments); err != nil {
			return err
		}
		if c.Import {
			if err := t.imported(id, len(kept)/len(Person{})); err != nil {
				return err
			}
		}
		if _, err := t.exec("INSERT INTO roster (request, people) VALUES (?, ?)", id, kept); err != nil {
			return err
		}
		got.Request, got.ClientID = RequestID(id), clientWord(client[:])
		clients = append(clients, clientRow{client, id})
		writeFields(t.sum, id, client[:], c.TextDigest[:], micros(c.DeliverAt)) // the client id covers the people
	}
	return t.clients(ctx, clients)
}

// imported gives a request that was never sent its outcome.
func (t *transaction) imported(id int64, people int) error {
	t.record("import", fmt.Sprintf("request %d", id), id, people)
	_, err := t.exec("UPDATE request SET outcome = ?, settled_at = ?, evidence = 'sent by another tool' WHERE id = ?", int(Imported), t.at, id)
	return err
}

// clientRow is a row of client.
type clientRow struct {
	id      [20]byte
	request int64
}

// clients writes the client ids, in order.
func (t *transaction) clients(ctx context.Context, list []clientRow) error {
	slices.SortFunc(list, func(x, y clientRow) int { return bytes.Compare(x.id[:], y.id[:]) })
	for i := range list {
		if i%contextEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if _, err := t.exec("INSERT INTO client (climsgid, request) VALUES (?, ?)", list[i].id[:], list[i].request); err != nil {
			return err
		}
	}
	return nil
}

// appendKept appends the people of a claim, under a key, who did not drop out; dropped is sorted.
func (b *bulk) appendKept(roster []byte, claim uint32, key int, dropped []Drop) []byte {
	for i := range b.people(b.claims[claim]) {
		if len(dropped) > 0 && dropped[0].Index == i {
			dropped = dropped[1:]
			continue
		}
		p := b.alias(claim, uint32(i))[key]
		roster = append(roster, p[:]...)
	}
	return roster
}

// clientID gives the climsgid of a request: another one for each attempt, for the attempt of at least one of its people
// is higher each time.
func clientID(lineage string, epoch int64, key []byte, revision int, roster []byte, attempt int) [20]byte {
	h := sha256.New()
	writeFields(h, "climsgid", lineage, epoch, key, revision, roster, attempt)
	return [20]byte(h.Sum(nil))
}

var clientAlphabet = base32.NewEncoding("0123456789abcdefghijklmnopqrstuv").WithPadding(base32.NoPadding)

// clientWord spells a climsgid.
func clientWord(id []byte) string { return clientAlphabet.EncodeToString(id) }
