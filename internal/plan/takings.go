package plan

import (
	"strings"

	"github.com/smsplan/smsplan/internal/config"
)

// takings are the people whom a plan sends messages of one ledger to, at one revision,
// so that nobody gets two of them.
type takings struct {
	lines map[uint64]int // number of the message in names, by line
	names []string
}

// shelf holds the takings of a plan, by what their messages share.
type shelf map[share]*takings

type share struct {
	ledger   holder
	revision int
}

// newShelf makes room for messages that share a ledger at a revision.
func newShelf(r *register) shelf {
	messages := map[share]int{}
	for _, m := range r.config.Messages {
		messages[r.share(m)]++
	}
	s := shelf{}
	for at, n := range messages {
		if n > 1 {
			s[at] = &takings{lines: map[uint64]int{}}
		}
	}
	return s
}

func (r *register) share(m *config.Message) share {
	return share{r.ledgers.find(r.holder(m)), m.Revision}
}

// take gives the message the people whom no message before it has taken. The others are
// duplicates; what comes back says of what.
func (t *takings) take(m *config.Message, found *findings) (note string) {
	if t == nil {
		return ""
	}
	of := make([]bool, len(t.names)+1)
	t.names = append(t.names, m.Address)
	for i, v := range found.verdicts {
		if v != toSend {
			continue
		}
		line := m.Audience.Numbers[i].Line().Packed()
		if first, ok := t.lines[line]; ok {
			found.verdicts[i] = duplicate
			found.counts[toSend]--
			found.counts[duplicate]++
			of[first] = true
			continue
		}
		t.lines[line] = len(t.names) - 1
	}
	var first []string
	for i, is := range of {
		if is {
			first = append(first, t.names[i])
		}
	}
	if first == nil {
		return ""
	}
	return strings.Join(first, ", ") + " of the same ledger"
}
