package config

import (
	"encoding/json"
	"fmt"
	"math/big"
	"regexp"
	"strings"

	"github.com/zclconf/go-cty/cty"
)

// Money is an amount of a currency, or a price: a whole number of thousand-millionths, so that sums are exact however many
// terms they have. The zero Money is nothing.
type Money struct {
	units *big.Int // of 10^-9; nil is nought, and never a big.Int that is nought
}

// moneyDecimals is the number of decimals that a price may have.
const moneyDecimals = 9

func newMoney(units *big.Int) Money {
	if units.Sign() == 0 {
		return Money{}
	}
	return Money{units}
}

func (m Money) int() *big.Int {
	if m.units == nil {
		return new(big.Int)
	}
	return m.units
}

// Plus gives the sum.
func (m Money) Plus(o Money) Money { return newMoney(new(big.Int).Add(m.int(), o.int())) }

// Minus gives the difference.
func (m Money) Minus(o Money) Money { return newMoney(new(big.Int).Sub(m.int(), o.int())) }

// Times gives n times the amount.
func (m Money) Times(n int) Money {
	return newMoney(new(big.Int).Mul(m.int(), big.NewInt(int64(n))))
}

// Compare gives -1, 0 or 1 where m is less than o, the same, or more.
func (m Money) Compare(o Money) int { return m.int().Cmp(o.int()) }

// Equal reports whether m and o are the same amount.
func (m Money) Equal(o Money) bool { return m.Compare(o) == 0 }

// String gives the amount with a point and without decimals that are nought at the end: "741.4".
func (m Money) String() string {
	digits := new(big.Int).Abs(m.int()).String()
	if missing := moneyDecimals + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	at := len(digits) - moneyDecimals
	text := strings.TrimRight(strings.TrimRight(digits[:at]+"."+digits[at:], "0"), ".")
	if m.int().Sign() < 0 {
		text = "-" + text
	}
	return text
}

// MarshalJSON writes a number with all its decimals.
func (m Money) MarshalJSON() ([]byte, error) { return []byte(m.String()), nil }

var moneyLiteral = regexp.MustCompile(`^([0-9]{1,40})(?:\.([0-9]{1,9}))?$`)

// UnmarshalJSON reads what MarshalJSON writes.
func (m *Money) UnmarshalJSON(b []byte) error {
	parts := moneyLiteral.FindSubmatch(b)
	if parts == nil {
		return &json.UnmarshalTypeError{Value: "number", Type: nil}
	}
	decimals := string(parts[2])
	units, _ := new(big.Int).SetString(string(parts[1])+decimals+strings.Repeat("0", moneyDecimals-len(decimals)), 10)
	*m = newMoney(units)
	return nil
}

// value gives the amount as expressions have it.
func (m Money) value() cty.Value { return cty.MustParseNumberVal(m.String()) }

// moneyOf gives the amount that a number is. Numbers of expressions are binary, with so many digits that a decimal of at most
// nine is told from one of more.
func moneyOf(v cty.Value) (Money, error) {
	n := v.AsBigFloat()
	if n.Sign() < 0 || n.Cmp(big.NewFloat(largestMoney)) > 0 {
		return Money{}, fmt.Errorf("it is from 0 to %d", largestMoney)
	}
	scaled := new(big.Float).SetPrec(600).Mul(n, new(big.Float).SetInt64(1e9))
	units, _ := new(big.Float).SetPrec(600).Add(scaled, big.NewFloat(0.5)).Int(nil)
	off := new(big.Float).SetPrec(600).Sub(scaled, new(big.Float).SetPrec(600).SetInt(units))
	if off.Abs(off).Cmp(big.NewFloat(1e-20)) > 0 {
		return Money{}, fmt.Errorf("it has at most %d decimals: round it up, as in ceil(1000 * PRICE) / 1000", moneyDecimals)
	}
	return newMoney(units), nil
}
