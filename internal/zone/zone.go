// Package zone knows what the clocks of the world show: IANA's time zones, from a
// table in the program, so that a plan is the same on every machine, and the hours of a
// day in them.
package zone

import (
	"archive/zip"
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
)

//go:generate go run pack.go

// packed is what pack.go makes of a release: a file for each zone, and two of its own.
//
//go:embed zoneinfo.zip
var packed []byte

const (
	versionFile = "+VERSION"
	regionFile  = "zone.tab"
)

// ErrUnknown says that there is no zone of that name.
var ErrUnknown = errors.New("there is no such time zone")

// Version names IANA's release, such as 2026f.
func Version() string {
	b, err := file(versionFile)
	if err != nil {
		panic(err)
	}
	return strings.TrimSpace(string(b))
}

// Load gives the zone with a name such as Europe/Berlin. It neither reads files nor asks
// the environment, as [time.LoadLocation] does. The error is [ErrUnknown].
func Load(name string) (*time.Location, error) {
	if name == versionFile || name == regionFile {
		return nil, ErrUnknown
	}
	b, err := file(name)
	if err != nil {
		return nil, err
	}
	return time.LoadLocationFromTZData(name, b)
}

// Names lists the zones, sorted.
func Names() []string {
	var names []string
	for name := range table() {
		if name != versionFile && name != regionFile {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Of names the zones of an ISO 3166 region, sorted; none where the table does not have it.
func Of(region string) []string { return slices.Clone(regions()[region]) }

// table has the files of packed by their names.
var table = sync.OnceValue(func() map[string]*zip.File {
	z, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		panic(err) // the table is part of the program
	}
	files := make(map[string]*zip.File, len(z.File))
	for _, f := range z.File {
		files[f.Name] = f
	}
	return files
})

// regions has the zones of each region, sorted.
var regions = sync.OnceValue(func() map[string][]string {
	b, err := file(regionFile)
	if err != nil {
		panic(err)
	}
	names := map[string][]string{}
	for line := range strings.Lines(string(b)) {
		of, name, _ := strings.Cut(strings.TrimSpace(line), "\t")
		names[of] = append(names[of], name)
	}
	for _, of := range names {
		slices.Sort(of)
	}
	return names
})

func file(name string) ([]byte, error) {
	f, ok := table()[name]
	if !ok {
		return nil, ErrUnknown
	}
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	defer r.Close()
	return io.ReadAll(r)
}
