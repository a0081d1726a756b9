package soap

import (
	"bytes"
	"encoding/xml"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
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

// shortSecret is the length in characters below which a credential is looked for only as a word of its own: anywhere
// else it would be a part of innocent words.
const shortSecret = 4

// redact replaces credentials, also in the forms that they take in XML, URLs and Go's quotes.
func (secrets redactor) redact(s string) string {
	var forms []string
	words := make(map[string]bool) // forms that are replaced as words of their own only
	for _, secret := range secrets {
		if secret == "" {
			continue
		}
		var esc bytes.Buffer
		_ = xml.EscapeText(&esc, []byte(secret)) // a buffer takes everything
		ours, _ := appendEscaped(nil, secret)
		own := []string{secret, tidy(secret), esc.String(), string(ours),
			url.QueryEscape(secret), url.PathEscape(secret), strings.Trim(strconv.Quote(secret), `"`)}
		for _, form := range own {
			if min(utf8.RuneCountInString(secret), utf8.RuneCountInString(form)) < shortSecret {
				words[form] = true
			}
		}
		forms = append(forms, own...)
	}
	// The longest first: a user name may be part of a password.
	slices.SortFunc(forms, func(a, b string) int { return len(b) - len(a) })
	for _, form := range forms {
		switch {
		case form == "":
		case words[form]:
			s = replaceWord(s, form, "•••")
		default:
			s = strings.ReplaceAll(s, form, "•••")
		}
	}
	return s
}

// replaceWord replaces old where no letter or digit is next to it.
func replaceWord(s, old, with string) string {
	var b strings.Builder
	for at := 0; ; {
		n := strings.Index(s[at:], old)
		if n < 0 {
			b.WriteString(s[at:])
			return b.String()
		}
		start, end := at+n, at+n+len(old)
		before, _ := utf8.DecodeLastRuneInString(s[:start])
		after, _ := utf8.DecodeRuneInString(s[end:])
		if inWord(before) || inWord(after) {
			_, size := utf8.DecodeRuneInString(s[start:])
			b.WriteString(s[at : start+size])
			at = start + size
			continue
		}
		b.WriteString(s[at:start])
		b.WriteString(with)
		at = end
	}
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
// at most one separator between two. The gateway's own ids, 32 hexadecimal digits, stay, and so do IP addresses.
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
		case len(digits) == 0 && addressLen(rs, i) > 0:
			i += addressLen(rs, i) - 1
		case unicode.IsDigit(r):
			digits = append(digits, i)
			gap = 0
		case gap == 0 && strings.ContainsRune(separators, r):
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

// separators may stand between two digits of a number.
const separators = " -./()"

// addressLen gives the length of the IP address, four numbers with an optional port, that begins at i; 0 where none does. What more
// digits follow, or a plus sign goes before, may be a telephone number.
func addressLen(rs []rune, i int) int {
	if i > 0 && (inWord(rs[i-1]) || strings.ContainsRune(".+", rs[i-1])) {
		return 0
	}
	end := i
	for end < len(rs) && ('0' <= rs[end] && rs[end] <= '9' || rs[end] == '.') {
		end++
	}
	quad := strings.TrimSuffix(string(rs[i:end]), ".") // perhaps the end of a sentence
	if ip, err := netip.ParseAddr(quad); err != nil || !ip.Is4() {
		return 0
	}
	end = i + len(quad)
	if end < len(rs) && rs[end] == ':' {
		port := end + 1
		for port < len(rs) && '0' <= rs[port] && rs[port] <= '9' {
			port++
		}
		if n := port - end - 1; 0 < n && n <= len("65535") {
			end = port
		}
	}
	if wordAt(rs, end) || end+1 < len(rs) && strings.ContainsRune(separators, rs[end]) && unicode.IsDigit(rs[end+1]) {
		return 0
	}
	return end - i
}

func wordAt(rs []rune, i int) bool { return i < len(rs) && inWord(rs[i]) }

func inWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
