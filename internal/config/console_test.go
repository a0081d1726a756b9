package config

import (
	"strings"
	"testing"
)

func TestConsolePrintsAsTerraformDoes(t *testing.T) {
	c := loaded(t, map[string]string{
		"main.sms.hcl": simulated + `
variable "secret" {
  default   = "x"
  sensitive = true
}
variable "passing" {
  default   = "x"
  ephemeral = true
}
locals {
  brand = "ACME"
}
recipients "a" {
  numbers = ["+12025550143", "+61491570006"]
}
message "m" {
  for_each = toset(["en"])
  to       = [recipients.a]
  text     = "Zoë €"
}
`,
		"greeting.tmpl": "Hello ${name}%{ if loud }!%{ endif }",
		"sub/a.txt":     "a",
		"sub/b.txt":     "b",
	}, Options{Workspace: "prod"})
	for expression, want := range map[string]string{
		`null`:                        `null`,
		`tostring(null)`:              `tostring(null)`,
		`1.50`:                        `1.5`,
		`100000000000000000000`:       `100000000000000000000`,
		`true`:                        `true`,
		`"a\"b\\c\td"`:                `"a\"b\\c\td"`,
		`"a\nb"`:                      "<<EOT\na\nb\nEOT",
		`["a\nb"]`:                    "[\n  <<-EOT\n  a\n  b\n  EOT,\n]",
		`["a", [1]]`:                  "[\n  \"a\",\n  [\n    1,\n  ],\n]",
		`[]`:                          `[]`,
		`{}`:                          `{}`,
		`tolist(["b", "a"])`:          "tolist([\n  \"b\",\n  \"a\",\n])",
		`toset(["b", "a"])`:           "toset([\n  \"a\",\n  \"b\",\n])",
		`tomap({ b = 1, "a c" = 2 })`: "tomap({\n  \"a c\" = 2\n  \"b\" = 1\n})",
		`{ b = { d = 1 }, a = null }`: "{\n  \"a\" = null\n  \"b\" = {\n    \"d\" = 1\n  }\n}",
		`var.secret`:                  `(sensitive value)`,
		`[upper(var.secret), 1]`:      "[\n  (sensitive value),\n  1,\n]",
		`"${var.passing}x"`:           `(ephemeral value)`,
		`nonsensitive(var.secret)`:    `"x"`,
		`issensitive(var.secret)`:     `true`,
		`sensitive(1)`:                `(sensitive value)`,
		`local.brand`:                 `"ACME"`,
		`smsplan.workspace`:           `"prod"`,
		`path.module`:                 `"."`,
		`recipients.a.countries`:      "tomap({\n  \"AU\" = 1\n  \"US\" = 1\n})",
		`message.m["en"]`:             "{\n  \"cost\" = tonumber(null)\n  \"encoding\" = \"ucs2\"\n  \"recipients\" = 2\n  \"segments\" = 2\n  \"segments_max\" = 1\n  \"text_sample\" = (personal value)\n}",

		`replace("a.b", "/[.]/", "-")`: `"a-b"`,
		`replace("a.b", ".", "-")`:     `"a-b"`,
		`length("Zoë")`:                `3`,
		`length({ a = 1 })`:            `1`,
		`length([1, 2])`:               `2`,
		`index(["a", "b"], "b")`:       `1`,
		`coalesce("", "b")`:            `"b"`,
		`alltrue([true, false])`:       `false`,
		`alltrue([])`:                  `true`,
		`anytrue([true, false])`:       `true`,
		`sum([1, 2.5])`:                `3.5`,
		`one([])`:                      `null`,
		`one(["a"])`:                   `"a"`,
		`startswith("abc", "ab")`:      `true`,
		`endswith("abc", "ab")`:        `false`,
		`strcontains("abc", "b")`:      `true`,
		`timecmp("2030-01-01T00:00:00Z", "2030-01-01T01:00:00+01:00")`: `0`,
		`transpose({ a = ["x", "y"], b = ["x"] }).x`:                   "tolist([\n  \"a\",\n  \"b\",\n])",
		`matchkeys(["i", "j"], ["a", "b"], ["b"])`:                     "tolist([\n  \"j\",\n])",
		`try(local.brand.nope, "else")`:                                `"else"`,
		`can(tonumber("x"))`:                                           `false`,
		`yamldecode("a: [1]")`:                                         "{\n  \"a\" = [\n    1,\n  ]\n}",
		`jsonencode({ a = [1] })`:                                      `"{\"a\":[1]}"`,
		`cidrsubnet("10.0.0.0/8", 8, 2)`:                               `"10.2.0.0/16"`,
		`base64sha256("a")`:                                            `"ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs="`,

		`phone("0491 570 006", "AU")`:                                  `"61491570006"`,
		`phone_valid("0491", "AU")`:                                    `false`,
		`phone_valid("+12025550143", null)`:                            `true`,
		`sms_encoding("Zoë €")`:                                        `"ucs2"`,
		`sms_segments("x")`:                                            `1`,
		`sms_segments("${join("", [for i in range(159) : "x"])}\r\n")`: `1`,
		`sms_gsm7("“x”")`:                                              `"\"x\""`,
		`length(sms_truncate(format("%200s", "x"), 1))`:                `160`,

		`file("sub/a.txt")`:         `"a"`,
		`filemd5("sub/a.txt")`:      `"0cc175b9c0f1b6a831c399e269772661"`,
		`filebase64("sub/a.txt")`:   `"YQ=="`,
		`fileexists("sub/c.txt")`:   `false`,
		`fileexists("sub/a.txt")`:   `true`,
		`fileset(".", "sub/*.txt")`: "toset([\n  \"sub/a.txt\",\n  \"sub/b.txt\",\n])",
		`templatefile("greeting.tmpl", { name = "Ann", loud = true })`: `"Hello Ann!"`,
	} {
		if got := console(t, c, expression); got != want {
			t.Errorf("%s prints\n%s\nwant\n%s", expression, got, want)
		}
	}
}

func TestConsoleSaysWhatIsWrong(t *testing.T) {
	c := loaded(t, map[string]string{"main.sms.hcl": simulated + "locals {\n  brand = \"ACME\"\n}\n", "loop.tmpl": "${templatefile(\"loop.tmpl\", {})}"}, Options{})
	for expression, want := range map[string]string{
		`local.brnd`:                    `Did you mean "brand"?`,
		`1 +`:                           `Missing expression`,
		`recipient.name`:                `recipient is known only in text and where`,
		`phone("12", "ZA")`:             `the number is too short`,
		`templatefile("loop.tmpl", {})`: `cannot recursively call templatefile`,
		`templatefile("none.tmpl", {})`: `there is no file none.tmpl`,
		`templatefile("loop.tmpl", [])`: `invalid vars value: must be a map`,
		`tonumber("+1 202 555 0143")`:   `"+1 20* *** ****"`,
		`sms_truncate("x", 0)`:          `parts is a whole number of at least 1`,
		`sum([])`:                       `cannot sum an empty list`,
		`one([1, 2])`:                   `with either zero or one elements`,
		`index(["a"], "b")`:             `item not found`,
		`timecmp("x", "y")`:             `RFC3339`,
		`uuid()`:                        `another answer on each call`,
		`abspath(".")`:                  `another answer on each machine`,
		`file("../main.sms.hcl")`:       `leads out of the configuration's directory`,
		`provider::x::y()`:              `which has no providers`,
	} {
		text, d := c.Evaluate(expression)
		if got := said(d, c.Dir); text != "" || !strings.Contains(got, want) {
			t.Errorf("%s gives %q and says\n%s\nwant %q", expression, text, got, want)
		}
	}
}
