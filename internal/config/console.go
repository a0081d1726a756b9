package config

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// Evaluate evaluates an expression of the console and gives the value as Terraform's console prints it. Values that must
// not be printed read "(sensitive value)" and the like.
func (c *Config) Evaluate(expression string) (string, Diagnostics) {
	const name = "<console>"
	v := newVeil(false)
	file := &hcl.File{Bytes: []byte(expression)}
	if c.scope == nil {
		return "", newDiagnostics(hcl.Diagnostics{{Severity: hcl.DiagError, Summary: "No configuration", Detail: "The configuration could not be read, so nothing can be evaluated."}}, nil, v)
	}
	l := c.scope.l
	v = l.veil
	before := l.diags
	l.diags = nil
	defer func() { l.diags = before }()

	if diag := unworkable(file.Bytes, name); diag != nil {
		return "", newDiagnostics(hcl.Diagnostics{diag}, map[string]*hcl.File{name: v.file(name, file)}, v)
	}
	expr, diags := hclsyntax.ParseExpression(file.Bytes, name, hcl.InitialPos)
	var m meter
	m.watch(expr)
	text := ""
	if !diags.HasErrors() && c.scope.noRows(expr, "the console") {
		if of := typeAsked(expr); of != nil {
			text = formatType(c.scope.evaluate(of, nil).Type(), 0)
		} else {
			text = format(c.scope.evaluate(expr, nil), 0)
		}
	}
	all := newDiagnostics(append(diags, l.diags...), map[string]*hcl.File{name: v.file(name, file)}, v)
	if all.HasErrors() {
		return "", all
	}
	return text, all
}

// format prints a value as an expression that gives it, indented for what it is in.
func format(v cty.Value, indent int) string {
	for _, m := range []mark{sensitive, ephemeral, personal} {
		if _, ok := v.Marks()[m]; ok {
			return fmt.Sprintf("(%s value)", m)
		}
	}
	t := v.Type()
	switch {
	case !v.IsKnown():
		return "(not known)"
	case v.IsNull():
		return formatNull(t)
	case t == cty.String:
		return formatString(v.AsString(), indent)
	case t.IsPrimitiveType():
		text, err := convert.Convert(v, cty.String)
		if err != nil {
			return t.FriendlyName()
		}
		return text.AsString()
	case t.IsListType():
		return formatElements(v, "tolist(", ")", indent)
	case t.IsSetType():
		return formatElements(v, "toset(", ")", indent)
	case t.IsTupleType():
		return formatElements(v, "", "", indent)
	case t.IsMapType():
		return formatPairs(v, "tomap(", ")", indent)
	case t.IsObjectType():
		return formatPairs(v, "", "", indent)
	}
	return t.FriendlyName()
}

func formatNull(t cty.Type) string {
	switch {
	case t == cty.String, t == cty.Number, t == cty.Bool:
		return "to" + t.FriendlyName() + "(null)"
	case t.IsListType():
		return fmt.Sprintf("tolist(null) /* of %s */", t.ElementType().FriendlyName())
	case t.IsSetType():
		return fmt.Sprintf("toset(null) /* of %s */", t.ElementType().FriendlyName())
	case t.IsMapType():
		return fmt.Sprintf("tomap(null) /* of %s */", t.ElementType().FriendlyName())
	case t == cty.DynamicPseudoType:
		return "null"
	}
	return fmt.Sprintf("null /* %s */", t.FriendlyName())
}

// formatString prints a text of several lines as a heredoc.
func formatString(s string, indent int) string {
	if strings.Contains(s, "\n") {
		return formatHeredoc(s, indent)
	}
	return strconv.Quote(s)
}

func formatHeredoc(s string, indent int) string {
	mark := "EOT"
	for slices.Contains(strings.Split(s, "\n"), mark) {
		mark += "_"
	}
	pad, opening := "", "<<"
	if indent > 0 {
		pad, opening = strings.Repeat(" ", indent), "<<-"
	}
	var b strings.Builder
	b.WriteString(opening + mark + "\n")
	for _, line := range strings.Split(s, "\n") {
		b.WriteString(pad + visible(line) + "\n")
	}
	b.WriteString(pad + mark)
	return b.String()
}

func formatElements(v cty.Value, opening, closing string, indent int) string {
	if v.LengthInt() == 0 {
		return opening + "[]" + closing
	}
	pad := strings.Repeat(" ", indent)
	var b strings.Builder
	b.WriteString(opening + "[\n")
	for it := v.ElementIterator(); it.Next(); {
		_, element := it.Element()
		b.WriteString(pad + "  " + format(element, indent+2) + ",\n")
	}
	b.WriteString(pad + "]" + closing)
	return b.String()
}

func formatPairs(v cty.Value, opening, closing string, indent int) string {
	pairs := v.AsValueMap()
	if len(pairs) == 0 {
		return opening + "{}" + closing
	}
	pad := strings.Repeat(" ", indent)
	var b strings.Builder
	b.WriteString(opening + "{\n")
	for _, name := range slices.Sorted(maps.Keys(pairs)) {
		b.WriteString(pad + "  " + strconv.Quote(name) + " = " + format(pairs[name], indent+2) + "\n")
	}
	b.WriteString(pad + "}" + closing)
	return b.String()
}
