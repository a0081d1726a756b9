package config

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// Diagnostics are errors and warnings about what the user wrote, in the order of files and lines. They are safe to
// print: credentials, values marked sensitive, numbers and control characters are not in them.
type Diagnostics struct {
	list  hcl.Diagnostics
	files map[string]*hcl.File // as shown
}

// Diagnostic is one of them for programs, in the shape of Terraform's validate -json.
type Diagnostic struct {
	Severity string   `json:"severity"` // "error" or "warning"
	Summary  string   `json:"summary"`
	Detail   string   `json:"detail"`
	Range    *Range   `json:"range,omitempty"`
	Snippet  *Snippet `json:"snippet,omitempty"`
}

// Range is a place in a file.
type Range struct {
	Filename string `json:"filename"`
	Start    Pos    `json:"start"`
	End      Pos    `json:"end"`
}

// Pos counts lines and columns from 1, bytes from 0.
type Pos struct {
	Line   int `json:"line"`
	Column int `json:"column"`
	Byte   int `json:"byte"`
}

// Snippet is the source around a range.
type Snippet struct {
	Context              *string `json:"context"` // the block that it is in
	Code                 string  `json:"code"`    // whole lines
	StartLine            int     `json:"start_line"`
	HighlightStartOffset int     `json:"highlight_start_offset"` // in Code, in bytes
	HighlightEndOffset   int     `json:"highlight_end_offset"`
	Values               []Shown `json:"values"`
}

// Shown is a value that a diagnostic is about, as far as it may be shown: which instance of a for_each it is.
type Shown struct {
	Traversal string `json:"traversal"` // each.key
	Statement string `json:"statement"` // is "en"
}

// HasErrors reports whether one of them is an error.
func (d Diagnostics) HasErrors() bool { return d.list.HasErrors() }

// Empty reports whether there are none.
func (d Diagnostics) Empty() bool { return len(d.list) == 0 }

// Append gives d followed by others.
func (d Diagnostics) Append(others Diagnostics) Diagnostics {
	files := make(map[string]*hcl.File, len(d.files)+len(others.files))
	for _, each := range []map[string]*hcl.File{d.files, others.files} {
		for name, file := range each {
			files[name] = file
		}
	}
	return Diagnostics{list: slices.Concat(d.list, others.list), files: files}
}

// Write prints them with HCL's diagnostic writer, each with its source line. Lines of text are wrapped to width; 0 is no
// wrapping.
func (d Diagnostics) Write(w io.Writer, width uint, color bool) error {
	for _, each := range d.list {
		one, files := d.named(each)
		var b bytes.Buffer
		if err := hcl.NewDiagnosticTextWriter(&b, files, width, color).WriteDiagnostic(one); err != nil {
			return err
		}
		if _, err := w.Write(escaped(withPlace(b.Bytes(), one.Subject, int(width)))); err != nil {
			return err
		}
	}
	return nil
}

// withPlace adds the column to the place that HCL's writer names by file and line alone: it shows the column by
// underlining, which a file or a log does not. What the place is in stands on a line of its own where both are wider than
// width; 0 is no bound.
func withPlace(text []byte, at *hcl.Range, width int) []byte {
	if at == nil {
		return text
	}
	place := fmt.Appendf(nil, "on %s line %d", at.Filename, at.Start.Line)
	before, after, found := bytes.Cut(text, place)
	if !found {
		return text
	}
	within, rest, _ := bytes.Cut(after, []byte("\n"))
	place = fmt.Appendf(place, ", column %d", at.Start.Column)
	wide := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + utf8.RuneCount(place) + utf8.RuneCount(within)
	if in, ok := bytes.CutPrefix(within, []byte(", in ")); ok && width > 0 && wide > width {
		within = fmt.Appendf(nil, ",\n    in %s", in)
	}
	return slices.Concat(before, place, within, []byte("\n"), rest)
}

// List gives them for programs.
func (d Diagnostics) List() []Diagnostic {
	list := make([]Diagnostic, 0, len(d.list))
	for _, each := range d.list {
		one := Diagnostic{Severity: "error", Summary: each.Summary, Detail: each.Detail}
		if each.Severity == hcl.DiagWarning {
			one.Severity = "warning"
		}
		if each.Subject != nil {
			at := pointed(*each.Subject)
			one.Range = &Range{at.Filename, Pos(at.Start), Pos(at.End)}
			one.Snippet = snippet(d.files[at.Filename], at, each.Context)
			if one.Snippet != nil {
				one.Snippet.Values = shownValues(each.EvalContext)
			}
		}
		list = append(list, one)
	}
	return list
}

// pointed gives a range that has something in it: a place between two characters is the one behind it.
func pointed(at hcl.Range) hcl.Range {
	if at.Empty() {
		at.End.Byte++
		at.End.Column++
	}
	return at
}

// snippet gives the whole lines that at and what is around it cover.
func snippet(file *hcl.File, at hcl.Range, around *hcl.Range) *Snippet {
	whole := at
	if around != nil && around.Filename == at.Filename {
		whole = hcl.RangeOver(at, *around)
	}
	if file == nil || whole.Start.Byte > at.Start.Byte || at.Start.Byte > len(file.Bytes) || at.End.Byte < at.Start.Byte {
		return nil
	}
	src := file.Bytes
	end := min(whole.End.Byte, len(src))
	from := bytes.LastIndexByte(src[:whole.Start.Byte], '\n') + 1
	to := len(src)
	if n := bytes.IndexByte(src[max(from, end-1):], '\n'); n >= 0 {
		to = max(from, end-1) + n
	}
	s := &Snippet{
		Code:                 string(bytes.TrimSuffix(src[from:to], []byte("\r"))),
		StartLine:            whole.Start.Line,
		HighlightStartOffset: at.Start.Byte - from,
	}
	s.HighlightStartOffset = min(s.HighlightStartOffset, len(s.Code))
	s.HighlightEndOffset = min(at.End.Byte-from, len(s.Code))
	if nav, ok := file.Nav.(contexter); ok {
		if context := nav.ContextString(at.Start.Byte); context != "" {
			s.Context = &context
		}
	}
	return s
}

// shownValues gives what of a context is shown: [instanceContext] left nothing else.
func shownValues(ctx *hcl.EvalContext) []Shown {
	shown := []Shown{}
	if ctx != nil {
		if key := ctx.Variables["each"].GetAttr("key"); key.IsKnown() && key.Type() == cty.String && !key.IsNull() {
			shown = append(shown, Shown{"each.key", "is " + quoted(visible(key.AsString()))})
		}
	}
	return shown
}

// newDiagnostics makes list safe to print: what the veil covers is covered, what was said twice is said once, and the
// order is that of files and lines whatever the order of evaluation was.
func newDiagnostics(list hcl.Diagnostics, files map[string]*hcl.File, v *veil) Diagnostics {
	d := Diagnostics{files: files}
	said := make(map[string]bool)
	for _, each := range list {
		one := *each
		one.Summary, one.Detail = v.text(one.Summary), v.text(one.Detail)
		if one.EvalContext = instanceContext(one.EvalContext); one.EvalContext != nil {
			one.Expression = eachKey
		}
		key := string(rune(one.Severity)) + one.Summary + "\x00" + one.Detail
		if one.Subject != nil {
			key += "\x00" + one.Subject.String()
		}
		if !said[key] {
			said[key] = true
			d.list = append(d.list, &one)
		}
	}
	slices.SortStableFunc(d.list, byPlace)
	return d
}

// byPlace orders diagnostics by file and line. Those of no file, such as those about -var, come first.
func byPlace(a, b *hcl.Diagnostic) int {
	if a.Subject == nil || b.Subject == nil {
		return cmp.Compare(presence(a.Subject), presence(b.Subject))
	}
	return cmp.Or(
		cmp.Compare(a.Subject.Filename, b.Subject.Filename),
		cmp.Compare(a.Subject.Start.Line, b.Subject.Start.Line),
		cmp.Compare(a.Subject.Start.Column, b.Subject.Start.Column),
		cmp.Compare(a.Summary, b.Summary),
		cmp.Compare(a.Detail, b.Detail),
	)
}

func presence(r *hcl.Range) int {
	if r == nil {
		return 0
	}
	return 1
}

// instanceContext leaves of a context what the diagnostic writer may print: which instance of a for_each it was. All
// other values could be personal.
func instanceContext(ctx *hcl.EvalContext) *hcl.EvalContext {
	for ; ctx != nil; ctx = ctx.Parent() {
		each, ok := ctx.Variables["each"]
		if !ok || !each.Type().IsObjectType() || !each.Type().HasAttribute("key") || each.GetAttr("key").IsMarked() {
			continue
		}
		return &hcl.EvalContext{Variables: map[string]cty.Value{
			"each": cty.ObjectVal(map[string]cty.Value{"key": each.GetAttr("key")}),
		}}
	}
	return nil
}

// eachKey is what the diagnostic writer shows of an instance: with each.key as "en".
var eachKey = &hclsyntax.ScopeTraversalExpr{Traversal: hcl.Traversal{hcl.TraverseRoot{Name: "each"}, hcl.TraverseAttr{Name: "key"}}}

// instance says of diagnostics that they are about one instance of a block.
func instance(diags hcl.Diagnostics, b *block, each cty.Value) {
	body, ok := b.Body.(*hclsyntax.Body)
	for _, d := range diags {
		if ok && d.EvalContext == nil && d.Subject != nil && d.Subject.Filename == body.SrcRange.Filename && body.SrcRange.Overlaps(*d.Subject) {
			d.EvalContext = &hcl.EvalContext{Variables: names{"each": each}}
		}
	}
}

// fault is an error at a place.
func fault(at hcl.Range, summary, detail string) *hcl.Diagnostic {
	return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary, Detail: detail, Subject: &at}
}

// warning is a warning at a place.
func warning(at hcl.Range, summary, detail string) *hcl.Diagnostic {
	return &hcl.Diagnostic{Severity: hcl.DiagWarning, Summary: summary, Detail: detail, Subject: &at}
}
