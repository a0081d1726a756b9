package config

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// dynamicType is the type of blocks that stand for any number of others.
const dynamicType = "dynamic"

// mostDynamic is how many blocks one dynamic block may stand for.
const mostDynamic = 1000

// dynamicBlock is the type of a block that stands for blocks of type t.
func dynamicBlock(t blockType) blockType {
	return blockType{
		about: "Any number of blocks of one type.",
		arguments: []argument{
			{name: "for_each", takes: takesEach, required: true, about: "one block for each element"},
			{name: "iterator", takes: takes{name: "name", constraint: cty.String, written: true}, without: "the type of the blocks", about: "what the element is called in `content`"},
		},
		blocks: map[string]blockType{"content": t},
	}
}

// dynamics names the nested blocks that dynamic blocks may stand for.
func (t blockType) dynamics() []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(t.blocks)) {
		if t.blocks[name].dynamic {
			names = append(names, name)
		}
	}
	return names
}

// checkDynamic reports what is wrong with a dynamic block in a body of type t, as far as it can be told without values.
func (t blockType) checkDynamic(b *hclsyntax.Block, what string) hcl.Diagnostics {
	if len(b.Labels) != 1 {
		return nil // reported by HCL
	}
	name := b.Labels[0]
	of, known := t.blocks[name]
	switch {
	case !known:
		return hcl.Diagnostics{fault(b.LabelRanges[0], "Unsupported block type", t.unknown(name, what, "block"))}
	case !of.dynamic:
		return hcl.Diagnostics{fault(b.LabelRanges[0], "Block that cannot be dynamic", fmt.Sprintf("A %s block is written out. Those that dynamic blocks may stand for in %s: %s.", name, what, quotedList(t.dynamics())))}
	}
	content, diags := dynamicBlock(of).read(b.Body, "a dynamic block")
	if diags.HasErrors() {
		return diags
	}
	if len(content.Blocks) != 1 {
		return append(diags, fault(b.DefRange(), "Dynamic block without content", fmt.Sprintf("A dynamic block has one content block, which says what each %s block holds.", name)))
	}
	if attr, ok := content.Attributes["iterator"]; ok && hcl.ExprAsKeyword(attr.Expr) == "" {
		diags = append(diags, fault(attr.Expr.Range(), "Invalid value for iterator", "The value of iterator is a name, such as file. It is then file.key and file.value in content."))
	}
	_, more := of.read(content.Blocks[0].Body, fmt.Sprintf("a %s block", name))
	return append(diags, more...)
}

// expanded gives a block with those that its dynamic blocks stand for in their places, for the values that local names have. ok is false
// where it is not known how many they are: each dynamic block then stands for one, of which nothing is known.
func (s *scope) expanded(b *block, local names) (expanded *block, ok bool) {
	content := *b.content
	content.Blocks, ok = nil, true
	for _, nested := range b.content.Blocks {
		if nested.Type != dynamicType {
			content.Blocks = append(content.Blocks, nested)
			continue
		}
		blocks, known := s.standsFor(nested, local)
		content.Blocks = append(content.Blocks, blocks...)
		ok = ok && known
	}
	return &block{b.Block, &content}, ok
}

// standsFor gives the blocks that a dynamic block stands for.
func (s *scope) standsFor(b *hcl.Block, local names) (blocks hcl.Blocks, known bool) {
	content, _ := dynamicBlock(blockType{}).read(b.Body, "a dynamic block")
	body, expr := content.Blocks[0].Body.(*hclsyntax.Body), content.Attributes["for_each"].Expr
	iterator := b.Labels[0]
	if attr, ok := content.Attributes["iterator"]; ok {
		iterator = hcl.ExprAsKeyword(attr.Expr)
	}
	add := func(key, value cty.Value) {
		element := cty.ObjectVal(map[string]cty.Value{"key": key, "value": value})
		blocks = append(blocks, &hcl.Block{Type: b.Labels[0], TypeRange: b.LabelRanges[0], DefRange: b.DefRange, Body: &iteratedBody{body, names{iterator: element}}})
	}
	unknown := func() (hcl.Blocks, bool) {
		add(cty.DynamicVal, cty.DynamicVal)
		return blocks, false
	}
	if !s.noRows(expr, "for_each") {
		return unknown()
	}
	v := s.evaluate(expr, local)
	// How many blocks there are is seen. Values in it may be secret: what uses them is judged then.
	if v.IsMarked() && !s.open(v, expr.Range(), "for_each") {
		return unknown()
	}
	if v, _ = v.Unmark(); !v.IsKnown() {
		return unknown()
	}
	if v.IsNull() || !v.CanIterateElements() {
		s.l.add(fault(expr.Range(), "Invalid for_each", "The for_each of a dynamic block is a list, a set or a map."))
		return unknown()
	}
	if n := v.LengthInt(); n > mostDynamic {
		s.l.add(fault(expr.Range(), "Invalid for_each", fmt.Sprintf("A dynamic block stands for at most %d blocks, and this one for %d.", mostDynamic, n)))
		return unknown()
	}
	for it := v.ElementIterator(); it.Next(); {
		key, value := it.Element()
		if v.Type().IsSetType() {
			key = value
		}
		add(key, value)
	}
	return blocks, true
}

// iteratedBody is the content of a dynamic block for one element.
type iteratedBody struct {
	*hclsyntax.Body
	element names
}

// iterated gives the content of b with expressions that know the element.
func (b *iteratedBody) iterated(content *hcl.BodyContent) *hcl.BodyContent {
	known := *content
	known.Attributes = make(hcl.Attributes, len(content.Attributes))
	for name, attr := range content.Attributes {
		one := *attr
		if native, ok := attr.Expr.(hclsyntax.Expression); ok {
			one.Expr = &iteratedExpression{native, b.element}
		}
		known.Attributes[name] = &one
	}
	return &known
}

// iteratedExpression is an expression in the content of a dynamic block, for one element.
type iteratedExpression struct {
	hclsyntax.Expression
	element names
}

// UnwrapExpression gives the expression as it is written.
func (e *iteratedExpression) UnwrapExpression() hcl.Expression { return e.Expression }

// Variables leaves out the element.
func (e *iteratedExpression) Variables() []hcl.Traversal {
	return slices.DeleteFunc(e.Expression.Variables(), func(t hcl.Traversal) bool {
		_, element := e.element[t.RootName()]
		return element
	})
}

// Value evaluates the expression with the element.
func (e *iteratedExpression) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	child := ctx.NewChild()
	child.Variables = e.element
	return e.Expression.Value(child)
}
