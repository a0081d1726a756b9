package config

import "math/bits"

// index finds values that are kept elsewhere in a slice, by open addressing: four to eight bytes for each value.
type index struct {
	slots []uint32 // place in the slice + 1; 0 is free
	len   int
	hash  func(i uint32) uint64 // of value i of the slice
}

// find gives the place of the value with that hash for which equal holds. Without one it gives next, which the caller then puts there,
// and false.
func (x *index) find(hash uint64, next uint32, equal func(i uint32) bool) (uint32, bool) {
	if 4*(x.len+1) > 3*len(x.slots) {
		x.grow()
	}
	at := x.slot(hash)
	for x.slots[at] != 0 {
		if i := x.slots[at] - 1; equal(i) {
			return i, true
		}
		at = (at + 1) & (len(x.slots) - 1)
	}
	x.slots[at] = next + 1
	x.len++
	return next, false
}

// has reports whether there is a value with that hash for which equal holds.
func (x *index) has(hash uint64, equal func(i uint32) bool) bool {
	if len(x.slots) == 0 {
		return false
	}
	for at := x.slot(hash); x.slots[at] != 0; at = (at + 1) & (len(x.slots) - 1) {
		if equal(x.slots[at] - 1) {
			return true
		}
	}
	return false
}

func (x *index) slot(hash uint64) int {
	return int(hash >> (65 - bits.Len(uint(len(x.slots)))))
}

func (x *index) grow() {
	old := x.slots
	x.slots = make([]uint32, max(16, 2*len(old)))
	for _, s := range old {
		if s == 0 {
			continue
		}
		at := x.slot(x.hash(s - 1))
		for x.slots[at] != 0 {
			at = (at + 1) & (len(x.slots) - 1)
		}
		x.slots[at] = s
	}
}
