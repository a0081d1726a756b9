package config

import (
	"strings"

	ctyyaml "github.com/zclconf/go-cty-yaml"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// yamlBound refuses YAML that is nested too deep, which its decoder would follow, and YAML whose aliases stand for too many values.
func yamlBound(args []cty.Value) error {
	text := args[0].AsString()
	if deepestYAML(text) > deepestValue {
		return function.NewArgError(0, errTooDeep)
	}
	t, err := ctyyaml.Standard.ImpliedType([]byte(text))
	if err != nil {
		return nil // the function says so
	}
	if count := 0; !countTypes(t, &count) {
		return function.NewArgError(0, errTooMany)
	}
	return nil
}

// deepestYAML gives a number that the text is not nested deeper than: a level takes an open bracket, or a column before what a line
// says.
func deepestYAML(text string) int {
	deepest, open := 0, 0
	for line := range strings.Lines(text) {
		column := len(line) - len(strings.TrimLeft(line, " \t-?:"))
		for _, c := range line {
			switch c {
			case '[', '{':
				open++
			case ']', '}':
				open = max(open-1, 0)
			}
			deepest = max(deepest, column+open)
		}
	}
	return deepest
}

// countTypes counts the values of a type, and reports whether there may be so many. Types share their parts.
func countTypes(t cty.Type, count *int) bool {
	if *count++; *count > mostValues {
		return false
	}
	switch {
	case t.IsTupleType():
		for _, element := range t.TupleElementTypes() {
			if !countTypes(element, count) {
				return false
			}
		}
	case t.IsObjectType():
		for _, attribute := range t.AttributeTypes() {
			if !countTypes(attribute, count) {
				return false
			}
		}
	}
	return true
}
