package config

import (
	"errors"
	"fmt"
	"slices"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// impure are functions of Terraform that are left out on purpose, and why.
var impure = map[string]string{
	"abspath": notElsewhere, "pathexpand": notElsewhere,
	"bcrypt": notAgain, "plantimestamp": notAgain, "timestamp": notAgain, "uuid": notAgain,
}

const (
	notAgain     = "It gives another answer on each call, and a plan must be the same when it is made twice. Take the value from a variable."
	notElsewhere = "It gives another answer on each machine, and a plan must be the same wherever it is made. Take the value from a variable."
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
				f = discreet(f)
			}
			all[b.name], all[coreNamespace+b.name] = f, f
		}
	}
	return all
}

// coreNamespace is how Terraform's own functions are told from those of providers.
const coreNamespace = "core::"

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
	if why, ok := impure[name]; ok {
		return fmt.Sprintf("There is no function %s in smsplan. %s", quoted(name), why)
	}
	return fmt.Sprintf("There is no function %s.%s", quoted(name), didYouMean(name, functionNames()))
}

// discreet makes a function that keeps its arguments out of its errors when one of them is marked.
func discreet(f function.Function) function.Function {
	open := func(p function.Parameter) function.Parameter {
		p.AllowNull, p.AllowUnknown, p.AllowDynamicType, p.AllowMarked = true, true, true, true
		return p
	}
	spec := &function.Spec{
		Description: f.Description(),
		Type: func(args []cty.Value) (cty.Type, error) {
			t, err := f.ReturnTypeForValues(args)
			return t, withheld(err, args)
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			v, err := f.Call(args)
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

// withheld gives err, or one that says less when an argument must not be shown.
func withheld(err error, args []cty.Value) error {
	if err == nil || !slices.ContainsFunc(args, cty.Value.ContainsMarked) {
		return err
	}
	const why = "the function does not take this value, which is not shown because it is sensitive, ephemeral or personal"
	var arg function.ArgError
	if errors.As(err, &arg) {
		return function.NewArgErrorf(arg.Index, why)
	}
	return errors.New(why)
}
