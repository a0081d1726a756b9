package zone

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Hours are a part of every day, as clocks show it: from From on and before To, both in
// minutes since midnight. Where To comes before From they go over midnight.
//
// Where clocks are changed, a time may occur twice or not at all, and then From and To
// each mean two moments. What is inside is inside by all of them: hours begin at the
// later and end at the earlier one.
type Hours struct{ From, To int }

const minutesOfDay = 24 * 60

var errClock = errors.New("not a time such as 08:00")

// ParseClock reads HH:MM, 00:00 to 23:59, as minutes since midnight.
func ParseClock(s string) (int, error) {
	hours, minutes, _ := strings.Cut(s, ":")
	h, ok := twoDigits(hours, 24)
	m, also := twoDigits(minutes, 60)
	if !ok || !also {
		return 0, errClock
	}
	return 60*h + m, nil
}

func twoDigits(s string, below int) (n int, ok bool) {
	if len(s) != 2 || s[0] < '0' || s[0] > '9' || s[1] < '0' || s[1] > '9' {
		return 0, false
	}
	n = 10*int(s[0]-'0') + int(s[1]-'0')
	return n, n < below
}

// Clock writes minutes since midnight as [ParseClock] reads them.
func Clock(minutes int) string { return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60) }

func (h Hours) String() string { return Clock(h.From) + " to " + Clock(h.To) }

// Opening gives the first moment from t on, and not after limit, that is inside in all of
// the zones.
func (h Hours) Opening(t, limit time.Time, zones []*time.Location) (time.Time, bool) {
	for agreed := 0; agreed < len(zones); {
		for _, z := range zones {
			next, ok := h.opening(t, limit, z)
			if !ok {
				return time.Time{}, false
			}
			if next.After(t) {
				t, agreed = next, 0
			}
			if agreed++; agreed == len(zones) {
				break
			}
		}
	}
	return t, true
}

// opening is that of one zone.
func (h Hours) opening(t, limit time.Time, z *time.Location) (time.Time, bool) {
	if offset, ok := steady(t, z); ok {
		z = time.FixedZone("", offset) // which is looked up sooner
	}
	year, month, day := t.In(z).Date()
	// A zone that changes sides of the date line leaves a day out or has it twice.
	for day -= 2; ; day++ {
		midnight := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
		from, to := h.on(midnight, z)
		switch {
		case midnight.Add(-48 * time.Hour).After(limit):
			return time.Time{}, false
		case !to.After(from) || !to.After(t):
			continue
		case from.Before(t):
			from = t
		}
		return from, !from.After(limit)
	}
}

// steady gives the offset of a zone from UTC, in seconds, where no change of its clock is
// near enough to t to matter.
func steady(t time.Time, z *time.Location) (offset int, ok bool) {
	const near = 5 * 24 * time.Hour
	start, _ := t.In(z).ZoneBounds()
	end := until(t.In(z))
	_, offset = t.In(z).Zone()
	return offset, (start.IsZero() || t.Sub(start) > near) && (end.IsZero() || end.Sub(t) > near)
}

// on gives the hours that begin on a date, of which midnight is 00:00 in UTC.
func (h Hours) on(midnight time.Time, z *time.Location) (from, to time.Time) {
	ends := h.To
	if h.To < h.From {
		ends += minutesOfDay
	}
	_, from = readings(midnight.Add(time.Duration(h.From)*time.Minute), z)
	to, _ = readings(midnight.Add(time.Duration(ends)*time.Minute), z)
	return from, to
}

// readings gives the moments that a time on the clock of a zone may mean, given as if it
// were UTC: the same one twice, unless the clock is changed then. A time that it jumps
// over is read by what it showed before, and by what it shows afterwards.
func readings(clock time.Time, z *time.Location) (first, last time.Time) {
	const reach = 36 * time.Hour // no zone is as far from UTC
	add := func(offset int) {
		t := clock.Add(-time.Duration(offset) * time.Second)
		if first.IsZero() || t.Before(first) {
			first = t
		}
		if last.IsZero() || t.After(last) {
			last = t
		}
	}
	for t := clock.Add(-reach).In(z); ; {
		_, offset := t.Zone()
		end := until(t)
		if end.IsZero() || end.After(clock.Add(reach)) {
			if first.IsZero() {
				add(offset)
			}
			return first, last
		}
		_, changed := end.Zone()
		shown := clock.Unix() - end.Unix() // what the clock shows, less what that of UTC shows at the change
		switch {
		case shown < int64(min(offset, changed)):
			if first.IsZero() {
				add(offset)
			}
			return first, last
		case shown < int64(max(offset, changed)):
			add(offset)
			add(changed)
		}
		t = end
	}
}

// until gives a moment after t until which the offset of its zone stays the same, zero
// for ever.
func until(t time.Time) time.Time {
	_, end := t.ZoneBounds()
	if !end.IsZero() && !end.After(t) {
		// The library takes leap years to have 365 days, and so their last day for one after the end.
		end = time.Date(t.UTC().Year()+1, 1, 1, 0, 0, 0, 0, time.UTC).In(t.Location())
	}
	return end
}

// Agree reports whether the zones have a time in common that is inside, on every day of
// the year after t on which none of them changes its clock.
func (h Hours) Agree(t time.Time, zones []*time.Location) bool {
	end := t.AddDate(1, 0, 0)
	for t.Before(end) {
		next := end
		offsets := make([]int, len(zones))
		for i, z := range zones {
			_, offsets[i] = t.In(z).Zone()
			if change := until(t.In(z)); !change.IsZero() && change.Before(next) {
				next = change
			}
		}
		if next.Sub(t) >= 24*time.Hour && !h.overlap(offsets) {
			return false
		}
		t = next
	}
	return true
}

// overlap reports whether a moment is inside at all of the offsets, in seconds east of UTC.
func (h Hours) overlap(offsets []int) bool {
	const day = 60 * minutesOfDay
	length := 60 * (h.To - h.From)
	if length < 0 {
		length += day
	}
candidates:
	for _, opening := range offsets { // if there is such a moment, the hours of one zone begin at one
		for _, other := range offsets {
			if since := ((other-opening)%day + day) % day; since >= length {
				continue candidates
			}
		}
		return true
	}
	return false
}
