package phone

import (
	_ "embed"
	"strings"
)

// The files in the directory numbering are the numbering plans of libphonenumber's metadata (Apache License 2.0), compiled:
// every question that the library answers with a regular expression is an automaton here, which reads one digit a step. The
// program reads them where they are, and prepares nothing; TestTablesAreCompiledFromTheLibrary writes them, with -update, and
// fails where they are not the library's.
var (
	//go:embed numbering/nodes
	nodeTable string
	//go:embed numbering/plans
	planTable string
	//go:embed numbering/codes
	codeTable string // the plan of each country code, or of the first of its regions
	//go:embed numbering/regions
	regionTable string // the plan of each region, by its two letters
	//go:embed numbering/prefixes
	prefixTable string
	//go:embed numbering/layouts
	layoutTable string
	//go:embed numbering/zones
	zoneTable string // in lines: the node that zones begin with, and the names of zones, by what comes out
)

// node is a state of an automaton. Digits that lead nowhere end in node 0.
type node uint16

const nodeOctets = 24 // twelve words: the nodes that ten digits lead to, and what comes out before more digits, and at the end

func (n node) word(i int) uint16 {
	at := int(n)*nodeOctets + 2*i
	w := nodeTable[at : at+2]
	return uint16(w[0]) | uint16(w[1])<<8
}

func (n node) next(digit byte) node { return node(n.word(int(digit))) }

// walk gives the node that digits (0 to 9) lead to.
func (n node) walk(digits []byte) node {
	for _, d := range digits {
		if n = n.next(d); n == 0 {
			break
		}
	}
	return n
}

// before is what comes out where more digits follow, end where none do.
func (n node) before() uint16 { return n.word(10) }
func (n node) end() uint16    { return n.word(11) }

// plan is the numbering plan of a region, or of a country code that belongs to none; 0 is no plan.
type plan byte

const planOctets = 32

func (p plan) word(i int) uint16 {
	at := int(p)*planOctets + i
	return uint16(planTable[at]) | uint16(planTable[at+1])<<8
}

func (p plan) set(i int) uint32 { return uint32(p.word(i)) | uint32(p.word(i+2))<<16 }

// region is ZZ for a country code that belongs to none.
func (p plan) region() Region {
	at := int(p) * planOctets
	return Region{planTable[at], planTable[at+1]}
}

func (p plan) code() uint64             { return uint64(p.word(4)) }
func (p plan) general() node            { return node(p.word(6)) }  // 1 comes out of national numbers, whatever their length
func (p plan) prefixes() node           { return node(p.word(8)) }  // [prefix] before national numbers
func (p plan) abroad() node             { return node(p.word(10)) } // [prefix] before country codes
func (p plan) kinds() node              { return node(p.word(12)) } // of the country code: plan and [Kind] of a national number
func (p plan) layouts() node            { return node(p.word(14)) } // of the country code: the layout of a national number
func (p plan) lengths() uint32          { return p.set(16) }        // of national numbers, as bits
func (p plan) nearby() uint32           { return p.set(20) }        // of numbers that are dialled without the area code, as bits
func (p plan) whole(digits []byte) bool { return p.general().walk(digits).end() != 0 }

// planOf gives the plan of a region, 0 where there is no such region.
func planOf(region string) plan {
	if len(region) != 2 {
		return 0
	}
	a, b := region[0]-'A', region[1]-'A'
	if a > 25 || b > 25 {
		return 0
	}
	return plan(regionTable[int(a)*26+int(b)])
}

// planFor gives the plan of the country code that digits begin with, and the length of the code; 0 where there is no such code.
func planFor(digits []byte) (p plan, length int) {
	code := 0
	for i := range min(len(digits), 3) {
		code = code*10 + int(digits[i])
		if i == 0 && code == 0 {
			break
		}
		if p := plan(codeTable[code]); p != 0 {
			return p, i + 1
		}
	}
	return 0, 0
}

// placed reads what comes out of [plan.kinds].
func placed(out uint16) (Region, Kind) { return plan(out >> 4).region(), Kind(out & 15) }

// prefix says what to do with the digits that a number begins with: the first length of them go, but from from to to, and
// literal comes before.
type prefix struct {
	length, from, to int
	literal          string // digits, 0 to 9
}

const prefixOctets = 8

// prefixOf gives the prefix that digits begin with, as root prefers it.
func prefixOf(root node, digits []byte) (prefix, bool) {
	found, n := uint16(0), root
	for _, d := range digits {
		if out := n.before(); out != 0 {
			found = out
		}
		if n = n.next(d); n == 0 {
			break
		}
	}
	if out := n.end(); out != 0 {
		found = out
	}
	if found == 0 {
		return prefix{}, false
	}
	s := prefixTable[int(found)*prefixOctets:][:prefixOctets]
	return prefix{length: int(s[0]), from: int(s[1]), to: int(s[2]), literal: s[4 : 4+s[3]]}, true
}

const layoutOctets = 24

// layoutOf gives a layout, with # for each digit; "" for none.
func layoutOf(out uint16) string {
	return strings.TrimRight(layoutTable[int(out)*layoutOctets:][:layoutOctets], "\x00")
}
