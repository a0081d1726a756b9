package config

import (
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// Status is what became of conditions. The words are Terraform's.
type Status string

// Statuses, the worst last.
const (
	Passed  Status = "pass"
	Unknown Status = "unknown" // a value that the condition depends on is not known
	Failed  Status = "fail"
	Faulty  Status = "error" // the condition could not be evaluated
)

// hold evaluates a condition. Where it does not hold, detail is the error message with the values that the condition refers
// to, as far as they may be shown. What is wrong with the condition itself is reported.
func (s *scope) hold(b *block, local names) (status Status, detail string) {
	condition, message := b.content.Attributes["condition"], b.content.Attributes["error_message"]
	before := len(s.l.diags)
	holds, err := convert.Convert(plain(s.evaluate(condition.Expr, local)), cty.Bool)
	switch {
	case s.l.diags[before:].HasErrors():
		if values := s.valuesIn(condition.Expr, local); values != "" {
			for _, d := range s.l.diags[before:] {
				d.Detail += "\n\n" + values
			}
		}
		return Faulty, ""
	case err != nil || holds.IsKnown() && holds.IsNull():
		s.l.add(fault(condition.Expr.Range(), "Invalid condition", "A condition is true or false. Compare the value with another one, for example."))
		return Faulty, ""
	case !holds.IsKnown():
		return Unknown, ""
	case holds.True():
		return Passed, ""
	}
	detail = s.complaint(message.Expr, local, "The condition does not hold.")
	if values := s.valuesIn(condition.Expr, local); values != "" {
		detail += "\n\n" + values
	}
	return Failed, detail
}

// judgeable reports whether a block has a condition and an error message, and all that they refer to is there. What is not is
// reported; where names what the block belongs to.
func (s *scope) judgeable(b *block, local names, where string) bool {
	ok := true
	for _, name := range []string{"condition", "error_message"} {
		attr := b.content.Attributes[name]
		if attr == nil {
			ok = false
			continue
		}
		if !s.noRows(attr.Expr, where) {
			ok = false
			continue
		}
		for _, t := range attr.Expr.Variables() {
			if diag := unknownStep(t, local[t.RootName()]); diag != nil {
				s.l.add(diag)
				ok = false
			}
		}
		if _, sound := s.contextFor(attr.Expr, local); !sound {
			ok = false
		}
	}
	return ok
}

// preconditions reports the precondition blocks of a message that do not hold. self is what the message is in expressions.
func (s *scope) preconditions(address string, b *block, local names, self cty.Value) {
	own := names{"self": self}
	maps.Copy(own, local)
	b, _ = s.expanded(b, local)
	for _, nested := range b.content.Blocks.OfType("precondition") {
		content, diags := messageBlock.blocks["precondition"].read(nested.Body, "a precondition block")
		s.l.add(diags...)
		pre := &block{nested, content}
		if !s.judgeable(pre, own, "a precondition") {
			continue
		}
		at := content.Attributes["condition"].Expr.Range()
		switch status, detail := s.hold(pre, own); status {
		case Unknown:
			s.undecided("A precondition of "+address, at)
		case Failed:
			diag := fault(at, "Message precondition failed", detail)
			diag.Extra = refused{address}
			s.l.add(diag)
		}
	}
}

// Check is what became of a check block. It stops nothing.
type Check struct {
	Name     string   `json:"name"`
	Status   Status   `json:"status"`
	Problems []string `json:"problems,omitempty"` // of its conditions; safe to show
}

// readChecks evaluates the check blocks. What is wrong with their conditions are warnings, but for names that are not there.
func (s *scope) readChecks() ([]Check, hcl.Diagnostics) {
	var (
		checks   []Check
		warnings hcl.Diagnostics
	)
	for _, name := range slices.Sorted(maps.Keys(s.declared.checks)) {
		b := s.declared.checks[name]
		check := Check{Name: name, Status: Passed}
		if len(b.content.Blocks) == 0 && !checkBlock.misspelt(b.Body, "assert") {
			s.l.add(fault(b.DefRange, "Check without an assertion", "The block checks nothing. Give it assert { ... } with a condition and an error_message."))
		}
		b, _ = s.expanded(b, nil)
		for _, nested := range b.content.Blocks {
			content, diags := checkBlock.blocks["assert"].read(nested.Body, "an assert block")
			s.l.add(diags...)
			assert := &block{nested, content}
			if !s.judgeable(assert, nil, "a check") || s.l.options.Scope != ScopeAll || s.l.diags.HasErrors() {
				continue
			}
			status, found := s.checked(name, assert)
			check.Status = worse(check.Status, status)
			for _, d := range found {
				check.Problems = append(check.Problems, s.l.veil.text(d.Detail))
			}
			warnings = append(warnings, found...)
		}
		checks = append(checks, check)
	}
	return checks, warnings
}

// checked evaluates one assertion of a check, and gives what is to be said of it as warnings.
func (s *scope) checked(name string, b *block) (Status, hcl.Diagnostics) {
	before := len(s.l.diags)
	status, detail := s.hold(b, nil)
	warnings := s.l.diags[before:len(s.l.diags):len(s.l.diags)]
	s.l.diags = s.l.diags[:before]
	at := b.content.Attributes["condition"].Expr.Range()
	switch status {
	case Failed:
		warnings = append(warnings, fault(at, "Check failed", detail))
	case Unknown:
		warnings = append(warnings, fault(at, "Check not known", "The condition depends on a value that is not known, such as an ephemeral variable that was given none."))
	}
	for _, d := range warnings {
		d.Severity = hcl.DiagWarning
		d.Extra = refused{"check." + name}
	}
	return status, warnings
}

// worse gives the status that counts of two.
func worse(a, b Status) Status {
	order := map[Status]int{Passed: 0, Unknown: 1, Failed: 2, Faulty: 3}
	if order[b] > order[a] {
		return b
	}
	return a
}

// CheckWarnings gives what the check blocks warn of.
func (c *Config) CheckWarnings() Diagnostics { return c.scope.l.show(c.warnings) }
