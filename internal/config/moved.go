package config

import (
	"fmt"
	"slices"
	"strings"
)

// Move is a moved block: what was known by the address From is known by To. Two addresses without a key mean all instances
// of the block, each of which keeps its key.
type Move struct {
	From, To string
	Place    Place
}

// Removal is a removed block: that there is no From any more was meant. Without a key it means all instances of a block that
// is gone, and of a block that is there the one without a key.
type Removal struct {
	From  string
	Place Place
}

// Follow gives the address that the moved blocks lead to from an address, and the first of them; nil where there is none.
func (c *Config) Follow(address string) (to string, first *Move) {
	to = address
	// Where moves go in a circle Load has found a fault; there are no more steps than moves otherwise.
	for range c.Moves {
		next, move := c.step(to)
		if move == nil {
			break
		}
		if first == nil {
			first = move
		}
		to = next
	}
	return to, first
}

// step follows one moved block. One that names the very address goes before one that names the block.
func (c *Config) step(address string) (to string, move *Move) {
	block, key := SplitAddress(address)
	for i := range c.Moves {
		m := &c.Moves[i]
		switch {
		case m.From == address && (key != "" || !m.whole()):
			return m.To, m
		case m.From == block && m.whole() && move == nil:
			to, move = m.To+key, m
		}
	}
	return to, move
}

// whole reports whether the move is of a block with all its instances.
func (m *Move) whole() bool { return !strings.HasSuffix(m.From, "]") && !strings.HasSuffix(m.To, "]") }

// MeansGone reports whether a removed block says that the address is meant to be gone.
func (c *Config) MeansGone(address string) bool {
	block, _ := SplitAddress(address)
	return slices.ContainsFunc(c.Removed, func(r Removal) bool {
		return r.From == address || r.From == block && !slices.ContainsFunc(c.Messages, func(m *Message) bool { return m.Block() == block })
	})
}

// readMoves reads the moved and removed blocks. The messages have been read.
func (s *scope) readMoves() {
	for _, b := range s.declared.moved {
		a := &arguments{s: s, of: movedBlock, content: b.content}
		from, ok := a.address("from")
		to, also := a.address("to")
		if !ok || !also {
			continue
		}
		move := Move{from, to, Place{b.DefRange}}
		if s.fitsMoves(move) {
			s.config.Moves = append(s.config.Moves, move)
		}
	}
	s.refuseCircles()
	for _, b := range s.declared.removed {
		a := &arguments{s: s, of: removedBlock, content: b.content}
		from, ok := a.address("from")
		if !ok {
			continue
		}
		if s.there(from) {
			s.l.add(fault(a.at("from"), "Removed message still there",
				fmt.Sprintf("%s is in the configuration, so it is not removed. Take out the removed block, or the message.", from)))
			continue
		}
		s.config.Removed = append(s.config.Removed, Removal{from, Place{b.DefRange}})
	}
}

// there reports whether the configuration has the message that an address names, as far as that is known.
func (s *scope) there(address string) bool {
	block, key := SplitAddress(address)
	declared, ok := s.declared.messages[strings.TrimPrefix(block, "message.")]
	if !ok {
		return false
	}
	if key == "" {
		return declared.content.Attributes["for_each"] == nil
	}
	return slices.ContainsFunc(s.config.Messages, func(m *Message) bool { return m.Address == address })
}

// fitsMoves reports whether a move can stand beside those before it.
func (s *scope) fitsMoves(m Move) bool {
	block, _ := SplitAddress(m.From)
	_, declared := s.declared.messages[strings.TrimPrefix(block, "message.")]
	complain := func(summary, format string, args ...any) bool {
		s.l.add(fault(m.Place.at, summary, fmt.Sprintf(format, args...)))
		return false
	}
	switch {
	case m.From == m.To:
		return complain("Move to the same address", "%s is moved to itself. Take the moved block out.", m.From)
	case m.whole() && declared || s.there(m.From):
		return complain("Moved message still there",
			"%s is in the configuration, so it was not moved to %s. Take out the moved block, or the message.", m.From, m.To)
	}
	for _, other := range s.config.Moves {
		switch {
		case other.From == m.From:
			return complain("Moved twice", "%s is already moved to %s, on %s. One message has one address: take one of the two out.", m.From, other.To, other.Place)
		case other.To == m.To:
			return complain("Two moves to one address",
				"%s is already moved to %s, on %s. Two messages have two ledgers, and an address names one: take one of the two out.", other.From, m.To, other.Place)
		}
	}
	return true
}

// refuseCircles reports moves that lead back to where they began, and takes them out.
func (s *scope) refuseCircles() {
	var circle []string
	for _, m := range s.config.Moves {
		path := []string{m.From}
		for range s.config.Moves {
			next, move := s.config.step(path[len(path)-1])
			if move == nil || slices.Contains(path, next) {
				break
			}
			path = append(path, next)
		}
		next, move := s.config.step(path[len(path)-1])
		if move == nil || next != m.From || slices.Contains(circle, m.From) {
			continue
		}
		circle = append(circle, path...)
		s.l.add(fault(m.Place.at, "Moves in a circle",
			fmt.Sprintf("These moves lead back to where they begin: %s -> %s. Keep those that happened last.", strings.Join(path, " -> "), m.From)))
	}
	if circle != nil {
		s.config.Moves = nil
	}
}
