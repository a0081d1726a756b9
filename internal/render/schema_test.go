package render

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// schema is as much of JSON Schema as docs/json.md uses, read strictly: properties that it does not name are faults.
type schema struct {
	Type                 any               `json:"type"`
	Const                any               `json:"const"`
	Enum                 []any             `json:"enum"`
	Ref                  string            `json:"$ref"`
	Required             []string          `json:"required"`
	Properties           map[string]schema `json:"properties"`
	AdditionalProperties *schema           `json:"additionalProperties"`
	Items                *schema           `json:"items"`
}

var fence = regexp.MustCompile("(?s)```json schema=([a-z]+)\n(.*?)```")

// schemas reads those of the documentation.
func schemas(t *testing.T) map[string]schema {
	t.Helper()
	text, err := os.ReadFile("../../docs/json.md")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]schema{}
	for _, m := range fence.FindAllSubmatch(text, -1) {
		var s schema
		if err := json.Unmarshal(m[2], &s); err != nil {
			t.Fatalf("schema %s: %v", m[1], err)
		}
		all[string(m[1])] = s
	}
	return all
}

// conform holds a document against a schema of the documentation.
func conform(t *testing.T, name string, document []byte) {
	t.Helper()
	all := schemas(t)
	s, found := all[name]
	if !found {
		t.Fatalf("docs/json.md has no schema %s", name)
	}
	var v any
	if err := json.Unmarshal(document, &v); err != nil {
		t.Fatalf("%v in\n%s", err, document)
	}
	for _, fault := range s.faults(all, name, v) {
		t.Errorf("%s in\n%s", fault, document)
	}
}

func (s schema) faults(all map[string]schema, at string, v any) (faults []string) {
	if s.Ref != "" {
		s = all[s.Ref]
	}
	if s.Const != nil && v != s.Const {
		faults = append(faults, fmt.Sprintf("%s is %v, not %v", at, v, s.Const))
	}
	if s.Enum != nil && !slices.Contains(s.Enum, v) {
		faults = append(faults, fmt.Sprintf("%s is %v, none of %v", at, v, s.Enum))
	}
	if s.Type != nil && !strings.Contains(fmt.Sprint(s.Type), kind(v)) && !(kind(v) == "integer" && s.Type == "number") {
		return append(faults, fmt.Sprintf("%s is a %s, not a %v", at, kind(v), s.Type))
	}
	switch v := v.(type) {
	case map[string]any:
		for _, name := range s.Required {
			if _, found := v[name]; !found {
				faults = append(faults, fmt.Sprintf("%s lacks %s", at, name))
			}
		}
		for name, value := range v {
			one, found := s.Properties[name]
			switch {
			case found:
				faults = append(faults, one.faults(all, at+"."+name, value)...)
			case s.AdditionalProperties != nil:
				faults = append(faults, s.AdditionalProperties.faults(all, at+"."+name, value)...)
			case s.Type != nil:
				faults = append(faults, fmt.Sprintf("%s has %s, which is not documented", at, name))
			}
		}
	case []any:
		for i, value := range v {
			if s.Items != nil {
				faults = append(faults, s.Items.faults(all, fmt.Sprintf("%s[%d]", at, i), value)...)
			}
		}
	}
	return faults
}

func kind(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case float64:
		if v == float64(int64(v)) {
			return "integer"
		}
		return "number"
	case []any:
		return "array"
	}
	return "object"
}
