package plan

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/state"
)

// Former is a recorded message that the configuration no longer has, and whose people a new address would send to: perhaps
// the same message under another name.
type Former struct {
	Address string `json:"address"`
	People  int    `json:"people"` // to send to, who had it at any revision
}

// findFormer notes, for every message whose address the state has never seen, which messages that are gone its people had.
// A renamed block or for_each key has a ledger of its own, so the state alone would let everything be sent again.
func (p *Plan) findFormer(past *state.Snapshot) {
	recorded := map[string][]*state.Ledger{}
	for _, s := range past.Messages() {
		recorded[s.Address] = append(recorded[s.Address], past.Ledger(s.Address, s.Revision))
	}
	gone := map[string][]*state.Ledger{}
	for address, ledgers := range recorded {
		if !slices.ContainsFunc(p.Messages, func(m Message) bool { return m.Address == address }) {
			gone[address] = ledgers
		}
	}
	if len(gone) == 0 {
		return
	}
	for i := range p.Messages {
		m := &p.Messages[i]
		if recorded[m.Address] == nil {
			m.Former = formerOf(m.people, gone, past)
		}
		for _, f := range m.Former {
			p.Warnings = append(p.Warnings, Warning{m.Address,
				fmt.Sprintf("%s to send to had %s", grouping(f.People), f.Address),
				fmt.Sprintf("The configuration has no %s any more. If %s is that message under another name, its people get it again: keep the old name.", f.Address, m.Address)})
		}
	}
}

func formerOf(people []phone.Number, gone map[string][]*state.Ledger, past *state.Snapshot) []Former {
	parts := make([]map[string]int, chunks(len(people)))
	spread(len(people), func(part, from, to int) {
		counts := map[string]int{}
		var digits []byte
		var forms []state.Alias
		for _, n := range people[from:to] {
			forms = forms[:0]
			for _, form := range phone.Equivalents(n) {
				digits = form.AppendE164(digits[:0])
				forms = append(forms, past.AppendAlias(nil, digits))
			}
			for address, ledgers := range gone {
				if had(forms, ledgers) {
					counts[address]++
				}
			}
		}
		parts[part] = counts
	})
	total := map[string]int{}
	for _, counts := range parts {
		for address, n := range counts {
			total[address] += n
		}
	}
	var former []Former
	for address, n := range total {
		former = append(former, Former{address, n})
	}
	slices.SortFunc(former, func(a, b Former) int {
		return cmp.Or(cmp.Compare(b.People, a.People), cmp.Compare(a.Address, b.Address))
	})
	return former
}

// had reports whether one of the ledgers has a send to the person that is not known to have failed.
func had(forms []state.Alias, ledgers []*state.Ledger) bool {
	for _, l := range ledgers {
		for _, a := range forms {
			if send, ok := l.Find(a); ok && verdictOn(send.Outcome) != toSend && send.Outcome != state.Refused {
				return true
			}
		}
	}
	return false
}
