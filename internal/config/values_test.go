package config

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const simulated = "gateway \"simulator\" {}\n"

// loaded loads files that must be without faults.
func loaded(t *testing.T, files map[string]string, o Options) *Config {
	t.Helper()
	dir := directory(t, files)
	c, d := Load(t.Context(), dir, o)
	if !d.Empty() {
		t.Fatal(said(d, dir))
	}
	return c
}

func console(t *testing.T, c *Config, expression string) string {
	t.Helper()
	text, d := c.Evaluate(expression)
	if !d.Empty() {
		t.Fatal(said(d, c.Dir))
	}
	return text
}

func TestValuesComeInRisingOrder(t *testing.T) {
	main := simulated + "variable \"v\" {\n  default = \"default\"\n}\n"
	files := map[string]string{
		"main.sms.hcl":           main,
		"smsplan.smsvars.hcl":    "v = \"main file\"\n",
		"a.auto.smsvars.hcl":     "v = \"auto a\"\n",
		"b.auto.smsvars.json":    `{"v": "auto b"}`,
		"given.smsvars.hcl":      "v = \"var-file\"\n",
		"given.json":             `{"v": "json var-file"}`,
		"ignored.auto.tfvars":    "v = \"not ours\"\n",
		"other.auto.smsvars.txt": "v = \"not ours\"\n",
	}
	for name, tt := range map[string]struct {
		without []string
		environ []string
		given   []Assignment
		want    string
	}{
		"default":           {without: []string{"smsplan.smsvars.hcl", "a.auto.smsvars.hcl", "b.auto.smsvars.json"}, want: "default"},
		"environment":       {without: []string{"smsplan.smsvars.hcl", "a.auto.smsvars.hcl", "b.auto.smsvars.json"}, environ: []string{"SMSPLAN_VAR_v=environment"}, want: "environment"},
		"main file":         {without: []string{"a.auto.smsvars.hcl", "b.auto.smsvars.json"}, environ: []string{"SMSPLAN_VAR_v=environment"}, want: "main file"},
		"auto by name":      {want: "auto b"},
		"flag":              {given: []Assignment{{"-var", "v=flag"}}, want: "flag"},
		"file after flag":   {given: []Assignment{{"-var", "v=flag"}, {"-var-file", "given.smsvars.hcl"}}, want: "var-file"},
		"flag after file":   {given: []Assignment{{"-var-file", "given.json"}, {"-var", "v=flag"}}, want: "flag"},
		"JSON file":         {given: []Assignment{{"-var-file", "given.json"}}, want: "json var-file"},
		"value with equals": {given: []Assignment{{"-var", "v=a=b"}}, want: "a=b"},
	} {
		t.Run(name, func(t *testing.T) {
			present := maps.Clone(files)
			for _, name := range tt.without {
				delete(present, name)
			}
			dir := directory(t, present)
			given := slices.Clone(tt.given)
			for i, a := range given {
				if a.Flag == "-var-file" {
					given[i].Value = filepath.Join(dir, a.Value)
				}
			}
			c, d := Load(t.Context(), dir, Options{Environ: tt.environ, Assignments: given})
			if !d.Empty() {
				t.Fatal(said(d, dir))
			}
			if got, want := console(t, c, "var.v"), `"`+tt.want+`"`; got != want {
				t.Errorf("var.v = %s, want %s", got, want)
			}
		})
	}
}

func TestTextBecomesAValueOfTheVariablesType(t *testing.T) {
	for name, tt := range map[string]struct{ declared, text, want string }{
		"string takes text as it is":  {`type = string`, `["a"]`, `"[\"a\"]"`},
		"string keeps quotes":         {`type = string`, `"a"`, `"\"a\""`},
		"number":                      {`type = number`, `5`, `5`},
		"bool":                        {`type = bool`, `true`, `true`},
		"untyped takes text as it is": {``, `5`, `"5"`},
		"list":                        {`type = list(string)`, `["a", 1]`, "tolist([\n  \"a\",\n  \"1\",\n])"},
		"any is an expression":        {`type = any`, `{ a = 1 }`, "{\n  \"a\" = 1\n}"},
		"optional attributes": {`type = object({ name = string, age = optional(number, 7), mail = optional(string) })`, `{ name = "Ann" }`,
			"{\n  \"age\" = 7\n  \"mail\" = tostring(null)\n  \"name\" = \"Ann\"\n}"},
		"null":                                   {"type = list(string)", "null", `tolist(null) /* of string */`},
		"null where not nullable is the default": {"type = list(string)\n  nullable = false\n  default = [\"a\"]", "null", "tolist([\n  \"a\",\n])"},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{"main.sms.hcl": simulated + "variable \"v\" {\n  " + tt.declared + "\n}\n"}
			c := loaded(t, files, Options{Assignments: []Assignment{{"-var", "v=" + tt.text}}})
			if got := console(t, c, "var.v"); got != tt.want {
				t.Errorf("var.v = %s, want %s", got, tt.want)
			}
		})
	}
}

func TestSavedPlansKeepValuesAndTheirTypes(t *testing.T) {
	main := simulated + `
variable "list" {
  type    = list(number)
  default = [1]
}
variable "any" { default = null }
variable "passing" {
  type      = string
  ephemeral = true
}
`
	files := map[string]string{"main.sms.hcl": main}
	first := loaded(t, files, Options{Assignments: []Assignment{{"-var", "list=[1, 2]"}, {"-var", "any=text"}, {"-var", "passing=secret"}}})
	want := map[string]json.RawMessage{
		"list": json.RawMessage(`{"value":[1,2],"type":["list","number"]}`),
		"any":  json.RawMessage(`{"value":"text","type":"string"}`),
	}
	if diff := cmp.Diff(want, first.Variables); diff != "" {
		t.Fatalf("kept values (-want +got):\n%s", diff)
	}
	again := loaded(t, files, Options{Preset: first.Variables, Environ: []string{"SMSPLAN_VAR_any=other"}, Assignments: []Assignment{{"-var", "passing=secret"}}})
	for _, expression := range []string{"var.list", "var.any", "var.passing"} {
		if got, want := console(t, again, expression), console(t, first, expression); got != want {
			t.Errorf("%s = %s with the plan's values, want %s", expression, got, want)
		}
	}
	_, d := Load(t.Context(), directory(t, files), Options{Preset: first.Variables, Assignments: []Assignment{{"-var", "any=x"}}})
	if got := said(d, "DIR"); !strings.Contains(got, "Value for a variable that the plan fixes") {
		t.Errorf("a value for a variable of the plan gives %q", got)
	}
}
