package main

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var (
	points   = flag.Int("points", 6, "make system calls fail, or kill the process at them, in `N` trials")
	onePoint = flag.Int("point", -1, "carry out trial `N` of -points alone")
)

// Whatever system call fails, or is the last one of the process, and whether the disk works again afterwards: nobody is sent to
// twice, nobody is lost, nobody is skipped silently, what is wrong is said, and the next commands go on.
func TestASystemCallThatFailsSendsNobodyTwiceAndLosesNobody(t *testing.T) {
	tracer, err := exec.LookPath("strace")
	if err != nil {
		t.Fatal("strace is not there: install the package strace")
	}
	c := &pointTrials{t: t, scenes: scenes(), tracer: tracer, program: build(t)}
	c.look()
	c.carryOut()
	fmt.Printf("campaign: R2 | kill, ENOSPC and EIO at system calls | %s points | seed %d | %d sent twice, %d lost, %d skipped silently | %d wrong statuses, messages or leftovers | %d kills, %d failed calls, %d in doubt at the end\n",
		thousands(c.reached), *seed, c.twice, c.lost, c.skipped, c.wrong, c.kills, c.failures, c.doubts)
}

func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%d,%03d", n/1000, n%1000)
}

// pointTrials is the whole campaign.
type pointTrials struct {
	t               *testing.T
	scenes          []*scene
	program, tracer string
	seen            map[*scene]*sight

	mu                                 sync.Mutex
	reached                            int
	twice, lost, skipped, wrong        int
	kills, failures, doubts, notCalled int
}

// sight is what a scene does when nothing fails.
type sight struct {
	calls         []call
	groups        []string // of the calls, sorted: what is done to which file
	core          []string // of the groups, those that keep the promise
	of            map[string][]int
	before, after picture
	status        int
}

// look carries out each scene once with nothing in its way, and notes its calls.
func (c *pointTrials) look() {
	s := newStand(c.t, c.program, c.tracer)
	c.seen = map[*scene]*sight{}
	for _, one := range c.scenes {
		if err := s.set(one); err != nil {
			c.t.Fatal(err)
		}
		v := &sight{of: map[string][]int{}, before: s.picture()}
		r, err := s.strace([]string{"-f", "-yy", "--seccomp-bpf", "--quiet=all", "-s", "0", "-e", "trace=" + watchedCalls}, one.args...)
		if err != nil {
			c.t.Fatal(err)
		}
		if r.status != 0 && !(one.name == "migration" && r.status == statusDoubt) {
			c.t.Fatalf("%s ends with status %d: %s", one.name, r.status, r.text())
		}
		v.status = r.status
		if v.calls, err = readTrace(r.trace, s.dir); err != nil {
			c.t.Fatal(err)
		}
		for i, call := range v.calls {
			group := call.class() + " " + call.name
			v.of[group] = append(v.of[group], i)
		}
		v.groups = slices.Sorted(maps.Keys(v.of))
		v.core = slices.DeleteFunc(slices.Clone(v.groups), func(group string) bool { return !atTheCore.MatchString(group) })
		if len(v.core) == 0 {
			v.core = v.groups
		}
		if one.name == "state push" {
			s.state = "moved.state"
		}
		v.after = s.picture()
		c.seen[one] = v
		c.t.Logf("%s: %d calls in %d groups; %s", one.name, len(v.calls), len(v.groups), v.after)
	}
}

// draw chooses the point of a trial: a scene, then evenly what is done to which file, every other time to the state's own and the
// connection, then a call of that.
func (c *pointTrials) draw(r *rand.Rand) *point {
	total := 0
	for _, one := range c.scenes {
		total += one.weight
	}
	n := r.IntN(total)
	p := &point{}
	for _, one := range c.scenes {
		if n -= one.weight; n < 0 {
			p.scene = one
			break
		}
	}
	v := c.seen[p.scene]
	groups := v.groups
	if r.IntN(2) == 0 {
		groups = v.core
	}
	group := v.of[groups[r.IntN(len(groups))]]
	i := group[r.IntN(len(group))]
	p.call = v.calls[i]
	for j := i + 1; j < len(v.calls) && p.next == nil; j++ {
		if v.calls[j].thread == p.call.thread {
			p.next = &v.calls[j]
		}
	}
	kinds := []kind{killBefore, killAfter, broken, broken}
	switch p.call.name {
	case "pwrite64", "write", "fsync", "fdatasync", "ftruncate", "mkdirat", "rename", "renameat", "openat", "link", "linkat", "mmap":
		if p.call.path != "tcp" {
			kinds = append(kinds, noSpace, noSpace)
		}
	}
	if p.call.name == "pwrite64" || p.call.name == "write" && p.call.named() {
		kinds = append(kinds, diskFull, diskFull)
	}
	p.kind = kinds[r.IntN(len(kinds))]
	// Without a path the calls for other files and for connections would fail too.
	p.onward = p.kind == diskFull || p.kind != killBefore && p.kind != killAfter && p.call.named() && r.IntN(2) == 0
	return p
}

// carryOut carries out the trials, side by side.
func (c *pointTrials) carryOut() {
	trials := make(chan int)
	go func() {
		defer close(trials)
		if *onePoint >= 0 {
			trials <- *onePoint
			return
		}
		for i := range *points {
			trials <- i
		}
	}()
	var stands sync.WaitGroup
	for range max(2, runtime.NumCPU()) {
		s := newStand(c.t, c.program, c.tracer)
		stands.Go(func() {
			for i := range trials {
				c.trial(s, i)
			}
		})
	}
	stands.Wait()
}

// trial draws until a point is reached: threads are as the scheduler has them, and the one that made a call when it was looked at
// may not make it now.
func (c *pointTrials) trial(s *stand, number int) {
	draws := rand.New(rand.NewPCG(uint64(*seed), uint64(number)))
	for range 20 {
		p := c.draw(draws)
		r, err := c.at(s, p)
		if err != nil {
			c.t.Errorf("seed %d, trial %d: %s: %v", *seed, number, p, err)
			return
		}
		if len(r.injected) == 0 {
			c.mu.Lock()
			c.notCalled++
			c.mu.Unlock()
			continue
		}
		a := &pointAccount{stand: s, point: p, result: r, sight: c.seen[p.scene], first: draws.IntN(2) == 0}
		started := time.Now()
		a.settle()
		c.note(number, a, time.Since(started))
		return
	}
	c.t.Errorf("seed %d, trial %d: no call was reached", *seed, number)
}

func (c *pointTrials) at(s *stand, p *point) (*traced, error) {
	if err := s.set(p.scene); err != nil {
		return nil, err
	}
	return s.strace(p.injection(s.dir), p.scene.args...)
}

// note takes the findings of a trial into those of the campaign.
func (c *pointTrials) note(number int, a *pointAccount, took time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reached++
	if a.result.status < 0 {
		c.kills++
	} else {
		c.failures++
	}
	c.twice, c.lost, c.skipped, c.wrong, c.doubts = c.twice+a.twice, c.lost+a.lost, c.skipped+a.skipped, c.wrong+len(a.wrong), c.doubts+a.doubts
	if a.twice+a.lost+a.skipped+len(a.wrong) == 0 {
		return
	}
	c.t.Errorf("seed %d, trial %d: %s\n%d sent twice, %d lost, %d skipped silently; %s\nstrace %s -- smsplan %s\nat %s\nstatus %d, stdout:\n%s\nstderr:\n%s\nafterwards:\n%s", *seed, number, a.point,
		a.twice, a.lost, a.skipped, strings.Join(a.wrong, "; "), strings.Join(a.point.injection(a.stand.dir), " "), strings.Join(a.point.scene.args, " "),
		strings.Join(a.result.injected[:min(3, len(a.result.injected))], "\n"), a.result.status, ending(a.result.stdout), a.result.stderr, a.log.String())
}

func ending(text string) string {
	if len(text) > 1500 {
		return "..." + text[len(text)-1500:]
	}
	return text
}

var (
	atTheCore = regexp.MustCompile(`^(tcp (connect|write|read)|(smsplan|moved)\.state(\.new)?(-wal)? (pwrite64|fdatasync|fsync|ftruncate|renameat))$`)
	crashes   = regexp.MustCompile(`(?m)^(panic|fatal error|runtime|SIG[A-Z]+|goroutine \d+)[: ]`)
	// SQLite and os.MkdirAll do not always keep what the system said.
	sqliteCause = `disk i/o error|unable to open database file|attempt to write a readonly database|mkdir .*: file exists`
	causes      = map[kind]*regexp.Regexp{noSpace: noRoom, diskFull: noRoom, broken: regexp.MustCompile(`input/output error|` + sqliteCause)}
	noRoom      = regexp.MustCompile(`no space left on device|disk is full|` + sqliteCause)
	suffixes    = regexp.MustCompile(`(\.new)?(-wal|-shm|-journal)?$`)
)

// injectedInto gives the file of a line at which something happened.
func injectedInto(line string) string {
	if m := tracedCall.FindStringSubmatch(line); m != nil {
		if file := mappedFile.FindStringSubmatch(m[3]); file != nil {
			return file[1]
		}
		if m := tracedPath.FindStringSubmatch(m[3]); m != nil {
			return m[1] + m[2] + m[3]
		}
	}
	return "" // the end of a call that was interrupted in the trace
}

// about gives the name that an error about the file of a call must have.
func about(path string) string {
	name := suffixes.ReplaceAllString(filepath.Base(path), "")
	name, _, _ = strings.Cut(randomPart.ReplaceAllString(name, "*"), "*")
	return strings.Trim(name, ".-")
}
