package config

import (
	"errors"
	"math"
	"sync"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// boundOperators makes the arithmetic of expressions refuse numbers that take hours to write out: "1e9999999" + 1. HCL has its
// operators in variables, and no other place sees what an operand in JSON syntax becomes.
var boundOperators = sync.OnceFunc(func() {
	for _, op := range []*hclsyntax.Operation{
		hclsyntax.OpAdd, hclsyntax.OpSubtract, hclsyntax.OpMultiply, hclsyntax.OpDivide, hclsyntax.OpModulo, hclsyntax.OpNegate,
	} {
		op.Impl = inRange(op.Impl)
	}
})

// inRange makes a function of numbers that refuses, and never gives, what is out of range.
func inRange(f function.Function) function.Function {
	return function.New(&function.Spec{
		Description: f.Description(),
		Params:      f.Params(),
		VarParam:    f.VarParam(),
		Type:        function.StaticReturnType(cty.Number),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			for i, arg := range args {
				if outsized(arg) {
					return cty.UnknownVal(cty.Number), function.NewArgError(i, errOutsized)
				}
			}
			v, err := f.Call(args)
			switch {
			case err != nil || !outsized(v):
				return v, err
			case v.AsBigFloat().IsInf() && args[len(args)-1].AsBigFloat().Sign() == 0:
				return cty.UnknownVal(cty.Number), errors.New("division by zero")
			}
			return cty.UnknownVal(cty.Number), errOutsized
		},
	})
}

// realFunction makes a function of two numbers that is not defined for all of them: it gives no number there.
func realFunction(f function.Function, of func(a, b float64) float64) function.Function {
	return function.New(&function.Spec{
		Params: f.Params(),
		Type:   function.StaticReturnType(cty.Number),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			a, _ := args[0].AsBigFloat().Float64()
			b, _ := args[1].AsBigFloat().Float64()
			if math.IsNaN(of(a, b)) {
				return cty.UnknownVal(cty.Number), errors.New("it is not defined for these numbers")
			}
			return f.Call(args)
		},
	})
}

var (
	logFunc = realFunction(stdlib.LogFunc, func(num, base float64) float64 { return math.Log(num) / math.Log(base) })
	powFunc = realFunction(stdlib.PowFunc, math.Pow)
)

var sumFunc = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "list", Type: cty.DynamicPseudoType}},
	Type:   function.StaticReturnType(cty.Number),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		if t := args[0].Type(); !t.IsListType() && !t.IsSetType() && !t.IsTupleType() {
			return cty.UnknownVal(cty.Number), function.NewArgErrorf(0, "argument must be list, set, or tuple. Received %s", t.FriendlyName())
		}
		if args[0].LengthInt() == 0 {
			return cty.UnknownVal(cty.Number), function.NewArgErrorf(0, "cannot sum an empty list")
		}
		total := cty.Zero
		for it := args[0].ElementIterator(); it.Next(); {
			_, element := it.Element()
			n, err := convert.Convert(element, cty.Number)
			if err != nil || n.IsNull() {
				return cty.UnknownVal(cty.Number), function.NewArgErrorf(0, "argument must be list, set, or tuple of number values")
			}
			if outsized(n) {
				return cty.UnknownVal(cty.Number), function.NewArgError(0, errOutsized)
			}
			total = total.Add(n)
		}
		return total, nil
	},
})
