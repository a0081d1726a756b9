package config

import (
	"bufio"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"strings"
)

// A compressed file may expand to freeExpansion, and beyond that to mostExpansion times what was read of it. A list of people does
// not come near that, because their numbers differ; deflate itself ends at a thousand times.
const (
	freeExpansion = 64 << 20
	mostExpansion = 250
)

var (
	errExpands = errors.New("expands too far")
	errDamaged = errors.New("damaged")
)

// expansion reads a file that gzip made, of one member or several, and gives up on one that expands beyond all measure.
type expansion struct {
	from *snapshot
	gzip *gzip.Reader
	out  int64
}

// compressed reports whether a file is one that gzip made: by its name, so that nothing in it decides how it is read.
func compressed(path string) bool { return strings.HasSuffix(strings.ToLower(path), ".gz") }

func expand(from *snapshot) (*expansion, error) {
	r, err := gzip.NewReader(bufio.NewReader(from))
	return &expansion{from: from, gzip: r}, err
}

func (e *expansion) Read(p []byte) (int, error) {
	n, err := e.gzip.Read(p)
	e.out += int64(n)
	switch {
	case e.out > freeExpansion && e.out > mostExpansion*e.from.read():
		return n, errExpands
	case err != nil && err != io.EOF && !errors.As(err, new(*fs.PathError)):
		return n, errDamaged
	}
	return n, err
}
