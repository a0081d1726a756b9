package config

import (
	"strings"
	"unicode"
)

// Limits of a sender.
const (
	senderLetters = 11 // of an alphanumeric one
	senderDigits  = 16 // of a number
)

// sender reads `from`. known is false where nobody can tell yet what it is.
func (s *scope) sender(a *arguments, binary bool) (from string, known bool) {
	own := &arguments{s: s, of: a.of, content: a.content, local: a.local}
	before := len(s.l.diags)
	from = readSender(own, binary)
	a.unknown = a.unknown || own.unknown
	return from, !own.unknown && !s.l.diags[before:].HasErrors()
}

func readSender(a *arguments, binary bool) string {
	from := a.text("from")
	if a.expr("from") == nil || from == "" {
		return ""
	}
	digits := strings.TrimPrefix(from, "+")
	switch {
	case numeric(digits) && len(digits) <= senderDigits:
		return digits
	case len(from) > senderLetters || strings.ContainsFunc(from, func(r rune) bool { return r > '~' || r < ' ' }):
		a.fault("from", "A sender is at most %d letters and digits, or a number of at most %d digits with its country code, without spaces.", senderLetters, senderDigits)
	case strings.ContainsFunc(from, func(r rune) bool { return r != ' ' && !unicode.IsLetter(r) && !unicode.IsDigit(r) }):
		a.fault("from", "A sender of letters has no punctuation in it: networks refuse it.")
	case strings.TrimSpace(from) != from:
		a.fault("from", "A sender neither begins nor ends with a space.")
	case binary:
		a.fault("from", "A binary message needs a sender that is a number: networks take no letters there.")
	}
	return from
}

// numeric reports whether a sender is a number.
func numeric(from string) bool {
	return from != "" && !strings.ContainsFunc(from, func(r rune) bool { return r < '0' || r > '9' })
}
