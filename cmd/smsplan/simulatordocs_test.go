package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/smsplan/smsplan/internal/simulator"
	"github.com/smsplan/smsplan/internal/simulator/inbox"
)

func simulatorDocs(t *testing.T) string {
	t.Helper()
	docs, err := os.ReadFile("../../docs/simulator.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(docs)
}

func TestTheDocumentationNamesEveryFaultAndNoOther(t *testing.T) {
	_, section, _ := strings.Cut(simulatorDocs(t), "## Faults")
	section, _, _ = strings.Cut(section, "\n## ")
	described := map[string][]string{}
	for _, match := range regexp.MustCompile("`([a-z][a-z-]*)`(?: \\(((?:`[a-z]+`(?:, )?)+)\\))?").FindAllStringSubmatch(section, -1) {
		described[match[1]] = strings.FieldsFunc(match[2], func(r rune) bool { return strings.ContainsRune("`, ", r) })
	}
	for _, fault := range simulator.Faults() {
		keys, ok := described[fault.Name]
		if !ok {
			t.Errorf("%s is not in the table", fault.Name)
			continue
		}
		delete(described, fault.Name)
		var want []string
		counts := slices.ContainsFunc(fault.Keys, func(k simulator.FaultKey) bool { return k.Name == "op" })
		for _, key := range fault.Keys {
			if !counts || !slices.Contains([]string{"op", "times", "after", "every"}, key.Name) {
				want = append(want, key.Name)
			}
		}
		if strings.Join(keys, " ") != strings.Join(want, " ") {
			t.Errorf("%s: the keys in the table are %q, want %q", fault.Name, keys, want)
		}
	}
	for _, word := range []string{"sendmsg", "climsgid"} {
		delete(described, word)
	}
	for name := range described {
		t.Errorf("%s is in the table, and there is no such fault", name)
	}
}

func TestTheDocumentedSettingsAreSettings(t *testing.T) {
	block := regexp.MustCompile("(?s)```json\n(.*?)```").FindStringSubmatch(simulatorDocs(t))
	if block == nil {
		t.Fatal("the page shows no settings")
	}
	settings, err := simulator.ReadSettings(strings.NewReader(block[1]))
	if err != nil {
		t.Fatal(err)
	}
	s, err := simulator.New(simulator.Options{Settings: settings})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestTheDocumentedRequestsAreServed(t *testing.T) {
	s, err := simulator.New(simulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	pages := inbox.New(s)
	pages.Close() // so that the stream of events ends at once
	calls := regexp.MustCompile("`(GET|PUT|POST|PATCH|DELETE) (/_sim/[^` ]+)`").FindAllStringSubmatch(simulatorDocs(t), -1)
	if len(calls) < 15 {
		t.Fatalf("the page has %d requests", len(calls))
	}
	for _, call := range calls {
		address := strings.NewReplacer("{id}", strings.Repeat("0", 32), "{user}", "demo").Replace(call[2])
		w := httptest.NewRecorder()
		pages.ServeHTTP(w, httptest.NewRequest(call[1], "http://127.0.0.1:8466"+address, nil))
		known := w.Code != http.StatusNotFound || strings.Contains(w.Body.String(), "no message with this id")
		if !known || w.Code == http.StatusMethodNotAllowed {
			t.Errorf("%s %s: status %d, %s", call[1], address, w.Code, w.Body.String())
		}
	}
}
