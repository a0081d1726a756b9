package simulator

import (
	"mime"
	"strconv"
	"strings"
	"unicode/utf8"
)

// charsetOf gives the character set that a Content-Type names, "" for none.
func charsetOf(contentType string) string {
	if contentType == "text/xml; charset=utf-8" || contentType == "text/xml" { // as nearly every client writes it
		return ""
	}
	_, params, _ := mime.ParseMediaType(contentType)
	return params["charset"]
}

// toUTF8 decodes s. The label is the name of its character set, "" for UTF-8.
func toUTF8(s, label string) (string, error) {
	switch strings.ToLower(label) {
	case "", "utf-8", "utf8":
		return s, nil
	case "iso-8859-1", "iso_8859-1", "latin1", "us-ascii":
	default:
		return "", refuse("encoding %.40q is neither UTF-8 nor ISO-8859-1", label)
	}
	var out strings.Builder
	out.Grow(len(s) + len(s)/8)
	for _, b := range []byte(s) {
		out.WriteRune(rune(b))
	}
	return out.String(), nil
}

// illegal gives the place of the first character that XML 1.0 does not allow, or that is not in UTF-8; -1 for none.
func illegal(s string) int {
	for i := 0; i < len(s); {
		if c := s[i]; ' ' <= c && c < utf8.RuneSelf || c == '\n' || c == '\r' || c == '\t' {
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if size == 1 || r == 0xFFFE || r == 0xFFFF {
			return i
		}
		i += size
	}
	return -1
}

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
