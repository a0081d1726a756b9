package state

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// whereabouts tells where in a sorted list of people to look for one, by how the pseudonym begins. Pseudonyms are spread evenly: of a list
// of any length, one or two people begin alike, and a search fetches two places of memory where a binary search fetches a dozen. The
// zero whereabouts are those of an empty list.
type whereabouts struct {
	starts []uint32 // of the people who begin with each number, and where the last of them end
	shift  int      // of what a pseudonym begins with
}

// newWhereabouts takes four to eight bytes for each of the people, of whom there are at most 2^32.
func newWhereabouts(people []Person) whereabouts {
	width := bits.Len(uint(len(people)))
	w := whereabouts{starts: make([]uint32, 0, 1<<width+1), shift: 64 - width}
	for i, p := range people {
		for len(w.starts) <= w.beginning(p) {
			w.starts = append(w.starts, uint32(i))
		}
	}
	for len(w.starts) < cap(w.starts) {
		w.starts = append(w.starts, uint32(len(people)))
	}
	return w
}

// find gives the place of p among the people whose whereabouts these are, and whether p is one of them.
func (w whereabouts) find(people []Person, p Person) (int, bool) {
	if len(people) == 0 {
		return 0, false
	}
	at := w.beginning(p)
	from, to := w.starts[at], w.starts[at+1]
	i, found := slices.BinarySearchFunc(people[from:to], p, comparePeople)
	return int(from) + i, found
}

func (w whereabouts) beginning(p Person) int {
	return int(binary.BigEndian.Uint64(p[:]) >> w.shift)
}
