package simulator

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"
)

// outbox shows what would have been delivered: one JSON line for each message. A nil outbox
// shows nothing.
type outbox struct {
	path string
	file *os.File
	owed []byte // what the file did not take, from the middle of a line perhaps
}

// delivery is what the lines of one request have in common, after id and to.
type delivery struct {
	ClientID string    `json:"climsgid,omitempty"`
	From     string    `json:"from,omitempty"`
	Text     string    `json:"text"`
	Encoding string    `json:"encoding"`
	Segments int       `json:"segments"`
	At       time.Time `json:"at"`
	Flash    bool      `json:"flash,omitempty"`
	UDH      string    `json:"udh,omitempty"`
	Data     string    `json:"data,omitempty"`

	Indication   *Indication   `json:"indication,omitempty"`
	Notification *Notification `json:"notification,omitempty"`
}

// openOutbox opens the file at path, or makes it. Where the process died between the journal
// and the outbox, the lines of the journal's last request that are missing are added: only
// that request can lack them. A file that was removed or emptied since is left as it is.
func openOutbox(path string, last *accepted, first bool) (*outbox, error) {
	_, err := os.Stat(path)
	isNew := errors.Is(err, fs.ErrNotExist)
	file, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("outbox: %w", err)
	}
	o := &outbox{path: path, file: file}
	if isNew {
		return o, nil
	}
	if last != nil && last.Outbox != path {
		last = nil
	}
	if err := o.mend(last, first); err != nil {
		return nil, fmt.Errorf("outbox: %w", errors.Join(err, file.Close()))
	}
	return o, nil
}

func (o *outbox) mend(last *accepted, first bool) error {
	info, err := o.file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return err
	}
	var lines []byte
	if last != nil {
		if lines, err = outboxLines(last); err != nil {
			return err
		}
	}
	size := info.Size()
	if size == 0 && !first {
		return nil
	}
	tail := make([]byte, min(int64(2*len(lines)+1), size))
	if _, err := o.file.ReadAt(tail, size-int64(len(tail))); err != nil {
		return err
	}
	var missing []byte
	if torn := len(tail) - 1 - bytes.LastIndexByte(tail, '\n'); torn > 0 {
		if last == nil || torn == len(tail) && torn < int(size) {
			missing = append(missing, '\n') // somebody else's line: let ours begin after it
		} else if err := o.file.Truncate(size - int64(torn)); err != nil {
			return err
		}
		tail = tail[:len(tail)-torn]
	}
	for line := range bytes.Lines(lines) {
		if id, _, _ := bytes.Cut(line, []byte(",")); !bytes.Contains(tail, id) {
			missing = append(missing, line...)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	_, err = o.file.Write(missing)
	return err
}

// append adds the messages of a request by one write, after those that it could not add before.
func (o *outbox) append(a *accepted) error {
	if o == nil {
		return nil
	}
	lines, err := outboxLines(a)
	if err != nil {
		return fmt.Errorf("outbox: %w", err)
	}
	if len(o.owed) > 0 {
		lines = append(o.owed, lines...)
	}
	written, err := o.file.Write(lines)
	o.owed = slices.Clone(lines[written:])
	if err != nil {
		return fmt.Errorf("outbox: %w", err)
	}
	return nil
}

func outboxLines(a *accepted) ([]byte, error) {
	shared, err := jsonLine(delivery{a.ClientID, a.From, a.Text, a.Encoding, a.Segments, a.At, a.Flash, a.UDH, a.Data, a.Indication, a.Notification})
	if err != nil {
		return nil, err
	}
	rest := shared[1:]
	lines := make([]byte, 0, len(a.To)*(len(rest)+80))
	for i, to := range a.To { // digits only: nothing to escape
		lines = hex.AppendEncode(append(lines, `{"id":"`...), a.IDs[i][:])
		lines = append(append(append(lines, `","to":"`...), to...), `",`...)
		lines = append(lines, rest...)
	}
	return lines, nil
}

func (o *outbox) close() error {
	if o == nil {
		return nil
	}
	return o.file.Close()
}
