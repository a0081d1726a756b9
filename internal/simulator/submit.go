package simulator

import (
	"encoding/hex"
	"errors"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/smsplan/smsplan/internal/simulator/envelope"
)

// addressed are the operations whose answers say whom a line is about even where there is one recipient.
var addressed = []string{"si_push", "ind_push", "quicksend"}

// submit sends the batch to the recipients of the call. An error that concerns all of them is one line; else each has a line,
// in the order of the request, which says whom it is about where there are several, and where the operation's answers always do.
func (s *Simulator) submit(c *call, by caller, b *batch, o *orders) ([]string, error) {
	if len(c.To) > envelope.MaxRecipients {
		if !c.chosen["over=truncate"] {
			return []string{errorLine(errParameter)}, nil
		}
		c.To = c.To[:envelope.MaxRecipients]
	}
	if c.chosen["duplicates=merge"] {
		c.To = merged(c.To, by.terms)
	}
	b.APIID = by.apiID
	lines, digits := make([]string, len(c.To)), make([]byte, 0, 32)
	var text strings.Builder // of all lines
	text.Grow(len(c.To) * (len("ID:  To: ") + cap(digits) + len("12025550143")))
	m := &accepted{To: make([]string, 0, len(c.To)), Charges: make([]float64, 0, len(c.To))}

	s.mu.Lock()
	defer s.mu.Unlock()
	ids := s.ledger.newIDs(len(c.To))
	b.At = s.now().UTC().Round(0) // by the wall clock alone, as it will be read from the journal
	if o.lag != nil {
		b.HiddenUntil = b.At.Add(o.lag.wait("for"))
		if o.lag.text("say") == "001" {
			b.HiddenAs = statusUnknown
		}
	}
	b.Ends = o.ends
	named := len(c.To) > 1 || slices.Contains(addressed, c.Operation)
	credit, sent := by.credit, by.sent(b.At)
	for i, number := range c.To {
		number = by.terms.dialled(number)
		price := rounded(float64(b.Segments) * s.numbers.price(number))
		cost := price
		if b.tooDear(price) {
			cost = 0 // accepted, and then found no route
		}
		full := by.terms.Limit > 0 && sent+len(m.To) >= by.terms.Limit
		from := text.Len()
		refusal := s.refusal(number, b.At, cost > credit, full, o)
		if refusal == "" {
			text.WriteString("ID: ")
			text.Write(hex.AppendEncode(digits, ids[len(m.To)][:]))
			m.To, m.Charges = append(m.To, number), append(m.Charges, price)
			credit = rounded(credit - cost)
		}
		text.WriteString(refusal)
		if named && (refusal == "" || !o.bare) {
			text.WriteString(" To: ")
			text.WriteString(number)
		}
		lines[i] = text.String()[from:]
	}
	if len(m.To) > 0 {
		b.Charge = m.Charges[0]
		if !slices.ContainsFunc(m.Charges, func(price float64) bool { return price != b.Charge }) {
			m.Charges = nil
		}
		m.batch, m.IDs = *b, ids[:len(m.To)]
		if err := s.accept(c, by, credit, m, o); err != nil {
			return nil, err
		}
	}
	return lines, nil
}

// refusal gives the line that refuses one recipient, "" for none. The account may be too poor for the message, or have sent its
// full day's messages.
func (s *Simulator) refusal(number string, now time.Time, poor, full bool, o *orders) string {
	code, f := s.numbers.refusal(number), o.refusal(number)
	limited := f != nil && f.number("code") == errLimit
	switch {
	case f != nil && !limited && (code == 0 || checkedAt(f.number("code")) < checkedAt(code)):
		return f.errorLine(now)
	case code != 0:
		return errorLine(code)
	case poor:
		return errorLine(errCredit)
	case limited:
		return f.errorLine(now)
	case full:
		return limitLine(midnight(now).Add(24 * time.Hour))
	}
	return ""
}

// accept records the messages and what is left of the credit, before anybody hears of them. Where they cannot be put into the
// outbox, they are accepted all the same, and the error says why nobody sees them there.
func (s *Simulator) accept(c *call, by caller, credit float64, m *accepted, o *orders) error {
	if s.outbox != nil {
		m.Outbox = s.outbox.path
	}
	if err := s.record(c, entry{Send: m}); err != nil {
		return err
	}
	b := s.ledger.add(m)
	for i := range b.messages {
		s.expectRefund(&b.messages[i], b.At)
	}
	by.credit = credit
	by.today = by.sent(m.At) + len(m.To)
	c.sent = b
	s.tell(by.terms, b, o)
	s.changed()
	if err := s.outbox.append(m); err != nil {
		return &envelope.Fault{Code: "Server", Text: err.Error(), Operation: c.Operation}
	}
	return nil
}

// record writes to the store what the call did, before anybody hears of it. Its error is an *envelope.Fault.
func (s *Simulator) record(c *call, e entry) error {
	err := errors.New("the simulator has been closed")
	if !s.shut {
		err = s.store.append(e)
	}
	if err != nil {
		return &envelope.Fault{Code: "Server", Text: err.Error(), Operation: c.Operation}
	}
	return nil
}

// merged gives the numbers without those that the account has dialled before.
func merged(numbers []string, terms *Account) []string {
	dialled := make(map[string]bool, len(numbers))
	return slices.DeleteFunc(numbers, func(number string) bool {
		number = terms.dialled(number)
		before := dialled[number]
		dialled[number] = true
		return before
	})
}

// rounded keeps sums of credits free of what binary fractions add to them.
func rounded(credits float64) float64 {
	return math.Round(credits*1e6)/1e6 + 0 // never -0
}
