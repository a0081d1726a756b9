package config

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
)

// confinement says which files may be read: those below the directory of the configuration and below what -allow-path
// names. Symbolic links are followed first, so none leads out.
type confinement struct {
	dir     string
	allowed []string
}

func (s *scope) confinement() confinement {
	return confinement{dir: s.config.Dir, allowed: s.l.options.AllowPaths}
}

// resolve gives the real path of a file that exists and may be read. path is meant relative to the directory.
func (c confinement) resolve(path string) (string, error) {
	file, err := c.locate(path)
	return filepath.Join(file.dir, file.below), err
}

// locate finds a file that exists and may be read. path is meant relative to the directory.
func (c confinement) locate(path string) (located, error) {
	full := path
	if !filepath.IsAbs(full) {
		full = filepath.Join(c.dir, path)
	}
	full, err := filepath.Abs(full)
	if err != nil {
		return located{}, unreadable(path, err)
	}
	real, err := filepath.EvalSymlinks(full)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if _, err := c.permits(path, filepath.Clean(full)); err != nil {
			return located{}, err
		}
		return located{}, missingFile{path, c.dir}
	case err != nil:
		return located{}, unreadable(path, err)
	}
	return c.permits(path, real)
}

func unreadable(path string, err error) error {
	return fmt.Errorf("the file %s cannot be read: %s", visible(path), reason(err))
}

// missingFile is the error about a file that may be read and is not there.
type missingFile struct {
	path string // as written
	dir  string // that the path starts at, unless it is absolute
}

func (m missingFile) Error() string {
	if filepath.IsAbs(m.path) {
		return fmt.Sprintf("there is no file %s. Create it, or correct the path", visible(m.path))
	}
	return fmt.Sprintf("there is no file %s in %s. Paths start at that directory, the configuration's: create the file, or correct the path", visible(m.path), visible(m.dir))
}

// permits gives where a file is below what may be read; path is how it is written.
func (c confinement) permits(path, file string) (located, error) {
	for _, dir := range append([]string{c.dir}, c.allowed...) {
		dir, err := filepath.Abs(dir)
		if err != nil {
			return located{}, unreadable(path, err)
		}
		for _, base := range []string{dir, realPath(dir)} {
			rel, err := filepath.Rel(base, file)
			if err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
				return located{base, rel}, nil
			}
		}
	}
	return located{}, fmt.Errorf("the path %s leads out of the configuration's directory. Allow it with -allow-path=DIR", visible(path))
}

func realPath(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}
