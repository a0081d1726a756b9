package config

import (
	"encoding/json"
	"fmt"
	"math/big"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"pgregory.net/rapid"

	"github.com/smsplan/smsplan/internal/phone"
)

// constants are what expressions of these tests refer to beside the row.
func constantsScope() *hcl.EvalContext {
	return &hcl.EvalContext{
		Functions: functionsFor(confinement{}),
		Variables: map[string]cty.Value{"local": cty.ObjectVal(map[string]cty.Value{
			"brand":   cty.StringVal("Café"),
			"number":  cty.NumberIntVal(12),
			"yes":     cty.True,
			"null":    cty.NullVal(cty.String),
			"unknown": cty.UnknownVal(cty.String),
			"secret":  cty.StringVal("a").Mark(sensitive),
			"list":    cty.ListVal([]cty.Value{cty.StringVal("a"), cty.StringVal("é")}),
			"mixed":   cty.TupleVal([]cty.Value{cty.StringVal("a"), cty.NumberIntVal(5), cty.True}),
			"nulls":   cty.TupleVal([]cty.Value{cty.StringVal("a"), cty.NullVal(cty.String)}),
			"set":     cty.SetVal([]cty.Value{cty.StringVal("b"), cty.StringVal("a")}),
			"map":     cty.MapVal(map[string]cty.Value{"a": cty.StringVal("b")}),
			"empty":   cty.ListValEmpty(cty.String),
		})},
	}
}

// oddTexts are what cells and literals are drawn from: characters that compose with their neighbours, more of them than
// normalisation takes as one, characters beyond the first plane, and octets that are no characters.
func oddTexts() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom([]string{"", "a", "b", "5", "12", "true", "é", "e\u0301", "e", "\u0301", "\u0301\u0327", "a\u0323\u0307", "\u1100", "\u1161", "\u11a8", "ﬁ", "Å", "\u212b",
			strings.Repeat("\u0301", 40), "👩‍👩‍👧", "\U0001d11e", "${x}", "%{if}", "$", "%", "${", "{", "\"", "\\", "\t", "\n", "\r\n", "\x00", "\xff", "\xe2\x82", "ZA", "mobile"}),
		rapid.StringN(0, 6, 30),
	)
}

// oddRows makes three tables: one of cells, one of typed rows, and one of JSON Lines.
func oddRows(t *rapid.T) ([]*table, []ref) {
	names := []string{"a", "b", "number", "row", "na me"}
	texts := oddTexts()
	number := func(i int) (phone.Number, phone.Region, phone.Kind) {
		n, region, kind, err := phone.ParseAndLocate(fiction[i%len(fiction)], "")
		if err != nil {
			t.Fatal(err)
		}
		return n, region, kind
	}
	cellTable := newTable("cells", "cells.csv", "cells.csv", names, 2)
	cells := &chunk{}
	var packed strings.Builder
	for i := range rapid.IntRange(1, 4).Draw(t, "rows") {
		n, region, kind := number(i)
		cells.lines, cells.numbers, cells.regions, cells.kinds = append(cells.lines, uint32(i+2)), append(cells.numbers, n), append(cells.regions, region), append(cells.kinds, kind)
		for range names {
			packed.WriteString(texts.Draw(t, "cell"))
			cells.ends = append(cells.ends, uint32(packed.Len()))
		}
	}
	cells.cells = packed.String()
	cellTable.chunks = []*chunk{cells}

	typedTable := newTable("typed", "", "main.sms.hcl", names, 2)
	typed := &chunk{}
	packed.Reset()
	for i := range rapid.IntRange(1, 4).Draw(t, "elements") {
		n, region, kind := number(i)
		typed.lines, typed.numbers, typed.regions, typed.kinds = append(typed.lines, uint32(i+2)), append(typed.numbers, n), append(typed.regions, region), append(typed.kinds, kind)
		packed.WriteString(fiction[i%len(fiction)])
		typed.ends = append(typed.ends, uint32(packed.Len()))
		attrs := map[string]cty.Value{}
		for _, name := range []string{"a", "b", "row", "na me"} {
			value := rapid.OneOf(
				rapid.Custom(func(t *rapid.T) cty.Value { return cty.StringVal(texts.Draw(t, "text")) }),
				rapid.SampledFrom([]cty.Value{
					cty.NilVal, cty.NullVal(cty.String), cty.NullVal(cty.DynamicPseudoType), cty.NumberIntVal(5), cty.NumberFloatVal(0.1), cty.NumberVal(new(big.Float).SetInt64(1 << 62)),
					cty.True, cty.False, cty.ListVal([]cty.Value{cty.StringVal("a")}), cty.EmptyObjectVal, cty.UnknownVal(cty.String), cty.DynamicVal, cty.StringVal("a").Mark(sensitive), cty.UnknownVal(cty.Bool).Mark(sensitive),
				}),
			).Draw(t, name)
			if value != cty.NilVal {
				attrs[name] = value
			}
		}
		object := cty.ObjectVal(attrs)
		switch rapid.IntRange(0, 9).Draw(t, "object") {
		case 0:
			object = cty.NilVal
		case 1:
			object = object.Mark(sensitive)
		}
		typed.objects = append(typed.objects, object)
	}
	typed.cells = packed.String()
	typedTable.chunks = []*chunk{typed}

	linesTable := newTable("lines", "lines.jsonl", "lines.jsonl", names, 2)
	linesTable.typed = true
	lines := &chunk{starts: []uint32{0}}
	packed.Reset()
	for i := range rapid.IntRange(1, 4).Draw(t, "lines") {
		n, region, kind := number(i)
		lines.lines, lines.numbers, lines.regions, lines.kinds = append(lines.lines, uint32(i+2)), append(lines.numbers, n), append(lines.regions, region), append(lines.kinds, kind)
		for column := range names {
			raw := rapid.OneOf(
				rapid.Custom(func(t *rapid.T) string {
					text, err := json.Marshal(texts.Draw(t, "text"))
					if err != nil {
						t.Fatal(err)
					}
					return string(text)
				}),
				rapid.SampledFrom([]string{"", "5", "1.50", "1E3", "-0.1", "12345678901234567890", "true", "false", `["a"]`, `{"a": {"b": null}}`, "[]", "{}"}),
			).Draw(t, "value")
			if raw != "" {
				packed.WriteString(raw)
				lines.ends, lines.columns = append(lines.ends, uint32(packed.Len())), append(lines.columns, uint16(column))
			}
		}
		lines.starts = append(lines.starts, uint32(len(lines.ends)))
	}
	lines.cells = packed.String()
	linesTable.chunks = []*chunk{lines}
	return []*table{cellTable, typedTable, linesTable}, linesTable.refs(typedTable.refs(cellTable.refs(nil, 0), 1), 2)
}

// columnsAndMore are operands of conditions and parts of templates.
var columnsAndMore = []string{
	"recipient.a", "recipient.b", `recipient["na me"]`, "recipient.row.a", `recipient.row["number"]`, "recipient.row.row", "recipient.number", "recipient.country", "recipient.type",
	"(recipient.a)", "recipient.missing", "recipient.row.missing", "recipient.row", "recipient.a.b", "recipient.a[0]", "upper(recipient.a)", `try(recipient.missing, "a")`,
	"local.brand", "local.number", "local.yes", "local.null", "local.unknown", "local.secret", "local.list[0]", "upper(local.brand)", "true", "5", "null", `"${recipient.a}x"`, `"${recipient.a}"`,
	`join(",", [for recipient in local.list : recipient])`, "recipient", "parseint(recipient.a, 10)", `recipient.a == "a"`, "recipient.a ? 1 : 2",
}

func drawLiteral(t *rapid.T) string {
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "${", "$${", "%{", "%%{", "\x00", `\u0000`)
	return quoted.Replace(strings.ToValidUTF8(oddTexts().Draw(t, "literal"), ""))
}

func drawText(t *rapid.T) string {
	if rapid.IntRange(0, 4).Draw(t, "bare") == 0 {
		return rapid.SampledFrom(columnsAndMore).Draw(t, "expression")
	}
	var b strings.Builder
	for range rapid.IntRange(0, 4).Draw(t, "parts") {
		switch rapid.IntRange(0, 6).Draw(t, "part") {
		case 0, 1, 2:
			b.WriteString(drawLiteral(t))
		case 3:
			fmt.Fprintf(&b, `%%{ if recipient.a == "a" }yes%%{ else }%s%%{ endif }`, drawLiteral(t))
		default:
			// Mostly columns, so that there are templates of columns alone.
			operands := columnsAndMore
			if rapid.IntRange(0, 3).Draw(t, "simple") > 0 {
				operands = columnsAndMore[:9]
			}
			fmt.Fprintf(&b, "${%s}", rapid.SampledFrom(operands).Draw(t, "interpolated"))
		}
	}
	return `"` + b.String() + `"`
}

func drawCondition(t *rapid.T, depth int) string {
	operand := func() string {
		if rapid.Bool().Draw(t, "literal or not") {
			return `"` + drawLiteral(t) + `"`
		}
		operands := columnsAndMore
		if rapid.IntRange(0, 3).Draw(t, "simple") > 0 {
			operands = columnsAndMore[:9]
		}
		return rapid.SampledFrom(operands).Draw(t, "operand")
	}
	kinds := 8
	if depth == 0 {
		kinds = 4
	}
	switch rapid.IntRange(0, kinds).Draw(t, "condition") {
	case 0, 1:
		return operand() + " == " + operand()
	case 2:
		return operand() + " != " + operand()
	case 3:
		lists := []string{`["a", "é"]`, "[]", `["a", 5]`, "local.list", "local.mixed", "local.nulls", "local.set", "local.map", "local.empty", "local.secret", "local.unknown", `[recipient.b]`, `toset(["a"])`}
		return fmt.Sprintf("contains(%s, %s)", rapid.SampledFrom(lists).Draw(t, "list"), operand())
	case 4:
		return operand()
	case 5:
		return "!(" + drawCondition(t, depth-1) + ")"
	case 6:
		return "(" + drawCondition(t, depth-1) + ")"
	case 7:
		return "(" + drawCondition(t, depth-1) + ") && " + drawCondition(t, depth-1)
	default:
		return drawCondition(t, depth-1) + " || (" + drawCondition(t, depth-1) + ")"
	}
}

// GoString shows what is the same both ways: not where the text is.
func (m measured) GoString() string { return fmt.Sprintf("%q %+v", m.text(), m.size()) }

// bothWays evaluates an expression for all rows with the short way and without, and holds what comes of it, texts and
// diagnostics, against each other. It gives how many rows took the short way without being evaluated.
func bothWays[T any](t *rapid.T, e rowExpression, rows []ref, outcome func(cty.Value) (T, hcl.Diagnostics), short shortcut[T]) int {
	taken := 0
	counted := shortcut[T](nil)
	if short != nil {
		counted = func() func(*table, uint32) (T, hcl.Diagnostics, bool) {
			quick := short()
			return func(t *table, row uint32) (T, hcl.Diagnostics, bool) {
				v, diags, ok := quick(t, row)
				if ok {
					taken++
				}
				return v, diags, ok
			}
		}
	}
	said := func(short shortcut[T]) []string {
		var all []string
		diags := evaluate(t.Context(), e, rows, &rowReporter{}, outcome, short, func(_ int, v T) { all = append(all, fmt.Sprintf("%#v", v)) })
		for _, d := range diags {
			all = append(all, fmt.Sprintf("%d|%s|%s|%v|%v", d.Severity, d.Summary, d.Detail, d.Subject, d.Context))
		}
		return all
	}
	if diff := cmp.Diff(said(nil), said(counted)); diff != "" {
		t.Errorf("evaluated and compiled differ (-evaluated +compiled):\n%s", diff)
	}
	return taken
}

func TestCompiledTextsAreThoseThatEvaluationGives(t *testing.T) {
	compiled, evaluated := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		tables, rows := oddRows(t)
		src := drawText(t)
		expr, diags := hclsyntax.ParseExpression([]byte(src), "main.sms.hcl", hcl.InitialPos)
		if diags.HasErrors() {
			t.Skip() // a literal that ends in %, say, and a brace behind it
		}
		spec := audienceSpec{text: expr, scope: constantsScope(), perRecipient: true, maxSegments: rapid.IntRange(0, 2).Draw(t, "max_segments"),
			unicode: rapid.SampledFrom([]string{"auto", "always", "never"}).Draw(t, "unicode")}
		taken := bothWays(t, rowExpression{expr, spec.scope, tables, ""}, rows, spec.measure, spec.compiled())
		compiled, evaluated = compiled+taken, evaluated+len(rows)-taken
	})
	if compiled < 50 || evaluated < 50 {
		t.Errorf("%d rows were compiled, %d evaluated: the test says little", compiled, evaluated)
	}
}

func TestCompiledConditionsHoldWhereEvaluatedOnesDo(t *testing.T) {
	compiled, evaluated := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		tables, rows := oddRows(t)
		src := drawCondition(t, 3)
		expr, diags := hclsyntax.ParseExpression([]byte(src), "main.sms.hcl", hcl.InitialPos)
		if diags.HasErrors() {
			t.Skip() // a chain of comparisons, say, which needs parentheses
		}
		where := &rowCondition{expr: expr, source: src, scope: constantsScope()}
		taken := bothWays(t, rowExpression{expr, where.scope, tables, ""}, rows, where.holds, where.compiled())
		compiled, evaluated = compiled+taken, evaluated+len(rows)-taken
	})
	if compiled < 50 || evaluated < 50 {
		t.Errorf("%d rows were compiled, %d evaluated: the test says little", compiled, evaluated)
	}
}

// What most configurations say is compiled, and what is not simple is not.
func TestWhatIsCompiled(t *testing.T) {
	scope := constantsScope()
	for src, want := range map[string]bool{
		`"Dear ${recipient.name}, from ${local.brand}."`: true,
		`"${recipient.name}"`:                            true,
		`recipient.name`:                                 true,
		`"${recipient.row.number} ${recipient["na me"]} ${upper(local.brand)}"`: true,
		"<<EOT\nDear ${recipient.name},\nhello.\nEOT\n":                         true,
		`recipient.lang == "en" && !(recipient.country != "ZA") || local.yes`:   true,
		`contains(["a", "b"], recipient.plan) && recipient.a == recipient.b`:    true,
		`"Dear ${upper(recipient.name)}"`:                                       false,
		`"%{ if recipient.lang == "en" }yes%{ endif }"`:                         false,
		`"${local.null} ${recipient.name}"`:                                     false,
		`recipient.points > 5`:                                                  false,
		`recipient.points == 5`:                                                 false,
		`contains(["a", 5], recipient.plan)`:                                    false,
		`recipient.row`:                                                         false,
	} {
		t.Run(src, func(t *testing.T) {
			expr := expression(t, src)
			if got := compileText(expr, scope) != nil || compileCondition(expr, scope) != nil; got != want {
				t.Errorf("compiled: %t, want %t", got, want)
			}
		})
	}
}

// BenchmarkCompiledText makes texts for 100,000 rows both ways, and says how many times as long evaluation takes, and what a
// row asks of memory.
func BenchmarkCompiledText(b *testing.B) {
	const rows = 100_000
	n, region, kind, err := phone.ParseAndLocate(fiction[0], "")
	if err != nil {
		b.Fatal(err)
	}
	t := newTable("cells", "cells.csv", "cells.csv", []string{"name", "suburb", "lang", "number"}, 3)
	for start := 0; start < rows; start += chunkRows {
		c := &chunk{}
		var packed strings.Builder
		for i := start; i < min(start+chunkRows, rows); i++ {
			c.lines, c.numbers, c.regions, c.kinds = append(c.lines, uint32(i+2)), append(c.numbers, n), append(c.regions, region), append(c.kinds, kind)
			for _, cell := range []string{fmt.Sprint("Name", i%5000), fmt.Sprint("Suburb ", i%300), []string{"en", "af"}[i%2], fiction[0]} {
				packed.WriteString(cell)
				c.ends = append(c.ends, uint32(packed.Len()))
			}
		}
		c.cells = packed.String()
		t.chunks = append(t.chunks, c)
	}
	tables, refs := []*table{t}, t.refs(nil, 0)
	scope := constantsScope()
	text := audienceSpec{text: expression(b, `"Dear ${recipient.name}, the power in ${recipient.suburb} is back. ${local.brand}"`), scope: scope}
	where := &rowCondition{expr: expression(b, `recipient.lang == "en" && recipient.country != "ZA"`), scope: scope}
	for name, way := range map[string]func(short bool){
		"text": func(short bool) {
			compiled := text.compiled()
			if !short {
				compiled = nil
			}
			evaluate(b.Context(), rowExpression{text.text, scope, tables, ""}, refs, &rowReporter{}, text.measure, compiled, func(int, measured) {})
		},
		"where": func(short bool) {
			compiled := where.compiled()
			if !short {
				compiled = nil
			}
			evaluate(b.Context(), rowExpression{where.expr, scope, tables, ""}, refs, &rowReporter{}, where.holds, compiled, func(int, bool) {})
		},
	} {
		b.Run(name, func(b *testing.B) {
			var spent [2]time.Duration
			var bytes [2]uint64
			for b.Loop() {
				for i, short := range []bool{false, true} {
					var before, after runtime.MemStats
					runtime.ReadMemStats(&before)
					start := time.Now()
					way(short)
					spent[i] += time.Since(start)
					runtime.ReadMemStats(&after)
					bytes[i] += after.TotalAlloc - before.TotalAlloc
				}
			}
			b.ReportMetric(float64(spent[0])/float64(spent[1]), "evaluated/compiled")
			b.ReportMetric(float64(bytes[0])/float64(rows*b.N), "evaluated-B/row")
			b.ReportMetric(float64(bytes[1])/float64(rows*b.N), "compiled-B/row")
		})
	}
}
