package config

import "math/bits"

// index finds values that are kept elsewhere, each by a number that the caller gives it, by open addressing. A value is looked at only
// where half of its hash is the one that is sought.
type index struct {
	slots []uint64 // the upper half of the value's hash, and the number + 1; 0 is free
	len   int
}

// newIndex makes an index for n values. It takes more too.
func newIndex(n int) index {
	return index{slots: make([]uint64, max(16, 1<<bits.Len(uint(n+n/3))))}
}

// find gives the number of the value with that hash for which equal holds. Without one it gives next, under which the caller then keeps
// the value, and false.
func (x *index) find(hash uint64, next uint32, equal func(i uint32) bool) (uint32, bool) {
	if 4*(x.len+1) > 3*len(x.slots) {
		x.grow()
	}
	at := x.slot(hash)
	for x.slots[at] != 0 {
		if s := x.slots[at]; s>>32 == hash>>32 && equal(uint32(s)-1) {
			return uint32(s) - 1, true
		}
		at = (at + 1) & (len(x.slots) - 1)
	}
	x.slots[at] = hash>>32<<32 | uint64(next+1)
	x.len++
	return next, false
}

// has reports whether there is a value with that hash for which equal holds.
func (x *index) has(hash uint64, equal func(i uint32) bool) bool {
	if len(x.slots) == 0 {
		return false
	}
	for at := x.slot(hash); x.slots[at] != 0; at = (at + 1) & (len(x.slots) - 1) {
		if s := x.slots[at]; s>>32 == hash>>32 && equal(uint32(s)-1) {
			return true
		}
	}
	return false
}

// slot gives where to look for a value first. It depends on the half of the hash that is kept.
func (x *index) slot(hash uint64) int {
	return int(hash >> (65 - bits.Len(uint(len(x.slots)))))
}

func (x *index) grow() {
	old := x.slots
	x.slots = make([]uint64, max(16, 2*len(old)))
	for _, s := range old {
		if s == 0 {
			continue
		}
		at := x.slot(s)
		for x.slots[at] != 0 {
			at = (at + 1) & (len(x.slots) - 1)
		}
		x.slots[at] = s
	}
}
