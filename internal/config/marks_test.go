package config

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// markedSource is a value that must not be shown, the password of a gateway where that makes it one, and what gives it away.
type markedSource struct{ expr, password, secret string }

// markedSources are such values however they travel, by what is said where they may not be used.
var markedSources = map[string]map[string]markedSource{
	"Sensitive value not allowed": {
		"variable":      {`var.sensitive`, "", "canary-sensitive"},
		"function":      {`sensitive("canary-open")`, "", "CANARY"},
		"template":      {`"x${var.sensitive}"`, "", "canary-sensitive"},
		"local":         {`local.sensitive`, "", "canary-sensitive"},
		"JSON":          {`jsondecode(jsonencode({ a = var.sensitive })).a`, "", "canary-sensitive"},
		"object":        {`{ a = var.sensitive }.a`, "", "canary-sensitive"},
		"list":          {`[for x in [var.sensitive] : upper(x)][0]`, "", "CANARY-SENSITIVE"},
		"try":           {`try(local.sensitive, "")`, "", "canary-sensitive"},
		"condition":     {`(var.sensitive == "canary-sensitive" ? "a" : "b")`, "", "canary-sensitive"},
		"chosen":        {`(var.plain == "" ? "a" : var.sensitive)`, "", "canary-sensitive"},
		"template file": {`templatefile("t.txt", { a = var.sensitive })`, "", "canary-sensitive"},
		"digest":        {`sha256(var.sensitive)`, "", "canary-sensitive"},
	},
	"Ephemeral value not allowed": {
		"variable":              {`var.ephemeral`, "", "canary-ephemeral"},
		"template":              {`"x${var.ephemeral}"`, "", "canary-ephemeral"},
		"local":                 {`local.ephemeral`, "", "canary-ephemeral"},
		"no longer sensitive":   {`nonsensitive(var.ephemeral)`, "", "canary-ephemeral"},
		"digest":                {`sha256(var.ephemeral)`, "", "canary-ephemeral"},
		"credential":            {`var.password`, `var.password`, "canary-password"},
		"credential's local":    {`local.password`, `var.password`, "canary-password"},
		"variable of the local": {`var.password`, `local.password`, "canary-password"},
		"decoded credential":    {`var.encoded`, `base64decode(var.encoded)`, "Y2FuYXJ5"},
		"chosen credential":     {`var.logins.prod`, `var.logins[var.plain]`, "canary-login"},
		"credential in a local": {`local.login.password`, `local.login.password`, "canary-local"},
		"a whole login":         {`jsonencode(local.login)`, `local.login.password`, "canary-local"},
		"decoded local":         {`local.encoded`, `base64decode(local.encoded)`, "Y2FuYXJ5LWxv"},
	},
}

// markedPlaces are where a value may end. Each is a configuration with %s in the place of an expression.
var markedPlaces = map[string]string{
	"text":                 "message \"m\" {\n  to   = [recipients.a]\n  text = %s\n}\n",
	"text of a row":        "message \"m\" {\n  to   = [recipients.a]\n  text = \"${recipient.name} ${%s}\"\n}\n",
	"text of some rows":    "message \"m\" {\n  to   = [recipients.a]\n  text = recipient.name == \"Ann\" ? %s : \"x\"\n}\n",
	"from":                 "message \"m\" {\n  to   = [recipients.a]\n  text = \"x\"\n  from = %s\n}\n",
	"dedupe_key":           "message \"m\" {\n  to   = [recipients.a]\n  text = \"x\"\n  dedupe_key = %s\n}\n",
	"deliver_at":           "message \"m\" {\n  to   = [recipients.a]\n  text = \"x\"\n  deliver_at = %s\n}\n",
	"revision":             "message \"m\" {\n  to   = [recipients.a]\n  text = \"x\"\n  revision = length(%s)\n}\n",
	"unicode":              "message \"m\" {\n  to   = [recipients.a]\n  text = \"x\"\n  unicode = %s\n}\n",
	"data":                 "message \"m\" {\n  to   = [recipients.a]\n  binary {\n    data = %s\n  }\n}\n",
	"for_each, set":        "message \"m\" {\n  for_each = toset([%s])\n  to   = [recipients.a]\n  text = \"x\"\n}\n",
	"for_each, keys":       "message \"m\" {\n  for_each = { (%s) = 1 }\n  to   = [recipients.a]\n  text = \"x\"\n}\n",
	"for_each, text":       "message \"m\" {\n  for_each = { a = %s }\n  to   = [recipients.a]\n  text = each.value\n}\n",
	"for_each, chosen":     "message \"m\" {\n  for_each = %s == \"a\" ? { a = 1 } : { b = 1 }\n  to   = [recipients.a]\n  text = \"x\"\n}\n",
	"to":                   "message \"m\" {\n  to   = %s == \"a\" ? [recipients.a] : [recipients.b]\n  text = \"x\"\n}\n",
	"include":              "recipients \"c\" {\n  include = %s == \"a\" ? [recipients.a] : [recipients.b]\n}\n",
	"a recipient's column": "recipients \"c\" {\n  numbers = [{ number = \"+12025550143\", name = %s }]\n}\n",
	"region":               "recipients \"c\" {\n  region  = %s\n  numbers = [\"+12025550143\"]\n}\n",
	"path":                 "recipients \"c\" {\n  csv {\n    path   = %s\n    number = \"number\"\n  }\n}\n",
	"number":               "recipients \"c\" {\n  csv {\n    path   = \"a.csv\"\n    number = %s\n  }\n}\n",
	"guard":                "guard \"g\" {\n  max_recipients = length(%s)\n}\n",
	"tariff":               "tariff {\n  currency = %s\n  default  = 1\n}\n",
	"price":                "tariff {\n  currency = \"EUR\"\n  default  = 1\n  country  = { ZA = length(%s) }\n}\n",
	"window":               "message \"m\" {\n  to   = [recipients.a]\n  text = \"x\"\n  window {\n    from = %s\n    to   = \"20:00\"\n  }\n}\n",
	"dynamic":              "recipients \"c\" {\n  dynamic \"csv\" {\n    for_each = toset([%s])\n    content {\n      path   = \"a.csv\"\n      number = \"number\"\n    }\n  }\n}\n",
	"import":               "message \"m\" {\n  to   = [recipients.a]\n  text = \"x\"\n}\nimport {\n  to = message.m\n  csv {\n    path   = %s\n    number = \"number\"\n  }\n}\n",
	"JSON Lines":           "recipients \"c\" {\n  jsonl {\n    path   = \"a.jsonl\"\n    number = %s\n  }\n}\n",
	"state path":           "smsplan {\n  state \"file\" {\n    path = %s\n  }\n}\n",
}

const markedConfiguration = `
variable "sensitive" {
  default   = "canary-sensitive"
  sensitive = true
}

variable "ephemeral" {
  default   = "canary-ephemeral"
  ephemeral = true
}

variable "plain" {
  default = "prod"
}

variable "password" {
  default = "canary-password"
}

variable "encoded" {
  default = "Y2FuYXJ5LWRlY29kZWQ="
}

variable "logins" {
  default = { test = "x", prod = "canary-login" }
}

locals {
  sensitive = var.sensitive
  ephemeral = "${var.ephemeral}"
  password  = var.password
  encoded   = "Y2FuYXJ5LWxvY2Fs"
  login = {
    user     = "demo"
    password = "canary-local"
  }
}

recipients "a" {
  numbers = [
    { number = "+12025550143", name = "Ruth" },
    { number = "+12025550144", name = "Ann" },
  ]
}

recipients "b" {
  numbers = ["+12025550144"]
}

gateway "clickatell" {
  api_id   = 1
  password = %s
}
`

// loadMarked loads the configuration with an addition. Of the source, nothing that can be printed may show the value.
func loadMarked(t *testing.T, source markedSource, addition string) (*Config, Diagnostics) {
	t.Helper()
	password := cmp.Or(source.password, "null")
	dir := directory(t, map[string]string{"main.sms.hcl": fmt.Sprintf(markedConfiguration, password) + addition, "t.txt": "x${a}", "a.csv": "number\n+12025550143\n"})
	c, d := Load(t.Context(), dir, Options{})
	list, err := json.Marshal(d.List())
	if err != nil {
		t.Fatal(err)
	}
	printed := []string{said(d, dir), string(list), fmt.Sprintf("%+v", c.Messages)}
	for _, expression := range []string{source.expr, fmt.Sprintf("[{ a = %s }, 1]", source.expr), fmt.Sprintf("{ for x in [1, 2] : %s => x }", source.expr), fmt.Sprintf("tonumber(%s)", source.expr)} {
		text, more := c.Evaluate(expression)
		printed = append(printed, text, said(more, dir))
	}
	for _, o := range c.Outputs {
		printed = append(printed, o.Text)
	}
	if !strings.Contains(source.secret, "sensitive") { // a saved plan keeps sensitive variables
		kept, err := json.Marshal(c.Variables)
		if err != nil {
			t.Fatal(err)
		}
		printed = append(printed, string(kept))
	}
	for _, text := range printed {
		if at := strings.Index(text, source.secret); at >= 0 {
			t.Errorf("%q is in ...%s...", source.secret, text[max(0, at-200):min(len(text), at+100)])
		}
	}
	return c, d
}

func TestWhatIsMarkedEndsInNoPlan(t *testing.T) {
	for summary, sources := range markedSources {
		for sourceName, source := range sources {
			for placeName, place := range markedPlaces {
				t.Run(sourceName+" in "+placeName, func(t *testing.T) {
					addition := fmt.Sprintf(place, source.expr)
					_, d := loadMarked(t, source, addition)
					if printed := said(d, "DIR"); !strings.Contains(printed, summary) {
						t.Errorf("%s\n%s", addition, printed)
					}
				})
			}
		}
	}
}

// What is kept or shown takes nothing ephemeral. Sensitive values may choose people and stand where they are masked.
func TestWhereSensitiveValuesMayEnd(t *testing.T) {
	sensitive, ephemeral := markedSource{`var.sensitive`, "", "canary-sensitive"}, markedSource{`var.ephemeral`, "", "canary-ephemeral"}
	for name, tt := range map[string]struct{ place, sensitive, ephemeral string }{
		"where":                {"message \"m\" {\n  to    = [recipients.a]\n  where = recipient.name != %s\n  text  = \"x\"\n}\n", "", "Ephemeral value not allowed"},
		"where of a set":       {"recipients \"c\" {\n  numbers = [\"+12025550143\"]\n  where   = recipient.country != %s\n}\n", "", "Ephemeral value not allowed"},
		"where, no row":        {"recipients \"c\" {\n  numbers = [\"+12025550143\"]\n  where   = %s != \"\"\n}\n", "", "Ephemeral value not allowed"},
		"number":               {"recipients \"c\" {\n  on_invalid = \"skip\"\n  numbers = [%s]\n}\n", "", "Ephemeral value not allowed"},
		"unused value":         {"message \"m\" {\n  for_each = { a = %s }\n  to       = [recipients.a]\n  text     = each.key\n}\n", "", ""},
		"nonsensitive text":    {"message \"m\" {\n  to    = [recipients.a]\n  text  = \"is ${sha256(nonsensitive(%s))}\"\n}\n", "", "Ephemeral value not allowed"},
		"sensitive output":     {"output \"o\" {\n  value     = %s\n  sensitive = true\n}\n", "", "comes from something ephemeral"},
		"output":               {"output \"o\" {\n  value = %s\n}\n", "Say sensitive = true in the output", "comes from something ephemeral"},
		"output, in an object": {"output \"o\" {\n  value = { a = [%s] }\n}\n", "Say sensitive = true in the output", "comes from something ephemeral"},
		"description":          {"output \"o\" {\n  value = 1\n  description = %s\n}\n", "Sensitive value not allowed", "Ephemeral value not allowed"},
		"key of the state":     {"smsplan {\n  state \"file\" {\n    key = %s\n  }\n}\n", "Credential in the configuration", "Credential in the configuration"},
		"validation":           {"variable \"v\" {\n  default = 1\n  validation {\n    condition     = var.v == 2 || %s == \"\"\n    error_message = \"No.\"\n  }\n}\n", "No.", "No."},
		"error_message":        {"variable \"v\" {\n  default = 1\n  validation {\n    condition     = var.v == 2\n    error_message = \"Not ${%s}.\"\n  }\n}\n", "holds a value that is sensitive", "holds a value that is ephemeral"},
		"precondition":         {"message \"m\" {\n  to   = [recipients.a]\n  text = \"x\"\n  precondition {\n    condition     = %s == \"\"\n    error_message = \"No.\"\n  }\n}\n", "No.", "No."},
		"its error_message":    {"message \"m\" {\n  to   = [recipients.a]\n  text = \"x\"\n  precondition {\n    condition     = self.segments > 5\n    error_message = \"Not ${%s}.\"\n  }\n}\n", "holds a value that is sensitive", "holds a value that is ephemeral"},
		"argument of a call":   {"locals {\n  a = parseint(%s, 10)\n}\n", "which is not shown", "which is not shown"},
		"key of a map":         {"locals {\n  a = { for x in [1, 2] : %s => x }\n}\n", "a value that is not shown", "a value that is not shown"},
		"attribute":            {"locals {\n  a = true ? { (%s) = 1 } : { b = [] }\n}\n", "a value that is not shown", "a value that is not shown"},
		"index":                {"locals {\n  a = { b = 1 }[%s]\n}\n", "does not identify an element", "does not identify an element"},
		"path of a function":   {"locals {\n  a = file(%s)\n}\n", "which is not shown", "which is not shown"},
		"template":             {"locals {\n  a = templatefile(\"t.txt\", { a = %s, b = nope })\n}\n", "no name \"nope\"", "no name \"nope\""},
	} {
		t.Run(name, func(t *testing.T) {
			for _, each := range []struct {
				source markedSource
				want   string
			}{{sensitive, tt.sensitive}, {ephemeral, tt.ephemeral}} {
				addition := fmt.Sprintf(tt.place, each.source.expr)
				_, d := loadMarked(t, each.source, addition)
				if printed := said(d, "DIR"); printed != "" && each.want == "" || !strings.Contains(printed, each.want) {
					t.Errorf("%s\n%s", addition, printed)
				}
			}
		})
	}
}

// What a row says is in nothing that is said of it.
func TestRowsAreNotQuoted(t *testing.T) {
	for name, text := range map[string]string{
		"argument":   `parseint(recipient.name, 10)`,
		"key":        `join("", keys({ for x in [1, 2] : recipient.name => x }))`,
		"attribute":  `jsonencode(recipient.number != "" ? { (recipient.name) = 1 } : { b = [] })`,
		"index":      `{ b = 1 }[recipient.name]`,
		"upper case": `parseint(upper(recipient.name), 10)`,
		"operand":    `recipient.name + 1`,
		"condition":  `recipient.name ? "a" : "b"`,
		"list":       `["a"][recipient.name]`,
		"file":       `file(recipient.name)`,
		"too long":   `join("", [for i in range(3000) : recipient.name])`,
		"null":       `recipient.name == "" ? "" : null`,
		"alphabet":   `"Ł ${recipient.name}"`,
	} {
		t.Run(name, func(t *testing.T) {
			dir := directory(t, map[string]string{"main.sms.hcl": simulated + `
recipients "a" {
  csv {
    path   = "a.csv"
    number = "number"
  }
}
message "m" {
  unicode = "never"
  to      = [recipients.a]
  text    = ` + text + "\n}\n", "a.csv": "number,name\n+12025550143,Canary\n"})
			_, d := Load(t.Context(), dir, Options{})
			list, err := json.Marshal(d.List())
			if err != nil {
				t.Fatal(err)
			}
			if printed := said(d, dir) + string(list); !d.HasErrors() || strings.Contains(strings.ToLower(printed), "canary") || !strings.Contains(printed, "a.csv:2") {
				t.Error(printed)
			}
		})
	}
}

// A sample of what one person gets ends in no output, no plan and no diagnostic.
func TestSamplesOfTextsEndNowhere(t *testing.T) {
	sample := "message \"other\" {\n  to   = [recipients.a]\n  text = \"Dear ${recipient.name}\"\n}\n"
	for _, expr := range []string{`message.other.text_sample`, `upper("x${message.other.text_sample}")`, `local.sample`, `substr(local.sample, 5, -1)`} {
		source := markedSource{expr, "", "Ruth"}
		for placeName, place := range markedPlaces {
			t.Run(expr+" in "+placeName, func(t *testing.T) {
				addition := fmt.Sprintf(place, expr) + sample + "locals {\n  sample = message.other.text_sample\n}\n"
				dir := directory(t, map[string]string{"main.sms.hcl": strings.ReplaceAll(fmt.Sprintf(markedConfiguration, "null"), "Ruth", source.secret) + addition, "a.csv": "number\n+12025550143\n"})
				c, d := Load(t.Context(), dir, Options{})
				printed := said(d, "DIR")
				if !strings.Contains(printed, "Personal value not allowed") {
					t.Errorf("%s\n%s", addition, printed)
				}
				for _, expression := range []string{expr, "tonumber(" + expr + ")", "{ for x in [1, 2] : " + expr + " => x }"} {
					text, more := c.Evaluate(expression)
					printed += text + said(more, "DIR")
				}
				// The source has the name, where it is written.
				if at := strings.Index(strings.ToLower(printed), "dear ruth"); at >= 0 || strings.Contains(printed, "RUTH") {
					t.Error(printed)
				}
			})
		}
		for name, tt := range map[string]struct{ place, want string }{
			"output":        {"output \"o\" {\n  value = %s\n}\n", "Outputs show counts, never people"},
			"hidden output": {"output \"o\" {\n  value     = %s\n  sensitive = true\n}\n", "Outputs show counts, never people"},
			"precondition":  {"message \"m\" {\n  to   = [recipients.a]\n  text = \"x\"\n  precondition {\n    condition     = %[1]s == \"\"\n    error_message = \"Not ${%[1]s}.\"\n  }\n}\n", "holds a value that is personal"},
		} {
			t.Run(expr+" in "+name, func(t *testing.T) {
				addition := fmt.Sprintf(tt.place, expr) + sample + "locals {\n  sample = message.other.text_sample\n}\n"
				dir := directory(t, map[string]string{"main.sms.hcl": fmt.Sprintf(markedConfiguration, "null") + addition})
				c, d := Load(t.Context(), dir, Options{})
				printed := said(d, "DIR")
				if !strings.Contains(printed, tt.want) || strings.Contains(printed, "Ruth") || len(c.Outputs) > 0 {
					t.Error(printed)
				}
			})
		}
	}
}
