package state

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"
)

// A history is what one state goes through: several lives, of which each ends in a power cut and the next goes on with
// what the cut has left. The same seed gives the same history but for the state's own random keys and the clock.
type history struct {
	ctx      context.Context
	random   *rand.Rand
	settings Settings
	sabotage sabotage
	platter  *platter // as the last cut left it
	world    world    // as the last cut left it
	lives    int
	audience int
}

// newHistory gives one that has not begun, in a directory of its own that the caller removes.
func newHistory(t *testing.T, seed uint64, s sabotage) (*history, error) {
	memory := "/dev/shm" // where there is one: a flush costs nothing there
	if _, err := os.Stat(memory); err != nil {
		memory = ""
	}
	dir, err := os.MkdirTemp(memory, "smsplan-power-")
	if err != nil {
		return nil, err
	}
	r := rand.New(rand.NewPCG(seed, 3))
	return &history{
		ctx: t.Context(), random: r, sabotage: s, platter: newPlatter(), audience: []int{20, 40, 40, 300}[r.IntN(4)],
		settings: Settings{
			Path: filepath.Join(dir, "smsplan.state"), Kind: Simulator, Anchor: filepath.Join(dir, ".smsplan", "anchor"),
			Who: "ann@host", Command: "apply", Version: "0.1.0", PhoneMetadata: "1",
		},
		world: world{guarded: map[recipient]bool{}, requests: map[RequestID][]recipient{}, begun: map[RequestID]bool{}},
	}, nil
}

// world is what is known of the state from outside: what it was asked to do, and answered that it had done.
type world struct {
	made     bool
	moves    int // how often it was moved, each time to a new place
	serial   int64
	head     Head
	rows     [32]byte
	anchor   []byte
	guarded  map[recipient]bool        // their intents are recorded, and no outcome says that they were not sent
	requests map[RequestID][]recipient // planned or under way
	begun    map[RequestID]bool
}

type recipient struct {
	address string
	person  int
}

// mark is the world after so many operations on the disk.
type mark struct {
	position int
	world    world
}

var powerAddresses = []string{"message.first", "message.second", "message.third"}

func (w world) clone() world {
	w.guarded, w.requests, w.begun = maps.Clone(w.guarded), maps.Clone(w.requests), maps.Clone(w.begun)
	return w
}

// life is the time between two cuts.
type life struct {
	*history
	disk  *powerDisk
	state *State
	run   RunID
	world world
	marks []mark
	heads map[int64]Head
	watch func(*life) error // called between the things that the state does; nil for not
}

// live makes the state do things, with nothing cut, and gives what is needed to cut it anywhere.
func (h *history) live(watch func(*life) error) (l *life, err error) {
	h.lives++
	name := fmt.Sprintf("power-%s-%d", filepath.Base(filepath.Dir(h.settings.Path)), h.lives)
	l = &life{history: h, disk: insert(name, h.sabotage, h.platter), world: h.world.clone(), heads: map[int64]Head{}, watch: watch}
	defer vfs.Unregister(name)
	l.marks = []mark{{0, h.world}}
	s := l.at(l.world)
	s.disk = l.disk
	if !l.world.made {
		id, err := Create(h.ctx, s)
		if err != nil {
			return nil, err
		}
		h.settings.Lineage, s.Lineage = id.Lineage, id.Lineage
		l.world.made = true
		if err := l.look(); err != nil {
			return nil, err
		}
	}
	sessions := 1 + h.random.IntN(2)
	for range sessions {
		if err := l.session(s); err != nil {
			return nil, err
		}
		if h.random.IntN(4) == 0 {
			if err := l.push(s); err != nil {
				return nil, err
			}
			s.Path = l.at(l.world).Path
		}
	}
	return l, nil
}

// at says where a state is.
func (h *history) at(w world) Settings {
	s := h.settings
	if w.moves > 0 {
		s.Path = fmt.Sprintf("%s.%d", s.Path, w.moves)
	}
	return s
}

// push moves the state.
func (l *life) push(s Settings) error {
	l.world.moves++
	if _, err := Push(l.ctx, s, l.at(l.world).Path); err != nil {
		return err
	}
	return l.look()
}

// session opens the state, does things, and closes it.
func (l *life) session(s Settings) (err error) {
	if l.state, err = Open(l.ctx, s); err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, l.state.Close())
		if err == nil {
			err = l.acknowledged()
		}
	}()
	// Whoever is gone has left requests behind, which are settled now.
	l.world.requests, l.world.begun, l.run = map[RequestID][]recipient{}, map[RequestID]bool{}, 0
	conn := l.state.writer.db.conn
	if err := conn.Exec(l.sabotage.pragma); err != nil {
		return err
	}
	// Small states would never be moved from the log into the file otherwise.
	if l.random.IntN(4) > 0 {
		if err := conn.Exec(fmt.Sprintf("PRAGMA wal_autocheckpoint = %d", 5+l.random.IntN(60))); err != nil {
			return err
		}
	}
	if err := l.acknowledged(); err != nil {
		return err
	}
	for range 6 + l.random.IntN(14) {
		if err := l.step(); err != nil {
			return err
		}
		if err := l.acknowledged(); err != nil {
			return err
		}
		if l.watch != nil {
			if err := l.watch(l); err != nil {
				return err
			}
		}
	}
	return nil
}

// step is one thing that an apply does.
func (l *life) step() error {
	if l.run == 0 {
		run, err := l.state.StartRun(l.ctx, Run{PlanID: fmt.Sprint(l.random.Uint32()), Account: "account"})
		l.run = run
		return err
	}
	var planned, begun []RequestID
	for _, r := range slices.Sorted(maps.Keys(l.world.requests)) {
		if l.world.begun[r] {
			begun = append(begun, r)
		} else {
			planned = append(planned, r)
		}
	}
	switch n := l.random.IntN(12); {
	case len(planned)+len(begun) == 0 || n == 0:
		return l.claim()
	case n == 1:
		err := l.state.EndRun(l.ctx, l.run, "complete")
		l.world.requests, l.world.begun, l.run = map[RequestID][]recipient{}, map[RequestID]bool{}, 0
		return err
	case n == 2:
		return l.doubts()
	case len(begun) > 0 && (n < 7 || len(planned) == 0):
		return l.together(l.some(begun), l.settle)
	case len(planned) > 0:
		return l.together(l.some(planned), l.begin)
	}
	return nil
}

// some gives one of requests, or several.
func (l *life) some(requests []RequestID) []RequestID {
	l.random.Shuffle(len(requests), func(i, j int) { requests[i], requests[j] = requests[j], requests[i] })
	if l.random.IntN(3) > 0 {
		return requests[:1]
	}
	return requests[:1+l.random.IntN(len(requests))]
}

// together does the same to each request, all at once, so that they may share a transaction.
func (l *life) together(requests []RequestID, prepare func(RequestID) func() error) error {
	errs := make([]error, len(requests))
	var group sync.WaitGroup
	for i, r := range requests {
		do := prepare(r)
		group.Go(func() { errs[i] = do() })
	}
	group.Wait()
	return errors.Join(errs...)
}

func (l *life) begin(r RequestID) func() error {
	l.world.begun[r] = true
	for _, to := range l.world.requests[r] {
		l.world.guarded[to] = true
	}
	return func() error { return l.state.Begin(l.ctx, r) }
}

func (l *life) settle(r RequestID) func() error {
	people := l.world.requests[r]
	delete(l.world.requests, r)
	outcome := func() Outcome {
		return []Outcome{Accepted, Accepted, Unconfirmed, Refused, Unsent, InDoubt}[l.random.IntN(6)]
	}
	o := Settlement{Outcome: outcome(), Evidence: "answer read whole"}
	if o.Outcome == Accepted {
		o.IDs = make([][16]byte, len(people))
	}
	for i, to := range people {
		out := o.Outcome
		if l.random.IntN(8) == 0 {
			out = outcome()
			o.Exceptions = append(o.Exceptions, Exception{Index: i, Outcome: out, Code: 114})
		}
		if out == Unsent {
			delete(l.world.guarded, to)
		}
	}
	return func() error { return l.state.Settle(l.ctx, r, o) }
}

// doubts has the gateway settle some.
func (l *life) doubts() error {
	list, err := l.state.Doubts(l.ctx)
	if err != nil {
		return err
	}
	for _, d := range list[:min(len(list), 1+l.random.IntN(3))] {
		v := Resolution{Outcome: Unconfirmed, By: Gateway, Reason: "querymsg: 004"}
		if d.People == 1 {
			v.Outcome = Accepted
		}
		if _, err := l.state.Resolve(l.ctx, d.Request, v); err != nil {
			return err
		}
		if err := l.acknowledged(); err != nil {
			return err
		}
	}
	return nil
}

// claim claims at random. Who is sent to already must drop out, and nobody else. An import may take some of those over, and nobody whom
// it has got is claimed again.
func (l *life) claim() error {
	var claims []Claim
	var wanted [][]int
	everybody := crowd(0, l.audience)
	taken := map[recipient]bool{}
	for _, people := range l.world.requests {
		for _, to := range people {
			taken[to] = true
		}
	}
	for range 1 + l.random.IntN(8) {
		c := Claim{Address: powerAddresses[l.random.IntN(len(powerAddresses))], Revision: 1, Import: l.random.IntN(5) == 0}
		var list []int
		for _, i := range l.random.Perm(l.audience)[:1+l.random.IntN(min(len(everybody), 150))] {
			c.People = append(c.People, everybody[i])
			list = append(list, i)
		}
		claims, wanted = append(claims, c), append(wanted, list)
	}
	got, err := l.state.Claim(l.ctx, l.run, nil, slices.Values(claims))
	if err != nil {
		return err
	}
	for i, c := range got {
		dropped := indexes(c.Dropped)
		var kept []recipient
		for k, person := range wanted[i] {
			to := recipient{claims[i].Address, person}
			if claims[i].Import {
				switch out := slices.Contains(dropped, k); {
				case out && !l.world.guarded[to] && !taken[to], !out && taken[to]:
					return fmt.Errorf("import of %v: dropped %t, guarded %t, taken %t", to, out, l.world.guarded[to], taken[to])
				case !out:
					l.world.guarded[to] = true
				}
				continue
			}
			if slices.Contains(dropped, k) != (l.world.guarded[to] || taken[to]) {
				return fmt.Errorf("claim of %v: dropped %t, guarded %t, taken %t", to, slices.Contains(dropped, k), l.world.guarded[to], taken[to])
			}
			if !slices.Contains(dropped, k) {
				kept, taken[to] = append(kept, to), true
			}
		}
		if c.Request != 0 && !claims[i].Import {
			l.world.requests[c.Request] = kept
		}
	}
	return nil
}

// acknowledged notes how the world is when a call has returned.
func (l *life) acknowledged() (err error) {
	position := l.disk.position()
	select {
	case <-l.state.writer.stopped: // the rows of a state that is closed are those of the last note
	default:
		err = l.state.writer.alone(l.ctx, func(t *transaction) error { return l.note(t.database) })
		if err != nil {
			return err
		}
	}
	return l.mark(position)
}

// note takes down what is in the database.
func (l *life) note(d *database) (err error) {
	if l.world.serial, l.world.head, err = d.last(); err != nil {
		return err
	}
	for r, err := range d.rows("SELECT serial, head FROM event") {
		if err != nil {
			return err
		}
		l.heads[r.ColumnInt64(0)] = Head(r.ColumnRawBlob(1))
	}
	l.world.rows, err = d.rowsDigest()
	return err
}

func (l *life) mark(position int) (err error) {
	if l.world.anchor, err = os.ReadFile(l.settings.Anchor); err != nil {
		return err
	}
	l.marks = append(l.marks, mark{position, l.world.clone()})
	return nil
}

// look notes how a state is that was just made.
func (l *life) look() (err error) {
	position := l.disk.position()
	path := l.at(l.world).Path
	d, err := openDatabase(local{}, path, sqlite3.OPEN_READONLY)
	if err != nil {
		return err
	}
	// What opening it has made beside it was never there for the disk under test.
	defer func() { err = errors.Join(err, d.close(), removeFiles(path+"-wal", path+"-shm")) }()
	if err := l.note(d); err != nil {
		return err
	}
	return l.mark(position)
}

// rowsDigest covers every row of every table.
func (d *database) rowsDigest() (sum [32]byte, err error) {
	var tables []string
	for r, err := range d.rows("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY 1") {
		if err != nil {
			return sum, err
		}
		tables = append(tables, r.ColumnText(0))
	}
	h := sha256.New()
	for _, table := range tables {
		writeFields(h, table)
		for r, err := range d.rows("SELECT * FROM \"" + table + "\"") {
			if err != nil {
				return sum, err
			}
			for i := range r.ColumnCount() {
				switch r.ColumnType(i) {
				case sqlite3.INTEGER:
					writeFields(h, r.ColumnInt64(i))
				case sqlite3.NULL:
					writeFields(h, "null")
				default:
					writeFields(h, bytes.Clone(r.ColumnRawBlob(i)))
				}
			}
		}
	}
	return [32]byte(h.Sum(nil)), nil
}
