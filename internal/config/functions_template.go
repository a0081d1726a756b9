package config

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
)

// templateFileFunc renders a file as a template. functions are those that the template may call; templatefile is not
// among them, so that no template renders itself.
func templateFileFunc(files confinement, functions map[string]function.Function) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "path", Type: cty.String}, {Name: "vars", Type: cty.DynamicPseudoType}},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, t cty.Type) (cty.Value, error) {
			path, vars := args[0].AsString(), args[1]
			if !vars.Type().IsObjectType() && !vars.Type().IsMapType() {
				return cty.UnknownVal(t), function.NewArgErrorf(1, "the variables are a map")
			}
			text, err := files.text(path)
			if err != nil {
				return cty.UnknownVal(t), function.NewArgError(0, err)
			}
			template, diags := hclsyntax.ParseTemplate([]byte(text), path, hcl.InitialPos)
			if diag := outOfRange([]byte(text), path); diag != nil {
				diags = append(diags, diag)
			}
			if diags.HasErrors() {
				return cty.UnknownVal(t), templateFault(diags)
			}
			v, diags := template.Value(&hcl.EvalContext{Variables: vars.AsValueMap(), Functions: functions})
			if diags.HasErrors() {
				return cty.UnknownVal(t), templateFault(diags)
			}
			rendered, err := convert.Convert(v, cty.String)
			if err != nil || rendered.IsNull() {
				return cty.UnknownVal(t), fmt.Errorf("the template %s does not give a text", visible(path))
			}
			return rendered, nil
		},
	})
}

// templateFault makes an error of what is wrong in a template.
func templateFault(diags hcl.Diagnostics) error {
	first := diags.Errs()[0]
	diag, ok := first.(*hcl.Diagnostic)
	if !ok || diag.Subject == nil {
		return first
	}
	return fmt.Errorf("%s line %d: %s: %s", visible(diag.Subject.Filename), diag.Subject.Start.Line, diag.Summary, diag.Detail)
}
