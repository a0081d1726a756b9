package simulator

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/smsplan/smsplan/internal/simulator/envelope"
)

// find gives the messages that the call names, by apimsgid if it has both ids, or the error code. Which of those with one climsgid
// that are is for [ledger.named].
func (s *Simulator) find(c *call, by caller, which string) ([]*message, int) {
	id, clientID := strings.TrimSpace(c.Value("apimsgid")), strings.TrimSpace(c.Value("climsgid"))
	switch {
	case id != "":
		if m := s.ledger.message(by.terms, id); m != nil {
			return []*message{m}, 0
		}
		return nil, errMessageID
	case clientID != "":
		if found := s.ledger.named(by.terms, clientID, c.chosen["climsgid=folded"], which); found != nil {
			return found, 0
		}
		return nil, errClientID
	}
	return nil, errIDMissing
}

// unfound is what a call gets that names no message, or none that the gateway has.
func unfound(c *call, code int) string {
	if c.chosen["unknown=001"] && code != errIDMissing {
		return fmt.Sprintf("ID: %s Status: %03d", named(c), statusUnknown)
	}
	return errorLine(code)
}

// named gives the id by which a call names a message.
func named(c *call) string {
	return cmp.Or(strings.TrimSpace(c.Value("apimsgid")), strings.TrimSpace(c.Value("climsgid")))
}

func (s *Simulator) querymsg(c *call, by caller, o *orders) []string {
	which := o.duplicates
	if which == "all" && c.Binding == envelope.Document {
		which = "last" // the schema allows one answer
	}
	found, code := s.find(c, by, which)
	if code != 0 {
		return []string{unfound(c, code)}
	}
	now := s.now()
	var lines []string
	for _, m := range found {
		switch {
		case !m.batch.hidden(now):
			lines = append(lines, statusLine(m, m.status(now, s.speed)))
		case m.batch.HiddenAs == statusUnknown:
			lines = append(lines, statusLine(m, statusUnknown))
		}
	}
	switch {
	case len(lines) > 0:
		return lines
	case c.Value("apimsgid") != "":
		return []string{errorLine(errMessageID)}
	}
	return []string{errorLine(errClientID)}
}

// delmsg withdraws a message that the gateway still has, and gives its credit back. Any other
// answers with the status that it has.
func (s *Simulator) delmsg(c *call, by caller) (string, error) {
	found, code := s.find(c, by, "")
	switch {
	case code != 0 && code != errIDMissing && s.elsewhere:
		return fmt.Sprintf("ID: %s Status: %03d", named(c), statusWithdrawn), nil
	case code != 0:
		return unfound(c, code), nil
	}
	m := found[0]
	now := s.now().UTC()
	status := m.status(now, s.speed)
	if !waits(status) {
		return statusLine(m, status), nil
	}
	if err := s.record(c, entry{Withdraw: &m.id, At: now}); err != nil {
		return "", err
	}
	by.credit = rounded(by.credit + m.reserved())
	m.withdrawn = &now
	if m.batch.telling != nil {
		s.visit(now, visit{id: m.id})
	}
	s.changed()
	return statusLine(m, statusWithdrawn), nil
}

// routecoverage does not serve the numbers that a refuse fault with code 114 names, whatever its count.
func (s *Simulator) routecoverage(c *call, by caller) string {
	const none = "ERR: This prefix is not currently supported."
	number := by.terms.dialled(strings.TrimSpace(c.Value("msisdn")))
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
	found, code := s.find(c, by, "")
	if code != 0 {
		return errorLine(code)
	}
	charge, status := found[0].costs(s.now(), s.speed)
	return fmt.Sprintf("apiMsgId: %s charge: %s status: %03d", found[0].id, decimal(charge), status)
}
