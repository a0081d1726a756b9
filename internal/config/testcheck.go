package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// Check reports what is wrong with the tests of a file whatever their runs come to: names that the configuration does not
// have. The configuration may have been loaded without values.
func (f *TestFile) Check(c *Config) Diagnostics {
	s := c.scope
	if s == nil {
		return Diagnostics{}
	}
	before := s.l.diags
	s.l.diags = nil
	s.l.files[f.Name] = f.source
	defer func() { s.l.diags = before }()
	outputs := make(map[string]cty.Value)
	for name := range s.declared.outputs {
		outputs[name] = cty.DynamicVal
	}
	earlier := make(map[string]cty.Value)
	s.l.checkVariables(s.declared, f.variables, nil)
	for _, r := range f.Runs {
		s.l.checkVariables(s.declared, r.variables, map[string]cty.Value{"var": s.fileVariables(f), "run": cty.ObjectVal(earlier)})
		s.l.checkRefusers(s.declared, r)
		came := &Results{}
		if r.Apply {
			came.Summary = &SummaryResult{}
		}
		local := came.names(false)
		local["message"], local["output"], local["run"] = s.messageResults(nil), cty.ObjectVal(outputs), cty.ObjectVal(earlier)
		for _, b := range r.asserts {
			for _, name := range []string{"condition", "error_message"} {
				expr := b.content.Attributes[name].Expr
				if s.assertReferences(expr, local) {
					s.contextFor(expr, local)
				} else {
					s.knownFunctions(expr)
				}
			}
		}
		earlier[r.Name] = cty.ObjectVal(outputs)
	}
	return s.l.show(s.l.diags)
}

func (s *scope) fileVariables(f *TestFile) cty.Value {
	values := make(map[string]cty.Value)
	for name := range f.variables {
		values[name] = cty.DynamicVal
	}
	return cty.ObjectVal(values)
}

// checkVariables reports values for variables that there are not, and what the values refer to and cannot.
func (l *loader) checkVariables(d *declarations, attrs hcl.Attributes, known map[string]cty.Value) (sound []string) {
	for _, name := range slices.Sorted(maps.Keys(attrs)) {
		attr := attrs[name]
		if _, ok := d.variables[name]; !ok {
			l.veil.spans = append(l.veil.spans, attr.Expr.Range())
			l.add(fault(attr.NameRange, "Value for an undeclared variable",
				fmt.Sprintf("The configuration has no variable block named %s.%s", quoted(name), didYouMean(name, d.named("var").names()))))
			continue
		}
		if l.testReferences(attr.Expr, known) {
			sound = append(sound, name)
		}
	}
	return sound
}

// checkRefusers reports what a run expects to refuse, or allows to be exceeded, and there is not.
func (l *loader) checkRefusers(d *declarations, r *TestRun) {
	for _, e := range slices.Concat(r.expected, r.allowed) {
		block, _ := SplitAddress(e.address)
		kind, name, _ := strings.Cut(block, ".")
		declared := d.named(kind)
		if declared.has(name) {
			continue
		}
		names := declared.names()
		detail := fmt.Sprintf("There is no %s.", e.address)
		if suggestion := didYouMean(name, names); suggestion != "" {
			detail += suggestion
		} else if len(names) > 0 {
			detail += fmt.Sprintf(" There is %s.%s.", kind, strings.Join(names, ", "+kind+"."))
		}
		l.add(fault(e.at, "Reference to something undeclared", detail))
	}
}
