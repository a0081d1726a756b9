package config

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// located is a file that may be read: its path below a directory that it must not lead out of.
type located struct{ dir, below string }

// errNotRegular is the error about a pipe, a device or a socket.
var errNotRegular = errors.New("is not a regular file")

// open opens a regular file. What has taken its place since it was located, a link that leads elsewhere or a pipe that nobody
// writes to, is an error and is not waited for.
func (l located) open() (*snapshot, error) {
	root, err := os.OpenRoot(l.dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	// A look at the kind comes first: to open a device may do something to it.
	about, err := root.Stat(l.below)
	if err == nil {
		err = regular(about)
	}
	if err != nil {
		return nil, err
	}
	f, err := root.OpenFile(l.below, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	return newSnapshot(f)
}

func regular(about fs.FileInfo) error {
	switch {
	case about.IsDir():
		return &fs.PathError{Op: "read", Path: about.Name(), Err: syscall.EISDIR}
	case !about.Mode().IsRegular():
		return errNotRegular
	}
	return nil
}

// snapshot reads a regular file as long as it was when it was opened: one that grows while it is read has an end.
type snapshot struct {
	file  *os.File
	about fs.FileInfo
	rest  io.LimitedReader
}

func newSnapshot(f *os.File) (*snapshot, error) {
	about, err := f.Stat()
	if err == nil {
		err = regular(about)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return &snapshot{file: f, about: about, rest: io.LimitedReader{R: f, N: about.Size()}}, nil
}

func (s *snapshot) Read(p []byte) (int, error) { return s.rest.Read(p) }

func (s *snapshot) Close() error { return s.file.Close() }

// read gives how many bytes were read so far.
func (s *snapshot) read() int64 { return s.about.Size() - s.rest.N }

// changed reports whether the file was written to since it was opened.
func (s *snapshot) changed() (bool, error) {
	now, err := s.file.Stat()
	if err != nil {
		return false, err
	}
	return now.Size() != s.about.Size() || !now.ModTime().Equal(s.about.ModTime()), nil
}
