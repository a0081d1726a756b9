package config

import (
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// typeAsked gives the expression whose type the console is asked for; nil where it is asked for a value.
func typeAsked(expr hclsyntax.Expression) hclsyntax.Expression {
	call, is := expr.(*hclsyntax.FunctionCallExpr)
	if !is || call.Name != "type" || len(call.Args) != 1 || call.ExpandFinal {
		return nil
	}
	return call.Args[0]
}

// formatType writes a type as Terraform's console does, indented for what it is in.
func formatType(t cty.Type, indent int) string {
	within := func(opening, closing string, parts []string) string {
		if len(parts) == 0 {
			return opening + closing
		}
		pad := strings.Repeat(" ", indent)
		var b strings.Builder
		b.WriteString(opening + "\n")
		for _, part := range parts {
			b.WriteString(pad + "    " + part + ",\n")
		}
		b.WriteString(pad + closing)
		return b.String()
	}
	var parts []string
	switch {
	case t == cty.DynamicPseudoType:
		return "dynamic"
	case t.IsObjectType():
		for _, name := range slices.Sorted(maps.Keys(t.AttributeTypes())) {
			parts = append(parts, name+": "+formatType(t.AttributeType(name), indent+4))
		}
		return within("object({", "})", parts)
	case t.IsTupleType():
		for _, element := range t.TupleElementTypes() {
			parts = append(parts, formatType(element, indent+4))
		}
		return within("tuple([", "])", parts)
	case t.IsListType():
		return "list(" + formatType(t.ElementType(), indent) + ")"
	case t.IsSetType():
		return "set(" + formatType(t.ElementType(), indent) + ")"
	case t.IsMapType():
		return "map(" + formatType(t.ElementType(), indent) + ")"
	}
	return t.FriendlyName()
}
