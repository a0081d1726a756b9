package render

import (
	"strings"

	"github.com/smsplan/smsplan/internal/config"
)

// amount writes an amount with its currency.
func amount(m config.Money, currency string) string { return price(m) + " " + Clean(currency) }

// price writes an amount: two decimals, or as many as it has, and a comma before every three digits.
func price(m config.Money) string {
	whole, decimals, _ := strings.Cut(m.String(), ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	for len(decimals) < 2 {
		decimals += "0"
	}
	return whole + "." + decimals
}

// costs says what a plan costs, behind other figures; "" without a tariff.
func costs(m *config.Money, t *config.Tariff) string {
	if m == nil || t == nil {
		return ""
	}
	return ", " + amount(*m, t.Currency)
}
