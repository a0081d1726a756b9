package config

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// scope evaluates a configuration. Each named thing (local.x, recipients.y, message.z) gets its value when something
// first asks for it, after all that it refers to. What has a fault is unknown and was reported once.
type scope struct {
	ctx       context.Context
	l         *loader
	config    *Config
	declared  *declarations
	functions map[string]function.Function

	values   map[string]cty.Value // by address
	asking   []string             // addresses under evaluation, each asked for by the one before
	cyclic   map[string]bool      // addresses on a cycle
	sets     map[string]*Set      // by name; nil where it could not be resolved
	related  map[string]relations // of the sets
	tables   map[string][]*table  // of the sets, also of those that could not be resolved, where their columns are known
	messages map[string][]*Message
	tariff   *Tariff           // nil where there is none, or it is not known; see readTariff
	unpriced map[string]int    // people of messages by region, where the tariff has no price
	binding  string            // of the gateway; "" where it is not known
	shown    map[string][]byte // sources of files, with what must not be shown covered
}

func newScope(ctx context.Context, l *loader, c *Config, d *declarations) *scope {
	s := &scope{ctx: ctx, l: l, config: c, declared: d, shown: make(map[string][]byte)}
	boundOperators()
	s.functions = functionsFor(confinement{dir: c.Dir, allowed: l.options.AllowPaths})
	s.forget()
	return s
}

// forget drops all values, as if nothing had asked for them.
func (s *scope) forget() {
	s.values, s.cyclic = make(map[string]cty.Value), make(map[string]bool)
	s.sets, s.related, s.messages = make(map[string]*Set), make(map[string]relations), make(map[string][]*Message)
	s.tables = make(map[string][]*table)
	s.tariff, s.unpriced = nil, make(map[string]int)
}

// names are values that an expression may refer to beside what every expression may: each, self.
type names map[string]cty.Value

// evaluate gives the value of an expression. Faults are reported; the value is unknown then.
func (s *scope) evaluate(expr hcl.Expression, local names) cty.Value {
	ctx, ok := s.contextFor(expr, local)
	if !ok {
		return cty.DynamicVal
	}
	v, diags := valueOf(expr, ctx)
	s.l.add(diags...)
	if diags.HasErrors() {
		return cty.DynamicVal
	}
	return v
}

// contextFor makes the context for an expression, with everything that it refers to. It never changes afterwards, so
// goroutines may share it. ok is false where the expression refers to something that is not there.
func (s *scope) contextFor(expr hcl.Expression, local names) (*hcl.EvalContext, bool) {
	ok := s.knownFunctions(expr)
	wanted := make(map[string]map[string]cty.Value)
	vars := make(map[string]cty.Value)
	for _, t := range expr.Variables() {
		rootName := t.RootName()
		if _, given := local[rootName]; given || rootName == rowRoot {
			continue
		}
		switch rootName {
		case "var", "local", "recipients", "message":
			names, diag := s.referred(t)
			if diag != nil {
				s.l.add(diag)
				ok = false
				continue
			}
			if diag := s.unknownAttribute(t); diag != nil {
				s.l.add(diag)
				ok = false
				continue
			}
			if wanted[rootName] == nil {
				wanted[rootName] = make(map[string]cty.Value)
			}
			for _, name := range names {
				wanted[rootName][name] = s.value(rootName + "." + name)
			}
			vars[rootName] = cty.DynamicVal
		case "path", "smsplan":
			if _, diag := s.referred(t); diag != nil {
				s.l.add(diag)
				ok = false
				continue
			}
			vars[rootName] = s.surroundings()[rootName]
		default:
			s.l.add(s.unknownRoot(t, local))
			ok = false
		}
	}
	for rootName := range vars {
		if attrs, of := wanted[rootName]; of {
			vars[rootName] = cty.ObjectVal(attrs)
		}
	}
	maps.Copy(vars, local)
	return &hcl.EvalContext{Variables: vars, Functions: s.functions}, ok
}

// rowRoot is what expressions about rows refer to the row by.
const rowRoot = "recipient"

func (s *scope) surroundings() map[string]cty.Value {
	return map[string]cty.Value{
		"path":    cty.ObjectVal(map[string]cty.Value{"module": cty.StringVal(".")}),
		"smsplan": cty.ObjectVal(map[string]cty.Value{"workspace": cty.StringVal(s.config.Workspace)}),
	}
}

// referred gives the names that a traversal may mean: one, or all where it is computed, which only recipients allow.
func (s *scope) referred(t hcl.Traversal) ([]string, *hcl.Diagnostic) {
	known := s.namedUnder(t.RootName())
	if len(t) > 1 {
		if name, ok := stepName(t[1]); ok {
			if known.has(name) {
				return []string{name}, nil
			}
			return nil, undeclared(t, name, known.names())
		}
	}
	if t.RootName() == "recipients" || t.RootName() == "message" {
		return known.names(), nil
	}
	return nil, fault(t.SourceRange(), "Incomplete reference", fmt.Sprintf("%s is not a value by itself. Name one of its values: %s.NAME.", t.RootName(), t.RootName()))
}

// namedUnder gives what references of a kind may go on with.
func (s *scope) namedUnder(rootName string) named {
	switch rootName {
	case "path", "smsplan":
		return byName[cty.Value](s.surroundings()[rootName].AsValueMap())
	default:
		return s.declared.named(rootName)
	}
}

// unknownAttribute reports a name after recipients.NAME, message.NAME or message.NAME["key"] that none of them has.
func (s *scope) unknownAttribute(t hcl.Traversal) *hcl.Diagnostic {
	if len(t) < 3 || t.RootName() != "recipients" && t.RootName() != "message" {
		return nil
	}
	types, what, step := setType.AttributeTypes(), "A recipient set", 2
	if t.RootName() == "message" {
		types, what = messageType, "A message"
		if d := s.misplacedKey(t); d != nil {
			return d
		}
		if s.repeated(t) {
			step = 3
		}
	}
	if len(t) <= step {
		return nil
	}
	name, ok := stepName(t[step])
	if _, known := types[name]; !ok || known {
		return nil
	}
	known := slices.Sorted(maps.Keys(types))
	at := hcl.RangeBetween(t[0].SourceRange(), t[step].SourceRange())
	return fault(at, "Unsupported attribute", fmt.Sprintf("%s has no attribute %s. It has %s.%s", what, quoted(name), strings.Join(known, ", "), didYouMean(name, known)))
}

// misplacedKey reports an attribute of a message with for_each that is read without a key, and a key where there is no
// for_each.
func (s *scope) misplacedKey(t hcl.Traversal) *hcl.Diagnostic {
	address, ok := stepName(t[1])
	if !ok {
		return nil
	}
	address = "message." + address
	at := hcl.RangeBetween(t[0].SourceRange(), t[2].SourceRange())
	name, isName := stepName(t[2])
	_, isAttribute := messageType[name]
	_, isIndex := t[2].(hcl.TraverseIndex)
	switch {
	case s.repeated(t) && !isIndex && isAttribute && len(t) == 3:
		return fault(at, "Missing key", fmt.Sprintf("%s has for_each, so %s belongs to each of its instances. Name one, as in %s[%s].%s, or take them all: [for m in %s : m.%s].",
			address, name, address, quoted("KEY"), name, address, name))
	case !s.repeated(t) && isIndex && !(isName && isAttribute):
		return fault(at, "Unexpected key", fmt.Sprintf("%s has no for_each, so there is one of it only, without a key. Write %s.", address, address))
	}
	return nil
}

// repeated says whether the message that a traversal names has for_each.
func (s *scope) repeated(t hcl.Traversal) bool {
	name, ok := stepName(t[1])
	return ok && s.declared.messages[name].content.Attributes["for_each"] != nil
}

// declarationOf says how each kind of name is declared.
var declarationOf = map[string]string{
	"var":        `a block variable %s { ... }`,
	"local":      `%s = ... in a locals block`,
	"recipients": `a block recipients %s { ... }`,
	"message":    `a block message %s { ... }`,
}

func undeclared(t hcl.Traversal, name string, known []string) *hcl.Diagnostic {
	label := quoted(name)
	if t.RootName() == "local" {
		label = name
	}
	detail := fmt.Sprintf("There is no %s.%s.", t.RootName(), name)
	if suggestion := didYouMean(name, known); suggestion != "" {
		detail += suggestion
	} else if declaration, ok := declarationOf[t.RootName()]; ok {
		detail += " Declare it with " + fmt.Sprintf(declaration, label) + "."
	} else {
		detail += fmt.Sprintf(" There is %s.%s.", t.RootName(), strings.Join(known, ", "))
	}
	at := hcl.RangeBetween(t[0].SourceRange(), t[1].SourceRange())
	return fault(at, "Reference to something undeclared", detail)
}

// unknownRoot says that a name means nothing where it stands, and what was perhaps meant.
func (s *scope) unknownRoot(t hcl.Traversal, local names) *hcl.Diagnostic {
	name, at := t.RootName(), t[0].SourceRange()
	switch name {
	case "each":
		return fault(at, "Unknown name", "each is known only in a message that has for_each.")
	case "self":
		return fault(at, "Unknown name", "self is known only in a precondition: the message that it belongs to. Elsewhere a message is message.NAME.")
	case "count":
		return fault(at, "Unknown name", "There is no count in smsplan. A message with for_each has each.key and each.value.")
	case "data", "module", "terraform":
		return fault(at, "Unknown name", fmt.Sprintf("There is no %s in smsplan. %s", name, root.foreign[name]))
	}
	for _, rootName := range []string{"local", "var", "recipients", "message"} {
		if s.namedUnder(rootName).has(name) {
			return fault(at, "Unknown name", fmt.Sprintf("There is no name %s. Did you mean %s.%s?", quoted(name), rootName, name))
		}
	}
	for _, tables := range s.tables {
		if slices.ContainsFunc(tables, func(t *table) bool { return t.has(name, false) }) {
			return fault(at, "Unknown name", fmt.Sprintf("There is no name %s. Did you mean recipient.%[2]s?", quoted(name), name))
		}
	}
	known := append([]string{"var", "local", "recipients", "message", "path", "smsplan", rowRoot}, slices.Sorted(maps.Keys(local))...)
	detail := fmt.Sprintf("There is no name %s.", quoted(name))
	if suggestion := didYouMean(name, known); suggestion != "" {
		detail += suggestion
	} else {
		detail += " A text stands in quotes; a column is recipient.NAME, other values are var.NAME, local.NAME, recipients.NAME and so on."
	}
	return fault(at, "Unknown name", detail)
}

// knownFunctions reports calls of functions that do not exist. HCL would too, but its suggestion depends on chance.
func (s *scope) knownFunctions(expr hcl.Expression) bool {
	node, native := expr.(hclsyntax.Expression)
	if !native {
		return true
	}
	ok := true
	_ = hclsyntax.VisitAll(node, func(n hclsyntax.Node) hcl.Diagnostics {
		if call, is := n.(*hclsyntax.FunctionCallExpr); is {
			if _, known := s.functions[call.Name]; !known {
				ok = false
				s.l.add(fault(call.NameRange, "Call to unknown function", unknownFunction(call.Name)))
			}
		}
		return nil
	})
	return ok
}

// noRows reports an expression that refers to a recipient where there is none.
func (s *scope) noRows(expr hcl.Expression, where string) bool {
	for _, t := range expr.Variables() {
		if t.RootName() == rowRoot {
			s.l.add(fault(t.SourceRange(), "No recipient here", fmt.Sprintf("recipient is known only in text and where, not in %s.", where)))
			return false
		}
	}
	return true
}

// undecided reports that something could not be evaluated for want of a value, unless a fault has said so already or the
// scope has it that values are missing. Without it a message would be left out in silence.
func (s *scope) undecided(address string, at hcl.Range) {
	if s.l.options.Scope != ScopeValidate && !s.l.diags.HasErrors() {
		s.l.add(fault(at, "Value not known", fmt.Sprintf("%s depends on a value that is not known, such as an ephemeral variable that was given none. Give it with -var or in the environment.", address)))
	}
}

// namesRow reports whether an expression refers to a recipient.
func namesRow(expr hcl.Expression) bool {
	return slices.ContainsFunc(expr.Variables(), func(t hcl.Traversal) bool { return t.RootName() == rowRoot })
}

// value gives the value of an address.
func (s *scope) value(address string) cty.Value {
	if v, ok := s.values[address]; ok {
		return v
	}
	kind, name, _ := strings.Cut(address, ".")
	if kind == "var" {
		return s.declared.variables[name].value
	}
	if at := slices.Index(s.asking, address); at >= 0 {
		s.reportCycle(s.asking[at:])
		return cty.DynamicVal
	}
	s.asking = append(s.asking, address)
	v := s.compute(kind, name)
	s.asking = s.asking[:len(s.asking)-1]
	s.values[address] = v
	return v
}

func (s *scope) compute(kind, name string) cty.Value {
	switch kind {
	case "local":
		expr := s.declared.locals[name].Expr
		if !s.noRows(expr, "a local value") {
			return cty.DynamicVal
		}
		return s.l.concealed(name, s.evaluate(expr, nil))
	case "recipients":
		return s.resolveRecipients(name, s.declared.recipients[name])
	case tariffAddress:
		return s.readTariff()
	default:
		return s.resolveMessage(name, s.declared.messages[name])
	}
}

// reportCycle reports a cycle once, whichever of its members was asked for first.
func (s *scope) reportCycle(path []string) {
	if slices.ContainsFunc(path, func(address string) bool { return s.cyclic[address] }) {
		return
	}
	first := slices.Index(path, slices.Min(path))
	path = slices.Concat(path[first:], path[:first])
	for _, address := range path {
		s.cyclic[address] = true
	}
	path = append(path, path[0])
	s.l.add(fault(s.place(path[0]), "Cycle", fmt.Sprintf("These refer to each other, so none of them has a value: %s. Take one of the references out.", strings.Join(path, " -> "))))
}

// place gives where an address is declared.
func (s *scope) place(address string) hcl.Range {
	kind, name, _ := strings.Cut(address, ".")
	switch kind {
	case "local":
		return s.declared.locals[name].NameRange
	case "recipients":
		return s.declared.recipients[name].DefRange
	case tariffAddress:
		return s.declared.tariffs[0].DefRange
	default:
		return s.declared.messages[name].DefRange
	}
}

// variableNamed gives the variable that a traversal names, if it names one.
func variableNamed(t hcl.Traversal) (string, bool) {
	if t.RootName() != "var" || len(t) < 2 {
		return "", false
	}
	return stepName(t[1])
}
