package apply

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/smsplan/smsplan/internal/state"
)

// orphan saves an outcome that the state cannot take.
func (r *run) orphan(w work, s state.Settlement) {
	line := r.orphanLine(w, s)
	r.mu.Lock()
	defer r.mu.Unlock()
	path, err := saveOrphan(r.options.OrphanDir, r.id, line)
	if err == nil {
		r.report.Orphans = path
	} else {
		r.report.Unsaved = append(r.report.Unsaved, line)
	}
}

// orphan is an outcome that the state could not take, as a line of JSON. It names nobody: people are positions in a
// request that the state knows.
type orphan struct {
	At         time.Time         `json:"at"`
	Lineage    string            `json:"lineage"` // of the state
	Run        state.RunID       `json:"run"`
	Request    state.RequestID   `json:"request"`
	ClientID   string            `json:"climsgid"`
	People     int               `json:"people"`
	Outcome    string            `json:"outcome"`
	Code       int               `json:"code,omitempty"`
	IDs        []string          `json:"apimsgids,omitempty"`
	Exceptions []orphanException `json:"exceptions,omitempty"`
	Evidence   string            `json:"evidence"`
}

type orphanException struct {
	Position int    `json:"position"`
	Outcome  string `json:"outcome"`
	Code     int    `json:"code,omitempty"`
}

// orphanLine gives an outcome as a line of JSON, without its end.
func (r *run) orphanLine(w work, s state.Settlement) string {
	o := orphan{
		At: time.Now().UTC(), Lineage: r.ledger.Identity().Lineage, Run: r.id, Request: w.claim.Request, ClientID: w.claim.ClientID, People: len(w.people),
		Outcome: s.Outcome.String(), Code: s.Code, Evidence: s.Evidence,
	}
	for _, id := range s.IDs {
		o.IDs = append(o.IDs, hex.EncodeToString(id[:]))
	}
	for _, e := range s.Exceptions {
		o.Exceptions = append(o.Exceptions, orphanException{Position: e.Index, Outcome: e.Outcome.String(), Code: e.Code})
	}
	line, err := json.Marshal(o)
	if err != nil {
		panic(err) // numbers and strings alone
	}
	return string(line)
}

// saveOrphan appends a line to the orphans of a run in dir and flushes it. It leaves no half line. Only one
// goroutine at a time may call it.
func saveOrphan(dir string, id state.RunID, line string) (path string, err error) {
	path = filepath.Join(dir, fmt.Sprintf("orphans-%d.jsonl", id))
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return "", err
	}
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return "", errors.Join(err, f.Close())
	}
	if _, err := f.WriteString(line + "\n"); err != nil {
		return "", errors.Join(err, f.Truncate(end), f.Close())
	}
	return path, errors.Join(f.Sync(), f.Close())
}
