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
	noPlan bool // where it refuses there is no plan
}

// refusers are those kinds, by how their addresses begin.
var refusers = map[string]refusing{
	"var": {what: "var.NAME, whose validation must not hold", noPlan: true},
}

// expectable lists them.
func expectable() string {
	var list []string
	for _, kind := range slices.Sorted(maps.Keys(refusers)) {
		list = append(list, refusers[kind].what)
	}
	return strings.Join(list, "; ")
}

// expectations reads `expect_failures`, a list of addresses.
func (l *loader) expectations(attr *hcl.Attribute) []expectedRefusal {
	if attr == nil {
		return nil
	}
	elements, diags := hcl.ExprList(attr.Expr)
	l.add(diags...)
	var list []expectedRefusal
	for _, element := range elements {
		address, ok := refuserAddress(element)
		if !ok {
			l.add(fault(element.Range(), "Invalid value for expect_failures", "The elements of expect_failures name what must refuse, without quotation marks: "+expectable()+"."))
			continue
		}
		if slices.ContainsFunc(list, func(e expectedRefusal) bool { return e.address == address }) {
			l.add(fault(element.Range(), "Invalid value for expect_failures", address+" stands in the list twice."))
			continue
		}
		list = append(list, expectedRefusal{address, element.Range()})
	}
	return list
}

// refuserAddress gives the address that an element of expect_failures is.
func refuserAddress(element hcl.Expression) (string, bool) {
	t, diags := hcl.AbsTraversalForExpr(element)
	if diags.HasErrors() || len(t) < 2 {
		return "", false
	}
	if _, ok := refusers[t.RootName()]; !ok {
		return "", false
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
		switch {
		case !refusers[kind].noPlan:
		case r.Apply:
			l.add(fault(e.at, "Nothing to apply", fmt.Sprintf("Where %s refuses there is no plan, so nothing can be applied. Say command = plan.", e.address)))
		case len(r.asserts) > 0:
			l.add(fault(r.asserts[0].DefRange, "Nothing to assert", fmt.Sprintf("The run expects %s to refuse, and then there is no plan for a condition to be about. Put the assert into a run of its own.", e.address)))
		}
	}
}

// refused is what a diagnostic carries in its Extra where a condition that the user wrote does not hold.
type refused struct{ address string }

// Expect takes away the errors of what the run expects to refuse, and gives an error for each expectation that was not met.
// refusals are the addresses of what has refused besides, without an error.
func (r *TestRun) Expect(d Diagnostics, refusals []string) (rest, unmet Diagnostics) {
	rest = Diagnostics{files: d.files}
	for _, one := range d.list {
		if by, ok := one.Extra.(refused); ok {
			refusals = append(refusals, by.address)
			if slices.ContainsFunc(r.expected, func(e expectedRefusal) bool { return e.meets(by.address) }) {
				continue
			}
		}
		rest.list = append(rest.list, one)
	}
	unmet = Diagnostics{files: d.files}
	for _, e := range r.expected {
		if !slices.ContainsFunc(refusals, e.meets) {
			unmet.list = append(unmet.list, fault(e.at, "Missing expected failure", fmt.Sprintf("The run expects %s to refuse, and it did not.", e.address)))
		}
	}
	return rest, unmet
}

// Expects reports whether the run expects something to refuse.
func (r *TestRun) Expects(address string) bool {
	return slices.ContainsFunc(r.expected, func(e expectedRefusal) bool { return e.meets(address) })
}

// meets reports whether a refusal is what was expected. A block stands for all its instances.
func (e expectedRefusal) meets(address string) bool {
	block, _ := SplitAddress(address)
	return e.address == address || e.address == block
}
