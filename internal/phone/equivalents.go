package phone

import "slices"

// renumbering is one change of how a country writes its numbers: behind the first at
// digits of the national number stood one of old, now stands new, and then come length
// digits that start with one of leads. A new number that no old one became has the
// length and not the lead.
//
// No number may be in two rows; a test tries.
type renumbering struct {
	code   int
	at     int
	old    []string
	new    string
	leads  []string
	length int
}

var renumberings = []renumbering{
	// Mexico: no 1 in front of mobiles since 3 August 2019 (IFT, Plan Técnico
	// Fundamental de Numeración, DOF 11 May 2018).
	{code: 52, old: []string{"1"}, new: "", leads: []string{"2", "3", "4", "5", "6", "7", "8", "9"}, length: 10},

	// Argentina: mobiles have a 9 when they are called from abroad; the ten digits
	// behind it are one line's alone (Plan Fundamental de Numeración Nacional,
	// Res. SC 46/97). The 9 is often left out.
	{code: 54, old: []string{""}, new: "9", leads: []string{"11", "2", "3"}, length: 10},

	// Brazil: a 9 in front of mobiles, behind the area code, area by area from 2012 to
	// 2016 (Anatel, Resolução 553/2010). The trunk radio that kept its 7 and eight
	// digits was switched off in 2018.
	{code: 55, at: 2, old: []string{""}, new: "9", leads: []string{"6", "7", "8", "9"}, length: 8},

	// Ivory Coast: ten digits since 31 January 2021, the first two for the operator whom
	// the old number's second digit (mobiles) or third digit (fixed) names (ARTCI, plan
	// national de numérotation à 10 chiffres): Moov, MTN, Orange.
	{code: 225, old: []string{""}, new: "01", length: 8, leads: []string{
		"01", "02", "03", "40", "41", "42", "43", "50", "51", "52", "53", "70", "71", "72", "73"}},
	{code: 225, old: []string{""}, new: "05", length: 8, leads: []string{
		"04", "05", "06", "44", "45", "46", "54", "55", "56", "64", "65", "66", "74", "75", "76",
		"84", "85", "86", "94", "95", "96"}},
	{code: 225, old: []string{""}, new: "07", length: 8, leads: []string{
		"07", "08", "09", "47", "48", "49", "57", "58", "59", "67", "68", "69", "77", "78", "79",
		"87", "88", "89", "97", "98"}},
	{code: 225, old: []string{""}, new: "21", length: 8, leads: []string{"208", "218", "228", "238"}},
	{code: 225, old: []string{""}, new: "25", length: 8, leads: []string{
		"200", "210", "220", "230", "240", "300", "310", "320", "330", "340", "350", "360"}},
	{code: 225, old: []string{""}, new: "27", length: 8, leads: []string{
		"202", "203", "212", "213", "215", "217", "224", "225", "234", "235", "243", "244", "245",
		"306", "316", "319", "327", "337", "347", "359", "368"}},

	// Benin: 01 in front of the eight digits since 30 November 2024 (ARCEP Bénin).
	{code: 229, old: []string{""}, new: "01", leads: []string{"2", "4", "5", "6", "9"}, length: 8},

	// Gabon: the operator's digit in place of the 0 since 15 November 2019, the old form
	// until 6 April 2024 (ARCEP Gabon). Before, the 0 was written or left out.
	{code: 241, old: []string{"0", ""}, new: "1", leads: []string{"1"}, length: 7},
	{code: 241, old: []string{"0", ""}, new: "6", leads: []string{"2", "5", "6"}, length: 7},
	{code: 241, old: []string{"0", ""}, new: "7", leads: []string{"4", "7"}, length: 7},
}

// Equivalents gives every form in which the line of n is or was written, n among
// them, in the order of [Number.Compare]; for most numbers n alone. Every one of them
// has the same Equivalents.
func Equivalents(n Number) []Number { return AppendEquivalents(nil, n) }

// AppendEquivalents appends them to forms.
func AppendEquivalents(forms []Number, n Number) []Number {
	var room [maxDigits]byte
	r, rest := renumberedBy(n, room[:0])
	if r == nil {
		return append(forms, n)
	}
	first := len(forms)
	forms = append(forms, r.form(r.new, rest))
	for _, old := range r.old {
		forms = append(forms, r.form(old, rest))
	}
	slices.SortFunc(forms[first:], Number.Compare)
	return forms
}

// Line gives the one of [Equivalents] that stands for all of them: the newest form.
// It is for comparing: that a fixed line of Argentina can be called with a 9 in front
// is not promised.
func (n Number) Line() Number {
	var room [maxDigits]byte
	r, rest := renumberedBy(n, room[:0])
	if r == nil {
		return n
	}
	return r.form(r.new, rest)
}

// renumberedBy gives the row that n is in, in whatever form, and the digits of n's national
// number that no form of it changes, appended to room; nil where there is none.
func renumberedBy(n Number, room []byte) (*renumbering, []byte) {
	if n.IsZero() {
		return nil, nil
	}
	code, national, digits := n.split()
	var buf [maxDigits]byte
	var text []byte
	for i := range renumberings {
		r := &renumberings[i]
		if r.code != code {
			continue
		}
		if text == nil {
			text = appendPadded(buf[:0], national, digits)
		}
		if rest, ok := r.rest(text, r.new, room); ok {
			return r, rest
		}
		for _, old := range r.old {
			if rest, ok := r.rest(text, old, room); ok {
				return r, rest
			}
		}
	}
	return nil, nil
}

// rest appends to room national without the digits that stand in the changed place, if it is a
// number of the row with those there.
func (r *renumbering) rest(national []byte, changed string, room []byte) ([]byte, bool) {
	if len(national) != r.at+len(changed)+r.length {
		return nil, false
	}
	tail := national[r.at:]
	if string(tail[:len(changed)]) != changed {
		return nil, false
	}
	tail = tail[len(changed):]
	for _, lead := range r.leads {
		if string(tail[:len(lead)]) == lead {
			return append(append(room, national[:r.at]...), tail...), true
		}
	}
	return nil, false
}

// form is rest's number with those digits in the changed place.
func (r *renumbering) form(changed string, rest []byte) Number {
	v := uint64(r.code)
	for i, d := range rest {
		if i == r.at {
			v = appendDigits(v, changed)
		}
		v = v*10 + uint64(d-'0')
	}
	return pack(v)
}

func appendDigits(v uint64, digits string) uint64 {
	for _, d := range []byte(digits) {
		v = v*10 + uint64(d-'0')
	}
	return v
}
