package config

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"syscall"
	"time"

	"github.com/hashicorp/hcl/v2"
)

// Bounds of what a configuration is written in. HCL takes some two hundred bytes of memory for each byte that it parses.
const (
	maxSource  = 4 << 20  // one file
	maxSources = 16 << 20 // all files that are read for one configuration
	mostFiles  = 10_000
)

var (
	errTooLarge  = errors.New("is larger than 4 MiB, which is more than a configuration is written in. Put recipients into files of their own: csv and jsonl blocks read those")
	errTooMuch   = errors.New("is too much: the files before it and this one take more than 16 MiB together. Put recipients into files of their own: csv and jsonl blocks read those")
	errManyFiles = fmt.Errorf("there are more than %d files of the configuration", mostFiles)
)

// listed gives the names of what is in a directory and wanted, sorted. What is not wanted takes no room.
func listed(dir string, wanted func(fs.DirEntry) bool) ([]string, error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	var names []string
	for {
		entries, err := d.ReadDir(1000)
		for _, entry := range entries {
			if wanted(entry) {
				names = append(names, entry.Name())
			}
		}
		switch {
		case len(names) > mostFiles:
			return nil, errManyFiles
		case err == io.EOF:
			slices.Sort(names)
			return names, nil
		case err != nil:
			return nil, err
		}
	}
}

// source gives the content of a file of the configuration, which may lie below its directory only.
func (l *loader) source(name string) ([]byte, bool) {
	file, err := confinement{dir: l.dir, allowed: l.options.AllowPaths}.locate(name)
	if err != nil {
		l.add(&hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Cannot read a file", Detail: sentence(err.Error())})
		return nil, false
	}
	content, err := file.content(maxSource)
	return content, l.took(content, name, err)
}

// givenSource gives the content of a file that was named on the command line. It may lie anywhere, and it may be a pipe, which is read to its
// end, or until ctx ends.
func (l *loader) givenSource(ctx context.Context, path string) ([]byte, bool) {
	content, err := func() ([]byte, error) {
		about, err := os.Stat(path)
		if err == nil && about.Mode()&(fs.ModeNamedPipe) == 0 {
			err = regular(about)
		}
		if err != nil {
			return nil, err
		}
		f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		defer context.AfterFunc(ctx, func() { _ = f.SetReadDeadline(time.Now()) })()
		return upTo(maxSource, f)
	}()
	return content, l.took(content, path, err)
}

// took reports why a file could not be read, or that all of them together are too much.
func (l *loader) took(content []byte, shown string, err error) bool {
	l.read += len(content)
	if err == nil && l.read > maxSources {
		err = errTooMuch
	}
	if err == nil {
		return true
	}
	detail := fmt.Sprintf("%s: %s.", visible(shown), reason(err))
	if errors.Is(err, errNotRegular) || errors.Is(err, errTooLarge) || errors.Is(err, errTooMuch) {
		detail = fmt.Sprintf("%s %s.", visible(shown), err)
	}
	l.add(&hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Cannot read a file", Detail: detail})
	return false
}

// content gives all of a file that has no more than most bytes.
func (l located) content(most int64) ([]byte, error) {
	f, err := l.open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if f.about.Size() > most {
		return nil, errTooLarge
	}
	return upTo(most, f)
}

// upTo reads all of r, which may have no more than most bytes.
func upTo(most int64, r io.Reader) ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(r, most+1))
	if err == nil && int64(len(content)) > most {
		return nil, errTooLarge
	}
	return content, err
}
