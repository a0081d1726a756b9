package inbox_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/smsplan/smsplan/internal/simulator"
	"github.com/smsplan/smsplan/internal/simulator/inbox"
)

const (
	gateway     = "/soap/document_literal/webservice"
	credentials = "<api_id>1</api_id><user>demo</user><password>s3cr3t-pass</password>"
)

// world is a simulator with its pages on a server.
type world struct {
	*testing.T
	simulator *simulator.Simulator
	url       string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	s, err := simulator.New(simulator.Options{Settings: simulator.Settings{
		Accounts: []simulator.Account{{
			User: "demo", Password: "s3cr3t-pass", APIIDs: []string{"1"}, Credit: 100, Segments: 3,
			Callback: &simulator.Callback{URL: "http://127.0.0.1:9/dlr", User: "hook", Password: "s3cr3t-hook"},
		}},
		Blocked: []string{"12025550199"}, Vouchers: map[string]float64{"1234567890123456": 10},
	}})
	if err != nil {
		t.Fatal(err)
	}
	pages := inbox.New(s)
	server := httptest.NewServer(pages)
	t.Cleanup(func() { pages.Close(); server.Close(); s.Close() })
	return &world{t, s, server.URL}
}

// call gives the answer to a request; pairs of header names and values follow the body.
func (w *world) call(method, path, body string, header ...string) (*http.Response, string) {
	w.Helper()
	r, err := http.NewRequest(method, w.url+path, strings.NewReader(body))
	if err != nil {
		w.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		if r.Header.Set(header[i], header[i+1]); header[i] == "Host" {
			r.Host = header[i+1]
		}
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		w.Fatal(err)
	}
	defer answer.Body.Close()
	read, err := io.ReadAll(answer.Body)
	if err != nil {
		w.Fatal(err)
	}
	return answer, string(read)
}

// get reads JSON.
func (w *world) get(path string, into any) {
	w.Helper()
	answer, body := w.call("GET", path, "")
	if answer.StatusCode != http.StatusOK {
		w.Fatalf("GET %s: %s: %s", path, answer.Status, body)
	}
	if err := json.Unmarshal([]byte(body), into); err != nil {
		w.Fatalf("GET %s: %v in %s", path, err, body)
	}
}

// send has the gateway do something.
func (w *world) send(op, parameters string) string {
	w.Helper()
	answer, body := w.call("POST", gateway, fmt.Sprintf(
		`<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:c="http://api.clickatell.com/soap/document_literal/webservice">`+
			`<s:Body><c:%[1]s>%[2]s</c:%[1]s></s:Body></s:Envelope>`, op, parameters), "Content-Type", "text/xml; charset=utf-8")
	if answer.StatusCode != http.StatusOK {
		w.Fatalf("%s: %s: %s", op, answer.Status, body)
	}
	return body
}

type listing struct {
	Epoch    string
	Total    int
	More     bool
	Messages []struct {
		ID, To, From, Text, Data, Kind, Encoding string
		Place, Segments                          int
		Status                                   struct{ Code, Text string }
	}
}

func (w *world) messages(query string) listing {
	w.Helper()
	var l listing
	w.get("/_sim/messages"+query, &l)
	return l
}

func TestTheGatewayAnswersBesideThePages(t *testing.T) {
	w := newWorld(t)
	for path, want := range map[string]string{
		gateway + "?wsdl": "definitions", "/": "<title>Inbox", "/gateway": "<title>Gateway", "/assets/inbox.js": "import", "/assets/icon.svg": "<svg",
	} {
		if answer, body := w.call("GET", path, ""); answer.StatusCode != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("GET %s: %s without %q", path, answer.Status, want)
		}
	}
	for _, path := range []string{"/assets/", "/assets/nothing.js", "/assets/../inbox.go", "/_sim/nothing", "/_sim/", "/elsewhere"} {
		if answer, _ := w.call("GET", path, ""); answer.StatusCode != http.StatusNotFound {
			t.Errorf("GET %s: %s, want 404", path, answer.Status)
		}
	}
}

func TestTheExampleSendsToThisSimulator(t *testing.T) {
	w := newWorld(t)
	if _, body := w.call("GET", "/_sim/example", ""); !strings.Contains(body, w.url+gateway) || strings.Contains(body, "ca_file") {
		t.Errorf("%s", body)
	}
	secure := httptest.NewTLSServer(inbox.New(w.simulator))
	t.Cleanup(secure.Close)
	answer, err := secure.Client().Get(secure.URL + "/_sim/example")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if body, err := io.ReadAll(answer.Body); err != nil || !strings.Contains(string(body), secure.URL+gateway) || !strings.Contains(string(body), "ca_file") {
		t.Errorf("%v %s", err, body)
	}
}

func TestPagesMayLoadNothingFromElsewhereAndRunNoMarkup(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/", "/gateway", "/assets/inbox.js", "/_sim/messages", "/_sim/nothing"} {
		answer, body := w.call("GET", path, "")
		policy := answer.Header.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"} {
			if !strings.Contains(policy, want) {
				t.Errorf("%s: the policy lacks %s: %s", path, want, policy)
			}
		}
		if strings.Contains(policy, "unsafe") || strings.Contains(policy, "http") || strings.Contains(policy, "*") {
			t.Errorf("%s: the policy is lax: %s", path, policy)
		}
		if answer.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: types are guessed", path)
		}
		for _, inline := range []string{"<style", "style=", "javascript:", "onclick=", "<script>", "//cdn", "https://"} {
			if strings.HasSuffix(answer.Header.Get("Content-Type"), "html; charset=utf-8") && strings.Contains(body, inline) {
				t.Errorf("%s has %q in it", path, inline)
			}
		}
	}
}

func TestNumbersAreMaskedUnlessAskedFor(t *testing.T) {
	w := newWorld(t)
	w.send("sendmsg", credentials+"<text>Hello</text><to>12025550143</to><to>491713920012</to><to>12025550143</to><msg_callback>7</msg_callback>")
	id := w.messages("").Messages[0].ID
	for _, path := range []string{"/_sim/messages", "/_sim/messages/" + id, "/_sim/sent", "/_sim/callbacks", "/_sim/settings", "/_sim/messages?q=12025550143"} {
		if _, body := w.call("GET", path, ""); strings.Contains(body, "5550143") || strings.Contains(body, "3920012") || strings.Contains(body, "5550199") {
			t.Errorf("%s shows a number: %s", path, body)
		}
	}
	if got := w.messages("?numbers=shown").Messages[0].To; got != "+12025550143" {
		t.Errorf("asked for, the number is %s", got)
	}
	if _, body := w.call("GET", "/_sim/messages/"+id+"?numbers=shown", ""); !strings.Contains(body, "<to>491713920012") && !strings.Contains(body, `\u003cto\u003e491713920012`) {
		t.Errorf("asked for, the request has no number: %s", body)
	}
}

func TestSecretsNeverShow(t *testing.T) {
	w := newWorld(t)
	signedIn := w.send("auth", credentials)
	session := signedIn[strings.Index(signedIn, "OK: ")+4:][:32]
	w.send("sendmsg", "<session_id>"+session+"</session_id><text>Hello</text><to>12025550143</to>")
	w.send("sendmsg", credentials+"<text>Hello</text><to>12025550144</to>")
	paths := []string{"/_sim/settings", "/_sim/example", "/_sim/faults", "/_sim/callbacks"}
	for _, m := range w.messages("").Messages {
		paths = append(paths, "/_sim/messages/"+m.ID)
	}
	for _, path := range paths {
		_, body := w.call("GET", path+"?numbers=shown", "")
		for _, secret := range []string{session, "s3cr3t"} {
			if strings.Contains(body, secret) {
				t.Errorf("%s shows %s: %s", path, secret, body)
			}
		}
	}
	if _, body := w.call("GET", paths[4], ""); !strings.Contains(body, "[replaced]") {
		t.Errorf("there is no request in %s", body)
	}
}

func TestHostileTextsStayText(t *testing.T) {
	w := newWorld(t)
	const hostile = `<script>alert(1)</script><img src=x onerror=alert(2)>"'&`
	w.send("sendmsg", credentials+"<from>&lt;b&gt;x</from><text>"+strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(hostile)+"</text><to>12025550143</to>")
	answer, body := w.call("GET", "/_sim/messages", "")
	if strings.Contains(body, "<") {
		t.Errorf("markup in JSON: %s", body)
	}
	if kind := answer.Header.Get("Content-Type"); kind != "application/json; charset=utf-8" {
		t.Errorf("it is served as %s", kind)
	}
	if got := w.messages("").Messages[0]; got.Text != hostile || got.From != "<b>x" {
		t.Errorf("the text arrives as %q from %q", got.Text, got.From)
	}
}

func TestPagesOfOtherOriginsCannotWrite(t *testing.T) {
	w := newWorld(t)
	for name, header := range map[string][]string{
		"another site":      {"Sec-Fetch-Site", "cross-site"},
		"another subdomain": {"Sec-Fetch-Site", "same-site"},
		"an older browser":  {"Origin", "http://elsewhere.example"},
		"no origin":         {"Origin", "null"},
	} {
		for _, request := range [][3]string{
			{"PUT", "/_sim/faults", `{"faults": ["shuffle"]}`}, {"POST", "/_sim/reset", ""}, {"DELETE", "/_sim/sessions", ""},
			{"PATCH", "/_sim/accounts/demo", `{"credit": 1}`}, {"PUT", "/_sim/settings", "{}"},
		} {
			if answer, body := w.call(request[0], request[1], request[2], header...); answer.StatusCode != http.StatusForbidden {
				t.Errorf("%s: %s %s: %s %s", name, request[0], request[1], answer.Status, body)
			}
		}
	}
	if answer, _ := w.call("PUT", "/_sim/faults", `{"faults": []}`, "Content-Type", "text/plain"); answer.StatusCode != http.StatusUnsupportedMediaType {
		t.Errorf("what a form can send is taken: %s", answer.Status)
	}
	if answer, _ := w.call("PUT", "/_sim/faults", `{"faults": []}`, "Sec-Fetch-Site", "same-origin", "Origin", w.url); answer.StatusCode != http.StatusOK {
		t.Errorf("its own page may not write: %s", answer.Status)
	}
}

func TestANameThatOthersCanPointHereIsRefused(t *testing.T) {
	w := newWorld(t)
	for host, want := range map[string]int{
		"localhost:8466": 200, "LOCALHOST.": 200, "sms.localhost": 200, "127.0.0.1:1": 200, "127.8.8.8": 200, "[::1]:8466": 200, "[::ffff:127.0.0.1]": 200,
		"elsewhere.example:8466": 403, "localhost.elsewhere.example": 403, "192.168.0.1": 403, "127.0.0.1.elsewhere.example": 403, "1": 403,
	} {
		for _, path := range []string{"/", "/_sim/messages", "/_sim/nothing"} {
			answer, _ := w.call("GET", path, "", "Host", host)
			if got := answer.StatusCode; got != want && !(path == "/_sim/nothing" && want == 200 && got == 404) {
				t.Errorf("%s by the name %s: %d, want %d", path, host, got, want)
			}
		}
	}
	if answer, _ := w.call("GET", gateway+"?wsdl", "", "Host", "gateway.example"); answer.StatusCode != http.StatusOK {
		t.Errorf("the gateway itself is refused by another name: %s", answer.Status)
	}
}
