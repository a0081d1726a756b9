package state

import (
	"cmp"
	"context"
	"encoding/binary"
	"maps"
	"math"
	"slices"

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
	live  bool // whether a run may be going on
	table *requestTable
	names map[int64]uint32 // indexes in the addresses of table, by id of the name

	people    map[group]int            // of the requests of each: there are at most so many sends
	withdrawn map[int64]map[Person]Why // by request
}

// requestTable is what the ledgers of a snapshot share.
type requestTable struct {
	requests  []loadedRequest // by id
	digests   [][32]byte
	addresses []string
	schedules []schedule
}

// loadedRequest is what its people share.
type loadedRequest struct {
	outcome Outcome
	code    uint16
	attempt uint16
	text    uint32 // index in digests
	address uint32 // index in addresses

	schedule uint32 // 1 + index in schedules; 0 for at once
	guessed  bool   // its climsgid, as far as its people are in doubt: the state was recovered since
}

// load reads a snapshot in the transaction that is open.
func (d *database) load(ctx context.Context, live bool, keys *keyring) (*Snapshot, error) {
	m, err := d.meta()
	if err != nil {
		return nil, err
	}
	s := &Snapshot{Kind: m.Kind, Epoch: m.Epoch, PhoneMetadata: m.PhoneMetadata, keys: keys}
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
	l := &loader{database: d, live: live, table: &requestTable{}, names: map[int64]uint32{}}
	if err := l.readNames(s); err != nil {
		return nil, err
	}
	if err := l.readRequests(); err != nil {
		return nil, err
	}
	if err := l.readUnnamed(); err != nil {
		return nil, err
	}
	if err := l.readWithdrawn(); err != nil {
		return nil, err
	}
	return s, l.readLedgers(ctx, s)
}

// readNames reads the names of messages.
func (l *loader) readNames(s *Snapshot) error {
	s.addresses, s.deduped = map[string]Recorded{}, map[string]MessageID{}
	for r, err := range l.rows("SELECT n.id, n.namespace, n.name, n.message, m.first_seen, n.text_digest, n.absent_since, n.removed_since" +
		" FROM name n JOIN message m ON m.id = n.message ORDER BY n.id") {
		if err != nil {
			return err
		}
		name, message := r.ColumnText(2), MessageID(r.ColumnInt64(3))
		if r.ColumnText(1) == "dedupe" {
			s.deduped[name] = message
			continue
		}
		a := Recorded{Address: name, Message: message, FirstSeen: moment(r, 4), Absent: moment(r, 6), Removed: r.ColumnType(7) != sqlite3.NULL}
		if r.ColumnType(5) != sqlite3.NULL {
			digest := [32]byte(r.ColumnRawBlob(5))
			a.Text = &digest
		}
		s.addresses[name] = a
		l.names[r.ColumnInt64(0)] = uint32(len(l.table.addresses))
		l.table.addresses = append(l.table.addresses, name)
	}
	return nil
}

// group is a message at a revision.
type group struct {
	message  MessageID
	revision int
}

// readRequests reads what people share, and counts for each group the people of its requests.
func (l *loader) readRequests() error {
	t, last, recovery := l.table, 0, int64(math.MinInt64)
	if _, err := l.row(func(r *sqlite3.Stmt) {
		last = r.ColumnInt(0)
		if r.ColumnType(1) != sqlite3.NULL {
			recovery = r.ColumnInt64(1)
		}
	}, "SELECT coalesce(max(id), -1), ("+lastRecovery+") FROM request"); err != nil {
		return err
	}
	t.requests = make([]loadedRequest, 0, min(max(last+1, 0), 1<<24))
	known := recentDigests{table: t, left: cap(t.requests)}
	l.people = map[group]int{}
	scheduled, of, people := false, group{}, 0 // of the requests in a row that are of one group
	for r, err := range l.rows("SELECT id, outcome, code, text_digest, name, run, attempt, message, revision, people, deliver_at IS NOT NULL FROM request ORDER BY id") {
		if err != nil {
			return err
		}
		id := r.ColumnInt(0)
		for len(t.requests) <= id {
			t.requests = append(t.requests, loadedRequest{}) // claims that got nobody leave gaps
		}
		t.requests[id] = loadedRequest{
			outcome: shown(Outcome(r.ColumnInt(1)), l.live), code: narrow(r.ColumnInt64(2)), attempt: narrow(r.ColumnInt64(6)),
			text: known.add([32]byte(r.ColumnRawBlob(3))), address: l.names[r.ColumnInt64(4)], guessed: r.ColumnInt64(5) <= recovery,
		}
		if at := (group{MessageID(r.ColumnInt64(7)), r.ColumnInt(8)}); at != of {
			l.people[of] += people
			of, people = at, 0
		}
		people += r.ColumnInt(9)
		scheduled = scheduled || r.ColumnBool(10)
	}
	l.people[of] += people
	if !scheduled {
		return nil
	}
	return l.readSchedules()
}

// readSchedules reads when the gateway is to send requests out.
func (l *loader) readSchedules() error {
	t, accounts := l.table, map[string]string{}
	for r, err := range l.rows("SELECT q.id, q.deliver_at, coalesce(q.intent_at, 0), q.climsgid, run.account, q.people > 1" +
		" FROM request q JOIN run ON run.id = q.run WHERE q.deliver_at IS NOT NULL ORDER BY q.id") {
		if err != nil {
			return err
		}
		account, ok := accounts[string(r.ColumnRawText(4))]
		if !ok {
			account = r.ColumnText(4)
			accounts[account] = account
		}
		q := &t.requests[r.ColumnInt(0)]
		t.schedules = append(t.schedules, schedule{r.ColumnInt64(1), r.ColumnInt64(2), [20]byte(r.ColumnRawBlob(3)), account, q.guessed, r.ColumnBool(5), nil})
		q.schedule = uint32(len(t.schedules))
	}
	return nil
}

// recentDigests adds the digests of texts to a table. One that was added not long ago is found again; of requests with few texts, or
// with texts of their own, all are.
type recentDigests struct {
	table *requestTable
	seen  int             // digests that were added, known ones too
	left  int             // at most that many come, as far as that is known
	last  [1 << 12]uint32 // 1 + index of the last digest that begins so; 0 for none
}

func (k *recentDigests) add(digest [32]byte) uint32 {
	known, all := &k.last[binary.BigEndian.Uint16(digest[:])%uint16(len(k.last))], k.table.digests
	k.seen, k.left = k.seen+1, max(k.left-1, 0)
	if *known > 0 && all[*known-1] == digest {
		return *known - 1
	}
	if len(all) == cap(all) && len(all) > len(k.last)/4 && 2*len(all) > k.seen { // most requests have texts of their own
		all = slices.Grow(all, k.left+1)
	}
	k.table.digests = append(all, digest)
	*known = uint32(len(k.table.digests))
	return *known - 1
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

// readLedgers reads the sends of each message at each revision.
func (l *loader) readLedgers(ctx context.Context, s *Snapshot) error {
	into := map[MessageID]MessageID{} // messages, and those whose ledgers theirs are part of
	for r, err := range l.rows("SELECT id, coalesce(joined, id) FROM message") {
		if err != nil {
			return err
		}
		into[MessageID(r.ColumnInt64(0))] = MessageID(r.ColumnInt64(1))
	}
	maps.DeleteFunc(l.people, func(g group, people int) bool { return into[g.message] == 0 || people == 0 })
	joined := func(g group) int {
		if into[g.message] != g.message {
			return 1
		}
		return 0
	}
	// A message whose ledger others became part of comes before these.
	groups := slices.SortedFunc(maps.Keys(l.people), func(a, b group) int {
		return cmp.Or(joined(a)-joined(b), cmp.Compare(a.message, b.message), cmp.Compare(a.revision, b.revision))
	})
	checks := map[MessageID][]byte{} // of messages
	for r, err := range l.rows("SELECT m.id, k.key_check FROM message m JOIN person_key k ON k.id = m.key_id") {
		if err != nil {
			return err
		}
		checks[MessageID(r.ColumnInt64(0))] = r.ColumnBlob(1, nil)
	}
	s.ledgers, s.revisions = map[ledgerSlot][]*Ledger{}, map[MessageID][]int{}
	for _, g := range groups {
		ledger, err := l.readLedger(ctx, g.message, g.revision, l.people[g])
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
		at := ledgerSlot{into[g.message], g.revision}
		s.ledgers[at] = append(s.ledgers[at], ledger)
		if !slices.Contains(s.revisions[into[g.message]], g.revision) {
			s.revisions[into[g.message]] = append(s.revisions[into[g.message]], g.revision)
		}
	}
	for _, list := range s.revisions {
		slices.Sort(list)
	}
	return nil
}

func (l *loader) readLedger(ctx context.Context, message MessageID, revision, most int) (*Ledger, error) {
	g := &Ledger{
		message: message, revision: revision,
		people: make([]Person, 0, most), outcomes: make([]Outcome, 0, most),
		codes: make([]uint16, 0, most), requests: make([]uint32, 0, most), shared: l.table,
	}
	var doubts []doubted
	refused := false
	for r, err := range l.rows("SELECT person, request, outcome, code, status FROM send WHERE message = ? AND revision = ? ORDER BY person", int64(message), revision) {
		if err != nil {
			return nil, err
		}
		if len(g.people)%contextEvery == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		q := l.table.requests[r.ColumnInt64(1)]
		own := r.ColumnType(2) != sqlite3.NULL
		if own {
			q.outcome, q.code = shown(Outcome(r.ColumnInt(2)), l.live), narrow(r.ColumnInt64(3))
		}
		if q.outcome == InDoubt {
			doubts = append(doubts, doubted{Person(r.ColumnRawBlob(0)), own && r.ColumnType(3) == sqlite3.NULL, r.ColumnInt64(1)})
		}
		refused = refused || q.outcome == Refused
		g.people = append(g.people, Person(r.ColumnRawBlob(0)))
		g.outcomes = append(g.outcomes, q.outcome)
		g.codes = append(g.codes, q.code)
		g.requests = append(g.requests, uint32(r.ColumnInt64(1)))
		if q.schedule > 0 && g.statuses == nil {
			g.statuses = make([]uint8, len(g.people)-1, most)
		}
		if g.statuses != nil {
			g.statuses = append(g.statuses, uint8(min(max(r.ColumnInt(4), 0), math.MaxUint8)))
		}
		if why := l.withdrawn[r.ColumnInt64(1)]; why != nil && q.outcome == Cancelled {
			if g.withdrawn == nil {
				g.withdrawn = map[Person]Why{}
			}
			p := Person(r.ColumnRawBlob(0))
			g.withdrawn[p] = why[p]
		}
	}
	if err := l.readAnswers(g, message, revision, doubts, refused); err != nil {
		return nil, err
	}
	// Requests whose people were taken over by others have counted them twice.
	g.people, g.outcomes = slices.Clip(g.people), slices.Clip(g.outcomes)
	g.places = newWhereabouts(g.people)
	return g, nil
}

// doubted is a person in doubt.
type doubted struct {
	person  Person
	carried bool // into the request
	request int64
}

// readAnswers reads what the gateway was asked about those in doubt, and how many requests may have reached those who are; refused
// says that there are people refused, of whom earlier ones may have reached some too.
func (l *loader) readAnswers(g *Ledger, message MessageID, revision int, doubts []doubted, refused bool) error {
	if len(doubts) == 0 && !refused {
		return nil
	}
	former := map[Person][]int64{}
	for r, err := range l.rows("SELECT person, request FROM attempt WHERE message = ? AND revision = ? AND outcome = ?", int64(message), revision, int(InDoubt)) {
		if err != nil {
			return err
		}
		p := Person(r.ColumnRawBlob(0))
		former[p] = append(former[p], r.ColumnInt64(1))
	}
	g.doubts = make(map[Person]asked, len(doubts))
	for p, requests := range former {
		if i, found := slices.BinarySearchFunc(g.people, p, comparePeople); found && g.outcomes[i] == Refused {
			g.doubts[p] = asked{tried: len(requests)}
		}
	}
	known := map[int64]asked{}
	for _, d := range doubts {
		requests := former[d.person]
		if q := l.table.requests[d.request]; !d.carried || q.outcome == InDoubt {
			requests = append(requests, d.request)
		}
		for i, id := range requests {
			one, ok := known[id]
			if !ok {
				if _, err := l.row(func(r *sqlite3.Stmt) { one = asked{answers: r.ColumnInt(0), since: moment(r, 1)} },
					"SELECT unknowns, intent_at FROM request WHERE id = ?", id); err != nil {
					return err
				}
				known[id] = one
			}
			all := g.doubts[d.person]
			if i == 0 || one.answers < all.answers {
				all.answers = one.answers
			}
			if one.since.After(all.since) {
				all.since = one.since
			}
			all.tried = len(requests)
			g.doubts[d.person] = all
		}
	}
	return nil
}
