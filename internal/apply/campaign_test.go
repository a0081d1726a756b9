package apply_test

import (
	"flag"
	"fmt"
	"hash/fnv"
	"io"
	"log"
	"math/rand/v2"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/smsplan/smsplan/internal/render"
)

var (
	trials    = flag.Int("trials", 1, "try each kind of fault `N` times")
	schedules = flag.Int("schedules", 50, "try `N` random mixtures of faults")
	firstSeed = flag.Uint64("seed", 1, "begin the campaigns with seed `N`")
)

// attempt draws one trial, that of a kind of fault or a mixture of all.
func attempt(name string, seed uint64, kinds []faultKind, one *faultKind) *trial {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))
	r := rand.New(rand.NewPCG(seed, h.Sum64()))
	w := &trial{random: r, shape: drawShape(r), name: fmt.Sprintf("%s, seed %d", name, seed)}
	runs := 1 + r.IntN(3)
	if one == nil {
		runs = 1 + r.IntN(6)
	} else {
		w.forged = one.forges
	}
	for range runs {
		s := step{pause: pick(r, 0, time.Second, 10*time.Second, time.Minute, 20*time.Minute, time.Hour)}
		if one != nil {
			s.fault = one.draw(r)
		} else {
			s.fault = mixed(r, kinds, r.IntN(4))
		}
		if r.IntN(20) == 0 {
			s.fault.stale = true
		}
		s.pause += s.later
		w.forged = w.forged || s.forges
		w.steps = append(w.steps, s)
	}
	return w
}

// results are what the trials of a campaign came to.
type results struct {
	mu     sync.Mutex
	counts map[breach]int
	tally  tally
	texts  []string
}

func (s *results) add(w *trial) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range w.findings {
		s.counts[f.breach]++
		if len(s.texts) < 20 {
			s.texts = append(s.texts, fmt.Sprintf("%s: %s: %s", w.name, f.breach, f.text))
		}
	}
	s.tally.add(w.account.tally)
}

func (s *results) String() string {
	line := fmt.Sprintf("%d sent twice, %d lost, %d skipped silently", s.counts[twice], s.counts[lostOne], s.counts[skipped])
	if n := s.counts[hasty]; n > 0 {
		line += fmt.Sprintf(", %d without a fresh intent", n)
	}
	return line + fmt.Sprintf(" | %s runs, %s killed, %s messages, %s in doubt for good, %s doubled by a middlebox, %s believed of an answer that it repeated",
		render.Count(s.tally.runs), render.Count(s.tally.kills), render.Count(s.tally.taken), render.Count(s.tally.doubts), render.Count(s.tally.copies), render.Count(s.tally.forged))
}

// conduct carries out n trials on all cores, and gives what they came to.
func conduct(t *testing.T, n int, draw func(i int) *trial) *results {
	t.Helper()
	log.SetOutput(io.Discard) // as the program does: net/http tells of strange answers
	defer log.SetOutput(os.Stderr)
	all := &results{counts: map[breach]int{}}
	g := newGround(t)
	var next atomic.Int64
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		dir := t.TempDir()
		workers.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= n || t.Failed() {
					return
				}
				w := draw(i)
				w.t, w.ground, w.dir = t, g, dir
				w.perform()
				all.add(w)
			}
		})
	}
	workers.Wait()
	for _, text := range all.texts {
		t.Error(text)
	}
	return all
}

// Whatever goes wrong between a run and the gateway, nobody gets a message twice, nobody is taken for sent to who was not, and
// everybody is accounted for.
func TestNoKindOfFaultSendsTwiceOrLosesAnybody(t *testing.T) {
	kinds := faultKinds()
	if len(kinds) < 40 {
		t.Errorf("%d kinds of faults", len(kinds))
	}
	all := conduct(t, len(kinds)**trials, func(i int) *trial {
		k := kinds[i%len(kinds)]
		return attempt(k.name, *firstSeed+uint64(i/len(kinds)), kinds, &k)
	})
	fmt.Printf("campaign: R4 | faults of gateway, network and host, and mixtures | %d kinds, %s times each | seeds %d to %d | %v\n",
		len(kinds), render.Count(*trials), *firstSeed, *firstSeed+uint64(*trials)-1, all)
}

func TestNoScheduleOfFaultsSendsTwiceOrLosesAnybody(t *testing.T) {
	kinds := faultKinds()
	all := conduct(t, *schedules, func(i int) *trial {
		return attempt("schedule", *firstSeed+uint64(i), kinds, nil)
	})
	fmt.Printf("campaign: R9 | schedules: random mixtures of faults | %s schedules | seeds %d to %d | %v\n",
		render.Count(*schedules), *firstSeed, *firstSeed+uint64(*schedules)-1, all)
}
