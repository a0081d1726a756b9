package simulator

import "github.com/smsplan/smsplan/internal/simulator/envelope"

// choices are the keys of choose that were ordered, as KEY=VALUE.
type choices map[string]bool

func (s *Simulator) choices() choices {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.chosen
}

// rules are those that were chosen for what is in an envelope.
func (c choices) rules() envelope.Rules {
	return envelope.Rules{
		InOrder:       c["order=strict"],
		AnyParameter:  c["elements=ignored"],
		ActionNeeded:  c["action=required"],
		ActionIgnored: c["action=ignored"],
	}
}
