package simulator

import "time"

// expectRefund notes when a message that was just entered in the ledger gives back what it took from the
// credit. s.mu is held.
func (s *Simulator) expectRefund(m *message, now time.Time) {
	if at := m.refunded(s.speed); at.After(now) {
		s.refunds.add(at, m.id)
	}
}

// refund gives the accounts back what is due by now. s.mu is held.
func (s *Simulator) refund(now time.Time) {
	for {
		id, ok := s.refunds.take(now)
		if !ok {
			return
		}
		m := s.ledger.at(id)
		if m == nil || m.withdrawn != nil {
			continue // what delmsg withdrew is paid back already
		}
		if a := s.accounts.of(m.batch.APIID); a != nil {
			a.credit = rounded(a.credit + m.reserved())
		}
	}
}
