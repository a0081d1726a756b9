package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/simulator"
)

var races = flag.Int("races", 4, "run `N` races of two to eight runners on one state")

// Whatever several runners do with one state at a time, killed, stopped and interrupted, and in more than half of the races
// with the lock file deleted underneath them: nobody is sent to twice, whom the state holds for sent to was sent to, and nobody
// is left out. Then only the claims, by the primary key, and the intents stand between two runs.
func TestRunnersOnOneStateSendNobodyTwice(t *testing.T) {
	program := build(t)
	var all tally
	var mu sync.Mutex
	var workers sync.WaitGroup
	next := make(chan int64)
	for range 8 {
		workers.Go(func() {
			for n := range next {
				got, err := runRace(program, n)
				mu.Lock()
				all.add(got)
				if err != nil {
					t.Errorf("race %d (-seed=%d -races=1): %v", n, n, err)
				}
				mu.Unlock()
			}
		})
	}
	for i := range int64(*races) {
		next <- *seed + i
	}
	close(next)
	workers.Wait()
	fmt.Printf("campaign: R5 | two to eight runners on one state | %d races | seeds %d to %d | %d sent twice, %d lost, %d skipped silently, %d wrong otherwise; %d races without a lock that holds, %d runners, %d refused by the lock, %d runs taken over\n",
		*races, *seed, *seed+int64(*races)-1, all.twice, all.lost, all.skipped, all.wrong, all.unlocked, all.runners, all.refused, all.taken)
}

// tally is what races came to.
type tally struct {
	twice, lost, skipped, wrong       int
	unlocked, runners, refused, taken int
}

func (a *tally) add(b tally) {
	a.twice += b.twice
	a.lost += b.lost
	a.skipped += b.skipped
	a.wrong += b.wrong
	a.unlocked += b.unlocked
	a.runners += b.runners
	a.refused += b.refused
	a.taken += b.taken
}

// vandal says what becomes of the lock file while the race goes on.
type vandal int

const (
	nobody    vandal = iota // the lock holds
	deleting                // it is deleted again and again
	replacing               // another file takes its place again and again
	staggered               // it is deleted whenever a runner starts
)

// race is one race.
type race struct {
	seed      int64
	rng       *rand.Rand
	program   string
	root      string
	checkouts []string
	state     string // path
	gateway   *simulator.Simulator
	endpoint  string
	people    []phone.Number
	vandal    vandal
	lossy     bool // answers of the gateway may be lost
	refuses   bool // it refuses some people of a request that it accepts
	runners   []*runner

	tally    tally
	findings []string
}

// runRace runs the race of a seed. The error tells what was found, and what every runner said.
func runRace(program string, seed int64) (got tally, err error) {
	root, err := os.MkdirTemp("", "race")
	if err != nil {
		return tally{wrong: 1}, err
	}
	defer os.RemoveAll(root)
	r := &race{seed: seed, rng: rand.New(rand.NewPCG(uint64(seed), 5)), program: program, root: root}
	closed, err := r.prepare()
	if err != nil {
		return tally{wrong: 1}, err
	}
	defer closed()
	r.draw()
	r.run()
	for _, one := range r.runners {
		r.judge(one)
	}
	if err := r.quiet(); err != nil {
		r.wrong("afterwards: %v", err)
	}
	if err := r.account(); err != nil {
		r.wrong("account: %v", err)
	}
	if len(r.findings) == 0 {
		return r.tally, nil
	}
	return r.tally, fmt.Errorf("%s\n%s", strings.Join(r.findings, "\n"), r.log())
}

// wrong notes a finding.
func (r *race) wrong(format string, args ...any) {
	r.tally.wrong++
	r.findings = append(r.findings, fmt.Sprintf(format, args...))
}

// log tells what was run, and what it said.
func (r *race) log() string {
	var b strings.Builder
	fmt.Fprintf(&b, "lock: %d, checkouts: %d, faults: %v\n", r.vandal, len(r.checkouts), r.gateway.Ordered())
	for i, one := range r.runners {
		fmt.Fprintf(&b, "--- %d: %s\n%s", i+1, one, one.out.String())
	}
	return b.String()
}

// one in n.
func (r *race) one(n int) bool { return r.rng.IntN(n) == 0 }

// pick gives one of several.
func pick[T any](r *race, list ...T) T { return list[r.rng.IntN(len(list))] }
