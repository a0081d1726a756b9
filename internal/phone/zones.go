package phone

import (
	"strconv"
	"strings"
	"sync"
)

// zoneLines are the lines of [zoneTable]: the node that zones begin with, and the zones by what comes out.
var zoneLines = sync.OnceValues(func() (node, [][]string) {
	first, rest, _ := strings.Cut(strings.TrimSuffix(zoneTable, "\n"), "\n")
	root, err := strconv.ParseUint(first, 10, 16)
	if err != nil {
		panic(err) // the table is damaged
	}
	zones := [][]string{nil}
	for line := range strings.SplitSeq(rest, "\n") {
		zones = append(zones, strings.Fields(line))
	}
	return node(root), zones
})

// Zones names the time zones, by IANA's names, in which the number may be: those of its
// prefix where that says where it is, else those of its country code. There are none for
// numbers that belong to no country. The slice must not be changed.
func (n Number) Zones() []string {
	if n.IsZero() {
		return nil
	}
	at, zones := zoneLines()
	code, _, digits := n.split()
	least := digits // how many digits say nothing of it
	if _, kind := n.Locate(); local(code, kind) {
		least = 0
	}
	v := n.Packed()
	for i := length(v) - 1; i >= least; i-- {
		at = at.next(byte(v / powers[i] % 10))
	}
	return zones[at.end()]
}

// local reports whether the digits of a number of that kind say where in the country it is.
func local(code int, kind Kind) bool {
	switch kind {
	case Fixed, FixedOrMobile:
		return true
	case Mobile:
		switch code {
		case 52, 54, 55, 62, 86: // Mexico, Argentina, Brazil, Indonesia, China: mobiles have area codes (libphonenumber's GEO_MOBILE_COUNTRIES)
			return true
		}
	}
	return false
}
