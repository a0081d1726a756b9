package config

import (
	"hash/maphash"

	"github.com/smsplan/smsplan/internal/phone"
)

// lines is a set of telephone lines: numbers whose other forms count as the same. The numbers are kept elsewhere.
type lines struct {
	seed  maphash.Seed
	at    func(i uint32) phone.Number
	index index
}

// newLines makes room for n lines; at gives the number that was added as i.
func newLines(n int, at func(i uint32) phone.Number) *lines {
	return &lines{maphash.MakeSeed(), at, newIndex(n)}
}

// add adds the line of n as i, unless it is there: then it gives what it was added as, and false.
func (l *lines) add(n phone.Number, i uint32) (uint32, bool) {
	line := n.Line()
	first, found := l.index.find(maphash.Comparable(l.seed, line), i, func(i uint32) bool { return l.at(i).Line() == line })
	return first, !found
}

// has reports whether the line of n is there.
func (l *lines) has(n phone.Number) bool {
	line := n.Line()
	return l.index.has(maphash.Comparable(l.seed, line), func(i uint32) bool { return l.at(i).Line() == line })
}
