package phone

import (
	"errors"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"
)

// Error says why a text is not a number. Its text never holds the digits.
type Error struct {
	Reason string // "too short for ZA", "has letters in it": for the author of a CSV file
}

func (e *Error) Error() string { return e.Reason }

// Parse reads text as one telephone number and nothing else. region (ISO 3166, upper
// case, "" for none) is the region of numbers in national format; without one a number
// starts with + or 00. White space of any kind around the number (also NBSP, zero-width
// characters, BOM) is not part of it; digits may be of any script. A number that is not
// valid in the metadata is an [*Error].
func Parse(text, region string) (Number, error) {
	n, _, _, err := parse(text, region)
	return n, err
}

// ParseAndLocate is [Parse] and [Number.Locate] in one, for long lists: what tells that a
// number is valid tells its kind as well.
func ParseAndLocate(text, region string) (Number, Region, Kind, error) {
	n, p, kind, err := parse(text, region)
	if err != nil {
		return Number{}, Region{}, Unknown, err
	}
	return n, regionOf(p), kind, nil
}

// ErrNoRegion is of a number without a country code where no region is given.
var ErrNoRegion error = &Error{"has no country code, and no region is set"}

func parse(text, region string) (Number, *phonenumbers.PhoneNumber, Kind, error) {
	fault := func(reason string) (Number, *phonenumbers.PhoneNumber, Kind, error) {
		return Number{}, nil, Unknown, &Error{reason}
	}
	dialled, err := read(text)
	if err != nil {
		return Number{}, nil, Unknown, err
	}
	if region == "" {
		if rest, ok := strings.CutPrefix(dialled, "00"); ok {
			dialled = "+" + rest
		}
	}
	if dialled[0] != '+' {
		if region == "" {
			return Number{}, nil, Unknown, ErrNoRegion
		}
		if !phonenumbers.GetSupportedRegions()[region] {
			return fault("has no country code, and its region does not exist")
		}
	}

	p := &phonenumbers.PhoneNumber{}
	if err := phonenumbers.ParseToNumber(dialled, region, p); err != nil {
		return fault(unparsed(err))
	}
	kind := kindOf(p)
	if kind == Unknown { // the library's own test of validity
		return fault(invalid(p, dialled, region))
	}
	n, ok := fromMetadata(p)
	if !ok {
		return fault("of a length that no number with messages has")
	}
	return n, p, kind, nil
}

// unparsed words what the library found no number in.
func unparsed(err error) string {
	switch {
	case errors.Is(err, phonenumbers.ErrInvalidCountryCode):
		return "has a country code that does not exist"
	case errors.Is(err, phonenumbers.ErrNumTooLong):
		return "too long"
	case errors.Is(err, phonenumbers.ErrTooShortNSN), errors.Is(err, phonenumbers.ErrTooShortAfterIDD):
		return "too short"
	default:
		return "not a telephone number"
	}
}

// invalid words why the metadata has no such number.
func invalid(p *phonenumbers.PhoneNumber, dialled, region string) string {
	code := int(p.GetCountryCode())
	if phonenumbers.GetCountryCodeForRegion(region) != code {
		region = phonenumbers.GetRegionCodeForCountryCode(code)
	}
	if region == phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY {
		region = "its country code"
	}
	var reason string
	switch phonenumbers.IsPossibleNumberWithReason(p) {
	case phonenumbers.TOO_SHORT:
		reason = "too short for " + region
	case phonenumbers.TOO_LONG:
		reason = "too long for " + region
	case phonenumbers.INVALID_LENGTH:
		reason = "of a length that no number has in " + region
	case phonenumbers.IS_POSSIBLE_LOCAL_ONLY:
		reason = "has no area code"
	default:
		reason = "not valid in " + region
	}
	if dialled[0] == '+' || dialled[0] == '0' {
		return reason
	}
	// A common slip: digits that start with a country code, but not with its +.
	if _, elsewhere, _, err := ParseAndLocate("+"+dialled, ""); err == nil {
		reason += "; with + in front a number of " + elsewhere.String()
	}
	return reason
}

const (
	manyDigits = 6  // so many make a number rather than an extension
	maxDialled = 22 // a number behind the longest of international and carrier prefixes
)

// read gives what text would have somebody dial: ASCII digits, perhaps behind "+".
// Whatever else a number holds is either punctuation or makes it something other than
// a number, which the library, made to find numbers in prose, would let pass.
func read(text string) (string, error) {
	text = strings.TrimFunc(text, isBlank)
	if text == "" {
		return "", &Error{"is empty"}
	}
	if strings.HasSuffix(text, ".0") && !strings.ContainsFunc(text[:len(text)-2], isPunctuation) {
		return "", &Error{"ends in .0: a spreadsheet has taken it for an amount"}
	}
	dialled := make([]byte, 0, 1+maxDialled)
	digits, beforeSlash := 0, 0
	for i, r := range text {
		switch {
		case unicode.IsDigit(r):
			if digits++; digits > maxDialled {
				return "", &Error{"too long"}
			}
			dialled = append(dialled, asciiDigit(r))
		case (r == '+' || r == '＋') && len(dialled) == 0:
			dialled = append(dialled, '+')
		case r == '/' || r == '／':
			beforeSlash = digits
		case !isPunctuation(r):
			return "", &Error{intruder(text[i:], r, digits)}
		}
	}
	if digits == 0 {
		return "", &Error{"not a telephone number"}
	}
	if several(string(dialled), beforeSlash, digits-beforeSlash) {
		return "", &Error{"more than one number"}
	}
	return string(dialled), nil
}

// several tells two numbers with a slash between from one with a slash behind its
// area code, as is common in German.
func several(dialled string, before, after int) bool {
	least := manyDigits + 1
	if strings.HasPrefix(dialled, "+") || strings.HasPrefix(dialled, "00") {
		least += 3
	}
	return before >= least && after > manyDigits
}

// intruder words what the character r does in a number, where rest starts with it and
// that many digits stand before.
func intruder(rest string, r rune, digits int) string {
	after := 0
	for _, c := range rest {
		if unicode.IsDigit(c) {
			after++
		}
	}
	lower := strings.ToLower(rest)
	switch {
	case strings.HasPrefix(lower, "tel:"):
		return "a link: leave out tel:"
	case digits > 0 && isExponent(lower):
		return "in scientific notation: a spreadsheet has cut its digits"
	case digits >= manyDigits && after > 0 && isExtension(lower):
		return "has an extension"
	case digits >= manyDigits && after >= manyDigits:
		return "more than one number"
	case digits >= manyDigits && after > 0 && (r == ',' || r == '#'):
		return "has an extension"
	case unicode.IsLetter(r):
		return "has letters in it"
	case r == utf8.RuneError:
		return "not text in UTF-8"
	case unicode.IsPrint(r):
		return "has " + strconv.Quote(string(r)) + " in it"
	default:
		return "has a control character in it"
	}
}

// isExtension reports whether s starts like x12, ext. 12 or ;ext=12.
func isExtension(s string) bool {
	s = strings.TrimLeft(s, ",; ")
	return strings.HasPrefix(s, "x") || strings.HasPrefix(s, "ext")
}

// isExponent reports whether s is the end of a number like 2.78E+10.
func isExponent(s string) bool {
	s, ok := strings.CutPrefix(s, "e")
	s = strings.TrimLeft(s, "+-")
	return ok && s != "" && len(s) <= 2 && strings.Trim(s, "0123456789") == ""
}

// isBlank: white space, and characters that cannot be seen (general category Cf:
// zero-width, joiners, marks of direction, byte order mark, soft hyphen).
func isBlank(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) }

// isPunctuation: what people write between the digits of one number.
func isPunctuation(r rune) bool {
	switch r {
	case '\n', '\r', '\v', '\f', '\u2028', '\u2029':
		return false // a line ends a number
	case '.', '．', '(', ')', '（', '）', '[', ']', '［', '］', '/', '／', '~', '～', '·', '−', 'ー':
		return true
	}
	return isBlank(r) || unicode.Is(unicode.Pd, r)
}

// asciiDigit gives the ASCII digit with the value of r. Unicode lays out the ten digits of
// a script in order and starts every run of them with a zero.
func asciiDigit(r rune) byte {
	if r < utf8.RuneSelf {
		return byte(r)
	}
	zero := r
	for unicode.IsDigit(zero - 1) {
		zero--
	}
	return '0' + byte((r-zero)%10)
}
