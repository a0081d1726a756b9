package apply

import (
	"sync"

	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/soap"
	"github.com/smsplan/smsplan/internal/state"
)

// optOuts are the people whom the gateway names, while a run goes on, as having opted out. What the state's stop list held
// before was looked at by the claim.
type optOuts struct {
	mu    sync.Mutex
	lines map[phone.Number]bool
}

// learn takes the outcome of a request to people.
func (o *optOuts) learn(people []phone.Number, s state.Settlement) {
	o.mu.Lock()
	defer o.mu.Unlock()
	add := func(n phone.Number) {
		if o.lines == nil {
			o.lines = map[phone.Number]bool{}
		}
		o.lines[n.Line()] = true
	}
	if s.Code == int(soap.OptedOut) && len(people) == 1 {
		add(people[0])
	}
	for _, e := range s.Exceptions {
		if e.Code == int(soap.OptedOut) {
			add(people[e.Index])
		}
	}
}

// split parts those who may still be sent to, as a request begins, from the indexes of those who opted out.
func (o *optOuts) split(people []phone.Number) (left []phone.Number, gone []int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.lines) == 0 {
		return people, nil
	}
	for i, n := range people {
		if o.lines[n.Line()] {
			gone = append(gone, i)
		} else {
			left = append(left, n)
		}
	}
	if gone == nil {
		return people, nil
	}
	return left, gone
}

// widen makes of the outcome for those who were left the outcome for all people of the request: those at the indexes gone,
// which ascend, are unsent.
func widen(s state.Settlement, people int, gone []int) state.Settlement {
	if len(gone) == 0 {
		return s
	}
	places := make([]int, 0, people-len(gone)) // of those left, among all
	for i, next := 0, 0; i < people; i++ {
		if next < len(gone) && gone[next] == i {
			next++
			continue
		}
		places = append(places, i)
	}
	wide := s
	wide.Exceptions = nil
	for _, e := range s.Exceptions {
		e.Index = places[e.Index]
		wide.Exceptions = append(wide.Exceptions, e)
	}
	// Said of the one who was left, it names that one; said of all these people it would name nobody.
	if len(places) == 1 && s.Code == int(soap.OptedOut) && len(s.Exceptions) == 0 {
		wide.Exceptions = append(wide.Exceptions, state.Exception{Index: places[0], Outcome: s.Outcome, Code: s.Code})
	}
	for _, i := range gone {
		wide.Exceptions = append(wide.Exceptions, state.Exception{Index: i, Outcome: state.Unsent})
	}
	if s.IDs != nil {
		wide.IDs = make([][16]byte, people)
		for i, id := range s.IDs {
			wide.IDs[places[i]] = id
		}
	}
	return wide
}
