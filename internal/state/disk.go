package state

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"

	"github.com/ncruces/go-sqlite3/vfs"
)

// disk is what the files of a state lie on, as far as it decides what outlasts a power cut: the operating system, but in
// tests that cut its power.
type disk interface {
	vfs() string                        // the name of SQLite's way to it, a [checkedVFS]
	make(path string) (*os.File, error) // an empty file of mode 0600, where there is none
	flush(f *os.File) error
	rename(from, to string) error
	flushDir(dir string) error
}

// local is the operating system's disk.
type local struct{}

func (local) vfs() string {
	const name = "smsplan"
	if vfs.Find(name) == nil {
		vfs.Register(name, checkedVFS{vfs.Find("os").(vfs.VFSFilename)})
	}
	return name
}

func (local) make(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
}

func (local) flush(f *os.File) error { return f.Sync() }

func (local) rename(from, to string) error { return os.Rename(from, to) }

func (local) flushDir(dir string) error { return syncDir(dir) }

// on gives the disk that the state is on.
func (s Settings) on() disk {
	if s.disk != nil {
		return s.disk
	}
	return local{}
}

// makeDirs makes the directory and those above it, as far as they are missing, durably and for the user alone.
func makeDirs(on disk, dir string) error {
	err := os.Mkdir(dir, 0o700)
	if errors.Is(err, os.ErrNotExist) && filepath.Dir(dir) != dir {
		if err := makeDirs(on, filepath.Dir(dir)); err != nil {
			return err
		}
		err = os.Mkdir(dir, 0o700)
	}
	switch {
	case errors.Is(err, os.ErrExist):
		return nil
	case err != nil:
		return err
	}
	return on.flushDir(filepath.Dir(dir))
}

// place makes a file with what fill writes into an empty one of another name: it is at its path whole and durable, or not
// at all. The other name needs no random part, because callers hold a lock; what a crash left under it is made anew.
func place(on disk, path string, fill func(temporary string) error) (err error) {
	temporary := path + ".new"
	remove := func() error {
		return removeFiles(temporary, temporary+"-wal", temporary+"-shm", temporary+"-journal")
	}
	if err := remove(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()

	f, err := on.make(temporary)
	if err != nil {
		return err
	}
	if err := fill(temporary); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := errors.Join(on.flush(f), f.Close()); err != nil {
		return err
	}
	if err := on.rename(temporary, path); err != nil {
		return err
	}
	return on.flushDir(filepath.Dir(path))
}

// syncDir makes the entries of a directory durable. Windows has no such call and does not need it.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
