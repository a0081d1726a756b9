package phone

import (
	"fmt"
	"log/slog"
	"strconv"
	"strings"
)

// leastMasked is the number of digits that a masked number hides at least.
const leastMasked = 4

// String gives the masked form: "+27 82 ••• ••17". At least half of the national
// digits are hidden, and never fewer than four.
func (n Number) String() string {
	if n.IsZero() {
		return "no number"
	}
	code, _, digits := n.split()
	prefix := "+" + strconv.Itoa(code) + " "
	national := n.International()[len(prefix):]

	first, last := outerGroups(national)
	head, tail := first, max(0, last-2)
	for hidden := max(leastMasked, (digits+1)/2); digits-head-tail < hidden; {
		if tail > 0 {
			tail--
		} else {
			head--
		}
	}

	var b strings.Builder
	b.Grow(len(prefix) + len("•")*len(national))
	b.WriteString(prefix)
	seen := 0
	for _, r := range national {
		if isASCIIDigit(r) {
			if seen++; seen > head && seen <= digits-tail {
				r = '•'
			}
		}
		b.WriteRune(r)
	}
	return b.String()
}

// outerGroups gives the lengths of the first and the last group of digits; the
// last is 0 where there is but one.
func outerGroups(national string) (first, last int) {
	groups := strings.FieldsFunc(national, func(r rune) bool { return !isASCIIDigit(r) })
	if len(groups) > 1 {
		last = len(groups[len(groups)-1])
	}
	return len(groups[0]), last
}

func isASCIIDigit(r rune) bool { return '0' <= r && r <= '9' }

// Format prints the masked form for every verb, %d and %#v included.
func (n Number) Format(s fmt.State, verb rune) {
	if verb != 'q' {
		verb = 's'
	}
	fmt.Fprintf(s, fmt.FormatString(s, verb), n.String())
}

// MarshalText gives the masked form, so that no encoder lets the digits out by
// accident; there is deliberately no way back. The zero Number gives nothing.
func (n Number) MarshalText() ([]byte, error) {
	if n.IsZero() {
		return nil, nil
	}
	return []byte(n.String()), nil
}

// LogValue gives the masked form.
func (n Number) LogValue() slog.Value { return slog.StringValue(n.String()) }
