// Package phone holds telephone numbers that are certainly in E.164 form
// (ITU-T E.164: at most 15 digits, country code first) and shows them masked.
// What is known of the world's numbering plans comes from libphonenumber's
// metadata, compiled into tables; the tests hold them against the library that
// carries it.
package phone

import (
	"cmp"
	"errors"
	"math/bits"
	"strconv"
)

// Number is a telephone number in E.164 form, packed into one word. The zero Number is
// no number. Numbers are compared with ==. Printed in any way a Number shows masked;
// [Number.E164], [Number.International] and [Number.Packed] alone tell the digits.
type Number struct{ hidden uint64 }

// fmt prints unexported fields of other structs without asking their methods. So that
// even there no digits show, the word of a Number is scrambled by a multiplication that
// the multiplication with its inverse (modulo 2^64) undoes; 0 stays 0.
const (
	scramble   = 0x9E3779B97F4A7C15
	unscramble = 0xF1DE83E19937733D
)

// A Number has 7 to 15 digits. E.164 knows no lower bound; the shortest numbers
// that can take a message have a country code of three digits and four of their own.
const (
	minDigits = 7
	maxDigits = 15
)

var errNotE164 = errors.New("not the 7 to 15 digits of a telephone number")

// FromE164 takes the digits of a number that [Parse] once gave (from a saved plan):
// 7 to 15 ASCII digits, the first not 0. It does not ask the metadata. Its error does
// not repeat the digits.
func FromE164(digits string) (Number, error) {
	if len(digits) < minDigits || len(digits) > maxDigits {
		return Number{}, errNotE164
	}
	if digits[0] == '0' {
		return Number{}, errNotE164
	}
	var v uint64
	for i := range len(digits) {
		d := digits[i] - '0'
		if d > 9 {
			return Number{}, errNotE164
		}
		v = v*10 + uint64(d)
	}
	return Unpack(v)
}

// Unpack takes a word that [Number.Packed] gave. Words that hold no number of 7 to 15
// digits, 0 among them, are an error.
func Unpack(v uint64) (Number, error) {
	if v < powers[minDigits-1] || v >= powers[maxDigits] {
		return Number{}, errNotE164
	}
	return pack(v), nil
}

func pack(v uint64) Number { return Number{v * scramble} }

// Packed gives the digits read as a decimal number, for compact columns and saved plans.
// That is exact because no country code starts with 0.
func (n Number) Packed() uint64 { return n.hidden * unscramble }

// IsZero reports whether n is no number.
func (n Number) IsZero() bool { return n.hidden == 0 }

// E164 gives the digits, country code first, without "+".
func (n Number) E164() string {
	if n.IsZero() {
		return ""
	}
	return strconv.FormatUint(n.Packed(), 10)
}

// AppendE164 appends the digits to b.
func (n Number) AppendE164(b []byte) []byte {
	if n.IsZero() {
		return b
	}
	return strconv.AppendUint(b, n.Packed(), 10)
}

// International gives the number for a reader who may see it: "+27 82 123 4517".
func (n Number) International() string {
	if n.IsZero() {
		return ""
	}
	code, national, length := n.split()
	var room [2 * maxDigits]byte
	b := append(strconv.AppendInt(append(room[:0], '+'), int64(code), 10), ' ')
	digits := appendPadded(nil, national, length)
	if layout := layoutOf(n.out(plan.layouts)); layout != "" {
		for i := range len(layout) {
			if c := layout[i]; c != '#' {
				b = append(b, c)
				continue
			}
			b, digits = append(b, digits[0]), digits[1:]
		}
	}
	return string(append(b, digits...))
}

// Compare orders numbers by their digits as text: +1 202... before +27...
func (n Number) Compare(m Number) int {
	v, w := n.Packed(), m.Packed()
	lv, lw := length(v), length(w)
	if c := cmp.Compare(v*powers[maxDigits-lv], w*powers[maxDigits-lw]); c != 0 {
		return c
	}
	return cmp.Compare(lv, lw)
}

// powers of ten: powers[i] is the least number of i+1 digits.
var powers = [maxDigits + 1]uint64{
	1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
}

// length counts the decimal digits of v; 0 has none.
func length(v uint64) int {
	n := bits.Len64(v) * 1233 >> 12 // log10(2): n, or one more
	if n < len(powers) && v >= powers[n] {
		n++
	}
	return min(n, len(powers))
}

// split gives the country code, and the national number as a word and its length,
// which tells how many zeros it starts with.
func (n Number) split() (code int, national uint64, digits int) {
	v := n.Packed()
	digits = length(v) - 1
	if lead := v / powers[digits]; lead != 1 && lead != 7 {
		digits--
		if !twoDigitCodes[v/powers[digits]] {
			digits--
		}
	}
	return int(v / powers[digits]), v % powers[digits], digits
}

// twoDigitCodes are the country codes of two digits. ITU-T E.164 makes codes prefix-free,
// so that what is neither here nor 1 nor 7 has three digits.
var twoDigitCodes = [100]bool{
	20: true, 27: true,
	30: true, 31: true, 32: true, 33: true, 34: true, 36: true, 39: true,
	40: true, 41: true, 43: true, 44: true, 45: true, 46: true, 47: true, 48: true, 49: true,
	51: true, 52: true, 53: true, 54: true, 55: true, 56: true, 57: true, 58: true,
	60: true, 61: true, 62: true, 63: true, 64: true, 65: true, 66: true,
	81: true, 82: true, 84: true, 86: true,
	90: true, 91: true, 92: true, 93: true, 94: true, 95: true, 98: true,
}

// appendPadded appends v with zeros in front to that many digits.
func appendPadded(b []byte, v uint64, digits int) []byte {
	for i := digits - 1; i >= 0; i-- {
		b = append(b, '0'+byte(v/powers[i]%10))
	}
	return b
}
