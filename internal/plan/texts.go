package plan

import (
	"slices"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/sms"
)

// texts are those of a message in the order of their first use.
type texts struct {
	table config.Texts
	order []uint32 // places in table; nil where the table is in that order
}

// chosen gives those texts of a table that are at some places of it. Most of a table is shared with it, and little of one is copied,
// so that the rest need not be kept.
func chosen(from *config.Texts, places []uint32) texts {
	switch {
	case 2*len(places) < from.Len():
		var few config.Texts
		for _, i := range places {
			few.Add(from.At(int(i)), from.Size(int(i)))
		}
		return texts{table: few}
	case len(places) == from.Len() && slices.IsSorted(places):
		return texts{table: *from}
	}
	return texts{*from, places}
}

func (t *texts) len() int {
	if t.order != nil {
		return len(t.order)
	}
	return t.table.Len()
}

func (t *texts) at(i int) string { return t.table.At(t.place(i)) }

// size gives what text i takes.
func (t *texts) size(i int) sms.Size { return t.table.Size(t.place(i)) }

func (t *texts) place(i int) int {
	if t.order != nil {
		return int(t.order[i])
	}
	return i
}
