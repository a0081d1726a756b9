package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// mark says why a value is never printed. Marks travel with a value through every expression.
type mark string

const (
	sensitive mark = "sensitive" // the user said so
	ephemeral mark = "ephemeral" // known for the length of one command only: in no plan and no state
	personal  mark = "personal"  // of a recipient's row
)

// marked reports whether v or a part of it has the mark.
func marked(v cty.Value, m mark) bool {
	if !v.ContainsMarked() {
		return false
	}
	_, all := v.UnmarkDeep()
	_, ok := all[m]
	return ok
}

// plain gives v without marks.
func plain(v cty.Value) cty.Value {
	v, _ = v.UnmarkDeep()
	return v
}

// misuse tells what is wrong with a value where it would be shown and kept, and what to do; "" where nothing is.
func misuse(v cty.Value, name string) (summary, detail string) {
	switch {
	case !v.ContainsMarked():
		return "", ""
	case marked(v, ephemeral):
		return "Ephemeral value not allowed", fmt.Sprintf("The value of %s is in plans, and an ephemeral value must not be kept. Use a value that is not: a variable is ephemeral when it says so, or when a credential comes from it.", name)
	case marked(v, personal):
		return "Personal value not allowed", fmt.Sprintf("The value of %s is shown in plans, and this one is of one person: what a recipient's row says, or a text_sample. Use what is the same for everybody, such as a count.", name)
	case marked(v, sensitive):
		return "Sensitive value not allowed", fmt.Sprintf("The value of %s is shown in plans. Where the value is none to hide, write nonsensitive(...) around it.", name)
	}
	return "", ""
}

// open reports whether a value may be shown and kept. One that may not is reported.
func (s *scope) open(v cty.Value, at hcl.Range, name string) bool {
	summary, detail := misuse(v, name)
	if summary == "" {
		return true
	}
	s.l.add(fault(at, summary, detail))
	return false
}

// ephemeralBehind reports what an expression refers to that is ephemeral, where its outcome is kept.
func (s *scope) ephemeralBehind(expr hcl.Expression, ctx *hcl.EvalContext, name string) bool {
	for _, t := range expr.Variables() {
		if t.RootName() == rowRoot {
			continue
		}
		if v, diags := t.TraverseAbs(ctx); !diags.HasErrors() && marked(v, ephemeral) {
			s.open(cty.DynamicVal.Mark(ephemeral), t.SourceRange(), name)
			return true
		}
	}
	return false
}

// complaint gives the text of an error_message, or, where it may not be shown or is none, what stands in for it.
func (s *scope) complaint(expr hcl.Expression, local names, otherwise string) string {
	parts := []hcl.Expression{expr}
	if template, ok := expr.(*hclsyntax.TemplateExpr); ok {
		parts = nil
		for _, part := range template.Parts {
			parts = append(parts, part)
		}
	}
	var b strings.Builder
	for _, part := range parts {
		v := counted(s.evaluate(part, local))
		for _, m := range []mark{ephemeral, personal, sensitive} {
			if marked(v, m) {
				return fmt.Sprintf("The error message holds a value that is %s, so it is not shown.", m)
			}
		}
		text, err := convert.Convert(v, cty.String)
		if err != nil {
			s.l.add(fault(part.Range(), "Invalid value for error_message", "The value of error_message must be a string."))
		}
		if err != nil || !text.IsKnown() || text.IsNull() {
			return otherwise
		}
		b.WriteString(text.AsString())
	}
	return b.String()
}

// counted takes from a value that it is personal, where it only says how many, or whether: too small a number to be anybody's.
func counted(v cty.Value) cty.Value {
	bare, marks := v.Unmark()
	if _, only := marks[personal]; !only || len(marks) > 1 || !bare.IsKnown() || bare.IsNull() {
		return v
	}
	if t := bare.Type(); t == cty.Bool || t == cty.Number && bare.Absolute().LessThan(cty.NumberIntVal(1_000_000)).True() {
		return bare
	}
	return v
}

// valueOf evaluates an expression. What its diagnostics would quote is left out where the expression has to do with
// something that must not be shown.
func valueOf(expr hcl.Expression, ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	v, diags := expr.Value(ctx)
	if diags.HasErrors() && namesMarked(expr, ctx) {
		for _, diag := range diags {
			diag.Detail = unquoted(diag)
		}
	}
	return v, diags
}

// namesMarked reports whether an expression refers to a marked value, or marks one.
func namesMarked(expr hcl.Expression, ctx *hcl.EvalContext) bool {
	if slices.ContainsFunc(expr.Variables(), func(t hcl.Traversal) bool {
		v, diags := t.TraverseAbs(ctx)
		return !diags.HasErrors() && v.ContainsMarked()
	}) {
		return true
	}
	node, native := expr.(hclsyntax.Expression)
	marks := !native
	if native {
		_ = hclsyntax.VisitAll(node, func(n hclsyntax.Node) hcl.Diagnostics {
			call, ok := n.(*hclsyntax.FunctionCallExpr)
			marks = marks || ok && called(call) == "sensitive"
			return nil
		})
	}
	return marks
}

var quotation = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// unquoted gives the detail of a diagnostic without the values that it may quote: HCL quotes keys, which may come from
// anywhere, whatever they are marked as. What its other diagnostics quote stands in the source.
func unquoted(diag *hcl.Diagnostic) string {
	switch diag.Summary {
	case "Duplicate object key", "Inconsistent conditional result types":
		return quotation.ReplaceAllLiteralString(diag.Detail, "(a value that is not shown)")
	}
	return diag.Detail
}
