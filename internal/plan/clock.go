package plan

import (
	"slices"
	"strings"
	"time"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/zone"
)

// Clock is the time zones by whose clocks a window is open for some of the people to
// send to: it is where it is in all of them. Requests are of one clock, so that which
// people share one does not depend on when the plan is made.
type Clock struct {
	Zones      []string   `json:"zones"`                // sorted
	DeliverAt  *time.Time `json:"deliver_at,omitempty"` // when the window opens next; nil where it is open
	Recipients int        `json:"recipients"`
	Requests   int        `json:"requests"`
}

// hours are the clocks of an audience, and who is held for want of an hour.
type hours struct {
	clocks []uint32 // of each person, as an index into known; nil where all have the same
	known  []dial

	index   map[string]uint32 // of known, by their names
	closed  map[phone.Region]int
	nowhere map[phone.Region]int
}

// dial is a clock while the plan is made.
type dial struct {
	names []string
	zones []*time.Location // nil where there are none
	held  verdict          // on whoever goes by it
}

// hours finds the clock of everybody whom the state and the schedule let through so
// far, and holds those for whom the window does not open in time.
func (m *Message) hours(a *config.Audience, found *findings, now time.Time) *hours {
	h := &hours{index: map[string]uint32{}, closed: map[phone.Region]int{}, nowhere: map[phone.Region]int{}}
	if m.Window == nil {
		return h
	}
	if m.Window.Timezone == config.OfRecipient {
		h.clocks = make([]uint32, len(a.Numbers))
		h.find(m, a, found, now)
	} else {
		h.add(m, []string{m.Window.Timezone}, now)
	}
	doubted := map[int]bool{}
	for _, d := range found.doubted {
		doubted[d.row] = true
	}
	for i, v := range found.verdicts {
		if v != toSend && v != frozen {
			continue
		}
		d := h.known[h.of(i)]
		switch {
		case d.held == toSend:
			continue
		case d.zones == nil:
			h.nowhere[a.Regions[i]]++
		case d.held == outsideWindow:
			h.closed[a.Regions[i]]++
		}
		held := d.held
		if doubted[i] {
			held = inDoubt
		}
		found.verdicts[i] = held
		found.counts[v]--
		found.counts[held]++
	}
	return h
}

// of gives the clock of person i.
func (h *hours) of(i int) uint32 {
	if h.clocks == nil {
		return 0
	}
	return h.clocks[i]
}

// find gives everybody the clock of the zones of the number's region. Where these have
// none of the hours in common the number's own zones count.
func (h *hours) find(m *Message, a *config.Audience, found *findings, now time.Time) {
	const own = ^uint32(0)
	regions := map[phone.Region]uint32{}
	of := make([][]string, len(a.Numbers))
	for i, region := range a.Regions {
		if v := found.verdicts[i]; v != toSend && v != frozen {
			continue
		}
		clock, ok := regions[region]
		if !ok {
			clock = own
			if names := zone.Of(region.String()); m.agree(names, now) {
				clock = h.add(m, names, now)
			}
			regions[region] = clock
		}
		h.clocks[i] = clock
	}
	spread(len(a.Numbers), func(_, from, to int) {
		for i := from; i < to; i++ {
			if h.clocks[i] == own {
				of[i] = a.Numbers[i].Zones()
			}
		}
	})
	for i := range of {
		if h.clocks[i] == own {
			h.clocks[i] = h.add(m, of[i], now)
		}
	}
}

// agree reports whether zones have some of the hours in common, all through the year.
func (m *Message) agree(names []string, now time.Time) bool {
	zones, ok := load(names)
	window, _ := m.Window.Hours()
	return ok && window.Agree(now, zones)
}

// add gives the clock of some zones.
func (h *hours) add(m *Message, names []string, now time.Time) uint32 {
	key := strings.Join(names, " ")
	if i, ok := h.index[key]; ok {
		return i
	}
	d := dial{names: slices.Sorted(slices.Values(names)), held: outsideWindow}
	if zones, ok := load(d.names); ok {
		d.zones = zones
		_, d.held = m.timing(zones, now)
	}
	h.known = append(h.known, d)
	h.index[key] = uint32(len(h.known) - 1)
	return h.index[key]
}

// load gives zones by their names; ok is false where there are none.
func load(names []string) (zones []*time.Location, ok bool) {
	for _, name := range names {
		z, err := zone.Load(name)
		if err != nil {
			return nil, false
		}
		zones = append(zones, z)
	}
	return zones, len(zones) > 0
}

// note says why people are held outside the window.
func (h *hours) note() string {
	var parts []string
	if len(h.nowhere) > 0 {
		parts = append(parts, "no time zone is known for "+regions(h.nowhere))
	}
	if len(h.closed) > 0 {
		parts = append(parts, "within 7 days no time is in the window everywhere in "+regions(h.closed))
	}
	return strings.Join(parts, "; ")
}

// regions lists regions with their people, most first.
func regions(count map[phone.Region]int) string {
	const enough = 5
	var list []Country
	for region, n := range count {
		list = append(list, Country{Region: region.String(), Recipients: n})
	}
	slices.SortFunc(list, compareCountries)
	var parts []string
	for i, c := range list {
		if i == enough {
			parts = append(parts, "and "+config.Count(len(list)-enough)+" more")
			break
		}
		parts = append(parts, c.Region+" ("+config.Count(c.Recipients)+")")
	}
	return strings.Join(parts, ", ")
}

// keepClocks keeps those of the clocks that the requests need.
func (m *Message) keepClocks(h *hours, now time.Time) {
	if m.Window == nil {
		return
	}
	kept := map[uint32]uint32{}
	for i := range m.requests {
		r := &m.requests[i]
		clock, ok := kept[r.clock]
		if !ok {
			clock = uint32(len(m.Clocks))
			kept[r.clock] = clock
			d := h.known[r.clock]
			m.zones = append(m.zones, d.zones)
			m.Clocks = append(m.Clocks, Clock{Zones: d.names, DeliverAt: m.opens(d.zones, now)})
		}
		r.clock = clock
		m.Clocks[clock].Requests++
		m.Clocks[clock].Recipients += int(r.count)
	}
}

// opens gives the time at which the window of people who may be sent to opens; nil where
// it is open.
func (m *Message) opens(zones []*time.Location, now time.Time) *time.Time {
	at, _ := m.timing(zones, now)
	if !at.After(now) {
		return nil
	}
	at = at.UTC()
	return &at
}

// checkClocks checks what a message of a plan read says of its window, and readies its
// clocks.
func (m *Message) checkClocks(p *Plan) error {
	if m.Window == nil {
		if len(m.Clocks) > 0 {
			return damaged("%s: it has clocks and no window", m.Address)
		}
		return nil
	}
	if _, ok := m.Window.Hours(); !ok || p.TimeZones == "" {
		return damaged("%s: its window is out of range", m.Address)
	}
	for i, clock := range m.Clocks {
		zones, ok := load(clock.Zones)
		switch {
		case !ok:
			return damaged("%s: it has a clock of no time zone", m.Address)
		case m.Window.Timezone != config.OfRecipient && !slices.Equal(clock.Zones, []string{m.Window.Timezone}):
			return damaged("%s: it has a clock that is not the window's", m.Address)
		case slices.ContainsFunc(m.Clocks[:i], func(c Clock) bool { return slices.Equal(c.Zones, clock.Zones) }):
			return damaged("%s: it has a clock twice", m.Address)
		}
		// Another release may have other times; apply does not take such a plan.
		stated, found := clock.DeliverAt, m.opens(zones, p.Created)
		same := stated == nil && found == nil || stated != nil && found != nil && stated.Equal(*found)
		if !same && p.TimeZones == zone.Version() {
			return damaged("%s: a delivery time is not that of its window", m.Address)
		}
		m.zones = append(m.zones, zones)
	}
	return nil
}

// clocksAddUp reports whether the clocks of a message read count its requests.
func (m *Message) clocksAddUp() bool {
	counted := make([]Clock, len(m.Clocks))
	for _, r := range m.requests {
		if m.Window != nil {
			counted[r.clock].Requests++
			counted[r.clock].Recipients += int(r.count)
		}
	}
	return slices.EqualFunc(counted, m.Clocks, func(a, b Clock) bool {
		return a.Requests == b.Requests && a.Recipients == b.Recipients && a.Requests > 0
	})
}
