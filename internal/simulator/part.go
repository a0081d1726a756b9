package simulator

import "unicode/utf16"

// Part is one of the short messages that a message travels as.
type Part struct {
	Text string // as it reads alone, "" for binary
	Hex  string // of binary: the header and data
}

// parts takes the message apart as it was counted.
func (b *batch) parts() []Part {
	whole := func(s string) Part { return Part{Text: s} }
	switch {
	case b.Indication != nil, b.Notification != nil:
		return nil
	case b.Encoding == binary:
		return split(b.UDH+b.Data, 2*140, 2*134, func(rune) int { return 1 }, func(s string) Part { return Part{Hex: s} })
	case b.Encoding == ucs2:
		return split(b.Text, 70, 67, utf16.RuneLen, whole)
	}
	return split(b.Text, 160, 153, septets, whole)
}

// split fills one part after the other, where single is too little; no character is cut in two.
func split(text string, single, part int, width func(rune) int, whole func(string) Part) []Part {
	total := 0
	for _, r := range text {
		total += width(r)
	}
	if total <= single {
		return []Part{whole(text)}
	}
	var parts []Part
	begin, used := 0, 0
	for i, r := range text {
		w := width(r)
		if used+w > part {
			parts = append(parts, whole(text[begin:i]))
			begin, used = i, 0
		}
		used += w
	}
	return append(parts, whole(text[begin:]))
}
