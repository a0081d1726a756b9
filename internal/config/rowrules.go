package config

import (
	"errors"
	"slices"
	"strings"
	"unicode"

	"github.com/smsplan/smsplan/internal/phone"
)

// rowRules say which rows of a source are valid.
type rowRules struct {
	region       string
	regionColumn int             // -1 for none
	regions      map[string]bool // known to the metadata; nil without a region column
	kinds        []phone.Kind
	unsure       bool // which region is meant is not known
}

// unjudged is the reason of a row of which nothing can be said.
const unjudged = "unjudged"

func newRowRules(spec setSpec) rowRules {
	r := rowRules{region: spec.region, regionColumn: -1, kinds: spec.types, unsure: spec.unsure}
	if len(r.kinds) == 0 {
		r.kinds = usualTypes
	}
	return r
}

// withColumn gives the rules for rows that hold a region in a column.
func (r rowRules) withColumn(column int) rowRules {
	r.regionColumn, r.regions = column, map[string]bool{}
	for _, name := range phone.Regions() {
		r.regions[name] = true
	}
	return r
}

// keys gives the number of a row, and its region where it has one.
func (r rowRules) keys(row cells, number int) (text, region string) {
	if r.regionColumn >= 0 {
		region = row.at(r.regionColumn)
	}
	return row.at(number), region
}

// number reads the number of a row; own is the region that the row has for it. A reason says why the row is not valid; it holds
// nothing of the row.
func (r rowRules) number(text, own string) (phone.Number, phone.Region, phone.Kind, string) {
	region := r.region
	if own = strings.ToUpper(strings.TrimFunc(own, blank)); own != "" {
		if !r.regions[own] {
			return phone.Number{}, phone.Region{}, 0, "has a region that is no ISO 3166 code such as ZA"
		}
		region = own
	}
	n, where, kind, err := phone.ParseAndLocate(text, region)
	if r.unsure && errors.Is(err, phone.ErrNoRegion) {
		return phone.Number{}, phone.Region{}, 0, unjudged
	}
	if err != nil {
		return phone.Number{}, phone.Region{}, 0, err.Error()
	}
	if !slices.Contains(r.kinds, kind) {
		return phone.Number{}, phone.Region{}, 0, "is " + kindPhrases[kind] + ", and types takes " + r.takes()
	}
	return n, where, kind, ""
}

func (r rowRules) takes() string {
	var names []string
	for _, k := range r.kinds {
		if k != phone.Unknown || len(r.kinds) == 1 { // what the metadata cannot tell apart goes without saying
			names = append(names, k.String())
		}
	}
	return strings.Join(names, ", ")
}

var kindPhrases = map[phone.Kind]string{
	phone.Unknown:       "a number of unknown kind",
	phone.Mobile:        "a mobile number",
	phone.Fixed:         "a fixed line",
	phone.FixedOrMobile: "a fixed line or a mobile number",
	phone.TollFree:      "a toll-free number",
	phone.Premium:       "a premium-rate number",
	phone.Shared:        "a shared-cost number",
	phone.VoIP:          "an internet telephone",
	phone.Personal:      "a personal number",
	phone.Pager:         "a pager",
	phone.UAN:           "a company's universal number",
	phone.Voicemail:     "a voicemail access",
}

// cells are the cells of one row: raw from start, split at the ends.
type cells struct {
	raw   []byte
	start int
	ends  []uint32
}

func (c cells) at(i int) string {
	start := c.start
	if i > 0 {
		start = int(c.ends[i-1])
	}
	return string(c.raw[start:c.ends[i]])
}

func (c cells) strings() []string {
	s := make([]string, len(c.ends))
	for i := range s {
		s[i] = c.at(i)
	}
	return s
}

// blank reports whether r shows nothing: white space, and the zero-width characters that spreadsheets leave behind.
func blank(r rune) bool {
	return unicode.IsSpace(r) || r >= '\u200b' && r <= '\u200f' || r == '\u2060' || r == '\ufeff'
}
