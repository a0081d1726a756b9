//go:build unix

package config

import (
	"net"
	"path/filepath"
	"syscall"
	"testing"
)

// makePipe makes a named pipe that nobody writes to.
func makePipe(t *testing.T, dir string) string {
	path := filepath.Join(dir, "pipe.csv")
	namedPipe(t, path)
	return path
}

func namedPipe(t *testing.T, path string) {
	t.Helper()
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
}

// socket makes a socket that listens.
func socket(t *testing.T, dir, name string) {
	t.Helper()
	t.Chdir(dir) // the path of a socket is short
	l, err := net.Listen("unix", name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
}
