package config

import (
	"errors"
	"fmt"
	"slices"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// lengthFunc counts characters of a string and elements of everything else.
var lengthFunc = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "value", Type: cty.DynamicPseudoType, AllowDynamicType: true, AllowUnknown: true}},
	Type: func(args []cty.Value) (cty.Type, error) {
		t := args[0].Type()
		if t != cty.String && t != cty.DynamicPseudoType && !t.IsObjectType() && !t.IsTupleType() && !t.IsCollectionType() {
			return cty.Number, function.NewArgErrorf(0, "argument must be a string, a collection type, or a structural type")
		}
		return cty.Number, nil
	},
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		v := args[0]
		switch t := v.Type(); {
		case t == cty.String:
			return stdlib.Strlen(v)
		case t.IsObjectType():
			return cty.NumberIntVal(int64(len(t.AttributeTypes()))), nil
		case t == cty.DynamicPseudoType:
			return cty.UnknownVal(cty.Number), nil
		default:
			return stdlib.Length(v)
		}
	},
})

var indexFunc = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "list", Type: cty.DynamicPseudoType}, {Name: "value", Type: cty.DynamicPseudoType}},
	Type:   function.StaticReturnType(cty.Number),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		if t := args[0].Type(); !t.IsListType() && !t.IsTupleType() {
			return cty.UnknownVal(cty.Number), function.NewArgErrorf(0, "argument must be a list or tuple")
		}
		if args[0].LengthInt() == 0 {
			return cty.UnknownVal(cty.Number), errors.New("cannot search an empty list")
		}
		for it := args[0].ElementIterator(); it.Next(); {
			i, element := it.Element()
			same, err := stdlib.Equal(element, args[1])
			if err != nil {
				return cty.UnknownVal(cty.Number), err
			}
			if !same.IsKnown() {
				return cty.UnknownVal(cty.Number), nil
			}
			if same.True() {
				return i, nil
			}
		}
		return cty.UnknownVal(cty.Number), errors.New("item not found")
	},
})

// lookupFunc gives the value under a key, or else the default, where there is one.
var lookupFunc = function.New(&function.Spec{
	Params: []function.Parameter{
		{Name: "inputMap", Type: cty.DynamicPseudoType},
		{Name: "key", Type: cty.String},
	},
	VarParam: &function.Parameter{Name: "default", Type: cty.DynamicPseudoType, AllowNull: true, AllowUnknown: true, AllowDynamicType: true},
	Type: func(args []cty.Value) (cty.Type, error) {
		if len(args) > 3 {
			return cty.NilType, fmt.Errorf("lookup() takes two or three arguments, got %d", len(args))
		}
		switch t := args[0].Type(); {
		case t.IsObjectType():
			switch {
			case !args[1].IsKnown():
				return cty.DynamicPseudoType, nil
			case t.HasAttribute(args[1].AsString()):
				return t.AttributeType(args[1].AsString()), nil
			case len(args) == 3:
				return args[2].Type(), nil
			}
			return cty.DynamicPseudoType, nil
		case t.IsMapType():
			if len(args) == 3 {
				if _, err := convert.Convert(args[2], t.ElementType()); err != nil {
					return cty.NilType, function.NewArgErrorf(2, "the default value must have the same type as the map elements")
				}
			}
			return t.ElementType(), nil
		}
		return cty.NilType, function.NewArgErrorf(0, "lookup() requires a map as the first argument")
	},
	Impl: func(args []cty.Value, t cty.Type) (cty.Value, error) {
		inputs, key := args[0], args[1].AsString()
		if inputs.Type().IsObjectType() {
			if inputs.Type().HasAttribute(key) {
				return inputs.GetAttr(key), nil
			}
		} else if inputs.HasIndex(args[1]).True() {
			return inputs.Index(args[1]), nil
		}
		if len(args) == 3 {
			return convert.Convert(args[2], t)
		}
		return cty.UnknownVal(t), fmt.Errorf("lookup failed to find key %q", key)
	},
})

// boolsFunction makes a function of a list of bools that ends with stop at the first element that is stop.
func boolsFunction(stop bool) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "list", Type: cty.List(cty.Bool)}},
		Type:   function.StaticReturnType(cty.Bool),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			known := true
			for it := args[0].ElementIterator(); it.Next(); {
				_, element := it.Element()
				switch {
				case !element.IsKnown():
					known = false
				case element.IsNull() && !stop, !element.IsNull() && element.True() == stop:
					return cty.BoolVal(stop), nil
				}
			}
			if !known {
				return cty.UnknownVal(cty.Bool), nil
			}
			return cty.BoolVal(!stop), nil
		},
	})
}

var (
	allTrueFunc = boolsFunction(false)
	anyTrueFunc = boolsFunction(true)
)

// containsFunc is the library's, which does not tell whether null is among elements of no type.
var containsFunc = function.New(&function.Spec{
	Params: stdlib.ContainsFunc.Params(),
	Type:   function.StaticReturnType(cty.Bool),
	Impl: func(args []cty.Value, t cty.Type) (cty.Value, error) {
		v, err := stdlib.ContainsFunc.Call(args)
		if err != nil || v.IsKnown() || !args[0].IsWhollyKnown() || !args[1].IsWhollyKnown() {
			return v, err
		}
		return cty.BoolVal(slices.ContainsFunc(args[0].AsValueSlice(), func(element cty.Value) bool {
			return args[1].IsNull() && element.IsNull() || element.RawEquals(args[1])
		})), nil
	},
})

const oneOrNone = "must be a list, set, or tuple value with either zero or one elements"

// oneFunc gives the only element of a list, or null where it is empty.
var oneFunc = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "list", Type: cty.DynamicPseudoType}},
	Type: func(args []cty.Value) (cty.Type, error) {
		t := args[0].Type()
		switch {
		case t.IsListType() || t.IsSetType():
			return t.ElementType(), nil
		case t.IsTupleType() && len(t.TupleElementTypes()) == 0:
			return cty.DynamicPseudoType, nil
		case t.IsTupleType() && len(t.TupleElementTypes()) == 1:
			return t.TupleElementTypes()[0], nil
		}
		return cty.NilType, function.NewArgErrorf(0, oneOrNone)
	},
	Impl: func(args []cty.Value, t cty.Type) (cty.Value, error) {
		switch args[0].LengthInt() {
		case 0:
			return cty.NullVal(t), nil
		case 1:
			it := args[0].ElementIterator()
			it.Next()
			_, element := it.Element()
			return element, nil
		}
		return cty.UnknownVal(t), function.NewArgErrorf(0, oneOrNone)
	},
})

// matchKeysFunc gives the elements of values at the places where keys has one of searchset.
var matchKeysFunc = function.New(&function.Spec{
	Params: []function.Parameter{
		{Name: "values", Type: cty.List(cty.DynamicPseudoType)},
		{Name: "keys", Type: cty.List(cty.DynamicPseudoType)},
		{Name: "searchset", Type: cty.List(cty.DynamicPseudoType)},
	},
	Type: func(args []cty.Value) (cty.Type, error) {
		if common, _ := convert.UnifyUnsafe([]cty.Type{args[1].Type(), args[2].Type()}); common == cty.NilType {
			return cty.NilType, errors.New("keys and searchset must be of the same type")
		}
		return args[0].Type(), nil
	},
	Impl: func(args []cty.Value, t cty.Type) (cty.Value, error) {
		if args[0].LengthInt() != args[1].LengthInt() {
			return cty.UnknownVal(t), errors.New("length of keys and values should be equal")
		}
		if !args[1].IsWhollyKnown() || !args[2].IsWhollyKnown() {
			return cty.UnknownVal(t), nil
		}
		common, conversions := convert.UnifyUnsafe([]cty.Type{args[1].Type(), args[2].Type()})
		for i, to := range conversions {
			if to == nil {
				continue
			}
			converted, err := convert.Convert(args[i+1], common)
			if err != nil {
				return cty.UnknownVal(t), err
			}
			args[i+1] = converted
		}
		searched := make(elements)
		for _, v := range args[2].AsValueSlice() {
			searched.add(v)
		}
		var found []cty.Value
		values := args[0].AsValueSlice()
		for i, key := range args[1].AsValueSlice() {
			if searched.has(key) {
				found = append(found, values[i])
			}
		}
		if len(found) == 0 {
			return cty.ListValEmpty(t.ElementType()), nil
		}
		return cty.ListVal(found), nil
	},
})

// distinctFunc leaves out the elements that stood in the list before. The library's own looks at every pair of them.
var distinctFunc = function.New(&function.Spec{
	Params: stdlib.DistinctFunc.Params(),
	Type:   func(args []cty.Value) (cty.Type, error) { return args[0].Type(), nil },
	Impl: func(args []cty.Value, t cty.Type) (cty.Value, error) {
		if !args[0].IsWhollyKnown() {
			return cty.UnknownVal(t), nil
		}
		seen := make(elements)
		var kept []cty.Value
		for it := args[0].ElementIterator(); it.Next(); {
			_, v := it.Element()
			if seen.add(v) {
				kept = append(kept, v)
			}
		}
		if len(kept) == 0 {
			return cty.ListValEmpty(t.ElementType()), nil
		}
		return cty.ListVal(kept), nil
	},
})

// elements are values that are wholly known, by their hash.
type elements map[int][]cty.Value

func (e elements) has(v cty.Value) bool { return slices.ContainsFunc(e[v.Hash()], v.RawEquals) }

// add reports whether v was not among the elements.
func (e elements) add(v cty.Value) bool {
	if e.has(v) {
		return false
	}
	e[v.Hash()] = append(e[v.Hash()], v)
	return true
}

// transposeFunc makes of a map of lists the map in which each element leads to the keys that it stood under.
var transposeFunc = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "values", Type: cty.Map(cty.List(cty.String))}},
	Type:   function.StaticReturnType(cty.Map(cty.List(cty.String))),
	Impl: func(args []cty.Value, t cty.Type) (cty.Value, error) {
		if !args[0].IsWhollyKnown() {
			return cty.UnknownVal(t), nil
		}
		under := make(map[string][]cty.Value)
		for it := args[0].ElementIterator(); it.Next(); {
			key, list := it.Element()
			if list.IsNull() {
				continue
			}
			for elements := list.ElementIterator(); elements.Next(); {
				_, element := elements.Element()
				if element.IsNull() {
					return cty.UnknownVal(t), function.NewArgErrorf(0, "the elements must not be null")
				}
				under[element.AsString()] = append(under[element.AsString()], key)
			}
		}
		lists := make(map[string]cty.Value, len(under))
		for element, keys := range under {
			lists[element] = cty.ListVal(keys)
		}
		if len(lists) == 0 {
			return cty.MapValEmpty(cty.List(cty.String)), nil
		}
		return cty.MapVal(lists), nil
	},
})
