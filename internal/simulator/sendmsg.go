package simulator

import (
	"cmp"
	"encoding/hex"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	maxDelay    = 7 * 24 * 60 // minutes
	maxClientID = 32
	maxSegments = 35
)

var messageTypes = []string{
	"", "SMS_TEXT", "SMS_FLASH", "SMS_NOKIA_OLOGO", "SMS_NOKIA_GLOGO", "SMS_NOKIA_PICTURE", "SMS_NOKIA_RINGTONE",
	"SMS_NOKIA_RTTL", "SMS_NOKIA_CLEAN", "SMS_NOKIA_VCARD", "SMS_NOKIA_VCAL",
}

// sendmsg sends one text, or one binary message, to the recipients.
func (s *Simulator) sendmsg(c *call, by caller, o *orders) ([]string, error) {
	b, code := compose(c, by.terms)
	if code != 0 {
		return []string{errorLine(code)}, nil
	}
	return s.submit(c, by, b, o)
}

// compose makes a batch of the parameters that concern all recipients, or gives the error code.
func compose(c *call, terms *Account) (*batch, int) {
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
	if c.chosen["plain"] && !isUnicode && onAir(text) != text {
		return nil, errUnicode
	}
	udh, udhErr := hex.DecodeString(b.UDH)
	switch {
	case spaced, b.Delay < 0, b.Delay > maxDelay:
		return nil, errTime
	case udhErr != nil, len(udh) > 0 && int(udh[0]) != len(udh)-1:
		return nil, errUDH
	case !isSender(b.From), isBinary && strings.Trim(b.From, "+0123456789") != "":
		return nil, errSource
	case !terms.approves(b.From):
		return nil, errSender
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
	if b.Segments > min(cmp.Or(b.Concat, terms.Segments, 1), maxSegments) {
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

// isSender reports whether s is a number or a name of at most 11 characters.
func isSender(s string) bool {
	digits := strings.TrimPrefix(s, "+")
	if isDigits(digits) {
		return len(digits) <= 16 && s != "+"
	}
	return utf8.RuneCountInString(s) <= 11 && !strings.ContainsFunc(s, unicode.IsControl)
}

// approves reports whether the account may send from there; "" is the gateway's own.
func (a *Account) approves(from string) bool {
	return from == "" || len(a.Senders) == 0 || slices.ContainsFunc(a.Senders, func(sender string) bool {
		return strings.TrimPrefix(sender, "+") == strings.TrimPrefix(from, "+")
	})
}

func isAlphanumeric(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return !('0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z')
	})
}

// hidden reports whether query-lag keeps the message from being found.
func (b *batch) hidden(now time.Time) bool { return now.Before(b.HiddenUntil) }
