package inbox

import (
	"net/http"
	"regexp"
	"strings"
)

// shower shows telephone numbers, masked unless they were asked for.
type shower bool

func showerOf(r *http.Request) shower { return r.URL.Query().Get("numbers") == "shown" }

func (s shower) number(digits string) string {
	if s {
		return "+" + digits
	}
	return mask(digits)
}

// numbersIn gives a text in which what may be a telephone number is masked too.
func (s shower) numbersIn(text string) string {
	if s {
		return text
	}
	return runs.ReplaceAllStringFunc(text, func(run string) string {
		return mask(strings.Map(func(r rune) rune {
			if r < '0' || r > '9' {
				return -1
			}
			return r
		}, run))
	})
}

// runs are seven digits or more, however they are set apart, that are no part of a word: of an id in hexadecimal.
var runs = regexp.MustCompile(`\+?\b[0-9](?:[ ().-]{0,2}[0-9]){6,}\b`)

// mask keeps the country code, which can be told, as many digits after it as make four together and the last two. It hides half
// of what follows the country code at least, and never fewer than four digits.
func mask(digits string) string {
	code := min(countryCode(digits), len(digits))
	national := digits[code:]
	hidden := max(4, (len(national)+1)/2)
	tail := min(2, max(0, len(national)-hidden))
	head := min(4-code, max(0, len(national)-hidden-tail))
	hidden = max(4, len(national)-head-tail)
	var b strings.Builder
	b.WriteString("+" + digits[:code] + " ")
	if head > 0 {
		b.WriteString(national[:head] + " ")
	}
	b.WriteString(strings.Repeat("•", hidden-2) + " ••")
	if tail > 0 {
		b.WriteString(national[len(national)-tail:])
	}
	return b.String()
}

// countryCode gives how many digits the country code has: one in the zones of North America and Russia, else two where they are
// all of a code, else three.
func countryCode(digits string) int {
	const two = " 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98 "
	switch {
	case strings.HasPrefix(digits, "1"), strings.HasPrefix(digits, "7"):
		return 1
	case len(digits) >= 2 && strings.Contains(two, " "+digits[:2]+" "):
		return 2
	}
	return 3
}
