// Package sms knows what a text costs on the air: alphabet, segments and the
// hexadecimal forms that the gateway takes (3GPP TS 23.038, 23.040).
package sms

import "unicode/utf8"

// Encoding is how a message travels.
type Encoding uint8

// Encodings.
const (
	GSM7   Encoding = iota // "gsm7": GSM 03.38 default alphabet with extension table
	UCS2                   // "ucs2": UTF-16 code units
	Binary                 // "binary": 8-bit data
)

func (e Encoding) String() string { return [...]string{"gsm7", "ucs2", "binary"}[e] }

// Size is what a text takes.
type Size struct {
	Encoding Encoding
	Units    int // septets, UTF-16 code units or octets
	Segments int // 0 for an empty text
}

// Units in a message that travels alone, and in each part of a longer one, which gives up
// six octets to the header that joins the parts again.
const (
	singleGSM7, partGSM7     = 160, 153
	singleUCS2, partUCS2     = 70, 67
	singleBinary, joinHeader = 140, 6
)

// Measure sizes text in the alphabet that it needs: GSM 03.38 where all of it fits, else UCS-2.
// Characters are never cut in two over segments (an extension character or a surrogate pair
// moves whole), so that a part may hold a unit less than it could. A gateway that counts
// without that rule comes to no more segments than Measure.
func Measure(text string) Size {
	septets := tally{single: singleGSM7, part: partGSM7}
	for i := 0; i < len(text); {
		r, size := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(text[i:])
		}
		width := septetsOf(r)
		if width == 0 {
			return MeasureUCS2(text)
		}
		septets.add(width)
		i += size
	}
	return Size{GSM7, septets.units, septets.segments()}
}

// MeasureUCS2 sizes text as UCS-2 whatever it holds (unicode = "always").
func MeasureUCS2(text string) Size {
	units := tally{single: singleUCS2, part: partUCS2}
	for _, r := range text {
		units.add(unitsOf(r))
	}
	return Size{UCS2, units.units, units.segments()}
}

// MeasureBinary sizes 8-bit data behind a user data header of udh octets (its length octet
// among them; 0 for none). 140 octets, header included, travel alone. Beyond that the data is
// split and every part has the header, with the five octets of the element that joins parts,
// or a header of its own with six: 134 octets of data where udh is 0. A header that
// leaves no room takes a part for each octet, which no limit of segments allows.
func MeasureBinary(udh, data int) Size {
	s := Size{Binary, udh + data, 1}
	switch {
	case s.Units == 0:
		s.Segments = 0
	case s.Units > singleBinary:
		header := joinHeader
		if udh > 0 {
			header = udh + joinHeader - 1
		}
		part := max(1, singleBinary-header)
		s.Segments = (data + part - 1) / part
	}
	return s
}

// tally lays characters into parts.
type tally struct {
	single, part int // units in a message alone and in a part
	units        int // all so far
	full, used   int // parts behind the one being filled, units in that one
}

func (t *tally) add(width int) {
	t.units += width
	t.used += width
	if t.used > t.part {
		t.full++
		t.used = width
	}
}

func (t *tally) segments() int {
	switch {
	case t.units == 0:
		return 0
	case t.units <= t.single:
		return 1
	default:
		return t.full + 1
	}
}

// unitsOf is the number of UTF-16 code units of r.
func unitsOf(r rune) int {
	if r > 0xFFFF {
		return 2
	}
	return 1
}
