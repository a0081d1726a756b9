//go:build unix

package config

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"text/template"

	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/stage"
)

// stageRows is how many rows the stages of reading a configuration are measured with.
const stageRows = 50_000

// stageFile gives a file of rows, one in ten with the number of an earlier row.
func stageFile() string {
	random := rand.New(rand.NewPCG(1, 1))
	var b strings.Builder
	b.WriteString("customer,firstname,number,suburb,lang\n")
	for i := range stageRows {
		who := i
		if i%10 == 9 {
			who = random.IntN(i)
		}
		fmt.Fprintf(&b, "C%07d,Name%d,+1%d555%04d,Suburb %d,en\n", i, random.IntN(5000), 202+who/10_000, who%10_000, random.IntN(300))
	}
	return b.String()
}

// stageSet reads such a file.
func stageSet(b *testing.B) (csvSpec, *Set) {
	spec := csvOf(b, "people.csv", stageFile())
	set, diags := resolveSet(context.Background(), setSpec{name: "people", sources: []source{spec}, skipInvalid: true}, &rowReporter{})
	if diags.HasErrors() {
		b.Fatal(diags)
	}
	return spec, set
}

// BenchmarkReadRows reads, judges and keeps the rows of a CSV file; encoding/csv alone forgets each row.
func BenchmarkReadRows(b *testing.B) {
	spec, _ := stageSet(b)
	content := stageFile()
	stage.Against(b, stageRows, "row", func() {
		if t, _, diags := spec.read(context.Background(), "people", newRowRules(setSpec{}), true, &rowReporter{}); diags.HasErrors() || t.len() == 0 {
			b.Fatal(diags)
		}
	}, map[string]func(){"encoding/csv": func() {
		r := csv.NewReader(strings.NewReader(content))
		r.ReuseRecord = true
		for {
			if _, err := r.Read(); err == io.EOF {
				return
			} else if err != nil {
				b.Fatal(err)
			}
		}
	}})
}

// BenchmarkDedupe finds the first row of each line.
func BenchmarkDedupe(b *testing.B) {
	_, set := stageSet(b)
	rows := set.tables[0].refs(nil, 0)
	stage.Against(b, len(rows), "row", func() { set.repeats(rows) }, map[string]func(){"a-map": func() {
		first := make(map[phone.Number]ref, len(rows))
		for _, r := range rows {
			line := numberOf(set.tables, r).Line()
			if _, again := first[line]; !again {
				first[line] = r
			}
		}
	}})
}

// BenchmarkWriteTexts gives each person a text, finds out what it takes on the air, and keeps it once.
func BenchmarkWriteTexts(b *testing.B) {
	_, set := stageSet(b)
	spec := audienceSpec{to: []*Set{set}, text: expression(b, `"Dear ${recipient.firstname} (${recipient.customer}), power is out in ${recipient.suburb}."`),
		scope: rowScope(), perRecipient: true}
	var a Audience
	a.take(set)
	t := set.tables[0]
	type person struct{ Firstname, Customer, Suburb string }
	personOf := func(r ref) person {
		c, i := t.at(r.row)
		return person{t.cell(c, i, 1), t.cell(c, i, 0), t.cell(c, i, 3)}
	}
	dear := template.Must(template.New("").Parse("Dear {{.Firstname}} ({{.Customer}}), power is out in {{.Suburb}}."))
	stage.Against(b, len(a.rows), "row", func() {
		if diags := a.write(context.Background(), spec, &rowReporter{}); diags.HasErrors() {
			b.Fatal(diags)
		}
	}, map[string]func(){
		"strings.Builder": func() {
			texts := make([]string, len(a.rows))
			for i, r := range a.rows {
				var text strings.Builder
				p := personOf(r)
				for _, part := range []string{"Dear ", p.Firstname, " (", p.Customer, "), power is out in ", p.Suburb, "."} {
					text.WriteString(part)
				}
				texts[i] = text.String()
			}
		},
		"text/template": func() {
			texts := make([]string, len(a.rows))
			for i, r := range a.rows {
				var text strings.Builder
				if err := dear.Execute(&text, personOf(r)); err != nil {
					b.Fatal(err)
				}
				texts[i] = text.String()
			}
		},
	})
}
