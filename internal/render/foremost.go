package render

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// manyMessages is how many messages forms show by address. Of more than that those come first that reach most people, because they
// may not all be shown.
const manyMessages = 50

// foremost gives the messages in the order in which forms show them.
func (r *review) foremost() []reviewed {
	if len(r.Cards) <= manyMessages {
		return r.Cards
	}
	weight := func(c *reviewed) int { return c.ToSend + c.ToImport + c.ToCancel }
	cards := slices.Clone(r.Cards)
	slices.SortStableFunc(cards, func(a, b reviewed) int {
		return cmp.Or(cmp.Compare(weight(&b), weight(&a)), cmp.Compare(b.Held, a.Held))
	})
	return cards
}

// foremostShares gives the first of some shares, and what the others add up to; none where they all fit.
func foremostShares(list []share, most int) (first []share, more share) {
	if len(list) <= most {
		return list, share{}
	}
	for _, s := range list[most-1:] {
		more.Count += s.Count
		more.Segments += s.Segments
	}
	more.Name = fmt.Sprintf("%s others", Count(len(list)-most+1))
	return list[:most-1], more
}

// rolled puts pieces behind each other, in so many bytes at most: whole pieces, and behind them how many were left out.
func rolled(pieces []string, most int, more func(left int) string) string {
	var b strings.Builder
	for i, piece := range pieces {
		reserve := 0
		if left := len(pieces) - i - 1; left > 0 {
			reserve = len(more(left))
		}
		if b.Len()+len(piece)+reserve > most {
			if left := more(len(pieces) - i); b.Len()+len(left) <= most {
				b.WriteString(left)
			}
			break
		}
		b.WriteString(piece)
	}
	return b.String()
}
