package simulator

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// store keeps what the gateway took in a journal of JSON lines. A line is written by one
// write(2) before the answer leaves, so that only a line whose answer nobody saw can be torn. A nil store keeps nothing.
type store struct {
	file *os.File
	size int64
	line []byte // written last; its room serves the next
	lock *flock.Flock
}

// entry is one line of the journal; one of its fields is set, and At with Withdraw.
type entry struct {
	Send     *accepted   `json:"send,omitempty"`
	Withdraw *messageID  `json:"withdraw,omitempty"`
	At       time.Time   `json:"at,omitzero"`
	Start    *template   `json:"start,omitempty"`
	End      *messageID  `json:"end,omitempty"` // of a template
	Redeem   *redemption `json:"redeem,omitempty"`
}

// accepted is a request of which at least one recipient was accepted; only those are in it.
type accepted struct {
	batch
	IDs     []messageID `json:"ids"`
	To      []string    `json:"to"`
	Charges []float64   `json:"charges,omitempty"` // one for each message; none: they all cost Charge
	Outbox  string      `json:"outbox,omitempty"`
}

// price gives what the message costs if it is sent.
func (a *accepted) price(i int) float64 {
	if len(a.Charges) == 0 {
		return a.Charge
	}
	return a.Charges[i]
}

// openStore locks dir and reads its journal into the ledger. It also gives the last request of the journal, nil for none.
func openStore(dir string, l *ledger) (*store, *accepted, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, nil, fmt.Errorf("simulator's store: %w", err)
	}
	s := &store{lock: flock.New(filepath.Join(dir, "lock"), flock.SetPermissions(0o600))}
	locked, err := s.lock.TryLock()
	if err != nil {
		return nil, nil, fmt.Errorf("simulator's store: lock %s: %w", s.lock.Path(), err)
	}
	if !locked {
		s.lock.Close()
		return nil, nil, fmt.Errorf("the simulator's store %s is in use by another smsplan: wait for it or stop it; two at once need a directory each", dir)
	}
	last, err := s.open(filepath.Join(dir, journalFile), l)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("simulator's store: %w", err), s.close())
	}
	return s, last, nil
}

// CopyStore copies what a simulator keeps in one directory into another, which is made. Where it keeps nothing, nothing is copied.
// Somebody may be writing: what was not written to its end is left out by whoever reads the copy.
func CopyStore(from, to string) error {
	journal, err := os.ReadFile(filepath.Join(from, journalFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = os.MkdirAll(to, 0o700)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(to, journalFile), journal, 0o600)
	}
	if err != nil {
		return fmt.Errorf("simulator's store: %w", err)
	}
	return nil
}

const journalFile = "messages.jsonl"

func (s *store) open(path string, l *ledger) (last *accepted, err error) {
	if s.file, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return nil, err
	}
	in := bufio.NewReaderSize(s.file, 1<<20)
	for line := 1; ; line++ {
		text, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			break // what follows the last line break is torn
		}
		if err != nil {
			return nil, err
		}
		var e entry
		if err := json.Unmarshal(text, &e); err != nil {
			return nil, fmt.Errorf("%s line %d: %w; it was changed by something else, remove it to begin anew", path, line, err)
		}
		if err := e.apply(l); err != nil {
			return nil, fmt.Errorf("%s line %d: %w", path, line, err)
		}
		if e.Send != nil {
			last = e.Send
		}
		s.size += int64(len(text))
	}
	if err := s.file.Truncate(s.size); err != nil {
		return nil, err
	}
	_, err = s.file.Seek(s.size, io.SeekStart)
	return last, err
}

func (e entry) apply(l *ledger) error {
	switch {
	case e.Send != nil && len(e.Send.IDs) == len(e.Send.To) && (len(e.Send.Charges) == 0 || len(e.Send.Charges) == len(e.Send.To)):
		l.add(e.Send)
		return nil
	case e.Withdraw != nil:
		return l.withdraw(*e.Withdraw, e.At)
	case e.Start != nil:
		l.start(e.Start)
		return nil
	case e.End != nil:
		delete(l.templates, *e.End)
		return nil
	case e.Redeem != nil:
		l.redeemed[e.Redeem.Voucher] = *e.Redeem
		return nil
	}
	return errors.New("it is nothing that the simulator writes")
}

// append adds the entry whole or not at all.
func (s *store) append(e entry) error {
	if s == nil {
		return nil
	}
	line, err := e.appendTo(s.line[:0])
	if err != nil {
		return fmt.Errorf("simulator's store: %w", err)
	}
	s.line = line
	if _, err := s.file.Write(line); err != nil {
		_, seekErr := s.file.Seek(s.size, io.SeekStart)
		return fmt.Errorf("simulator's store: %w", errors.Join(err, s.file.Truncate(s.size), seekErr))
	}
	s.size += int64(len(line))
	return nil
}

// appendTo appends the entry as it stands in the journal. For the ids and the numbers, of which there may be 300, encoding/json takes as
// long as everything else that a request needs.
func (e entry) appendTo(line []byte) ([]byte, error) {
	sent := e.Send
	if sent != nil {
		rest := *sent
		rest.IDs, rest.To = nil, nil
		e.Send = &rest
	}
	short, err := jsonLine(e)
	if err != nil || sent == nil {
		return append(line, short...), err
	}
	before, after, _ := bytes.Cut(short, []byte(`"ids":null,"to":null`))
	line = append(append(line, before...), `"ids":[`...)
	for i, id := range sent.IDs {
		if i > 0 {
			line = append(line, ',')
		}
		line = append(hex.AppendEncode(append(line, '"'), id[:]), '"')
	}
	line = append(line, `],"to":[`...)
	for i, to := range sent.To { // digits only: nothing to escape
		if i > 0 {
			line = append(line, ',')
		}
		line = append(append(append(line, '"'), to...), '"')
	}
	return append(append(line, ']'), after...), nil
}

func jsonLine(v any) ([]byte, error) {
	var line bytes.Buffer
	out := json.NewEncoder(&line)
	out.SetEscapeHTML(false)
	err := out.Encode(v)
	return line.Bytes(), err
}

// empty forgets every entry.
func (s *store) empty() error {
	if s == nil {
		return nil
	}
	if err := s.file.Truncate(0); err != nil {
		return fmt.Errorf("simulator's store: %w", err)
	}
	s.size = 0
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("simulator's store: %w", err)
	}
	return nil
}

func (s *store) close() error {
	if s == nil {
		return nil
	}
	var err error
	if s.file != nil {
		err = s.file.Close()
	}
	if unlocked := s.lock.Close(); unlocked != nil {
		err = errors.Join(err, fmt.Errorf("simulator's store: unlock %s: %w", s.lock.Path(), unlocked))
	}
	return err
}
