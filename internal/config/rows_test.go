package config

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"

	"github.com/hashicorp/hcl/v2/ext/tryfunc"
)

// expression parses an expression as the configuration would.
func expression(t testing.TB, src string) hcl.Expression {
	t.Helper()
	expr, diags := hclsyntax.ParseExpression([]byte(src), "main.sms.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return expr
}

func rowScope() *hcl.EvalContext {
	return &hcl.EvalContext{Functions: map[string]function.Function{
		"try": tryfunc.TryFunc, "can": tryfunc.CanFunc, "upper": stdlib.UpperFunc, "parseint": stdlib.ParseIntFunc, "keys": stdlib.KeysFunc, "join": stdlib.JoinFunc, "format": stdlib.FormatFunc,
	}}
}

func condition(t testing.TB, src string) *rowCondition {
	t.Helper()
	return &rowCondition{expr: expression(t, src), source: src, scope: rowScope()}
}

// csvOf writes a file and gives a csv block that reads it.
func csvOf(t testing.TB, name, content string) csvSpec {
	t.Helper()
	return fileIn(t, t.TempDir(), name, content)
}

func fileIn(t testing.TB, dir, name, content string) csvSpec {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return csvSpec{sourceSpec: sourceIn(dir, name)}
}

// sourceIn names a file of rows.
func sourceIn(dir, name string) sourceSpec {
	return sourceSpec{file: located{dir, name}, shown: name, number: "number", at: hcl.Range{Filename: "main.sms.hcl", Start: hcl.Pos{Line: 3, Column: 5}, End: hcl.Pos{Line: 3, Column: 9, Byte: 4}}}
}

// inCSV changes the first source of a set, which is a csv block.
func inCSV(change func(*csvSpec)) func(*setSpec) {
	return func(s *setSpec) {
		c := s.sources[0].(csvSpec)
		change(&c)
		s.sources[0] = c
	}
}

// inline makes elements of `numbers` out of columns and values.
func inline(number string, pairs ...string) inlineRow {
	row := inlineRow{number: number, at: hcl.Range{Filename: "main.sms.hcl", Start: hcl.Pos{Line: 7, Column: 1}}}
	if len(pairs) > 0 {
		attrs := map[string]cty.Value{}
		for i := 0; i < len(pairs); i += 2 {
			attrs[pairs[i]] = cty.StringVal(pairs[i+1])
		}
		row.object = cty.ObjectVal(attrs)
	}
	return row
}

// resolve resolves a set that must be without errors.
func resolve(t testing.TB, spec setSpec) *Set {
	t.Helper()
	s, diags := resolveSet(context.Background(), spec, &rowReporter{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return s
}

// digits gives the members as a reader of the test wants them.
func digits(s *Set) []string {
	var all []string
	for _, n := range s.Numbers() {
		all = append(all, n.E164())
	}
	return all
}
