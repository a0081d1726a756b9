package simulator

import (
	"slices"
	"strings"
)

// pricePerPart is what a part costs where the settings have no price.
const pricePerPart = 1.0

// numbers are what the networks say of telephone numbers. They do not change.
type numbers struct {
	prices  map[string]float64
	longest int // of the keys of prices
	refused map[string]int
	barred  []string // beginnings
}

func newNumbers(s Settings) *numbers {
	n := &numbers{prices: s.Prices, refused: map[string]int{}, barred: s.Unroutable}
	for prefix := range n.prices {
		n.longest = max(n.longest, len(prefix))
	}
	// A number that stands in several lists is refused for what the gateway checks first.
	for _, number := range s.Delisted {
		n.refused[number] = errDelisted
	}
	for _, number := range s.OptedOut {
		n.refused[number] = errOptedOut
	}
	for _, number := range s.Blocked {
		n.refused[number] = errBlocked
	}
	return n
}

// refusal gives the code that a number is refused with, 0 for none.
func (n *numbers) refusal(number string) int {
	switch code := n.refused[number]; {
	case !isNumber(number):
		return errDestination
	case code != 0:
		return code
	case n.unroutable(number):
		return errNoRoute
	}
	return 0
}

func (n *numbers) unroutable(number string) bool {
	return slices.ContainsFunc(n.barred, func(prefix string) bool { return strings.HasPrefix(number, prefix) })
}

// price gives the credits that a part costs.
func (n *numbers) price(number string) float64 {
	for length := min(n.longest, len(number)); length >= 0; length-- {
		if price, ok := n.prices[number[:length]]; ok {
			return price
		}
	}
	return pricePerPart
}

// isNumber reports whether the gateway takes s for an international number: digits, no leading nought.
func isNumber(s string) bool {
	return len(s) >= 7 && len(s) <= 15 && s[0] != '0' && isDigits(s)
}

// dialled gives a number as the account's default prefix makes it. 00 is no beginning of a number anywhere.
func (a *Account) dialled(number string) string {
	if rest, ok := strings.CutPrefix(number, "0"); ok && a.DefaultPrefix != "" && !strings.HasPrefix(rest, "0") {
		return a.DefaultPrefix + rest
	}
	return number
}
