package config

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// valuesIn says what a condition refers to, as far as that may be shown.
func (s *scope) valuesIn(expr hcl.Expression, local names) string {
	var lines []string
	said := make(map[string]bool)
	say := func(what string, v cty.Value) {
		text, ok := briefly(counted(v))
		if line := what + " is " + text; ok && !said[line] {
			said[line] = true
			lines = append(lines, line)
		}
	}
	ctx, _ := s.contextFor(expr, local)
	for _, side := range compared(expr) {
		if v, diags := side.Value(ctx); !diags.HasErrors() {
			say(s.source(side), v)
		}
	}
	for _, t := range expr.Variables() {
		if v, diags := t.TraverseAbs(ctx); !diags.HasErrors() {
			say(traversalText(t), v)
		}
	}
	return strings.Join(lines, "\n")
}

// compared gives the sides of comparisons that are more than a name or a value: what they come to is what one wants to know.
func compared(expr hcl.Expression) (sides []hclsyntax.Expression) {
	comparison, ok := unparenthesized(expr).(*hclsyntax.BinaryOpExpr)
	if !ok {
		return nil
	}
	for _, side := range []hclsyntax.Expression{comparison.LHS, comparison.RHS} {
		switch unparenthesized(side).(type) {
		case *hclsyntax.BinaryOpExpr:
			sides = append(sides, compared(side)...)
		case *hclsyntax.ForExpr, *hclsyntax.FunctionCallExpr, *hclsyntax.IndexExpr, *hclsyntax.SplatExpr, *hclsyntax.ConditionalExpr, *hclsyntax.RelativeTraversalExpr:
			sides = append(sides, side)
		}
	}
	return sides
}

func unparenthesized(expr hcl.Expression) hcl.Expression {
	for {
		p, ok := expr.(*hclsyntax.ParenthesesExpr)
		if !ok {
			return expr
		}
		expr = p.Expression
	}
}

// brevity is how many characters of a collection are shown.
const brevity = 100

// briefly gives a value in one line; ok is false for one that takes more.
func briefly(v cty.Value) (text string, ok bool) {
	t := v.Type()
	switch {
	case v.IsMarked() || !v.IsKnown() || v.IsNull() || t.IsPrimitiveType():
		return format(v, 0), true
	case t.IsObjectType():
		return "", false
	case t.IsTupleType() || t.IsListType() || t.IsSetType():
		var list []string
		for it := v.ElementIterator(); it.Next(); {
			_, element := it.Element()
			each, ok := briefly(element)
			list = append(list, each)
			if !ok || len(strings.Join(list, ", ")) > brevity {
				return fmt.Sprintf("a collection of %d", v.LengthInt()), true
			}
		}
		return "[" + strings.Join(list, ", ") + "]", true
	}
	return fmt.Sprintf("a collection of %d", v.LengthInt()), true
}
