//go:build unix

package main

import (
	"os"
	"runtime"
	"syscall"
)

// peak is the largest part of the process that was in memory at a time, in octets.
func peak(s *os.ProcessState) int64 {
	used, is := s.SysUsage().(*syscall.Rusage)
	switch {
	case !is:
		return 0
	case runtime.GOOS == "darwin" || runtime.GOOS == "ios":
		return int64(used.Maxrss)
	}
	return int64(used.Maxrss) << 10 // others count in KiB
}
