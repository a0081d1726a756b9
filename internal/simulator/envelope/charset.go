package envelope

import (
	"mime"
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
