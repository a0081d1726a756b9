package config

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// FunctionGroup is a group of functions that expressions may call.
type FunctionGroup struct {
	Title     string
	Functions []Function
}

// Function is the signature of a function.
type Function struct {
	Name, Description string
	Parameters        []Parameter
	Variadic          *Parameter // takes any number of arguments behind the others; nil for none
	Returns           Type
}

// Parameter is what a function takes at one place.
type Parameter struct {
	Name     string
	Nullable bool
	Type     Type
}

// Type is the type of a value: as text "list(string)", as in a variable's type; as JSON ["list","string"].
type Type struct{ of cty.Type }

func (t Type) String() string { return typeexpr.TypeString(t.of) }

func (t Type) MarshalJSON() ([]byte, error) { return json.Marshal(t.of) }

// Functions gives the signatures of all functions.
func Functions() []FunctionGroup {
	var groups []FunctionGroup
	for _, group := range functionTable(confinement{}) {
		g := FunctionGroup{Title: group.title}
		for _, b := range group.functions {
			g.Functions = append(g.Functions, signatureOf(b))
		}
		groups = append(groups, g)
	}
	return groups
}

func signatureOf(b builtin) Function {
	f := Function{Name: b.name, Description: b.says}
	var types []cty.Type
	for _, p := range b.call.Params() {
		one := parameterOf(p)
		f.Parameters, types = append(f.Parameters, one), append(types, one.Type.of)
	}
	if p := b.call.VarParam(); p != nil {
		one := parameterOf(*p)
		f.Variadic, types = &one, append(types, one.Type.of)
	}
	// What the types of the parameters do not tell is known once there are arguments.
	returns, err := b.call.ReturnType(types)
	if err != nil {
		returns = cty.DynamicPseudoType
	}
	f.Returns = Type{returns}
	return f
}

func parameterOf(p function.Parameter) Parameter {
	t := p.Type
	if t.IsCapsuleType() { // an expression that the function evaluates itself
		t = cty.DynamicPseudoType
	}
	return Parameter{Name: p.Name, Nullable: p.AllowNull, Type: Type{t}}
}

// String writes the signature as it is called: "substr(str string, offset number, length number) string".
func (f Function) String() string {
	var params []string
	for _, p := range f.Parameters {
		params = append(params, fmt.Sprintf("%s %s", p.Name, p.Type))
	}
	if f.Variadic != nil {
		params = append(params, fmt.Sprintf("%s %s...", f.Variadic.Name, f.Variadic.Type))
	}
	return fmt.Sprintf("%s(%s) %s", f.Name, strings.Join(params, ", "), f.Returns)
}
