package simulator

// Reset forgets the messages, the batches, the sessions and all that was counted, in the store too; the accounts have the
// credit again that they began with, and vouchers can be redeemed again. It keeps the settings and the faults, which count
// anew, and leaves the outbox as it is.
func (s *Simulator) Reset() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.store.empty(); err != nil {
		return err
	}
	s.ledger = newLedger()
	s.refunds = agenda[messageID]{}
	s.pusher.forget()
	clear(s.accounts.sessions)
	s.settle(s.settings)
	s.obeyAnew()
	for i := range s.requests {
		s.requests[i].Store(0)
	}
	s.mostAtOnce.Store(s.underWay.Load())
	s.exchanges.clear()
	s.epoch++
	s.changed()
	return nil
}
