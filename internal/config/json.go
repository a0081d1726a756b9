package config

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// nativeBody gives a body of JSON, of type t, as one of the native syntax, so that the whole language is read in one way whatever it is
// written in. at is where the body is.
func (t blockType) nativeBody(b hcl.Body, at hcl.Range) (*hclsyntax.Body, hcl.Diagnostics) {
	schema := t.schema()
	for i := range schema.Attributes {
		schema.Attributes[i].Required = false
	}
	content, rest, diags := b.PartialContent(schema)
	end := content.MissingItemRange
	native := &hclsyntax.Body{Attributes: hclsyntax.Attributes{}, SrcRange: hcl.RangeBetween(at, end), EndRange: end}

	// What the schema does not know is kept, and found to be unknown where the body is read. An array of objects hides it.
	unknown, more := rest.JustAttributes()
	if more.HasErrors() {
		_, more = b.Content(schema)
	}
	for _, diag := range more {
		if !slices.ContainsFunc(diags, func(d *hcl.Diagnostic) bool { return d.Error() == diag.Error() }) {
			diags = append(diags, diag)
		}
	}
	for _, attrs := range []hcl.Attributes{content.Attributes, unknown} {
		for name, attr := range attrs {
			if _, fields := hcl.ExprMap(attr.Expr); !fields.HasErrors() && t.free == "" && unknown[name] != nil {
				native.Blocks = append(native.Blocks, &hclsyntax.Block{Type: name, TypeRange: attr.NameRange, Body: &hclsyntax.Body{SrcRange: attr.Range}})
				continue
			}
			expr, faults := nativeExpression(attr.Expr)
			diags = append(diags, faults...)
			native.Attributes[name] = &hclsyntax.Attribute{Name: name, Expr: expr, SrcRange: attr.Range, NameRange: attr.NameRange, EqualsRange: attr.NameRange}
		}
	}
	for i, block := range content.Blocks {
		head := block.TypeRange
		switch {
		case len(block.LabelRanges) > 0:
			head = block.LabelRanges[len(block.LabelRanges)-1]
		case i > 0 && content.Blocks[i-1].TypeRange == block.TypeRange || i+1 < len(content.Blocks) && content.Blocks[i+1].TypeRange == block.TypeRange:
			head = block.Body.MissingItemRange() // one of a list
		}
		body, faults := t.nested(block).nativeBody(block.Body, head)
		diags = append(diags, faults...)
		native.Blocks = append(native.Blocks, &hclsyntax.Block{Type: block.Type, Labels: block.Labels, LabelRanges: block.LabelRanges, Body: body,
			TypeRange: head, OpenBraceRange: head, CloseBraceRange: body.EndRange})
	}
	return native, diags
}

// nested gives the type of a block in a body of type t; of one that does not belong there it is empty.
func (t blockType) nested(block *hcl.Block) blockType {
	if block.Type == dynamicType {
		return dynamicBlock(t.blocks[block.Labels[0]])
	}
	of := t.blocks[block.Type]
	if len(of.kinds) > 0 {
		return of.kinds[block.Labels[0]]
	}
	return of
}

// jsonExpression is an expression of JSON, in which strings are templates. Where a string means something else, an address or a type, it is
// read as it is written.
type jsonExpression struct {
	hclsyntax.Expression // what it means in the native syntax
	written              hcl.Expression
	faults               hcl.Diagnostics // of the template
}

// nativeExpression reads an expression of JSON.
func nativeExpression(written hcl.Expression) (*jsonExpression, hcl.Diagnostics) {
	e := &jsonExpression{written: written}
	at := written.Range()
	var inner hclsyntax.Expression
	var diags hcl.Diagnostics
	if list, faults := hcl.ExprList(written); !faults.HasErrors() {
		tuple := &hclsyntax.TupleConsExpr{SrcRange: at, OpenRange: written.StartRange()}
		for _, element := range list {
			each, more := nativeExpression(element)
			diags = append(diags, more...)
			tuple.Exprs = append(tuple.Exprs, each)
		}
		inner = tuple
	} else if pairs, faults := hcl.ExprMap(written); !faults.HasErrors() {
		object := &hclsyntax.ObjectConsExpr{SrcRange: at, OpenRange: written.StartRange()}
		seen := make(map[string]hcl.Range)
		for _, pair := range pairs {
			key, _ := nativeExpression(pair.Key)
			value, more := nativeExpression(pair.Value)
			diags = append(diags, more...)
			if name, _ := pair.Key.Value(nil); name.Type() == cty.String {
				if first, twice := seen[name.AsString()]; twice {
					diags = append(diags, fault(pair.Key.Range(), "Duplicate object attribute", fmt.Sprintf("There is already an attribute %s, on line %d.", quoted(name.AsString()), first.Start.Line)))
				}
				seen[name.AsString()] = pair.Key.Range()
			}
			object.Items = append(object.Items, hclsyntax.ObjectConsItem{KeyExpr: key, ValueExpr: value})
		}
		inner = object
	} else {
		literal, _ := written.Value(nil)
		inner = &hclsyntax.LiteralValueExpr{Val: literal, SrcRange: at}
		if literal.Type() == cty.String && !literal.IsNull() && literal.IsKnown() {
			inner, e.faults = nativeTemplate(literal.AsString(), at)
		}
	}
	// In parentheses, what is inside is seen by whoever walks the expression.
	e.Expression = &hclsyntax.ParenthesesExpr{Expression: inner, SrcRange: at}
	return e, diags
}

// nativeTemplate parses a string as a template. Places in it are right as far as nothing before them is escaped.
func nativeTemplate(text string, at hcl.Range) (hclsyntax.Expression, hcl.Diagnostics) {
	start := at.Start
	start.Byte, start.Column = start.Byte+1, start.Column+1 // the quote
	if len(text) > mostDeep {
		tokens, _ := hclsyntax.LexTemplate([]byte(text), at.Filename, start)
		if diag := deepTokens(tokens); diag != nil {
			diag.Subject = &at
			return &hclsyntax.LiteralValueExpr{Val: cty.DynamicVal, SrcRange: at}, hcl.Diagnostics{diag}
		}
	}
	template, faults := hclsyntax.ParseTemplate([]byte(text), at.Filename, start)
	if faults.HasErrors() {
		return &hclsyntax.LiteralValueExpr{Val: cty.DynamicVal, SrcRange: at}, faults
	}
	return template, nil
}

// Value evaluates the expression; without a context strings are what they are.
func (e *jsonExpression) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	if ctx == nil {
		return e.written.Value(nil)
	}
	if e.faults.HasErrors() {
		return cty.DynamicVal, e.faults
	}
	return e.Expression.Value(ctx)
}

// Range is that of what is written, with the quotes.
func (e *jsonExpression) Range() hcl.Range { return e.written.Range() }

// StartRange is the first of what is written.
func (e *jsonExpression) StartRange() hcl.Range { return e.written.StartRange() }

// AsTraversal reads a string as an address.
func (e *jsonExpression) AsTraversal() hcl.Traversal {
	t, _ := hcl.AbsTraversalForExpr(e.written)
	return t
}

// ExprCall reads a string as a call.
func (e *jsonExpression) ExprCall() *hcl.StaticCall {
	call, _ := hcl.ExprCall(e.written)
	return call
}

// ExprList gives the elements of an array.
func (e *jsonExpression) ExprList() []hcl.Expression {
	tuple, ok := e.native().(*hclsyntax.TupleConsExpr)
	if !ok {
		return nil
	}
	list := make([]hcl.Expression, len(tuple.Exprs))
	for i, each := range tuple.Exprs {
		list[i] = each
	}
	return list
}

// ExprMap gives the members of an object.
func (e *jsonExpression) ExprMap() []hcl.KeyValuePair {
	pairs, _ := hcl.ExprMap(e.written)
	return pairs
}

// isJSON reports whether an expression is one of JSON, where everything that is a word or an address stands in quotes.
func isJSON(expr hcl.Expression) bool {
	_, written := expr.(*jsonExpression)
	return written
}

// native gives the expression without what belongs to JSON.
func (e *jsonExpression) native() hclsyntax.Expression {
	return e.Expression.(*hclsyntax.ParenthesesExpr).Expression
}

// nativeSource gives an expression of JSON as the native syntax would have it: what is in "${...}", or a template.
func nativeSource(src string) string {
	var text string
	if json.Unmarshal([]byte(src), &text) != nil {
		return src
	}
	if inner, ok := strings.CutPrefix(text, "${"); ok && strings.HasSuffix(inner, "}") {
		if _, faults := hclsyntax.ParseExpression([]byte(inner[:len(inner)-1]), "", hcl.InitialPos); !faults.HasErrors() {
			return inner[:len(inner)-1]
		}
	}
	return `"` + text + `"`
}
