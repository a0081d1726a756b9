package config

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/customdecode"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
)

// templateFunctions gives the functions that render templates. Templates may call functions, but not these, so that none renders itself.
func templateFunctions(files confinement, functions map[string]function.Function) (file, text builtin) {
	functions = maps.Clone(functions)
	for _, name := range []string{"templatefile", "templatestring"} {
		barred := function.New(&function.Spec{
			VarParam: &function.Parameter{Name: "args", Type: cty.DynamicPseudoType, AllowNull: true, AllowUnknown: true, AllowDynamicType: true},
			Type: func([]cty.Value) (cty.Type, error) {
				return cty.NilType, fmt.Errorf("cannot recursively call %s from inside another template function", name)
			},
		})
		functions[name], functions[coreNamespace+name] = barred, barred
	}
	return builtin{name: "templatefile", says: "The file as a template, rendered with the variables.", call: templateFileFunc(files, functions)},
		builtin{name: "templatestring", says: "A text that stands elsewhere as a template, rendered with the variables.", call: templateStringFunc(functions), open: true}
}

// templateFileFunc renders a file. A template that is one interpolation and nothing else has its value, of whatever type.
func templateFileFunc(files confinement, functions map[string]function.Function) function.Function {
	render := func(args []cty.Value) (cty.Value, error) {
		path := args[0].AsString()
		text, err := files.text(path)
		if err != nil {
			return cty.DynamicVal, function.NewArgError(0, err)
		}
		return renderTemplate(text, path, args[1], functions)
	}
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "path", Type: cty.String}, {Name: "vars", Type: cty.DynamicPseudoType}},
		Type: func(args []cty.Value) (cty.Type, error) {
			if !args[0].IsKnown() || !args[1].IsKnown() {
				return cty.DynamicPseudoType, nil
			}
			v, err := render(args)
			return v.Type(), err
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) { return render(args) },
	})
}

// templateStringFunc renders a text. It takes a reference only: a template in the call would have been rendered before the call.
func templateStringFunc(functions map[string]function.Function) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{
			{Name: "template", Type: customdecode.ExpressionClosureType},
			{Name: "vars", Type: cty.DynamicPseudoType, AllowMarked: true},
		},
		Type: function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, t cty.Type) (cty.Value, error) {
			closure := customdecode.ExpressionClosureFromVal(args[0])
			switch closure.Expression.(type) {
			case *hclsyntax.ScopeTraversalExpr, *hclsyntax.RelativeTraversalExpr, *hclsyntax.IndexExpr:
			default:
				return cty.UnknownVal(t), function.NewArgErrorf(0, "it must be a reference to a text that stands elsewhere, such as local.greeting; a template that stands here needs no function")
			}
			given, diags := closure.Value()
			if diags.HasErrors() {
				return cty.UnknownVal(t), function.NewArgError(0, diags.Errs()[0])
			}
			given, marks := given.Unmark()
			source, err := convert.Convert(given, cty.String)
			if err != nil || source.IsNull() {
				return cty.UnknownVal(t), function.NewArgErrorf(0, "the template must be a string")
			}
			vars, more := args[1].UnmarkDeep()
			if !source.IsKnown() || !vars.IsKnown() {
				return cty.UnknownVal(t).WithMarks(marks, more), nil
			}
			hidden := len(marks)+len(more) > 0
			v, err := renderTemplate(source.AsString(), "<template>", vars, functions)
			if err == nil {
				v, err = convert.Convert(v, t)
			}
			if err == nil && v.IsNull() {
				err = errors.New("the template gives null")
			}
			if err != nil && hidden {
				return cty.UnknownVal(t), errWithheld
			}
			return v.WithMarks(marks, more), err
		},
	})
}

// renderTemplate evaluates a template in which vars and functions alone are known.
func renderTemplate(text, path string, vars cty.Value, functions map[string]function.Function) (cty.Value, error) {
	if !vars.Type().IsObjectType() && !vars.Type().IsMapType() {
		return cty.DynamicVal, function.NewArgErrorf(1, "invalid vars value: must be a map")
	}
	if diag := unworkableTemplate([]byte(text), path); diag != nil {
		return cty.DynamicVal, templateFault(hcl.Diagnostics{diag})
	}
	template, diags := hclsyntax.ParseTemplate([]byte(text), path, hcl.InitialPos)
	if diags.HasErrors() {
		return cty.DynamicVal, templateFault(diags)
	}
	var m meter
	m.watch(template)
	known := vars.AsValueMap()
	for _, name := range slices.Sorted(maps.Keys(known)) {
		if !hclsyntax.ValidIdentifier(name) {
			return cty.DynamicVal, function.NewArgErrorf(1, "invalid template variable name %q: must start with a letter, followed by zero or more letters, digits, and underscores", name)
		}
	}
	for _, t := range template.Variables() {
		if _, ok := known[t.RootName()]; !ok {
			return cty.DynamicVal, function.NewArgErrorf(1, "vars map does not contain key %q, referenced at %s", t.RootName(), visible(t[0].SourceRange().String()))
		}
	}
	if name := uncallable(template, functions); name != "" {
		return cty.DynamicVal, errors.New(strings.TrimSuffix(unknownFunction(name), "."))
	}
	v, diags := template.Value(&hcl.EvalContext{Variables: known, Functions: functions})
	if diags.HasErrors() {
		return cty.DynamicVal, templateFault(diags)
	}
	return v, nil
}

// uncallable gives the first function that an expression calls and that is not there; "" for none.
func uncallable(expr hclsyntax.Expression, functions map[string]function.Function) (name string) {
	_ = hclsyntax.VisitAll(expr, func(n hclsyntax.Node) hcl.Diagnostics {
		if call, is := n.(*hclsyntax.FunctionCallExpr); is {
			if _, known := functions[call.Name]; !known {
				name = cmp.Or(name, call.Name)
			}
		}
		return nil
	})
	return name
}

// templateFault makes an error of what is wrong in a template.
func templateFault(diags hcl.Diagnostics) error {
	first := diags.Errs()[0]
	diag, ok := first.(*hcl.Diagnostic)
	if !ok || diag.Subject == nil {
		return first
	}
	return fmt.Errorf("%s line %d: %s: %s", visible(diag.Subject.Filename), diag.Subject.Start.Line, diag.Summary, strings.TrimRight(diag.Detail, ".\n"))
}
