package render

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/smsplan/smsplan/internal/config"
)

// What SARIF 2.1.0 demands of the objects that validate writes, and what it lets them have (sections 3.13 to 3.52).
var sarifObjects = map[string]struct{ required, allowed string }{
	"log":                {"version runs", "$schema"},
	"runs":               {"tool", "results originalUriBaseIds columnKind invocations"},
	"tool":               {"driver", ""},
	"driver":             {"name", "version rules"},
	"rules":              {"id", "shortDescription"},
	"shortDescription":   {"text", ""},
	"originalUriBaseIds": {"", "SRCROOT"},
	"SRCROOT":            {"", "uri description"},
	"description":        {"text", ""},
	"invocations":        {"executionSuccessful", ""},
	"results":            {"message", "ruleId ruleIndex level locations"},
	"message":            {"text", ""},
	"locations":          {"", "physicalLocation"},
	"physicalLocation":   {"artifactLocation", "region contextRegion"},
	"artifactLocation":   {"", "uri uriBaseId"},
	"region":             {"startLine", "startColumn endLine endColumn snippet"},
	"contextRegion":      {"startLine", "endLine snippet"},
	"snippet":            {"", "text"},
}

func sarifFaults(name string, v any) (faults []string) {
	switch v := v.(type) {
	case []any:
		for _, one := range v {
			faults = append(faults, sarifFaults(name, one)...)
		}
	case map[string]any:
		is, known := sarifObjects[name]
		if !known {
			return []string{"there is no object " + name}
		}
		for _, need := range strings.Fields(is.required) {
			if _, found := v[need]; !found {
				faults = append(faults, name+" lacks "+need)
			}
		}
		for property, value := range v {
			if !strings.Contains(" "+is.required+" "+is.allowed+" ", " "+property+" ") {
				faults = append(faults, name+" has "+property)
			}
			if n, isNumber := value.(float64); isNumber && property != "ruleIndex" && n < 1 {
				faults = append(faults, fmt.Sprintf("%s of %s is %v", property, name, n))
			}
			if text, isText := value.(string); isText && text == "" {
				faults = append(faults, property+" of "+name+" is empty")
			}
			faults = append(faults, sarifFaults(property, value)...)
		}
	}
	return faults
}

func found(t *testing.T, files map[string]string) config.Diagnostics {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, d := config.Load(t.Context(), dir, config.Options{Scope: config.ScopeValidate})
	return d
}

func TestSARIFHasWhatTheStandardDemands(t *testing.T) {
	wrong := strings.Replace(outage, `on_invalid = "skip"`, "", 1) + "\nmessage \"ż😀\" { to = [recipients.nobody] }\nlocals {\n  é = \"😀\" + nothing.here\n}\n"
	for name, d := range map[string]config.Diagnostics{
		"nothing":          found(t, map[string]string{"main.sms.hcl": outage, "customers.csv": strings.Replace(customers, "12,Bad,Shaw,en\n", "", 1)}),
		"rows and columns": found(t, map[string]string{"main.sms.hcl": wrong, "customers.csv": customers}),
		"no file":          found(t, nil),
		"hostile":          found(t, map[string]string{"main.sms.hcl": "x\u202e\x1b[31m = \"\u200b", "a b%?.sms.hcl": "y {"}),
	} {
		for _, failed := range []error{nil, errors.New("it cannot\nbe read")} {
			text := drawnAs(t, func(w io.Writer) error { return SARIF(w, d, failed, "apps/é texts", "0.1.0") })
			var v any
			if err := json.Unmarshal([]byte(text), &v); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for _, fault := range sarifFaults("log", v) {
				t.Errorf("%s: %s", name, fault)
			}
			var log sarifLog
			if err := json.Unmarshal([]byte(text), &log); err != nil {
				t.Fatal(err)
			}
			run := log.Runs[0]
			if want := len(d.List()); failed == nil && len(run.Results) != want || failed != nil && len(run.Results) != want+1 {
				t.Errorf("%s: %d results of %d", name, len(run.Results), want)
			}
			for _, r := range run.Results {
				if run.Tool.Driver.Rules[r.RuleIndex].ID != r.Rule {
					t.Errorf("%s: rule %d is not %s", name, r.RuleIndex, r.Rule)
				}
				for _, l := range r.Locations {
					at := l.Physical
					if !strings.HasPrefix(at.Artifact.URI, "apps/%C3%A9%20texts/") || strings.ContainsAny(at.Artifact.URI, " ?\\") {
						t.Errorf("%s: the file is %s", name, at.Artifact.URI)
					}
					if at.Region.EndLine < at.Region.StartLine || at.Region.EndLine == at.Region.StartLine && at.Region.EndColumn <= at.Region.StartColumn {
						t.Errorf("%s: the region is %+v", name, at.Region)
					}
				}
			}
			for line := range strings.SplitSeq(text, "\n") {
				if !clean(line) {
					t.Errorf("%s: %q", name, line)
				}
			}
		}
	}
}

func TestSARIFCountsColumnsInUTF16(t *testing.T) {
	d := found(t, map[string]string{"main.sms.hcl": "gateway \"simulator\" {}\nlocals {\n  a = \"😀é\" == nothing\n}\n"})
	log := drawnAs(t, func(w io.Writer) error { return SARIF(w, d, nil, "", "0.1.0") })
	for _, want := range []string{`"startLine": 3`, `"startColumn": 16`, `"endColumn": 23`, `"text": "nothing"`, `"uri": "main.sms.hcl"`} {
		if !strings.Contains(log, want) {
			t.Errorf("%s is not in\n%s", want, log)
		}
	}
}
