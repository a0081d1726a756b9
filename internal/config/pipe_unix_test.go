//go:build unix

package config

import (
	"path/filepath"
	"syscall"
	"testing"
)

// makePipe makes a named pipe that nobody writes to.
func makePipe(t *testing.T, dir string) string {
	path := filepath.Join(dir, "pipe.csv")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
