package config

import (
	"bytes"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func whole(t *testing.T) map[string]string {
	t.Helper()
	src, err := os.ReadFile("testdata/whole.sms.hcl")
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"main.sms.hcl":  string(src),
		"customers.csv": "name,mobile,suburb,lang\nAnn,070 174 06 01,Falun,en\nBo,0701740602,Umeå,af\nCas,0701740603,Umeå,en\nDi,12,Umeå,en\n",
		"optout.csv":    "mobile\n070-174 06 03\n",
	}
}

func TestAWholeConfigurationLoads(t *testing.T) {
	c := loaded(t, whole(t), Options{Assignments: []Assignment{{"-var", "api_id=12"}}, Environ: []string{"SMSPLAN_VAR_user=me", "SMSPLAN_VAR_password=secret"}})
	got := c.Gateway
	want := Gateway{
		Kind: "clickatell", Endpoint: "https://api.clickatell.com/soap/document_literal/webservice", Binding: "document", Auth: "session",
		APIID: "12", BatchSize: 300, Connections: 8, Rate: 100, Timeout: 30 * time.Second, Credentials: Credentials{"me", "secret"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("gateway (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(StateSettings{Kind: "file", Path: c.Dir + "/smsplan.state"}, c.State); diff != "" {
		t.Errorf("state (-want +got):\n%s", diff)
	}
	var addresses []string
	for _, m := range c.Messages {
		addresses = append(addresses, m.Address)
	}
	if diff := cmp.Diff([]string{`message.outage["af"]`, `message.outage["en"]`}, addresses); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
	en := c.Messages[1]
	if want := "«name»: Power is out in «suburb»."; en.TextSource != want || !en.PerRecipient {
		t.Errorf("text %q, want %q", en.TextSource, want)
	}
	if diff := cmp.Diff([]string{"opted_out"}, en.Excludes); diff != "" {
		t.Errorf("excludes (-want +got):\n%s", diff)
	}
	wantTally := Tally{Rows: 6, Held: []Held{
		{Reason: Filtered, Count: 1, Note: "recipient.lang == each.key"},
		{Reason: Invalid, Count: 1, Note: "customers.csv:5"},
		{Reason: Excluded, Count: 1, Note: "recipients.opted_out"},
	}}
	if diff := cmp.Diff(wantTally, en.Audience.Tally); diff != "" {
		t.Errorf("tally (-want +got):\n%s", diff)
	}
	var texts []string
	for _, i := range en.Audience.Texts {
		texts = append(texts, en.Audience.Table.At(int(i)))
	}
	if diff := cmp.Diff([]string{"Ruth: Power is out in Fitzroy.", "Sam: Power is out in Shaw.", "Ann: Power is out in Falun."}, texts); diff != "" {
		t.Errorf("texts (-want +got):\n%s", diff)
	}
	if len(c.Outputs) != 1 || c.Outputs[0].Text != "3" || string(c.Outputs[0].JSON) != "3" || c.Outputs[0].Raw != "3" {
		t.Errorf("outputs %+v", c.Outputs)
	}
}

func TestScopesReadNoMoreThanTheyNeed(t *testing.T) {
	files := whole(t)
	delete(files, "customers.csv")
	dir := directory(t, files)
	for name, tt := range map[string]struct {
		options Options
		sets    []string
		faults  bool
	}{
		"all needs every file":               {Options{Assignments: []Assignment{{"-var", "api_id=12"}}}, []string{"oncall", "opted_out"}, true},
		"send reads the sets named":          {Options{Scope: ScopeSend, Sets: []string{"opted_out"}, Assignments: []Assignment{{"-var", "api_id=12"}}}, []string{"opted_out"}, false},
		"send leaves out a set that is gone": {Options{Scope: ScopeSend, Sets: []string{"gone", "opted_out"}, Assignments: []Assignment{{"-var", "api_id=12"}}}, []string{"opted_out"}, false},
		"send needs required variables":      {Options{Scope: ScopeSend}, nil, true},
		"state reads no sets, no values":     {Options{Scope: ScopeState}, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			c, d := Load(t.Context(), dir, tt.options)
			if d.HasErrors() != tt.faults {
				t.Error(said(d, dir))
			}
			var sets []string
			for name := range c.Sets {
				sets = append(sets, name)
			}
			slices.Sort(sets)
			if diff := cmp.Diff(tt.sets, sets); diff != "" {
				t.Errorf("sets (-want +got):\n%s", diff)
			}
			if c.Gateway.Kind != "clickatell" || !strings.HasSuffix(c.State.Path, "/smsplan.state") {
				t.Errorf("gateway %q, state %q", c.Gateway.Kind, c.State.Path)
			}
		})
	}
}

func TestTextsAreShownWithTheNamesOfColumns(t *testing.T) {
	for text, want := range map[string]string{
		`"Hello"`:                `Hello`,
		`"Hello ${local.brand}"`: `Hello ACME`,
		`"Hello ${recipient.name}, ${recipient.number}"`:                `Hello «name», «number»`,
		`"Hello ${recipient["row"].name}"`:                              `Hello «name»`,
		`format("%s of %s", recipient.name, "ACME")`:                    `«name» of ACME`,
		`try(recipient.nope, "you")`:                                    `you`,
		`"Hello %{ if recipient.age == "7" }kid%{ else }you%{ endif }"`: `Hello you`,
		`"In ${tonumber(recipient.age) + 1} years"`:                     `«"In ${tonumber(recipient.age) + 1} years"»`,
	} {
		files := map[string]string{"main.sms.hcl": simulated + `
locals {
  brand = "ACME"
}
recipients "a" {
  numbers = [{ number = "+12025550143", name = "Ann", age = "7" }]
}
message "m" {
  to   = [recipients.a]
  text = ` + text + "\n}\n"}
		if got := loaded(t, files, Options{}).Messages[0].TextSource; got != want {
			t.Errorf("%s is shown as %s, want %s", text, got, want)
		}
	}
}

func TestSetsMayComeOutOfExpressions(t *testing.T) {
	for to, want := range map[string]int{
		`[recipients.a]`:                                               1,
		`[recipients.a, recipients.b]`:                                 2,
		`[recipients[var.which]]`:                                      1,
		`local.everyone`:                                               2,
		`[var.which == "a" ? recipients.a : recipients.b]`:             1,
		`[for set in local.everyone : set if set.countries["US"] > 0]`: 2,
	} {
		files := map[string]string{"main.sms.hcl": simulated + `
variable "which" { default = "b" }
locals {
  everyone = [recipients.a, recipients.b]
}
recipients "a" {
  numbers = ["+12025550143"]
}
recipients "b" {
  numbers = ["+12025550144"]
}
message "m" {
  to   = ` + to + `
  text = "Hello"
}
`}
		if got := len(loaded(t, files, Options{}).Messages[0].Audience.Numbers); got != want {
			t.Errorf("to = %s reaches %d, want %d", to, got, want)
		}
	}
}

func TestAnEmptySetMakesNoMessages(t *testing.T) {
	for _, each := range []string{`toset([])`, `{}`, `toset([for x in ["a"] : x if x == "b"])`} {
		files := map[string]string{"main.sms.hcl": simulated + `
recipients "a" {
  numbers = ["+12025550143"]
}
message "m" {
  for_each = ` + each + `
  to       = [recipients.a]
  text     = "Hello ${each.key}"
}
output "messages" {
  value = length(message.m)
}
`}
		c := loaded(t, files, Options{})
		if len(c.Messages) != 0 || c.Outputs[0].Raw != "0" {
			t.Errorf("for_each = %s makes %d messages, and message.m has %s", each, len(c.Messages), c.Outputs[0].Raw)
		}
	}
}

func TestMessageTakesItsArguments(t *testing.T) {
	c := loaded(t, map[string]string{"main.sms.hcl": simulated + `
recipients "a" {
  numbers = ["+12025550143"]
}
message "binary" {
  to   = [recipients.a]
  from = "+12025550100"
  binary {
    udh  = "06050415820000"
    data = "0a0b"
  }
}
message "handled" {
  to                = [recipients.a]
  text              = "Hello"
  from              = "+12025550100"
  priority          = 1
  max_credits       = 2
  escalate          = true
  features          = ["flash", "numeric_sender", "flash"]
  mobile_originated = true
  callbacks         = ["errors", "final"]
}
message "text" {
  to           = [recipients.a]
  text         = "Hello"
  revision     = 3
  flash        = true
  unicode      = "always"
  max_segments = 2
  deliver_at   = "2030-01-31T08:00:00+02:00"
  validity     = "90m"
  receipts     = true
  features     = []
  callbacks    = []
}
`}, Options{})
	binary, handled, text := c.Messages[0], c.Messages[1], c.Messages[2]
	if diff := cmp.Diff(&Binary{UDH: "06050415820000", Data: "0A0B"}, binary.Binary); diff != "" || binary.From != "12025550100" || len(binary.Audience.Numbers) != 1 {
		t.Errorf("binary %+v %s", binary, diff)
	}
	if text.Revision != 3 || !text.Flash || text.Unicode != "always" || text.MaxSegments != 2 || text.Validity != 90*time.Minute || !text.Receipts ||
		!text.DeliverAt.Equal(time.Date(2030, 1, 31, 6, 0, 0, 0, time.UTC)) || text.DeliverAtSource != "2030-01-31T08:00:00+02:00" || text.Place.String() != "main.sms.hcl line 25" {
		t.Errorf("text %+v", text)
	}
	for m, want := range map[*Message]Handling{
		binary: {Priority: DefaultPriority},
		handled: {
			Priority: 1, MaxCredits: 2, Escalate: true, Features: []string{"numeric_sender", "flash"}, MobileOriginated: true,
			Callbacks: []string{"final", "errors"},
		},
		text: {Priority: DefaultPriority, Callbacks: []string{}},
	} {
		if diff := cmp.Diff(want, m.Handling); diff != "" {
			t.Errorf("%s (-want +got):\n%s", m.Address, diff)
		}
	}
}

func TestFractionsOfCreditsDependOnTheBinding(t *testing.T) {
	const rest = `
variable "binding" {
}
variable "sender" {
}
recipients "a" {
  numbers = ["+12025550143"]
}
message "m" {
  to                = [recipients.a]
  text              = "Hello"
  from              = var.sender
  max_credits       = 1.5
  mobile_originated = true
}
`
	for name, tt := range map[string]struct {
		gateway, binding string
		scope            Scope
		ok               bool
	}{
		"rpc":            {simulated, "rpc", ScopeAll, true},
		"document":       {simulated, "document", ScopeAll, false},
		"not known yet":  {simulated, "", ScopeValidate, true},
		"not a binding":  {simulated, "soap", ScopeAll, false},
		"no gateway yet": {"", "rpc", ScopeValidate, false},
	} {
		t.Run(name, func(t *testing.T) {
			gateway := strings.Replace(tt.gateway, "{}", "{\n  binding = var.binding\n}", 1)
			dir := directory(t, map[string]string{"main.sms.hcl": gateway + rest})
			o := Options{Scope: tt.scope}
			if tt.binding != "" {
				o.Assignments = []Assignment{{"-var", "binding=" + tt.binding}, {"-var", "sender=+12025550100"}}
			}
			c, d := Load(t.Context(), dir, o)
			if d.HasErrors() == tt.ok || tt.ok && tt.scope == ScopeAll && c.Messages[0].MaxCredits != 1.5 {
				t.Error(said(d, dir))
			}
			if about := strings.Contains(said(d, dir), "whole credits"); about != (tt.binding == "document") {
				t.Errorf("it speaks of credits: %v\n%s", about, said(d, dir))
			}
		})
	}
}

func TestWhatASavedPlanSaysOfHandlingMustFit(t *testing.T) {
	for name, tt := range map[string]struct {
		h       Handling
		from    string
		binding string
		want    bool
	}{
		"nothing":                 {Handling{}, "", "document", true},
		"all":                     {Handling{3, 1e6, true, []string{"text", "flash"}, true, []string{"final"}}, "12025550100", "document", true},
		"a fraction":              {Handling{MaxCredits: 0.5}, "", "rpc", true},
		"a fraction, as document": {Handling{MaxCredits: 0.5}, "", "document", false},
		"a priority below":        {Handling{Priority: -1}, "", "rpc", false},
		"a priority beyond":       {Handling{Priority: 4}, "", "rpc", false},
		"credits below":           {Handling{MaxCredits: -1}, "", "rpc", false},
		"credits beyond":          {Handling{MaxCredits: 1e7}, "", "rpc", false},
		"not a number of credits": {Handling{MaxCredits: math.NaN()}, "", "rpc", false},
		"an unknown feature":      {Handling{Features: []string{"taste"}}, "", "rpc", false},
		"a feature twice":         {Handling{Features: []string{"text", "text"}}, "", "rpc", false},
		"features out of order":   {Handling{Features: []string{"flash", "text"}}, "", "rpc", false},
		"an unknown callback":     {Handling{Callbacks: []string{"all"}}, "", "rpc", false},
		"two ways from letters":   {Handling{MobileOriginated: true}, "ACME", "rpc", false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := tt.h.Fits(tt.from, tt.binding); got != tt.want {
				t.Errorf("Fits = %v", got)
			}
		})
	}
}

func TestGatewayDefaultsFollowTheBinding(t *testing.T) {
	for binding, want := range vendorEndpoints {
		c := loaded(t, map[string]string{"main.sms.hcl": "gateway \"clickatell\" {\n  binding = \"" + binding + "\"\n}\n"}, Options{})
		if c.Gateway.Endpoint != want || c.Gateway.Rate != 100 || c.Gateway.Timeout != 30*time.Second {
			t.Errorf("%s: %+v, want endpoint %s", binding, c.Gateway, want)
		}
	}
	c := loaded(t, map[string]string{"main.sms.hcl": "gateway \"simulator\" {\n  outbox = \"out/box.jsonl\"\n}\n"}, Options{})
	if c.Gateway.Rate != 0 || c.Gateway.Outbox != c.Dir+"/out/box.jsonl" || c.Gateway.Missing() != nil {
		t.Errorf("simulator: %+v", c.Gateway)
	}
	for _, address := range []string{"http://127.0.0.1:8080/soap", "http://[::1]/soap", "http://localhost:1/x"} {
		loaded(t, map[string]string{"main.sms.hcl": "gateway \"clickatell\" {\n  endpoint = \"" + address + "\"\n}\n"}, Options{})
	}
	loaded(t, map[string]string{"main.sms.hcl": "gateway \"clickatell\" {\n  endpoint = \"http://gateway.example\"\n  allow_insecure_http = true\n}\n"}, Options{})
}

func TestDoubtfulEndpointsAreWarnedOf(t *testing.T) {
	for endpoint, want := range map[string]string{
		"https://gateway.example/soap?wsdl":           "https://gateway.example/soap",
		"https://gateway.example/soap?WSDL":           "https://gateway.example/soap",
		"https://gateway.example/soap/webservice.php": "https://gateway.example/soap/webservice.php",
	} {
		dir := directory(t, map[string]string{"main.sms.hcl": "gateway \"clickatell\" {\n  endpoint = \"" + endpoint + "\"\n}\n"})
		c, d := Load(t.Context(), dir, Options{})
		if c.Gateway.Endpoint != want || len(d.List()) != 1 || d.List()[0].Severity != "warning" || d.List()[0].Range.Start.Line != 2 {
			t.Errorf("%s: endpoint %s\n%s", endpoint, c.Gateway.Endpoint, said(d, dir))
		}
	}
}

func TestFormatIsCanonical(t *testing.T) {
	src, err := os.ReadFile("testdata/whole.sms.hcl")
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct{ in, want string }{
		"the whole language stays": {string(src), string(src)},
		"spacing":                  {"locals {\na=1\n   bcd   =   \"x\"\n}\n", "locals {\n  a   = 1\n  bcd = \"x\"\n}\n"},
		"labels in quotes":         {"message m {\n}\n", "message \"m\" {\n}\n"},
		"labels that look odd":     {"run \"5$ each\" now {\n}\n", "run \"5$ each\" \"now\" {\n}\n"},
		"templates of one value":   {"locals {\n  a = \"${var.a}\"\n  b = \"${var.a}b\"\n  c = \"${\"${var.a}b\"}\"\n  d = \"${var.a}${var.b}\"\n}\n", "locals {\n  a = var.a\n  b = \"${var.a}b\"\n  c = \"${var.a}b\"\n  d = \"${var.a}${var.b}\"\n}\n"},
		"comments stay":            {"# a\nlocals { # b\n  /* c */\n}\n// d", "# a\nlocals { # b\n  /* c */\n}\n// d"},
		"line ends stay":           {"locals {\r\n a=1\r\n}\r\n", "locals {\r\n  a = 1\r\n}\r\n"},
		"nothing":                  {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, d := Format([]byte(tt.in), "main.sms.hcl")
			if !d.Empty() {
				t.Fatal(said(d, "DIR"))
			}
			if diff := cmp.Diff(tt.want, string(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if again, _ := Format(got, "main.sms.hcl"); !bytes.Equal(got, again) {
				t.Errorf("formatting twice gives\n%s", again)
			}
		})
	}
	broken := []byte("locals {\n  password = \"canary-secret\n")
	got, d := Format(broken, "main.sms.hcl")
	if !d.HasErrors() || !bytes.Equal(got, broken) || strings.Contains(said(d, "DIR"), "canary-secret") {
		t.Errorf("a broken file gives %q and %s", got, said(d, "DIR"))
	}
}

// hclwrite takes away space around points, which would make a value of what is an error, or another value of an index.
func TestFormatMakesNoOtherNumbers(t *testing.T) {
	for _, src := range []string{"locals {\n  a = 6 .2\n}\n", "locals {\n  a = 6.2 .6\n}\n", "locals {\n  a = b.0 .1\n}\n", "locals {\n  a = b.0 .e5\n}\n"} {
		got, d := Format([]byte(src), "main.sms.hcl")
		if string(got) != src || len(d.List()) != 1 || d.List()[0].Summary != "Space within a number" || d.List()[0].Range.Start.Line != 2 {
			t.Errorf("%q becomes %q: %s", src, got, said(d, "DIR"))
		}
	}
	for _, src := range []string{"locals {\n  a = b.0\n}\n", "locals {\n  a = 6.2\n}\n", "locals {\n  a = b[0].c\n}\n"} {
		if got, d := Format([]byte(src), "main.sms.hcl"); string(got) != src || !d.Empty() {
			t.Errorf("%q becomes %q: %s", src, got, said(d, "DIR"))
		}
	}
}

func TestLaysKnowsTheNamesOfSources(t *testing.T) {
	for name, want := range map[string]bool{
		"a.sms.hcl": true, "b/a.smsvars.hcl": true, "c.auto.smsvars.hcl": true, "d.smstest.hcl": true, "a.sms.json": false, "a.hcl": false, "sms.hcl": false, ".smsplan.lock.hcl": false, "a.tf": false,
	} {
		if got := Lays(name); got != want {
			t.Errorf("Lays(%q) = %t, want %t", name, got, want)
		}
	}
}

func TestLockIsReadAsItWasWritten(t *testing.T) {
	dir := t.TempDir()
	empty, d := ReadLock(dir)
	if !d.Empty() || len(empty.Workspaces) != 0 {
		t.Errorf("without a file: %+v %s", empty, said(d, dir))
	}
	lock := Lock{Workspaces: map[string]LockEntry{"default": {"lineage-1", "real"}, "a \"b\"": {"lineage-2", "simulator"}}}
	for range 2 {
		if err := lock.Write(dir); err != nil {
			t.Fatal(err)
		}
	}
	got, d := ReadLock(dir)
	if diff := cmp.Diff(lock, got); diff != "" || !d.Empty() {
		t.Errorf("%s (-want +got):\n%s", said(d, dir), diff)
	}
	src, err := os.ReadFile(dir + "/" + LockName)
	if err != nil || !strings.HasPrefix(string(src), "# smsplan writes this file. Commit it") {
		t.Errorf("%v\n%s", err, src)
	}
	if formatted, _ := Format(src, LockName); !bytes.Equal(formatted, src) {
		t.Errorf("not in canonical layout:\n%s", src)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v %v", entries, err)
	}
	write(t, dir+"/"+LockName, "workspace \"default\" {\n  lineage = 1\n  kind = \"unreal\"\n  more = 1\n}\nworkspace \"default\" {\n  lineage = \"a\"\n  kind = \"real\"\n}\n")
	if _, d := ReadLock(dir); len(d.List()) != 3 {
		t.Errorf("a damaged lock says\n%s", said(d, dir))
	}
}
