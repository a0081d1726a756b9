package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// runner is one process of a race.
type runner struct {
	dir   string
	args  []string
	after int              // requests at the gateway before it starts, unless nobody else is running
	bad   []syscall.Signal // what happens to it
	when  int              // requests at the gateway between its start and that

	out    bytes.Buffer
	status int
	broken bool // it was killed or stopped: it may say nothing, and what it sent may be in nobody's summary
}

func (o *runner) String() string {
	return fmt.Sprintf("%s: smsplan %s, after %d requests, signals %v after %d: status %d",
		filepath.Base(o.dir), strings.Join(o.args, " "), o.after, o.bad, o.when, o.status)
}

// draw decides who runs, and makes the plans that are applied.
func (r *race) draw() {
	shared := filepath.Join(r.root, "shared.plan")
	if _, err := r.must(r.checkouts[0], "plan", "-out="+shared); err != nil {
		r.wrong("%v", err)
	}
	applying := 0
	for range 2 + r.rng.IntN(7) {
		o := &runner{dir: r.checkouts[r.rng.IntN(len(r.checkouts))]}
		if r.one(2) {
			o.after = r.rng.IntN(30)
		}
		// Two at least apply.
		if applying < 2 || r.one(2) {
			o.args = pick(r, []string{"apply", "-auto-approve"}, []string{"apply", "-auto-approve", "-lock-timeout=30s"}, []string{"apply", shared}, []string{"apply", shared, "-lock-timeout=30s"})
			o.args = append(o.args, "-resolve-timeout=0s", "-no-color")
			applying++
		} else {
			o.args = r.other()
		}
		if r.one(4) && !strings.Contains(strings.Join(o.args, " "), "state push") {
			o.bad = pick(r, []syscall.Signal{syscall.SIGKILL}, []syscall.Signal{syscall.SIGKILL}, []syscall.Signal{syscall.SIGINT},
				[]syscall.Signal{syscall.SIGTERM}, []syscall.Signal{syscall.SIGINT, syscall.SIGINT}, []syscall.Signal{syscall.SIGSTOP, syscall.SIGCONT})
			o.when = 1 + r.rng.IntN(20)
			o.broken = len(o.bad) == 2 || o.bad[0] == syscall.SIGKILL
		}
		r.runners = append(r.runners, o)
	}
	r.tally.runners = len(r.runners)
}

// other draws a command that is no apply.
func (r *race) other() []string {
	everybody := strconv.Itoa(len(r.people))
	one := "-number=+" + r.people[r.rng.IntN(len(r.people))].E164()
	return pick(r,
		[]string{"plan", "-out=" + filepath.Join(r.root, fmt.Sprintf("own%d.plan", len(r.runners)))},
		[]string{"plan"},
		[]string{"resolve"},
		[]string{"resolve", "-lock-timeout=20s"},
		[]string{"resolve", "-as=unsent", "-reason=nothing arrived"},
		[]string{"state", "rm", "message.removed", "-auto-approve", "-count=" + everybody},
		[]string{"state", "rm", "message.removed", "-auto-approve", "-count=" + everybody, "-lock-timeout=20s"},
		[]string{"state", "mv", "message.removed", "message.elsewhere"},
		[]string{"state", "compact"},
		[]string{"state", "forget", one, "-auto-approve", "-lock-timeout=20s"},
		[]string{"state", "adopt", "-auto-approve"},
		[]string{"state", "recover", r.state, "-auto-approve"},
		[]string{"state", "push", r.moved()},
		[]string{"state", "list"},
		[]string{"state", "verify"},
		[]string{"state", "unlock"},
	)
}

// moved is where the state may be pushed to.
func (r *race) moved() string { return filepath.Join(r.root, "shared", "moved.state") }

func (r *race) command(dir string, args ...string) *exec.Cmd {
	c := exec.Command(r.program, args...)
	c.Dir = dir
	return c
}

// requests gives how many requests to send the gateway has had.
func (r *race) requests() int { return r.gateway.Requests()["sendmsg"] }

const tick = 300 * time.Microsecond

// run runs the race to its end.
func (r *race) run() {
	over := make(chan struct{})
	var vandalism sync.WaitGroup
	if r.vandal == deleting || r.vandal == replacing {
		vandalism.Go(func() { r.vandalise(over) })
	}
	var running sync.WaitGroup
	ended := make([]chan struct{}, len(r.runners))
	for i, o := range r.runners {
		ended[i] = make(chan struct{})
		before := ended[:i]
		r.wait(func() bool { return r.requests() >= o.after || all(before) })
		if r.vandal == staggered {
			_ = os.Remove(r.state + ".lock")
		}
		c := r.command(o.dir, o.args...)
		c.Stdout, c.Stderr = &o.out, &o.out
		if err := c.Start(); err != nil {
			r.wrong("%v", err)
			close(ended[i])
			continue
		}
		running.Go(func() {
			defer close(ended[i])
			o.status = exitOf(c.Wait())
		})
		running.Go(func() { r.disturb(c.Process, o, ended[i]) })
	}
	running.Wait()
	close(over)
	vandalism.Wait()
}

// disturb sends a runner its signals.
func (r *race) disturb(p *os.Process, o *runner, ended <-chan struct{}) {
	at := r.requests() + o.when
	for i, s := range o.bad {
		// A process that was stopped goes on when the others have sent some more; they may have nothing to send, or wait for it.
		most := time.Now().Add(400 * time.Millisecond)
		r.wait(func() bool { return closed(ended) || r.requests() >= at || i > 0 && time.Now().After(most) })
		_ = p.Signal(s)
		at = r.requests() + o.when
	}
}

// vandalise takes the lock file away again and again.
func (r *race) vandalise(over <-chan struct{}) {
	lock := r.state + ".lock"
	r.wait(func() bool {
		if r.vandal == deleting {
			_ = os.Remove(lock)
		} else if os.WriteFile(lock+".new", nil, 0o600) == nil {
			_ = os.Rename(lock+".new", lock)
		}
		return closed(over)
	})
}

// wait waits until something is so.
func (r *race) wait(until func() bool) {
	poll := time.NewTicker(tick)
	defer poll.Stop()
	for !until() {
		<-poll.C
	}
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func all(list []chan struct{}) bool {
	for _, c := range list {
		if !closed(c) {
			return false
		}
	}
	return true
}

// exitOf gives the exit status; -1 for a process that was killed.
func exitOf(err error) int {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.ExitCode()
	}
	return -2
}

var (
	// raw is what no user is to read.
	raw = regexp.MustCompile(`panic|goroutine \d|(?i)sqlite|database is|is damaged|malformed|disk image|error of its own|no such file|cannot be (begun|settled)|not going on`)
	// plain are the errors with status 1 that a race may bring.
	plain     = regexp.MustCompile(`plan is stale|Message renamed or new|has \d+ sends, not \d+|knows no message|may still be on its way|[Nn]o message of this name|ledger of its own|There is a file already|there is a file already|same text|of a recorded message|another smsplan has taken the state over|has been there before|another process writes to it`)
	unwelcome = regexp.MustCompile(`[1-9]\d* refused`)
	sums      = regexp.MustCompile(`Apply \w+! Messages: ([\d,]+) sent`)
)

// judge holds what a runner said and its status against each other.
func (r *race) judge(o *runner) {
	text := o.out.String()
	if found := raw.FindString(text); found != "" {
		r.wrong("%s says %q", o, found)
	}
	if strings.Contains(text, "has taken over the state") {
		r.tally.taken++
	}
	told := strings.Contains(text, "the state is locked by")
	switch o.status {
	case 0, statusIncomplete, statusDoubt, statusMismatch:
	case statusError:
		if !plain.MatchString(text) {
			r.wrong("%s", o)
		}
	case statusLocked:
		r.tally.refused++
		if !told && r.vandal == nobody {
			r.wrong("%s is not told who holds the state", o)
		}
	case statusInterrupted, statusTerminated, -1:
		if len(o.bad) == 0 {
			r.wrong("%s was not interrupted", o)
		}
	default:
		r.wrong("%s", o)
	}
	if o.status == statusIncomplete && !strings.Contains(text, "Stopped: ") && !unwelcome.MatchString(text) {
		r.wrong("%s does not say why it is incomplete", o)
	}
}

// sent gives how many people a runner says that it sent to.
func sent(text string) int {
	n := 0
	for _, m := range sums.FindAllStringSubmatch(text, -1) {
		one, _ := strconv.Atoi(strings.ReplaceAll(m[1], ",", ""))
		n += one
	}
	return n
}
