package soap_test

import (
	"bufio"
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/smsplan/smsplan/internal/simulator"
	"github.com/smsplan/smsplan/internal/soap"
)

var gatewayWSDLs = flag.String("gateway-wsdls", "", "hold the client against the WSDLs in `DIR` too")

// descriptions gives WSDL files by name: those that the simulator serves, and the flag's.
func descriptions(t *testing.T) map[string]string {
	t.Helper()
	s, err := simulator.New(simulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	files, dir := map[string]string{}, t.TempDir()
	for name, address := range map[string]string{"document": "/soap/document_literal/webservice", "rpc": "/soap/webservice_vs.php"} {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, address+"?wsdl", nil))
		files[name] = filepath.Join(dir, name+".wsdl")
		if err := os.WriteFile(files[name], w.Body.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if *gatewayWSDLs == "" {
		return files
	}
	found, err := filepath.Glob(filepath.Join(*gatewayWSDLs, "*.wsdl"))
	if err != nil || len(found) == 0 {
		t.Fatalf("no WSDL in -gateway-wsdls: %v", err)
	}
	for _, file := range found {
		if files[filepath.Base(file)], err = filepath.Abs(file); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// strict is a gateway on PHP's SoapServer, which refuses every call that is not as its WSDL says: testdata/interop/server.
type strict struct {
	url, log string
	binding  soap.Binding
}

// heard is a call to it, with the arguments as the server decoded them.
type heard struct {
	Operation string
	Arguments map[string]any
}

func startStrict(t *testing.T, wsdl string) *strict {
	t.Helper()
	description, err := os.ReadFile(wsdl)
	if err != nil {
		t.Fatal(err)
	}
	s := &strict{log: filepath.Join(t.TempDir(), "heard.jsonl")}
	if bytes.Contains(description, []byte(`style="rpc"`)) {
		s.binding = soap.RPC
	}
	if out, err := exec.Command("php", "-r", "exit(class_exists('SoapServer') && class_exists('DOMDocument') ? 0 : 1);").CombinedOutput(); err != nil {
		t.Fatalf("%v %s\nThe test needs Debian's php-cli, php-soap and php-xml; scripts/tools installs them.", err, out)
	}
	php := exec.Command("php", "-S", "127.0.0.1:0", "../../testdata/interop/server/gateway.php")
	php.Env = append(os.Environ(), "WSDL="+wsdl, "HEARD="+s.log)
	out, err := php.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := php.Start(); err != nil {
		t.Fatal(err)
	}
	started := make(chan string, 1)
	go func() {
		defer close(started)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			t.Log(lines.Text())
			if _, url, ok := strings.Cut(lines.Text(), "Development Server ("); ok {
				started <- strings.TrimSuffix(url, ") started")
			}
		}
	}()
	t.Cleanup(func() {
		_ = php.Process.Kill()
		for range started {
		}
		_ = php.Wait()
	})
	if s.url = <-started; s.url == "" {
		t.Fatal("PHP's server does not start.")
	}
	return s
}

func (s *strict) client(t *testing.T, form string) *soap.Client {
	t.Helper()
	return client(t, soap.Options{Endpoint: s.url + "/" + form, Binding: s.binding})
}

// calls gives what the server heard since it was last asked.
func (s *strict) calls(t *testing.T) []heard {
	t.Helper()
	log, err := os.ReadFile(s.log)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(s.log); err != nil {
		t.Fatal(err)
	}
	var calls []heard
	for line := range bytes.Lines(log) {
		var c heard
		if err := json.Unmarshal(line, &c); err != nil {
			t.Fatal(err)
		}
		calls = append(calls, c)
	}
	return calls
}

func TestInteropStrictServerTakesEveryOperation(t *testing.T) {
	for name, wsdl := range descriptions(t) {
		t.Run(name, func(t *testing.T) {
			s := startStrict(t, wsdl)
			c, ctx := s.client(t, "declared"), t.Context()
			credentials := soap.Access{APIID: "1", User: "demo", Password: "demo"}
			session := soap.Access{Session: "s3551on"}
			m := &soap.Message{
				To: []string{"12025550101", "12025550199"}, Text: "Grüße <&> für 5 €", Unicode: true, From: "ACME", Concat: 3, Ack: true,
				Callback: 7, Delay: 60, MaxCredit: 2, Features: 8224, Queue: 2, Escalate: true, MO: true, ClientID: "n1", Type: "SMS_FLASH",
				UDH: "06050415820000", Data: "30", Validity: 1440,
			}
			if s.binding == soap.RPC {
				m.MaxCredit = 1.5
			}

			got := map[string]any{}
			note := func(op string, result any, err error) {
				if err != nil {
					t.Errorf("%s: %v", op, err)
				}
				got[op] = result
			}
			opened, err := c.Auth(ctx, credentials)
			note("auth", opened, err)
			note("ping", nil, c.Ping(ctx, session.Session))
			answer, err := c.Send(ctx, session, m)
			note("sendmsg", answer, err)
			status, err := c.Query(ctx, session, soap.MessageID{API: "a1"})
			note("querymsg", status, err)
			status, err = c.Query(ctx, credentials, soap.MessageID{Client: "n1"})
			note("querymsg by client id", status, err)
			status, err = c.Delete(ctx, credentials, soap.MessageID{API: "a1"}, time.Time{})
			note("delmsg", status, err)
			balance, err := c.Balance(ctx, credentials)
			note("getbalance", balance, err)
			coverage, err := c.Coverage(ctx, session, "12025550101")
			note("coverage", coverage, err)
			charge, err := c.Charge(ctx, session, "a1")
			note("getmsgcharge", charge, err)

			state := soap.Status{ID: digest("querymsg"), Status: 4}
			want := map[string]any{
				"auth": digest("auth"), "ping": nil, "querymsg": state, "querymsg by client id": state, "getbalance": "812.400",
				"delmsg":       soap.Status{ID: digest("delmsg"), Status: 6},
				"coverage":     soap.Coverage{Covered: true, Text: "This prefix is served.", Charge: "0.8"},
				"getmsgcharge": soap.Charge{ID: digest("getmsgcharge"), Charge: "0.8", Status: 4},
				"sendmsg": &soap.Answer{Results: []soap.Result{
					{Verdict: soap.Accepted, ID: digest("12025550101")},
					{Verdict: soap.Refused, Code: 114, Text: "Cannot route message"},
				}},
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("results (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(understood(s.binding), s.calls(t)); diff != "" {
				t.Errorf("calls as the server decoded them (-want +got):\n%s", diff)
			}
		})
	}
}

// digest is how the server makes ids.
func digest(s string) string {
	sum := md5.Sum([]byte(s))
	return hex.EncodeToString(sum[:])
}

// understood are the calls above, as a server should decode them: whole numbers from xsd:int, strings from xsd:string.
func understood(b soap.Binding) []heard {
	type arguments = map[string]any
	send := arguments{
		"session_id": "s3551on", "to": []any{"12025550101", "12025550199"}, "text": "Grüße <&> für 5 €", "unicode": 1.0, "from": "ACME",
		"concat": 3.0, "deliv_ack": 1.0, "msg_callback": 7.0, "deliv_time": 60.0, "max_credits": 2.0, "req_feat": 8224.0, "queue": 2.0,
		"escalate": 1.0, "mo": 1.0, "climsgid": "n1", "msg_type": "SMS_FLASH", "udh": "06050415820000", "data": "30", "validity": 1440.0,
	}
	withdrawal := arguments{"api_id": 1.0, "user": "demo", "password": "demo", "apimsgid": "a1"}
	coverage := "routecoverage"
	if b == soap.RPC {
		delete(send, "climsgid")
		send["cliMsgId"], send["max_credits"] = "n1", 1.5
		withdrawal["api_id"] = "1" // alone there
		coverage = "routeCoverage"
	}
	return []heard{
		{"auth", arguments{"api_id": 1.0, "user": "demo", "password": "demo"}},
		{"ping", arguments{"session_id": "s3551on"}},
		{"sendmsg", send},
		{"querymsg", arguments{"session_id": "s3551on", "apimsgid": "a1"}},
		{"querymsg", arguments{"api_id": 1.0, "user": "demo", "password": "demo", "climsgid": "n1"}},
		{"delmsg", withdrawal},
		{"getbalance", arguments{"api_id": 1.0, "user": "demo", "password": "demo"}},
		{coverage, arguments{"session_id": "s3551on", "msisdn": "12025550101"}},
		{"getmsgcharge", arguments{"session_id": "s3551on", "apimsgid": "a1"}},
	}
}

// However PHP writes an answer of several lines, each recipient gets the line that is about it.
func TestInteropAnswersAreReadHoweverPHPEncodesThem(t *testing.T) {
	s := startStrict(t, descriptions(t)["rpc"])
	for _, form := range []string{"declared", "list", "map", "struct", "string"} {
		for name, tt := range map[string]struct {
			to   []string
			want []soap.Result
		}{
			"one": {[]string{"12025550101"}, []soap.Result{{Verdict: soap.Accepted, ID: digest("12025550101")}}},
			"several": {[]string{"12025550199", "12025550101"}, []soap.Result{
				{Verdict: soap.Refused, Code: 114, Text: "Cannot route message"},
				{Verdict: soap.Accepted, ID: digest("12025550101")},
			}},
		} {
			t.Run(form+" of "+name, func(t *testing.T) {
				got, err := s.client(t, form).Send(t.Context(), soap.Access{Session: "s3551on"}, &soap.Message{To: tt.to, Text: "Hello"})
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(&soap.Answer{Results: tt.want}, got); diff != "" {
					t.Errorf("answer (-want +got):\n%s", diff)
				}
			})
		}
	}
}

func TestInteropFaultOfSendmsgLeavesItUnclear(t *testing.T) {
	for name, wsdl := range descriptions(t) {
		t.Run(name, func(t *testing.T) {
			s := startStrict(t, wsdl)
			_, err := s.client(t, "declared").Send(t.Context(), soap.Access{Session: "broken"}, &soap.Message{To: []string{"12025550101"}, Text: "Hello"})
			var e *soap.Error
			if !errors.As(err, &e) || e.Reach != soap.Unclear || e.HTTP != 500 || e.Fault != "The gateway is out of order." {
				t.Errorf("error %v", err)
			}
		})
	}
}

// The control of the tests above: the strict server is one.
func TestInteropStrictServerRefuses(t *testing.T) {
	files := descriptions(t)
	document, rpc := startStrict(t, files["document"]), startStrict(t, files["rpc"])
	for name, tt := range map[string]struct {
		server *strict
		call   string
		want   string // in the fault, "" for none
	}{
		"nothing that is right":         {document, "<session_id>s</session_id><text>Hello</text><to>1</to>", ""},
		"another order":                 {document, "<session_id>s</session_id><to>1</to><text>Hello</text>", "'text': This element is not expected"},
		"an unknown element":            {document, "<session_id>s</session_id><to>1</to><cliMsgId>x</cliMsgId>", "'cliMsgId': This element is not expected"},
		"no recipient":                  {document, "<session_id>s</session_id><text>Hello</text>", "Missing child element"},
		"a fraction for a whole number": {document, "<session_id>s</session_id><to>1</to><max_credits>1.5</max_credits>", "'1.5' is not a valid value"},
		"qualified elements":            {document, `<c:session_id>s</c:session_id><to>1</to>`, "This element is not expected"},
		"nothing that is right, in RPC": {rpc, `<session_id xsi:type="xsd:string">s</session_id><to xsi:type="e:Array" e:arrayType="xsd:string[1]"><item xsi:type="xsd:string">1</item></to>`, ""},
		"another order of parts":        {rpc, `<text xsi:type="xsd:string">Hello</text><session_id xsi:type="xsd:string">s</session_id>`, "'session_id': This element is not expected"},
		"an unknown part":               {rpc, `<climsgid xsi:type="xsd:string">x</climsgid>`, "'climsgid': This element is not expected"},
		"the wrong type":                {rpc, `<concat xsi:type="xsd:string">3</concat>`, "not validly derived"},
		"an unknown prefix of a type":   {rpc, `<concat xsi:type="xs:int">3</concat>`, "xs"},
		"a word for a number":           {rpc, `<concat xsi:type="xsd:int">three</concat>`, "'three' is not a valid value"},
		"a string for an array":         {rpc, `<to xsi:type="xsd:string">1</to>`, "not validly derived"},
		"an array of another size":      {rpc, `<to xsi:type="e:Array" e:arrayType="xsd:string[2]"><item xsi:type="xsd:string">1</item></to>`, "to has 1 members and says xsd:string[2]"},
		"a member that is not its type": {rpc, `<to xsi:type="e:Array" e:arrayType="xsd:string[1]"><item xsi:type="xsd:int">one</item></to>`, "'one' is not a valid value"},
	} {
		t.Run(name, func(t *testing.T) {
			got := tt.server.fault(t, tt.call)
			if !strings.Contains(got, tt.want) || tt.want == "" && got != "" {
				t.Errorf("fault %q, want %q", got, tt.want)
			}
		})
	}
}

// fault makes a call to sendmsg and gives the text of the fault that answers it, "" for none.
func (s *strict) fault(t *testing.T, parameters string) string {
	t.Helper()
	space := "http://api.clickatell.com/soap/document_literal/webservice"
	action := space
	if s.binding == soap.RPC {
		space, action = "http://api.clickatell.com/soap/webservice", "http://api.clickatell.com/soap/webservice_vs.php"
	}
	body := fmt.Sprintf(`<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:e="http://schemas.xmlsoap.org/soap/encoding/"
		xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
		xmlns:c="%s"><s:Body><c:sendmsg>%s</c:sendmsg></s:Body></s:Envelope>`, space, parameters)
	r, err := http.NewRequest(http.MethodPost, s.url+"/declared", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "text/xml; charset=utf-8")
	r.Header.Set("SOAPAction", `"`+action+`/sendmsg"`)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	_, fault, _ := strings.Cut(string(text), "<faultstring>")
	fault, _, _ = strings.Cut(fault, "</faultstring>")
	return fault
}
