package phone

import "slices"

// Region is an ISO 3166 two-letter region in upper case; "ZZ" where the number
// belongs to none (satellite, shared country codes that tell no region).
// The zero Region prints as "".
type Region [2]byte

var nowhere = Region{'Z', 'Z'}

func (r Region) String() string {
	if r == (Region{}) {
		return ""
	}
	return string(r[:])
}

// Regions lists every region with metadata, sorted; for checks of `region` arguments.
func Regions() []string {
	var regions []string
	for _, p := range []byte(regionTable) {
		if p != 0 {
			regions = append(regions, plan(p).region().String())
		}
	}
	return regions
}

// Kind is what the metadata knows of a number's use.
type Kind uint8

// Kinds, as the language names them in types and recipient.type.
const (
	Unknown       Kind = iota // "unknown"
	Mobile                    // "mobile"
	Fixed                     // "fixed"
	FixedOrMobile             // "fixed_or_mobile": the metadata cannot tell them apart
	TollFree                  // "toll_free"
	Premium                   // "premium"
	Shared                    // "shared_cost"
	VoIP                      // "voip"
	Personal                  // "personal"
	Pager                     // "pager"
	UAN                       // "uan": one company number for many places
	Voicemail                 // "voicemail"
)

var kindNames = [...]string{
	Unknown:       "unknown",
	Mobile:        "mobile",
	Fixed:         "fixed",
	FixedOrMobile: "fixed_or_mobile",
	TollFree:      "toll_free",
	Premium:       "premium",
	Shared:        "shared_cost",
	VoIP:          "voip",
	Personal:      "personal",
	Pager:         "pager",
	UAN:           "uan",
	Voicemail:     "voicemail",
}

// KindNamed gives the Kind with that name, and whether there is one.
func KindNamed(name string) (Kind, bool) {
	i := slices.Index(kindNames[:], name)
	if i < 0 {
		return Unknown, false
	}
	return Kind(i), true
}

func (k Kind) String() string { return kindNames[k] }

// Locate gives region and kind of the number: ZZ and [Unknown] for one that the
// metadata does not know.
func (n Number) Locate() (Region, Kind) {
	if n.IsZero() {
		return Region{}, Unknown
	}
	return placed(n.out(plan.kinds))
}

// out is what comes of the number's national digits in an automaton of its country code's.
func (n Number) out(of func(plan) node) uint16 {
	code, national, length := n.split()
	at := of(plan(codeTable[code]))
	for i := length - 1; i >= 0; i-- {
		at = at.next(byte(national / powers[i] % 10))
	}
	return at.end()
}

// metadataVersion is the required version of the library; a test holds it against go.mod.
const metadataVersion = "v1.8.1"

// MetadataVersion names the version of the metadata (of the library that carries it).
func MetadataVersion() string { return metadataVersion }
