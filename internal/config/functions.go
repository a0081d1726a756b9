package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// absent are functions of Terraform that are left out on purpose, with the reason and what to do instead.
var absent = map[string]string{
	"bcrypt":        notAgain + " Make the digest elsewhere, and take it from a variable.",
	"uuid":          notAgain + " uuidv5 makes a UUID of a name.",
	"timestamp":     notAgain + " Take the time from a variable: -var now=$(date -u +%FT%TZ).",
	"plantimestamp": notAgain + " Take the time from a variable: -var now=$(date -u +%FT%TZ).",
	"abspath":       notElsewhere + " Paths start at the configuration's directory: write them without.",
	"pathexpand":    notElsewhere + " Write the path, or take it from a variable; what lies outside of the configuration's directory needs -allow-path=DIR.",
	"list":          "A list is written [ ... ]; tolist makes one of another collection.",
	"map":           "A map is written { ... }; tomap makes one of an object.",
	"type":          "It is for the console alone, around a whole expression: type(local.x).",
}

const (
	notAgain     = "It gives another answer on each call, and a plan must be the same when it is made twice."
	notElsewhere = "It gives another answer on each machine, and a plan must be the same wherever it is made."
)

// functionsFor gives what expressions may call, also under Terraform's names core::NAME; the functions that read files are confined.
func functionsFor(files confinement) map[string]function.Function {
	return callable(functionTable(files))
}

func callable(groups []functionGroup) map[string]function.Function {
	all := make(map[string]function.Function)
	for _, group := range groups {
		for _, b := range group.functions {
			f := b.call
			if !b.open {
				f = guarded(b.name, f)
			}
			all[b.name], all[coreNamespace+b.name] = f, f
		}
	}
	return all
}

// coreNamespace is how Terraform's own functions are told from those of providers.
const coreNamespace = "core::"

// called gives the name of the function that is called, which core:: may stand in front of.
func called(call *hclsyntax.FunctionCallExpr) string {
	return strings.TrimPrefix(call.Name, coreNamespace)
}

// functionNames lists all functions, for suggestions.
func functionNames() []string {
	var names []string
	for _, group := range functionTable(confinement{}) {
		for _, b := range group.functions {
			names = append(names, b.name)
		}
	}
	return names
}

func unknownFunction(name string) string {
	if why, ok := absent[strings.TrimPrefix(name, coreNamespace)]; ok {
		return fmt.Sprintf("There is no function %s in smsplan. %s", quoted(name), why)
	}
	if strings.Contains(name, "::") && !strings.HasPrefix(name, coreNamespace) {
		return fmt.Sprintf("There is no function %s in smsplan, which has no providers. Functions are called by their name alone: phone(...), jsondecode(...).", quoted(name))
	}
	return fmt.Sprintf("There is no function %s.%s", quoted(name), didYouMean(strings.TrimPrefix(name, coreNamespace), functionNames()))
}

// guarded makes a function that keeps its result in proportion, and its arguments out of its errors when one of them is marked.
func guarded(name string, f function.Function) function.Function {
	open := func(p function.Parameter) function.Parameter {
		p.AllowNull, p.AllowUnknown, p.AllowDynamicType, p.AllowMarked = true, true, true, true
		return p
	}
	spec := &function.Spec{
		Description: f.Description(),
		Type: func(args []cty.Value) (cty.Type, error) {
			if err := checkBounds(name, args); err != nil {
				return cty.DynamicPseudoType, err
			}
			t, err := f.ReturnTypeForValues(args)
			return t, withheld(err, args)
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			v, err := f.Call(args)
			if err == nil {
				err = checkResult(name, v)
			}
			return v, withheld(err, args)
		},
	}
	for _, p := range f.Params() {
		spec.Params = append(spec.Params, open(p))
	}
	if p := f.VarParam(); p != nil {
		var each = open(*p)
		spec.VarParam = &each
	}
	return function.New(spec)
}

// errWithheld stands for an error that might show what must not be shown.
var errWithheld = errors.New("the function does not take this value, which is not shown because it is sensitive, ephemeral or personal")

// withheld gives err, or one that says less: when an argument must not be shown, and when a library panics, which has the stack in
// its error.
func withheld(err error, args []cty.Value) error {
	if errors.As(err, new(function.PanicError)) {
		return errors.New("the function does not take these values")
	}
	if err == nil || !slices.ContainsFunc(args, cty.Value.ContainsMarked) {
		return err
	}
	var arg function.ArgError
	if errors.As(err, &arg) {
		return function.NewArgError(arg.Index, errWithheld)
	}
	return errWithheld
}
