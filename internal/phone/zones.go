package phone

import (
	"strconv"

	"github.com/nyaruka/phonenumbers"
)

// Zones names the time zones, by IANA's names, in which the number may be: those of its
// prefix where that says where it is, else those of its country code. There are none for
// numbers that belong to no country. The slice must not be changed.
func (n Number) Zones() []string {
	if n.IsZero() {
		return nil
	}
	prefix := strconv.FormatUint(n.Packed(), 10)
	if p := n.metadata(); !local(p) {
		prefix = strconv.Itoa(int(p.GetCountryCode()))
	}
	names, err := phonenumbers.GetTimezonesForPrefix(prefix)
	if err != nil || len(names) == 1 && names[0] == phonenumbers.UNKNOWN_TIMEZONE {
		return nil
	}
	return names
}

// local reports whether the prefix of a number says where it is.
func local(p *phonenumbers.PhoneNumber) bool {
	switch phonenumbers.GetNumberType(p) {
	case phonenumbers.FIXED_LINE, phonenumbers.FIXED_LINE_OR_MOBILE:
		return true
	case phonenumbers.MOBILE:
		return phonenumbers.GEO_MOBILE_COUNTRIES[p.GetCountryCode()]
	}
	return false
}
