package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// workshop builds what the jobs run and gives each a place of its own.
type workshop struct {
	root   string
	dir    string // what was built
	memory string // where directories in memory are made; "" where the system has no such place

	mu       sync.Mutex // guards what follows
	progress io.Writer
	started  map[*job]time.Time
}

// inMemory is where Linux keeps a file system in memory.
const inMemory = "/dev/shm"

func newWorkshop(root string, progress io.Writer) (*workshop, error) {
	dir, err := os.MkdirTemp("", "smsplan-campaign-")
	if err != nil {
		return nil, err
	}
	w := &workshop{root: root, dir: dir, progress: progress, started: map[*job]time.Time{}}
	if info, err := os.Stat(inMemory); err == nil && info.IsDir() {
		w.memory = inMemory
	}
	return w, nil
}

func (w *workshop) close() error { return os.RemoveAll(w.dir) }

// place makes a directory for all that a campaign writes.
func (w *workshop) place(c campaign) (string, error) {
	parent := w.memory
	if c.disk {
		parent = ""
	}
	return os.MkdirTemp(parent, "smsplan-campaign-"+c.id+"-")
}

func (w *workshop) say(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	fmt.Fprintf(w.progress, format+"\n", args...)
}

// together is how many jobs run at once.
const together = 2

// runAll runs the jobs and returns when the last has ended. Those that ctx leaves no time for keep its error.
func (w *workshop) runAll(ctx context.Context, c choice, jobs []*job) {
	if err := w.buildFor(ctx, jobs); err != nil {
		for _, j := range jobs {
			j.err = err
		}
		return
	}
	beating, still := context.WithCancel(ctx)
	var heart sync.WaitGroup
	heart.Go(func() { w.beat(beating) })
	queue := make(chan *job)
	var hands sync.WaitGroup
	for range together {
		hands.Go(func() {
			for j := range queue {
				w.attend(ctx, c, j)
			}
		})
	}
	for _, j := range jobs {
		queue <- j
	}
	close(queue)
	hands.Wait()
	still()
	heart.Wait()
}

func (w *workshop) attend(ctx context.Context, c choice, j *job) {
	if ctx.Err() != nil {
		j.err = errors.New("not run: interrupted")
		return
	}
	w.mu.Lock()
	w.started[j] = time.Now()
	w.mu.Unlock()
	w.say("%s: begins", j.name())
	j.run(ctx, w, c)
	w.mu.Lock()
	delete(w.started, j)
	w.mu.Unlock()
	word := "done"
	if j.err != nil {
		word = j.err.Error()
	}
	w.say("%s: %s, after %s", j.name(), word, j.took.Round(time.Second))
}

// beat says every half minute what is under way.
func (w *workshop) beat(ctx context.Context) {
	tick := time.NewTicker(30 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			w.mu.Lock()
			var under []string
			for j, since := range w.started {
				under = append(under, fmt.Sprintf("%s since %s", j.name(), now.Sub(since).Round(time.Second)))
			}
			w.mu.Unlock()
			if len(under) > 0 {
				w.say("under way: %s", strings.Join(under, ", "))
			}
		}
	}
}

// buildFor builds the program and the tests that the jobs need, from the sources as they are.
func (w *workshop) buildFor(ctx context.Context, jobs []*job) error {
	built := map[string]bool{}
	program := false
	for _, j := range jobs {
		c := j.campaign
		program = program || c.program && j.sabotage == nil
		if c.fuzz || built[c.dir] || j.sabotage != nil && !c.program {
			continue
		}
		built[c.dir] = true
		w.say("building the tests of %s", c.dir)
		if err := w.buildTest(ctx, c.dir, w.testFile(c.dir), ""); err != nil {
			return err
		}
	}
	if !program {
		return nil
	}
	w.say("building the program")
	return w.buildProgram(ctx, w.programFile(), "")
}

func (w *workshop) testFile(dir string) string {
	return filepath.Join(w.dir, strings.ReplaceAll(dir, "/", "-")+".test")
}

func (w *workshop) programFile() string { return filepath.Join(w.dir, "smsplan") }

// buildTest builds the tests of a package, without the race detector. An overlay, where there is one, takes the place of
// sources.
func (w *workshop) buildTest(ctx context.Context, dir, out, overlay string) error {
	return w.build(ctx, overlay, "test", "-c", "-o", out, "./"+dir)
}

func (w *workshop) buildProgram(ctx context.Context, out, overlay string) error {
	return w.build(ctx, overlay, "build", "-o", out, "./cmd/smsplan")
}

func (w *workshop) build(ctx context.Context, overlay, verb string, args ...string) error {
	if overlay != "" {
		args = append([]string{"-overlay=" + overlay}, args...)
	}
	cmd := exec.CommandContext(ctx, "go", append([]string{verb}, args...)...)
	cmd.Dir = w.root
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go %s %s: %w\n%s", verb, strings.Join(args, " "), err, out)
	}
	return nil
}
