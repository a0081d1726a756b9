package simulator

import (
	"fmt"
	"slices"
)

// armed is a fault of one simulator, with its count of requests.
type armed struct {
	*Fault
	op                  string // "" for a fault that acts all the time
	times, after, every int
	seen, hit           int
}

// takes counts a request and says whether the fault takes it.
func (a *armed) takes() bool {
	a.seen++
	n := a.seen - a.after
	if n < 1 || n%a.every != 0 || a.times > 0 && a.hit >= a.times {
		return false
	}
	a.hit++
	return true
}

func arm(list []Fault) ([]*armed, error) {
	set := make([]*armed, len(list))
	for i := range list {
		f := &list[i]
		if f.kind == nil {
			return nil, fmt.Errorf("fault %d of the simulator is none that ParseFault made", i+1)
		}
		set[i] = &armed{Fault: f}
		if f.kind.op != "" {
			set[i].op, set[i].times, set[i].after, set[i].every = f.text("op"), f.number("times"), f.number("after"), f.number("every")
		}
	}
	return set, nil
}

// Order puts the faults in the place of those ordered before, for the requests that come from now on. Each counts
// anew, and credit-runs-out takes effect at once.
func (s *Simulator) Order(list []Fault) error {
	set, err := arm(slices.Clone(list))
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.obey(set)
	s.changed()
	return nil
}

func (s *Simulator) obey(set []*armed) {
	s.armed = set
	s.chosen = choices{}
	s.accounts.idle = sessionIdle
	for _, a := range set {
		switch a.kind.name {
		case "credit-runs-out":
			for _, one := range s.accounts.byUser {
				one.credit = a.credits("credit")
			}
		case "session-idle":
			s.accounts.idle = a.wait("for")
		case "choose":
			for key, v := range a.values {
				s.chosen[key+"="+v.text] = true
			}
		}
	}
}

// obeyAnew obeys the same faults as if they had just been ordered.
func (s *Simulator) obeyAnew() {
	set := make([]*armed, len(s.armed))
	for i, a := range s.armed {
		anew := *a
		anew.seen, anew.hit = 0, 0
		set[i] = &anew
	}
	s.obey(set)
}

// Ordered gives the faults ordered last, by [Options] or [Simulator.Order].
func (s *Simulator) Ordered() []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Fault, len(s.armed))
	for i, a := range s.armed {
		list[i] = *a.Fault
	}
	return list
}

// ordered gives the first fault of that name, nil for none. The caller holds s.mu.
func (s *Simulator) ordered(name string) *armed {
	i := slices.IndexFunc(s.armed, func(a *armed) bool { return a.kind.name == name })
	if i < 0 {
		return nil
	}
	return s.armed[i]
}

// sessionRequests gives how many requests the session about to be opened serves; below 0 for any number.
func (s *Simulator) sessionRequests() int {
	for _, a := range s.armed {
		if a.kind.name != "expire-sessions-after" {
			continue
		}
		if times := a.number("times"); times == 0 || a.hit < times {
			a.hit++
			return a.number("requests")
		}
	}
	return -1
}
