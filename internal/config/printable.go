package config

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
)

// Printable reports whether a terminal draws the character and does nothing else with it: controls, what changes the
// direction of writing, and letters and marks that are made not to be seen are not. An emoji that several characters make up
// comes out as these, with escapes for what joins them: each of them is sent, and paid for.
func Printable(r rune) bool {
	return strconv.IsPrint(r) && !unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// visible makes text from a file harmless to a terminal: what is not printable becomes a mark.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r < ' ':
			return '␀' + r
		case r == 0x7f:
			return '␡'
		case !Printable(r) && !unicode.Is(unicode.Zs, r):
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// named gives a diagnostic and its file under a name that a terminal may be shown. What else there is of a file is
// harmless since [newDiagnostics].
func (d Diagnostics) named(each *hcl.Diagnostic) (*hcl.Diagnostic, map[string]*hcl.File) {
	if each.Subject == nil || visible(each.Subject.Filename) == each.Subject.Filename {
		return each, d.files
	}
	one := *each
	name := visible(each.Subject.Filename)
	for _, at := range []**hcl.Range{&one.Subject, &one.Context} {
		if *at != nil {
			renamed := **at
			renamed.Filename = name
			*at = &renamed
		}
	}
	return &one, map[string]*hcl.File{name: d.files[each.Subject.Filename]}
}

// escaped gives what HCL's diagnostic writer has written, whose control characters are its own, with escapes for other
// characters that are not printable: not every text that it is given has been in a file.
func escaped(text []byte) []byte {
	foreign := func(r rune) bool { return r >= utf8.RuneSelf && !Printable(r) && !unicode.Is(unicode.Zs, r) }
	if utf8.Valid(text) && !bytes.ContainsFunc(text, foreign) {
		return text
	}
	var b bytes.Buffer
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, text[0])
		case foreign(r):
			quoted := strconv.QuoteRuneToASCII(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		default:
			b.Write(text[:size])
		}
		text = text[size:]
	}
	return b.Bytes()
}
