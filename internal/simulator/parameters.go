package simulator

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/smsplan/smsplan/internal/simulator/envelope"
)

const (
	maxDelay    = 7 * 24 * 60 // minutes
	maxClientID = 32
	maxSegments = 35
)

// requestChecks are the errors about a whole request, in the order in which the gateway finds them
// (gateway specification, section 15).
var requestChecks = []int{
	errParameter, errBatch, errEmpty, errTemplate, errType, errUnicode, errTime, errUDH, errSource, errSender, errParts,
}

// parameters reads what a call to send is made of, and keeps the first mistake by the order of [requestChecks].
type parameters struct {
	call *call
	code int // 0 for none
}

func (p *parameters) wrong(is bool, code int) {
	if is && (p.code == 0 || slices.Index(requestChecks, code) < slices.Index(requestChecks, p.code)) {
		p.code = code
	}
}

// recipients checks that there is one; submit checks each, and how many there may be.
func (p *parameters) recipients() { p.wrong(len(p.call.To) == 0, errParameter) }

// delivery reads how the messages are to be sent: everything but what they say.
func (p *parameters) delivery(by *Account) *batch {
	b := &batch{ClientID: p.text("climsgid"), From: strings.TrimSpace(p.text("from"))}
	b.Concat = p.number("concat", 0, math.MaxInt32)
	b.Ack = p.flag("deliv_ack")
	b.Callback = p.number("msg_callback", 0, 7)
	b.Delay = p.numberOr("deliv_time", 0, maxDelay, errTime)
	b.MaxCredits = p.credits("max_credits")
	b.Features = p.number("req_feat", 0, math.MaxInt32)
	b.Queue = p.number("queue", 0, 3)
	b.Escalate = p.flag("escalate")
	b.MO = p.flag("mo")
	b.Validity = p.number("validity", 0, math.MaxInt32)

	spaced := strings.ContainsFunc(b.ClientID, unicode.IsSpace)
	p.wrong(len(b.ClientID) > maxClientID || !spaced && !isAlphanumeric(b.ClientID), errParameter)
	p.wrong(spaced, errTime)
	p.wrong(!isSender(b.From), errSource)
	p.wrong(!by.approves(b.From), errSender)
	return b
}

func (p *parameters) text(key string) string { return p.call.Value(key) }

func (p *parameters) number(key string, low, high int) int {
	return p.numberOr(key, low, high, errParameter)
}

// numberOr is number with an error of its own for what is none, or out of range.
func (p *parameters) numberOr(key string, low, high, code int) int {
	text := p.text(key)
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	p.wrong(err != nil || n < low || n > high, code)
	return n
}

func (p *parameters) flag(key string) bool { return p.number(key, 0, 1) == 1 }

// credits reads an amount; where the binding has whole numbers only, fractions are wrong.
func (p *parameters) credits(key string) float64 {
	text := p.text(key)
	if text == "" {
		return 0
	}
	n, err := strconv.ParseFloat(text, 64)
	p.wrong(err != nil || !(n > 0 && n < 1e9) || p.call.Binding == envelope.Document && n != math.Trunc(n), errParameter)
	return n
}

// isSender reports whether s is a number or a name of at most 11 characters.
func isSender(s string) bool {
	digits := trimPlus(s)
	if isDigits(digits) {
		return len(digits) <= 16 && s != "+"
	}
	return utf8.RuneCountInString(s) <= 11 && !strings.ContainsFunc(s, unicode.IsControl)
}

// approves reports whether the account may send from there; "" is the gateway's own.
func (a *Account) approves(from string) bool {
	return from == "" || len(a.Senders) == 0 || slices.ContainsFunc(a.Senders, func(sender string) bool {
		return trimPlus(sender) == trimPlus(from)
	})
}

func trimPlus(number string) string { return strings.TrimPrefix(number, "+") }

func isAlphanumeric(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return !('0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z')
	})
}
