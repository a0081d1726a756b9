package sms

import "github.com/rivo/uniseg"

// Truncate gives the longest start of text that fits into that many segments, never cutting a
// character (grapheme cluster) in two. The start is measured by itself: where the emoji at the
// end of a text is cut off, what remains may be GSM 03.38 and so have room for more.
func Truncate(text string, segments int) string {
	if segments <= 0 {
		return ""
	}
	septets := tally{single: singleGSM7, part: partGSM7}
	units := tally{single: singleUCS2, part: partUCS2}
	gsm7 := true
	fits := 0 // bytes
	rest, state := text, -1
	for rest != "" {
		var cluster string
		cluster, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		for _, r := range cluster {
			width := septetsOf(r)
			gsm7 = gsm7 && width > 0
			septets.add(width)
			units.add(unitsOf(r))
		}
		// Further clusters only add, and those that GSM 03.38 lacks add more.
		if gsm7 && septets.segments() > segments || !gsm7 && units.segments() > segments {
			break
		}
		fits = len(text) - len(rest)
	}
	return text[:fits]
}
