package phone

// dialled is what somebody would dial to call a number: digits (0 to 9), perhaps behind "+".
type dialled struct {
	plus   bool
	length int
	digit  [maxDialled]byte
}

func (d *dialled) digits() []byte { return d.digit[:d.length] }

// fault is why digits are no number.
type fault uint8

const (
	faultless  fault = iota
	noNumber         // too few digits to look at
	noCountry        // a country code that nobody has
	tooShort         // before anything is known of the country
	tooLong          // for every country
	notInPlan        // not valid where it belongs
	noMessages       // of a length that E.164 has not
)

const (
	leastNational = 2
	mostNational  = 17 // E.164 leaves room for 14, and Germany takes more
)

// called is what [dialled.call] finds out.
type called struct {
	plan     plan // of the country code
	national int  // digits of the national number
	number   Number
	out      uint16 // of [plan.kinds]
	fault    fault
}

// call gives the number that d calls from home, which is 0 for no region. The rules are libphonenumber's, step by step; its
// names for the steps stand beside them.
func (d *dialled) call(home plan) called {
	digits := d.digits()
	if len(digits) < leastNational || d.plus && len(digits) <= leastNational { // isViablePhoneNumber
		return called{fault: noNumber}
	}

	// maybeExtractCountryCode. "from" is whose prefix may stand before the national number, "of" whose country code it is.
	var room [2][maxDialled + 2*prefixOctets]byte
	var from, of plan
	length := 0
	if d.plus {
		of, length = planFor(digits)
	}
	if of == 0 {
		if home == 0 {
			return called{fault: noCountry}
		}
		p, ok := prefixOf(home.abroad(), digits)
		if ok && p.length < len(digits) && digits[p.length] == 0 {
			ok = false // no country code begins with 0
		}
		switch {
		case ok:
			if digits = digits[p.length:]; len(digits) <= leastNational {
				return called{fault: tooShort}
			}
			if of, length = planFor(digits); of == 0 {
				return called{fault: noCountry}
			}
		case d.plus:
			return called{fault: noCountry}
		}
	}
	if of != 0 {
		from, digits = of, digits[length:]
	} else {
		from, of = home, plan(codeTable[home.code()])
		if rest, ok := home.withoutCode(digits, room[0][:0]); ok {
			from, digits = of, rest
		}
	}

	// parseHelper, from there on
	if len(digits) < leastNational {
		return called{fault: tooShort}
	}
	rest := from.withoutPrefix(digits, room[1][:0])
	if fits := from.length(len(rest)); fits == possible || fits == aboveAll {
		digits = rest
	}
	if len(digits) < leastNational {
		return called{fault: tooShort}
	}
	if len(digits) > mostNational {
		return called{fault: tooLong}
	}

	n, v := of.kinds(), of.code()
	for _, digit := range digits {
		n, v = n.next(digit), v*10+uint64(digit)
	}
	c := called{plan: of, national: len(digits), out: n.end()}
	if Kind(c.out&15) == Unknown {
		c.fault = notInPlan
		return c
	}
	if v < powers[minDigits-1] || v >= powers[maxDigits] || len(digits) > maxDigits {
		c.fault = noMessages
		return c
	}
	c.number = pack(v)
	return c
}

// withoutCode takes the country code of p away where what is left makes a better number, which it appends to room.
func (p plan) withoutCode(digits, room []byte) ([]byte, bool) {
	q, length := planFor(digits)
	if q.code() != p.code() {
		return nil, false
	}
	rest := p.withoutPrefix(digits[length:], room)
	return rest, !p.whole(digits) && p.whole(rest) || p.length(len(digits)) == aboveAll
}

// withoutPrefix takes the national prefix away, unless that leaves less of a number; digits that others take its place are
// appended to room (maybeStripNationalPrefixAndCarrierCode).
func (p plan) withoutPrefix(digits, room []byte) []byte {
	if len(digits) == 0 {
		return digits
	}
	x, ok := prefixOf(p.prefixes(), digits)
	if !ok {
		return digits
	}
	rest := digits[x.length:]
	if x.to > x.from || x.literal != "" {
		room = append(room, x.literal...)
		room = append(room, digits[x.from:x.to]...)
		rest = append(room, rest...)
	}
	if p.whole(digits) && !p.whole(rest) {
		return digits
	}
	return rest
}

// fit is how a length suits a numbering plan.
type fit uint8

const (
	possible fit = iota
	belowAll     // shorter than every number
	aboveAll     // longer than every number
	between      // of a length that no number has
	partly       // without the area code
)

// length says how national numbers of that length suit p (testNumberLength).
func (p plan) length(digits int) fit {
	lengths, bit := p.lengths(), uint32(1)<<digits
	switch {
	case p.nearby()&bit != 0:
		return partly
	case lengths&bit != 0:
		return possible
	case lengths&(bit-1) == 0:
		return belowAll
	case lengths < bit:
		return aboveAll
	}
	return between
}
