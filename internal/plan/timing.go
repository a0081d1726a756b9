package plan

import (
	"cmp"
	"strconv"
	"time"

	"github.com/smsplan/smsplan/internal/state"
)

const (
	// horizon is how far ahead the gateway takes a message.
	horizon = 7 * 24 * time.Hour
	// patience is how late a scheduled message may be where the configuration sets no validity.
	patience = 24 * time.Hour
)

// due says whether the time of delivery lets the message go at all; toSend where it
// does. Of a message with a window its clocks tell more.
func (m *Message) due(now time.Time) (v verdict, note string) {
	switch {
	case m.DeliverAt == nil:
		return toSend, ""
	case m.DeliverAt.Sub(now) > horizon:
		return tooEarly, m.DeliverAtText + " is more than 7 days ahead"
	case m.Window != nil:
		return toSend, ""
	}
	_, v = m.timing(nil, now)
	return v, m.tooLate()
}

// tooLate says why a message is too late.
func (m *Message) tooLate() string {
	return m.DeliverAtText + " is past by more than " + strconv.FormatFloat(m.patience().Hours(), 'g', 4, 64) + "h"
}

func (m *Message) patience() time.Duration { return cmp.Or(m.Validity, patience) }

// timing gives the first moment from now on at which the schedule lets people whose
// window is open by the clocks of zones have the message; or the verdict that holds
// them.
func (m *Message) timing(zones []*time.Location, now time.Time) (at time.Time, v verdict) {
	at = now
	if m.DeliverAt == nil {
		return m.opening(zones, now, now.Add(horizon))
	}
	if m.DeliverAt.Sub(now) > horizon {
		return at, tooEarly
	}
	due, v := m.opening(zones, *m.DeliverAt, m.DeliverAt.Add(horizon))
	if v != toSend {
		return at, v
	}
	if due.After(now) {
		at = due
	}
	if at, v = m.opening(zones, at, now.Add(horizon)); v == toSend && at.Sub(due) > m.patience() {
		v = tooLate
	}
	return at, v
}

// opening gives the first moment from t to limit at which the window is open.
func (m *Message) opening(zones []*time.Location, t, limit time.Time) (time.Time, verdict) {
	if m.Window == nil {
		return t, toSend
	}
	hours, _ := m.Window.Hours()
	at, ok := hours.Opening(t, limit, zones)
	if !ok {
		return t, outsideWindow
	}
	return at, toSend
}

// Timing says when a request may be sent: from at on, which is now or later, if reason
// is "". Else it is held, for one of the [Reasons].
func (m *Message) Timing(r Request, now time.Time) (at time.Time, reason string) {
	at, v := m.timing(m.zonesOf(r), now)
	return at, v.reason()
}

// Opening gives the first moment from t on, within the seven days for which the gateway
// keeps messages, at which the window of the request's people is open.
func (m *Message) Opening(r Request, t time.Time) (at time.Time, ok bool) {
	at, v := m.opening(m.zonesOf(r), t, t.Add(horizon))
	return at, v == toSend
}

// Scheduled reports whether a time decides when the message goes.
func (m *Message) Scheduled() bool { return m.DeliverAt != nil || m.Window != nil }

func (m *Message) zonesOf(r Request) []*time.Location {
	if m.Window == nil {
		return nil
	}
	return m.zones[r.Clock]
}

// At gives the time for which the plan has scheduled a request; zero for at once.
func (m *Message) At(r Request) time.Time {
	at := m.DeliverAt
	if m.Window != nil {
		at = m.Clocks[r.Clock].DeliverAt
	}
	if at == nil {
		return time.Time{}
	}
	return *at
}

// Agenda is how many people of a message may be sent to at once, and how many are
// scheduled, from the first time to the last.
type Agenda struct {
	AtOnce, Scheduled int
	First, Last       time.Time
	// NotBefore is when the gateway sends the first of those scheduled at the earliest, where that is later than First: it keeps
	// them for some minutes at least. Zero elsewhere.
	NotBefore time.Time
}

// Agenda tells when the people of a message may be sent to, as it is when the plan is made.
func (p *Plan) Agenda(m *Message) Agenda {
	a := Agenda{AtOnce: m.ToSend}
	switch {
	case m.Window != nil:
		a = m.clocked()
	case m.DeliverAt != nil && m.DeliverAt.After(p.Created):
		a = Agenda{Scheduled: m.ToSend, First: *m.DeliverAt, Last: *m.DeliverAt}
	}
	a.keep(p.Created)
	return a
}

// keep notes that the gateway does not send earlier than it can what it is given at a time.
func (a *Agenda) keep(given time.Time) {
	if soonest := given.Add(state.ShortestHold); a.Scheduled > 0 && a.First.Before(soonest) {
		a.NotBefore = soonest
	}
}

// Timetable adds up the agendas of all messages.
func (p *Plan) Timetable() (all Agenda) {
	for i := range p.Messages {
		if m := &p.Messages[i]; m.ToSend > 0 {
			a := p.Agenda(m)
			all.AtOnce += a.AtOnce
			all.schedule(a.Scheduled, a.First, a.Last)
		}
	}
	all.keep(p.Created)
	return all
}

// clocked adds up the clocks of a message with a window.
func (m *Message) clocked() (a Agenda) {
	for _, c := range m.Clocks {
		if c.DeliverAt == nil {
			a.AtOnce += c.Recipients
			continue
		}
		a.schedule(c.Recipients, *c.DeliverAt, *c.DeliverAt)
	}
	return a
}

func (a *Agenda) schedule(people int, first, last time.Time) {
	if people == 0 {
		return
	}
	if a.Scheduled == 0 || first.Before(a.First) {
		a.First = first
	}
	if last.After(a.Last) {
		a.Last = last
	}
	a.Scheduled += people
}
