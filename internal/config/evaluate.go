package config

import (
	"context"
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// rowExpression is an expression that names recipient.
type rowExpression struct {
	expr   hcl.Expression
	scope  *hcl.EvalContext // everything but recipient
	tables []*table
	doing  string // for who waits
}

// evaluated is the outcome for a run of rows.
type evaluated[T any] struct {
	rows   []ref
	values []T
	faults rowFaults
}

// shortcut gives, for a run of rows that one goroutine works on, what finds the outcome for a row without evaluating. That
// gives false for a row that has to be evaluated.
type shortcut[T any] func() func(t *table, row uint32) (T, hcl.Diagnostics, bool)

// evaluate evaluates e for each of rows and hands what outcome makes of the value to collect, in order. Where either fails, collect gets the zero
// value, and the fault is among the diagnostics: each once, with its rows. A short way, where there is one, changes nothing but the time it takes.
func evaluate[T any](ctx context.Context, e rowExpression, rows []ref, d *rowReporter, outcome func(cty.Value) (T, hcl.Diagnostics), short shortcut[T], collect func(int, T)) hcl.Diagnostics {
	needs := needsOf(e.expr)
	spans := func(yield func(*evaluated[T]) bool) {
		for part := range slices.Chunk(rows, chunkRows) {
			if !yield(&evaluated[T]{rows: part, values: make([]T, len(part))}) {
				return
			}
		}
	}
	work := func(span *evaluated[T]) {
		d.meter.allow(len(span.rows))
		scope := e.scope.NewChild()
		whole := func(t *table, row uint32) (value T, diags hcl.Diagnostics) {
			scope.Variables = map[string]cty.Value{rowRoot: needs.recipient(t, row)}
			v, diags := e.expr.Value(scope)
			if !diags.HasErrors() {
				var more hcl.Diagnostics
				value, more = outcome(v)
				diags = append(diags, more...)
			}
			return value, diags
		}
		quick := func(*table, uint32) (value T, diags hcl.Diagnostics, ok bool) { return }
		if short != nil {
			quick = short()
		}
		for i, row := range span.rows {
			t := e.tables[row.table]
			value, diags, ok := quick(t, row.row)
			if !ok {
				value, diags = whole(t, row.row)
			}
			span.values[i] = value
			for _, diag := range diags {
				span.faults.add(diag, places{first: []place{t.place(row.row)}, count: 1}, d.showNumbers)
			}
		}
	}
	var faults rowFaults
	done := 0
	err := inOrder(ctx, spans, work, func(span *evaluated[T]) {
		for _, v := range span.values {
			collect(done, v)
			done++
		}
		faults.join(span.faults)
		if d.progress != nil {
			d.progress(done, float64(done)/float64(len(rows)), e.doing)
		}
	})
	if err != nil {
		return hcl.Diagnostics{interrupted(err)}
	}
	return faults.diagnostics()
}

// rowFaults gathers what the evaluations for many rows complain of.
type rowFaults struct {
	faults []*rowFault
	index  map[string]*rowFault
}

// rowFault is one complaint, and the rows that it is about.
type rowFault struct {
	key    string
	diag   hcl.Diagnostic
	places places
}

func (f *rowFaults) add(diag *hcl.Diagnostic, at places, showNumbers bool) {
	said := *diag
	// The values of a row are personal, and the writer would show them; so might the words of a function.
	said.Expression, said.EvalContext = nil, nil
	if !showNumbers {
		said.Detail = unquoted(diag)
	}
	if call, ok := hcl.DiagnosticExtra[hclsyntax.FunctionCallDiagExtra](diag); ok && call.FunctionCallError() != nil && !showNumbers {
		said.Detail = fmt.Sprintf("The function %q does not take what the row has. With -show-numbers this error shows more.", call.CalledFunctionName())
	}
	said.Extra = nil
	f.join(rowFaults{faults: []*rowFault{{key: fmt.Sprint(said.Severity, said.Subject, said.Summary, said.Detail), diag: said, places: at}}})
}

// join adds the faults of later rows.
func (f *rowFaults) join(later rowFaults) {
	for _, l := range later.faults {
		if known := f.index[l.key]; known != nil {
			known.places.join(l.places)
			continue
		}
		if f.index == nil {
			f.index = map[string]*rowFault{}
		}
		f.index[l.key] = l
		f.faults = append(f.faults, l)
	}
}

// diagnostics gives the first few faults, and how many rows have others.
func (f *rowFaults) diagnostics() hcl.Diagnostics {
	var diags hcl.Diagnostics
	var more places
	for i, fault := range f.faults {
		if i >= reportedRows {
			more.join(fault.places)
			continue
		}
		diag := fault.diag
		diag.Detail = fmt.Sprintf("For %s: %s", fault.places, diag.Detail)
		diags = append(diags, &diag)
	}
	if more.count > 0 {
		last := f.faults[reportedRows].diag
		diags = append(diags, &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "More rows with errors",
			Detail: fmt.Sprintf("And other errors for %s.", more), Subject: last.Subject, Context: last.Context})
	}
	return diags
}
