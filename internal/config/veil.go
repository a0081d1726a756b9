package config

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// veil covers what diagnostics must not show: credentials, values marked sensitive or ephemeral, telephone numbers, and
// control characters that a terminal would obey. Source keeps its length, so that ranges stay true.
type veil struct {
	names       map[string]bool // attributes whose value is secret
	spans       []hcl.Range     // expressions whose value is secret
	secrets     []string        // values that are secret wherever they stand
	showNumbers bool
}

// secretArguments are the arguments whose value is covered whatever it is: a file with a syntax error has no values yet.
var secretArguments = []string{"user", "password", "key"}

// shortestSecret is the length from which a secret is looked for in prose; shorter ones would cover innocent words.
const shortestSecret = 5

func newVeil(showNumbers bool) *veil {
	v := &veil{names: make(map[string]bool), showNumbers: showNumbers}
	for _, name := range secretArguments {
		v.names[name] = true
	}
	return v
}

// hide makes every string in a value a secret.
func (v *veil) hide(val cty.Value) {
	_ = cty.Walk(plain(val), func(_ cty.Path, part cty.Value) (bool, error) {
		if part.Type() == cty.String && part.IsKnown() && !part.IsNull() {
			v.hideText(part.AsString())
		}
		return true, nil
	})
}

func (v *veil) hideText(s string) {
	if len(s) >= shortestSecret && !slices.Contains(v.secrets, s) {
		v.secrets = append(v.secrets, s)
		slices.SortStableFunc(v.secrets, func(a, b string) int { return len(b) - len(a) })
	}
}

var quotedNumber = regexp.MustCompile(`"\+?[0-9][0-9 ().\-/]{5,}[0-9]"`)

// text gives the prose of a diagnostic.
func (v *veil) text(s string) string {
	for _, secret := range v.secrets {
		s = strings.ReplaceAll(s, secret, "(sensitive value)")
	}
	if !v.showNumbers {
		s = quotedNumber.ReplaceAllStringFunc(s, func(number string) string { return string(maskDigits([]byte(number))) })
	}
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = visible(line)
	}
	return strings.Join(lines, "\n")
}

// file gives a source file as it may be shown.
func (v *veil) file(name string, file *hcl.File) *hcl.File {
	src := slices.Clone(file.Bytes)
	v.coverTokens(name, src)
	for _, at := range v.spans {
		if at.Filename == name && at.CanSliceBytes(src) {
			cover(at.SliceBytes(src))
		}
	}
	for _, secret := range v.secrets {
		for at := 0; ; {
			n := bytes.Index(src[at:], []byte(secret))
			if n < 0 {
				break
			}
			cover(src[at+n : at+n+len(secret)])
			at += n + len(secret)
		}
	}
	disarm(src)
	shown := &hcl.File{Bytes: src}
	if nav, ok := file.Nav.(contexter); ok {
		shown.Nav = visibleContext{nav}
	}
	return shown
}

// coverTokens covers what can be told from the tokens alone, so that it holds for files that do not parse.
func (v *veil) coverTokens(name string, src []byte) {
	tokens, _ := hclsyntax.LexConfig(slices.Clone(src), name, hcl.InitialPos)
	for i := 0; i < len(tokens); i++ {
		token := tokens[i]
		part := src[token.Range.Start.Byte:token.Range.End.Byte]
		switch {
		case !v.showNumbers && (token.Type == hclsyntax.TokenQuotedLit || token.Type == hclsyntax.TokenNumberLit) && likeNumber(part):
			maskDigits(part)
		case v.names[string(token.Bytes)] && assigned(tokens, i):
			i = v.coverValue(string(token.Bytes), tokens, i+1, src)
		}
	}
}

// assigned reports whether a value follows token i, which is a name, quoted or not.
func assigned(tokens hclsyntax.Tokens, i int) bool {
	next := i + 1
	if next < len(tokens) && tokens[next].Type == hclsyntax.TokenCQuote {
		next++
	}
	return next < len(tokens) && (tokens[next].Type == hclsyntax.TokenEqual || tokens[next].Type == hclsyntax.TokenColon)
}

// coverValue covers the literals from token i to the end of the value, and gives its last token. A name without quotes is
// covered too where it refers to nothing: somebody forgot the quotes. Literals become secrets, except under names that
// may well stand for something else.
func (v *veil) coverValue(name string, tokens hclsyntax.Tokens, i int, src []byte) int {
	depth := 0
	for ; i < len(tokens); i++ {
		token := tokens[i]
		part := src[token.Range.Start.Byte:token.Range.End.Byte]
		switch token.Type {
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
		case hclsyntax.TokenIdent:
			followed := i+1 < len(tokens) && slices.Contains([]hclsyntax.TokenType{hclsyntax.TokenDot, hclsyntax.TokenOParen, hclsyntax.TokenOBrack}, tokens[i+1].Type)
			if !followed && tokens[i-1].Type != hclsyntax.TokenDot && !slices.Contains([]string{"null", "true", "false"}, string(part)) {
				v.hideText(string(part))
				cover(part)
			}
		case hclsyntax.TokenQuotedLit, hclsyntax.TokenStringLit:
			if name != "user" && name != "key" {
				v.hideText(strings.TrimSpace(string(part)))
			}
			cover(part)
		case hclsyntax.TokenNumberLit, hclsyntax.TokenInvalid, hclsyntax.TokenBadUTF8:
			cover(part)
		}
	}
	return i
}

// cover replaces every visible byte.
func cover(part []byte) {
	for i, b := range part {
		if b != '\n' && b != '\r' {
			part[i] = '*'
		}
	}
}

// likeNumber reports whether a literal could be a telephone number.
func likeNumber(part []byte) bool {
	digits := 0
	for _, b := range part {
		switch {
		case '0' <= b && b <= '9':
			digits++
		case !bytes.ContainsRune([]byte(" +().-/"), rune(b)):
			return false
		}
	}
	return digits >= 7
}

// maskDigits replaces, in place, every digit but the first three.
func maskDigits(part []byte) []byte {
	seen := 0
	for i, b := range part {
		if '0' <= b && b <= '9' {
			if seen++; seen > 3 {
				part[i] = '*'
			}
		}
	}
	return part
}

// disarm replaces, in place, what a terminal would obey: control characters, marks that change the direction of writing,
// and bytes that are not UTF-8. What replaces them has as many bytes.
func disarm(src []byte) {
	for i := 0; i < len(src); {
		r, n := utf8.DecodeRune(src[i:])
		switch {
		case r == '\n', r == '\t', r == '\r' && i+1 < len(src) && src[i+1] == '\n':
		case r == utf8.RuneError && n == 1, visible(string(r)) != string(r):
			copy(src[i:i+n], []string{"?", "\u00b7", "\ufffd", "????"}[n-1])
		}
		i += n
	}
}

// contexter is what the files of HCL say about the block around an offset.
type contexter interface {
	ContextString(offset int) string
}

// visibleContext shows the labels of blocks harmlessly.
type visibleContext struct{ contexter }

func (v visibleContext) ContextString(offset int) string {
	return visible(v.contexter.ContextString(offset))
}
