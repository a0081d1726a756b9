package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
)

const canary = "canary-Zx81!"

// A password is where it is used and nowhere else, however it came in and whatever is wrong beside it.
func TestPasswordAppearsNowhere(t *testing.T) {
	gateway := "gateway \"clickatell\" {\n  user     = \"me\"\n  api_id   = 1\n  password = %s\n}\n"
	variable := "variable \"pw\" {\n  %s\n}\n"
	for name, tt := range map[string]struct {
		main    string
		values  string
		options Options
	}{
		"literal":                     {main: fmt.Sprintf(gateway, `"`+canary+`"`)},
		"literal of the wrong type":   {main: fmt.Sprintf(gateway, `["`+canary+`"]`)},
		"literal and unknown name":    {main: fmt.Sprintf(gateway, `"`+canary+`${nope}"`)},
		"literal in a faulty call":    {main: fmt.Sprintf(gateway, `parseint("`+canary+`", 10)`)},
		"literal, block not closed":   {main: strings.TrimSuffix(fmt.Sprintf(gateway, `"`+canary+`"`), "}\n")},
		"literal, quote not closed":   {main: fmt.Sprintf(gateway, `"`+canary)},
		"literal, quotes forgotten":   {main: fmt.Sprintf(gateway, strings.NewReplacer("-", "_", "!", "").Replace(canary))},
		"literal, wrong quotes":       {main: fmt.Sprintf(gateway, `'`+canary+`'`)},
		"literal, given twice":        {main: fmt.Sprintf(gateway, `"`+canary+"\"\n  password = \""+canary+`"`)},
		"literal in a heredoc":        {main: fmt.Sprintf(gateway, "<<EOT\n"+canary+"${nope}\nEOT")},
		"sensitive default":           {main: fmt.Sprintf(gateway, "var.pw") + fmt.Sprintf(variable, "sensitive = true\n  type = number\n  default = \""+canary+`"`)},
		"default of a plain variable": {main: fmt.Sprintf(gateway, "var.pw") + fmt.Sprintf(variable, "default = \""+canary+"\"\n  defautl = 1") + "output \"o\" {\n  value = var.pw\n}\n"},
		"inside another value":        {main: fmt.Sprintf(gateway, "jsondecode(var.pw).p") + fmt.Sprintf(variable, `default = "{\"p\": \"`+canary+`\"}"`) + "output \"o\" {\n  value = var.pw\n}\n"},
		"over locals":                 {main: fmt.Sprintf(gateway, "local.a") + "locals {\n  a = local.b\n  b = var.pw\n}\noutput \"o\" {\n  value = local.b\n}\n" + fmt.Sprintf(variable, `default = "`+canary+`"`)},
		"flag":                        {main: fmt.Sprintf(gateway, "var.pw") + fmt.Sprintf(variable, "ephemeral = true"), options: Options{Assignments: []Assignment{{"-var", "pw=" + canary}}}},
		"flag of the wrong type":      {main: fmt.Sprintf(gateway, "var.pw") + fmt.Sprintf(variable, "ephemeral = true\n  type = list(string)"), options: Options{Assignments: []Assignment{{"-var", "pw=" + canary}}}},
		"environment":                 {main: fmt.Sprintf(gateway, "var.pw") + fmt.Sprintf(variable, "sensitive = true"), options: Options{Environ: []string{"SMSPLAN_VAR_pw=" + canary}}},
		"environment of the gateway":  {main: "gateway \"clickatell\" {\n  nope = 1\n}\n", options: Options{Environ: []string{"SMSPLAN_PASSWORD=" + canary}}},
		"file":                        {main: fmt.Sprintf(gateway, "var.pw") + fmt.Sprintf(variable, "sensitive = true"), values: "pw = \"" + canary + "\" nope\n"},
		"file, of the wrong type":     {main: fmt.Sprintf(gateway, "var.pw") + fmt.Sprintf(variable, "ephemeral = true\n  type = number"), values: "pw = \"" + canary + "\"\n"},
		"in a text":                   {main: fmt.Sprintf(gateway, "var.pw") + fmt.Sprintf(variable, `default = "`+canary+`"`) + "recipients \"a\" {\n  numbers = [\"+12025550143\"]\n}\nmessage \"m\" {\n  to   = [recipients.a]\n  text = var.pw\n}\n"},
		"in an endpoint":              {main: "gateway \"clickatell\" {\n  endpoint = \"https://me:" + canary + "@gateway.example\"\n}\n"},
		"in a validation":             {main: fmt.Sprintf(gateway, "var.pw") + fmt.Sprintf(variable, "ephemeral = true\n  validation {\n    condition     = var.pw == \"\"\n    error_message = \"Not ${var.pw}.\"\n  }"), options: Options{Assignments: []Assignment{{"-var", "pw=" + canary}}}},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{"main.sms.hcl": tt.main + "locals {\n  fault = nope\n}\n"}
			if tt.values != "" {
				files["smsplan.smsvars.hcl"] = tt.values
			}
			dir := directory(t, files)
			c, d := Load(t.Context(), dir, tt.options)
			list, err := json.Marshal(d.List())
			if err != nil {
				t.Fatal(err)
			}
			kept, err := json.Marshal(c.Variables)
			if err != nil {
				t.Fatal(err)
			}
			printed := said(d, dir) + string(list) + string(kept) + fmt.Sprintf("%v %+v %#v", c.Gateway, c.Gateway, c.Gateway)
			for _, o := range c.Outputs {
				printed += fmt.Sprintf("%+v %s", o, o.JSON)
			}
			for _, m := range c.Messages {
				printed += fmt.Sprintf("%+v", *m)
			}
			text, d := c.Evaluate("{ a = var, b = [for x in [1] : var.pw], c = local.nope }")
			printed += text + said(d, dir)
			text, d = c.Evaluate("var.pw")
			printed += text + said(d, dir)
			for _, secret := range []string{canary, strings.TrimSuffix(canary, "!"), strings.NewReplacer("-", "_", "!", "").Replace(canary)} {
				if at := strings.Index(printed, secret); at >= 0 {
					t.Errorf("%q is in ...%s...", secret, printed[max(0, at-200):min(len(printed), at+100)])
				}
			}
			if d.Empty() && !strings.Contains(printed, "nope") {
				t.Error("nothing was said")
			}
		})
	}
}

// The name of a credential may be misspelt, and the file may have other faults.
func TestMisspeltCredentialsAppearNowhere(t *testing.T) {
	clickatell := func(body string) string { return "gateway \"clickatell\" {\n  " + body + "\n}\n" }
	for name, main := range map[string]string{
		"literal":                 clickatell(`pasword = "HARDpw66-x"`),
		"user":                    clickatell(`usr = "HARDpw66-x"`),
		"simulator":               "gateway \"simulator\" {\n  pasword = \"HARDpw66-x\"\n}\n",
		"unknown kind":            "gateway \"clikatell\" {\n  pasword = \"HARDpw66-x\" nope\n}\n",
		"no label":                "gateway {\n  pasword = \"HARDpw66-x\" nope\n}\n",
		"quotes forgotten":        clickatell(`pasword = HARDpw66`),
		"wrong quotes":            clickatell(`pasword = 'HARDpw66'`),
		"no equals sign":          clickatell(`pasword "HARDpw66-x"`),
		"no sign, no quotes":      clickatell(`pasword HARDpw66`),
		"in a list":               clickatell(`pasword = ["HARDpw66-x"]`),
		"in an object":            clickatell("login = {\n    pw = \"HARDpw66-x\" nope\n  }"),
		"in a nested block":       clickatell("login {\n    pw = \"HARDpw66-x\" nope\n  }"),
		"in a labelled block":     clickatell("login \"HARDpw66-x\" {\n  }"),
		"in a heredoc":            clickatell("pasword = <<EOT\nHARDpw66${nope}\nEOT"),
		"block not closed":        "gateway \"clickatell\" {\n  pasword = \"HARDpw66-x\"\n",
		"quote not closed":        clickatell(`pasword = "HARDpw66-x`),
		"quote not closed before": clickatell("api_id = \"12\n  pasword = \"HARDpw66-x\""),
		"the same, spelt right":   clickatell("api_id = \"12\n  password = \"HARDpw66-x\""),
		"heredoc not closed":      "locals {\n  a = <<EOT\nx\n}\n" + clickatell(`pasword = "HARDpw66-x"`),
		"given twice":             clickatell("pasword = \"HARDpw66-x\"\n  pasword = \"HARDpw66-x\""),
		"on one line":             "gateway \"clickatell\" { pasword = \"HARDpw66-x\" }\n",
		"second gateway":          "gateway \"simulator\" {}\n" + clickatell(`pasword = "HARDpw66-x"`),
		"JSON":                    `{"gateway": {"clickatell": {"pasword": "HARDpw66-x", "api_id": 1}}}`,
		"JSON, lists":             `{"gateway": [{"clickatell": [{"api_id": 1, "pasword": ["HARDpw66-x"]}]}]}`,
		"JSON, quote not closed":  `{"gateway": {"clickatell": {"api_id": "1, "pasword": "HARDpw66-x"}}}`,
		"JSON, lines":             "{\n\"gateway\": {\"clickatell\": {\"pasword\":\n\"HARDpw66-x\" nope}}}",
	} {
		t.Run(name, func(t *testing.T) {
			file := "main.sms.hcl"
			if strings.HasPrefix(main, "{") {
				file = "main.sms.json"
			}
			dir := directory(t, map[string]string{file: main})
			_, d := Load(t.Context(), dir, Options{})
			list, err := json.Marshal(d.List())
			if err != nil {
				t.Fatal(err)
			}
			if printed := said(d, dir) + string(list); !d.HasErrors() || strings.Contains(printed, "HARDpw") {
				t.Errorf("printed %s", printed)
			}
			// Whatever else may be wrong beside it.
			if shown := newVeil(false).file(file, &hcl.File{Bytes: []byte(main)}); bytes.Contains(shown.Bytes, []byte("HARDpw")) {
				t.Errorf("the source is shown as\n%s", shown.Bytes)
			}
		})
	}
}

func TestHarmlessArgumentsOfAGatewayAreShown(t *testing.T) {
	const native = "gateway \"clickatell\" {\n  endpoint = \"https://gateway.example\"\n  binding = \"soap\"\n  api_id = 12\n  rate {\n    batch_size = 10\n  }\n}\nlocals {\n  pasword = \"shown\"\n}\n"
	for name, main := range map[string]string{
		"native":     native,
		"not closed": strings.Replace(native, "\n}\nlocals", "\nlocals", 1),
		"JSON":       `{"gateway": {"clickatell": {"endpoint": "https://gateway.example", "api_id": 12}}, "locals": {"pasword": "shown"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			shown := newVeil(false).file("main.sms.hcl", &hcl.File{Bytes: []byte(main)})
			if diff := cmp.Diff(main, string(shown.Bytes)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestCredentialsReachTheGateway(t *testing.T) {
	files := map[string]string{"main.sms.hcl": "gateway \"clickatell\" {\n  user = var.user\n}\nvariable \"user\" {\n  ephemeral = true\n  type = string\n}\n"}
	c := loaded(t, files, Options{})
	if got := strings.Join(c.Gateway.Missing(), " "); got != "user password api_id" {
		t.Errorf("missing %q, want all three", got)
	}
	c = loaded(t, files, Options{
		Assignments: []Assignment{{"-var", "user=me"}},
		Environ:     []string{"SMSPLAN_USER=other", "SMSPLAN_PASSWORD=" + canary, "SMSPLAN_API_ID=12"},
		Scope:       ScopeSend,
	})
	if got, want := c.Gateway.Credentials, (Credentials{"me", canary}); got != want || c.Gateway.APIID != "12" || c.Gateway.Missing() != nil {
		t.Errorf("user %q, api_id %q, missing %q", got.User, c.Gateway.APIID, c.Gateway.Missing())
	}
}

func TestCredentialsPrintHidden(t *testing.T) {
	g := Gateway{Credentials: Credentials{User: canary, Password: canary}}
	s := StateSettings{Key: canary}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "credentials", g.Credentials, "gateway", g)
	printed := fmt.Sprintf("%v %+v %#v %s %q %x %d %v %+v %#v %s", g, g, g, g.Credentials, g.Credentials, g.Credentials, g.Credentials, &g.Credentials, s, s, s) + log.String()
	if strings.Contains(printed, canary) || strings.Contains(printed, fmt.Sprintf("%x", canary)) {
		t.Errorf("printed %s", printed)
	}
	if text, err := json.Marshal(g); err == nil {
		t.Errorf("marshalled to %s, want an error", text)
	}
	if text, err := json.Marshal(s); err != nil || strings.Contains(string(text), canary) {
		t.Errorf("marshalled to %s, %v", text, err)
	}
}

func TestControlCharactersAreNotPrinted(t *testing.T) {
	for name, main := range map[string]string{
		"in a comment":   "locals {\n  a = nope # \x1b[31m\u009b31m\u202e\n}\n",
		"in a string":    "locals {\n  a = \"\x1b]0;title\a${nope}\"\n}\n",
		"in a label":     "recipients \"\x1b[31m\" {\n  region = 5\n}\n",
		"escaped":        "locals {\n  a = tonumber(\"\\u001b[31m\\u009b\")\n}\n",
		"in an argument": "x\u202e = 1\n",
		"not UTF-8":      "locals {\n  a = \"\xff\xfe\x9b\"\n  b = nope\n}\n",
	} {
		t.Run(name, func(t *testing.T) {
			dir := directory(t, map[string]string{"main.sms.hcl": simulated + main})
			_, d := Load(t.Context(), dir, Options{})
			list, err := json.Marshal(d.List())
			if err != nil {
				t.Fatal(err)
			}
			for _, printed := range []string{said(d, dir), string(list)} {
				if i := strings.IndexFunc(printed, func(r rune) bool {
					return r < ' ' && r != '\n' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e
				}); i >= 0 || !d.HasErrors() {
					t.Errorf("byte %d of %q", i, printed)
				}
			}
		})
	}
}
