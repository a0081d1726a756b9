package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/smsplan/smsplan/internal/plan"
	"github.com/smsplan/smsplan/internal/seal"
)

// save writes the plan at path, which never holds half of one; encrypted where there are keys.
func save(made *plan.Plan, path string, to *seal.Recipients) error {
	if to.Len() == 0 {
		return replace(path, 0o600, made.Write)
	}
	return replace(path, 0o600, func(w io.Writer) error { return made.WriteSealed(w, to.Len(), to.Seal) })
}

// replace writes a file beside path and moves it there, so that path never holds half of it.
func replace(path string, mode fs.FileMode, write func(io.Writer) error) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), ".smsplan-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(file.Name()))
		}
	}()
	if err := errors.Join(write(file), file.Chmod(mode), file.Sync(), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

// replaceable says whether a plan may be saved at path: where nothing is, or an empty file, or a saved plan.
func replaceable(path string) error {
	if path == "" {
		return nil
	}
	about, err := os.Lstat(path) // a plan takes the place of a link, not of what it leads to
	if err == nil && about.Mode()&fs.ModeSymlink != 0 {
		return fmt.Errorf("-out=%s: is a link, and the plan would take its place\nNothing was overwritten. Name the file itself", path)
	}
	if errors.Is(err, fs.ErrNotExist) || err == nil && about.Mode().IsRegular() && about.Size() == 0 {
		return nil
	}
	if err != nil {
		return fmt.Errorf("-out=%s: %w", path, cause(err))
	}
	if about.Mode().IsRegular() {
		_, err = peekPlan(path)
		if failed := syscall.Errno(0); err == nil || errors.As(err, &failed) { // the second says nothing about the file
			return err
		}
	}
	return fmt.Errorf("-out=%s: exists and is no saved plan\nNothing was overwritten. Give another name, or take the file away", path)
}

// readPlan reads a saved plan that is not encrypted. The error of one that is wraps [plan.ErrEncrypted].
func readPlan(path string) (*plan.Plan, error) { return readPlanWith(path, plan.Read) }

// peekPlan reads what can be read of a saved plan without a key.
func peekPlan(path string) (*plan.Plan, error) { return readPlanWith(path, plan.Peek) }

func readPlanWith(path string, read func(io.ReaderAt, int64) (*plan.Plan, error)) (*plan.Plan, error) {
	about, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("there is no saved plan %s\nsmsplan plan -out=%s saves one", path, path)
	case err != nil:
		return nil, fmt.Errorf("the saved plan %s cannot be read: %w", path, cause(err))
	case about.IsDir():
		return nil, fmt.Errorf("%s is a directory, not a saved plan", path)
	case !about.Mode().IsRegular(): // opening a pipe would wait for whoever writes into it, and a plan is not read in one go
		return nil, fmt.Errorf("%s is no file, and a saved plan is one", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the saved plan %s cannot be read: %w", path, cause(err))
	}
	defer file.Close()
	in := &watchedFile{file: file}
	made, err := read(in, about.Size())
	switch {
	case in.failed != nil: // which says nothing about the plan
		return nil, fmt.Errorf("the saved plan %s cannot be read: %w", path, cause(in.failed))
	case err == nil:
		return made, nil
	case errors.Is(err, plan.ErrEncrypted):
		return nil, fmt.Errorf("%s %w, and opens with a key only\n-identity=FILE names a file with the key, as age-keygen makes it; or SMSPLAN_AGE_IDENTITY has the key itself", path, plan.ErrEncrypted)
	case errors.Is(err, seal.ErrNoMatch):
		return nil, fmt.Errorf("%s is encrypted to other keys than those that -identity and SMSPLAN_AGE_IDENTITY give\nWhoever saved it knows to whom: -encrypt-to, or plan_encrypt_to in the smsplan block", path)
	case errors.Unwrap(err) != nil:
		// What the decoders of its parts complain of tells nobody anything.
		return nil, fmt.Errorf("%s is no plan saved by smsplan, or is damaged: plan again, with smsplan plan -out=FILE", path)
	}
	return nil, fmt.Errorf("%s %w: plan again, with smsplan plan -out=FILE", path, err)
}

// watchedFile remembers that the system could not read the file, whatever becomes of that error.
type watchedFile struct {
	file   *os.File
	failed error
}

func (w *watchedFile) ReadAt(b []byte, at int64) (int, error) {
	n, err := w.file.ReadAt(b, at)
	if err != nil && !errors.Is(err, io.EOF) {
		w.failed = err
	}
	return n, err
}

// cause gives what the system says of a file, without the call and the file, which may be a temporary one.
func cause(err error) error {
	if path := (*fs.PathError)(nil); errors.As(err, &path) {
		return path.Err
	}
	if link := (*os.LinkError)(nil); errors.As(err, &link) {
		return link.Err
	}
	return err
}
