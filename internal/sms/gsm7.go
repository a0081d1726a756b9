package sms

import (
	"strings"
	"unicode/utf8"
)

// septetsOf is the number of septets that r takes in GSM 03.38, 0 where it has none.
func septetsOf(r rune) int {
	switch {
	case r < rune(len(latin)):
		return int(latin[r])
	case 'Γ' <= r && r <= 'Ω':
		if strings.ContainsRune("ΓΔΘΛΞΠΣΦΨΩ", r) {
			return 1
		}
	case r == '€':
		return 2
	}
	return 0
}

// latin has the septets of the characters up to U+00FF (3GPP TS 23.038, 6.2.1 and 6.2.1.1).
var latin = func() (widths [256]uint8) {
	for _, r := range "@£$¥èéùìòÇ\nØø\rÅå_ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
		"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà" {
		widths[r] = 1
	}
	for _, r := range "\f^{}\\[~]|" {
		widths[r] = 2
	}
	return widths
}()

// Foreign is a character that GSM 03.38 lacks.
type Foreign struct {
	Rune   rune
	Offset int // in bytes of the text
}

// ForeignIn lists the characters of text that GSM 03.38 lacks, each rune once, at its first
// place. Bytes that are not UTF-8 count as U+FFFD.
func ForeignIn(text string) []Foreign {
	var found []Foreign
	seen := map[rune]bool{}
	for i, r := range text {
		if septetsOf(r) == 0 && !seen[r] {
			seen[r] = true
			found = append(found, Foreign{r, i})
		}
	}
	return found
}

// ToGSM7 replaces typographic quotes, dashes, spaces and the like by what GSM 03.38 has; the
// rest stays, letters with accents and emoji among it.
func ToGSM7(text string) string {
	var b strings.Builder
	done := 0 // bytes of text that are in b
	for i, r := range text {
		if r < utf8.RuneSelf && r != '`' && r != '\t' && r != '\v' {
			continue
		}
		if plain, ok := plainer[r]; ok {
			b.WriteString(text[done:i])
			b.WriteString(plain)
			done = i + utf8.RuneLen(r)
		}
	}
	if done == 0 {
		return text
	}
	b.WriteString(text[done:])
	return b.String()
}

// plainer has no joiners (U+200C, U+200D) and marks of direction: they carry meaning
// in the texts that need them, and those need UCS-2 anyway.
var plainer = map[rune]string{
	'‘': "'", '’': "'", '‚': "'", '‛': "'", '′': "'", '‵': "'", '´': "'", '`': "'",
	'ʹ': "'", 'ʻ': "'", 'ʼ': "'", 'ʽ': "'", 'ˈ': "'", '‹': "'", '›': "'",
	'“': `"`, '”': `"`, '„': `"`, '‟': `"`, '″': `"`, '‶': `"`, '«': `"`, '»': `"`, '〝': `"`, '〞': `"`,

	'‐': "-", '‑': "-", '‒': "-", '–': "-", '—': "-", '―': "-", '−': "-", '⁃': "-", '﹘': "-", '﹣': "-", '－': "-",

	'\u00a0': " ", '\u1680': " ", '\u2000': " ", '\u2001': " ", '\u2002': " ", '\u2003': " ", '\u2004': " ",
	'\u2005': " ", '\u2006': " ", '\u2007': " ", '\u2008': " ", '\u2009': " ", '\u200a': " ", '\u202f': " ",
	'\u205f': " ", '\u3000': " ", '\t': " ",
	'\v': "\n", '\u0085': "\n", '\u2028': "\n", '\u2029': "\n",
	'\u00ad': "", '\u200b': "", '\u2060': "", '\ufeff': "",

	'…': "...", '‥': "..", '․': ".",
	'•': "*", '‣': "*", '◦': "*", '∙': "*", '·': "*", '●': "*", '▪': "*",
	'⁄': "/", '∕': "/", '÷': "/", '×': "x", '∗': "*", '∼': "~", '˜': "~", 'ˆ': "^", '‗': "_", '¦': "|",
	'©': "(C)", '®': "(R)", '™': "(TM)", '№': "No.",
	'½': "1/2", '¼': "1/4", '¾': "3/4",
	'ﬀ': "ff", 'ﬁ': "fi", 'ﬂ': "fl", 'ﬃ': "ffi", 'ﬄ': "ffl",
	'\u2126': "Ω", '\u212b': "Å", '∆': "Δ",
}
