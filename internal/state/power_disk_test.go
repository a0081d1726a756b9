package state

import (
	"bytes"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/ncruces/go-sqlite3/vfs"
)

// powerDisk is a [disk] that remembers every operation on it that a power cut can undo, and every flush that makes such
// operations last. The files are real ones, so that what does not concern durability (locks, the WAL index, what a path
// leads to) is the operating system's. A [platter] says what a cut leaves.
type powerDisk struct {
	local
	name     string // of SQLite's way to it
	sabotage sabotage

	mu    sync.Mutex
	files map[string]int // by path
	next  int
	log   []diskOp
}

// sabotage takes away what the state relies on, for negative controls.
type sabotage struct {
	pragma          string // for the connection, after it was opened
	flushesNothing  bool   // flushes of files are ignored
	forgetsItsNames bool   // flushes of directories are ignored
}

type opKind uint8

const (
	opWrite opKind = iota
	opTruncate
	opFlush
	opName     // a name for a file
	opRename   // name becomes to
	opUnname   // a name is deleted
	opFlushDir // of the only directory that there is
)

type diskOp struct {
	kind     opKind
	file     int
	at       int64 // offset, or the size to truncate to
	data     []byte
	name, to string
}

// insert gives a disk with files under their stable names, and makes it known to SQLite.
func insert(name string, s sabotage, p *platter) *powerDisk {
	d := &powerDisk{name: name, sabotage: s, files: maps.Clone(p.names), next: p.next}
	vfs.Register(name, checkedVFS{powerVFS{vfs.Find("os").(vfs.VFSFilename), d}})
	return d
}

func (d *powerDisk) remember(op diskOp) {
	d.mu.Lock()
	d.log = append(d.log, op)
	d.mu.Unlock()
}

func (d *powerDisk) named(path string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.next++
	d.files[path] = d.next
	d.log = append(d.log, diskOp{kind: opName, file: d.next, name: path})
	return d.next
}

func (d *powerDisk) file(path string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.files[path]
}

// position is how many operations there were.
func (d *powerDisk) position() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.log)
}

func (d *powerDisk) vfs() string { return d.name }

func (d *powerDisk) make(path string) (*os.File, error) {
	f, err := d.local.make(path)
	if err == nil {
		d.named(path)
	}
	return f, err
}

func (d *powerDisk) flush(f *os.File) error {
	d.flushed(d.file(f.Name()))
	return nil
}

func (d *powerDisk) flushed(file int) {
	if !d.sabotage.flushesNothing {
		d.remember(diskOp{kind: opFlush, file: file})
	}
}

func (d *powerDisk) rename(from, to string) error {
	err := d.local.rename(from, to)
	if err == nil {
		d.mu.Lock()
		d.files[to] = d.files[from]
		delete(d.files, from)
		d.log = append(d.log, diskOp{kind: opRename, file: d.files[to], name: from, to: to})
		d.mu.Unlock()
	}
	return err
}

func (d *powerDisk) flushDir(string) error {
	if !d.sabotage.forgetsItsNames {
		d.remember(diskOp{kind: opFlushDir})
	}
	return nil
}

// powerVFS is SQLite's way to a powerDisk.
type powerVFS struct {
	vfs.VFSFilename
	disk *powerDisk
}

func (v powerVFS) OpenFilename(name *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	path := name.String()
	_, missing := os.Lstat(path)
	f, flags, err := v.VFSFilename.OpenFilename(name, flags)
	if err != nil || path == "" {
		return f, flags, err
	}
	if missing != nil {
		v.disk.named(path)
	}
	return &powerFile{f.(systemFile), v.disk, v.disk.file(path)}, flags, nil
}

func (v powerVFS) Delete(path string, syncDir bool) error {
	err := v.VFSFilename.Delete(path, syncDir)
	if err == nil {
		v.disk.remember(diskOp{kind: opUnname, name: path})
		if syncDir {
			return v.disk.flushDir("")
		}
	}
	return err
}

type powerFile struct {
	systemFile
	disk *powerDisk
	file int
}

func (f *powerFile) WriteAt(b []byte, at int64) (int, error) {
	n, err := f.systemFile.WriteAt(b, at)
	f.disk.remember(diskOp{kind: opWrite, file: f.file, at: at, data: bytes.Clone(b[:n])})
	return n, err
}

// SizeHint makes nothing longer, for that could not be seen.
func (f *powerFile) SizeHint(int64) error { return nil }

func (f *powerFile) Truncate(size int64) error {
	err := f.systemFile.Truncate(size)
	if err == nil {
		f.disk.remember(diskOp{kind: opTruncate, file: f.file, at: size})
	}
	return err
}

// Sync flushes no directory, for the system's does not either, whatever it is asked: it flushes the file twice.
func (f *powerFile) Sync(vfs.SyncFlag) error {
	f.disk.flushed(f.file)
	return nil
}

// platter is what is on stable storage, and what may or may not be.
type platter struct {
	names   map[string]int
	content map[int][]byte
	next    int
	pending []diskOp // in order
}

func newPlatter() *platter { return &platter{names: map[string]int{}, content: map[int][]byte{}} }

func (p *platter) clone() *platter {
	c := &platter{maps.Clone(p.names), maps.Clone(p.content), p.next, slices.Clone(p.pending)}
	for file, b := range c.content {
		c.content[file] = bytes.Clone(b)
	}
	return c
}

// take follows an operation.
func (p *platter) take(op diskOp) {
	p.next = max(p.next, op.file)
	var last func(diskOp) bool
	switch op.kind {
	case opFlush:
		last = func(o diskOp) bool { return o.kind <= opTruncate && o.file == op.file }
	case opFlushDir:
		last = func(o diskOp) bool { return o.kind >= opName }
	default:
		p.pending = append(p.pending, op)
		return
	}
	p.pending = slices.DeleteFunc(p.pending, func(o diskOp) bool {
		if last(o) {
			p.apply(o)
			return true
		}
		return false
	})
}

func (p *platter) apply(op diskOp) {
	switch op.kind {
	case opWrite:
		b := p.grown(op.file, op.at+int64(len(op.data)))
		copy(b[op.at:], op.data)
	case opTruncate:
		b := p.grown(op.file, op.at)
		p.content[op.file] = b[:op.at:op.at]
	case opName:
		p.names[op.name] = op.file
	case opRename:
		p.names[op.to] = op.file
		delete(p.names, op.name)
	case opUnname:
		delete(p.names, op.name)
	}
}

func (p *platter) grown(file int, size int64) []byte {
	b := p.content[file]
	if n := size - int64(len(b)); n > 0 {
		b = append(b, make([]byte, n)...)
		p.content[file] = b
	}
	return b
}

// cut decides for everything that was not flushed whether it outlasts the cut. Sectors are lost and kept one by one, the
// last sector of a write may be torn, and a file may have grown over sectors that were never written.
func (p *platter) cut(r *rand.Rand) *platter {
	c := p.clone()
	c.pending = nil
	sector := int64([]int{512, 4096}[r.IntN(2)])
	way, share := r.IntN(5), r.Float64()
	ordered := len(p.pending)
	if way == 2 {
		ordered = r.IntN(len(p.pending) + 1)
	}
	for i, op := range p.pending {
		switch way {
		case 0: // all lost
		case 1: // all kept
			c.apply(op)
		case 2: // lost from some point on, and what was being written then is torn
			if i < ordered {
				c.apply(op)
			} else if i == ordered && op.kind == opWrite {
				c.tear(op, r)
			}
		default: // each sector for itself, and so in any order
			if op.kind == opWrite {
				c.scatter(op, sector, share, way == 4, r)
			} else if r.Float64() < share {
				c.apply(op)
			}
		}
	}
	return c
}

// tear keeps the beginning of a write.
func (p *platter) tear(op diskOp, r *rand.Rand) {
	op.data = op.data[:r.IntN(len(op.data)+1)]
	p.apply(op)
}

func (p *platter) scatter(op diskOp, sector int64, share float64, torn bool, r *rand.Rand) {
	before := int64(len(p.content[op.file]))
	for from := op.at; from < op.at+int64(len(op.data)); {
		to := min((from/sector+1)*sector, op.at+int64(len(op.data)))
		part := diskOp{kind: opWrite, file: op.file, at: from, data: op.data[from-op.at : to-op.at]}
		switch kept := r.Float64() < share; {
		case kept && torn && r.IntN(4) == 0:
			p.tear(part, r)
		case kept:
			p.apply(part)
		case to > before && r.IntN(3) == 0:
			junk := p.grown(op.file, to)[max(from, before):to]
			if r.IntN(2) == 0 {
				for i := range junk {
					junk[i] = byte(r.Uint32())
				}
			}
		}
		from = to
	}
}

// restore puts into dir what a cut has left, and what an index of the log might be then.
func (p *platter) restore(dir string, r *rand.Rand) error {
	old, err := filepath.Glob(filepath.Join(dir, "smsplan.state*"))
	if err != nil {
		return err
	}
	if err := removeFiles(old...); err != nil {
		return err
	}
	for path, file := range p.names {
		content := p.content[file]
		if strings.HasSuffix(path, "-shm") {
			content = make([]byte, r.IntN(2)*32768)
			for i := range content {
				content[i] = byte(r.Uint32())
			}
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return err
		}
	}
	return nil
}
