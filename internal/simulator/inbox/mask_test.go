package inbox

import (
	"strings"
	"testing"
)

func TestNumbersKeepTheirCountryAndTheirEnd(t *testing.T) {
	for name, tt := range map[string]struct{ digits, want string }{
		"South Africa":       {"27825550117", "+27 82 ••• ••17"},
		"North America":      {"12025550143", "+1 202 ••• ••43"},
		"three-digit code":   {"353201234567", "+353 2 •••• ••67"},
		"Germany":            {"491713920012", "+49 17 •••• ••12"},
		"short":              {"2901234", "+290 •• ••"},
		"shorter than codes": {"12", "+1 •• ••"},
		"the longest":        {"447700900123456", "+44 77 ••••••• ••56"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := mask(tt.digits); got != tt.want {
				t.Errorf("mask(%s) = %q, want %q", tt.digits, got, tt.want)
			}
		})
	}
}

func TestHalfOfANumberIsMasked(t *testing.T) {
	for length := 7; length <= 15; length++ {
		for first := byte('1'); first <= '9'; first++ {
			digits := string(first) + strings.Repeat("5", length-1)
			national := length - countryCode(digits)
			if hidden := strings.Count(mask(digits), "•"); hidden < 4 || 2*hidden < national {
				t.Errorf("%d of %d digits are hidden in %s", hidden, national, mask(digits))
			}
		}
	}
}

func TestWhatMayBeANumberIsMaskedInARequest(t *testing.T) {
	for name, tt := range map[string]struct{ text, want string }{
		"an element":     {"<to>12025550143</to>", "<to>+1 202 ••• ••43</to>"},
		"a line":         {"ID: 0f0e0d0c To: 12025550143", "ID: 0f0e0d0c To: +1 202 ••• ••43"},
		"set apart":      {"<to>+1 (202) 555-0143</to>", "<to>+1 202 ••• ••43</to>"},
		"an id":          {"12345678901234567890abcdef123456", "12345678901234567890abcdef123456"},
		"a few digits":   {"<deliv_time>10080</deliv_time>", "<deliv_time>10080</deliv_time>"},
		"in hexadecimal": {"<text>004800690031</text>", "<text>+004 8 •••• ••31</text>"},
		"an address":     {"http://127.0.0.1:9000/", "http://127.0.0.1:9000/"},
		"of a namespace": {"http://www.w3.org/2001/XMLSchema", "http://www.w3.org/2001/XMLSchema"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := shower(false).numbersIn(tt.text); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
			if got := shower(true).numbersIn(tt.text); got != tt.text {
				t.Errorf("asked for: %q", got)
			}
		})
	}
}
