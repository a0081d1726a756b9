package config

import (
	"fmt"
	"sync/atomic"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// What the expressions of a configuration may make while it is read, and what each row adds to that. A for in a for in a for goes through a
// billion elements in a line, and a local value of ten others that are made so too is ten times each of them.
const (
	mostElements = 1_000_000
	mostText     = 256 << 20 // bytes
	rowElements  = 1000
	rowText      = 64 << 10
)

// meter counts what for expressions go through and what templates make. Goroutines may share it; that of nil counts nothing.
type meter struct{ elements, text atomic.Int64 }

// allow is called before rows are evaluated.
func (m *meter) allow(rows int) {
	if m != nil {
		m.elements.Add(-int64(rows) * rowElements)
		m.text.Add(-int64(rows) * rowText)
	}
}

// take counts a value. ok is false from the value on that is too much.
func (m *meter) take(v cty.Value) (ok bool) {
	v, _ = v.Unmark()
	elements, text := int64(1), int64(0)
	if v.IsKnown() && !v.IsNull() {
		switch {
		case v.Type() == cty.String:
			text = int64(len(v.AsString()))
		case v.CanIterateElements():
			elements += int64(v.LengthInt())
		}
	}
	return m.elements.Add(elements) <= mostElements && m.text.Add(text) <= mostText
}

// watch has m count what the expressions below a node make.
func (m *meter) watch(n hclsyntax.Node) {
	_ = hclsyntax.VisitAll(n, func(n hclsyntax.Node) hcl.Diagnostics {
		switch n := n.(type) {
		case *hclsyntax.ForExpr:
			n.CollExpr, n.ValExpr = m.metered(n.CollExpr), m.metered(n.ValExpr)
		case *hclsyntax.TemplateExpr:
			for i, part := range n.Parts {
				if _, literal := part.(*hclsyntax.LiteralValueExpr); !literal {
					n.Parts[i] = m.metered(part)
				}
			}
		}
		return nil
	})
}

func (m *meter) metered(expr hclsyntax.Expression) hclsyntax.Expression {
	// In parentheses, what is inside is seen by whoever walks the expression.
	return &meteredExpression{&hclsyntax.ParenthesesExpr{Expression: expr, SrcRange: expr.Range()}, m}
}

// meteredExpression is a part of an expression whose value is counted.
type meteredExpression struct {
	*hclsyntax.ParenthesesExpr
	meter *meter
}

// Value evaluates the expression, unless too much was made already.
func (e *meteredExpression) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	if e.meter.elements.Load() > mostElements || e.meter.text.Load() > mostText {
		return cty.DynamicVal, e.tooMuch()
	}
	v, diags := e.ParenthesesExpr.Value(ctx)
	if !diags.HasErrors() && !e.meter.take(v) {
		return cty.DynamicVal, e.tooMuch()
	}
	return v, diags
}

func (e *meteredExpression) tooMuch() hcl.Diagnostics {
	return hcl.Diagnostics{fault(e.Range(), "Too much to work out", fmt.Sprintf(
		"The for expressions and templates of a configuration go through at most %d elements and make at most %d MiB of text, and it was here that they had. Does one stand in another, or a list hold itself many times over?",
		mostElements, mostText>>20))}
}
