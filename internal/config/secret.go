package config

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// keepCredentials makes ephemeral what a credential comes from, directly, over locals or through functions: of the variables
// those that are sensitive, that hold the credential itself, or that a function makes it of; of the locals, the texts that
// hold it. So no saved plan holds a credential, and no output shows one, whatever its variable was declared as.
func (l *loader) keepCredentials(s *scope) {
	behind := origins{variables: make(map[string]bool), locals: make(map[string]bool)}
	for _, expr := range s.credentialExpressions() {
		s.trace(expr, false, behind)
		v := plain(s.evaluate(expr, nil))
		if v.Type() == cty.String && v.IsKnown() && !v.IsNull() && v.AsString() != "" {
			l.credentials = append(l.credentials, v.AsString())
			l.veil.hideText(v.AsString())
		}
	}
	l.credentialLocals = behind.locals
	for name, made := range behind.variables {
		v := s.declared.variables[name]
		if !v.ephemeral && (v.sensitive || holdsAny(v.value, l.credentials) || made && !piece(v.value, l.credentials)) {
			v.ephemeral = true
			v.value = v.value.Mark(ephemeral)
			l.veil.hide(v.value)
			l.veil.names[name] = true
			l.veil.spans = append(l.veil.spans, v.defaultAt)
		}
	}
	for name, made := range behind.locals {
		expr, v := s.declared.locals[name].Expr, s.value("local."+name)
		if len(expr.Variables()) == 0 && (holdsAny(v, l.credentials) || made && !piece(v, l.credentials)) {
			l.veil.spans = append(l.veil.spans, expr.Range())
		}
	}
}

// concealed gives the value of a local, ephemeral where it is, or makes, a credential.
func (l *loader) concealed(name string, v cty.Value) cty.Value {
	made, behind := l.credentialLocals[name]
	switch {
	case !behind:
		return v
	case made && !holdsAny(v, l.credentials) && !piece(v, l.credentials):
		return v.Mark(ephemeral)
	}
	concealed, err := cty.Transform(v, func(_ cty.Path, part cty.Value) (cty.Value, error) {
		if part.Type() == cty.String && holdsAny(part, l.credentials) {
			return part.Mark(ephemeral), nil
		}
		return part, nil
	})
	if err != nil {
		return v.Mark(ephemeral)
	}
	return concealed
}

// credentialExpressions gives the arguments that hold credentials.
func (s *scope) credentialExpressions() []hcl.Expression {
	var exprs []hcl.Expression
	secret := func(body hcl.Body) {
		var schema hcl.BodySchema
		for _, name := range secretArguments {
			schema.Attributes = append(schema.Attributes, hcl.AttributeSchema{Name: name})
		}
		attrs, _, _ := body.PartialContent(&schema)
		for _, name := range secretArguments {
			if attr, ok := attrs.Attributes[name]; ok {
				exprs = append(exprs, attr.Expr)
			}
		}
	}
	for _, b := range s.declared.gateways {
		secret(b.Body)
	}
	for _, b := range s.declared.smsplan {
		for _, nested := range b.content.Blocks {
			secret(nested.Body)
		}
	}
	return exprs
}

// origins are the variables and locals that credentials come from; true for those that a function makes them of.
type origins struct{ variables, locals map[string]bool }

// trace collects what an expression refers to, directly or over locals. made says that a function takes its value.
func (s *scope) trace(expr hcl.Expression, made bool, found origins) {
	taken := takenByFunctions(expr)
	for _, t := range expr.Variables() {
		if len(t) < 2 {
			continue
		}
		name, ok := stepName(t[1])
		if !ok {
			continue
		}
		made := made || taken[t.SourceRange()]
		switch t.RootName() {
		case "var":
			if _, ok := s.declared.variables[name]; ok {
				found.variables[name] = found.variables[name] || made
			}
		case "local":
			attr, ok := s.declared.locals[name]
			if before, seen := found.locals[name]; ok && (!seen || made && !before) {
				found.locals[name] = made
				s.trace(attr.Expr, made, found)
			}
		}
	}
}

// takenByFunctions gives the places of the references that a function makes its value of. What only chooses between values
// is not among them: a key, a condition.
func takenByFunctions(expr hcl.Expression) map[hcl.Range]bool {
	node, native := expr.(hclsyntax.Expression)
	if !native {
		return nil
	}
	w := &functionWalker{taken: make(map[hcl.Range]bool), choosing: make(map[hclsyntax.Expression]bool)}
	_ = hclsyntax.Walk(node, w)
	return w.taken
}

type functionWalker struct {
	taken    map[hcl.Range]bool
	choosing map[hclsyntax.Expression]bool // what chooses between values
	calls    int                           // depth of function calls
	chosen   int                           // depth of what chooses
}

func (w *functionWalker) Enter(n hclsyntax.Node) hcl.Diagnostics {
	if expr, ok := n.(hclsyntax.Expression); ok && w.choosing[expr] {
		w.chosen++
	}
	switch n := n.(type) {
	case *hclsyntax.FunctionCallExpr:
		w.calls++
		if n.Name == "lookup" || n.Name == "element" {
			for _, arg := range n.Args[min(1, len(n.Args)):] {
				w.choosing[arg] = true
			}
		}
	case *hclsyntax.IndexExpr:
		w.choosing[n.Key] = true
	case *hclsyntax.ConditionalExpr:
		w.choosing[n.Condition] = true
	case *hclsyntax.ScopeTraversalExpr:
		if w.calls > 0 && w.chosen == 0 {
			w.taken[n.Traversal.SourceRange()] = true
		}
	}
	return nil
}

func (w *functionWalker) Exit(n hclsyntax.Node) hcl.Diagnostics {
	if expr, ok := n.(hclsyntax.Expression); ok && w.choosing[expr] {
		w.chosen--
	}
	if _, ok := n.(*hclsyntax.FunctionCallExpr); ok {
		w.calls--
	}
	return nil
}

// holdsAny reports whether a string in val contains one of the secrets.
func holdsAny(val cty.Value, secrets []string) bool {
	found := false
	_ = cty.Walk(plain(val), func(_ cty.Path, part cty.Value) (bool, error) {
		if part.Type() == cty.String && part.IsKnown() && !part.IsNull() {
			found = found || slices.ContainsFunc(secrets, func(secret string) bool { return strings.Contains(part.AsString(), secret) })
		}
		return !found, nil
	})
	return found
}

// piece reports whether val is a string that stands as it is in one of the secrets.
func piece(val cty.Value, secrets []string) bool {
	v := plain(val)
	return v.Type() == cty.String && v.IsKnown() && !v.IsNull() &&
		slices.ContainsFunc(secrets, func(secret string) bool { return strings.Contains(secret, v.AsString()) })
}
