package config

import (
	"hash/maphash"

	"github.com/smsplan/smsplan/internal/phone"
)

// lines is a set of telephone lines: numbers whose other forms count as the same. Each has a place, in the order in which they came.
type lines struct {
	seed  maphash.Seed
	all   []phone.Number
	index index
}

func newLines() *lines {
	l := &lines{seed: maphash.MakeSeed()}
	l.index.hash = func(i uint32) uint64 { return maphash.Comparable(l.seed, l.all[i]) }
	return l
}

// add gives the place of the line of n, and whether it is new.
func (l *lines) add(n phone.Number) (uint32, bool) {
	line := n.Line()
	i, found := l.index.find(maphash.Comparable(l.seed, line), uint32(len(l.all)), func(i uint32) bool { return l.all[i] == line })
	if !found {
		l.all = append(l.all, line)
	}
	return i, !found
}

// has reports whether the line of n is there.
func (l *lines) has(n phone.Number) bool {
	line := n.Line()
	return l.index.has(maphash.Comparable(l.seed, line), func(i uint32) bool { return l.all[i] == line })
}
