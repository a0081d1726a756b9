package soap

import (
	"bytes"
	"encoding/xml"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// maxShown bounds a text that came from elsewhere, in characters.
const maxShown = 200

// redactor holds the credentials of a call, which no text that is shown may repeat.
type redactor []string

// clean makes a text of the gateway fit to be shown: credentials and telephone numbers are masked,
// whatever moves a cursor or hides is gone, and it is not long.
func (secrets redactor) clean(s string) string {
	s = tidy(secrets.redact(tidy(s)))
	s = maskNumbers(s)
	n := 0
	for i := range s {
		if n++; n > maxShown {
			return s[:i] + "…"
		}
	}
	return s
}

// redact replaces credentials, also in the forms that they take in XML, URLs and Go's quotes.
func (secrets redactor) redact(s string) string {
	var forms []string
	for _, secret := range secrets {
		if secret == "" {
			continue
		}
		var esc bytes.Buffer
		_ = xml.EscapeText(&esc, []byte(secret)) // a buffer takes everything
		ours, _ := appendEscaped(nil, secret)
		forms = append(forms, secret, tidy(secret), esc.String(), string(ours),
			url.QueryEscape(secret), url.PathEscape(secret), strings.Trim(strconv.Quote(secret), `"`))
	}
	// The longest first: a user name may be part of a password.
	slices.SortFunc(forms, func(a, b string) int { return len(b) - len(a) })
	for _, form := range forms {
		if form != "" {
			s = strings.ReplaceAll(s, form, "•••")
		}
	}
	return s
}

// tidy leaves one line of visible characters: control characters and spaces of all kinds become a space,
// marks that steer direction, join, select or have no width are dropped.
func tidy(s string) string {
	var b strings.Builder
	space := false
	for _, r := range s {
		switch {
		case unicode.In(r, unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point):
			continue
		case !unicode.IsPrint(r), r == ' ':
			space = b.Len() > 0
			continue
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(r)
	}
	return b.String()
}

// maskNumbers hides all digits but the first and the last two wherever seven or more follow each other,
// at most one separator between two. The gateway's own ids, 32 hexadecimal digits, stay.
func maskNumbers(s string) string {
	rs := []rune(s)
	var digits []int // places of the run's digits
	gap := 0         // separators since the last of them
	flush := func() {
		if len(digits) >= 7 {
			for _, i := range digits[2 : len(digits)-2] {
				rs[i] = '•'
			}
		}
		digits, gap = digits[:0], 0
	}
	for i := 0; i < len(rs); i++ {
		switch r := rs[i]; {
		case wordAt(rs, i) && (i == 0 || !wordAt(rs, i-1)) && startsID(rs[i:]):
			flush()
			i += idLen - 1
		case unicode.IsDigit(r):
			digits = append(digits, i)
			gap = 0
		case gap == 0 && strings.ContainsRune(" -./()", r):
			gap++
		default:
			flush()
		}
	}
	flush()
	return string(rs)
}

// idLen is the length of the gateway's ids.
const idLen = 32

// startsID reports whether rs, at the start of a word, begins with an id of the gateway and nothing joined to it.
// An id that happens to lack letters is not told from a number.
func startsID(rs []rune) bool {
	if len(rs) < idLen || wordAt(rs, idLen) {
		return false
	}
	letters := 0
	for _, r := range rs[:idLen] {
		switch {
		case r >= 'a' && r <= 'f':
			letters++
		case r < '0' || r > '9':
			return false
		}
	}
	return letters > 0
}

func wordAt(rs []rune, i int) bool {
	return i < len(rs) && (unicode.IsLetter(rs[i]) || unicode.IsDigit(rs[i]))
}
