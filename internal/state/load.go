package state

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/ncruces/go-sqlite3"
)

// Snapshot gives what planning needs to know.
func (s *State) Snapshot(ctx context.Context) (snap *Snapshot, err error) {
	err = s.writer.alone(ctx, func(t *transaction) error {
		snap, err = t.load(ctx, true, s.keys)
		return err
	})
	return snap, err
}

// loader reads the sends of a state into columns.
type loader struct {
	*database
	live     bool            // whether a run may be going on
	requests []loadedRequest // by id
	digests  [][32]byte
	known    map[[32]byte]uint32 // indexes in digests
}

// loadedRequest is what its people share.
type loadedRequest struct {
	outcome Outcome
	code    uint16
	text    uint32
}

// load reads a snapshot in the transaction that is open.
func (d *database) load(ctx context.Context, live bool, keys *keyring) (*Snapshot, error) {
	m, err := d.meta()
	if err != nil {
		return nil, err
	}
	s := &Snapshot{Kind: m.Kind, Epoch: m.Epoch, PhoneMetadata: m.PhoneMetadata, keys: keys, ledgers: map[slot]*Ledger{}}
	s.Lineage = m.Lineage
	if s.Serial, s.Head, err = d.last(); err != nil {
		return nil, err
	}
	for r, err := range d.rows("SELECT person FROM stop ORDER BY person") {
		if err != nil {
			return nil, err
		}
		s.stopped = append(s.stopped, Person(r.ColumnRawBlob(0)))
	}
	l := &loader{database: d, live: live, known: map[[32]byte]uint32{}}
	if err := l.readRequests(); err != nil {
		return nil, err
	}
	return s, l.readLedgers(ctx, s)
}

func (l *loader) readRequests() error {
	for r, err := range l.rows("SELECT id, outcome, code, text_digest FROM request ORDER BY id") {
		if err != nil {
			return err
		}
		id, digest := r.ColumnInt(0), [32]byte(r.ColumnRawBlob(3))
		text, ok := l.known[digest]
		if !ok {
			text = uint32(len(l.digests))
			l.digests = append(l.digests, digest)
			l.known[digest] = text
		}
		for len(l.requests) <= id {
			l.requests = append(l.requests, loadedRequest{}) // claims that got nobody leave gaps
		}
		l.requests[id] = loadedRequest{shown(Outcome(r.ColumnInt(1)), l.live), narrow(r.ColumnInt64(2)), text}
	}
	l.known = nil
	return nil
}

// shown gives an outcome as readers are told of it: when no run can be going on, what was open has ended as the next
// holder of the lock will record it.
func shown(o Outcome, live bool) Outcome {
	switch {
	case live:
	case o == Planned:
		return Unsent
	case o == UnderWay:
		return InDoubt
	}
	return o
}

// narrow fits a code of the gateway, which has three digits, into a column.
func narrow(code int64) uint16 { return uint16(min(max(code, 0), math.MaxUint16)) }

// readLedgers reads the sends of each message at each revision, under every address that names it.
func (l *loader) readLedgers(ctx context.Context, s *Snapshot) error {
	type group struct {
		message, revision int64
		most              int // people of its requests: there are at most so many sends
	}
	var groups []group
	for r, err := range l.rows("SELECT message, revision, sum(people) FROM request GROUP BY message, revision") {
		if err != nil {
			return err
		}
		groups = append(groups, group{r.ColumnInt64(0), r.ColumnInt64(1), r.ColumnInt(2)})
	}
	checks := map[int64][]byte{} // of messages
	for r, err := range l.rows("SELECT m.id, k.key_check FROM message m JOIN person_key k ON k.id = m.key_id") {
		if err != nil {
			return err
		}
		checks[r.ColumnInt64(0)] = r.ColumnBlob(1, nil)
	}
	byMessage := map[int64][]*Ledger{}
	revisions := map[*Ledger]int{}
	for _, g := range groups {
		ledger, err := l.readLedger(ctx, g.message, g.revision, g.most)
		if err != nil {
			return err
		}
		if len(ledger.people) == 0 {
			continue
		}
		ledger.keyCheck = checks[g.message]
		if s.keys != nil {
			ledger.key = s.keys.index(ledger.keyCheck)
		}
		byMessage[g.message] = append(byMessage[g.message], ledger)
		revisions[ledger] = int(g.revision)
	}
	s.seen = map[string]time.Time{}
	for r, err := range l.rows("SELECT n.name, n.message, m.first_seen FROM name n JOIN message m ON m.id = n.message WHERE n.namespace = 'address'") {
		if err != nil {
			return err
		}
		address := r.ColumnText(0)
		s.seen[address] = moment(r, 2)
		for _, ledger := range byMessage[r.ColumnInt64(1)] {
			s.ledgers[slot{address, revisions[ledger]}] = ledger
		}
	}
	return nil
}

func (l *loader) readLedger(ctx context.Context, message, revision int64, most int) (*Ledger, error) {
	g := &Ledger{
		people: make([]Person, 0, most), outcomes: make([]Outcome, 0, most),
		codes: make([]uint16, 0, most), texts: make([]uint32, 0, most), digests: l.digests,
	}
	for r, err := range l.rows("SELECT person, request, outcome, code FROM send WHERE message = ? AND revision = ? ORDER BY person", message, revision) {
		if err != nil {
			return nil, err
		}
		if len(g.people)%contextEvery == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		q := l.requests[r.ColumnInt64(1)]
		if r.ColumnType(2) != sqlite3.NULL {
			q.outcome, q.code = shown(Outcome(r.ColumnInt(2)), l.live), narrow(r.ColumnInt64(3))
		}
		g.people = append(g.people, Person(r.ColumnRawBlob(0)))
		g.outcomes = append(g.outcomes, q.outcome)
		g.codes = append(g.codes, q.code)
		g.texts = append(g.texts, q.text)
	}
	// Requests whose people were taken over by others have counted them twice.
	g.people, g.outcomes = slices.Clip(g.people), slices.Clip(g.outcomes)
	return g, nil
}
