package simulator

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

// setup is what a transcript's simulator.json asks for; testdata/soap/README.md describes it.
type setup struct {
	Credit            *float64
	Sessions, Expired []string
	Sent              []struct {
		ID, ClimsgID, To string
		Status           int
		Charge           float64
	}
	OptedOut   []string `json:"opted_out"`
	Unroutable []string
	Fault      *struct{ Code, String string }
}

func (u *setup) simulator(t *testing.T) *Simulator {
	t.Helper()
	var o Options
	for _, number := range u.OptedOut {
		o.Faults = append(o.Faults, mustFault(t, "refuse:code=122,ending="+number))
	}
	for _, number := range u.Unroutable {
		o.Faults = append(o.Faults, mustFault(t, "refuse:code=114,ending="+number))
	}
	if u.Credit != nil {
		o.Faults = append(o.Faults, mustFault(t, fmt.Sprintf("credit-runs-out:credit=%g", *u.Credit)))
	}
	if u.Fault != nil {
		o.Faults = append(o.Faults, mustFault(t, fmt.Sprintf("soap-fault:code=%s,string=%s", u.Fault.Code, u.Fault.String)))
	}
	s := newSimulator(t, o)
	demo, now := s.accounts.byUser["demo"], time.Now()
	for _, id := range u.Sessions {
		s.accounts.sessions[id] = &session{account: demo, apiID: "1", used: now, left: -1}
	}
	for _, id := range u.Expired {
		s.accounts.sessions[id] = &session{account: demo, apiID: "1", used: now.Add(-sessionIdle - time.Second), left: -1}
	}
	for _, m := range u.Sent {
		b := batch{At: now.Add(-time.Minute), APIID: "1", ClientID: m.ClimsgID, Charge: m.Charge}
		switch m.Status {
		case statusHandset:
			b.Ack = true
		case statusScheduled:
			b.Delay = 30
		default:
			t.Fatalf("no way to set up status %d", m.Status)
		}
		id, ok := parseMessageID(m.ID)
		if !ok {
			t.Fatalf("no message id: %q", m.ID)
		}
		s.ledger.add(&accepted{batch: b, IDs: []messageID{id}, To: []string{m.To}})
	}
	return s
}

func TestSimulatorAnswersAsTheTranscripts(t *testing.T) {
	files, err := filepath.Glob("../../testdata/soap/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no transcripts", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		t.Run(name, func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			section := map[string]string{}
			for _, f := range archive.Files {
				section[f.Name] = string(f.Data)
			}
			var u setup
			known := json.NewDecoder(strings.NewReader(section["simulator.json"]))
			known.DisallowUnknownFields()
			if err := known.Decode(&u); err != nil {
				t.Fatal(err)
			}
			address := "/soap/document_literal/webservice"
			if strings.HasPrefix(name, "rpc") {
				address = "/soap/webservice_vs.php"
			}
			r := httptest.NewRequest(http.MethodPost, address, strings.NewReader(section["request.xml"]))
			for line := range strings.Lines(section["headers"]) {
				key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
				r.Header.Set(key, value)
			}
			w := httptest.NewRecorder()
			u.simulator(t).ServeHTTP(w, r)

			status := 200
			if s := strings.TrimSpace(section["status"]); s != "" {
				if status, err = strconv.Atoi(s); err != nil {
					t.Fatal(err)
				}
			}
			if w.Code != status {
				t.Errorf("status %d, want %d", w.Code, status)
			}
			if diff := cmp.Diff(normalised(t, w.Body.String()), normalised(t, section["answer.xml"])); diff != "" {
				t.Errorf("answer (-got +want):\n%s", diff)
			}
		})
	}
}

var anyID = regexp.MustCompile(`[0-9a-f]{32}`)

// normalised gives one line for each tag and text: prefixes resolved, declarations dropped,
// attributes sorted, white space between elements dropped, ids replaced.
func normalised(t *testing.T, document string) []string {
	t.Helper()
	var lines []string
	prefixes := []map[string]string{{}}
	resolve := func(name string) string {
		prefix, local, ok := strings.Cut(name, ":")
		if space := prefixes[len(prefixes)-1][prefix]; ok && space != "" {
			return "{" + space + "}" + local
		}
		return name
	}
	d := xml.NewDecoder(strings.NewReader(anyID.ReplaceAllString(document, "ID")))
	text, element := "", ""
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return lines
		}
		if err != nil {
			t.Fatalf("%v in %s", err, document)
		}
		switch token := token.(type) {
		case xml.StartElement:
			scope := map[string]string{}
			for prefix, space := range prefixes[len(prefixes)-1] {
				scope[prefix] = space
			}
			for _, a := range token.Attr {
				if a.Name.Space == "xmlns" {
					scope[a.Name.Local] = a.Value
				}
			}
			prefixes = append(prefixes, scope)
			line := fmt.Sprintf("<{%s}%s>", token.Name.Space, token.Name.Local)
			var attributes []string
			for _, a := range token.Attr {
				if a.Name.Space != "xmlns" && a.Name.Local != "xmlns" {
					attributes = append(attributes, fmt.Sprintf(" {%s}%s=%s", a.Name.Space, a.Name.Local, resolve(a.Value)))
				}
			}
			slices.Sort(attributes)
			lines = append(lines, line+strings.Join(attributes, ""))
			text, element = "", token.Name.Local
		case xml.EndElement:
			prefixes = prefixes[:len(prefixes)-1]
			if element == token.Name.Local {
				if element == "faultcode" {
					text = resolve(text)
				}
				lines = append(lines, text)
			}
			lines = append(lines, fmt.Sprintf("</%s>", token.Name.Local))
			text, element = "", ""
		case xml.CharData:
			text += string(token)
		}
	}
}
