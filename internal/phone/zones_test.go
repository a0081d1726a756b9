package phone_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/smsplan/smsplan/internal/phone"
)

func TestZonesAreThoseOfThePrefixWhereItSaysWhereTheNumberIs(t *testing.T) {
	for name, tt := range map[string]struct{ digits, want string }{
		"New York":                   {"12025550143", "America/New_York"},
		"a mobile number in Germany": {"4917139200123", "Europe/Berlin"},
		"Kosovo":                     {"3830000000", "Europe/Belgrade"},
		"no country":                 {"8700000000", ""},
		"Sweden":                     {"46701740612", "Europe/Stockholm"},
	} {
		t.Run(name, func(t *testing.T) {
			n, err := phone.FromE164(tt.digits)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(n.Zones(), " "); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
	// Whose number begins with 04 in Australia may be anywhere there.
	n, err := phone.FromE164("61491570006")
	if err != nil {
		t.Fatal(err)
	}
	if got := n.Zones(); !slices.Contains(got, "Australia/Perth") || !slices.Contains(got, "Australia/Sydney") {
		t.Errorf("%v", got)
	}
}
