package config

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// Testing is a test file under way: its runs come one after another, and a later one may use what earlier ones gave.
type Testing struct {
	file    *TestFile
	dir     string
	options Options
	outputs map[string]cty.Value // of the runs so far, by name
}

// Begin begins the runs of the file with a configuration.
func (f *TestFile) Begin(dir string, o Options) *Testing {
	return &Testing{file: f, dir: dir, options: o, outputs: make(map[string]cty.Value)}
}

// Load reads the configuration as a run has it: with its variables, and with a simulator in place of the gateway. It has no
// state: State is zero.
func (t *Testing) Load(ctx context.Context, r *TestRun) (*Config, Diagnostics) {
	o := t.options
	o.test = &tested{file: t.file, run: r, outputs: t.outputs}
	return Load(ctx, t.dir, o)
}

// tested is what a test has of its own for a Load.
type tested struct {
	file    *TestFile
	run     *TestRun
	outputs map[string]cty.Value
}

// standInArguments are the arguments of a gateway that hold for the simulator too that stands in for it.
var standInArguments = []string{"binding", "auth", "batch_size", "connections", "rate"}

// excuse notes the variables that need no value in a test: those that come up in what is left out of it, the gateway's own
// arguments and the state. What else depends on such a one that has no value is not known, and says so.
func (s *scope) excuse() {
	behind := origins{variables: make(map[string]bool), locals: make(map[string]bool)}
	left := func(body hcl.Body, t blockType, stays []string) {
		attrs, _, _ := body.PartialContent(t.schema())
		for name, attr := range attrs.Attributes {
			if !slices.Contains(stays, name) {
				s.trace(attr.Expr, false, behind)
			}
		}
	}
	for _, b := range s.declared.gateways {
		left(b.Body, root.blocks["gateway"].kinds[b.Labels[0]], standInArguments)
	}
	for _, b := range s.declared.smsplan {
		for _, nested := range b.content.Blocks {
			left(nested.Body, root.blocks["smsplan"].blocks["state"].kinds[nested.Labels[0]], nil)
		}
	}
	for name := range behind.variables {
		s.declared.variables[name].idle = true
	}
}

// testValues gives variables the values of the test: those of the file, then those of the run, which may use the former.
func (l *loader) testValues(given givenValues, d *declarations, dir string) {
	test := l.options.test
	functions := functionsFor(confinement{dir: dir, allowed: l.options.AllowPaths})
	values := l.testBlock(given, d, test.file.variables, nil, functions)
	l.testBlock(given, d, test.run.variables, map[string]cty.Value{"var": cty.ObjectVal(values), "run": cty.ObjectVal(test.outputs)}, functions)
	l.checkRefusers(d, test.run)
}

func (l *loader) testBlock(given givenValues, d *declarations, attrs hcl.Attributes, known map[string]cty.Value, functions map[string]function.Function) map[string]cty.Value {
	values := make(map[string]cty.Value)
	for name, attr := range attrs {
		values[name] = cty.DynamicVal
		if d.variables[name] != nil {
			// Where something is wrong with the value, it was given all the same.
			given[name] = givenValue{cty.DynamicVal, attr.Expr.Range()}
		}
	}
	for _, name := range l.checkVariables(d, attrs, known) {
		expr := attrs[name].Expr
		val, diags := expr.Value(&hcl.EvalContext{Variables: known, Functions: functions})
		l.add(diags...)
		if !diags.HasErrors() {
			values[name] = val
			given[name] = givenValue{val, expr.Range()}
			if d.variables[name].secret() {
				l.veil.spans = append(l.veil.spans, expr.Range())
			}
		}
	}
	return values
}

// testReferences reports what a value in a test refers to and cannot.
func (l *loader) testReferences(expr hcl.Expression, known map[string]cty.Value) bool {
	ok := true
	for _, t := range expr.Variables() {
		value, there := known[t.RootName()]
		diag := unknownStep(t, value)
		if !there {
			detail := "Values in the file's variables block refer to nothing; they may call functions."
			if known != nil {
				detail = "Values in a run's variables block may refer to var.NAME, as the file has it, and to run.NAME.OUTPUT of earlier runs."
			}
			diag = fault(t.SourceRange(), "Unknown name", detail)
		}
		if diag != nil {
			l.add(diag)
			ok = false
		}
	}
	return ok
}

// unknownStep reports the first step of a traversal of v that v cannot have.
func unknownStep(t hcl.Traversal, v cty.Value) *hcl.Diagnostic {
	if v == cty.NilVal {
		return nil
	}
	typ := v.Type()
	for i, step := range t[1:] {
		name, ok := stepName(step)
		if !ok || !typ.IsObjectType() {
			return nil
		}
		if !typ.HasAttribute(name) {
			known := slices.Sorted(maps.Keys(typ.AttributeTypes()))
			detail := fmt.Sprintf("There is no %s.%s.", traversalText(t[:i+1]), name)
			switch suggestion := didYouMean(name, known); {
			case suggestion != "":
				detail += suggestion
			case t.RootName() == "run" && i == 0:
				detail += " Only runs that come before this one can be named."
			case len(known) > 0:
				detail += fmt.Sprintf(" It has %s.", strings.Join(known, ", "))
			}
			return fault(hcl.RangeBetween(t[0].SourceRange(), step.SourceRange()), "Unsupported attribute", detail)
		}
		typ = typ.AttributeType(name)
	}
	return nil
}

// traversalText gives a traversal as it is written.
func traversalText(t hcl.Traversal) string {
	var b strings.Builder
	for _, step := range t {
		switch step := step.(type) {
		case hcl.TraverseRoot:
			b.WriteString(step.Name)
		case hcl.TraverseAttr:
			b.WriteString("." + step.Name)
		case hcl.TraverseIndex:
			b.WriteString("[" + format(step.Key, 0) + "]")
		default:
			b.WriteString("[*]")
		}
	}
	return b.String()
}
