package config

import (
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// coverLiterals covers, in place, what can be told without evaluation, so that it holds for files that do not parse:
// telephone numbers, the values of secret names, and all values in a gateway but those of arguments that are known to be
// harmless, because the name of a credential may be misspelt.
func (v *veil) coverLiterals(name string, src []byte) {
	tokens, _ := hclsyntax.LexConfig(slices.Clone(src), name, hcl.InitialPos)
	for i := 0; i < len(tokens); i++ {
		v.maskNumber(tokens[i], src)
		if label := string(tokens[i].Bytes); v.names[label] && assigned(tokens, i) {
			i = v.coverValue(label, tokens, i+1, src)
		} else if body, ok := gatewayBody(tokens, i); ok {
			i = v.coverGateway(tokens, body, src)
		}
	}
	if outOfStep(tokens) {
		v.coverLines(src)
	}
}

func (v *veil) maskNumber(token hclsyntax.Token, src []byte) {
	part := src[token.Range.Start.Byte:token.Range.End.Byte]
	if !v.showNumbers && (token.Type == hclsyntax.TokenQuotedLit || token.Type == hclsyntax.TokenNumberLit) && likeNumber(part) {
		maskDigits(part)
	}
}

// assigned reports whether a value follows token i, which is a name, quoted or not.
func assigned(tokens hclsyntax.Tokens, i int) bool {
	next := i + 1
	if typeAt(tokens, next) == hclsyntax.TokenCQuote {
		next++
	}
	return typeAt(tokens, next) == hclsyntax.TokenEqual || typeAt(tokens, next) == hclsyntax.TokenColon
}

// gatewayBody gives the token that opens the body of the gateway whose block or JSON property token i names.
func gatewayBody(tokens hclsyntax.Tokens, i int) (int, bool) {
	if string(tokens[i].Bytes) != "gateway" {
		return 0, false
	}
	for i++; i < len(tokens); i++ {
		switch tokens[i].Type {
		case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack:
			return i, true
		case hclsyntax.TokenIdent, hclsyntax.TokenOQuote, hclsyntax.TokenQuotedLit, hclsyntax.TokenCQuote, hclsyntax.TokenColon, hclsyntax.TokenNewline:
		default:
			return 0, false
		}
	}
	return 0, false
}

// coverGateway covers the body that token i opens, and gives its last token. A body that is not closed ends where the
// next block of a configuration begins.
func (v *veil) coverGateway(tokens hclsyntax.Tokens, i int, src []byte) int {
	depth := 0
	for ; i < len(tokens); i++ {
		token := tokens[i]
		name := string(token.Bytes)
		switch token.Type {
		case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack:
			depth++
		case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack:
			if depth--; depth == 0 {
				return i
			}
		case hclsyntax.TokenIdent:
			if _, block := root.blocks[name]; block && !assigned(tokens, i) {
				return i - 1
			}
			if typeAt(tokens, i+1) != hclsyntax.TokenOBrace {
				i = v.coverArgument(name, tokens, i+1, src) - 1
			}
		case hclsyntax.TokenQuotedLit:
			switch {
			case !assigned(tokens, i):
				cover(src[token.Range.Start.Byte:token.Range.End.Byte])
			case !nests(tokens, i+3): // past the quote and the colon
				i = v.coverArgument(name, tokens, i+1, src) - 1
			}
		case hclsyntax.TokenStringLit, hclsyntax.TokenNumberLit:
			cover(src[token.Range.Start.Byte:token.Range.End.Byte])
		}
	}
	return i
}

// nests reports whether a value of JSON from token i is a body, or a list of bodies.
func nests(tokens hclsyntax.Tokens, i int) bool {
	if typeAt(tokens, i) == hclsyntax.TokenOBrack {
		i++
	}
	return typeAt(tokens, i) == hclsyntax.TokenOBrace
}

// coverArgument covers the value of a gateway's argument, unless it is harmless, and gives the token behind it.
func (v *veil) coverArgument(name string, tokens hclsyntax.Tokens, i int, src []byte) int {
	end := valueEnd(tokens, i)
	value := tokens[i:end]
	if !v.harmless(name) || outOfStep(value) {
		return v.coverValue(name, tokens, i, src)
	}
	for _, token := range value {
		v.maskNumber(token, src)
	}
	return end
}

// harmless reports whether a gateway has an argument of that name and it holds no credential.
func (v *veil) harmless(name string) bool {
	if v.names[name] {
		return false
	}
	for _, kind := range root.blocks["gateway"].kinds {
		if slices.ContainsFunc(kind.arguments, func(a argument) bool { return a.name == name }) {
			return true
		}
	}
	return false
}

// valueEnd gives the token behind the value that begins at token i.
func valueEnd(tokens hclsyntax.Tokens, i int) int {
	depth := 0
	for ; i < len(tokens); i++ {
		switch tokens[i].Type {
		case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
			depth++
		case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenTemplateSeqEnd:
			if depth--; depth < 0 {
				return i
			}
		case hclsyntax.TokenNewline, hclsyntax.TokenComma:
			if depth == 0 {
				return i
			}
		case hclsyntax.TokenEOF:
			return i
		}
	}
	return i
}

// coverValue covers the literals of the value that begins at token i, and gives the token behind it. A name without
// quotes is covered too where it refers to nothing: somebody forgot the quotes. Under the names of secrets, literals
// become secrets, except where they may well stand for something else.
func (v *veil) coverValue(name string, tokens hclsyntax.Tokens, i int, src []byte) int {
	end := valueEnd(tokens, i)
	for ; i < end; i++ {
		token := tokens[i]
		part := src[token.Range.Start.Byte:token.Range.End.Byte]
		switch token.Type {
		case hclsyntax.TokenIdent:
			followed := slices.Contains([]hclsyntax.TokenType{hclsyntax.TokenDot, hclsyntax.TokenOParen, hclsyntax.TokenOBrack}, typeAt(tokens, i+1))
			if !followed && tokens[i-1].Type != hclsyntax.TokenDot && !slices.Contains([]string{"null", "true", "false"}, string(part)) {
				if v.names[name] {
					v.hideText(string(part))
				}
				cover(part)
			}
		case hclsyntax.TokenQuotedLit, hclsyntax.TokenStringLit:
			if declares(string(part)) {
				continue
			}
			if v.names[name] && name != "user" && name != "key" {
				v.hideText(strings.TrimSpace(string(part)))
			}
			cover(part)
		case hclsyntax.TokenNumberLit, hclsyntax.TokenInvalid, hclsyntax.TokenBadUTF8:
			cover(part)
		}
	}
	return end
}

// declares reports whether a literal is a word that variables are declared with. In JSON they stand in quotes below the
// variable's name, and hiding them would take them out of what every other diagnostic says.
func declares(word string) bool {
	named := func(a argument) bool { return a.name == word }
	return slices.Contains([]string{"string", "number", "bool", "any", "validation"}, word) ||
		slices.ContainsFunc(variableBlock.arguments, named) || slices.ContainsFunc(variableBlock.blocks["validation"].arguments, named)
}

// outOfStep reports whether a quote was left open, so that from some place on literals and what is between them are
// taken for each other.
func outOfStep(tokens hclsyntax.Tokens) bool {
	heredocs := 0
	for i, token := range tokens {
		switch token.Type {
		case hclsyntax.TokenQuotedNewline:
			return true
		case hclsyntax.TokenOHeredoc:
			heredocs++
		case hclsyntax.TokenCHeredoc:
			heredocs--
		case hclsyntax.TokenCQuote:
			if next := typeAt(tokens, i+1); next == hclsyntax.TokenIdent || next == hclsyntax.TokenNumberLit {
				return true
			}
		}
	}
	return heredocs != 0
}

// lineHead is how a line begins that holds an argument or a block.
var lineHead = regexp.MustCompile(`(?m)^[ \t]*"?([\pL_][\pL\pN_-]*)"?[ \t]*([=:]?)[ \t]*(.*)$`)

// coverLines covers what coverLiterals does, line by line, where the tokens cannot be trusted.
func (v *veil) coverLines(src []byte) {
	gateway := false
	for _, at := range lineHead.FindAllSubmatchIndex(slices.Clone(src), -1) {
		name, sign, value := string(src[at[2]:at[3]]), at[4] < at[5], src[at[6]:at[7]]
		if _, block := root.blocks[name]; block && !sign {
			gateway = name == "gateway"
			continue
		}
		if v.names[name] && sign || gateway && !v.harmless(name) {
			cover(value)
		}
	}
}

// typeAt gives the type of token i, TokenNil behind the last.
func typeAt(tokens hclsyntax.Tokens, i int) hclsyntax.TokenType {
	if i >= len(tokens) {
		return hclsyntax.TokenNil
	}
	return tokens[i].Type
}
