package plan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/state"
)

// Former is a recorded message whose people a new address would send to. Either the configuration no longer has it, and it is
// perhaps the same message under another name, or it has become another instance of the block, which got a for_each.
type Former struct {
	Address string `json:"address"`
	MovedTo string `json:"moved_to,omitempty"` // the instance that it has become
	People  int    `json:"people"`             // to send to, who had it at any revision
}

// hint says what to do where it was not meant that the people of the former message get the new one, of the address, too.
func (f Former) hint(address string) string {
	if f.MovedTo != "" {
		return fmt.Sprintf("It is %s now. If %s says the same in other words, its people get it again: with one dedupe_key in the block nobody gets both.", f.MovedTo, address)
	}
	return fmt.Sprintf("The configuration has no %s any more. If %s is that message with another text, its people get it again: a moved block says that it is the same.", f.Address, address)
}

// likeness says how much a new message looks like one that is gone.
type likeness struct {
	gone      state.Recorded
	sameText  bool
	sameBlock bool
	sameKey   bool
	people    int // to send to, who had the one that is gone
}

// renamed looks at every message that is new beside those that are gone. One that looks like the same message under another
// name is a problem, for the state alone would let it be sent again; where merely the people are the same, the plan notes how
// many they are.
func (p *Plan) renamed(r *register) {
	gone := slices.DeleteFunc(slices.Clone(r.gone), func(a state.Recorded) bool { return len(sentUnder(r.past, a)) == 0 })
	texts := map[string]map[[32]byte]bool{}
	for _, a := range gone {
		texts[a.Address] = textsUnder(r.past, a)
	}
	asked := map[[2]string]bool{} // blocks of which whole is asked about already
	for _, c := range sorted(r.config) {
		if !r.isNew(c.Address) {
			continue
		}
		m, own := &Message{}, r.messagesOf(c) // of a message that is left out nobody is asked who gets it, and all else is
		if i, there := p.find(c.Address); there {
			m = &p.Messages[i]
		}
		var strangers []state.Recorded
		for _, a := range gone {
			if !slices.Contains(own, a.Message) { // else nobody gets both
				strangers = append(strangers, a)
			}
		}
		counts := peopleWhoHad(m.people, strangers, r.past)
		var alike []likeness
		for _, a := range strangers {
			block, key := config.SplitAddress(a.Address)
			l := likeness{
				gone: a, people: counts[a.Address],
				sameBlock: block == c.Block(), sameKey: key == keyOf(c.Address),
				sameText: a.Text != nil && *a.Text == writtenDigest(c.TextSource, c.Binary) || says(c, texts[a.Address]),
			}
			switch {
			case l.sameText || l.sameBlock:
				alike = append(alike, l)
			case l.people > 0:
				m.Former = append(m.Former, Former{Address: a.Address, People: l.people})
			}
		}
		if a, to := r.parted(c); to != "" && !slices.Contains(own, a.Message) {
			if n := peopleWhoHad(m.people, []state.Recorded{a}, r.past)[a.Address]; n > 0 {
				m.Former = append(m.Former, Former{a.Address, to, n})
			}
		}
		if len(alike) > 0 {
			m.Former = nil // the question comes first
			r.ask(c, alike, asked)
		}
		slices.SortFunc(m.Former, func(a, b Former) int {
			return cmp.Or(cmp.Compare(b.People, a.People), cmp.Compare(a.Address, b.Address))
		})
		for _, f := range m.Former {
			p.Warnings = append(p.Warnings, Warning{m.Address,
				fmt.Sprintf("%s to send to had %s", config.Count(f.People), f.Address),
				f.hint(m.Address)})
		}
	}
}

// parted gives the message that the block of a new instance was before it had a for_each, and the instance that it is moved to.
func (r *register) parted(c *config.Message) (former state.Recorded, to string) {
	if keyOf(c.Address) == "" {
		return former, ""
	}
	for _, m := range r.config.Messages {
		if m.Block() == c.Block() && r.movedFrom(m.Address) == c.Block() {
			return r.recorded[c.Block()], m.Address
		}
	}
	return former, ""
}

// ask makes a problem of a new message that looks like others that are gone.
func (r *register) ask(c *config.Message, alike []likeness, asked map[[2]string]bool) {
	slices.SortStableFunc(alike, func(a, b likeness) int {
		return cmp.Or(sooner(a.sameText, b.sameText), sooner(a.sameBlock, b.sameBlock), sooner(a.sameKey, b.sameKey), cmp.Compare(b.people, a.people))
	})
	best := alike[0]
	from, to := best.gone.Address, c.Address
	what := "the text of"
	if !best.sameText {
		what = "the block of"
	}
	// A block that was renamed with all its instances is asked about once.
	if block, key := config.SplitAddress(from); best.sameKey && key != "" && r.blockGone(block) && r.blockNew(c.Block()) {
		pair := [2]string{block, c.Block()}
		if asked[pair] {
			return
		}
		asked[pair] = true
		from, to = block, c.Block()
		alike = slices.DeleteFunc(alike[1:], func(l likeness) bool { b, _ := config.SplitAddress(l.gone.Address); return b == block })
	} else {
		alike = alike[1:]
	}
	removed := []string{removedBlock(from)}
	for _, l := range alike {
		removed = append(removed, removedBlock(l.gone.Address))
	}
	again := ""
	if best.people > 0 {
		again = fmt.Sprintf(" Of those whom %s would be sent to, %s had it.", c.Address, config.Count(best.people))
	}
	r.problems = append(r.problems, config.Problem{Place: c.Place, Summary: "Message renamed or new?",
		Detail: fmt.Sprintf("%s is new, and has %s %s, which the configuration no longer has.%s If it is the same message, nobody is sent it again with:\n\n%s\n\nIf it is another one, for everybody:\n\n%s",
			to, what, from, again, movedBlock(from, to), strings.Join(removed, "\n\n"))})
}

// sooner puts what is true first.
func sooner(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// blockGone reports whether the configuration has no message of a block.
func (r *register) blockGone(block string) bool {
	return !slices.ContainsFunc(r.config.Messages, func(m *config.Message) bool { return m.Block() == block })
}

// blockNew reports whether the state has no message of a block.
func (r *register) blockNew(block string) bool {
	for address := range maps.Keys(r.recorded) {
		if b, _ := config.SplitAddress(address); b == block {
			return false
		}
	}
	return true
}

// says reports whether one of the texts of the message is among those.
func says(c *config.Message, texts map[[32]byte]bool) bool {
	if c.Binary != nil {
		return texts[binaryDigest(c.Binary)]
	}
	for i := range c.Audience.Table.Len() {
		if texts[textDigest(c.Audience.Table.At(i))] {
			return true
		}
	}
	return false
}

// sentUnder gives the ledgers in which somebody has been sent to, or may have been, under the address.
func sentUnder(past *state.Snapshot, a state.Recorded) []*state.Ledger {
	var with []*state.Ledger
	for _, revision := range past.Revisions(a.Message) {
		for _, l := range past.Ledgers(a.Message, revision) {
			if l.Any(a.Address, mayHaveHad) {
				with = append(with, l)
			}
		}
	}
	return with
}

// textsUnder gives the digests of the texts that were sent under the address.
func textsUnder(past *state.Snapshot, a state.Recorded) map[[32]byte]bool {
	texts := map[[32]byte]bool{}
	for _, l := range sentUnder(past, a) {
		l.Any(a.Address, func(s state.Send) bool {
			if mayHaveHad(s) {
				texts[s.Text] = true
			}
			return false
		})
	}
	return texts
}

// mayHaveHad reports whether a send is not known to have failed.
func mayHaveHad(s state.Send) bool {
	return verdictOn(s.Outcome) != toSend && s.Outcome != state.Refused
}

// peopleWhoHad counts those of people who had each of the messages that are gone.
func peopleWhoHad(people []phone.Number, gone []state.Recorded, past *state.Snapshot) map[string]int {
	ledgers := map[string][]*state.Ledger{}
	for _, a := range gone {
		if with := sentUnder(past, a); len(with) > 0 {
			ledgers[a.Address] = with
		}
	}
	if len(ledgers) == 0 {
		return nil
	}
	parts := make([]map[string]int, chunks(len(people)))
	spread(len(people), func(part, from, to int) {
		counts := map[string]int{}
		var f forms
		for _, n := range people[from:to] {
			aliases := f.of(past, n)
			for address, list := range ledgers {
				if slices.ContainsFunc(list, func(l *state.Ledger) bool {
					return slices.ContainsFunc(aliases, func(a state.Alias) bool {
						send, ok := l.Find(a)
						return ok && send.Address == address && mayHaveHad(send)
					})
				}) {
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
	return total
}
