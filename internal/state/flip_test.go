package state

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/ncruces/go-sqlite3"
)

var bitFlips = flag.Int("flips", 200, "turn over `N` bits of states, one at a time")

// flipsOfState is how many bits of one state are turned over.
const flipsOfState = 100

// Each single bit that turns over in the file of a state, in the log that a killed process left beside it, or in the anchor is
// noticed before anything is sent, or changes nothing.
func TestAFlippedBitIsNoticedOrHarmless(t *testing.T) {
	c := &flipCampaign{next: *powerSeed, in: map[string]int{}}
	var group sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for seed, n := c.take(); n > 0; seed, n = c.take() {
				if err := c.flipHistory(t, seed, n); err != nil {
					t.Errorf("seed %d: %v", seed, err)
				}
			}
		})
	}
	group.Wait()
	fmt.Printf("campaign: R3 | bit flips in file, log and anchor | %s flips | seeds %d to %d | %d sent twice, %d unnoticed | %s detected, %s harmless; %d in files, %d in logs, %d in anchors\n",
		thousands(c.flips), *powerSeed, c.next-1, c.twice, c.unnoticed, thousands(c.detected), thousands(c.harmless), c.in["file"], c.in["log"], c.in["anchor"])
	if c.in["log"] == 0 || c.in["anchor"] == 0 {
		t.Errorf("not every file was damaged: %v", c.in)
	}
}

// flipCampaign is the flips so far.
type flipCampaign struct {
	mu                                          sync.Mutex
	next                                        uint64
	flips, detected, harmless, unnoticed, twice int
	in                                          map[string]int
}

// take gives a history, and how many bits to turn over in what it leaves.
func (c *flipCampaign) take() (seed uint64, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n = min(flipsOfState, *bitFlips-c.flips); n > 0 {
		c.flips += n
		c.next++
	}
	return c.next - 1, n
}

// leftover is the files of a state at one moment, and what is in them.
type leftover struct {
	files map[string][]byte // by path
	world world
}

func (c *flipCampaign) flipHistory(t *testing.T, seed uint64, n int) error {
	h, err := newHistory(t, seed, sabotage{})
	if err != nil {
		return err
	}
	defer os.RemoveAll(filepath.Dir(h.settings.Path))
	var killed []leftover
	l, err := h.live(func(l *life) error {
		if l.random.IntN(4) > 0 {
			return nil
		}
		left, err := l.leave()
		killed = append(killed, left)
		return err
	})
	if err != nil {
		return err
	}
	closed, err := l.leave()
	if err != nil {
		return err
	}
	for _, left := range append(killed, closed) {
		if found, err := l.judge(left); err != nil || found.refused != nil || found.verified != nil || found.rows != left.world.rows {
			return fmt.Errorf("a sound state is called damaged: %v %v %w", found.refused, found.verified, err)
		}
	}
	for i := range n {
		left := closed
		if i%2 == 0 && len(killed) > 0 {
			left = killed[h.random.IntN(len(killed))]
		}
		path, what := h.at(left.world).Path, "file"
		switch log := path + "-wal"; {
		case i%10 == 9:
			path, what = h.settings.Anchor, "anchor"
		case i%4 == 0 && len(left.files[log]) > 0:
			path, what = log, "log"
		}
		damaged := left.files[path]
		bit := h.random.IntN(8 * len(damaged))
		damaged[bit/8] ^= 1 << (bit % 8)
		found, err := l.judge(left)
		damaged[bit/8] ^= 1 << (bit % 8)
		if err != nil {
			return fmt.Errorf("bit %d of the %s: %w", bit, what, err)
		}
		c.count(t, fmt.Sprintf("seed %d, flip %d: bit %d of the %s", seed, i, bit, what), what, left, found)
	}
	return nil
}

func (c *flipCampaign) count(t *testing.T, which, what string, left leftover, found judgement) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.in[what]++
	switch {
	case found.refused != nil && found.verified == nil:
		c.unnoticed++
		t.Errorf("%s: verify finds nothing, and the state is refused: %v", which, found.refused)
	case found.refused != nil:
		c.detected++
	case found.rows == left.world.rows:
		c.harmless++
	case errors.Is(found.again, errTwice):
		c.twice++
		t.Errorf("%s: %v", which, found.again)
	default:
		c.unnoticed++
		t.Errorf("%s: rows are others, and nothing notices", which)
	}
}

// leave gives the files as a process that is killed now would leave them.
func (l *life) leave() (left leftover, err error) {
	left = leftover{map[string][]byte{}, l.world.clone()}
	for _, path := range l.paths(l.world) {
		left.files[path], err = os.ReadFile(path)
		if err != nil && !os.IsNotExist(err) { // a state that has just arrived has nothing beside it
			return left, err
		}
	}
	return left, nil
}

func (h *history) paths(w world) []string {
	path := h.at(w).Path
	return []string{path, path + "-wal", path + "-shm", h.settings.Anchor}
}

func (left leftover) put() error {
	for path, content := range left.files {
		if content == nil {
			if err := removeFiles(path); err != nil {
				return err
			}
			continue
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// judgement is what is found out about files.
type judgement struct {
	refused, verified error
	rows              [32]byte
	again             error // from sending to everybody again
}

func (l *life) judge(left leftover) (found judgement, err error) {
	if err := left.put(); err != nil {
		return found, err
	}
	findings, err := Verify(l.ctx, l.at(left.world))
	if found.verified = err; err == nil && len(findings) > 0 {
		found.verified = errors.New(findings[0])
	}
	if found.verified == nil {
		if found.rows, err = l.rows(left.world); err != nil {
			return found, fmt.Errorf("verify finds nothing, and it cannot be read: %w", err)
		}
	}
	if err := left.put(); err != nil {
		return found, err
	}
	err = l.sendAgain(left.world, left.world, true)
	switch mismatch := (*MismatchError)(nil); {
	case errors.As(err, &mismatch):
		found.refused = err
	case errors.Is(err, errTwice):
		found.again = err
	case err != nil:
		return found, err
	}
	return found, nil
}

func (l *life) rows(w world) (sum [32]byte, err error) {
	d, err := openDatabase(local{}, l.at(w).Path, sqlite3.OPEN_READONLY)
	if err != nil {
		return sum, err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	return d.rowsDigest()
}
