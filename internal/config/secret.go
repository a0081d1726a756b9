package config

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// keepCredentials makes variables ephemeral that a credential comes from: those that the credential arguments name,
// directly or over locals, and that are sensitive or hold the credential itself. So no saved plan holds a credential,
// whatever its variable was declared as.
func (l *loader) keepCredentials(s *scope) {
	behind := make(map[string]bool)
	var secrets []string
	for _, expr := range s.credentialExpressions() {
		s.variablesBehind(expr, behind, make(map[string]bool))
		v := plain(s.evaluate(expr, nil))
		if v.Type() == cty.String && v.IsKnown() && !v.IsNull() && v.AsString() != "" {
			secrets = append(secrets, v.AsString())
			l.veil.hideText(v.AsString())
		}
	}
	for name := range behind {
		v := s.declared.variables[name]
		if !v.ephemeral && (v.sensitive || holdsAny(v.value, secrets)) {
			v.ephemeral = true
			v.value = v.value.Mark(ephemeral)
		}
	}
}

// credentialExpressions gives the arguments that hold credentials.
func (s *scope) credentialExpressions() []hcl.Expression {
	var exprs []hcl.Expression
	secret := func(body hcl.Body) {
		attrs, _, _ := body.PartialContent(&hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "user"}, {Name: "password"}, {Name: "key"}}})
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

// variablesBehind collects the variables that an expression refers to, directly or over locals.
func (s *scope) variablesBehind(expr hcl.Expression, found, seen map[string]bool) {
	for _, t := range expr.Variables() {
		if len(t) < 2 {
			continue
		}
		name, ok := stepName(t[1])
		if !ok {
			continue
		}
		switch t.RootName() {
		case "var":
			if _, ok := s.declared.variables[name]; ok {
				found[name] = true
			}
		case "local":
			if attr, ok := s.declared.locals[name]; ok && !seen[name] {
				seen[name] = true
				s.variablesBehind(attr.Expr, found, seen)
			}
		}
	}
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
