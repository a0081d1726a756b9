package apply

import (
	"bufio"
	"bytes"
	"context"
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

// Reclaimed counts requests whose outcomes come from a file of orphans.
type Reclaimed struct {
	Recorded int
	Known    int // the state had them
	Doubted  int // people whom they call unsent, and who stay in doubt ([state.Learnt])
}

// Reclaim records the outcomes that runs on this state have saved beside it. A file that has a line of another kind, or of another
// state, is refused whole; then the error is [ErrForeign] or says where. A request of which the state knows otherwise is an error by
// itself, and the others are recorded.
func Reclaim(ctx context.Context, s *state.State, file io.Reader, by, reason string) (Reclaimed, error) {
	late, err := readOrphans(file, s.Identity().Lineage)
	if err != nil {
		return Reclaimed{}, err
	}
	var done Reclaimed
	var failed error
	for _, l := range late {
		l.By, l.Reason = by, reason
		learnt, err := s.SettleLate(ctx, l)
		done.Doubted += learnt.Doubted
		switch {
		case err != nil:
			failed = errors.Join(failed, err)
		case learnt.Recorded:
			done.Recorded++
		case learnt.Doubted == 0:
			done.Known++
		}
	}
	return done, failed
}

// ErrForeign says that orphans belong to another state.
var ErrForeign = errors.New("it holds outcomes of another state")

func readOrphans(file io.Reader, lineage string) ([]state.Late, error) {
	var all []state.Late
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, longestOrphan)
	for n := 1; lines.Scan(); n++ {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		var o orphan
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil || o.Request == 0 || o.Lineage == "" {
			return nil, fmt.Errorf("line %d is not an outcome", n)
		}
		if o.Lineage != lineage {
			return nil, ErrForeign
		}
		l, err := o.late()
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		all = append(all, l)
	}
	return all, lines.Err()
}

// longestOrphan is more than the outcome of a request of 300 people takes.
const longestOrphan = 1 << 20

// late gives the outcome as the state takes it.
func (o *orphan) late() (state.Late, error) {
	l := state.Late{Run: o.Run, Request: o.Request, ClientID: o.ClientID, People: o.People}
	l.Code, l.Evidence = o.Code, o.Evidence
	var err error
	if l.Outcome, err = state.ParseOutcome(o.Outcome); err != nil {
		return l, err
	}
	for _, e := range o.Exceptions {
		outcome, err := state.ParseOutcome(e.Outcome)
		if err != nil {
			return l, err
		}
		l.Exceptions = append(l.Exceptions, state.Exception{Index: e.Position, Outcome: outcome, Code: e.Code})
	}
	for _, id := range o.IDs {
		parsed, ok := parseID(id)
		if !ok {
			return l, errors.New("an apimsgid is not hexadecimal")
		}
		l.IDs = append(l.IDs, parsed)
	}
	return l, nil
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
