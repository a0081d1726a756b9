package plan

import "time"

// Slot is a part of a timeline, with the requests and the people that fall into it.
type Slot struct {
	From, To   time.Time
	Requests   int
	Recipients int
}

// Handover divides the time that it takes to hand the plan to the gateway at its rate into n equal slots, as if apply began when the
// plan was made. There are none where nobody is to be sent to, or the rate has no limit. It takes no longer for more people.
func (p *Plan) Handover(n int) []Slot {
	all := p.Totals().ToSend
	if all == 0 || p.Gateway.Rate <= 0 {
		return nil
	}
	slots := make([]Slot, n)
	for i := range slots {
		slots[i].From = p.Created.Add(p.Gateway.Takes(all) / time.Duration(n) * time.Duration(i))
		slots[i].To = p.Created.Add(p.Gateway.Takes(all) / time.Duration(n) * time.Duration(i+1))
	}
	begun := 0 // people of the messages before
	for _, i := range p.Order() {
		m := &p.Messages[i]
		if m.ToSend == 0 {
			continue
		}
		for k := slotOf(begun, all, n); k < n && edge(k, all, n) < begun+m.ToSend; k++ {
			from, to := max(edge(k, all, n), begun)-begun, min(edge(k+1, all, n), begun+m.ToSend)-begun
			slots[k].Recipients += to - from
			slots[k].Requests += begunBy(m, to) - begunBy(m, from)
		}
		begun += m.ToSend
	}
	return slots
}

// begunBy gives how many requests of a message are begun before so many of its people are sent to.
func begunBy(m *Message, people int) int {
	return m.Requests - shareOf(m.Requests, m.ToSend-people, m.ToSend)
}

// edge gives how many of all people fall into the first k of n slots.
func edge(k, all, n int) int { return shareOf(all, k, n) }

// slotOf gives the slot into which one more person falls behind some of all.
func slotOf(before, all, n int) int {
	k := shareOf(n, before, all)
	for k+1 < n && edge(k+1, all, n) <= before {
		k++
	}
	return k
}

// shareOf gives n times part of whole, rounded down.
func shareOf(n, part, whole int) int {
	return n/whole*part + n%whole*part/whole
}

// Due divides the time from when the plan was made until the last of its people are due into n equal slots: those who are sent to at
// once fall into the first. There are none where nothing is scheduled.
func (p *Plan) Due(n int) []Slot {
	var last time.Time
	p.due(func(at time.Time, _, _ int) {
		if at.After(last) {
			last = at
		}
	})
	whole := last.Sub(p.Created)
	if whole <= 0 {
		return nil
	}
	slots := make([]Slot, n)
	for i := range slots {
		slots[i].From = p.Created.Add(whole / time.Duration(n) * time.Duration(i))
		slots[i].To = p.Created.Add(whole / time.Duration(n) * time.Duration(i+1))
	}
	p.due(func(at time.Time, requests, people int) {
		k := min(n-1, max(0, int(at.Sub(p.Created)/(whole/time.Duration(n)))))
		slots[k].Requests += requests
		slots[k].Recipients += people
	})
	return slots
}

// due gives the times at which the plan's people are sent to, with their numbers.
func (p *Plan) due(yield func(at time.Time, requests, people int)) {
	for i := range p.Messages {
		m := &p.Messages[i]
		switch {
		case m.ToSend == 0:
		case m.Window != nil:
			for _, c := range m.Clocks {
				yield(orNow(c.DeliverAt, p.Created), c.Requests, c.Recipients)
			}
		default:
			yield(orNow(m.DeliverAt, p.Created), m.Requests, m.ToSend)
		}
	}
}

func orNow(at *time.Time, now time.Time) time.Time {
	if at == nil || at.Before(now) {
		return now
	}
	return *at
}
