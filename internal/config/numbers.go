package config

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// largestExponent is that of the largest number that a literal may be, with ten as its base. cty takes any, and then writes all of its
// digits out: a short word would take hours.
const largestExponent = 308

// outOfRange reports the first number in a source that is too large or too small to work with.
func outOfRange(src []byte, shown string) *hcl.Diagnostic {
	if !bytes.ContainsAny(src, "eE") {
		return nil
	}
	tokens, _ := hclsyntax.LexConfig(slices.Clone(src), shown, hcl.InitialPos)
	for _, token := range tokens {
		if token.Type != hclsyntax.TokenNumberLit {
			continue
		}
		_, exponent, scientific := bytes.Cut(bytes.ToLower(token.Bytes), []byte("e"))
		n, err := strconv.Atoi(string(exponent))
		if scientific && (err != nil || n > largestExponent || n < -largestExponent) {
			return fault(token.Range, "Number out of range", fmt.Sprintf("The exponent of a number is at most %d, and at least -%[1]d.", largestExponent))
		}
	}
	return nil
}
