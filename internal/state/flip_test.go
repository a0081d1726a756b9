package state

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/ncruces/go-sqlite3"
)

var bitFlips = flag.Int("flips", 200, "turn over `N` bits of a state, one at a time")

// flipsOfState is how many bits of one state are turned over.
const flipsOfState = 100

// SQLite keeps no checksums of pages. A bit that turns over in the structure of the file is noticed, and so is one that
// breaks a law or the chain; one in the content of a row may not be. The campaign counts those, and says how many of them
// would send to somebody again.
func TestFlippedBitsAreNoticedWhereTheyBreakStructureOrALaw(t *testing.T) {
	var flips, detected, harmless, silent, twice int
	seed := *powerSeed
	for ; flips < *bitFlips; seed++ {
		h, err := newHistory(t, seed, sabotage{})
		must(t, err)
		t.Cleanup(func() { os.RemoveAll(filepath.Dir(h.settings.Path)) })
		l, err := h.live()
		must(t, err)
		content, err := os.ReadFile(h.settings.Path)
		must(t, err)
		must(t, l.sound(content))
		for range min(flipsOfState, *bitFlips-flips) {
			flips++
			bit := h.random.IntN(8 * len(content))
			found, err := l.flip(content, bit)
			must(t, err)
			switch {
			case found.noticed:
				detected++
			case found.rows == l.world.rows:
				harmless++
			default:
				silent++
				if found.twice != nil {
					twice++
				}
			}
		}
		must(t, os.RemoveAll(filepath.Dir(h.settings.Path)))
	}
	t.Logf("| bit flips | %d flips | seeds %d to %d | %d detected, %d harmless, %d unnoticed in rows (%d of them would send twice) |",
		flips, *powerSeed, seed-1, detected, harmless, silent, twice)
	if silent > flips/3 {
		t.Errorf("%d of %d flips are unnoticed", silent, flips)
	}
}

// sound says whether what is looked for in a damaged state is absent from it undamaged.
func (l *life) sound(content []byte) error {
	found, err := l.verified(content)
	if err == nil && (found.noticed || found.rows != l.world.rows) {
		err = fmt.Errorf("a sound state is called damaged")
	}
	return err
}

type flipped struct {
	noticed bool
	rows    [32]byte
	twice   error // somebody would be sent to again
}

// flip turns over one bit of a state and looks at it.
func (l *life) flip(content []byte, bit int) (flipped, error) {
	content[bit/8] ^= 1 << (bit % 8)
	defer func() { content[bit/8] ^= 1 << (bit % 8) }()
	return l.verified(content)
}

// verified has the state verified with other content.
func (l *life) verified(content []byte) (found flipped, err error) {
	path := l.settings.Path
	if err := removeFiles(path+"-wal", path+"-shm"); err != nil {
		return found, err
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		return found, err
	}
	// Sending again has moved the anchor on, and then everything would look rolled back.
	if err := os.WriteFile(l.settings.Anchor, l.world.anchor, 0o600); err != nil {
		return found, err
	}
	findings, err := Verify(l.ctx, l.settings)
	if err != nil || len(findings) > 0 {
		return flipped{noticed: true}, nil
	}
	d, err := openDatabase(local{}, path, sqlite3.OPEN_READONLY)
	if err != nil {
		return found, fmt.Errorf("verify finds nothing, and it cannot be opened: %w", err)
	}
	found.rows, err = d.rowsDigest()
	if err != nil {
		return found, fmt.Errorf("verify finds nothing, and it cannot be read: %w", err)
	}
	if err := d.close(); err != nil || found.rows == l.world.rows {
		return found, err
	}
	if err := l.sendAgain(l.world, l.world, true); errors.Is(err, errTwice) {
		found.twice = err
	}
	return found, nil
}
