package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// process is what is run and measured. Its standard output goes nowhere, which is no terminal.
type process struct {
	dir    string // where it runs
	name   string
	args   []string
	before func(context.Context) error // not measured; nil for nothing
}

// cost is what a process took.
type cost struct {
	wall, cpu time.Duration
	peak      int64 // the most octets of memory at a time; 0 where the system does not tell
}

func (c cost) String() string {
	return fmt.Sprintf("%s, %s of CPU, %s", seconds(c.wall), seconds(c.cpu), octets(c.peak))
}

// smsplan is the program with these arguments, in a directory of the run.
func (b *bench) smsplan(dir string, args ...string) process {
	return process{dir: dir, name: b.program, args: args}
}

// play is this command in one of its roles.
func (b *bench) play(role string, args ...string) process {
	return process{dir: b.dir, name: b.self, args: append([]string{role}, args...)}
}

// measure runs the processes in turn, as often as there are rounds, and gives what each took: its median time, and its
// median memory.
func (b *bench) measure(ctx context.Context, processes ...process) ([]cost, error) {
	runs := make([][]cost, len(processes))
	for range b.rounds {
		for i, p := range processes {
			c, err := b.once(ctx, p)
			if err != nil {
				return nil, err
			}
			runs[i] = append(runs[i], c)
		}
	}
	medians := make([]cost, len(processes))
	for i, r := range runs {
		medians[i] = cost{
			wall: median(r, func(c cost) time.Duration { return c.wall }),
			cpu:  median(r, func(c cost) time.Duration { return c.cpu }),
			peak: median(r, func(c cost) int64 { return c.peak }),
		}
	}
	return medians, nil
}

func (b *bench) once(ctx context.Context, p process) (c cost, err error) {
	if p.before != nil {
		if err := p.before(ctx); err != nil {
			return c, err
		}
	}
	cmd := exec.CommandContext(ctx, p.name, p.args...)
	cmd.Dir = p.dir
	cmd.Env = append(os.Environ(), "SMSPLAN_USER=bench", "SMSPLAN_PASSWORD=bench", "NO_COLOR=1")
	var faults bytes.Buffer
	cmd.Stderr = &faults
	began := time.Now()
	if err := cmd.Run(); err != nil {
		return c, fmt.Errorf("%s %s: %w\n%s", filepath.Base(p.name), strings.Join(p.args, " "), err, faults.Bytes())
	}
	c = cost{wall: time.Since(began), cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), peak: peak(cmd.ProcessState)}
	b.say("  %s %s: %s", filepath.Base(p.name), strings.Join(p.args, " "), c)
	return c, nil
}

func median[T time.Duration | int64](runs []cost, of func(cost) T) T {
	values := make([]T, len(runs))
	for i, r := range runs {
		values[i] = of(r)
	}
	slices.Sort(values)
	return values[len(values)/2]
}
