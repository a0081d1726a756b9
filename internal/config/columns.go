package config

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/agext/levenshtein"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// Attributes that every recipient has. A column of such a name is under recipient.row alone.
const (
	attrNumber  = "number"
	attrCountry = "country"
	attrType    = "type"
	attrRow     = "row"
)

// checkColumns reports every column that expr names and one of the tables lacks. What stands in try or can may be missing: it fails,
// or does not, when it is evaluated.
//
// Each lack is reported once, however many instances of a message there are; ok tells whether there is none.
func checkColumns(expr hcl.Expression, tables []*table, d *rowReporter) (diags hcl.Diagnostics, ok bool) {
	node, native := expr.(hclsyntax.Expression)
	if !native {
		return nil, true
	}
	w := &columnWalker{}
	hclsyntax.Walk(node, w)
	ok = true
	for _, ref := range w.refs {
		for _, t := range tables {
			if t.has(ref.name, ref.inRow) {
				continue
			}
			ok = false
			detail := fmt.Sprintf("recipients.%s has no column %s. %s has: %s.%s", t.set, quoted(ref.name), cmp.Or(t.shown, "It"), columnList(t.columns), didYouMean(ref.name, t.columns))
			key := ref.at.String() + detail
			if d.told[key] {
				continue
			}
			if d.told == nil {
				d.told = map[string]bool{}
			}
			d.told[key] = true
			diags = append(diags, &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Unknown column", Detail: detail, Subject: ref.at.Ptr(), Context: expr.Range().Ptr()})
		}
	}
	return diags, ok
}

// has reports whether expressions may name that attribute of recipient, or of recipient.row.
func (t *table) has(name string, inRow bool) bool {
	if _, ok := t.index[name]; ok {
		return true
	}
	return !inRow && slices.Contains([]string{attrNumber, attrCountry, attrType, attrRow}, name)
}

// columnRef is recipient.NAME or recipient.row.NAME.
type columnRef struct {
	name  string
	inRow bool
	at    hcl.Range
}

// columnWalker gathers the columns that an expression needs in any case.
type columnWalker struct {
	refs   []columnRef
	tries  int // depth of try and can
	locals []map[string]struct{}
}

func (w *columnWalker) Enter(n hclsyntax.Node) hcl.Diagnostics {
	switch n := n.(type) {
	case *hclsyntax.FunctionCallExpr:
		if tolerant(n) {
			w.tries++
		}
	case hclsyntax.ChildScope:
		w.locals = append(w.locals, n.LocalNames)
	case *hclsyntax.ScopeTraversalExpr:
		if w.tries == 0 && !slices.ContainsFunc(w.locals, func(names map[string]struct{}) bool { _, ok := names["recipient"]; return ok }) {
			if ref, ok := columnOf(n.Traversal); ok {
				w.refs = append(w.refs, ref)
			}
		}
	}
	return nil
}

func (w *columnWalker) Exit(n hclsyntax.Node) hcl.Diagnostics {
	switch n := n.(type) {
	case *hclsyntax.FunctionCallExpr:
		if tolerant(n) {
			w.tries--
		}
	case hclsyntax.ChildScope:
		w.locals = w.locals[:len(w.locals)-1]
	}
	return nil
}

func tolerant(call *hclsyntax.FunctionCallExpr) bool {
	return called(call) == "try" || called(call) == "can"
}

// columnOf gives the column that a traversal names, if it names one.
func columnOf(t hcl.Traversal) (columnRef, bool) {
	if t.RootName() != "recipient" || len(t) < 2 {
		return columnRef{}, false
	}
	name, ok := stepName(t[1])
	if !ok {
		return columnRef{}, false
	}
	ref := columnRef{name: name, at: hcl.RangeBetween(t[0].SourceRange(), t[1].SourceRange())}
	if name == attrRow && len(t) > 2 {
		if name, ok := stepName(t[2]); ok {
			ref = columnRef{name: name, inRow: true, at: hcl.RangeBetween(t[0].SourceRange(), t[2].SourceRange())}
		}
	}
	return ref, true
}

// stepName gives the attribute that one step of a traversal names: .name or ["name"].
func stepName(step hcl.Traverser) (string, bool) {
	switch step := step.(type) {
	case hcl.TraverseAttr:
		return step.Name, true
	case hcl.TraverseIndex:
		if step.Key.Type() == cty.String && step.Key.IsKnown() && !step.Key.IsNull() {
			return step.Key.AsString(), true
		}
	}
	return "", false
}

// columnList names columns for a reader: "firstname, number".
func columnList(names []string) string {
	const enough = 20
	shown := make([]string, 0, enough)
	for _, name := range names[:min(len(names), enough)] {
		if hclsyntax.ValidIdentifier(name) {
			shown = append(shown, name)
		} else {
			shown = append(shown, quoted(name))
		}
	}
	list := strings.Join(shown, ", ")
	if more := len(names) - enough; more > 0 {
		list += " and " + Count(more) + " more"
	}
	return list
}

// didYouMean gives a suggestion to append to a detail: the name that is most like the wrong one; "" where none is.
func didYouMean(wrong string, names []string) string {
	if name := Nearest(wrong, names); name != "" {
		return " Did you mean " + quoted(name) + "?"
	}
	return ""
}

// Nearest gives the name that is most like the wrong one; "" where none is like it.
func Nearest(wrong string, names []string) string {
	best, least := "", max(2, len(wrong)/3)+1
	for _, name := range names {
		if n := levenshtein.Distance(strings.ToLower(wrong), strings.ToLower(name), nil); n < min(least, len(wrong)) {
			best, least = name, n
		}
	}
	return best
}

func quoted(name string) string { return strconv.Quote(shortened(name, 80)) }
