package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
)

// Condition is what can be told of the files of a state without opening it.
type Condition struct {
	Path    string       // with links followed
	There   bool         // there is a state
	Network string       // the kind of network file system that it is on; "" for none
	Shared  []string     // its files, and the anchor, that others than their owner may read or write
	Closed  []string     // directories and files that this user would have to write, and may not
	Holder  *LockedError // who uses it; nil for nobody

	free  uint64
	known bool
}

// Examine looks at the files of a state. It takes no lock but for an instant, and makes nothing.
func Examine(s Settings) (Condition, error) {
	path, err := resolve(s.Path)
	if err != nil {
		return Condition{}, fmt.Errorf("state: %w", err)
	}
	c := Condition{Path: path}
	if _, err := os.Stat(filepath.Dir(path)); errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if c.Network, err = network(filepath.Dir(path)); err != nil {
		return c, err
	}
	if c.free, c.known, err = free(filepath.Dir(path)); err != nil {
		return c, err
	}
	for _, dir := range []string{filepath.Dir(path), nearest(filepath.Dir(s.Anchor))} {
		if !writable(dir) && !slices.Contains(c.Closed, dir) {
			c.Closed = append(c.Closed, dir)
		}
	}
	for _, file := range []string{path, path + "-wal", path + "-shm", path + lockSuffix, s.Anchor} {
		about, err := os.Stat(file)
		if errors.Is(err, fs.ErrNotExist) || file == "" {
			continue
		}
		if err != nil {
			return c, err
		}
		c.There = c.There || file == path
		if runtime.GOOS != "windows" && about.Mode().Perm()&0o077 != 0 { // there the bits say nothing
			c.Shared = append(c.Shared, file)
		}
		if !writable(file) {
			c.Closed = append(c.Closed, file)
		}
	}
	taken, err := held(path)
	if taken {
		c.Holder = readNote(path)
	}
	return c, err
}

// nearest gives a directory, or the one above it that there is.
func nearest(dir string) string {
	for {
		above := filepath.Dir(dir)
		if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) || above == dir {
			return dir
		}
		dir = above
	}
}

// CheckRoom says whether the disk has room for a plan, as [State.CheckRoom] does.
func (c Condition) CheckRoom(people, requests int) error {
	if !c.known {
		return nil
	}
	return checkRoom(c.Path, c.free, people, requests)
}

// Room gives the space that is left for the state, for people; "" where it is not known.
func (c Condition) Room() string {
	if !c.known {
		return ""
	}
	return megabytes(c.free)
}
