package apply

import (
	"cmp"
	"slices"
)

// standing is how far a message of the plan has come. Those that depend on it wait until
// none of its requests is left, and are not sent where somebody was not attempted.
type standing struct {
	left   int  // requests that this run has not finished
	undone bool // people are left whom it is still to be sent to
}

// Wait is a number of people who were not attempted, because their message depends on
// another that was not sent to everybody.
type Wait struct {
	Address string `json:"address"`
	On      string `json:"on"`
	People  int    `json:"people"`
}

// line puts work in an order in which every message comes after those that it depends on,
// and counts what each message has left.
func (r *run) line(todo []work) {
	place := make([]int, len(r.plan.Messages))
	for at, i := range r.plan.Order() {
		place[i] = at
	}
	message := func(w work) int { return r.plan.Request(w.index).Message }
	slices.SortStableFunc(todo, func(a, b work) int { return cmp.Compare(place[message(a)], place[message(b)]) })
	if r.standings == nil {
		r.standings = make([]standing, len(r.plan.Messages))
		for i := range r.standings {
			r.standings[i].undone = r.plan.Messages[i].Open() != ""
		}
	}
	for i := range r.standings {
		r.standings[i].left = 0
	}
	for _, w := range todo {
		r.standings[message(w)].left++
	}
}

// finish notes that a request has had its turn, and tells await.
func (r *run) finish(w work, undone bool) {
	r.mu.Lock()
	s := &r.standings[r.plan.Request(w.index).Message]
	s.left--
	s.undone = s.undone || undone
	r.mu.Unlock()
	select {
	case r.finished <- struct{}{}:
	default: // it has been told
	}
}

// await waits until all that the request's message depends on is finished. False says that
// the request is not to be sent: because waiting ended, or because of what it depends on.
func (r *run) await(waiting <-chan struct{}, w work) bool {
	message := r.plan.Request(w.index).Message
	for {
		left := false
		for _, i := range r.plan.Before(message) {
			r.mu.Lock()
			s := r.standings[i]
			r.mu.Unlock()
			if s.left == 0 && s.undone {
				r.waits(w, i)
				r.finish(w, true)
				return false
			}
			left = left || s.left > 0
		}
		if !left {
			return true
		}
		select {
		case <-r.finished:
		case <-waiting:
			return false
		}
	}
}

// waits counts people of a request who are not attempted because of message i.
func (r *run) waits(w work, i int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	people := 0
	for k := range w.people {
		if !w.doubtedBefore(k) {
			people++
		}
	}
	r.report.Waiting += people
	address, on := r.messageOf(w).Address, r.plan.Messages[i].Address
	at := slices.IndexFunc(r.report.Waits, func(o Wait) bool { return o.Address == address && o.On == on })
	if at < 0 {
		at = len(r.report.Waits)
		r.report.Waits = append(r.report.Waits, Wait{Address: address, On: on})
	}
	r.report.Waits[at].People += people
}
