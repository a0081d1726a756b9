package phone

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
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
// valid in the metadata is an [*Error]. Neither text nor region is kept.
func Parse(text, region string) (Number, error) {
	var d dialled
	c, err := d.parse(text, region)
	return c.number, err
}

// ParseAndLocate is [Parse] and [Number.Locate] in one, for long lists: what tells that a
// number is valid tells its kind as well.
func ParseAndLocate(text, region string) (Number, Region, Kind, error) {
	var d dialled
	c, err := d.parse(text, region)
	if err != nil {
		return Number{}, Region{}, Unknown, err
	}
	where, kind := placed(c.out)
	return c.number, where, kind, nil
}

// ErrNoRegion is of a number without a country code where no region is given.
var ErrNoRegion error = &Error{"has no country code, and no region is set"}

func (d *dialled) parse(text, region string) (called, error) {
	if err := d.read(text); err != nil {
		return called{}, err
	}
	if region == "" && d.length >= 2 && d.digit[0] == 0 && d.digit[1] == 0 && !d.plus {
		copy(d.digit[:], d.digit[2:d.length])
		d.length, d.plus = d.length-2, true
	}
	home := planOf(region)
	if !d.plus && home == 0 {
		if region == "" {
			return called{}, ErrNoRegion
		}
		return called{}, &Error{"has no country code, and its region does not exist"}
	}
	c := d.call(home)
	if c.fault != faultless {
		return called{}, &Error{d.wrong(c, home)}
	}
	return c, nil
}

// wrong words the fault of the call that d makes from home.
func (d *dialled) wrong(c called, home plan) string {
	switch c.fault {
	case noCountry:
		return "has a country code that does not exist"
	case tooLong:
		return "too long"
	case tooShort:
		return "too short"
	case notInPlan:
		return d.invalid(c, home)
	case noMessages:
		return "of a length that no number with messages has"
	default:
		return "not a telephone number"
	}
}

// invalid words why the metadata has no such number.
func (d *dialled) invalid(c called, home plan) string {
	region := home.region().String()
	if home.code() != c.plan.code() {
		region = c.plan.region().String()
	}
	if region == nowhere.String() {
		region = "its country code"
	}
	var reason string
	switch c.plan.length(c.national) {
	case belowAll:
		reason = "too short for " + region
	case aboveAll:
		reason = "too long for " + region
	case between:
		reason = "of a length that no number has in " + region
	case partly:
		reason = "has no area code"
	default:
		reason = "not valid in " + region
	}
	if d.plus || d.digit[0] == 0 {
		return reason
	}
	// A common slip: digits that start with a country code, but not with its +.
	d.plus = true
	if elsewhere := d.call(0); elsewhere.fault == faultless {
		where, _ := placed(elsewhere.out)
		reason += "; with + in front a number of " + where.String()
	}
	return reason
}

const (
	manyDigits = 6  // so many make a number rather than an extension
	maxDialled = 22 // a number behind the longest of international and carrier prefixes
)

// read gives d what text would have somebody dial: digits, perhaps behind "+".
// Whatever else a number holds is either punctuation or makes it something other than
// a number, which libphonenumber, made to find numbers in prose, would let pass.
func (d *dialled) read(text string) error {
	if text == "" || !isVisible(text[0]) || !isVisible(text[len(text)-1]) {
		if text = strings.TrimFunc(text, isBlank); text == "" {
			return &Error{"is empty"}
		}
	}
	if strings.HasSuffix(text, ".0") && !strings.ContainsFunc(text[:len(text)-2], isPunctuation) {
		return &Error{"ends in .0: a spreadsheet has taken it for an amount"}
	}
	beforeSlash := 0
	for i, size := 0, 0; i < len(text); i += size {
		if digit := text[i] - '0'; digit <= 9 && d.length < maxDialled {
			d.digit[d.length] = digit
			d.length++
			size = 1
			continue
		}
		var r rune
		r, size = utf8.DecodeRuneInString(text[i:])
		switch {
		case unicode.IsDigit(r):
			if d.length == maxDialled {
				return &Error{"too long"}
			}
			d.digit[d.length] = digitOf(r)
			d.length++
		case (r == '+' || r == '＋') && d.length == 0 && !d.plus:
			d.plus = true
		case r == '/' || r == '／':
			beforeSlash = d.length
		case !isPunctuation(r):
			return &Error{intruder(text[i:], r, d.length)}
		}
	}
	if d.length == 0 {
		return &Error{"not a telephone number"}
	}
	if d.several(beforeSlash, d.length-beforeSlash) {
		return &Error{"more than one number"}
	}
	return nil
}

// several tells two numbers with a slash between from one with a slash behind its
// area code, as is common in German.
func (d *dialled) several(before, after int) bool {
	least := manyDigits + 1
	if d.plus || d.length >= 2 && d.digit[0] == 0 && d.digit[1] == 0 {
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

// isVisible is of ASCII alone.
func isVisible(b byte) bool { return ' ' < b && b < utf8.RuneSelf }

// isBlank: white space, and characters that cannot be seen (general category Cf:
// zero-width, joiners, marks of direction, byte order mark, soft hyphen).
func isBlank(r rune) bool {
	if r < utf8.RuneSelf {
		return r == ' ' || '\t' <= r && r <= '\r'
	}
	return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r)
}

// isPunctuation: what people write between the digits of one number.
func isPunctuation(r rune) bool {
	switch r {
	case ' ', '-', '\t', '.', '．', '(', ')', '（', '）', '[', ']', '［', '］', '/', '／', '~', '～', '·', '−', 'ー':
		return true
	case '\n', '\r', '\v', '\f', '\u2028', '\u2029':
		return false // a line ends a number
	}
	return r >= utf8.RuneSelf && (isBlank(r) || unicode.Is(unicode.Pd, r))
}

// digitOf gives the value of r. Unicode lays out the ten digits of a script in order and starts every run of them with a zero.
func digitOf(r rune) byte {
	zero := r
	for unicode.IsDigit(zero - 1) {
		zero--
	}
	return byte((r - zero) % 10)
}
