package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// How the files begin that -json-into and -junit-xml write.
const (
	streamStart = `{"@level":`
	junitStart  = "<?xml"
)

// reportable says whether a report that begins with start may be written at path: where nothing is, or an empty file, or such a
// report, or what is no file, as a pipe is. A state in its place would be lost, and with it who was sent what.
func reportable(path, start string) error {
	about, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !about.Mode().IsRegular():
		return nil // a directory says so when it is opened
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	there, err := io.ReadAll(io.LimitReader(file, int64(len(start))))
	if err != nil {
		return err
	}
	if len(there) > 0 && !bytes.Equal(there, []byte(start)) {
		return errors.New("exists and is no such report\nNothing was overwritten. Give another name, or take the file away")
	}
	return nil
}

// writeReport writes a report whole, or none; into what is no file, such as a pipe or /dev/stdout, as it comes.
func writeReport(path string, write func(io.Writer) error) error {
	about, err := os.Lstat(path)
	if err != nil || about.Mode().IsRegular() {
		return replace(path, 0o644, write)
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return err
	}
	return errors.Join(write(file), file.Close())
}

// openStream opens the file of -json-into.
func openStream(path string) (*os.File, error) {
	err := reportable(path, streamStart)
	if err == nil {
		var file *os.File
		if file, err = os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600); err == nil {
			return file, nil
		}
	}
	return nil, fmt.Errorf("-json-into=%s: %w", path, cause(err))
}
