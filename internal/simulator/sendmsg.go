package simulator

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	pricePerPart = 1.0
	maxDelay     = 7 * 24 * 60 // minutes
	maxClientID  = 32
)

var messageTypes = []string{
	"", "SMS_TEXT", "SMS_FLASH", "SMS_NOKIA_OLOGO", "SMS_NOKIA_GLOGO", "SMS_NOKIA_PICTURE", "SMS_NOKIA_RINGTONE",
	"SMS_NOKIA_RTTL", "SMS_NOKIA_CLEAN", "SMS_NOKIA_VCARD", "SMS_NOKIA_VCAL",
}

// sendmsg checks in the gateway's order. An error that concerns all recipients is one line; else
// each recipient has one, in the order of the request.
func (s *Simulator) sendmsg(c *call, a *account, o *orders) ([]string, error) {
	b, code := compose(c)
	if code == 0 && len(c.to) > maxRecipients {
		code = errParameter
	}
	if code != 0 {
		return []string{errorLine(code)}, nil
	}
	b.APIID = a.APIID
	b.Charge = float64(b.Segments) * pricePerPart
	b.NoRoute = b.MaxCredits > 0 && b.MaxCredits < b.Charge

	lines := make([]string, len(c.to))
	ids := newMessageIDs(len(c.to))
	to := make([]string, 0, len(c.to))

	s.mu.Lock()
	defer s.mu.Unlock()
	b.At = s.now().UTC()
	if o.lag != nil {
		b.HiddenUntil = b.At.Add(o.lag.wait("for"))
		if o.lag.text("say") == "001" {
			b.HiddenAs = statusUnknown
		}
	}
	b.Ends = o.ends
	credit := a.credit
	for i, number := range c.to {
		suffix := ""
		if len(c.to) > 1 {
			suffix = " To: " + number
		}
		line := s.recipientError(number, credit, b, o)
		if line == "" {
			line = "ID: " + ids[len(to)].String()
			to = append(to, number)
			credit -= b.reserved()
		} else if o.bare {
			suffix = ""
		}
		lines[i] = line + suffix
	}
	if len(to) > 0 {
		if err := s.accept(a, credit, &accepted{batch: *b, IDs: ids[:len(to)], To: to}); err != nil {
			return nil, &fault{code: "Server", text: err.Error(), op: c.op.name}
		}
	}
	return lines, nil
}

// recipientError gives the line that refuses one recipient, "" for none.
func (s *Simulator) recipientError(number string, credit float64, b *batch, o *orders) string {
	if !isNumber(number) {
		return errorLine(errDestination)
	}
	f := o.refusal(number)
	if f != nil && f.number("code") != errLimit {
		return f.errorLine(b.At)
	}
	if !b.NoRoute && credit < b.Charge {
		return errorLine(errCredit)
	}
	if f != nil {
		return f.errorLine(b.At)
	}
	return ""
}

// accept records the messages and what is left of the credit, before anybody hears of them.
func (s *Simulator) accept(a *account, credit float64, m *accepted) error {
	if s.shut {
		return errors.New("the simulator has been closed")
	}
	if s.outbox != nil {
		m.Outbox = s.outbox.path
	}
	if err := s.store.append(entry{Send: m}); err != nil {
		return err
	}
	first := len(s.ledger.messages)
	s.ledger.add(m.batch, m.IDs, m.To)
	for i := range m.IDs {
		s.expectRefund(&s.ledger.messages[first+i], m.At)
	}
	a.credit = credit
	return s.outbox.append(m)
}

// compose makes a batch of the parameters that concern all recipients, or gives the error code.
func compose(c *call) (*batch, int) {
	v := values{call: c}
	b := &batch{ClientID: strings.TrimSpace(c.value("climsgid")), From: strings.TrimSpace(c.value("from")), Encoding: gsm7}
	b.Ack = v.flag("deliv_ack")
	b.Escalate = v.flag("escalate")
	b.MO = v.flag("mo")
	isUnicode := v.flag("unicode")
	b.Concat = v.number("concat", 0, math.MaxInt32)
	b.Callback = v.number("msg_callback", 0, 7)
	b.Features = v.number("req_feat", 0, math.MaxInt32)
	b.Queue = v.number("queue", 0, 3)
	b.Validity = v.number("validity", 0, math.MaxInt32)
	b.Delay = v.number("deliv_time", math.MinInt32, math.MaxInt32)
	b.MaxCredits = v.credits("max_credits")
	b.Type = c.value("msg_type")
	b.Flash = b.Type == "SMS_FLASH"
	b.UDH, b.Data = c.value("udh"), c.value("data")
	text := c.value("text")
	isBinary := b.UDH != "" || b.Data != ""
	data, dataErr := hex.DecodeString(b.Data)
	spaced := strings.ContainsFunc(b.ClientID, unicode.IsSpace)

	switch {
	case v.bad, len(c.to) == 0, isBinary && text != "", b.UDH != "" && b.Data == "", dataErr != nil:
		return nil, errParameter
	case len(b.ClientID) > maxClientID, !spaced && !isAlphanumeric(b.ClientID):
		return nil, errParameter
	case text == "" && !isBinary:
		return nil, errEmpty
	case !slices.Contains(messageTypes, b.Type):
		return nil, errType
	}
	if isUnicode && !isBinary {
		var ok bool
		if text, ok = decodeUnicode(text); !ok {
			return nil, errUnicode
		}
	}
	udh, udhErr := hex.DecodeString(b.UDH)
	switch {
	case spaced, b.Delay < 0, b.Delay > maxDelay:
		return nil, errTime
	case udhErr != nil, len(udh) > 0 && int(udh[0]) != len(udh)-1:
		return nil, errUDH
	case !isSender(b.From), isBinary && strings.Trim(b.From, "+0123456789") != "":
		return nil, errSource
	}
	switch {
	case isBinary:
		b.Encoding, b.Segments = binary, binarySegments(len(udh)+len(data))
		return b, 0
	case isUnicode:
		b.Encoding, b.Text, b.Segments = ucs2, text, unicodeSegments(text)
	default:
		b.Text = onAir(text)
		b.Segments = plainSegments(b.Text)
	}
	if b.Segments > max(b.Concat, 1) {
		return nil, errParts
	}
	return b, 0
}

// values reads parameters; what cannot be read makes it bad.
type values struct {
	call *call
	bad  bool
}

func (v *values) number(key string, low, high int) int {
	text := v.call.value(key)
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	v.bad = v.bad || err != nil || n < low || n > high
	return n
}

func (v *values) flag(key string) bool { return v.number(key, 0, 1) == 1 }

func (v *values) credits(key string) float64 {
	text := v.call.value(key)
	if text == "" {
		return 0
	}
	n, err := strconv.ParseFloat(text, 64)
	v.bad = v.bad || err != nil || !(n > 0 && n < 1e9)
	return n
}

// isNumber reports whether the gateway takes s for an international number: digits, no leading nought.
func isNumber(s string) bool {
	return len(s) >= 7 && len(s) <= 15 && s[0] != '0' && strings.Trim(s, "0123456789") == ""
}

// isSender reports whether s is a number or a name of at most 11 characters.
func isSender(s string) bool {
	digits := strings.TrimPrefix(s, "+")
	if strings.Trim(digits, "0123456789") == "" {
		return len(digits) <= 16 && s != "+"
	}
	return utf8.RuneCountInString(s) <= 11 && !strings.ContainsFunc(s, unicode.IsControl)
}

func isAlphanumeric(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return !('0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z')
	})
}

func newMessageIDs(n int) []messageID {
	octets := make([]byte, n*len(messageID{}))
	rand.Read(octets)
	ids := make([]messageID, n)
	for i := range ids {
		copy(ids[i][:], octets[i*len(ids[i]):])
	}
	return ids
}

// hidden reports whether query-lag keeps the message from being found.
func (b *batch) hidden(now time.Time) bool { return now.Before(b.HiddenUntil) }
