package config

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// Most texts and conditions are simple: literals and columns, comparisons of a column with a literal. Those are compiled, so
// that a million rows need no million objects. What is compiled knows no errors: of a row where anything is out of the
// ordinary, a column missing, say, or null, it says so, and the expression is evaluated for that row. So all errors come from
// one place, and nobody can tell which way a text was made.

// compiledText makes the text of a row; it is appended to to. ok is false where the row has to be evaluated.
type compiledText func(to []byte, t *table, row uint32) (text []byte, ok bool)

// compiledCondition tells whether a condition holds for a row. ok is false where the row has to be evaluated.
type compiledCondition func(t *table, row uint32) (holds, ok bool)

// compileText compiles an expression that gives a text; nil where it has to be evaluated for each row.
func compileText(expr hcl.Expression, scope *hcl.EvalContext) compiledText {
	var parts []compiledText
	switch expr := expr.(type) {
	case *hclsyntax.TemplateExpr:
		for _, part := range expr.Parts {
			compiled := compilePart(part, scope)
			if compiled == nil {
				return nil
			}
			parts = append(parts, compiled)
		}
	case *hclsyntax.TemplateWrapExpr:
		return compileText(expr.Wrapped, scope)
	case *hclsyntax.ParenthesesExpr:
		return compileText(expr.Expression, scope)
	case *jsonExpression:
		if expr.faults.HasErrors() {
			return nil
		}
		return compileText(expr.native(), scope)
	default:
		return compilePart(expr, scope)
	}
	return func(to []byte, t *table, row uint32) ([]byte, bool) {
		ok := true
		for _, part := range parts {
			if to, ok = part(to, t, row); !ok {
				return to, false
			}
		}
		return to, true
	}
}

// compilePart compiles one part of a template: a column, or what is the same for all rows.
func compilePart(expr hcl.Expression, scope *hcl.EvalContext) compiledText {
	if column, ok := compileColumn(expr); ok {
		return func(to []byte, t *table, row uint32) ([]byte, bool) {
			text, ok := column.text(t, row)
			return append(to, text...), ok
		}
	}
	v, ok := constant(expr, scope)
	if !ok {
		return nil
	}
	v, err := convert.Convert(v, cty.String)
	if err != nil {
		return nil
	}
	text := v.AsString()
	return func(to []byte, _ *table, _ uint32) ([]byte, bool) { return append(to, text...), true }
}

// compileCondition compiles a condition; nil where it has to be evaluated for each row.
func compileCondition(expr hcl.Expression, scope *hcl.EvalContext) compiledCondition {
	if v, ok := constant(expr, scope); ok {
		if v.Type() != cty.Bool {
			return nil
		}
		holds := v.True()
		return func(*table, uint32) (bool, bool) { return holds, true }
	}
	switch expr := expr.(type) {
	case *hclsyntax.ParenthesesExpr:
		return compileCondition(expr.Expression, scope)
	case *hclsyntax.TemplateWrapExpr:
		return compileCondition(expr.Wrapped, scope)
	case *jsonExpression:
		if expr.faults.HasErrors() {
			return nil
		}
		return compileCondition(expr.native(), scope)
	case *hclsyntax.UnaryOpExpr:
		if expr.Op != hclsyntax.OpLogicalNot {
			return nil
		}
		negated := compileCondition(expr.Val, scope)
		if negated == nil {
			return nil
		}
		return func(t *table, row uint32) (bool, bool) {
			holds, ok := negated(t, row)
			return !holds, ok
		}
	case *hclsyntax.BinaryOpExpr:
		switch expr.Op {
		case hclsyntax.OpEqual, hclsyntax.OpNotEqual:
			return compileComparison(expr, scope)
		case hclsyntax.OpLogicalAnd, hclsyntax.OpLogicalOr:
			return compileLogic(expr, scope)
		}
	case *hclsyntax.FunctionCallExpr:
		return compileContains(expr, scope)
	}
	return nil
}

// compileComparison compiles == and != of a column with a text or with another column.
func compileComparison(expr *hclsyntax.BinaryOpExpr, scope *hcl.EvalContext) compiledCondition {
	left, right := compileOperand(expr.LHS, scope), compileOperand(expr.RHS, scope)
	if left == nil || right == nil {
		return nil
	}
	unequal := expr.Op == hclsyntax.OpNotEqual
	return func(t *table, row uint32) (bool, bool) {
		a, ok := left(t, row)
		if !ok {
			return false, false
		}
		b, ok := right(t, row)
		return (a == b) != unequal, ok
	}
}

// compileOperand gives one side of a comparison. Only texts are compared: anything else is equal to no text.
func compileOperand(expr hcl.Expression, scope *hcl.EvalContext) func(*table, uint32) (string, bool) {
	if column, ok := compileColumn(expr); ok {
		return column.exact
	}
	v, ok := constant(expr, scope)
	if !ok || v.Type() != cty.String {
		return nil
	}
	text := v.AsString()
	return func(*table, uint32) (string, bool) { return text, true }
}

// compileLogic compiles && and ||. Both sides are looked at, as when they are evaluated.
func compileLogic(expr *hclsyntax.BinaryOpExpr, scope *hcl.EvalContext) compiledCondition {
	left, right := compileCondition(expr.LHS, scope), compileCondition(expr.RHS, scope)
	if left == nil || right == nil {
		return nil
	}
	or := expr.Op == hclsyntax.OpLogicalOr
	return func(t *table, row uint32) (bool, bool) {
		a, ok := left(t, row)
		if !ok {
			return false, false
		}
		b, ok := right(t, row)
		if or {
			return a || b, ok
		}
		return a && b, ok
	}
}

// compileContains compiles contains(LIST, COLUMN), where all that the list holds are texts.
func compileContains(call *hclsyntax.FunctionCallExpr, scope *hcl.EvalContext) compiledCondition {
	if called(call) != "contains" || len(call.Args) != 2 || call.ExpandFinal {
		return nil
	}
	column, ok := compileColumn(call.Args[1])
	if !ok {
		return nil
	}
	list, ok := constant(call.Args[0], scope)
	if t := list.Type(); !ok || !t.IsListType() && !t.IsTupleType() && !t.IsSetType() {
		return nil
	}
	texts := make(map[string]bool)
	for it := list.ElementIterator(); it.Next(); {
		_, element := it.Element()
		if element.Type() != cty.String || element.IsNull() {
			return nil
		}
		texts[element.AsString()] = true
	}
	return func(t *table, row uint32) (bool, bool) {
		text, ok := column.exact(t, row)
		return texts[text], ok
	}
}

// constant gives the value of an expression that is the same for all rows. ok is false for any other, and for one that has
// no value to work with, or one that may not be shown.
func constant(expr hcl.Expression, scope *hcl.EvalContext) (cty.Value, bool) {
	if namesRow(expr) {
		return cty.DynamicVal, false
	}
	v, diags := expr.Value(scope)
	return v, len(diags) == 0 && v.IsWhollyKnown() && !v.IsNull() && !v.ContainsMarked()
}

// compiledColumn is recipient.NAME or recipient.row.NAME.
type compiledColumn struct {
	name  string
	inRow bool
}

func compileColumn(expr hcl.Expression) (compiledColumn, bool) {
	switch expr := expr.(type) {
	case *hclsyntax.ParenthesesExpr:
		return compileColumn(expr.Expression)
	case *meteredExpression:
		return compileColumn(expr.ParenthesesExpr)
	case *hclsyntax.ScopeTraversalExpr:
		ref, ok := columnOf(expr.Traversal)
		depth := 2
		if ref.inRow {
			depth = 3
		}
		return compiledColumn{ref.name, ref.inRow}, ok && len(expr.Traversal) == depth && (ref.inRow || ref.name != attrRow)
	}
	return compiledColumn{}, false
}

// text gives the column as a template takes it: numbers and bools as texts.
func (c compiledColumn) text(t *table, row uint32) (string, bool) {
	v, text, ok := c.value(t, row)
	if v == cty.NilVal {
		return text, ok
	}
	v, err := convert.Convert(v, cty.String)
	if err != nil {
		return "", false
	}
	return v.AsString(), true
}

// exact gives a column that holds a text.
func (c compiledColumn) exact(t *table, row uint32) (string, bool) {
	v, text, ok := c.value(t, row)
	if v == cty.NilVal {
		return text, ok
	}
	if v.Type() != cty.String {
		return "", false
	}
	return v.AsString(), true
}

// value gives what a row has in the column: a text, or, where the row is typed, a value that is known and not null.
func (c compiledColumn) value(t *table, row uint32) (v cty.Value, text string, ok bool) {
	chunk, i := t.at(row)
	if chunk.objects != nil && chunk.objects[i].IsMarked() {
		return cty.NilVal, "", false
	}
	if !c.inRow {
		switch c.name {
		case attrNumber:
			return cty.NilVal, chunk.numbers[i].E164(), true
		case attrCountry:
			return cty.NilVal, chunk.regions[i].String(), true
		case attrType:
			return cty.NilVal, chunk.kinds[i].String(), true
		}
	}
	column, ok := t.index[c.name]
	switch {
	case !ok:
		return cty.NilVal, "", false
	case t.typed:
		if v = chunk.member(i, column); !v.IsKnown() || v.IsNull() {
			return cty.NilVal, "", false
		}
		return v, "", true
	case chunk.objects == nil || column == t.number:
		return cty.NilVal, cty.NormalizeString(t.cell(chunk, i, column)), true
	}
	object := chunk.objects[i]
	if object == cty.NilVal {
		return cty.NilVal, "", false
	}
	v = t.value(chunk, i, object, c.name)
	if v == cty.NilVal || v.IsMarked() || !v.IsKnown() || v.IsNull() {
		return cty.NilVal, "", false
	}
	return v, "", true
}
