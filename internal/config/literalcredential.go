package config

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// A credential that stands in the configuration is wherever the configuration is: in version control, say.

// writtenOut warns of a credential whose value stands in the configuration: in its place, in a local, or as the default of a
// variable that was given no other value. variable is what to take it from, instead the environment variable that
// it may come from without any.
func (s *scope) writtenOut(a *arguments, name, variable, instead string) {
	expr := a.expr(name)
	if expr == nil || s.l.options.Scope != ScopeAll && s.l.options.Scope != ScopeValidate {
		return
	}
	v := plain(s.evaluateQuietly(expr))
	if v.Type() != cty.String || !v.IsKnown() || v.IsNull() || v.AsString() == "" {
		return
	}
	behind := origins{variables: make(map[string]bool), locals: make(map[string]bool)}
	s.trace(expr, false, behind)
	if s.readsFiles(expr) || slices.ContainsFunc(slices.Sorted(maps.Keys(behind.locals)), func(local string) bool { return s.readsFiles(s.declared.locals[local].Expr) }) {
		return
	}
	if len(behind.variables) == 0 {
		for s.declared.variables[variable] != nil {
			variable = "smsplan_" + variable
		}
		s.l.add(warning(expr.Range(), "Credential in the configuration", fmt.Sprintf(
			"Whoever has the configuration has this %s. Take it out, and set %s in the environment; or write %s = var.%s, with\n\n%s\n\nand give it with %s%s.",
			name, instead, name, variable, ephemeralVariable(variable), environPrefix, variable)))
		return
	}
	for _, origin := range slices.Sorted(maps.Keys(behind.variables)) {
		// A variable that only chooses between credentials holds none.
		if from := s.declared.variables[origin]; from.defaulted && (behind.variables[origin] || holdsAny(from.def, []string{v.AsString()})) {
			write := "Take the default out and write ephemeral = true"
			if from.def.Type() == cty.String {
				write = "Write\n\n" + ephemeralVariable(origin) + "\n\nin its place"
			}
			s.l.add(warning(from.defaultAt, "Credential in the configuration", fmt.Sprintf(
				"Whoever has the configuration has the %s in this default. %s, and give the value with %s%s.", name, write, environPrefix, origin)))
		}
	}
}

// ephemeralVariable declares a variable for a credential.
func ephemeralVariable(name string) string {
	return "  variable " + quoted(name) + " {\n    type      = string\n    ephemeral = true\n  }"
}

// evaluateQuietly gives the value of an expression whose faults are reported elsewhere.
func (s *scope) evaluateQuietly(expr hcl.Expression) cty.Value {
	before := s.l.diags
	defer func() { s.l.diags = before }()
	return s.evaluate(expr, nil)
}

// readsFiles reports whether an expression calls a function that reads a file: what it gives stands elsewhere.
func (s *scope) readsFiles(expr hcl.Expression) bool {
	node, native := expr.(hclsyntax.Expression)
	reads := false
	if native {
		_ = hclsyntax.VisitAll(node, func(n hclsyntax.Node) hcl.Diagnostics {
			call, ok := n.(*hclsyntax.FunctionCallExpr)
			reads = reads || ok && slices.Contains([]string{"file", "filebase64", "templatefile"}, called(call))
			return nil
		})
	}
	return reads
}
