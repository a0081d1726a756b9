package phone

import (
	"fmt"
	"math/rand/v2"
	"regexp/syntax"
	"strconv"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// speller makes up numbers as people write them, of every region and kind that the library knows, most of them valid.
type speller struct {
	random   *rand.Rand
	kinds    []speltKind
	regions  []string
	grammars map[string]*syntax.Regexp
}

// speltKind is one kind of number of one region.
type speltKind struct {
	region, code     string // the region is "" where the code belongs to none
	national         string // expression of the national numbers
	prefixes, abroad string // expressions of what is dialled before them
}

func newSpeller(seed uint64) *speller {
	s := &speller{random: rand.New(rand.NewPCG(seed, 7)), regions: Regions(), grammars: map[string]*syntax.Regexp{}}
	collection, err := phonenumbers.MetadataCollection()
	if err != nil {
		panic(err)
	}
	for _, m := range collection.GetMetadata() {
		k := speltKind{region: m.GetId(), code: strconv.Itoa(int(m.GetCountryCode())),
			prefixes: m.GetNationalPrefixForParsing(), abroad: m.GetInternationalPrefix()}
		if k.region == phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY {
			k.region = ""
		}
		for _, d := range descriptions(m) {
			if k.national = d.GetNationalNumberPattern(); k.national != "" && k.national != "NA" {
				s.kinds = append(s.kinds, k)
			}
		}
	}
	return s
}

// spell makes up a number, and the region in which it is dialled.
func (s *speller) spell() (text, region string) {
	k := s.kinds[s.random.IntN(len(s.kinds))]
	digits := []byte(s.sample(k.national))
	for s.random.IntN(6) == 0 && len(digits) > 1 { // a slip of the pen
		at, digit := s.random.IntN(len(digits)), '0'+byte(s.random.IntN(10))
		switch s.random.IntN(3) {
		case 0:
			digits[at] = digit
		case 1:
			digits = append(digits[:at], digits[at+1:]...)
		default:
			digits = append(digits[:at], append([]byte{digit}, digits[at:]...)...)
		}
	}
	if s.random.IntN(20) == 0 { // the telephone rang
		for range s.random.IntN(12) {
			digits = append(digits, '0'+byte(s.random.IntN(10)))
		}
	}
	national, region := string(digits), k.region
	if s.random.IntN(8) == 0 {
		region = s.regions[s.random.IntN(len(s.regions))]
	}
	switch s.random.IntN(12) {
	case 0, 1, 2:
		return s.punctuate(national), region
	case 3, 4:
		return s.punctuate(s.sample(k.prefixes) + national), region
	case 5:
		return s.punctuate("0" + national), region
	case 6:
		return s.punctuate(k.code + national), region
	case 7:
		return s.punctuate(s.sample(k.abroad) + k.code + national), region
	case 8:
		return s.punctuate("00" + k.code + national), ""
	case 9:
		return "+" + s.punctuate(k.code+s.sample(k.prefixes)+national), region
	case 10:
		return s.punctuate("+"+k.code) + "(0)" + s.punctuate(national), ""
	default:
		return "+" + s.punctuate(k.code+national), ""
	}
}

// sample gives digits that the expression matches.
func (s *speller) sample(expression string) string {
	grammar, ok := s.grammars[expression]
	if !ok {
		var err error
		if grammar, err = syntax.Parse(expression, syntax.Perl); err != nil {
			panic(err)
		}
		s.grammars[expression] = grammar
	}
	var b strings.Builder
	s.write(&b, grammar)
	return b.String()
}

func (s *speller) write(b *strings.Builder, e *syntax.Regexp) {
	times, of := 1, e.Sub
	switch e.Op {
	case syntax.OpLiteral:
		b.WriteString(string(e.Rune))
	case syntax.OpCharClass:
		pair := 2 * s.random.IntN(len(e.Rune)/2)
		b.WriteRune(e.Rune[pair] + rune(s.random.IntN(int(e.Rune[pair+1]-e.Rune[pair])+1)))
	case syntax.OpAlternate:
		of = of[s.random.IntN(len(of)):][:1]
	case syntax.OpQuest:
		times = s.random.IntN(2)
	case syntax.OpRepeat:
		times = e.Min + s.random.IntN(e.Max-e.Min+1)
	case syntax.OpCapture, syntax.OpConcat, syntax.OpEmptyMatch, syntax.OpEndText:
	default:
		panic(fmt.Sprint("no sample of ", e))
	}
	for range times {
		for _, sub := range of {
			s.write(b, sub)
		}
	}
}

// oddities are seldom found in numbers: what is written there is another alphabet, or not a number at all.
var oddities = []string{"x", "ext. 12", ",", "#", ";", "+", "\n", "\u00a0", "\u200b", "\u2011", "＋", "٣", "５", "e5", ".0", "/", "A", "\x00", "\xff", "∕", "*", "tel:"}

// punctuate puts between digits what people put there.
func (s *speller) punctuate(digits string) string {
	separators := []string{"", " ", "-", ".", "/", ") ", " ("}
	separator := separators[s.random.IntN(len(separators))]
	if s.random.IntN(2) == 0 {
		separator = ""
	}
	var b strings.Builder
	next := 2 + s.random.IntN(3)
	for i := range len(digits) {
		if next--; next == 0 {
			b.WriteString(separator)
			next = 2 + s.random.IntN(3)
		}
		if s.random.IntN(2000) == 0 {
			b.WriteString(oddities[s.random.IntN(len(oddities))])
		}
		b.WriteByte(digits[i])
	}
	return b.String()
}
