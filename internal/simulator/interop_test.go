package simulator

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var (
	gatewayWSDLs = flag.String("gateway-wsdls", "", "have foreign clients work from the WSDLs in `DIR` too")
	withNode     = flag.Bool("node", false, "have node's client work too; npm install --prefix testdata/interop/node")
)

// foreign are SOAP clients that nobody here wrote, each at work in a script of testdata/interop.
var foreign = map[string]struct {
	script, needs string
	guesses       bool // does not look into the schema: takes one line for a string, and several for a list
}{
	"php":    {script: "php/client.php", needs: "Debian's php-cli and php-soap; scripts/tools installs them"},
	"python": {script: "python/client.py", needs: "Debian's python3-zeep; scripts/tools installs it"},
	"perl":   {script: "perl/client.pl", needs: "Debian's libsoap-lite-perl; scripts/tools installs it", guesses: true},
	"node":   {script: "node/client.js", needs: "node and npm install --prefix testdata/interop/node"},
}

// said is what the gateway says to the script's calls, in their order. Ids are numbered as they come.
var said = []struct {
	step      string
	lines     []string
	many      bool // the document binding may answer in several lines
	rpcString bool // the RPC binding does not answer with an array
}{
	{step: "auth", lines: []string{"OK: id 1"}, rpcString: true},
	{step: "ping", lines: []string{"OK:"}, rpcString: true},
	{step: "sendmsg", lines: []string{"ID: id 2"}, many: true},
	{step: "sendmsg to several", many: true, lines: []string{
		"ID: id 3 To: 12025550102", "ID: id 4 To: 12025550103", "ERR: 114, Cannot route message To: 99912345",
	}},
	{step: "querymsg by apimsgid", lines: []string{"ID: id 2 Status: 002"}},
	{step: "querymsg by climsgid", lines: []string{"ID: id 2 Status: 002"}},
	{step: "getmsgcharge", lines: []string{"apiMsgId: id 2 charge: 0 status: 002"}},
	{step: "sendmsg later", lines: []string{"ID: id 5"}, many: true},
	{step: "delmsg", lines: []string{"ID: id 5 Status: 006"}},
	{step: "coverage", lines: []string{"OK: This prefix is currently supported. Charge: 1"}, rpcString: true},
	{step: "no coverage", lines: []string{"ERR: This prefix is not currently supported."}, rpcString: true},
	{step: "token_pay", lines: []string{"OK: 605"}, many: true, rpcString: true},
	{step: "getbalance", lines: []string{"Credit: 1000007.000"}, rpcString: true},
	{step: "si_push", lines: []string{"ID: id 6 To: 12025550105", "ID: id 7 To: 12025550106"}, many: true},
	{step: "ind_push", lines: []string{"ID: id 8 To: 12025550107"}, many: true},
	{step: "startbatch", lines: []string{"ID: id 9"}},
	{step: "senditem", lines: []string{"ID: id 10"}, many: true},
	{step: "quicksend", lines: []string{"ID: id 11 To: 12025550109", "ID: id 12 To: 12025550110"}, many: true},
	{step: "endbatch", lines: []string{"OK"}},
	{step: "unknown session", lines: []string{"ERR: 003, Session ID expired"}, rpcString: true},
}

// taken are the messages that the gateway has accepted then.
var taken = []Message{
	{To: "12025550101", From: "ACME", ClientID: "interop1", Text: "Gate B7 <boarding> 14:20 & Grüße für 5 €", Encoding: gsm7},
	{To: "12025550102", Text: "Hello", Encoding: gsm7},
	{To: "12025550103", Text: "Hello", Encoding: gsm7},
	{To: "12025550104", Text: "Later", Encoding: gsm7},
	{To: "12025550105", Text: "An offer", Encoding: binary},
	{To: "12025550106", Text: "An offer", Encoding: binary},
	{To: "12025550107", Text: "A picture", Encoding: binary},
	{To: "12025550108", From: "ACME", Text: "Dear Ann, code 42", Encoding: gsm7},
	{To: "12025550109", From: "ACME", Text: "Dear #field1#, code #field2#", Encoding: gsm7},
	{To: "12025550110", From: "ACME", Text: "Dear #field1#, code #field2#", Encoding: gsm7},
}

func TestInteropForeignClientsCompleteEveryOperation(t *testing.T) {
	for name, description := range descriptions(t) {
		for client := range foreign {
			if client == "node" && !*withNode {
				continue
			}
			t.Run(client+" by "+name, func(t *testing.T) {
				t.Parallel()
				s := newSimulator(t, Options{
					Settings: Settings{Unroutable: []string{"999"}, Vouchers: map[string]float64{"1234567890123456": 10}},
					Now:      func() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) },
				})
				heard := converse(t, client, serveDescription(t, s, description), description.binding)
				if diff := cmp.Diff(expected(description.binding, foreign[client].guesses), heard); diff != "" {
					t.Errorf("what the client heard (-want +got):\n%s", diff)
				}

				var got []Message
				for _, m := range s.Messages() {
					got = append(got, Message{To: m.To, From: m.From, ClientID: m.ClientID, Text: m.Text, Encoding: m.Encoding})
				}
				if diff := cmp.Diff(taken, got); diff != "" {
					t.Errorf("messages (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// wsdlFile is a WSDL that stubs are made from.
type wsdlFile struct {
	address string // of the service, at the simulator
	binding string // document or rpc
	content []byte // nil for the simulator's own
}

func descriptions(t *testing.T) map[string]wsdlFile {
	t.Helper()
	own := map[string]wsdlFile{
		"document": {address: documentAddress, binding: "document"},
		"rpc":      {address: rpcAddress, binding: "rpc"},
	}
	if *gatewayWSDLs == "" {
		return own
	}
	files, err := filepath.Glob(filepath.Join(*gatewayWSDLs, "*.wsdl"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no WSDL in -gateway-wsdls: %v", err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		d := own["document"]
		if bytes.Contains(content, []byte(`style="rpc"`)) {
			d = own["rpc"]
		}
		d.content = content
		own[filepath.Base(file)] = d
	}
	return own
}

var soapAddress = regexp.MustCompile(`(<soap:address location=)"[^"]*"`)

// serveDescription runs the simulator and gives the address of the WSDL, which leads to it.
func serveDescription(t *testing.T, s *Simulator, d wsdlFile) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if d.content == nil || r.Method != http.MethodGet {
			s.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", xmlType)
		_, _ = w.Write(soapAddress.ReplaceAll(d.content, fmt.Appendf(nil, `$1"http://%s%s"`, r.Host, d.address)))
	}))
	t.Cleanup(server.Close)
	return server.URL + d.address + "?wsdl"
}

// converse runs the client's script and gives what it heard, by step. No client may ask anybody else, for a schema, say.
func converse(t *testing.T, client, wsdl, binding string) map[string]any {
	t.Helper()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("the client asks for %s", r.URL)
	}))
	defer elsewhere.Close()
	script := exec.CommandContext(t.Context(), filepath.Join("..", "..", "testdata", "interop", foreign[client].script), wsdl, binding)
	var out, complaints bytes.Buffer
	script.Stdout, script.Stderr = &out, &complaints
	script.Env = append(os.Environ(), "http_proxy="+elsewhere.URL, "https_proxy="+elsewhere.URL, "HTTP_proxy="+elsewhere.URL, "no_proxy=127.0.0.1")
	if err := script.Run(); err != nil {
		t.Fatalf("%v\n%sThe script needs %s.", err, &complaints, foreign[client].needs)
	}
	var heard map[string]any
	if err := json.Unmarshal(out.Bytes(), &heard); err != nil {
		t.Fatalf("%v in %s", err, &out)
	}
	numbers := map[string]string{}
	for _, one := range said {
		heard[one.step] = renumber(heard[one.step], numbers)
	}
	return heard
}

// renumber replaces ids by the numbers of their first appearance.
func renumber(value any, numbers map[string]string) any {
	switch value := value.(type) {
	case string:
		return anyID.ReplaceAllStringFunc(value, func(id string) string {
			if numbers[id] == "" {
				numbers[id] = fmt.Sprint("id ", len(numbers)+1)
			}
			return numbers[id]
		})
	case []any:
		for i := range value {
			value[i] = renumber(value[i], numbers)
		}
	}
	return value
}

// expected is what a client makes of all that was said: a string, or a list where the WSDL says that there may be several.
func expected(binding string, guesses bool) map[string]any {
	all := map[string]any{}
	for _, one := range said {
		isList := one.many
		switch {
		case binding == "rpc":
			isList = !one.rpcString
		case guesses:
			isList = len(one.lines) > 1
		}
		if !isList {
			all[one.step] = one.lines[0]
			continue
		}
		var list []any
		for _, line := range one.lines {
			list = append(list, line)
		}
		all[one.step] = list
	}
	refusal := `SOAPAction "http://api.clickatell.com/soap/webservice_vs.php/sendmsg" contradicts the body, which has ping`
	fault := map[string]any{"code": "SOAP-ENV:Client", "text": refusal, "detail": refusal}
	if binding == "rpc" {
		fault["detail"] = nil
	}
	all["fault"] = fault
	return all
}
