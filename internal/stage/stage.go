//go:build unix

// Package stage measures what a stage of the work costs the processor, beside a limit that does less. Benchmarks alone use it.
// The processor's time is what is compared: it does not depend on who else uses the machine.
package stage

import (
	"syscall"
	"testing"
	"time"
)

// Against reports the time of the processor that ours takes for each of n units, a row or a person, and how many times that of
// each limit it is. They are run in turn.
func Against(b *testing.B, n int, unit string, ours func(), limits map[string]func()) {
	took := func(do func()) time.Duration {
		began := ProcessorTime()
		do()
		return ProcessorTime() - began
	}
	spent, all := map[string]time.Duration{}, time.Duration(0)
	for b.Loop() {
		all += took(ours)
		for name, limit := range limits {
			spent[name] += took(limit)
		}
	}
	b.ReportMetric(float64(all)/float64(b.N*n), "cpu-ns/"+unit)
	for name, limit := range spent {
		b.ReportMetric(float64(all)/float64(limit), "of-"+name)
	}
}

// ProcessorTime is what the process has had of the processor so far.
func ProcessorTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		panic(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
