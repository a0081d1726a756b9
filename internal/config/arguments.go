package config

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/gocty"
)

// arguments evaluates the arguments of one block. A value that is absent, null, unknown or faulty reads as the one that the
// schema has for an argument that is left out, or as the zero value; only faults are reported.
type arguments struct {
	s       *scope
	of      blockType // of the block: limits, choices and defaults are those of the schema
	content *hcl.BodyContent
	local   names
	unknown bool // an argument that was asked for has a value that is not known

	undecided map[string]bool // arguments whose value is not known or faulty, of those that were asked for
}

// decided reports whether it is known what an argument, which was asked for before, is meant to be. Where it is not, nothing
// can be said of others that depend on it.
func (a *arguments) decided(name string) bool { return !a.undecided[name] }

func (a *arguments) leaveOpen(name string) {
	if a.undecided == nil {
		a.undecided = make(map[string]bool)
	}
	a.undecided[name] = true
}

// expr gives the expression of an argument, or nil.
func (a *arguments) expr(name string) hcl.Expression {
	if attr, ok := a.content.Attributes[name]; ok {
		return attr.Expr
	}
	return nil
}

// at gives the range of an argument's value.
func (a *arguments) at(name string) hcl.Range {
	return a.content.Attributes[name].Expr.Range()
}

// element gives the range of an element of an argument that is a list, where it is written out; else that of the list.
func (a *arguments) element(name string, i int) hcl.Range {
	if list, diags := hcl.ExprList(a.expr(name)); !diags.HasErrors() && i < len(list) {
		return list[i].Range()
	}
	return a.at(name)
}

func (a *arguments) fault(name, format string, values ...any) {
	a.leaveOpen(name)
	a.s.l.add(fault(a.at(name), "Invalid value for "+name, fmt.Sprintf(format, values...)))
}

// value gives an argument converted to a type; NilVal where there is none to go by. Unless secret, a value that is
// sensitive or ephemeral is a fault: it would be shown in plans and kept in them.
func (a *arguments) value(name string, want cty.Type, secret bool) cty.Value {
	v, ok := a.marked(name, want)
	if !ok {
		return cty.NilVal
	}
	if !secret && !a.s.open(v, a.at(name), name) {
		a.leaveOpen(name)
		return cty.NilVal
	}
	v = plain(v)
	if !v.IsWhollyKnown() {
		a.leaveOpen(name)
		a.unknown = true
		return cty.NilVal
	}
	if v.IsNull() {
		return cty.NilVal
	}
	return v
}

func (a *arguments) marked(name string, want cty.Type) (cty.Value, bool) {
	expr := a.expr(name)
	if expr == nil {
		return cty.NilVal, false
	}
	if !a.s.noRows(expr, name) {
		a.leaveOpen(name)
		return cty.NilVal, false
	}
	given := a.s.evaluate(expr, a.local)
	v, err := convert.Convert(given, want)
	if err != nil {
		where := ""
		if pathError, ok := err.(cty.PathError); ok && len(pathError.Path) > 0 {
			where = ": " + conversionFault(err, given.ContainsMarked())
		}
		a.fault(name, "The value of %s must be %s%s.", name, a.of.argument(name).takes.plainly(), where)
		return cty.NilVal, false
	}
	return v, true
}

// given reports whether an argument has a value to go by.
func (a *arguments) given(name string) bool {
	return a.value(name, a.of.argument(name).takes.constraint, false) != cty.NilVal
}

// fallback gives the value of an argument that is left out.
func fallback[T any](a *arguments, name string) T {
	value, _ := a.of.argument(name).value().(T)
	return value
}

func (a *arguments) text(name string) string {
	v := a.value(name, cty.String, false)
	if v == cty.NilVal {
		return fallback[string](a, name)
	}
	return v.AsString()
}

// secretText gives a text that may be sensitive or ephemeral.
func (a *arguments) secretText(name string) string {
	v := a.value(name, cty.String, true)
	if v == cty.NilVal {
		return ""
	}
	return v.AsString()
}

// required gives a text that must not be empty.
func (a *arguments) required(name string) string {
	v := a.value(name, cty.String, false)
	if v == cty.NilVal {
		if a.expr(name) != nil && !a.unknown {
			if val, ok := a.marked(name, cty.String); ok && val.IsKnown() && val.IsNull() {
				a.fault(name, "The value of %s is null.", name)
			}
		}
		return ""
	}
	if v.AsString() == "" {
		a.fault(name, "The value of %s is empty.", name)
	}
	return v.AsString()
}

func (a *arguments) flag(name string) bool {
	v := a.value(name, cty.Bool, false)
	if v == cty.NilVal {
		return fallback[bool](a, name)
	}
	return v.True()
}

// whole gives a whole number.
func (a *arguments) whole(name string) int {
	v := a.value(name, cty.Number, false)
	if v == cty.NilVal {
		return fallback[int](a, name)
	}
	n, accuracy := v.AsBigFloat().Int64()
	if limits := a.of.argument(name).takes; accuracy != big.Exact || float64(n) < limits.least || float64(n) > limits.most {
		a.fault(name, "The value of %s is %s.", name, limits.plainly())
		return fallback[int](a, name)
	}
	return int(n)
}

// number gives any number; ok is false where there is none to go by.
func (a *arguments) number(name string) (n float64, ok bool) {
	v := a.value(name, cty.Number, false)
	if v == cty.NilVal {
		return 0, false
	}
	n, _ = v.AsBigFloat().Float64()
	return n, true
}

// rate gives a number of recipients a second.
func (a *arguments) rate(name string) float64 {
	n, ok := a.number(name)
	if !ok {
		return fallback[float64](a, name)
	}
	if most := a.of.argument(name).takes.most; n <= 0 || n > most {
		a.fault(name, "The value of %s is a number of recipients a second: more than 0, at most %.0f.", name, most)
		return fallback[float64](a, name)
	}
	return n
}

// choice gives one of the choices.
func (a *arguments) choice(name string) string {
	v := a.value(name, cty.String, false)
	if v == cty.NilVal {
		return fallback[string](a, name)
	}
	if options := a.of.argument(name).takes.choices; !slices.Contains(options, v.AsString()) {
		a.fault(name, "The value of %s is one of %s.%s", name, quotedList(options), didYouMean(v.AsString(), options))
		return fallback[string](a, name)
	}
	return v.AsString()
}

// duration gives a length of time.
func (a *arguments) duration(name string) time.Duration {
	v := a.value(name, cty.String, false)
	if v == cty.NilVal {
		return fallback[time.Duration](a, name)
	}
	d, err := time.ParseDuration(v.AsString())
	limits := a.of.argument(name).takes
	least, most := time.Duration(limits.least), time.Duration(limits.most)
	if err != nil || d < least || d > most {
		a.fault(name, "The value of %s is a length of time such as \"30s\" or \"1h30m\", from %s to %s.", name, short(least), short(most))
		return fallback[time.Duration](a, name)
	}
	return d
}

// short gives a duration without the units that are zero: 24h, not 24h0m0s.
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// texts gives a list of strings; nil is none.
func (a *arguments) texts(name string) []string {
	v := a.value(name, cty.List(cty.String), false)
	if v == cty.NilVal {
		return nil
	}
	var list []string
	if err := gocty.FromCtyValue(v, &list); err != nil {
		a.fault(name, "The value of %s is a list of strings, none of them null.", name)
		return nil
	}
	return list
}

func quotedList(options []string) string {
	list := make([]string, len(options))
	for i, option := range options {
		list[i] = quoted(option)
	}
	return strings.Join(list, ", ")
}
