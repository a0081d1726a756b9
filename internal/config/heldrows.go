package config

import (
	"iter"

	"github.com/smsplan/smsplan/internal/phone"
)

// HeldRow is a row that the configuration alone keeps from being sent to. Rows that a where leaves out are not among them: nobody waits for
// those.
type HeldRow struct {
	Reason Reason
	Detail string // what is wrong with the row, or by what it is held; never personal
	File   string
	Line   int
	Number phone.Number // zero where the row has no valid one
}

// why is shared by the rows that it is the cause of.
type why struct {
	reason Reason
	detail string
}

// heldRow is a row that is held, in little memory.
type heldRow struct {
	number phone.Number
	why    *why
	file   *string
	line   uint32
}

// causes keeps each cause once.
type causes map[why]*why

func (c causes) of(reason Reason, detail string) *why {
	w := why{reason, detail}
	if c[w] == nil {
		c[w] = &w
	}
	return c[w]
}

// heldRowOf gives the row of a table as held.
func heldRowOf(tables []*table, r ref, w *why) heldRow {
	t := tables[r.table]
	c, i := t.at(r.row)
	return heldRow{c.numbers[i], w, &t.file, c.lines[i]}
}

// HeldRows gives the rows that the tally counts as held, set by set. It is empty where the audience was not read from rows.
func (a *Audience) HeldRows() iter.Seq[HeldRow] {
	return func(yield func(HeldRow) bool) {
		for _, h := range a.held {
			if !yield(HeldRow{h.why.reason, h.why.detail, visible(*h.file), int(h.line), h.number}) {
				return
			}
		}
	}
}

// Place gives the file and line of person i; "" where the audience was not read from rows.
func (a *Audience) Place(i int) (file string, line int) {
	if a.rows == nil {
		return "", 0
	}
	at := a.tables[a.rows[i].table].place(a.rows[i].row)
	return visible(at.file), at.line
}
