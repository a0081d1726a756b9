package apply

import (
	"time"

	"github.com/smsplan/smsplan/internal/plan"
	"github.com/smsplan/smsplan/internal/state"
)

// due is when people of one clock of a message may be sent to, as it was when the run
// began; held is the reason why they may not at all.
type due struct {
	at   time.Time
	held string
}

// dues gives it for each message and clock of the plan. Where a window is closed when the
// run begins, what goes to its people is scheduled for the next opening; where it is open,
// it may go as long as it is.
func dues(p *plan.Plan, began time.Time) [][]due {
	all := make([][]due, len(p.Messages))
	for i := range p.Messages {
		m := &p.Messages[i]
		all[i] = make([]due, max(1, len(m.Clocks)))
		for clock := range all[i] {
			if m.Window != nil && clock == len(m.Clocks) {
				continue // nobody is sent to
			}
			d := &all[i][clock]
			d.at, d.held = m.Timing(plan.Request{Message: i, Clock: clock}, began)
		}
	}
	return all
}

// turn says whether a request may be sent now: with the delay in minutes to ask the
// gateway for, or not, for a reason. It may be asked again until the request begins.
func (r *run) turn(w work) (delay int, held string) {
	m, q := r.messageOf(w), r.plan.Request(w.index)
	if !m.Scheduled() {
		return 0, ""
	}
	d, now := r.dues[q.Message][q.Clock], time.Now()
	if d.held != "" {
		return 0, d.held
	}
	if d.at.After(now) {
		return delayed(m, q, d.at, now)
	}
	if _, held := m.Timing(q, now); held != "" {
		return 0, held
	}
	if !open(m, q, now) {
		return 0, plan.OutsideWindow
	}
	return 0, ""
}

// open reports whether the window is open at t, and as long as a request that begins then
// may take until its first byte.
func open(m *plan.Message, q plan.Request, t time.Time) bool {
	for _, t := range []time.Time{t, t.Add(firstByte)} {
		if at, ok := m.Opening(q, t); !ok || !at.Equal(t) {
			return false
		}
	}
	return true
}

const (
	// Both are in minutes.
	shortestDelay = int(state.ShortestHold / time.Minute)
	longestDelay  = 7 * 24 * 60
)

// delayed gives the minutes until a scheduled message is due, rounded up. Where that would
// be after the window's end, it is due when the window opens next, unless that is too late.
func delayed(m *plan.Message, q plan.Request, at, now time.Time) (delay int, held string) {
	for {
		delay = max(shortestDelay, int((at.Sub(now)+time.Minute-1)/time.Minute))
		if delay > longestDelay {
			return 0, plan.OutsideWindow
		}
		goes := now.Add(time.Duration(delay) * time.Minute)
		if open(m, q, goes) {
			return delay, ""
		}
		next, ok := m.Opening(q, goes.Add(firstByte))
		if !ok {
			return 0, plan.OutsideWindow
		}
		if _, held := m.Timing(q, next); held != "" {
			return 0, held
		}
		at = next
	}
}
