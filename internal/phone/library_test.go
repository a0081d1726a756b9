package phone

import (
	"errors"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"
)

// What this package does with its tables, done with the library: the plain twin, for comparison.

func parseWithLibrary(text, region string) (Number, *phonenumbers.PhoneNumber, Kind, error) {
	fault := func(reason string) (Number, *phonenumbers.PhoneNumber, Kind, error) {
		return Number{}, nil, Unknown, &Error{reason}
	}
	dialled, err := readPlainly(text)
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
	kind := kindInLibrary(p)
	if kind == Unknown { // the library's own test of validity
		return fault(invalid(p, dialled, region))
	}
	n, ok := fromLibrary(p)
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
	if _, p, _, err := parseWithLibrary("+"+dialled, ""); err == nil {
		reason += "; with + in front a number of " + regionInLibrary(p).String()
	}
	return reason
}

func readPlainly(text string) (string, error) {
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
	if severalPlainly(string(dialled), beforeSlash, digits-beforeSlash) {
		return "", &Error{"more than one number"}
	}
	return string(dialled), nil
}

// several tells two numbers with a slash between from one with a slash behind its
// area code, as is common in German.
func severalPlainly(dialled string, before, after int) bool {
	least := manyDigits + 1
	if strings.HasPrefix(dialled, "+") || strings.HasPrefix(dialled, "00") {
		least += 3
	}
	return before >= least && after > manyDigits
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

// inLibrary gives n as the library wants it.
func (n Number) inLibrary() *phonenumbers.PhoneNumber {
	code, national, digits := n.split()
	code32 := int32(code)
	p := &phonenumbers.PhoneNumber{CountryCode: &code32, NationalNumber: &national}
	// The library counts the last of nothing but zeros as a digit of its own.
	if zeros := int32(digits - max(length(national), 1)); zeros > 0 {
		leading := true
		p.ItalianLeadingZero, p.NumberOfLeadingZeros = &leading, &zeros
	}
	return p
}

// fromLibrary packs what the library parsed; ok is false where E.164 has no room for it.
func fromLibrary(p *phonenumbers.PhoneNumber) (n Number, ok bool) {
	national := p.GetNationalNumber()
	digits := max(length(national), 1)
	if p.GetItalianLeadingZero() {
		digits += int(p.GetNumberOfLeadingZeros())
	}
	code := uint64(p.GetCountryCode())
	if length(code)+digits > maxDigits {
		return Number{}, false
	}
	n, err := Unpack(code*powers[digits] + national)
	return n, err == nil
}

var kindOfType = map[phonenumbers.PhoneNumberType]Kind{
	phonenumbers.MOBILE:               Mobile,
	phonenumbers.FIXED_LINE:           Fixed,
	phonenumbers.FIXED_LINE_OR_MOBILE: FixedOrMobile,
	phonenumbers.TOLL_FREE:            TollFree,
	phonenumbers.PREMIUM_RATE:         Premium,
	phonenumbers.SHARED_COST:          Shared,
	phonenumbers.VOIP:                 VoIP,
	phonenumbers.PERSONAL_NUMBER:      Personal,
	phonenumbers.PAGER:                Pager,
	phonenumbers.UAN:                  UAN,
	phonenumbers.VOICEMAIL:            Voicemail,
}

func regionInLibrary(p *phonenumbers.PhoneNumber) Region {
	region := Region{'Z', 'Z'}
	if code := phonenumbers.GetRegionCodeForNumber(p); len(code) == len(region) {
		copy(region[:], code)
	}
	return region
}

func kindInLibrary(p *phonenumbers.PhoneNumber) Kind {
	return kindOfType[phonenumbers.GetNumberType(p)]
}

func internationalInLibrary(n Number) string {
	f := phonenumbers.Format(n.inLibrary(), phonenumbers.INTERNATIONAL)
	if f[0] != '+' { // a country code that the metadata does not know
		code, national, length := n.split()
		return "+" + strconv.Itoa(code) + " " + string(appendPadded(nil, national, length))
	}
	return f
}

func zonesInLibrary(n Number) []string {
	if n.IsZero() {
		return nil
	}
	prefix := strconv.FormatUint(n.Packed(), 10)
	if p := n.inLibrary(); !localInLibrary(p) {
		prefix = strconv.Itoa(int(p.GetCountryCode()))
	}
	names, err := phonenumbers.GetTimezonesForPrefix(prefix)
	if err != nil || len(names) == 1 && names[0] == phonenumbers.UNKNOWN_TIMEZONE {
		return nil
	}
	return names
}

// localInLibrary reports whether the prefix of a number says where it is.
func localInLibrary(p *phonenumbers.PhoneNumber) bool {
	switch phonenumbers.GetNumberType(p) {
	case phonenumbers.FIXED_LINE, phonenumbers.FIXED_LINE_OR_MOBILE:
		return true
	case phonenumbers.MOBILE:
		return phonenumbers.GEO_MOBILE_COUNTRIES[p.GetCountryCode()]
	}
	return false
}
