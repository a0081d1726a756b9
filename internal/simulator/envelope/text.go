package envelope

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// plain gives the length of what stands for itself at the beginning of s.
func plain(s string) int {
	for i := range len(s) {
		switch s[i] {
		case '<', '&', '\r', ']':
			return i
		}
	}
	return len(s)
}

// unescape appends to the buffer what s stands for.
func (t *tokens) unescape(s string) error {
	for {
		before, after, found := strings.Cut(s, "&")
		t.buf = appendLines(t.buf, before)
		if !found {
			return nil
		}
		reference, rest, ended := strings.Cut(after, ";")
		r := referred(reference)
		if !ended || r < 0 {
			return t.malformed("an entity that XML does not have, &%.20s", after)
		}
		t.buf = utf8.AppendRune(t.buf, r)
		s = rest
	}
}

// appendLines appends s, its lines ended as XML ends them.
func appendLines(to []byte, s string) []byte {
	for {
		before, after, found := strings.Cut(s, "\r")
		to = append(to, before...)
		if !found {
			return to
		}
		to = append(to, '\n')
		s = strings.TrimPrefix(after, "\n")
	}
}

var entities = map[string]rune{"lt": '<', "gt": '>', "amp": '&', "apos": '\'', "quot": '"'}

// referred gives the character that stands as &reference; -1 for none.
func referred(reference string) rune {
	if r, ok := entities[reference]; ok {
		return r
	}
	digits, isNumber := strings.CutPrefix(reference, "#")
	base := 10
	if hexadecimal, ok := strings.CutPrefix(digits, "x"); ok {
		digits, base = hexadecimal, 16
	}
	n, err := strconv.ParseUint(digits, base, 31)
	if r := rune(n); isNumber && err == nil && utf8.ValidRune(r) && illegal(string(r)) < 0 {
		return r
	}
	return -1
}
