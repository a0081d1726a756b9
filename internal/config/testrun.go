package config

import (
	"slices"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/gocty"
)

// TestRun is one plan or apply, and what must be true of it.
type TestRun struct {
	Name           string
	Apply          bool
	Allow          []string      // addresses of guards that the plan may go beyond
	Faults         []string      // of the simulator
	ResolveTimeout time.Duration // 0 for not asking
	Now            time.Time     // zero for the time of day
	JudgesSummary  bool          // a condition refers to what the apply came to

	block     *hcl.Block
	variables hcl.Attributes
	asserts   []*block
	expected  []expectedRefusal
	allowed   []expectedRefusal // Allow, and where that stands
}

func (l *loader) readTestRun(b *hcl.Block) *TestRun {
	r := &TestRun{Name: b.Labels[0], block: b}
	if !hclsyntax.ValidIdentifier(r.Name) {
		l.add(fault(b.LabelRanges[0], "Invalid name", "A name begins with a letter or an underscore and may hold only letters, digits, underscores and dashes."))
	}
	content, diags := runBlock.read(b.Body, title(b))
	l.add(diags...)
	var decided bool
	r.Apply, decided = l.testCommand(content.Attributes["command"])
	r.Faults = l.testFaults(content)
	r.expected = l.expectations(content.Attributes["expect_failures"])
	r.allowed = l.allowances(content.Attributes["allow"])
	for _, guard := range r.allowed {
		r.Allow = append(r.Allow, guard.address)
	}
	r.ResolveTimeout = l.testTimeout(content)
	r.Now = l.testTime(content)
	for _, nested := range content.Blocks {
		if nested.Type == "variables" {
			if r.variables != nil {
				l.add(fault(nested.DefRange, "Second variables block", "A run has one variables block at most."))
				continue
			}
			r.variables = l.testVariables(nested)
			continue
		}
		assert, diags := runBlock.blocks["assert"].read(nested.Body, "an assert block")
		l.add(diags...)
		r.asserts = append(r.asserts, &block{nested, assert})
		if condition, ok := assert.Attributes["condition"]; ok {
			r.JudgesSummary = r.JudgesSummary || slices.ContainsFunc(condition.Expr.Variables(), func(t hcl.Traversal) bool { return t.RootName() == "summary" })
		}
	}
	if decided {
		l.checkCommand(r, content.Attributes)
		l.checkExpected(r)
	}
	return r
}

// testCommand reads `command`, which is a word and no expression.
func (l *loader) testCommand(attr *hcl.Attribute) (apply, ok bool) {
	if attr == nil {
		return true, true
	}
	word := hcl.ExprAsKeyword(attr.Expr)
	if word != "plan" && word != "apply" {
		detail := "The command of a run is plan or apply, without quotation marks."
		if word != "" {
			detail += didYouMean(word, []string{"plan", "apply"})
		}
		l.add(fault(attr.Expr.Range(), "Invalid value for command", detail))
		return false, false
	}
	return word == "apply", true
}

// checkCommand reports arguments that the other command takes.
func (l *loader) checkCommand(r *TestRun, attrs hcl.Attributes) {
	if attr := attrs["resolve_timeout"]; attr != nil && !r.Apply {
		l.add(fault(attr.NameRange, "Invalid value for resolve_timeout", "A plan sends nothing, so nothing is in doubt after it. Take resolve_timeout out, or have the run apply."))
	}
	if attr := attrs["faults"]; attr != nil && !r.Apply {
		l.add(fault(attr.NameRange, "Invalid value for faults", "A plan calls no gateway, so none can misbehave. Take faults out, or have the run apply."))
	}
	if attr := attrs["now"]; attr != nil && r.Apply {
		l.add(fault(attr.NameRange, "Invalid value for now", "Sending goes by the clock, so only a plan can be made for another time. Say command = plan, or take now out."))
	}
}

func (l *loader) testFaults(content *hcl.BodyContent) (faults []string) {
	v := l.constant(content, runBlock.argument("faults"))
	if v == cty.NilVal {
		return nil
	}
	expr := content.Attributes["faults"].Expr
	if !v.IsWhollyKnown() || gocty.FromCtyValue(v, &faults) != nil {
		l.add(fault(expr.Range(), "Invalid value for faults", `The value of faults is a list of strings, none of them null, such as ["drop-before-answer:times=1"].`))
		return nil
	}
	elements, _ := hcl.ExprList(expr)
	for i, text := range faults {
		at := expr.Range()
		if i < len(elements) {
			at = elements[i].Range()
		}
		if l.options.CheckFault == nil {
			continue
		}
		if err := l.options.CheckFault(text); err != nil {
			l.add(fault(at, "Invalid value for faults", sentence(err.Error())))
		}
	}
	return faults
}

func (l *loader) testTimeout(content *hcl.BodyContent) time.Duration {
	of := runBlock.argument("resolve_timeout")
	text := l.constant(content, of)
	if text == cty.NilVal {
		return of.value().(time.Duration)
	}
	d, err := time.ParseDuration(text.AsString())
	if err != nil || float64(d) < of.takes.least || float64(d) > of.takes.most {
		l.add(fault(content.Attributes["resolve_timeout"].Expr.Range(), "Invalid value for resolve_timeout", "The value of resolve_timeout is a length of time such as \"10s\" or \"1m30s\", from 0s to 1h."))
	}
	return d
}

func (l *loader) testTime(content *hcl.BodyContent) time.Time {
	text := l.constant(content, runBlock.argument("now"))
	if text == cty.NilVal {
		return time.Time{}
	}
	now, err := time.Parse(time.RFC3339, text.AsString())
	if err != nil {
		l.add(fault(content.Attributes["now"].Expr.Range(), "Invalid value for now", `The value of now is a time with its offset from UTC, such as "2030-01-31T08:00:00Z".`))
	}
	return now
}
