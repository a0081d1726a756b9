package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// edition is a configuration: what one of its authors has written down.
type edition struct {
	blocks  map[string]stanza
	moves   [][2]string
	removed []string
}

// stanza is a message block. Its texts and people are by the key of for_each; "" stands for a block without.
type stanza struct {
	texts    map[string]string
	people   map[string]int // a bit for each person
	revision int
	dedupe   string
	ignores  bool // other texts
}

// entry is a message of an edition.
type entry struct {
	address  string
	text     string
	people   int
	revision int
	dedupe   string
	ignores  bool
}

func (e edition) clone() edition {
	blocks := map[string]stanza{}
	for name, s := range e.blocks {
		s.texts, s.people = maps.Clone(s.texts), maps.Clone(s.people)
		blocks[name] = s
	}
	return edition{blocks, slices.Clone(e.moves), slices.Clone(e.removed)}
}

func addressOf(name, key string) string {
	if key == "" {
		return "message." + name
	}
	return fmt.Sprintf("message.%s[%q]", name, key)
}

// blockOf gives the block of an address, and its key with its brackets.
func blockOf(address string) (block, key string) {
	block, rest, found := strings.Cut(address, "[")
	if !found {
		return block, ""
	}
	return block, "[" + rest
}

// entries gives the messages by address.
func (e edition) entries() (all []entry) {
	for name, s := range e.blocks {
		for key, text := range s.texts {
			all = append(all, entry{addressOf(name, key), text, s.people[key], s.revision, s.dedupe, s.ignores})
		}
	}
	slices.SortFunc(all, func(a, b entry) int { return strings.Compare(a.address, b.address) })
	return all
}

func (e edition) has(address string) bool {
	return slices.ContainsFunc(e.entries(), func(m entry) bool { return m.address == address })
}

func (e edition) hasBlock(block string) bool {
	_, there := e.blocks[strings.TrimPrefix(block, "message.")]
	return there
}

// follow gives where the moves lead to.
func (e edition) follow(address string) string {
	for range e.moves {
		block, key := blockOf(address)
		next := ""
		for _, m := range e.moves {
			_, toKey := blockOf(m[1])
			switch {
			case m[0] == address:
				next = m[1]
			case next == "" && m[0] == block && toKey == "":
				next = m[1] + key
			}
		}
		if next == "" {
			break
		}
		address = next
	}
	return address
}

// meansGone reports whether a removed block is about an address, or about where it was moved to.
func (e edition) meansGone(address string) bool {
	block, _ := blockOf(address)
	return slices.Contains(e.removed, address) || slices.Contains(e.removed, block) && !e.hasBlock(block)
}

// write spells the edition. The sender of a message tells its address and revision.
func (e edition) write() string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(e.blocks)) {
		s := e.blocks[name]
		fmt.Fprintf(&b, "\nmessage %q {\n  to       = [recipients.everybody]\n  revision = %d\n", name, s.revision)
		if text, single := s.texts[""]; single {
			fmt.Fprintf(&b, "  where    = strcontains(recipient.gets, \" %s \")\n  from     = \"%[1]sR%d\"\n  text     = %q\n", name, s.revision, text)
		} else {
			b.WriteString("  for_each = {\n")
			for _, key := range slices.Sorted(maps.Keys(s.texts)) {
				fmt.Fprintf(&b, "    %s = %q\n", key, s.texts[key])
			}
			fmt.Fprintf(&b, "  }\n  where    = strcontains(recipient.gets, \" %s.${each.key} \")\n  from     = \"%[1]s${each.key}R%d\"\n  text     = each.value\n", name, s.revision)
		}
		if s.dedupe != "" {
			fmt.Fprintf(&b, "  dedupe_key = %q\n", s.dedupe)
		}
		if s.ignores {
			b.WriteString("  lifecycle {\n    ignore_changes = [text]\n  }\n")
		}
		b.WriteString("}\n")
	}
	for _, m := range e.moves {
		fmt.Fprintf(&b, "\nmoved {\n  from = %s\n  to   = %s\n}\n", m[0], m[1])
	}
	for _, address := range e.removed {
		fmt.Fprintf(&b, "\nremoved {\n  from = %s\n}\n", address)
	}
	return b.String()
}

// rows spells the people of the edition.
func (e edition) rows(people []string) string {
	rows := "number,gets\n"
	for i, number := range people {
		gets := " "
		for _, m := range e.entries() {
			if m.people>>i&1 == 1 {
				gets += tag(m.address) + " "
			}
		}
		rows += "+" + number + "," + gets + "\n"
	}
	return rows
}

// tag is an address as the column says it: a, or a.x.
func tag(address string) string {
	return strings.NewReplacer("message.", "", `["`, ".", `"]`, "").Replace(address)
}

var (
	blockNames = []string{"a", "b", "c", "d"}
	keyNames   = []string{"x", "y", "z"}
	textPool   = []string{"One.", "Two.", "Three.", "Four.", "Five."}
)

// edit changes something, as an author would.
func (l *life) edit(e *edition) {
	r := l.rng
	name := among(r, blockNames...)
	s, there := e.blocks[name]
	if !there {
		if len(e.blocks) < 3 && r.IntN(2) == 0 {
			l.note("  edit: %s is new", name)
			e.blocks[name] = l.draw()
			return
		}
		if len(e.blocks) == 0 {
			return
		}
		name = among(r, slices.Sorted(maps.Keys(e.blocks))...)
		s = e.blocks[name]
	}
	what := among(r, "rename", "rename", "rename", "swap", "for_each", "key", "key", "dedupe", "dedupe", "drop", "revision", "people", "people", "text", "tidy", "ignore", "part")
	l.note("  edit: %s %s", what, name)
	switch what {
	case "rename":
		to := among(r, blockNames...)
		if _, taken := e.blocks[to]; taken {
			return
		}
		delete(e.blocks, name)
		e.blocks[to] = s
		if r.IntN(3) > 0 {
			l.move(e, "message."+name, "message."+to)
		}
		if r.IntN(5) == 0 {
			s.revision++
			e.blocks[to] = s
		}
	case "swap":
		other := among(r, blockNames...)
		if o, there := e.blocks[other]; there && other != name {
			e.blocks[name], e.blocks[other] = o, s
		}
	case "for_each", "part":
		e.blocks[name] = l.turn(e, name, s, what == "part")
	case "key":
		l.changeKey(e, name, s)
	case "dedupe":
		s.dedupe = among(r, "", "k", "k", "m")
		e.blocks[name] = s
	case "drop":
		delete(e.blocks, name)
		if r.IntN(3) == 0 {
			e.removed = append(e.removed, "message."+name)
		}
	case "revision":
		s.revision += among(r, 1, 1, 1, -1)
		s.revision = max(1, s.revision)
		e.blocks[name] = s
	case "people":
		for key := range sortedKeys(s.texts) {
			s.people[key] = r.IntN(1 << len(l.people))
		}
	case "text":
		key := among(r, slices.Sorted(maps.Keys(s.texts))...)
		s.texts[key] = among(r, textPool...)
	case "ignore":
		s.ignores = !s.ignores
		e.blocks[name] = s
	case "tidy":
		e.moves, e.removed = nil, nil
	}
}

func sortedKeys[V any](m map[string]V) func(func(string) bool) {
	return slices.Values(slices.Sorted(maps.Keys(m)))
}

func (l *life) draw() stanza {
	r := l.rng
	s := stanza{texts: map[string]string{}, people: map[string]int{}, revision: 1, dedupe: among(r, "", "", "", "k")}
	keys := []string{""}
	if r.IntN(3) == 0 {
		keys = keyNames[:1+r.IntN(2)]
	}
	for _, key := range keys {
		s.texts[key] = among(r, textPool...)
		s.people[key] = r.IntN(1 << len(l.people))
	}
	return s
}

// move adds a moved block; those that speak of the same addresses go, or now and then make a circle or a chain.
func (l *life) move(e *edition, from, to string) {
	if l.rng.IntN(8) > 0 {
		e.moves = slices.DeleteFunc(e.moves, func(m [2]string) bool { return m[0] == from || m[1] == to || m[0] == to })
	}
	e.moves = append(e.moves, [2]string{from, to})
	e.removed = slices.DeleteFunc(e.removed, func(a string) bool { return a == from })
}

// turn adds for_each to a block, or takes it away. The people of a block that is split are parted.
func (l *life) turn(e *edition, name string, s stanza, part bool) stanza {
	r := l.rng
	if text, single := s.texts[""]; single {
		n := stanza{texts: map[string]string{}, people: map[string]int{}, revision: s.revision, dedupe: s.dedupe, ignores: s.ignores}
		key := among(r, keyNames...)
		n.texts[key], n.people[key] = text, s.people[""]
		if part {
			other := among(r, keyNames...)
			if other != key {
				n.texts[other] = among(r, textPool...)
				n.people[other] = s.people[""] &^ 0b101
				n.people[key] &= 0b101
			}
		}
		if r.IntN(3) > 0 {
			l.move(e, "message."+name, addressOf(name, key))
		}
		return n
	}
	key := among(r, slices.Sorted(maps.Keys(s.texts))...)
	if r.IntN(3) > 0 {
		l.move(e, addressOf(name, key), "message."+name)
	}
	return stanza{texts: map[string]string{"": s.texts[key]}, people: map[string]int{"": s.people[key]}, revision: s.revision, dedupe: s.dedupe, ignores: s.ignores}
}

func (l *life) changeKey(e *edition, name string, s stanza) {
	r := l.rng
	if _, single := s.texts[""]; single {
		return
	}
	from, to := among(r, slices.Sorted(maps.Keys(s.texts))...), among(r, keyNames...)
	if _, taken := s.texts[to]; taken {
		if len(s.texts) > 1 {
			delete(s.texts, to)
			delete(s.people, to)
		}
		return
	}
	s.texts[to], s.people[to] = s.texts[from], s.people[from]
	switch r.IntN(3) {
	case 0: // one more
		s.texts[to] = among(r, textPool...)
		return
	case 1:
		l.move(e, addressOf(name, from), addressOf(name, to))
	}
	delete(s.texts, from)
	delete(s.people, from)
}
