package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// expectedRefusal is an element of expect_failures.
type expectedRefusal struct {
	address string
	at      hcl.Range
}

// refusing is a kind of object that can be expected to refuse.
type refusing struct {
	what   string
	leaves left // where it refuses
}

// left says what is left of a run where something refuses.
type left uint8

const (
	noPlan  left = iota // and so nothing to judge
	noApply             // a plan that cannot be applied
	all                 // it only warns
)

// refusers are those kinds, by how their addresses begin.
var refusers = map[string]refusing{
	"check":   {"check.NAME, which must warn", all},
	"guard":   {"guard.NAME, which the plan must go beyond", noApply},
	"message": {"message.NAME, a precondition of which must not hold", noPlan},
	"var":     {"var.NAME, whose validation must not hold", noPlan},
}

// expectable lists them.
func expectable() string {
	var list []string
	for _, kind := range slices.Sorted(maps.Keys(refusers)) {
		list = append(list, refusers[kind].what)
	}
	return strings.Join(list, "; ")
}

// expectations reads `expect_failures`.
func (l *loader) expectations(attr *hcl.Attribute) []expectedRefusal {
	return l.addresses(attr, slices.Sorted(maps.Keys(refusers)), "name what must refuse, without quotation marks: "+expectable())
}

// allowances reads `allow`.
func (l *loader) allowances(attr *hcl.Attribute) []expectedRefusal {
	return l.addresses(attr, []string{"guard"}, "name guards that the plan may go beyond, without quotation marks: guard.NAME")
}

// addresses reads a list of addresses of some kinds; are says what of.
func (l *loader) addresses(attr *hcl.Attribute, kinds []string, are string) []expectedRefusal {
	if attr == nil {
		return nil
	}
	elements, diags := hcl.ExprList(attr.Expr)
	if diags.HasErrors() {
		l.add(fault(attr.Expr.Range(), "Invalid value for "+attr.Name, fmt.Sprintf("The value of %s is a list, [...], whose elements %s.", attr.Name, are)))
	}
	var list []expectedRefusal
	for _, element := range elements {
		address, ok := refuserAddress(element, kinds)
		if !ok {
			l.add(fault(element.Range(), "Invalid value for "+attr.Name, fmt.Sprintf("The elements of %s %s.", attr.Name, are)))
			continue
		}
		if slices.ContainsFunc(list, func(e expectedRefusal) bool { return e.address == address }) {
			l.add(fault(element.Range(), "Invalid value for "+attr.Name, address+" stands in the list twice."))
			continue
		}
		list = append(list, expectedRefusal{address, element.Range()})
	}
	return list
}

// refuserAddress gives the address of one of some kinds that an element of a list is.
func refuserAddress(element hcl.Expression, kinds []string) (string, bool) {
	t, diags := hcl.AbsTraversalForExpr(element)
	if diags.HasErrors() || len(t) < 2 {
		return "", false
	}
	if !slices.Contains(kinds, t.RootName()) {
		return "", false
	}
	if t.RootName() == "message" {
		return messageAddress(t)
	}
	name, ok := t[1].(hcl.TraverseAttr)
	if !ok || len(t) > 2 {
		return "", false
	}
	return t.RootName() + "." + name.Name, true
}

// checkExpected reports expectations that leave nothing for the rest of the run to be about.
func (l *loader) checkExpected(r *TestRun) {
	for _, e := range r.expected {
		kind, _, _ := strings.Cut(e.address, ".")
		leaves := refusers[kind].leaves
		switch {
		case r.Apply && leaves != all:
			l.add(fault(e.at, "Nothing to apply", fmt.Sprintf("Where %s refuses, nothing can be applied. Say command = plan.", e.address)))
		case leaves == noPlan && len(r.asserts) > 0:
			l.add(fault(r.asserts[0].DefRange, "Nothing to assert", fmt.Sprintf("The run expects %s to refuse, and then there is no plan for a condition to be about. Put the assert into a run of its own.", e.address)))
		case slices.Contains(r.Allow, e.address):
			l.add(fault(e.at, "Invalid value for expect_failures", fmt.Sprintf("The run allows the plan to go beyond %s, which refuses nothing then. Take it out of allow.", e.address)))
		}
	}
}

// refused is what a diagnostic carries in its Extra where a condition that the user wrote does not hold.
type refused struct{ address string }

// Refusals gives the addresses of what has refused.
func (d Diagnostics) Refusals() (addresses []string) {
	for _, one := range d.list {
		if by, ok := one.Extra.(refused); ok {
			addresses = append(addresses, by.address)
		}
	}
	return addresses
}

// Expects reports whether the run expects something to refuse. A block stands for all its instances.
func (r *TestRun) Expects(address string) bool {
	return slices.ContainsFunc(r.expected, func(e expectedRefusal) bool { return e.meets(address) })
}

// Unexpected gives the diagnostics but for the refusals that the run expects.
func (r *TestRun) Unexpected(d Diagnostics) Diagnostics {
	d.list = slices.DeleteFunc(slices.Clone(d.list), func(one *hcl.Diagnostic) bool {
		by, ok := one.Extra.(refused)
		return ok && r.Expects(by.address)
	})
	return d
}

// Unmet gives an error for each expectation of the run that none of the refusals meets.
func (t *Testing) Unmet(c *Config, r *TestRun, refusals []string) Diagnostics {
	var diags hcl.Diagnostics
	for _, e := range r.expected {
		if !slices.ContainsFunc(refusals, e.meets) {
			diags = append(diags, fault(e.at, "Missing expected failure", fmt.Sprintf("The run expects %s to refuse, and it did not.", e.address)))
		}
	}
	return c.scope.l.show(diags)
}

func (e expectedRefusal) meets(address string) bool {
	block, _ := SplitAddress(address)
	return e.address == address || e.address == block
}
