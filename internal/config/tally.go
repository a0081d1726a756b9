package config

import (
	"fmt"
	"slices"
)

// Reason says why a row of a recipient set is not among those to be considered for sending.
type Reason string

// Reasons that the configuration alone decides. Of several, the first in this order counts.
const (
	Invalid   Reason = "invalid"
	Filtered  Reason = "filtered"
	Duplicate Reason = "duplicate"
	Excluded  Reason = "excluded"
)

// shownOrder is the order of the reasons in a Tally.
var shownOrder = []Reason{Filtered, Invalid, Duplicate, Excluded}

// Tally counts the rows of a set or an audience: Rows is the sum of all Held and of those who remain.
type Tally struct {
	Rows        int
	Held        []Held // in the order filtered, invalid, duplicate, excluded; only those that occur
	Conflicting int    // duplicates of which a column differs from the same column of the row that was kept
}

// Held is a number of rows with one reason.
type Held struct {
	Reason Reason `json:"reason"`
	Count  int    `json:"count"`
	Note   string `json:"note,omitempty"` // where or by what: "customers.csv:17, :204 and 39 more", "recipient.lang == each.key", "recipients.opted_out"; never personal
}

// Count gives how many rows are held for a reason.
func (t Tally) Count(r Reason) int {
	n := 0
	for _, h := range t.Held {
		if h.Reason == r {
			n += h.Count
		}
	}
	return n
}

// hold counts n more rows as held; those of one reason and note are one entry.
func (t *Tally) hold(r Reason, note string, n int) {
	if n == 0 {
		return
	}
	at := len(t.Held)
	for i, h := range t.Held {
		if h.Reason == r && h.Note == note {
			t.Held[i].Count += n
			return
		}
		if at > i && slices.Index(shownOrder, h.Reason) > slices.Index(shownOrder, r) {
			at = i
		}
	}
	t.Held = slices.Insert(t.Held, at, Held{Reason: r, Count: n, Note: note})
}

// add counts the rows of o too.
func (t *Tally) add(o Tally) {
	t.Rows += o.Rows
	t.Conflicting += o.Conflicting
	for _, h := range o.Held {
		t.hold(h.Reason, h.Note, h.Count)
	}
}

// place is a row for a reader: file and line.
type place struct {
	file string
	line int
}

// places counts rows and keeps the first of them.
type places struct {
	first []place
	count int
}

// namedPlaces is how many rows are named before "and 39 more".
const namedPlaces = 2

func (p *places) add(at place) {
	p.name(at)
	p.count++
}

// join counts the rows of o too, which come after those of p.
func (p *places) join(o places) {
	for _, at := range o.first {
		p.name(at)
	}
	p.count += o.count
}

// name keeps a place to be named. Several elements of one expression have the same.
func (p *places) name(at place) {
	if len(p.first) < namedPlaces && !slices.Contains(p.first, at) {
		p.first = append(p.first, at)
	}
}

// String names the rows: "customers.csv:17, :204 and 39 more".
func (p places) String() string {
	s, file := "", ""
	for i, at := range p.first {
		if i > 0 {
			s += ", "
		}
		if at.file != file {
			s, file = s+visible(at.file), at.file
		}
		s += fmt.Sprintf(":%d", at.line)
	}
	if more := p.count - len(p.first); more > 0 {
		s += " and " + Count(more) + " more"
	}
	return s
}
