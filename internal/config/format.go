package config

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
)

// Format gives the canonical layout of a file's source: spacing as HCL has it, block labels in quotes, and no template
// around a single value. A file that does not parse, or whose numbers would become others ("6 .2"), is left as it is, and
// the diagnostics say why. Formatting twice changes nothing more.
func Format(src []byte, filename string) ([]byte, Diagnostics) {
	if diag := notText(src, filename); diag != nil {
		return src, newDiagnostics(hcl.Diagnostics{diag}, nil, newVeil(false))
	}
	// hclwrite takes more than the parser does; what does not parse must not be rewritten.
	syntax, diags := hclsyntax.ParseConfig(src, filename, hcl.InitialPos)
	if diags.HasErrors() {
		return src, unlaid(diags, filename, syntax)
	}
	file, diags := hclwrite.ParseConfig(src, filename, hcl.InitialPos)
	if diags.HasErrors() {
		return src, unlaid(diags, filename, syntax)
	}
	if diag := loosePoint(src, filename); diag != nil {
		return src, unlaid(hcl.Diagnostics{diag}, filename, syntax)
	}
	formatBody(file.Body(), syntax.Body.(*hclsyntax.Body))
	laid := file.Bytes()
	if comments(laid) < comments(src) {
		// hclwrite loses comments between a block's labels. Then only the spacing is changed.
		laid = src
	}
	return hclwrite.Format(laid), Diagnostics{}
}

// loosePoint reports the first point behind a number that has space beside it. The layout takes that space away, and may make one
// number of what was two: "6 .2" is an attribute of a number, and 6.2 is a value; in "a.0 .e5" there is an index, in a.0.e5 there is none.
func loosePoint(src []byte, filename string) *hcl.Diagnostic {
	tokens, _ := hclsyntax.LexConfig(slices.Clone(src), filename, hcl.InitialPos)
	for i := 2; i < len(tokens); i++ {
		before, point, after := tokens[i-2], tokens[i-1], tokens[i]
		apart := before.Range.End.Byte < point.Range.Start.Byte || after.Type != hclsyntax.TokenComment && point.Range.End.Byte < after.Range.Start.Byte
		if apart && before.Type == hclsyntax.TokenNumberLit && point.Type == hclsyntax.TokenDot {
			return fault(hcl.RangeBetween(before.Range, after.Range), "Space within a number",
				"Without the space this would be another number. Write a number without it, and an index in brackets: a[6][2].")
		}
	}
	return nil
}

// comments counts the comments of a source.
func comments(src []byte) (n int) {
	tokens, _ := hclsyntax.LexConfig(src, "", hcl.InitialPos)
	for _, token := range tokens {
		if token.Type == hclsyntax.TokenComment {
			n++
		}
	}
	return n
}

// unlaid gives the diagnostics of a file that is left as it is. Without the configuration nobody knows which variables are
// sensitive, so of a file that may have their values no line is shown.
func unlaid(diags hcl.Diagnostics, filename string, syntax *hcl.File) Diagnostics {
	v := newVeil(false)
	files := map[string]*hcl.File{}
	if strings.HasSuffix(filename, ".sms.hcl") {
		files[filename] = v.file(filename, syntax)
	}
	return newDiagnostics(few(diags), files, v)
}

// Laid are the names of the files that have a canonical layout.
const Laid = "*.sms.hcl, *.smsvars.hcl, *.smstest.hcl"

// Lays reports whether a file of that name is one of them.
func Lays(name string) bool {
	return slices.ContainsFunc(strings.Split(Laid, ", "), func(pattern string) bool { return strings.HasSuffix(name, pattern[1:]) })
}

// formatBody lays out a body. syntax is the same one as the parser has it.
func formatBody(body *hclwrite.Body, syntax *hclsyntax.Body) {
	for name, attr := range body.Attributes() {
		tokens := attr.Expr().BuildTokens(nil)
		if inner, ok := unwrapped(tokens); ok {
			body.SetAttributeRaw(name, inner)
		}
	}
	for i, block := range body.Blocks() {
		if bareLabels(block) {
			// Setting the labels puts them in quotes. hclwrite loses some of them where it reads them itself: "5$ each".
			block.SetLabels(syntax.Blocks[i].Labels)
		}
		formatBody(block.Body(), syntax.Blocks[i].Body)
	}
}

// bareLabels reports whether a label of the block stands without quotes.
func bareLabels(block *hclwrite.Block) bool {
	names := 0
	for _, token := range block.BuildTokens(nil) {
		switch token.Type {
		case hclsyntax.TokenIdent:
			names++ // the first is the block's type
		case hclsyntax.TokenOBrace:
			return names > 1
		}
	}
	return false
}

// unwrapped gives what is in a template that is nothing but one interpolation: "${x}".
func unwrapped(tokens hclwrite.Tokens) (hclwrite.Tokens, bool) {
	n := len(tokens)
	if n < 5 || tokens[0].Type != hclsyntax.TokenOQuote || tokens[n-1].Type != hclsyntax.TokenCQuote ||
		tokens[1].Type != hclsyntax.TokenTemplateInterp || tokens[n-2].Type != hclsyntax.TokenTemplateSeqEnd {
		return nil, false
	}
	inner := tokens[2 : n-2]
	depth := 0
	for _, token := range inner {
		switch token.Type {
		case hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
			depth++
		case hclsyntax.TokenTemplateSeqEnd:
			depth--
		case hclsyntax.TokenNewline:
			// Outside a template it would end the argument.
			return nil, false
		}
		if depth < 0 {
			return nil, false
		}
	}
	// ${~ x ~} strips nothing here, but its marks are part of the tokens that are dropped.
	return inner, true
}
