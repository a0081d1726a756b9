package phone

import (
	"slices"

	"github.com/nyaruka/phonenumbers"
)

// Region is an ISO 3166 two-letter region in upper case; "ZZ" where the number
// belongs to none (satellite, shared country codes that tell no region).
// The zero Region prints as "".
type Region [2]byte

func (r Region) String() string {
	if r == (Region{}) {
		return ""
	}
	return string(r[:])
}

// Regions lists every region with metadata, sorted; for checks of `region` arguments.
func Regions() []string {
	known := phonenumbers.GetSupportedRegions()
	regions := make([]string, 0, len(known))
	for region := range known {
		regions = append(regions, region)
	}
	slices.Sort(regions)
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

var kindOfType = map[phonenumbers.PhoneNumberType]Kind{
	phonenumbers.MOBILE:               Mobile,
	phonenumbers.FIXED_LINE:           Fixed,
	phonenumbers.FIXED_LINE_OR_MOBILE: FixedOrMobile,
	phonenumbers.TOLL_FREE:            TollFree,
	phonenumbers.PREMIUM_RATE:         Premium,
	phonenumbers.SHARED_COST:          Shared,
	phonenumbers.VOIP:                 VoIP,
	phonenumbers.PERSONAL_NUMBER:      Personal,
	phonenumbers.PAGER:                Pager,
	phonenumbers.UAN:                  UAN,
	phonenumbers.VOICEMAIL:            Voicemail,
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
	p := n.metadata()
	return regionOf(p), kindOf(p)
}

func regionOf(p *phonenumbers.PhoneNumber) Region {
	region := Region{'Z', 'Z'}
	if code := phonenumbers.GetRegionCodeForNumber(p); len(code) == len(region) {
		copy(region[:], code)
	}
	return region
}

func kindOf(p *phonenumbers.PhoneNumber) Kind {
	return kindOfType[phonenumbers.GetNumberType(p)]
}

// metadataVersion is the required version of the library; a test holds it against go.mod.
const metadataVersion = "v1.8.1"

// MetadataVersion names the version of the metadata (of the library that carries it).
func MetadataVersion() string { return metadataVersion }
