package config

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// Judge holds what a run came to against its conditions, and keeps its outputs for later runs. sound says that nothing is
// wrong with the conditions themselves: where there are errors all the same, some do not hold.
func (t *Testing) Judge(c *Config, r *TestRun, came Results) (diagnostics Diagnostics, sound bool) {
	s := c.scope
	before := s.l.diags
	s.l.diags = nil
	defer func() { s.l.diags = before }()
	local := came.names(s.l.options.ShowNumbers)
	local["message"] = s.messageResults(came.Messages)
	local["output"] = s.outputValues(c.Outputs)
	local["run"] = cty.ObjectVal(t.outputs)
	sound = true
	for _, b := range r.asserts {
		sound = s.assert(b, local) && sound
	}
	t.outputs[r.Name] = local["output"]
	return s.l.show(s.l.diags), sound
}

// Fault gives an error about a run as a whole.
func (t *Testing) Fault(c *Config, r *TestRun, summary, detail string) Diagnostics {
	return c.scope.l.show(hcl.Diagnostics{fault(r.block.DefRange, summary, detail)})
}

// assert evaluates an assert block and reports a condition that does not hold. sound is false where something else is wrong.
func (s *scope) assert(b *block, local names) (sound bool) {
	condition, message := b.content.Attributes["condition"], b.content.Attributes["error_message"]
	ok := s.assertReferences(condition.Expr, local)
	if ok = s.assertReferences(message.Expr, local) && ok; !ok {
		return false
	}
	switch status, detail := s.hold(b, local); status {
	case Faulty:
		return false
	case Unknown:
		s.l.add(fault(condition.Expr.Range(), "Unknown condition", "The condition depends on a value that is not known, such as a variable that was given none."))
		return false
	case Failed:
		s.l.add(fault(condition.Expr.Range(), "Test assertion failed", detail))
	}
	return true
}

// assertReferences reports what a condition refers to and there is not.
func (s *scope) assertReferences(expr hcl.Expression, local names) bool {
	ok := true
	for _, t := range expr.Variables() {
		diag := unknownStep(t, local[t.RootName()])
		if _, given := local[t.RootName()]; !given && t.RootName() == "summary" {
			diag = fault(t.SourceRange(), "Unknown name", "summary is what an apply came to, and this run makes a plan only.")
		}
		if t.RootName() == rowRoot {
			diag = fault(t.SourceRange(), "No recipient here", "recipient is known only in text and where. Who got what is in gateway.messages.")
		}
		if diag != nil {
			s.l.add(diag)
			ok = false
		}
	}
	return ok
}
