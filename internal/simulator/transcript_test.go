package simulator

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/smsplan/smsplan/internal/simulator/envelope"
)

// setup is what a transcript's simulator.json asks for; testdata/soap/README.md describes it.
type setup struct {
	Settings          json.RawMessage
	Faults            []string
	Sessions, Expired []string
	Sent              []struct {
		ID, ClimsgID, To string
		Status           int
		Charge           float64
	}
}

// setup is that of the whole transcript, with the first exchange.
func (x turn) setup(t *testing.T) setup {
	t.Helper()
	var u setup
	known := json.NewDecoder(strings.NewReader(x["simulator.json"]))
	known.DisallowUnknownFields()
	if err := known.Decode(&u); err != nil {
		t.Fatalf("simulator.json: %v", err)
	}
	return u
}

func (u setup) simulator(t *testing.T) *Simulator {
	t.Helper()
	var o Options
	if u.Settings != nil {
		var err error
		if o.Settings, err = ReadSettings(bytes.NewReader(u.Settings)); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range u.Faults {
		o.Faults = append(o.Faults, mustFault(t, f))
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
			list := turns(t, file)
			path := documentAddress
			if strings.HasPrefix(name, "rpc-") {
				path = rpcAddress
			}
			synctest.Test(t, func(t *testing.T) {
				s := list[0].setup(t).simulator(t)
				var r receiver
				r.receives(t, s)
				c := newCustomer(t, s)
				for i, x := range list {
					time.Sleep(x.span(t, "after"))
					h := c.post(x, x.word("address", path))
					x.hold(t, i+1, h)
					x.holdPushed(t, "early-callbacks", c.callbacks(&r))
					if x["callbacks"] != "" {
						time.Sleep(time.Hour)
						x.holdPushed(t, "callbacks", c.callbacks(&r))
					}
				}
				list[0].holdSent(t, s)
			})
		})
	}
}

func TestTheTranscriptsOrderEveryFaultAndAskForEveryOperation(t *testing.T) {
	files, err := filepath.Glob("../../testdata/soap/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	ordered, asked := map[string]bool{}, map[string]bool{}
	for _, file := range files {
		list := turns(t, file)
		for _, f := range list[0].setup(t).Faults {
			name, keys, _ := strings.Cut(f, ":")
			ordered[name] = true
			for pair := range strings.SplitSeq(keys, ",") {
				ordered[name+":"+pair] = true
			}
		}
		for _, x := range list {
			binding, _, _ := strings.Cut(filepath.Base(file), "-")
			for _, call := range body.FindAllStringSubmatch(x["request.xml"], -1) {
				asked[binding+" "+call[1]] = true
			}
		}
	}
	for _, f := range Faults() {
		if !ordered[f.Name] {
			t.Errorf("no transcript has the fault %s", f.Name)
		}
		for _, key := range f.Keys {
			if key.Usual != "" || !strings.Contains(key.Form, "|") {
				continue
			}
			for choice := range strings.SplitSeq(key.Form, "|") {
				if order := f.Name + ":" + key.Name + "=" + choice; choice != "false" && !ordered[order] {
					t.Errorf("no transcript has the fault %s", order)
				}
			}
		}
	}
	for _, op := range envelope.Operations() {
		for binding, name := range map[string]string{"document": op, "rpc": inRPC(op)} {
			if !asked[binding+" "+name] {
				t.Errorf("no transcript has %s in the binding %s", name, binding)
			}
		}
	}
}

// body finds the operation of a request.
var body = regexp.MustCompile(`<s:Body[^>]*>\s*<c:(\w+)>`)

// hold compares what came with what the transcript has.
func (x turn) hold(t *testing.T, number int, h heard) {
	t.Helper()
	took, cut := x.span(t, "delay"), x.word("cut", "")
	switch {
	case took > customerWaits:
		took, cut = customerWaits, "before-status"
	case cut == "before-end":
		took = customerWaits
	}
	if h.cut != cut || h.took != took {
		t.Errorf("answer %d: cut %q after %v, want cut %q after %v", number, h.cut, h.took, cut, took)
	}
	if want := x.word("connection", ""); want != "" && strconv.Itoa(h.connection) != want {
		t.Errorf("answer %d: connection %d, want %s", number, h.connection, want)
	}
	if h.cut == "before-status" {
		return
	}
	if want := x.word("status", "200"); strconv.Itoa(h.status) != want {
		t.Errorf("answer %d: status %d, want %s", number, h.status, want)
	}
	for name, values := range x.header("answer-headers") {
		if diff := cmp.Diff(h.header[name], values); diff != "" {
			t.Errorf("answer %d: header %s (-got +want):\n%s", number, name, diff)
		}
	}
	if cut == "mid-body" || x["answer.xml"] == "" {
		return
	}
	if diff := cmp.Diff(normalised(t, h.body), normalised(t, x["answer.xml"])); diff != "" {
		t.Errorf("answer %d (-got +want):\n%s", number, diff)
	}
}

// holdPushed compares callbacks with a section. The order of their fields is all the same.
func (x turn) holdPushed(t *testing.T, section string, got []string) {
	t.Helper()
	var want []string
	for line := range strings.Lines(x[section]) {
		method, address, isRequest := strings.Cut(strings.TrimSpace(line), " ")
		if !isRequest {
			continue // none
		}
		u, err := url.Parse(address)
		if err != nil {
			t.Fatalf("%s: %v", section, err)
		}
		want = append(want, fmt.Sprintf("%s %s?%s", method, u.Path, u.Query().Encode()))
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("%s (-got +want):\n%s", section, diff)
	}
}

// holdSent compares what was sent in the end.
func (x turn) holdSent(t *testing.T, s *Simulator) {
	t.Helper()
	if x["sent.json"] == "" {
		return
	}
	var want []Sending
	if err := json.Unmarshal([]byte(x["sent.json"]), &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s.Sent(1), want); diff != "" {
		t.Errorf("sent (-got +want):\n%s", diff)
	}
}

var anyID = regexp.MustCompile(`[0-9a-f]{32}`)

// normalised gives one line for each tag and text: prefixes resolved, declarations dropped,
// attributes sorted, white space between elements dropped.
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
	d := xml.NewDecoder(strings.NewReader(document))
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
