package render

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/plan"
)

const handover = `
import {
  to         = message.outage["en"]
  region     = "AU"
  on_invalid = "skip"

  csv {
    path   = "sent.csv"
    number = "mobile"
  }
}
`

func importer(t *testing.T) *plan.Plan {
	return made(t, map[string]string{
		"main.sms.hcl": outage, "import.sms.hcl": handover, "customers.csv": customers,
		"sent.csv": "mobile\n0491 570 006\n+1 202 555 0150\n+1 202 555 0150\n12\n",
	})
}

// A card adds up those imported as it adds up the recipients, in text, in JSON and in the question.
func TestACardShowsWhomItImports(t *testing.T) {
	p := importer(t)
	for name, style := range map[string]Style{"": {}, "-narrow": {Width: 40}} {
		var b bytes.Buffer
		if err := Plan(&b, p, style); err != nil {
			t.Fatal(err)
		}
		golden(t, "plan-import"+name+".txt", b.Bytes())
	}
	if question := Ask(p, Style{}).Text; !strings.Contains(question, "Those imported, 2, are recorded") {
		t.Errorf("the question is %q", question)
	}
	for _, numbers := range []bool{false, true} {
		var b bytes.Buffer
		if err := PlanJSON(&b, p, Style{Numbers: numbers}); err != nil {
			t.Fatal(err)
		}
		conform(t, "plan", b.Bytes())
		if got := strings.Contains(b.String(), "+12025550150"); got != numbers {
			t.Errorf("the number is there: %t, with -show-numbers: %t", got, numbers)
		}
		var d struct {
			Messages []struct {
				Actions []plan.Action
				Imports []struct {
					Rows     int
					Held     []struct{ Count int }
					ToImport int `json:"to_import"`
				}
			}
			Summary struct {
				ToImport int `json:"to_import"`
			}
		}
		if err := json.Unmarshal(b.Bytes(), &d); err != nil {
			t.Fatal(err)
		}
		m := d.Messages[0]
		rows := m.Imports[0].ToImport
		for _, h := range m.Imports[0].Held {
			rows += h.Count
		}
		if rows != m.Imports[0].Rows || rows != 4 || d.Summary.ToImport != 2 || len(m.Actions) != 2 || m.Actions[0] != plan.Import {
			t.Errorf("%+v", d)
		}
	}
	var b bytes.Buffer
	s := NewStream(&b, func() time.Time { return noon }, config.Version)
	s.Plan(p, Style{})
	for line := range bytes.Lines(b.Bytes()) {
		conform(t, "line", line)
	}
}
