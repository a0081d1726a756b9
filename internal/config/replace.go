package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Replace writes a file whole or not at all; it is on stable storage when Replace returns. A file that there is keeps its
// mode and its owner, and stays what links lead to, symbolic and hard ones.
func Replace(path string, content []byte) error {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	mode, before, err := replaceable(path)
	if err != nil {
		return err
	}
	fresh, err := writeBeside(path, content, mode)
	if err != nil {
		return err
	}
	if before != nil && !takesPlace(fresh, before) {
		// Another file would be another one for whoever knows this one by another name, or owns it.
		if err := overwrite(path, content); err != nil {
			return fmt.Errorf("%w; %s has what was to be written", err, fresh)
		}
		return os.Remove(fresh)
	}
	if err := os.Rename(fresh, path); err != nil {
		return errors.Join(err, os.Remove(fresh))
	}
	parent, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(parent.Sync(), parent.Close())
}

// replaceable gives the mode that a file has or gets. A file that may not be written to may not be replaced either.
func replaceable(path string) (fs.FileMode, fs.FileInfo, error) {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return 0o644, nil, nil
	}
	if err != nil {
		return 0, nil, err
	}
	about, err := f.Stat()
	if err := errors.Join(err, f.Close()); err != nil {
		return 0, nil, err
	}
	return about.Mode().Perm(), about, nil
}

// writeBeside writes a new file in the directory of another and gives its path.
func writeBeside(path string, content []byte, mode fs.FileMode) (_ string, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_, err = f.Write(content)
	if err == nil {
		err = f.Chmod(mode)
	}
	if err == nil {
		err = f.Sync()
	}
	return f.Name(), errors.Join(err, f.Close())
}

// overwrite gives a file new content in its place.
func overwrite(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Truncate(int64(len(content)))
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}
