package plan

import (
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/phone"
)

// request is a run of a message's people who get one text in one call, at one time.
type request struct{ text, first, count, clock uint32 }

// place is a person to be sent to: where in the audience they stand, and words that
// order people by region and number as [phone.Number.Compare] orders them, which would
// be slow to ask again and again.
type place struct {
	digits uint64
	row    uint32
	region uint16
}

func placeOf(a *config.Audience, i int) place {
	v, length := a.Numbers[i].Packed(), uint64(15)
	for ; v < 1e14; v *= 10 {
		length--
	}
	return place{v<<4 | length, uint32(i), binary.BigEndian.Uint16(a.Regions[i][:])}
}

func (p place) compare(q place) int {
	if p.region != q.region {
		return cmp.Compare(p.region, q.region)
	}
	return cmp.Compare(p.digits, q.digits)
}

// cursor is where the next person of a lot goes.
type cursor struct {
	left uint32 // people of the lot who have no request yet
	next uint32 // place in the lot's newest request
	room uint32 // people that this request still takes
}

// lots numbers what may share a request: one text, and one clock. Where all have the same clock a lot is a text.
type lots struct {
	audience *config.Audience
	clocks   []uint32 // of each person; nil where all have the same
	numbers  map[uint64]uint32
}

func (l *lots) of(i int) uint32 {
	text := textOf(l.audience, i)
	if l.clocks == nil {
		return text
	}
	both := uint64(text)<<32 | uint64(l.clocks[i])
	n, ok := l.numbers[both]
	if !ok {
		n = uint32(len(l.numbers))
		l.numbers[both] = n
	}
	return n
}

// cut orders the people to be sent to and cuts requests of at most batch from that
// order, by their first person. clocks are those of each person, nil where all have
// the same.
func (m *Message) cut(a *config.Audience, verdicts []verdict, clocks []uint32, batch int) {
	lots := lots{a, clocks, map[uint64]uint32{}}
	cursors := make([]cursor, max(1, a.Table.Len())) // a binary message has no texts
	toPlace := 0
	for _, v := range verdicts {
		if v == toSend {
			toPlace++
		}
	}
	places := make([]place, 0, toPlace)
	for i, v := range verdicts {
		if v == toSend {
			places = append(places, placeOf(a, i))
			lot := lots.of(i)
			for int(lot) >= len(cursors) {
				cursors = append(cursors, cursor{})
			}
			cursors[lot].left++
		}
	}
	slices.SortFunc(places, place.compare)
	m.people = make([]phone.Number, len(places))
	names := make([]uint32, max(1, a.Table.Len())) // 1 + index of each text in the plan
	requests := 0
	for _, c := range cursors {
		requests += (int(c.left) + batch - 1) / batch
	}
	m.requests = slices.Grow(m.requests, requests)
	used := slices.Grow([]uint32(nil), min(requests, len(names)))
	taken := uint32(0)
	for _, p := range places {
		text := textOf(a, int(p.row))
		c := &cursors[lots.of(int(p.row))]
		if names[text] == 0 {
			used = append(used, text)
			names[text] = uint32(len(used))
		}
		if c.room == 0 {
			c.next, c.room = taken, min(c.left, uint32(batch))
			c.left -= c.room
			taken += c.room
			r := request{text: names[text] - 1, first: c.next, count: c.room}
			if clocks != nil {
				r.clock = clocks[p.row]
			}
			m.requests = append(m.requests, r)
		}
		m.people[c.next] = a.Numbers[p.row]
		c.next++
		c.room--
	}
	if m.Binary == nil {
		m.texts = chosen(&a.Table, used)
	}
	m.tally()
	m.Countries = countries(a, places, func(p place) int { return m.size(names[textOf(a, int(p.row))] - 1).Segments })
}

// countries counts places, which are in the order of their regions.
func countries(a *config.Audience, places []place, segments func(place) int) []Country {
	list := []Country{}
	for i, p := range places {
		if i == 0 || p.region != places[i-1].region {
			list = append(list, Country{Region: a.Regions[p.row].String()})
		}
		last := &list[len(list)-1]
		last.Recipients++
		last.Segments += segments(p)
	}
	slices.SortFunc(list, compareCountries)
	return list
}

// compareCountries puts the one with most people first.
func compareCountries(a, b Country) int {
	return cmp.Or(cmp.Compare(b.Recipients, a.Recipients), cmp.Compare(a.Region, b.Region))
}

// tally counts the message's requests, and what their texts take.
func (m *Message) tally() {
	m.ToSend, m.Requests, m.Texts, m.Segments = len(m.people), len(m.requests), m.texts.len(), 0
	count := map[Size]int{}
	for _, r := range m.requests {
		s := m.size(r.text)
		count[Size{Encoding: s.Encoding.String(), Segments: s.Segments}] += int(r.count)
		m.Segments += s.Segments * int(r.count)
	}
	m.Sizes = sizes(count)
}

// sizes lists recipients, which are counted by encoding and segments, most first.
func sizes(count map[Size]int) []Size {
	list := make([]Size, 0, len(count))
	for s, n := range count {
		list = append(list, Size{s.Encoding, s.Segments, n})
	}
	slices.SortFunc(list, func(a, b Size) int {
		return cmp.Or(cmp.Compare(b.Recipients, a.Recipients), cmp.Compare(a.Encoding, b.Encoding), cmp.Compare(a.Segments, b.Segments))
	})
	return list
}

// Sizes adds up what the texts of all messages take, most recipients first.
func (p *Plan) Sizes() []Size {
	count := map[Size]int{}
	for i := range p.Messages {
		for _, s := range p.Messages[i].Sizes {
			count[Size{Encoding: s.Encoding, Segments: s.Segments}] += s.Recipients
		}
	}
	return sizes(count)
}
