package simulator

import (
	"strings"
	"time"
)

// Statuses that messages take (gateway specification, section 13.1).
const (
	statusUnknown   = 1
	statusQueued    = 2
	statusNetwork   = 3
	statusHandset   = 4
	statusContent   = 5
	statusWithdrawn = 6
	statusFailed    = 7
	statusNoRoute   = 9
	statusExpired   = 10
	statusScheduled = 11
	statusNoCredit  = 12
	statusLimit     = 14
)

// A message is queued (002) for onward from when it is due, which is at once unless a deliv_time schedules it (011). Then it is
// with the network (003), and handover after it was due with the handset (004), if deliv_ack asked for that. One that
// waits longer than its validity expires (010): what the request says counts from acceptance, the gateway's
// own patience from when the message is due.
const (
	onward   = time.Second
	handover = 3 * time.Second
	patience = 24 * time.Hour
)

// querymsg forgets what was due longer ago than memory, getmsgcharge what was due longer ago than chargeMemory.
const (
	memory       = 6 * 24 * time.Hour
	chargeMemory = 15 * 24 * time.Hour
)

// Step is a status that a message takes, and when.
type Step struct {
	Status int
	At     time.Time
}

// ending is the status with which the messages to numbers that end so end, in place of the usual one.
type ending struct {
	Status int    `json:"status"`
	Number string `json:"number,omitempty"` // "" for all
}

// at gives the time at which the batch is that old, where time runs so many times as fast.
func (b *batch) at(age time.Duration, speed float64) time.Time {
	return b.At.Add(time.Duration(float64(age) / speed))
}

// delay is how long after acceptance the messages are due.
func (b *batch) delay() time.Duration { return time.Duration(b.Delay) * time.Minute }

// end gives the status with which the message ends.
func (m *message) end() int {
	b := m.batch
	if b.tooDear(m.price) {
		return statusNoRoute
	}
	for _, e := range b.Ends {
		if strings.HasSuffix(m.to, e.Number) {
			return e.Status
		}
	}
	if b.Ack {
		return statusHandset
	}
	return statusNetwork
}

// history is the message's whole life, what is still to come included. It has at least one step.
func (m *message) history(speed float64) []Step {
	b, due := m.batch, m.batch.delay()
	steps := make([]Step, 0, 4)
	step := func(status int, age time.Duration) {
		if n := len(steps); n == 0 || steps[n-1].Status != status {
			steps = append(steps, Step{status, b.at(age, speed)})
		}
	}
	if due > 0 {
		step(statusScheduled, 0)
	}
	step(statusQueued, due)
	switch end := m.end(); end {
	case statusHandset, statusContent, statusFailed:
		step(statusNetwork, due+onward)
		step(end, due+handover)
	default:
		step(end, due+onward)
	}
	limit := due + patience
	if b.Validity > 0 {
		limit = time.Duration(b.Validity) * time.Minute
	}
	if expiry := b.at(limit, speed); waits(current(steps, expiry)) {
		steps = append(until(steps, expiry), Step{statusExpired, expiry})
	}
	if m.withdrawn == nil {
		return steps
	}
	// The speed may be another than when the message was withdrawn: what it cannot have been by then, it was not.
	steps = until(steps, *m.withdrawn)
	for n := len(steps); n > 0 && !waits(steps[n-1].Status); n = len(steps) {
		steps = steps[:n-1]
	}
	return append(steps, Step{statusWithdrawn, *m.withdrawn})
}

// until gives the steps taken by then.
func until(steps []Step, then time.Time) []Step {
	n := len(steps)
	for n > 0 && steps[n-1].At.After(then) {
		n--
	}
	return steps[:n]
}

// current gives the status at a time; before the first step, that of the first.
func current(steps []Step, now time.Time) int {
	return steps[max(len(until(steps, now)), 1)-1].Status
}

// waits reports whether a message with the status is still at the gateway, where it may be withdrawn.
func waits(status int) bool { return status == statusQueued || status == statusScheduled }

// charges reports whether a message with the status costs what it was accepted for (section 13.1).
func charges(status int) bool {
	switch status {
	case statusQueued, statusWithdrawn, statusNoRoute, statusExpired, statusNoCredit, statusLimit:
		return false
	}
	return true
}

// status gives the code at a time, as long as the gateway remembers it.
func (m *message) status(now time.Time, speed float64) int {
	if now.After(m.batch.at(m.batch.delay()+memory, speed)) {
		return statusUnknown
	}
	return current(m.history(speed), now)
}

// costs gives what the message has cost at a time, and its status, as long as the gateway remembers them.
func (m *message) costs(now time.Time, speed float64) (charge float64, status int) {
	if now.After(m.batch.at(m.batch.delay()+chargeMemory, speed)) {
		return 0, statusUnknown
	}
	if status = current(m.history(speed), now); charges(status) {
		charge = m.price
	}
	return charge, status
}

// tooDear reports whether a message at the price is accepted and then finds no route, because of its max_credits.
func (b *batch) tooDear(price float64) bool { return b.MaxCredits > 0 && b.MaxCredits < price }

// reserved is what the message took from the credit when it was accepted.
func (m *message) reserved() float64 {
	if m.batch.tooDear(m.price) {
		return 0
	}
	return m.price
}

// refunded gives when the credit gets back what was reserved for the message, the zero time for never.
func (m *message) refunded(speed float64) time.Time {
	if b := m.batch; m.withdrawn == nil && (b.tooDear(m.price) || b.Validity == 0 && len(b.Ends) == 0) {
		return time.Time{}
	}
	steps := m.history(speed)
	if last := steps[len(steps)-1]; !charges(last.Status) {
		return last.At
	}
	return time.Time{}
}
