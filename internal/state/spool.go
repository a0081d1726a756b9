package state

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"
)

// Spool keeps observations on disk until whoever holds the state takes them in. It names nobody: people are pseudonyms there too. Its
// methods are safe for use by several goroutines.
type Spool struct {
	dir string

	mu      sync.Mutex
	file    *os.File // that is being written; nil for none
	path    string
	lock    *flock.Flock
	written int64
}

const (
	spoolSuffix = ".jsonl"
	// spoolSize is how large a file of a spool may become.
	spoolSize = 4 << 20
	// spoolBatch is how many observations are recorded in one transaction.
	spoolBatch = 1000
	// spoolTogether is how many files of a spool share a transaction.
	spoolTogether = 100
	// longestObservation is far more than a line of a spool has.
	longestObservation = 64 << 10
)

// spooled is an observation as a line of JSON.
type spooled struct {
	ID       string              `json:"apimsgid,omitempty"`
	ClientID string              `json:"climsgid,omitempty"`
	People   map[string][]string `json:"people,omitempty"` // pseudonyms by the id of the key
	Status   Status              `json:"status"`
	At       time.Time           `json:"at"`
	Charge   *int64              `json:"charge,omitempty"` // millionths of a credit
}

// NewSpool gives the spool in a directory, which is made when there is something to keep.
func NewSpool(dir string) *Spool { return &Spool{dir: dir} }

// Add keeps observations. They are on stable storage when it returns.
func (s *Spool) Add(list []Observation) error {
	var lines bytes.Buffer
	out := json.NewEncoder(&lines)
	for i := range list {
		if err := out.Encode(list[i].spooled()); err != nil {
			return fmt.Errorf("receipts: %w", err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.written > spoolSize {
		if err := s.end(); err != nil {
			return err
		}
	}
	if s.file == nil {
		if err := s.begin(); err != nil {
			return fmt.Errorf("receipts: %w", err)
		}
	}
	err := s.write(lines.Bytes())
	if errors.Is(err, errGone) {
		if err = s.begin(); err == nil {
			err = s.write(lines.Bytes())
		}
	}
	if err != nil {
		return fmt.Errorf("receipts: %w", err)
	}
	return nil
}

// errGone says that the file is not in the directory any more: what is written to it nobody takes in.
var errGone = errors.New("somebody has removed the file while it was being written")

func (s *Spool) write(lines []byte) error {
	n, err := s.file.Write(lines)
	s.written += int64(n)
	if err == nil {
		err = s.file.Sync()
	}
	if err == nil {
		err = s.there()
	}
	if err != nil {
		// What a failed write or flush has left is unknown: the next goes into another file.
		return errors.Join(err, s.end())
	}
	return nil
}

func (s *Spool) there() error {
	open, err := s.file.Stat()
	if err != nil {
		return err
	}
	named, err := os.Lstat(s.path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !os.SameFile(open, named) {
		return errGone
	}
	return err
}

// begin makes a file that is locked before anybody else can see it under its name.
func (s *Spool) begin() error {
	if err := makeDirs(local{}, s.dir); err != nil {
		return err
	}
	var random [8]byte
	rand.Read(random[:])
	name := fmt.Sprintf("%020d-%x", time.Now().UnixNano(), random)
	hidden := filepath.Join(s.dir, "."+name)
	lock := flock.New(hidden, flock.SetPermissions(0o600))
	if held, err := lock.TryLock(); err != nil || !held {
		return errors.Join(err, fmt.Errorf("lock %s", hidden))
	}
	file, err := os.OpenFile(hidden, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return errors.Join(err, lock.Unlock(), os.Remove(hidden))
	}
	path := filepath.Join(s.dir, name+spoolSuffix)
	if err := os.Rename(hidden, path); err != nil {
		return errors.Join(err, file.Close(), lock.Unlock(), os.Remove(hidden))
	}
	if err := (local{}).flushDir(s.dir); err != nil {
		return errors.Join(err, file.Close(), lock.Unlock())
	}
	s.file, s.path, s.lock, s.written = file, path, lock, 0
	return nil
}

func (s *Spool) end() error {
	if s.file == nil {
		return nil
	}
	err := errors.Join(s.file.Close(), s.lock.Unlock())
	s.file, s.path, s.lock, s.written = nil, "", nil, 0
	return err
}

// Close lets others take in what was added. More can be added afterwards.
func (s *Spool) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.end()
}

// Some reports whether there is anything to take in.
func (s *Spool) Some() (bool, error) {
	files, err := spoolFiles(s.dir)
	return len(files) > 0, err
}

// spoolFiles lists the files of a spool, the oldest first. What is no file, nobody of us has put there: a pipe would never end.
func spoolFiles(dir string) (paths []string, err error) {
	if at, err := os.Stat(dir); err == nil && !at.IsDir() {
		return nil, fmt.Errorf("receipts: %s is no directory, and statuses that the gateway pushes are kept in one: move it away", dir)
	}
	files, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("receipts: %w", err)
	}
	for _, f := range files {
		if f.Type().IsRegular() && strings.HasSuffix(f.Name(), spoolSuffix) && !strings.HasPrefix(f.Name(), ".") {
			paths = append(paths, filepath.Join(dir, f.Name()))
		}
	}
	return paths, nil
}

func (o *Observation) spooled() spooled {
	line := spooled{ClientID: o.ClientID, Status: o.Status, At: o.At}
	if o.ID != [16]byte{} {
		line.ID = hex.EncodeToString(o.ID[:])
	}
	if o.Charged {
		line.Charge = &o.Charge
	}
	for key, people := range o.People {
		if line.People == nil {
			line.People = map[string][]string{}
		}
		for _, p := range people {
			line.People[key] = append(line.People[key], hex.EncodeToString(p[:]))
		}
	}
	return line
}

// observation reads a line of a spool.
func (l *spooled) observation() (o Observation, ok bool) {
	o = Observation{ClientID: l.ClientID, Status: l.Status, At: l.At}
	if l.ID != "" && !unhex(l.ID, o.ID[:]) {
		return o, false
	}
	if l.Charge != nil {
		o.Charge, o.Charged = *l.Charge, true
	}
	for key, people := range l.People {
		if o.People == nil {
			o.People = Pseudonyms{}
		}
		for _, text := range people {
			var p Person
			if !unhex(text, p[:]) {
				return o, false
			}
			o.People[key] = append(o.People[key], p)
		}
	}
	return o, true
}

func unhex(text string, into []byte) bool {
	if len(text) != 2*len(into) {
		return false
	}
	_, err := hex.Decode(into, []byte(text))
	return err == nil
}

// Intake is what taking a spool in came to.
type Intake struct {
	Observed
	Torn int // lines that cannot be read, of a write that was broken off: whoever pushed those was not told that they were taken
}

// TakeIn records what a spool holds, and takes it away. Files that somebody is writing are left.
func (s *State) TakeIn(ctx context.Context, dir string) (taken Intake, err error) {
	files, err := spoolFiles(dir)
	if err != nil {
		return taken, err
	}
	in := intake{state: s, taken: &taken}
	for _, path := range files {
		if err := in.file(ctx, path); err != nil {
			return taken, errors.Join(err, in.release())
		}
	}
	return taken, in.record(ctx)
}

// intake takes a spool in. A spool that waited for long has a file for every second, and a transaction may have to look at every
// request: so files share transactions.
type intake struct {
	state   *State
	taken   *Intake
	list    []Observation
	through []*flock.Flock // of files that were read to their ends, and are removed once the list is recorded
}

func (in *intake) file(ctx context.Context, path string) (err error) {
	lock := flock.New(path, flock.SetFlag(os.O_RDWR))
	held, err := lock.TryLock()
	if errors.Is(err, fs.ErrNotExist) || err == nil && !held {
		return nil // somebody else has taken it in, or is writing it
	}
	if err != nil {
		return fmt.Errorf("receipts: %w", err)
	}
	in.through = append(in.through, lock)
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("receipts: %w", err)
	}
	if err := errors.Join(in.lines(ctx, file), file.Close()); err != nil {
		return err
	}
	if len(in.through) < spoolTogether {
		return nil
	}
	return in.record(ctx)
}

// record records the list, and removes the files that it comes from.
func (in *intake) record(ctx context.Context) error {
	if err := in.observe(ctx); err != nil {
		return errors.Join(err, in.release())
	}
	for _, lock := range in.through {
		if err := removeFiles(lock.Path()); err != nil {
			return errors.Join(err, in.release())
		}
	}
	return in.release()
}

func (in *intake) observe(ctx context.Context) error {
	if len(in.list) == 0 {
		return nil
	}
	seen, err := in.state.Observe(ctx, in.list)
	if err == nil {
		in.taken.Add(seen)
		in.list = in.list[:0]
	}
	return err
}

func (in *intake) release() (err error) {
	for _, lock := range in.through {
		err = errors.Join(err, lock.Unlock())
	}
	in.through = nil
	return err
}

func (in *intake) lines(ctx context.Context, file io.Reader) error {
	lines := bufio.NewReaderSize(file, longestObservation)
	for {
		line, err := lines.ReadSlice('\n')
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			for errors.Is(err, bufio.ErrBufferFull) {
				_, err = lines.ReadSlice('\n')
			}
			in.taken.Torn++
			line = nil
		case errors.Is(err, io.EOF) && len(line) > 0:
			in.taken.Torn++
			line = nil
		}
		if len(line) > 0 {
			var one spooled
			o, ok := Observation{}, json.Unmarshal(line, &one) == nil
			if ok {
				o, ok = one.observation()
			}
			if ok {
				in.list = append(in.list, o)
			} else {
				in.taken.Torn++
			}
		}
		if len(in.list) >= spoolBatch {
			if err := in.observe(ctx); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("receipts: %w", err)
		}
	}
}
