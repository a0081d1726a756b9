package simulator

import (
	byteorder "encoding/binary"
	"fmt"
	"math/bits"
	"testing"
)

func TestAMessageIsFoundByItsIDAndByItsPlace(t *testing.T) {
	l := newLedger()
	older := []messageID{newMessageID(), newMessageID()}
	for request, size := range []int{1, 300, 2, 1, 3} {
		ids := l.newIDs(size)
		if request == 2 {
			ids = older // as a journal of an older version has them
		}
		m := &accepted{IDs: ids}
		for i := range ids {
			m.To = append(m.To, fmt.Sprint(request, " ", i))
		}
		l.add(m)
	}
	place := 0
	for want := range l.all() {
		if got := l.at(want.id); got != want {
			t.Errorf("the id of %s finds %v", want.to, got)
		}
		for size := range 5 {
			part := l.slice(place, min(place+size, l.count))
			if len(part) != min(size, l.count-place) || len(part) > 0 && part[0].id != want.id {
				t.Errorf("%d messages from %d: %v", size, place, part)
			}
		}
		place++
	}
	if place != l.count || len(l.strays) != len(older) {
		t.Errorf("%d messages of %d, %d ids kept", place, l.count, len(l.strays))
	}
	for _, id := range l.newIDs(300) {
		if alike := bits.OnesCount64(^(byteorder.BigEndian.Uint64(id[:8]) ^ byteorder.BigEndian.Uint64(id[8:]))); alike > 52 {
			t.Errorf("the halves of %s look alike", id)
		}
	}
	for _, stranger := range append(l.newIDs(2), messageID{}, newMessageID()) {
		if got := l.at(stranger); got != nil {
			t.Errorf("the id %s of no message finds %v", stranger, got)
		}
	}
}
