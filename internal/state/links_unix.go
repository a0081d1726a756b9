//go:build unix

package state

import (
	"os"
	"syscall"
)

// links gives the number of names that a file has.
func links(path string) (int, error) {
	i, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	if s, ok := i.Sys().(*syscall.Stat_t); ok {
		return int(s.Nlink), nil
	}
	return 1, nil
}
