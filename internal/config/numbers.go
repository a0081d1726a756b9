package config

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// largestExponent is that of the largest number that a literal may be, with ten as its base. cty takes any, and then writes all of its
// digits out: a short word would take hours.
const largestExponent = 308

// mostDeep is how deep expressions and blocks may nest, each operator of a chain counted as a level: parsing and evaluating goes as deep.
const mostDeep = 4000

// unworkable reports what in a source cannot be worked with: the first number that is too large or too small, and nesting that is too deep.
func unworkable(src []byte, shown string) *hcl.Diagnostic {
	if strings.HasSuffix(shown, ".json") {
		if at := deepJSON(src); at >= 0 {
			line := 1 + bytes.Count(src[:at], []byte("\n"))
			return tooDeep(hcl.Range{Filename: shown, Start: hcl.Pos{Line: line, Column: 1, Byte: at}, End: hcl.Pos{Line: line, Column: 1, Byte: at}})
		}
	}
	if !strings.HasSuffix(shown, ".json") && workable(src) {
		return nil
	}
	return unworkableTokens(src, shown)
}

// unworkableTokens is [unworkable] for what [workable] cannot vouch for.
func unworkableTokens(src []byte, shown string) *hcl.Diagnostic {
	tokens, _ := hclsyntax.LexConfig(slices.Clone(src), shown, hcl.InitialPos)
	if strings.HasSuffix(shown, ".json") {
		return outOfRange(tokens) // how its strings nest is seen when they are read as templates
	}
	return cmp.Or(outOfRange(tokens), deepTokens(tokens))
}

// unworkableTemplate reports what in a template cannot be worked with.
func unworkableTemplate(src []byte, shown string) *hcl.Diagnostic {
	tokens, _ := hclsyntax.LexTemplate(slices.Clone(src), shown, hcl.InitialPos)
	return cmp.Or(outOfRange(tokens), deepTokens(tokens))
}

func outOfRange(tokens hclsyntax.Tokens) *hcl.Diagnostic {
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

func tooDeep(at hcl.Range) *hcl.Diagnostic {
	return fault(at, "Nested too deep", fmt.Sprintf("Expressions and blocks nest at most %d deep, operators that follow each other included. Give parts of it names in a locals block.", mostDeep))
}

// deepJSON gives where JSON nests too deep, -1 where it does not.
func deepJSON(src []byte) int {
	depth, text := 0, false
	for i := 0; i < len(src); i++ {
		switch c := src[i]; {
		case text && c == '\\':
			i++
		case c == '"':
			text = !text
		case text:
		case c == '{' || c == '[':
			if depth++; depth > mostDeep {
				return i
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return -1
}

// deepTokens reports where tokens nest too deep.
func deepTokens(tokens hclsyntax.Tokens) *hcl.Diagnostic {
	type level struct {
		opener hclsyntax.TokenType
		chain  int // operators so far
	}
	levels := []level{{opener: hclsyntax.TokenOBrace}}
	depth := 0
	for _, token := range tokens {
		top := &levels[len(levels)-1]
		switch token.Type {
		case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenOQuote, hclsyntax.TokenOHeredoc, hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
			levels = append(levels, level{opener: token.Type})
			depth++
		case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenCQuote, hclsyntax.TokenCHeredoc, hclsyntax.TokenTemplateSeqEnd:
			if len(levels) == 1 {
				continue
			}
			depth -= 1 + top.chain
			opener := top.opener
			levels = levels[:len(levels)-1]
			if opener == hclsyntax.TokenTemplateControl || opener == hclsyntax.TokenOBrack {
				levels[len(levels)-1].chain++ // an index of what is before it, or a directive that another may be within
				depth++
			}
		case hclsyntax.TokenComma:
			depth -= top.chain
			top.chain = 0
		case hclsyntax.TokenNewline, hclsyntax.TokenComment:
			// The comment to the end of a line has the end too.
			if top.opener == hclsyntax.TokenOBrace && bytes.HasSuffix(token.Bytes, []byte("\n")) {
				depth -= top.chain
				top.chain = 0
			}
		case hclsyntax.TokenPlus, hclsyntax.TokenMinus, hclsyntax.TokenStar, hclsyntax.TokenSlash, hclsyntax.TokenPercent, hclsyntax.TokenBang, hclsyntax.TokenAnd, hclsyntax.TokenOr,
			hclsyntax.TokenEqualOp, hclsyntax.TokenNotEqual, hclsyntax.TokenLessThan, hclsyntax.TokenLessThanEq, hclsyntax.TokenGreaterThan, hclsyntax.TokenGreaterThanEq, hclsyntax.TokenQuestion:
			top.chain++
			depth++
		}
		if depth > mostDeep {
			return tooDeep(token.Range)
		}
	}
	return nil
}
