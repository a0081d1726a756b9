package main

import (
	"context"
	"fmt"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// finding is one line of the report: a ratio, or a figure, and what it is to be.
type finding struct {
	what    string
	got     float64
	unit    string
	target  float64
	atLeast bool   // it is to be at least target; else at most
	from    string // what it was made of
}

// String is a row of the table that head begins.
func (f finding) String() string {
	bound, met := "at most", f.got <= f.target
	if f.atLeast {
		bound, met = "at least", f.got >= f.target
	}
	word := "yes"
	if !met {
		word = "**no**"
	}
	return fmt.Sprintf("| %s | %s | %s %s | %s | %s |", f.what, figure(f.got, f.unit), bound, figure(f.target, f.unit), word, f.from)
}

// head says what was measured, and on what, and begins the table.
func head(ctx context.Context) string {
	commit := "unknown"
	if out, err := exec.CommandContext(ctx, "git", "describe", "--always", "--dirty", "--abbrev=12").Output(); err == nil {
		commit = strings.TrimSpace(string(out))
	}
	return fmt.Sprintf("Commit %s, %s, %d cores, %s/%s.\n\n| what | measured | target | met | from |\n| --- | ---: | ---: | --- | --- |\n",
		commit, runtime.Version(), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH)
}

// figure is a number with three digits that count, and its unit.
func figure(f float64, unit string) string {
	digits := 2
	for limit := 1.0; digits > 0 && f >= limit*10; limit *= 10 {
		digits--
	}
	return strings.TrimSpace(fmt.Sprintf("%.*f %s", digits, f, unit))
}

// over is what one took for each unit of the other.
func over[T time.Duration | int64](one, other T) float64 { return float64(one) / float64(other) }

func seconds(d time.Duration) string {
	if d < time.Second {
		return figure(float64(d)/float64(time.Millisecond), "ms")
	}
	return figure(d.Seconds(), "s")
}

func octets(n int64) string { return figure(float64(n)/1e6, "MB") }
