package state

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// search finds a person in a sorted list, as [slices.BinarySearchFunc] does. Pseudonyms are spread evenly, so that one says about where
// it is; of a large list few places have to be fetched from memory. A list that is not spread so takes a little longer.
func search(people []Person, p Person) (int, bool) {
	if len(people) == 0 {
		return 0, false
	}
	sought := leading(p)
	at := share(sought, len(people))
	if here := leading(people[at]); here <= sought {
		at = min(at+share(sought-here, len(people)), len(people)-1)
	} else {
		at = max(at-share(here-sought, len(people)), 0)
	}
	// It is not far from here: [low, high) grows, twice as fast each time, until it is within.
	low, high := at, at
	for step := 1; low > 0 && comparePeople(people[low-1], p) >= 0; step *= 2 {
		low, high = max(low-step, 0), low
	}
	for step := 1; high < len(people) && comparePeople(people[high], p) < 0; step *= 2 {
		low, high = high+1, min(high+1+step, len(people))
	}
	i, found := slices.BinarySearchFunc(people[low:high], p, comparePeople)
	if !found && low+i < len(people) {
		found = people[low+i] == p // just behind the part
	}
	return low + i, found
}

// leading gives the first half of a pseudonym as a number.
func leading(p Person) uint64 { return binary.BigEndian.Uint64(p[:]) }

// share gives how much of n is as large as v is of all numbers.
func share(v uint64, n int) int {
	high, _ := bits.Mul64(v, uint64(n))
	return int(high)
}
