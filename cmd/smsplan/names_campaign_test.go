package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
)

var lives = flag.Int("lives", 8, "run `N` histories of names through the program")

// Whatever becomes of names, revisions and dedupe keys from one edition of a configuration to the next, applied at once or late as a
// saved plan, from two checkouts, with messages renamed or removed in the state and runs killed in the middle: each person gets what an
// independent account of semantics.md says, and no more.
func TestWhateverBecomesOfNamesEverybodyGetsEachMessageOnce(t *testing.T) {
	program := build(t)
	var all lifeTally
	var mu sync.Mutex
	var workers sync.WaitGroup
	next := make(chan int64)
	for range 4 {
		workers.Go(func() {
			for n := range next {
				l := runLife(program, n)
				mu.Lock()
				all.add(l.tally)
				if len(l.findings) > 0 {
					t.Errorf("life %d (-seed=%d -lives=1):\n%s\n%s", n, n, strings.Join(l.findings, "\n"), l.journal.String())
				}
				mu.Unlock()
			}
		})
	}
	for i := range int64(*lives) {
		next <- *seed + i
	}
	close(next)
	workers.Wait()
	fmt.Printf("campaign: R9 | histories of names through the program | %d lives, %d plans applied | seeds %d to %d | %d sent twice, %d lost, %d skipped silently, %d wrong otherwise; %d saved plans applied, %d stale, %d questions, %d applies killed\n",
		*lives, all.applied, *seed, *seed+int64(*lives)-1, all.twice, all.lost, all.skipped, all.wrong, all.saved, all.stale, all.asked, all.killed)
	if all.asked+all.stale > 2*all.applied {
		t.Errorf("%d plans were applied, and %d refused", all.applied, all.asked+all.stale)
	}
}

// lifeTally is what lives came to.
type lifeTally struct {
	twice, lost, skipped, wrong          int
	applied, saved, stale, asked, killed int
}

func (a *lifeTally) add(b lifeTally) {
	a.twice += b.twice
	a.lost += b.lost
	a.skipped += b.skipped
	a.wrong += b.wrong
	a.applied += b.applied
	a.saved += b.saved
	a.stale += b.stale
	a.asked += b.asked
	a.killed += b.killed
}

// life is one history.
type life struct {
	rng       *rand.Rand
	program   string
	root      string
	checkouts []*checkout
	gateway   *outliving
	people    []string // numbers, without +
	book      *book
	plans     []*savedPlan
	made      int // plans that were ever saved
	counted   int // messages of the gateway that are accounted for
	journal   strings.Builder
	tally     lifeTally
	findings  []string
}

// checkout is a working copy: its own edition of the configuration, and its own notes about the state.
type checkout struct {
	dir     string
	edition edition
	applied edition // the last one that was
}

// savedPlan is a plan that may be applied at some later time.
type savedPlan struct {
	file    string
	edition edition
	book    int                 // changes of names that the state had seen
	sends   int                 // those there were
	people  map[string][]string // whom the plan sends to, by address
}

// runLife runs the history of a seed.
func runLife(program string, seed int64) *life {
	l := &life{rng: rand.New(rand.NewPCG(uint64(seed), 9)), program: program, book: newBook()}
	root, err := os.MkdirTemp("", "life")
	if err != nil {
		l.wrong("%v", err)
		return l
	}
	defer os.RemoveAll(root)
	l.root = root
	closed, err := l.prepare()
	if err != nil {
		l.wrong("%v", err)
		return l
	}
	defer closed()
	for range 3 + l.rng.IntN(8) {
		l.step()
		if len(l.findings) > 0 {
			return l
		}
	}
	l.apply(l.checkouts[0], false)
	l.apply(l.checkouts[0], false)
	return l
}

// step makes an edition and does something with it.
func (l *life) step() {
	at := l.checkouts[0]
	if l.one(5) {
		at = l.checkouts[1]
		if l.one(2) {
			at.edition = l.checkouts[0].edition.clone()
		}
	} else if l.one(12) {
		at.edition = l.checkouts[1].edition.clone()
	}
	for range 1 + l.rng.IntN(3) {
		l.edit(&at.edition)
	}
	switch what := l.rng.IntN(20); {
	case what < 4 || what < 9 && len(l.plans) == 0:
		l.save(at)
	case what < 9:
		l.applySaved(at, l.plans[l.rng.IntN(len(l.plans))])
	case what == 16:
		l.rename(at)
	case what == 17:
		l.forgetMessage(at)
	case what == 10 && l.one(3):
		l.forgetPerson(at)
	case what == 11 || what == 12:
		l.refuse(at)
	case what == 13 || what == 14:
		l.apply(at, true)
	default:
		l.apply(at, false)
	}
}

func (l *life) one(n int) bool { return l.rng.IntN(n) == 0 }

// wrong notes a finding that has no word of its own.
func (l *life) wrong(format string, args ...any) { l.found(&l.tally.wrong, format, args...) }

func (l *life) found(counter *int, format string, args ...any) {
	*counter++
	l.findings = append(l.findings, fmt.Sprintf(format, args...))
}

// note adds to the journal.
func (l *life) note(format string, args ...any) { fmt.Fprintf(&l.journal, format+"\n", args...) }

func among[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }
