package config

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// variable is a variable block and the value that it has got.
type variable struct {
	name        string
	constraint  cty.Type // may have optional attributes
	defaults    *typeexpr.Defaults
	literal     bool      // text from the environment and from -var is taken as it is
	def         cty.Value // NilVal where a value is required
	nullable    bool
	sensitive   bool
	ephemeral   bool
	faulty      bool // the block was not understood: a value is not judged
	unsure      bool // a fault may have swallowed that it is sensitive
	idle        bool // only what a test leaves out comes from it, so it needs no value
	validations []*block
	declared    hcl.Range
	defaultAt   hcl.Range // where there is one
	defaulted   bool      // no other value was given

	value cty.Value // converted; marked
}

// declareVariable reads a variable block. Its arguments are constants.
func (l *loader) declareVariable(name string, b *block) *variable {
	v := &variable{name: name, constraint: cty.DynamicPseudoType, literal: true, def: cty.NilVal, declared: b.DefRange}
	before := len(l.diags)
	attrs := b.content.Attributes
	if attr, ok := attrs["type"]; ok {
		constraint, defaults, diags := typeConstraint(attr.Expr)
		l.add(diags...)
		if !diags.HasErrors() {
			v.constraint, v.defaults = constraint, defaults
			v.literal = constraint.IsPrimitiveType()
		}
	}
	l.constant(b.content, variableBlock.argument("description"))
	v.nullable = l.constantFlag(b.content, variableBlock.argument("nullable"))
	v.sensitive = l.constantFlag(b.content, variableBlock.argument("sensitive"))
	v.ephemeral = l.constantFlag(b.content, variableBlock.argument("ephemeral"))
	v.unsure = l.partial || hcl.Diagnostics(l.diags[before:]).HasErrors()
	if attr, ok := attrs["default"]; ok {
		v.defaultAt = attr.Expr.Range()
		if val, ok := l.literal(attr); ok {
			v.def = l.convert(v, val, attr.Expr.Range(), "default value")
		}
	}
	v.faulty = hcl.Diagnostics(l.diags[before:]).HasErrors()
	if v.secret() {
		l.veil.names[name] = true
		if attr, ok := attrs["default"]; ok {
			l.veil.spans = append(l.veil.spans, attr.Expr.Range())
		}
	}
	for _, nested := range b.content.Blocks {
		content, diags := variableBlock.blocks[nested.Type].read(nested.Body, "a "+nested.Type+" block")
		l.add(diags...)
		v.validations = append(v.validations, &block{nested, content})
	}
	return v
}

// secret reports whether the value must not be shown.
func (v *variable) secret() bool { return v.sensitive || v.ephemeral || v.unsure }

// literal evaluates the value of an argument that may refer to nothing. ok is false for one that is faulty.
func (l *loader) literal(attr *hcl.Attribute) (val cty.Value, ok bool) {
	val, diags := attr.Expr.Value(nil)
	if diags.HasErrors() && (len(attr.Expr.Variables()) > 0 || calls(attr.Expr)) {
		diags = hcl.Diagnostics{fault(attr.Expr.Range(), "Not a constant", fmt.Sprintf(
			"The value of %s is read before anything else has a value, so it refers to nothing and calls no function. Write it out; a text stands in quotes.", attr.Name))}
	}
	l.add(diags...)
	return val, !diags.HasErrors()
}

// calls reports whether an expression calls a function.
func calls(expr hcl.Expression) (found bool) {
	if node, native := expr.(hclsyntax.Expression); native {
		_ = hclsyntax.VisitAll(node, func(n hclsyntax.Node) hcl.Diagnostics {
			_, call := n.(*hclsyntax.FunctionCallExpr)
			found = found || call
			return nil
		})
	}
	return found
}

// constant gives the value of an argument that may refer to nothing. NilVal is none, or a faulty one.
func (l *loader) constant(content *hcl.BodyContent, of argument) cty.Value {
	attr := content.Attributes[of.name]
	if attr == nil {
		return cty.NilVal
	}
	val, ok := l.literal(attr)
	if !ok || !val.IsKnown() { // unknown where the expression does not parse, which is reported already
		return cty.NilVal
	}
	val, err := convert.Convert(val, of.takes.constraint)
	if err != nil || val.IsNull() {
		l.add(fault(attr.Expr.Range(), "Invalid value for "+of.name, fmt.Sprintf("The value of %s must be %s.", of.name, of.takes.plainly())))
		return cty.NilVal
	}
	return val
}

// constantFlag gives true or false.
func (l *loader) constantFlag(content *hcl.BodyContent, of argument) bool {
	if val := l.constant(content, of); val != cty.NilVal {
		return val.True()
	}
	return of.value().(bool)
}

// typeConstraint reads the type of a variable.
func typeConstraint(expr hcl.Expression) (cty.Type, *typeexpr.Defaults, hcl.Diagnostics) {
	constraint, defaults, diags := typeexpr.TypeConstraintWithDefaults(expr)
	if text, quoted := expr.Value(nil); diags.HasErrors() && !isJSON(expr) && !quoted.HasErrors() && text.Type() == cty.String && text.IsKnown() && !text.IsNull() {
		return constraint, defaults, hcl.Diagnostics{fault(expr.Range(), "Invalid type", fmt.Sprintf("A type stands without quotes: type = %s.", text.AsString()))}
	}
	for _, diag := range diags {
		diag.Summary = "Invalid type"
		diag.Detail += didYouMean(hcl.ExprAsKeyword(expr), []string{"string", "number", "bool", "any"}) +
			" The types are string, number, bool, any, list(TYPE), set(TYPE), map(TYPE), tuple([TYPE, ...]) and object({ NAME = TYPE, ... })."
	}
	return constraint, defaults, diags
}

// convert gives a value the type of its variable. NilVal is a value that does not fit, which is then reported.
func (l *loader) convert(v *variable, val cty.Value, at hcl.Range, what string) cty.Value {
	if v.defaults != nil && !val.IsNull() {
		val = v.defaults.Apply(val)
	}
	val, err := convert.Convert(val, v.constraint)
	if err != nil {
		l.add(fault(at, "Invalid value for variable", fmt.Sprintf("The %s of var.%s does not fit its type: %s.", what, v.name, conversionFault(err, v.secret()))))
		return cty.NilVal
	}
	if outsized(val) {
		l.add(fault(at, "Invalid value for variable", fmt.Sprintf("The %s of var.%s has a number that is too large, or too close to nought.", what, v.name)))
		return cty.NilVal
	}
	return val
}

// outsized reports whether a value has a number in it that is infinite, which a saved plan has no form for, or has more digits
// than can be worked with: a text that becomes a number, "1p999999999", has no literal in it that [unworkable] could see.
func outsized(val cty.Value) (found bool) {
	const bits = 1100 // a little more than ten to the power of largestExponent takes
	_ = cty.Walk(plain(val), func(_ cty.Path, part cty.Value) (bool, error) {
		if part.Type() == cty.Number && part.IsKnown() && !part.IsNull() {
			n := part.AsBigFloat()
			found = found || n.IsInf() || n.MantExp(nil) > bits || n.MantExp(nil) < -bits
		}
		return true, nil
	})
	return found
}

// conversionFault says where in a value the conversion failed. The keys of a secret one are secret too.
func conversionFault(err error, secret bool) string {
	pathError, ok := err.(cty.PathError)
	if !ok || len(pathError.Path) == 0 {
		return err.Error()
	}
	var at strings.Builder
	for _, step := range pathError.Path {
		switch step := step.(type) {
		case cty.GetAttrStep:
			at.WriteString("." + step.Name)
		case cty.IndexStep:
			switch {
			case secret, !step.Key.IsKnown() || step.Key.IsNull() || step.Key.IsMarked():
				at.WriteString("[...]")
			case step.Key.Type() == cty.String:
				at.WriteString("[" + quoted(step.Key.AsString()) + "]")
			case step.Key.Type() == cty.Number:
				at.WriteString("[" + step.Key.AsBigFloat().Text('f', -1) + "]")
			}
		}
	}
	return strings.TrimPrefix(at.String(), ".") + ": " + err.Error()
}

// give sets the value of a variable: the default where none was given, unknown where there is none at all.
func (l *loader) give(v *variable, given cty.Value, at hcl.Range) {
	switch {
	case v.faulty:
		v.value = cty.DynamicVal
	case given == cty.NilVal && v.def == cty.NilVal:
		v.value = cty.UnknownVal(v.constraint.WithoutOptionalAttributesDeep())
		if !v.ephemeral && !v.idle && !l.partial && (l.options.Scope == ScopeAll || l.options.Scope == ScopeSend) {
			l.add(fault(v.declared, "No value for a required variable", fmt.Sprintf(
				"var.%s has no default and was given no value. Give it one with -var '%s=...', in a file smsplan.smsvars.hcl, or in the environment as %s%s.",
				v.name, v.name, environPrefix, v.name)))
		}
	case given == cty.NilVal:
		v.value, v.defaulted = v.def, true
	default:
		v.value = l.convert(v, given, at, "value")
		if v.value == cty.NilVal {
			v.value = cty.UnknownVal(v.constraint.WithoutOptionalAttributesDeep())
		}
	}
	if v.value.IsNull() && !v.nullable {
		if v.def != cty.NilVal && !v.def.IsNull() {
			v.value = v.def
		} else {
			l.add(fault(v.declared, "Null value for a variable", fmt.Sprintf("var.%s is not nullable, and its value is null. Give it a value, or take nullable = false out.", v.name)))
			v.value = cty.UnknownVal(v.constraint.WithoutOptionalAttributesDeep())
		}
	}
	if v.secret() {
		l.veil.hide(v.value)
	}
	if v.sensitive {
		v.value = v.value.Mark(sensitive)
	}
	if v.ephemeral {
		v.value = v.value.Mark(ephemeral)
	}
}

// keptValue is a variable's value in a saved plan.
type keptValue struct {
	Value json.RawMessage `json:"value"`
	Type  json.RawMessage `json:"type"`
}

// keptValues gives the values that a saved plan keeps.
func (d *declarations) keptValues() map[string]json.RawMessage {
	kept := make(map[string]json.RawMessage)
	for name, v := range d.variables {
		val := plain(v.value)
		if v.ephemeral || !val.IsWhollyKnown() {
			continue
		}
		value, err := ctyjson.Marshal(val, val.Type())
		if err != nil {
			continue
		}
		typ, err := ctyjson.MarshalType(val.Type())
		if err != nil {
			continue
		}
		kept[name], _ = json.Marshal(keptValue{value, typ})
	}
	return kept
}

// validateVariables holds each variable against its validation blocks. A value that fails is unknown from then on, so
// that nothing else complains of it.
func (s *scope) validateVariables() {
	var failed []*variable
	for _, name := range slices.Sorted(maps.Keys(s.declared.variables)) {
		v := s.declared.variables[name]
		for _, b := range v.validations {
			if !s.validate(v, b) {
				failed = append(failed, v)
			}
		}
	}
	for _, v := range failed {
		v.value = cty.UnknownVal(plain(v.value).Type()).WithSameMarks(v.value)
	}
	if len(failed) > 0 {
		s.forget()
	}
}

func (s *scope) validate(v *variable, b *block) bool {
	condition, message := b.content.Attributes["condition"], b.content.Attributes["error_message"]
	if condition == nil || message == nil || v.faulty {
		return true
	}
	if !slices.ContainsFunc(condition.Expr.Variables(), func(t hcl.Traversal) bool {
		name, ok := variableNamed(t)
		return ok && name == v.name
	}) {
		s.l.add(fault(condition.Expr.Range(), "Invalid validation", fmt.Sprintf("The condition of var.%s must refer to var.%s.", v.name, v.name)))
		return true
	}
	holds, err := convert.Convert(plain(s.evaluate(condition.Expr, nil)), cty.Bool)
	if err != nil || holds.IsNull() {
		s.l.add(fault(condition.Expr.Range(), "Invalid validation", "The condition must be true or false."))
		return true
	}
	if !holds.IsKnown() || holds.True() {
		return true
	}
	detail := s.complaint(message.Expr, nil, "The value is not valid.")
	diag := fault(condition.Expr.Range(), "Invalid value for variable", fmt.Sprintf("%s\n\nThis was checked by the validation of var.%s.", detail, v.name))
	diag.Extra = refused{"var." + v.name}
	s.l.add(diag)
	return false
}
