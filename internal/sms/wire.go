package sms

import (
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Unsendable gives the first character that XML 1.0 cannot carry (production 2: Char; also
// invalid UTF-8, as U+FFFD) and its byte offset; ok is false where there is none. Form feed is
// among them though GSM 03.38 has it.
func Unsendable(text string) (r rune, offset int, ok bool) {
	for i, r := range text {
		switch {
		case r == '\t', r == '\n', r == '\r':
		case r < ' ', r == '\uFFFE', r == '\uFFFF':
			return r, i, true
		case r == utf8.RuneError:
			if _, size := utf8.DecodeRuneInString(text[i:]); size == 1 {
				return r, i, true
			}
		}
	}
	return 0, 0, false
}

const upperHex = "0123456789ABCDEF"

// HexUCS2 gives text as big-endian UTF-16 code units without byte order mark, four upper-case
// hexadecimal digits each. Bytes that are not UTF-8 become U+FFFD.
func HexUCS2(text string) string {
	b := make([]byte, 0, 4*len(text))
	for _, r := range text {
		if r > 0xFFFF {
			high, low := utf16.EncodeRune(r)
			b = appendHex(appendHex(b, high), low)
		} else {
			b = appendHex(b, r)
		}
	}
	return string(b)
}

func appendHex(b []byte, unit rune) []byte {
	return append(b, upperHex[unit>>12&15], upperHex[unit>>8&15], upperHex[unit>>4&15], upperHex[unit&15])
}

// ParseHex checks and normalises (upper case) an octet string in hexadecimal. White space is
// not part of one; the empty string is.
func ParseHex(s string) (string, error) {
	for i, r := range s {
		if r >= utf8.RuneSelf || !strings.ContainsRune(upperHex+"abcdef", r) {
			return "", fmt.Errorf("%q at place %d is not a hexadecimal digit", r, i+1)
		}
	}
	if len(s)%2 != 0 {
		return "", fmt.Errorf("%d hexadecimal digits are no whole number of octets", len(s))
	}
	return strings.ToUpper(s), nil
}
