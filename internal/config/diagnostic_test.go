package config

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What programs get of a diagnostic has the properties and the conventions of `terraform validate -json`.
func TestDiagnosticsForPrograms(t *testing.T) {
	for name, tt := range map[string]struct {
		files   map[string]string
		summary string
		want    string
	}{
		"an argument": {
			map[string]string{"main.sms.hcl": "gateway \"simulator\" {\n  rate = \"x\"\n}\n"}, "Invalid value for rate",
			`{"severity":"error","summary":"Invalid value for rate","detail":"The value of rate must be a number, more than 0, at most 1000000.",
			"range":{"filename":"main.sms.hcl","start":{"line":2,"column":10,"byte":31},"end":{"line":2,"column":13,"byte":34}},
			"snippet":{"context":"gateway \"simulator\"","code":"  rate = \"x\"","start_line":2,"highlight_start_offset":9,"highlight_end_offset":12,"values":[]}}`,
		},
		"line ends of Windows, characters of several bytes": {
			map[string]string{"main.sms.hcl": "gateway \"simulator\" {}\r\nlocals {\r\n  é = \"ü\" + nope\r\n}\r\n"}, "Unknown name",
			`{"severity":"error","summary":"Unknown name","detail":"There is no name \"nope\". A text stands in quotes; a column is recipient.NAME, other values are var.NAME, local.NAME, recipients.NAME and so on.",
			"range":{"filename":"main.sms.hcl","start":{"line":3,"column":13,"byte":48},"end":{"line":3,"column":17,"byte":52}},
			"snippet":{"context":"locals","code":"  é = \"ü\" + nope","start_line":3,"highlight_start_offset":14,"highlight_end_offset":18,"values":[]}}`,
		},
		"an instance": {
			map[string]string{"main.sms.hcl": "gateway \"simulator\" {}\nrecipients \"a\" {\n  numbers = [\"+12025550143\"]\n}\nmessage \"m\" {\n  for_each = { en = \"\" }\n  to       = [recipients.a]\n  text     = each.value\n}\n"}, "Empty text",
			`{"severity":"error","summary":"Empty text","detail":"The text is empty. Give every recipient a text, or leave rows out with where.",
			"range":{"filename":"main.sms.hcl","start":{"line":8,"column":14,"byte":151},"end":{"line":8,"column":24,"byte":161}},
			"snippet":{"context":"message \"m\"","code":"  text     = each.value","start_line":8,"highlight_start_offset":13,"highlight_end_offset":23,"values":[{"traversal":"each.key","statement":"is \"en\""}]}}`,
		},
		"nowhere": {
			map[string]string{"main.sms.hcl": "locals {}\n"}, "No gateway",
			`{"severity":"error","summary":"No gateway","detail":"The configuration has no gateway block. Write gateway \"simulator\" {} to try things out, or gateway \"clickatell\" { ... } to send."}`,
		},
		"a row, masked": {
			map[string]string{"main.sms.hcl": "gateway \"simulator\" {}\nrecipients \"a\" {\n  csv {\n    path   = \"a.csv\"\n    number = \"number\"\n  }\n}\n", "a.csv": "number,name\n+1202555,Ruth\n"}, "Invalid phone number",
			`{"severity":"error","summary":"Invalid phone number","detail":"The number is too short for US. Correct the row, or leave rows like it out with on_invalid = \"skip\".",
			"range":{"filename":"a.csv","start":{"line":2,"column":1,"byte":1},"end":{"line":2,"column":9,"byte":17}},
			"snippet":{"context":null,"code":"+120••••,…","start_line":2,"highlight_start_offset":0,"highlight_end_offset":16,"values":[]}}`,
		},
		"a secret, covered": {
			map[string]string{"main.sms.hcl": "gateway \"clickatell\" {\n  api_id   = 1\n  password = \"canary\" + 1\n}\n"}, "Invalid operand",
			`{"severity":"error","summary":"Invalid operand","detail":"Unsuitable value for left operand: a number is required.",
			"range":{"filename":"main.sms.hcl","start":{"line":3,"column":14,"byte":51},"end":{"line":3,"column":22,"byte":59}},
			"snippet":{"context":"gateway \"clickatell\"","code":"  password = \"******\" + *","start_line":3,"highlight_start_offset":13,"highlight_end_offset":21,"values":[]}}`,
		},
		"control characters": {
			map[string]string{"main.sms.hcl": "gateway \"simulator\" {}\nlocals {\n  a = nope # \x1b[31m\n}\n"}, "Unknown name",
			`{"severity":"error","summary":"Unknown name","detail":"There is no name \"nope\". A text stands in quotes; a column is recipient.NAME, other values are var.NAME, local.NAME, recipients.NAME and so on.",
			"range":{"filename":"main.sms.hcl","start":{"line":3,"column":7,"byte":38},"end":{"line":3,"column":11,"byte":42}},
			"snippet":{"context":"locals","code":"  a = nope # ?[31m","start_line":3,"highlight_start_offset":6,"highlight_end_offset":10,"values":[]}}`,
		},
		"the end of a file": {
			map[string]string{"main.sms.hcl": "gateway \"simulator\" {"}, "Unclosed configuration block",
			`{"severity":"error","summary":"Unclosed configuration block","detail":"There is no closing brace for this block before the end of the file. This may be caused by incorrect brace nesting elsewhere in this file.",
			"range":{"filename":"main.sms.hcl","start":{"line":1,"column":21,"byte":20},"end":{"line":1,"column":22,"byte":21}},
			"snippet":{"context":"gateway \"simulator\"","code":"gateway \"simulator\" {","start_line":1,"highlight_start_offset":20,"highlight_end_offset":21,"values":[]}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, d := Load(t.Context(), directory(t, tt.files), Options{})
			for _, one := range d.List() {
				if one.Summary != tt.summary {
					continue
				}
				var got, want any
				text, err := json.Marshal(one)
				if err == nil {
					err = json.Unmarshal(text, &got)
				}
				if err == nil {
					err = json.Unmarshal([]byte(strings.ReplaceAll(tt.want, "\n", "")), &want)
				}
				if diff := cmp.Diff(want, got); err != nil || diff != "" {
					t.Errorf("%v (-want +got):\n%s\n%s", err, diff, text)
				}
				if one.Range != nil && one.Range.Filename == "main.sms.hcl" {
					meant := tt.files["main.sms.hcl"][one.Range.Start.Byte:one.Range.End.Byte]
					if shown := one.Snippet.Code[one.Snippet.HighlightStartOffset:one.Snippet.HighlightEndOffset]; shown != meant && !strings.Contains(shown, "*") {
						t.Errorf("highlights %q of %q", shown, meant)
					}
				}
				return
			}
			t.Error(said(d, "DIR"))
		})
	}
}

func TestThePlaceOfADiagnosticFits(t *testing.T) {
	_, d := Load(t.Context(), directory(t, map[string]string{"main.sms.hcl": "gateway \"simulator\" {}\n\nrecipients \"customers\" {\n  numbers = \"x\"\n}\n"}), Options{})
	for width, want := range map[uint]string{
		0:  "  on main.sms.hcl line 4, column 13, in recipients \"customers\":\n   4: ",
		80: "  on main.sms.hcl line 4, column 13, in recipients \"customers\":\n   4: ",
		40: "  on main.sms.hcl line 4, column 13,\n    in recipients \"customers\":\n   4: ",
	} {
		var b strings.Builder
		if err := d.Write(&b, width, false); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), want) {
			t.Errorf("at %d columns: %s", width, b.String())
		}
	}
}
