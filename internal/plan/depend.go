package plan

import (
	"cmp"
	"slices"
	"strings"
)

// Order gives the messages, as indexes, in an order in which each comes after those that
// it depends on: first those that depend on none, by address, then those that depend on
// these alone, and so on.
func (p *Plan) Order() []int {
	depths := p.depths()
	order := make([]int, len(p.Messages))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(depths[a], depths[b]) })
	return order
}

// Before gives the messages, as indexes, that message i depends on.
func (p *Plan) Before(i int) []int {
	var before []int
	for _, address := range p.Messages[i].DependsOn {
		if at, ok := p.find(address); ok {
			before = append(before, at)
		}
	}
	return before
}

func (p *Plan) find(address string) (int, bool) {
	return slices.BinarySearchFunc(p.Messages, address, func(m Message, a string) int { return strings.Compare(m.Address, a) })
}

// depths gives how many messages one after the other have to go before each one; nil
// where they depend on each other in a circle, or on messages that are not in the plan.
func (p *Plan) depths() []int {
	const asked = -1
	depths := make([]int, len(p.Messages))
	known := make([]bool, len(p.Messages))
	var visit func(i int) bool
	visit = func(i int) bool {
		if known[i] || depths[i] == asked {
			return known[i]
		}
		depths[i] = asked
		depth := 0
		for _, address := range p.Messages[i].DependsOn {
			at, ok := p.find(address)
			if !ok || !visit(at) {
				return false
			}
			depth = max(depth, depths[at]+1)
		}
		depths[i], known[i] = depth, true
		return true
	}
	for i := range p.Messages {
		if !visit(i) {
			return nil
		}
	}
	return depths
}

// Open gives a reason for which people of the message are held whose turn is still to
// come; "" where there is none. What depends on the message waits for them.
func (m *Message) Open() string {
	for _, h := range m.Held {
		if h.Reason == UnderWay || h.Reason == TooEarly {
			return h.Reason
		}
	}
	return ""
}

const waitsFor = "waits for "

// Waits reports whether the warning is that a message is not sent because another has to
// go first.
func (w Warning) Waits() bool { return strings.HasPrefix(w.Summary, waitsFor) }

// waiting warns of messages that this plan cannot send, because others have to go first
// that it does not send to everybody.
func (p *Plan) waiting() []Warning {
	open := make([]string, len(p.Messages)) // why what depends on a message is not sent
	var list []Warning
	for _, i := range p.Order() {
		m := &p.Messages[i]
		open[i] = m.Open()
		for _, before := range p.Before(i) {
			if open[before] == "" {
				continue
			}
			if m.ToSend > 0 {
				open[i] = "waiting"
				list = append(list, Warning{m.Address, waitsFor + p.Messages[before].Address,
					"people of " + p.Messages[before].Address + " are " + open[before] + ", so apply will not send " + m.Address + ", which depends on it; plan again when they have been sent to"})
			}
			break
		}
	}
	slices.SortStableFunc(list, func(a, b Warning) int { return strings.Compare(a.Address, b.Address) })
	return list
}
