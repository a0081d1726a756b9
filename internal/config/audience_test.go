package config

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"pgregory.net/rapid"

	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/sms"
)

// fiction are numbers reserved for fiction.
var fiction = []string{"+61491570006", "+61491570156", "+12025550143", "+491713920012", "+46701740612", "+447700900123"}

func TestTalliesAddUp(t *testing.T) {
	top, dir := t, t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.SampledFrom(append([]string{"", "0491 570 006", "n/a", "+1 202"}, fiction...))
		lang := rapid.SampledFrom([]string{"en", "af"})
		wheres := rapid.SampledFrom([]*rowCondition{nil, condition(top, `recipient.lang == "en"`), condition(top, `recipient.country != "SE"`)})
		var sets []*Set
		for i := range rapid.IntRange(1, 4).Draw(t, "sets") {
			spec := setSpec{name: fmt.Sprint("set", i), region: "AU", skipInvalid: true, where: wheres.Draw(t, "where")}
			content := "number,lang\n"
			for range rapid.IntRange(0, 12).Draw(t, "rows") {
				content += cell.Draw(t, "number") + "," + lang.Draw(t, "lang") + "\n"
			}
			spec.sources = []source{fileIn(top, dir, fmt.Sprint(i, ".csv"), content)}
			for range rapid.IntRange(0, 5).Draw(t, "elements") {
				spec.numbers = append(spec.numbers, inline(cell.Draw(t, "number"), "lang", lang.Draw(t, "lang")))
			}
			if len(sets) > 0 {
				spec.include = rapid.SliceOfN(rapid.SampledFrom(sets), 0, 2).Draw(t, "include")
				spec.exclude = rapid.SliceOfN(rapid.SampledFrom(sets), 0, 2).Draw(t, "exclude")
			}
			set, diags := resolveSet(context.Background(), spec, &rowReporter{})
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			checkTally(t, spec.name, set.Tally, set.Numbers())
			for _, other := range spec.exclude {
				for _, n := range other.Numbers() {
					if slices.Contains(set.Numbers(), n) {
						t.Errorf("%s has a person whom it excludes", spec.name)
					}
				}
			}
			var taken, picked Audience
			taken.take(set)
			picked.Tally.Rows = len(set.rows)
			picked.pick(set.tables, set.rows)
			if d := cmp.Diff(taken, picked, cmp.AllowUnexported(Audience{}, ref{}, heldRow{}, why{}), cmpopts.IgnoreTypes([]*table{}), cmpopts.EquateEmpty(), cmpopts.EquateComparable(phone.Number{}), cmpopts.IgnoreUnexported(Texts{})); d != "" {
				t.Errorf("to take the members of %s is not to pick its rows (-take +pick):\n%s", spec.name, d)
			}
			sets = append(sets, set)
		}
		to := rapid.SliceOfN(rapid.SampledFrom(sets), 1, 4).Draw(t, "to")
		a, diags := resolveAudience(context.Background(), audienceSpec{to: to, where: wheres.Draw(t, "message"), perRecipient: true,
			text: expression(top, `"${recipient.lang} ${recipient.country}"`), scope: rowScope()}, &rowReporter{})
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		checkTally(t, "the audience", a.Tally, a.Numbers)
		rows := 0
		for _, s := range to {
			rows += s.Tally.Rows
		}
		if a.Tally.Rows != rows {
			t.Errorf("the audience counts %d rows, its sets %d", a.Tally.Rows, rows)
		}
	})
}

// checkTally holds a tally against those who remain, and each line against being there twice.
func checkTally(t *rapid.T, what string, tally Tally, remain []phone.Number) {
	sum := len(remain)
	for _, h := range tally.Held {
		sum += h.Count
	}
	if sum != tally.Rows {
		t.Errorf("the tally of %s sums up to %d of %d rows: %+v", what, sum, tally.Rows, tally)
	}
	if !slices.IsSortedFunc(tally.Held, func(a, b Held) int { return slices.Index(shownOrder, a.Reason) - slices.Index(shownOrder, b.Reason) }) {
		t.Errorf("the tally of %s is out of order: %+v", what, tally.Held)
	}
	seen := map[phone.Number]bool{}
	for _, n := range remain {
		if seen[n.Line()] {
			t.Errorf("%s has %s twice", what, n)
		}
		seen[n.Line()] = true
	}
}

func TestFormsOfOneLineAreOnePerson(t *testing.T) {
	old, err := phone.Parse("+2250708091011", "")
	if err != nil {
		t.Fatal(err)
	}
	for _, form := range phone.Equivalents(old) {
		if form == old {
			continue
		}
		l := newLines(2, func(i uint32) phone.Number { return []phone.Number{old, form}[i] })
		l.add(old, 0)
		if first, isNew := l.add(form, 1); isNew || first != 0 || !l.has(form) {
			t.Errorf("%s and %s are two lines", old, form)
		}
	}
}

func TestResultsDoNotDependOnCores(t *testing.T) {
	var b strings.Builder
	b.WriteString("number,name\n")
	for i := range 5000 {
		switch number := fiction[i%len(fiction)]; {
		case i%97 == 0:
			fmt.Fprintf(&b, "%s,\n", number[:6])
		case i%101 == 0:
			fmt.Fprintf(&b, "%s,a,b\n", number)
		default:
			fmt.Fprintf(&b, "+120255501%02d,n%d\n", i%100, i)
		}
	}
	file := csvOf(t, "members.csv", b.String())
	resolveAll := func(cores int) string {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(cores))
		d := &rowReporter{}
		set, diags := resolveSet(context.Background(), setSpec{name: "members", sources: []source{file}, where: condition(t, `parseint(upper(recipient.name), 36) > 60000`)}, d)
		a, more := resolveAudience(context.Background(), audienceSpec{to: []*Set{set}, text: expression(t, `"${recipient.name} ${parseint(recipient.name, 24)}"`), scope: rowScope(), perRecipient: true}, d)
		out := fmt.Sprintf("%+v\n%+v\n%v\n", set.Tally, a.Tally, a.Texts) + written(t, d, append(diags, more...))
		for i, n := range a.Numbers {
			out += n.E164() + a.Table.At(int(a.Texts[i])) + "\n"
		}
		return out
	}
	one := resolveAll(1)
	for range 3 {
		if diff := cmp.Diff(resolveAll(2), one); diff != "" {
			t.Fatalf("two cores and one differ (-two +one):\n%s", diff)
		}
	}
}

func TestCancelledResolvingSaysSo(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	set, diags := resolveSet(ctx, setSpec{name: "members", sources: []source{csvOf(t, "members.csv", members)}}, &rowReporter{})
	if set == nil || !diags.HasErrors() || diags[0].Summary != "Interrupted" {
		t.Errorf("resolveSet = %v, %v; want a set and that it was interrupted", set, diags)
	}
}

func TestTextsAreTakenAsTemplatesTakeThem(t *testing.T) {
	for name, tt := range map[string]struct {
		text string
		spec audienceSpec
		want []string // texts, or
		say  []string // what the diagnostics say
	}{
		"once":             {text: `"Hello"`, spec: audienceSpec{}, want: []string{"Hello"}},
		"same for all":     {text: `"Hi ${try(recipient.title, "you")}"`, want: []string{"Hi you"}},
		"of each":          {text: `"Hi ${recipient.name}"`, want: []string{"Hi Ruth", "Hi Sam"}},
		"a number":         {text: `recipient.age + 1`, want: []string{"42", "43"}},
		"a bool":           {text: `recipient.name == "Ruth"`, want: []string{"true", "false"}},
		"attributes":       {text: `"${recipient.number} ${recipient.country} ${recipient.type}"`, want: []string{"61491570006 AU mobile", "12025550143 US fixed_or_mobile"}},
		"row":              {text: `"${recipient.row.number}: ${recipient.row["name"]}"`, want: []string{"+61 491 570 006: Ruth", "+12025550143: Sam"}},
		"whole":            {text: `join("", keys(recipient))`, want: []string{"agecountrynamenumberrowtype"}},
		"unknown column":   {text: `"Hi ${recipient.nmae}"`, say: []string{"main.sms.hcl line 1", `recipients.people has no column "nmae". It has: age, name, number. Did you mean "name"?`}},
		"unknown in row":   {text: `recipient.row.country`, say: []string{`no column "country"`}},
		"null":             {text: `recipient.name == "Sam" ? null : "x"`, say: []string{"For main.sms.hcl:8: The text is null."}},
		"a list":           {text: `[recipient.name]`, say: []string{"For main.sms.hcl:7, :8: A text is a string"}},
		"empty":            {text: `recipient.name == "Sam" ? "" : "x"`, say: []string{"For main.sms.hcl:8: The text is empty."}},
		"not for XML":      {text: `"${recipient.name}\u0007"`, say: []string{"For main.sms.hcl:7: The text has U+0007 as character 5", "For main.sms.hcl:8: The text has U+0007 as character 4"}},
		"never unicode":    {text: `"ł ${recipient.name}"`, spec: audienceSpec{unicode: "never"}, say: []string{"For main.sms.hcl:7, :8: GSM 03.38 has no 'ł' (U+0142, character 1)."}},
		"never, once":      {text: `"ł"`, spec: audienceSpec{unicode: "never"}, say: []string{"\nGSM 03.38 has no 'ł'"}},
		"too long":         {text: `"${recipient.name}` + strings.Repeat("0123456789", 16) + `"`, spec: audienceSpec{maxSegments: 1}, say: []string{"The text takes 2 segments, and max_segments is 1."}},
		"function":         {text: `parseint(recipient.name, 10)`, say: []string{`For main.sms.hcl:7, :8: The function "parseint" does not take what the row has.`}},
		"undefined":        {text: `"${recipient.name} ${nobody}"`, say: []string{"For main.sms.hcl:7, :8: ", "nobody"}},
		"shadowed":         {text: `join("", [for recipient in ["a"] : recipient])`, spec: audienceSpec{}, want: []string{"a"}},
		"line breaks":      {text: `"${recipient.name}\r\nb\rc\nd"`, want: []string{"Ruth\nb\nc\nd", "Sam\nb\nc\nd"}},
		"that fits":        {text: `"` + strings.Repeat("0123456789", 15) + `12345678\r\n9"`, spec: audienceSpec{maxSegments: 1}, want: []string{strings.Repeat("0123456789", 15) + "12345678\n9"}},
		"missing in a try": {text: `try(recipient.nmae, recipient.name)`, want: []string{"Ruth", "Sam"}},
	} {
		t.Run(name, func(t *testing.T) {
			set := resolve(t, setSpec{name: "people", numbers: []inlineRow{
				{number: "+61 491 570 006", object: person("Ruth", 41), at: lineOf(7)}, {number: "+12025550143", object: person("Sam", 42), at: lineOf(8)},
			}})
			spec := tt.spec
			spec.to, spec.text, spec.scope = []*Set{set}, expression(t, tt.text), rowScope()
			spec.perRecipient = strings.Contains(tt.text, "recipient")
			d := &rowReporter{files: map[string]*hcl.File{"main.sms.hcl": {Bytes: []byte(tt.text)}}}
			a, diags := resolveAudience(context.Background(), spec, d)
			out := written(t, d, diags)
			for _, say := range tt.say {
				if !strings.Contains(out, say) {
					t.Errorf("got:\n%s\nwant in it: %s", out, say)
				}
			}
			if _, said, _ := strings.Cut(out, "\n\n"); strings.Contains(said, "Ruth") || strings.Contains(said, "Sam") && name != "null" && name != "empty" {
				t.Errorf("a row's values are printed:\n%s", out)
			}
			if diags.HasErrors() {
				if tt.say == nil {
					t.Errorf("unexpected:\n%s", out)
				}
				return
			}
			var got []string
			for i := range a.Table.Len() {
				got = append(got, a.Table.At(i))
			}
			if diff := cmp.Diff(got, tt.want); diff != "" {
				t.Errorf("texts (-got +want):\n%s", diff)
			}
			if (a.Texts == nil) != (len(tt.want) == 1) {
				t.Errorf("Texts = %v with %d texts", a.Texts, len(tt.want))
			}
		})
	}
}

func person(name string, age int64) cty.Value {
	return cty.ObjectVal(map[string]cty.Value{"name": cty.StringVal(name), "age": cty.NumberIntVal(age)})
}

func lineOf(line int) hcl.Range {
	return hcl.Range{Filename: "main.sms.hcl", Start: hcl.Pos{Line: line, Column: 1}}
}

func TestElementsMayHaveOtherAttributes(t *testing.T) {
	set := resolve(t, setSpec{name: "people", numbers: []inlineRow{inline(fiction[0], "name", "Ruth"), inline(fiction[1])}})
	for text, wrong := range map[string]bool{`recipient.name`: true, `try(recipient.name, "you")`: false} {
		d := &rowReporter{}
		_, diags := resolveAudience(context.Background(), audienceSpec{to: []*Set{set}, text: expression(t, text), scope: rowScope(), perRecipient: true}, d)
		if diags.HasErrors() != wrong || wrong && !strings.Contains(written(t, d, diags), "For main.sms.hcl:7: ") {
			t.Errorf("%s: %s", text, written(t, d, diags))
		}
	}
}

func TestUnknownColumnIsReportedOnceForEachSource(t *testing.T) {
	a := resolve(t, setSpec{name: "a", sources: []source{csvOf(t, "a.csv", "number,name\n+61491570006,Ruth\n")}})
	b := resolve(t, setSpec{name: "b", sources: []source{csvOf(t, "b.csv", "number,First Name\n+61491570006,Ruth\n")}})
	d := &rowReporter{}
	spec := audienceSpec{to: []*Set{a, b}, text: expression(t, `"${recipient.name}${recipient["First Name"]}"`), scope: rowScope(), perRecipient: true}
	var all hcl.Diagnostics
	for range 2 { // as of two instances of one block
		_, diags := resolveAudience(context.Background(), spec, d)
		all = append(all, diags...)
	}
	var got []string
	for _, diag := range all {
		got = append(got, diag.Detail)
	}
	want := []string{
		`recipients.b has no column "name". b.csv has: number, "First Name".`,
		`recipients.a has no column "First Name". a.csv has: number, name.`,
	}
	if diff := cmp.Diff(got, want, cmpopts.SortSlices(strings.Compare)); diff != "" {
		t.Errorf("details (-got +want):\n%s", diff)
	}
}

func TestRowsAreMarkedPersonal(t *testing.T) {
	set := resolve(t, setSpec{name: "people", numbers: []inlineRow{inline(fiction[0], "name", "Ruth")}})
	expr := expression(t, "{ a = recipient.name, b = recipient.row, c = recipient }")
	v := needsOf(expr).recipient(set.tables[0], 0)
	for _, part := range []cty.Value{v, v.GetAttr("name"), v.GetAttr("row").GetAttr("name"), v.GetAttr("number")} {
		if !part.HasMark(personal) {
			t.Errorf("%#v is not marked", part)
		}
	}
}

func TestEachTextIsThereOnceWithItsSize(t *testing.T) {
	table := newTextTable(0)
	var want []string
	for i := range 3000 {
		text := fmt.Sprint("text ", i%1000, strings.Repeat("ł", i%3))
		if !slices.Contains(want, text) {
			want = append(want, text)
		}
		if at := table.add(newMeasured(text, sms.Measure(text))); table.texts.At(int(at)) != text {
			t.Fatalf("%q was put where %q is", text, table.texts.At(int(at)))
		}
	}
	texts := table.texts
	if texts.Len() != len(want) {
		t.Fatalf("%d texts, want %d", texts.Len(), len(want))
	}
	for i := range texts.Len() {
		if texts.At(i) != want[i] || texts.Size(i) != sms.Measure(want[i]) {
			t.Errorf("text %d = %q of %+v; want %q of %+v", i, texts.At(i), texts.Size(i), want[i], sms.Measure(want[i]))
		}
	}
}

func TestInlineNumbersAreMaskedInTheirSource(t *testing.T) {
	src := `numbers = ["+61 491 570 006", "x"] # 2026`
	at := hcl.Range{Filename: "main.sms.hcl", Start: hcl.Pos{Byte: 11}, End: hcl.Pos{Byte: 28}}
	for name, tt := range map[string]struct {
		file string
		show bool
		want string
	}{
		"masked":       {"main.sms.hcl", false, `numbers = ["+61 4** *** ***", "x"] # 2026`},
		"shown":        {"main.sms.hcl", true, src},
		"another file": {"other.sms.hcl", false, src},
	} {
		t.Run(name, func(t *testing.T) {
			d := &rowReporter{showNumbers: tt.show}
			if _, diags := resolveSet(context.Background(), setSpec{name: "people", numbers: []inlineRow{{number: fiction[0], at: at}}}, d); diags.HasErrors() {
				t.Fatal(diags)
			}
			if got := string(d.mask(tt.file, []byte(src))); got != tt.want {
				t.Errorf("mask = %s, want %s", got, tt.want)
			}
		})
	}
}

func TestTextsOfWholeRunsAreThoseThatAreCopied(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table, own := newTextTable(0), map[string]uint32{}
		var want []string
		texts := rapid.SampledFrom([]int{10, blockTexts, 1 << 20})
		for run := range rapid.IntRange(1, 5).Draw(t, "runs") {
			block, kinds := &textBlock{}, texts.Draw(t, "texts")
			rows := rapid.SampledFrom([]int{1, 7, blockTexts - 1, blockTexts, blockTexts, blockTexts}).Draw(t, "rows")
			again := rapid.IntRange(1, 2*rows).Draw(t, "again")
			odd := rapid.IntRange(0, 2*rows).Draw(t, "odd") // a row that was evaluated, or failed
			for i := range rows {
				text := fmt.Sprint("text ", (run*blockTexts+i)%kinds)
				switch {
				case i == again:
					text = fmt.Sprint("text ", (run*blockTexts+i-1)%kinds)
				case kinds == blockTexts:
					text = fmt.Sprint("text ", i)
				}
				if i == odd {
					block = &textBlock{}
				}
				block.add(text, sms.Measure(text))
			}
			from := 0
			if odd < rows {
				from = odd
				if at := table.add(measured{}); table.texts.At(int(at)) != "" {
					t.Fatalf("a row that failed has the text %q", table.texts.At(int(at)))
				}
				if _, ok := own[""]; !ok {
					own[""] = uint32(len(want))
					want = append(want, "")
				}
			}
			for i := from; i < rows; i++ {
				m := measured{block, uint32(i - from)}
				text := m.text()
				if _, ok := own[text]; !ok {
					own[text] = uint32(len(want))
					want = append(want, text)
				}
				if at := table.add(m); at != own[text] {
					t.Fatalf("%q is text %d, want %d", text, at, own[text])
				}
			}
		}
		for i, text := range want {
			if got, size := table.texts.At(i), table.texts.Size(i); got != text || text != "" && size != sms.Measure(text) {
				t.Fatalf("text %d is %q of %+v, want %q", i, got, size, text)
			}
		}
		if table.texts.Len() != len(want) {
			t.Fatalf("%d texts, want %d", table.texts.Len(), len(want))
		}
	})
}

// Who waits for many rows sees each step that goes through them, and how much of it is done.
func TestEachStepThroughTheRowsShowsItsProgress(t *testing.T) {
	dir := directory(t, map[string]string{
		"people.csv":   "number,town\n" + strings.Repeat("+61491570006,Cairns\n", 3*chunkRows),
		"main.sms.hcl": simulated + "recipients \"a\" {\n  csv {\n    path   = \"people.csv\"\n    number = \"number\"\n  }\n  where = recipient.town == \"Cairns\"\n}\nmessage \"m\" {\n  to   = [recipients.a]\n  text = \"Hello ${recipient.town}\"\n}\n",
	})
	type step struct {
		rows  int
		share float64
	}
	ended := map[string]step{}
	_, d := Load(t.Context(), dir, Options{Progress: func(rows int, share float64, doing string) {
		if last := ended[doing]; rows < last.rows || share < last.share {
			t.Errorf("%s: %d rows, %g, after %d and %g", doing, rows, share, last.rows, last.share)
		}
		ended[doing] = step{rows, share}
	}})
	if d.HasErrors() {
		t.Fatal(said(d, dir))
	}
	want := map[string]step{"Reading people.csv": {3 * chunkRows, 1}, "Choosing rows": {3 * chunkRows, 1}, "Looking for repeated numbers in recipients.a": {}, "Writing texts": {1, 1}}
	if diff := cmp.Diff(want, ended, cmp.AllowUnexported(step{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
