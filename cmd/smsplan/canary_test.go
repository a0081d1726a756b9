package main

import (
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/smsplan/smsplan/internal/render"
	"github.com/smsplan/smsplan/internal/simulator"
)

var canaries = flag.Int("canaries", 1000, "plant `N` numbers, 200 at least")

// What must be seen nowhere but where the user has put it. The password has what escaping changes.
const (
	canaryUser      = "kanari-user"
	canaryPassword  = `kanari-pass &<"/ö`
	canaryStateKey  = "kanari-statekey"
	canaryKeyEnv    = "kanari-keyenviron" // SMSPLAN_STATE_KEY
	canaryToken     = "kanari-token"      // of a sensitive variable, from the environment
	canaryNonce     = "kanari-nonce"      // of an ephemeral variable
	canaryFiled     = "kanari-filed"      // of a sensitive variable, from smsplan.smsvars.hcl
	canaryElement   = "kanari-element"    // in an object of a sensitive variable, from a file of JSON
	canaryDefault   = "kanari-default"    // of a sensitive variable, its default
	canaryGiven     = "kanari-given"      // of a sensitive variable, with -var
	canaryFromFile  = "kanari-fromfile"   // of a sensitive variable, with -var-file
	canaryLiteral   = "kanari-literal"    // written as an argument of the gateway
	canaryEndpoint  = "kanari-endpoint"   // in the address of the gateway
	canaryProxyUser = "kanari-puser"
	canaryProxy     = "kanari-proxy"
	canaryOther     = "kanari-other"    // password of another account of the simulator
	canaryCallback  = "kanari-callback" // password of its callback
	canaryQuery     = "kanari-query"    // in the address of its callback
	canaryTyped     = "kanari-9typed"   // typed in the wrong place
	canaryTorn      = "kanari-torn"     // in files that cannot be read
	canaryName      = "Kanarienvogel"   // in a column
)

// canarySecrets are all of these, but for the name.
var canarySecrets = []string{
	canaryUser, canaryPassword, canaryStateKey, canaryKeyEnv, canaryToken, canaryNonce, canaryFiled, canaryElement, canaryDefault, canaryGiven,
	canaryFromFile, canaryLiteral, canaryEndpoint, canaryProxyUser, canaryProxy, canaryOther, canaryCallback, canaryQuery, canaryTyped, canaryTorn,
}

// keptCanaries are the values of variables that are sensitive and not ephemeral: a saved plan keeps them.
var keptCanaries = []string{canaryToken, canaryFiled, canaryElement, canaryDefault, canaryGiven, canaryFromFile}

const canaryConfiguration = `
variable "endpoint" {}

variable "user" { ephemeral = true }

variable "password" { sensitive = true }

variable "key" { ephemeral = true }

variable "token" { sensitive = true }

variable "filed" { sensitive = true }

variable "keys" {
  type      = object({ a = string })
  sensitive = true
}

variable "default" {
  default   = "` + canaryDefault + `"
  sensitive = true
}

variable "given" {
  default   = "none"
  sensitive = true

  validation {
    condition     = var.given != "nothing"
    error_message = "It is ${var.given}."
  }
}

variable "from_file" {
  default   = "none"
  sensitive = true
}

variable "nonce" { ephemeral = true }

variable "list" {
  type      = list(string)
  default   = []
  sensitive = true
}

variable "count" {
  type      = number
  default   = 1
  sensitive = true
}

smsplan {
  state "file" { key = var.key }
}

gateway "clickatell" {
  endpoint = var.endpoint
  api_id   = 1
  user     = var.user
  password = var.password
  timeout  = "2s"
}

recipients "people" {
  region     = "US"
  on_invalid = "skip"
  exclude    = [recipients.out]

  csv {
    path   = "people.csv"
    number = "mobile"
  }
}

recipients "out" {
  region     = "US"
  on_invalid = "skip"

  csv {
    path   = "out.csv"
    number = "mobile"
  }
}

recipients "staff" {
  on_invalid = "skip"
  numbers    = ["+1 201 555 0100", "+1 (201) 555-0101", "+1 201 555 01022"]
}

message "hello" {
  to   = [recipients.people, recipients.staff]
  text = "Hello ${try(recipient.name, "you")}."
}

output "token" {
  value     = "${var.token} ${var.filed} ${var.keys.a} ${var.default} ${var.given} ${var.from_file}"
  sensitive = true
}

output "length" { value = length(recipients.people) }
`

// canaryTests fail, and everything that they refer to is secret or personal.
const canaryTests = `
variables {
  from_file = "` + canaryFromFile + `"
}

run "people" {
  faults = ["drop-before-answer:times=1"]

  variables {
    token = "` + canaryToken + `"
  }

  assert {
    condition     = gateway.messages[0].to == "+12015550100" || gateway.messages[0].text == "Hello."
    error_message = "${gateway.messages[0].to} got ${gateway.messages[0].text}"
  }

  assert {
    condition     = [for m in gateway.messages : upper(m.text) if m.to == "12015550100"] == ["Hello."]
    error_message = join(", ", [for m in gateway.messages : m.text])
  }

  assert {
    condition     = parseint(gateway.messages[0].to, 10) == 0 || length(gateway.messages[0].to) == 0
    error_message = "It is ${parseint(gateway.messages[0].to, 10)}."
  }

  assert {
    condition     = summary.complete && var.token == "" && var.from_file == ""
    error_message = "It is ${var.token} and ${var.from_file}, ${var.default}."
  }
}

run "secrets" {
  variables {
    given = "` + canaryGiven + `"
    token = upper("` + canaryToken + `")
  }

  assert {
    condition     = var.token == var.keys.a || nonsensitive(length(var.token)) == 0 || try(output.token, "") == "" || message.hello.text_sample == ""
    error_message = "It is ${run.people.token}, ${var.keys.a} and ${message.hello.text_sample}."
  }
}
`

// canaryWorlds are what the lines are run in.
func canaryWorlds() map[string]canaryWorld {
	short := canaryShort
	far := "SMSPLAN_VAR_endpoint=https://gateway.invalid/soap"
	return map[string]canaryWorld{
		"all is well":                          {lines: canaryLines, takes: true},
		"simulator":                            {lines: canaryLines, replace: []string{canaryClickatell(), "gateway \"simulator\" { outbox = \"outbox.jsonl\" }"}, kept: []string{canaryPassword}},
		"the other binding":                    {lines: short, takes: true, binding: "rpc", replace: []string{"api_id   = 1", "api_id = 1\n  binding = \"rpc\""}},
		"the key is in the environment":        {lines: short, takes: true, environ: []string{"SMSPLAN_STATE_KEY=" + canaryKeyEnv}, replace: []string{"state \"file\" { key = var.key }", "state \"file\" {}"}},
		"connections are cut":                  {lines: short, faults: []string{"drop-before-answer:times=2", "drop-mid-body:times=1"}, takes: true},
		"HTTP errors":                          {lines: short, faults: []string{"http-status:code=502,times=2"}, takes: true},
		"SOAP faults":                          {lines: short, faults: []string{"soap-fault:times=2"}, takes: true},
		"lines that are strange":               {lines: short, faults: []string{"missing-line:times=1", "extra-line:times=1"}, takes: true},
		"refusals":                             {lines: short, faults: []string{"refuse:code=114", "bare-error-line"}},
		"opting out":                           {lines: short, faults: []string{"refuse:code=122,ending=3"}, takes: true},
		"sessions end":                         {lines: short, faults: []string{"expire-sessions-after:requests=1"}, takes: true},
		"sign-in is refused":                   {lines: short, environ: []string{"SMSPLAN_VAR_password=" + canaryPassword + "x"}},
		"everything comes back":                {lines: short, gateway: echo(http.StatusOK)},
		"everything comes back as an error":    {lines: canaryBrief, gateway: echo(http.StatusInternalServerError)},
		"everything comes back as a refusal":   {lines: canaryBrief, gateway: echo(http.StatusForbidden)},
		"everything comes back as no HTTP":     {lines: canaryBrief, gateway: babble},
		"it redirects":                         {lines: short, gateway: redirect},
		"nobody is there":                      {lines: canaryBrief, environ: []string{far}},
		"a proxy is not there":                 {lines: canaryBrief, environ: []string{far, "HTTPS_PROXY=http://" + canaryProxyUser + ":" + canaryProxy + "@127.0.0.1:1"}},
		"a proxy refuses":                      {lines: canaryBrief, environ: []string{far}, proxy: true},
		"a proxy is misspelt":                  {lines: canaryBrief, environ: []string{far, "HTTPS_PROXY=http://" + canaryProxyUser + ":" + canaryProxy + "@no host:x1"}},
		"an endpoint has a password":           {lines: canaryBrief, environ: []string{"SMSPLAN_VAR_endpoint=https://me:" + canaryEndpoint + "@gateway.invalid/?p=" + url.QueryEscape(canaryPassword)}},
		"an endpoint is misspelt":              {lines: canaryBrief, environ: []string{"SMSPLAN_VAR_endpoint=https://me:" + canaryEndpoint + "@gateway invalid:x/"}},
		"a literal, and an error beside it":    {lines: canaryLines, replace: []string{"= var.password", "= \"" + canaryLiteral + "\" nope"}},
		"a literal, and an unknown name":       {lines: short, replace: []string{"= var.password", "= \"" + canaryLiteral + "${nope}\""}},
		"a literal in a misspelt argument":     {lines: short, replace: []string{"password = var.password", "pasword = \"" + canaryLiteral + "\""}},
		"a literal in a misspelt block":        {lines: short, replace: []string{"gateway \"clickatell\" {", "gatway \"clickatell\" {\n  token = \"" + canaryTyped + "\""}, known: []string{canaryTyped}},
		"a default beside an error":            {lines: short, replace: []string{"default   = \"" + canaryDefault + "\"", "type = list(string\n  default   = \"" + canaryDefault + "\""}},
		"a number in an expression that fails": {lines: short, replace: []string{"Hello ${try(recipient.name, \"you\")}", "Hello ${parseint(recipient.name, 10)}${recipient.nmae}"}},
		"a number that is no text":             {lines: short, replace: []string{"numbers    = [\"+1 201 555 0100\"", "numbers    = [12015550100"}},
		"a row that cannot be read":            {lines: short, csv: "+1 201 555 0143," + canaryName + " \"F\" x\n\"+1 201 555 0144\"x," + canaryName + "\n"},
		"a row that is too long":               {lines: short, csv: "+1 201 555 0143," + canaryName + ",x,y\n", anyOutcome: true},
		"rows that are invalid":                {lines: short, csv: "+1 201 555 01199," + canaryName + "\n" + "none," + canaryName + "\n", replace: []string{"on_invalid = \"skip\"", "on_invalid = \"error\""}},
		"a variable of the wrong type":         {lines: short, replace: []string{"variable \"token\" { sensitive = true }", "variable \"token\" {\n  sensitive = true\n  type = number\n}"}},
		"a variable that is not valid":         {lines: short, replace: []string{"var.given != \"nothing\"", "var.token == \"nothing\" && var.given != \"\""}},
	}
}

type canaryWorld struct {
	lines      [][]string
	faults     []string
	gateway    func(http.Handler) http.Handler
	binding    string // of the address; "" for document
	environ    []string
	replace    []string // in the configuration
	csv        string   // further rows
	proxy      bool     // one that asks for other credentials stands between
	known      []string // secrets that nobody can know to be such
	kept       []string // secrets that are here the values of variables like others, which a saved plan keeps
	takes      bool     // whether the gateway takes messages
	anyOutcome bool
}

// Credentials are in no output and in no file, and numbers and what columns hold in no output without -show-numbers and only in
// those files that are made of them; whatever the gateway does, and whatever is wrong.
func TestCanariesAreSeenNowhere(t *testing.T) {
	written, numbers := spellings(max(*canaries, 200))
	var people, out strings.Builder
	people.WriteString("mobile,name\n")
	out.WriteString("mobile\n")
	for i, number := range written {
		fmt.Fprintf(&people, "%s,%s %d\n", number, canaryName, i)
		if i%7 == 6 {
			fmt.Fprintf(&out, "%s\n", number)
		}
	}
	program := build(t)
	var mu sync.Mutex
	var commands, outputs, found int
	abreast(t, canaryWorlds(), func(t *testing.T, tt canaryWorld) {
		w := newAviary(t, program, numbers, tt)
		configuration := canaryConfiguration
		if len(tt.replace) > 0 {
			configuration = strings.Replace(configuration, tt.replace[0], tt.replace[1], 1)
			if configuration == canaryConfiguration {
				t.Fatal("nothing was replaced")
			}
		}
		w.write("main.sms.hcl", configuration)
		w.write("people.csv", people.String()+tt.csv)
		w.write("out.csv", out.String())
		for _, line := range tt.lines {
			w.look(line, w.run(line))
		}
		if got := len(w.simulator.Messages()); !tt.anyOutcome && (got > 0) != tt.takes {
			t.Errorf("the gateway took %d messages", got)
		}
		mu.Lock()
		defer mu.Unlock()
		commands, outputs, found = commands+w.commands, outputs+w.outputs, found+w.found
	})
	fmt.Printf("campaign: R11 | canaries over all commands, logs and faults | %d secrets, %s numbers, %s commands, %s outputs and files | seed %d | %d found\n",
		len(canarySecrets), render.Count(len(written)), render.Count(commands), render.Count(outputs), *seed, found)
}

func canaryClickatell() string {
	begin := strings.Index(canaryConfiguration, "gateway \"clickatell\"")
	return canaryConfiguration[begin : begin+strings.Index(canaryConfiguration[begin:], "\n}\n")+3]
}

// canarySettings are those of the simulator that is the gateway, and of the one that a line starts.
func canarySettings() simulator.Settings {
	return simulator.Settings{Accounts: []simulator.Account{
		{User: canaryUser, Password: canaryPassword, APIIDs: []string{"1"}, Credit: 10000},
		{User: "other", Password: canaryOther, APIIDs: []string{"2"}, Credit: 1, Callback: &simulator.Callback{
			URL: "http://127.0.0.1:1/?key=" + canaryQuery, User: "me", Password: canaryCallback, Form: "json",
		}},
	}, Blocked: []string{"12015550190"}}
}

// spared gives the secrets but some.
func spared(secrets []string, but ...string) []string {
	return slices.DeleteFunc(slices.Clone(secrets), func(s string) bool { return slices.Contains(but, s) })
}
