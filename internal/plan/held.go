package plan

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/phone"
)

// heldFile lists the held rows of a saved plan. Each of its lines has rows of one message, with one cause, in one file.
const heldFile = "held.jsonl"

// mostListed is how many rows a line of it has at most.
const mostListed = 1000

// Listed is a row that is held.
type Listed struct {
	Reason string
	Detail string // what is wrong with it, or by what it is held; never personal
	File   string // of the row
	Line   int
	Number phone.Number // zero where the row has no valid one
}

// cause is shared by rows: why they are held, and the file that they are of.
type cause struct{ reason, detail, file string }

// listedRow is a held row in little memory.
type listedRow struct {
	number phone.Number
	line   uint32
	cause  uint32 // index of the message's causes
}

// list keeps the rows that are held: those of the configuration, and those of people whom the state or the schedule holds.
func (m *Message) list(a *config.Audience, verdicts []verdict) {
	known := map[cause]uint32{}
	add := func(c cause, line int, n phone.Number) {
		at, ok := known[c]
		if !ok {
			at = uint32(len(m.causes))
			known[c] = at
			m.causes = append(m.causes, c)
		}
		m.listed = append(m.listed, listedRow{n, uint32(line), at})
	}
	for h := range a.HeldRows() {
		add(cause{string(h.Reason), h.Detail, h.File}, h.Line, h.Number)
	}
	details := map[string]string{}
	for _, h := range m.Held {
		details[h.Reason] = cmp.Or(details[h.Reason], h.Note)
	}
	for i, v := range verdicts {
		if reason := v.reason(); v != toSend && IsHeld(reason) {
			file, line := a.Place(i)
			add(cause{reason, details[reason], file}, line, a.Numbers[i])
		}
	}
	slices.SortStableFunc(m.listed, func(a, b listedRow) int {
		x, y := &m.causes[a.cause], &m.causes[b.cause]
		return cmp.Or(cmp.Compare(slices.Index(Reasons, x.reason), slices.Index(Reasons, y.reason)), cmp.Compare(x.file, y.file), cmp.Compare(a.line, b.line))
	})
}

// ListedRows gives the rows of a message that are held, by reason, file and line: as many as Held counts for the reasons that [IsHeld]
// names. There are none where the plan does not say Listed.
func (m *Message) ListedRows() iter.Seq[Listed] {
	return func(yield func(Listed) bool) {
		for _, r := range m.listed {
			c := &m.causes[r.cause]
			if !yield(Listed{c.reason, c.detail, c.file, int(r.line), r.number}) {
				return
			}
		}
	}
}

// heldLine is a line of held.jsonl, as it is read.
type heldLine struct {
	Message *int     `json:"message"`
	Reason  string   `json:"reason"`
	Detail  string   `json:"detail"`
	File    string   `json:"file"`
	Lines   []uint32 `json:"lines"`
	To      []string `json:"to"` // of the same rows; none where they have no valid numbers
}

func (p *Plan) writeHeld(w io.Writer) error {
	var b bytes.Buffer
	for i := range p.Messages {
		m := &p.Messages[i]
		for rest := m.listed; len(rest) > 0; {
			n := 1
			for n < min(len(rest), mostListed) && rest[n].cause == rest[0].cause && rest[n].number.IsZero() == rest[0].number.IsZero() {
				n++
			}
			b.Reset()
			c := m.causes[rest[0].cause]
			head, err := json.Marshal(map[string]string{"reason": c.reason, "detail": c.detail, "file": c.file})
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, `{"message":%d,%s,"lines":[`, i, head[1:len(head)-1])
			var people []phone.Number
			for k, r := range rest[:n] {
				if k > 0 {
					b.WriteByte(',')
				}
				b.WriteString(strconv.Itoa(int(r.line)))
				if !r.number.IsZero() {
					people = append(people, r.number)
				}
			}
			b.WriteString(`],"to":[`)
			writePeople(&b, people)
			b.WriteString("]}\n")
			if _, err := w.Write(b.Bytes()); err != nil {
				return err
			}
			rest = rest[n:]
		}
	}
	return nil
}

// readHeld reads held.jsonl into the messages.
func (p *Plan) readHeld(r io.Reader) error {
	known := make([]map[cause]uint32, len(p.Messages))
	return eachLine(r, heldFile, func(n int, b []byte) error {
		var l heldLine
		if err := json.Unmarshal(b, &l); err != nil || l.Message == nil || *l.Message < 0 || *l.Message >= len(p.Messages) || len(l.Lines) == 0 ||
			len(l.Lines) > mostListed || len(l.To) != 0 && len(l.To) != len(l.Lines) || !slices.Contains(Reasons, l.Reason) || !IsHeld(l.Reason) {
			return damaged("%s line %d lists no held rows", heldFile, n)
		}
		m := &p.Messages[*l.Message]
		c := cause{l.Reason, l.Detail, l.File}
		if known[*l.Message] == nil {
			known[*l.Message] = map[cause]uint32{}
		}
		at, ok := known[*l.Message][c]
		if !ok {
			at = uint32(len(m.causes))
			known[*l.Message][c] = at
			m.causes = append(m.causes, c)
		}
		for i, line := range l.Lines {
			row := listedRow{line: line, cause: at}
			if len(l.To) > 0 {
				number, err := phone.FromE164(l.To[i])
				if err != nil {
					return damaged("%s line %d: %w", heldFile, n, err)
				}
				row.number = number
			}
			m.listed = append(m.listed, row)
		}
		return nil
	})
}

// checkListed holds the rows listed of a message read against its counts.
func (m *Message) checkListed(listed bool) error {
	if !listed {
		return nil
	}
	rows := map[string]int{}
	for _, h := range m.Held {
		if IsHeld(h.Reason) && h.Count < math.MaxInt/2-rows[h.Reason] {
			rows[h.Reason] += h.Count
		}
	}
	for _, r := range m.listed {
		rows[m.causes[r.cause].reason]--
	}
	for _, reason := range slices.Sorted(maps.Keys(rows)) {
		if rows[reason] != 0 {
			return damaged("%s: the rows that are %s are not those that it counts", m.Address, reason)
		}
	}
	return nil
}
