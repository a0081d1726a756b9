package state

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/ncruces/go-sqlite3"
)

var (
	powerCuts = flag.Int("cuts", 240, "cut the power `N` times")
	powerSeed = flag.Uint64("seed", 1, "begin the campaigns with seed `N`")
)

const (
	livesOfHistory = 4
	cutsOfLife     = 15
)

// loss is what a cut did that it must not do.
type loss struct {
	seed           uint64
	life, position int
	err            error
}

// thousands writes a count as the campaigns' table has it.
func thousands(n int) string {
	if n < 1000 {
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}

func (l loss) String() string {
	return fmt.Sprintf("seed %d, life %d, cut after operation %d: %v", l.seed, l.life, l.position, l.err)
}

// campaign cuts the power n times, in histories of consecutive seeds.
func campaign(t *testing.T, seed uint64, n int, s sabotage) (cuts, histories int, losses []loss) {
	t.Helper()
	var group sync.WaitGroup
	var mu sync.Mutex
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for {
				mu.Lock()
				mine := seed + uint64(histories)
				done := cuts >= n || t.Failed()
				if !done {
					histories++
					cuts += livesOfHistory * cutsOfLife
				}
				mu.Unlock()
				if done {
					return
				}
				lost, err := cutHistory(t, mine, s)
				mu.Lock()
				losses = append(losses, lost...)
				mu.Unlock()
				if err != nil {
					t.Errorf("seed %d: %v", mine, err)
				}
			}
		})
	}
	group.Wait()
	return cuts, histories, losses
}

func cutHistory(t *testing.T, seed uint64, s sabotage) (losses []loss, err error) {
	h, err := newHistory(t, seed, s)
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(filepath.Dir(h.settings.Path))
	for n := range livesOfHistory {
		l, err := h.live(nil)
		if err != nil {
			return losses, err
		}
		positions := make([]int, cutsOfLife)
		for i := range positions {
			positions[i] = h.random.IntN(len(l.disk.log) + 1)
			if h.random.IntN(3) == 0 { // or just after a call has returned
				positions[i] = l.marks[h.random.IntN(len(l.marks))].position
			}
		}
		slices.Sort(positions)
		next := h.random.IntN(cutsOfLife) // the cut that the next life goes on from
		p, at := h.platter.clone(), 0
		var follows *platter
		var after world
		for i, position := range positions {
			for ; at < position; at++ {
				p.take(l.disk.log[at])
			}
			during := p
			if at < len(l.disk.log) && h.random.IntN(2) == 0 { // the next operation is under way
				if op := l.disk.log[at]; op.kind != opFlush && op.kind != opFlushDir {
					during = p.clone()
					during.take(op)
				}
			}
			left := during.cut(h.random)
			acknowledged, possible := l.around(position)
			if err := l.put(left, written(acknowledged, possible)); err != nil {
				return losses, err
			}
			found, whole, err := l.examine(acknowledged, possible)
			if err != nil {
				losses = append(losses, loss{seed, n + 1, position, err})
				continue
			}
			if whole && (i <= next || follows == nil) {
				follows, after = left, found
			}
		}
		if follows == nil {
			return losses, nil
		}
		if err := h.put(follows, after.anchor); err != nil {
			return losses, err
		}
		h.platter, h.world = follows, after
	}
	return losses, nil
}

// written gives the anchor that a cut leaves: that of what was acknowledged, but that a creation writes its own before the state
// gets its name.
func written(acknowledged, possible world) []byte {
	if !acknowledged.made {
		return possible.anchor
	}
	return acknowledged.anchor
}

// put puts what a cut has left into the directory.
func (h *history) put(left *platter, anchor []byte) error {
	if err := left.restore(filepath.Dir(h.settings.Path), h.random); err != nil {
		return err
	}
	// A checkout writes its anchor after the commit that it is about, and flushes it.
	if err := os.RemoveAll(filepath.Dir(h.settings.Anchor)); err != nil || anchor == nil {
		return err
	}
	if err := os.Mkdir(filepath.Dir(h.settings.Anchor), 0o700); err != nil {
		return err
	}
	return os.WriteFile(h.settings.Anchor, anchor, 0o600)
}

// around gives what was acknowledged before a cut, and what would have been once the call under way had returned.
func (l *life) around(position int) (acknowledged, possible world) {
	for i, m := range l.marks {
		if m.position > position {
			return l.marks[i-1].world, m.world
		}
	}
	last := l.marks[len(l.marks)-1].world
	return last, last
}

// examine holds what a cut has left against what had been acknowledged, and gives the world that the state is in. Whole
// says that it is one of the two exactly: several calls at once may have made more than one transaction.
func (l *life) examine(acknowledged, possible world) (found world, whole bool, err error) {
	s := l.at(acknowledged)
	if _, err := os.Stat(s.Path); err != nil {
		if acknowledged.made {
			return found, false, fmt.Errorf("%w: the state is gone", errLost)
		}
		return acknowledged, true, nil
	}
	if possible.moves > acknowledged.moves {
		if found, moved, err := l.pushAgain(acknowledged, possible); moved || err != nil {
			return found, false, err
		}
	}
	found, whole, err = l.hold(acknowledged, possible)
	if err != nil {
		return found, false, err
	}
	return found, whole, l.sendAgain(possible, found, whole)
}

// pushAgain ends a move that the cut has ended, where it had begun.
func (l *life) pushAgain(acknowledged, possible world) (found world, moved bool, err error) {
	s := l.at(acknowledged)
	d, err := openDatabase(local{}, s.Path, sqlite3.OPEN_READWRITE)
	if err != nil {
		return found, false, err
	}
	m, err := d.meta()
	if err := errors.Join(err, d.close()); err != nil || m.movedTo == "" {
		return found, false, err
	}
	if _, err := Push(l.ctx, s, l.at(possible).Path); err != nil {
		return found, true, err
	}
	found = possible.clone()
	if findings, err := Verify(l.ctx, l.at(found)); err != nil || len(findings) > 0 {
		return found, true, fmt.Errorf("moved: %q %w", findings, err)
	}
	return found, true, l.sendAgain(possible, found, true)
}

// hold looks into the file.
func (l *life) hold(acknowledged, possible world) (found world, whole bool, err error) {
	d, err := openDatabase(local{}, l.at(acknowledged).Path, sqlite3.OPEN_READWRITE)
	if err != nil {
		return found, false, err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	for _, look := range []func() ([]string, error){d.quickCheck, d.brokenLinks, d.brokenLaws, d.brokenRosters, d.brokenChain} {
		findings, err := look()
		if err != nil {
			return found, false, err
		}
		if len(findings) > 0 {
			return found, false, fmt.Errorf("verify: %s", findings[0])
		}
	}
	serial, head, err := d.last()
	if err != nil {
		return found, false, err
	}
	rows, err := d.rowsDigest()
	if err != nil {
		return found, false, err
	}
	switch {
	case serial < acknowledged.serial:
		return found, false, fmt.Errorf("%w: events %d to %d were acknowledged", errLost, serial+1, acknowledged.serial)
	case serial > possible.serial:
		return found, false, fmt.Errorf("event %d was never made", serial)
	case head != l.heads[serial]:
		return found, false, fmt.Errorf("event %d is another one", serial)
	case serial == acknowledged.serial:
		found, whole = acknowledged.clone(), true
	case serial == possible.serial:
		found, whole = possible.clone(), true
		found.anchor = written(acknowledged, possible)
	default:
		found = acknowledged.clone()
		found.serial, found.head, found.rows = serial, head, rows
	}
	if rows != found.rows {
		return found, false, fmt.Errorf("event %d is there, and rows are not as it left them", serial)
	}
	return found, whole, nil
}

// What a loss is in the campaign's table; any other is a state that is not whole.
var (
	errTwice   = errors.New("would be sent to twice")
	errLost    = errors.New("lost")
	errSkipped = errors.New("would be skipped silently")
)

// tally counts losses as the campaign's table has them.
func tally(losses []loss) string {
	count := func(of func(error) bool) (n int) {
		for _, l := range losses {
			if of(l.err) {
				n++
			}
		}
		return n
	}
	is := func(target error) int { return count(func(err error) bool { return errors.Is(err, target) }) }
	twice, lost, skipped := is(errTwice), is(errLost), is(errSkipped)
	return fmt.Sprintf("%d sent twice, %d lost, %d skipped silently, %d not whole otherwise", twice, lost, skipped, len(losses)-twice-lost-skipped)
}

// sendAgain opens the state and claims everybody: those whom nothing keeps from being sent to must be had, and nobody else.
func (l *life) sendAgain(possible, found world, whole bool) (err error) {
	st, err := Open(l.ctx, l.at(found))
	if err != nil {
		return fmt.Errorf("open: %w", err)
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	run, err := st.StartRun(l.ctx, Run{PlanID: "again", Account: "account"})
	if err != nil {
		return err
	}
	var claims []Claim
	for _, address := range powerAddresses {
		claims = append(claims, Claim{Address: address, Revision: 1, People: crowd(0, l.audience)})
	}
	got, err := st.Claim(l.ctx, run, nil, slices.Values(claims))
	if err != nil {
		return err
	}
	for i, c := range got {
		dropped := indexes(c.Dropped)
		for person := range l.audience {
			to := recipient{claims[i].Address, person}
			kept := slices.Contains(dropped, person)
			switch guarded := found.guarded[to]; {
			case !kept && guarded && (whole || possible.guarded[to]):
				return fmt.Errorf("%s, person %d: %w", to.address, person, errTwice)
			case kept && !guarded && whole:
				return fmt.Errorf("%s, person %d: %w", to.address, person, errSkipped)
			}
		}
	}
	return nil
}

func TestAPowerCutLosesNothingAcknowledgedAndSendsNobodyTwice(t *testing.T) {
	cuts, histories, losses := campaign(t, *powerSeed, *powerCuts, sabotage{})
	for i, l := range losses {
		if i == 10 {
			break
		}
		t.Error(l)
	}
	fmt.Printf("campaign: R3 | power cuts: what was not flushed is lost, torn, reordered | %s cuts | seeds %d to %d | %s\n",
		thousands(cuts), *powerSeed, *powerSeed+uint64(histories)-1, tally(losses))
}

// What keeps the state whole, taken away, must be missed: a campaign that finds nothing then would find nothing ever.
func TestPowerCutsFindWhatIsNotDurable(t *testing.T) {
	for name, s := range map[string]sabotage{
		"synchronous=NORMAL":          {pragma: "PRAGMA synchronous = NORMAL"},
		"synchronous=OFF":             {pragma: "PRAGMA synchronous = OFF"},
		"a disk that flushes nothing": {flushesNothing: true},
		"no flush of the directory":   {forgetsItsNames: true},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := *powerSeed; seed < *powerSeed+10; seed += 2 {
				if _, _, losses := campaign(t, seed, 2*livesOfHistory*cutsOfLife, s); len(losses) > 0 {
					t.Logf("%d losses, as with %s", len(losses), losses[0])
					return
				}
			}
			t.Error("no loss was found")
		})
	}
}
