package simulator

import (
	"fmt"
	"strings"
)

// perform carries out every operation but sendmsg, under s.mu.
func (s *Simulator) perform(c *call, by caller) (string, error) {
	switch c.op.name {
	case "auth":
		return s.auth(c), nil
	case "ping":
		return "OK:", nil
	case "querymsg":
		return s.querymsg(c, by), nil
	case "delmsg":
		return s.delmsg(c, by)
	case "getbalance":
		return fmt.Sprintf("Credit: %.3f", by.credit), nil
	case "routecoverage":
		return s.routecoverage(c, by), nil
	case "getmsgcharge":
		return s.getmsgcharge(c, by), nil
	}
	panic("no operation " + c.op.name)
}

func (s *Simulator) auth(c *call) string {
	by, code := s.accounts.signIn(c)
	if code != 0 {
		return errorLine(code)
	}
	return "OK: " + s.accounts.open(by, s.sessionRequests(), s.now())
}

// find gives the message that the call names, by apimsgid if it has both ids, or the error code.
func (s *Simulator) find(c *call, by caller) (*message, int) {
	id, clientID := strings.TrimSpace(c.value("apimsgid")), strings.TrimSpace(c.value("climsgid"))
	switch {
	case id != "":
		if m := s.ledger.message(by.terms, id); m != nil {
			return m, 0
		}
		return nil, errMessageID
	case clientID != "":
		if m := s.ledger.named(by.terms, clientID); m != nil {
			return m, 0
		}
		return nil, errClientID
	}
	return nil, errIDMissing
}

func (s *Simulator) querymsg(c *call, by caller) string {
	m, code := s.find(c, by)
	if code != 0 {
		return errorLine(code)
	}
	now := s.now()
	switch {
	case !m.batch.hidden(now):
		return statusLine(m, m.status(now, s.speed))
	case m.batch.HiddenAs == statusUnknown:
		return statusLine(m, statusUnknown)
	case c.value("apimsgid") != "":
		return errorLine(errMessageID)
	}
	return errorLine(errClientID)
}

// delmsg withdraws a message that the gateway still has, and gives its credit back. Any other
// answers with the status that it has.
func (s *Simulator) delmsg(c *call, by caller) (string, error) {
	m, code := s.find(c, by)
	if code != 0 {
		return errorLine(code), nil
	}
	now := s.now().UTC()
	status := m.status(now, s.speed)
	if !waits(status) {
		return statusLine(m, status), nil
	}
	if err := s.store.append(entry{Withdraw: &m.id, At: now}); err != nil {
		return "", &fault{code: "Server", text: err.Error(), op: c.op.name}
	}
	by.credit = rounded(by.credit + m.reserved())
	m.withdrawn = now
	s.changed()
	return statusLine(m, statusWithdrawn), nil
}

// routecoverage does not serve the numbers that a refuse fault with code 114 names, whatever its count.
func (s *Simulator) routecoverage(c *call, by caller) string {
	const none = "ERR: This prefix is not currently supported."
	number := by.terms.dialled(strings.TrimSpace(c.value("msisdn")))
	switch {
	case number == "":
		return errorLine(errParameter)
	case !isNumber(number):
		return errorLine(errDestination)
	case s.numbers.unroutable(number):
		return none
	}
	for _, f := range s.armed {
		if f.kind.name == "refuse" && f.number("code") == errNoRoute && strings.HasSuffix(number, f.text("ending")) {
			return none
		}
	}
	return "OK: This prefix is currently supported. Charge: " + decimal(s.numbers.price(number))
}

func (s *Simulator) getmsgcharge(c *call, by caller) string {
	m, code := s.find(c, by)
	if code != 0 {
		return errorLine(code)
	}
	charge, status := m.costs(s.now(), s.speed)
	return fmt.Sprintf("apiMsgId: %s charge: %s status: %03d", m.id, decimal(charge), status)
}
