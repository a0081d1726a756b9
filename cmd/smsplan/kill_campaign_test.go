package main

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/smsplan/smsplan/internal/render"
)

var kills = flag.Int("kills", 12, "kill the program `N` times at random moments, at least")

// A program that is killed at any moment, while its gateway misbehaves, sends nobody twice, loses nobody and passes over nobody
// in silence. Each trial is a directory of its own that is killed in up to eight times; then the gateway behaves, the program
// comes to its end, and what the gateway took is held against what the state says. A trial has its decisions from its seed: the
// first has the seed of the flag, each further one the next.
func TestKilledAtAnyMomentItSendsToEverybodyOnce(t *testing.T) {
	c := &killCampaign{program: build(t), next: *seed, moments: map[string]int{}, draw: func(seed int64, program, dir string) (*killTrial, func(context.Context) error) {
		k := newKillTrial(seed, program, dir)
		return k, k.run
	}}
	c.run(t, "random kill -9 with gateway faults")
}

// run makes trials until enough were killed, and prints the line of the campaign.
func (c *killCampaign) run(t *testing.T, what string) {
	var workers sync.WaitGroup
	for range min(*kills, 2*runtime.GOMAXPROCS(0)) { // half of them wait: for timeouts, for pauses
		workers.Go(func() {
			for s, more := c.take(); more; s, more = c.take() {
				c.try(t, s)
			}
		})
	}
	workers.Wait()
	fmt.Printf("campaign: R1 | %s | %s kills | seeds %d to %d | %s\n", what,
		render.Count(c.kills), *seed, c.next-1, &c.findings)
	for _, moment := range slices.Sorted(maps.Keys(c.moments)) {
		t.Logf("%5d %s", c.moments[moment], moment)
	}
	t.Logf("%d kills left requests under way", c.underWay)
	if c.kills < *kills {
		t.Errorf("%d kills only", c.kills)
	}
}

// killCampaign is the trials so far.
type killCampaign struct {
	program string
	draw    func(seed int64, program, dir string) (k *killTrial, run func(context.Context) error)

	mu       sync.Mutex // guards what follows
	next     int64      // seed
	kills    int
	underWay int            // kills after which requests were under way
	moments  map[string]int // kills by command and moment
	findings findings
}

// take gives the seed of the next trial, while there are to be more.
func (c *killCampaign) take() (next int64, more bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kills >= *kills || c.next-*seed >= int64(50+*kills) {
		return 0, false
	}
	c.next++
	return c.next - 1, true
}

// try makes one trial. What it found is reported with its seed, and its directory stays.
func (c *killCampaign) try(t *testing.T, seed int64) {
	dir, err := os.MkdirTemp("", fmt.Sprintf("smsplan-kill-%d-", seed))
	if err != nil {
		t.Error(err)
		return
	}
	trial, run := c.draw(seed, c.program, dir)
	if err := run(t.Context()); err != nil {
		trial.found.add(otherwise, "the trial ended early: %v", err)
	}
	if trial.found.none() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	} else {
		t.Errorf("%s\n  to be repeated with -seed=%d -kills=1, and kept in %s\n  %s", &trial.found, seed, filepath.Join(dir, journalName), strings.Join(trial.found.first, "\n  "))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for moment, n := range trial.killed {
		c.moments[moment] += n
		c.kills += n
	}
	c.underWay += trial.underWay
	c.findings.join(&trial.found)
}

// findings counts what is wrong.
type findings struct {
	counts [otherwise + 1]int
	first  []string // of them, in words
}

// finding is a way to break the promise.
type finding int

const (
	twice     finding = iota // the gateway took more than one message for a person, and nothing allows that
	lost                     // the state says that a message was sent, and the gateway never took it
	skipped                  // somebody to be sent to has no outcome, or no true one
	otherwise                // anything else: a state that does not verify, an error that should not be
)

// add notes one of a kind, and some of them in words.
func (f *findings) add(kind finding, format string, args ...any) {
	f.counts[kind]++
	if len(f.first) < 12 {
		f.first = append(f.first, fmt.Sprintf(format, args...))
	}
}

func (f *findings) join(other *findings) {
	for kind, n := range other.counts {
		f.counts[kind] += n
	}
}

func (f *findings) none() bool { return f.counts == [otherwise + 1]int{} }

func (f *findings) String() string {
	return fmt.Sprintf("%s sent twice, %s lost, %s skipped silently, %s wrong otherwise", render.Count(f.counts[twice]),
		render.Count(f.counts[lost]), render.Count(f.counts[skipped]), render.Count(f.counts[otherwise]))
}

func TestAKilledTrialHasItsDecisionsFromItsSeed(t *testing.T) {
	decisions := func(seed int64) string {
		k := newKillTrial(seed, "", "")
		return fmt.Sprintf("%+v %+v %+v %+v %+v", *k.broadcast, k.settings, k.steps, k.initially, k.spoken)
	}
	for seed := range int64(20) {
		if first, second := decisions(seed), decisions(seed); first != second {
			t.Errorf("seed %d decides otherwise the second time", seed)
		}
		if decisions(seed) == decisions(seed+1) {
			t.Errorf("seeds %d and %d decide the same", seed, seed+1)
		}
	}
}
