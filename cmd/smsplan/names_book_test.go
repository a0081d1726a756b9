package main

import (
	"maps"
	"slices"
	"strings"
)

// book is an account of who was sent what, kept by the words of semantics.md alone.
type book struct {
	souls   int              // messages that there have been
	names   map[string]*name // by address
	keyed   map[string]int   // soul by dedupe key
	joined  map[int]int      // soul: another one that shares its ledger
	sends   []posted
	claimed []int           // souls that a killed run was to send
	changes int             // that were made to names
	lost    map[string]bool // people of whom the state was told to forget the rest
}

// name is an address, which keeps its number when it moves.
type name struct {
	id, soul        int
	text            string // as an edition last had it
	absent, removed bool
	rivals          []int // souls that were gone, and perhaps it, when it was first seen
}

// posted is something that a person was sent, or would have been.
type posted struct {
	soul, revision int
	name           int
	person, text   string
	refused        bool
}

func newBook() *book {
	return &book{names: map[string]*name{}, keyed: map[string]int{}, joined: map[int]int{}, lost: map[string]bool{}}
}

func (b *book) clone() *book {
	c := *b
	c.names = map[string]*name{}
	for address, n := range b.names {
		copied := *n
		c.names[address] = &copied
	}
	c.keyed, c.joined, c.sends = maps.Clone(b.keyed), maps.Clone(b.joined), slices.Clone(b.sends)
	return &c
}

func (b *book) ledger(soul int) int {
	for b.joined[soul] != 0 {
		soul = b.joined[soul]
	}
	return soul
}

// used reports whether anything was sent, or begun, in the ledger of a soul.
func (b *book) used(soul int) bool {
	return slices.ContainsFunc(b.sends, func(s posted) bool { return b.ledger(s.soul) == b.ledger(soul) }) ||
		slices.ContainsFunc(b.claimed, func(other int) bool { return b.ledger(other) == b.ledger(soul) })
}

// had gives what was sent under a name.
func (b *book) had(n *name) (all []posted) {
	for _, s := range b.sends {
		if s.name == n.id && !s.refused {
			all = append(all, s)
		}
	}
	return all
}

// moves gives the names that the edition gives to recorded addresses, and whether one of its moves cannot be made.
func (b *book) moves(e edition) (moves map[string]string, impossible bool) {
	moves = map[string]string{}
	for from, n := range b.names {
		to := e.follow(from)
		if e.has(from) || to == from || e.meansGone(from) || e.meansGone(to) && !e.has(to) {
			continue
		}
		other := b.names[to]
		switch {
		case !e.has(to):
			impossible = true
		case other != nil && b.used(other.soul) && !b.used(n.soul): // nothing was sent under this one
		case other != nil && b.used(other.soul):
			impossible = true
		default:
			for former, taken := range moves { // two that lead to one: the one that was sent, if any
				if taken == to {
					if !b.used(b.names[former].soul) {
						delete(moves, former)
					} else if b.used(n.soul) {
						impossible = true
					}
				}
			}
			if !slices.Contains(slices.Collect(maps.Values(moves)), to) {
				moves[from] = to
			}
		}
	}
	return moves, impossible
}

// resolved gives the edition as a saved plan has it: with what its moved and removed blocks say of the addresses that are recorded.
func (b *book) resolved(e edition) edition {
	c := e.clone()
	c.moves, c.removed = nil, nil
	moves, _ := b.moves(e)
	for from, to := range moves {
		c.moves = append(c.moves, [2]string{from, to})
	}
	for address := range b.names {
		if !e.has(address) && e.meansGone(address) {
			c.removed = append(c.removed, address)
		}
	}
	return c
}

// take learns of an edition that is applied. A late one leaves what is known of present and absent names as it is.
func (b *book) take(e edition, late bool) {
	moves, _ := b.moves(e)
	moved := map[string]*name{}
	for from, to := range moves {
		moved[to] = b.names[from]
		delete(b.names, from)
		b.changes++
	}
	maps.Copy(b.names, moved)
	rivals := b.gone(e)
	for _, m := range e.entries() {
		n, known := b.names[m.address]
		if !known {
			b.souls++
			n = &name{id: b.souls, soul: b.souls, text: m.text}
			for _, g := range rivals {
				n.rivals = append(n.rivals, g.soul)
			}
			b.names[m.address] = n
			b.changes++
		}
		if m.dedupe != "" {
			if other, ok := b.keyed[m.dedupe]; !ok {
				b.keyed[m.dedupe] = n.soul
				b.changes++
			} else if x, y := b.ledger(n.soul), b.ledger(other); x != y {
				b.joined[x] = y
			}
		}
		if !late && (n.absent || n.removed || n.text != m.text) {
			n.absent, n.removed, n.text = false, false, m.text
			b.changes++
		}
	}
	if late {
		return
	}
	for address, n := range b.names {
		removed := e.meansGone(address) || e.meansGone(e.follow(address)) && !e.has(e.follow(address))
		if !e.has(address) && (!n.absent || removed && !n.removed) {
			n.absent = true
			n.removed = n.removed || removed
			b.changes++
		}
	}
}

// gone gives the recorded names that an edition does not have, and of which nobody has said that this is meant.
func (b *book) gone(e edition) map[string]*name {
	all := map[string]*name{}
	for address, n := range b.names {
		if to := e.follow(address); !e.has(address) && to == address && !n.removed && !e.meansGone(address) {
			all[address] = n
		}
	}
	return all
}

// share gives whom an applied edition sends what; people are those who are asked for, where they are not those of the edition.
func (b *book) share(e edition, people []string, asked map[string][]string, refuses string) (sent []posted) {
	for _, m := range e.entries() {
		n := b.names[m.address]
		for i, person := range people {
			if m.people>>i&1 == 0 || asked != nil && !slices.Contains(asked[m.address], person) || b.has(n.soul, m.revision, person) {
				continue
			}
			s := posted{n.soul, m.revision, n.id, person, m.text, refuses != "" && strings.HasSuffix(person, refuses)}
			b.sends = append(b.sends, s)
			sent = append(sent, s)
		}
	}
	return sent
}

// has reports whether a person has had a message at a revision.
func (b *book) has(soul, revision int, person string) bool {
	return slices.ContainsFunc(b.sends, func(s posted) bool {
		return s.person == person && s.revision == revision && b.ledger(s.soul) == b.ledger(soul)
	})
}

// questions says which errors an edition has to bring, and which of them it may.
func (b *book) questions(e edition, people []string) (must, may map[string]bool, warns []string) {
	must, may = map[string]bool{}, map[string]bool{}
	moves, impossible := b.moves(e)
	if impossible {
		must[askedMove], may[askedMove] = true, true
	}
	after := b.clone()
	after.take(e, true)
	next := after.clone()
	sends := next.share(e, people, nil, "")
	known := map[string]bool{}
	for address := range b.names {
		known[address] = true
	}
	for _, to := range moves {
		known[to] = true
	}
	for _, m := range e.entries() {
		n := after.names[m.address]
		if !known[m.address] {
			for address, g := range after.gone(e) {
				had := after.had(g)
				if len(had) == 0 || after.ledger(g.soul) == after.ledger(n.soul) {
					continue
				}
				x, _ := blockOf(address)
				y, _ := blockOf(m.address)
				same := g.text == m.text || x == y || slices.ContainsFunc(had, func(s posted) bool { return s.text == m.text })
				switch {
				case same:
					must[askedRename], may[askedRename] = true, true
				case overlap(sends, n, had):
					warns = append(warns, address)
				}
			}
			// A block that gets a for_each is one of its instances, and its people are new to the others.
			for from, to := range moves {
				block, key := blockOf(m.address)
				if g := after.names[to]; from == block && key != "" && after.ledger(g.soul) != after.ledger(n.soul) {
					if x, _ := blockOf(to); x == block && overlap(sends, n, after.had(g)) {
						warns = append(warns, from)
					}
				}
			}
			continue
		}
		same, changed := 0, 0
		for _, s := range after.had(n) {
			i := slices.Index(people, s.person)
			if s.revision != m.revision || m.people>>i&1 == 0 {
				continue
			}
			if s.text == m.text {
				same++
			} else {
				changed++
			}
		}
		if n.absent && changed > 0 && !m.ignores {
			may[askedText] = true
			must[askedText] = must[askedText] || same == 0
		}
	}
	if impossible { // which of the two it is then decides what else is asked
		must, may, warns = map[string]bool{askedMove: true}, map[string]bool{askedMove: true, askedRename: true, askedText: true}, nil
	}
	if len(b.lost) > 0 {
		clear(must)
		for _, word := range []string{askedRename, askedText} {
			may[word] = true
		}
		warns = nil
	}
	return must, may, warns
}

// overlap reports whether anybody who is sent to under a name is among those who had something else.
func overlap(sends []posted, n *name, had []posted) bool {
	return slices.ContainsFunc(sends, func(s posted) bool {
		return s.name == n.id && slices.ContainsFunc(had, func(h posted) bool { return h.person == s.person })
	})
}
