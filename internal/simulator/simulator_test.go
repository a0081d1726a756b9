package simulator

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/smsplan/smsplan/internal/simulator/envelope"
)

const (
	documentAddress = "/soap/document_literal/webservice"
	rpcAddress      = "/soap/webservice_vs.php"
	documentSpace   = "http://api.clickatell.com/soap/document_literal/webservice" // and the SOAPAction's beginning
	rpcSpace        = "http://api.clickatell.com/soap/webservice"
	demo            = "<api_id>1</api_id><user>demo</user><password>demo</password>"
)

func mustFault(t testing.TB, s string) Fault {
	t.Helper()
	f, err := ParseFault(s)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func newSimulator(t testing.TB, o Options) *Simulator {
	t.Helper()
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// withFaults is a simulator in memory.
func withFaults(t testing.TB, faults ...string) *Simulator {
	t.Helper()
	var o Options
	for _, f := range faults {
		o.Faults = append(o.Faults, mustFault(t, f))
	}
	return newSimulator(t, o)
}

// envelope is a request in Document/Literal.
func documentCall(op, parameters string) string {
	return fmt.Sprintf(`<s:Envelope xmlns:s="%s" xmlns:c="%s"><s:Body><c:%[3]s>%[4]s</c:%[3]s></s:Body></s:Envelope>`,
		envelope.Space, documentSpace, op, parameters)
}

// rpcCall is a request in RPC; beside stands next to the call.
func rpcCall(op, parameters, beside string) string {
	return fmt.Sprintf(`<s:Envelope xmlns:s="%s" xmlns:xsd="%s" xmlns:xsi="%s" xmlns:c="%s"><s:Body><c:%[5]s>%[6]s</c:%[5]s>%[7]s</s:Body></s:Envelope>`,
		envelope.Space, "http://www.w3.org/2001/XMLSchema", "http://www.w3.org/2001/XMLSchema-instance", rpcSpace, op, parameters, beside)
}

// to is one recipient in each element.
func to(numbers ...string) string {
	return "<to>" + strings.Join(numbers, "</to><to>") + "</to>"
}

// many gives that many numbers of the range for fiction, with more digits than it has.
func many(n int) []string {
	numbers := make([]string, n)
	for i := range numbers {
		numbers[i] = fmt.Sprintf("4477009%05d", i)
	}
	return numbers
}

// post gives the answer to a request.
func post(s *Simulator, address, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, address, strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// ask gives the lines of the answer to a Document/Literal request, ids replaced.
func ask(t testing.TB, s *Simulator, op, parameters string) []string {
	t.Helper()
	w := post(s, documentAddress, documentCall(op, parameters))
	if w.Code != http.StatusOK {
		t.Fatalf("%s: status %d: %s", op, w.Code, w.Body)
	}
	return lines(w.Body.String())
}

// gist is the gist of the messages that a request left behind.
func gist(s *Simulator) (list []string) {
	for _, m := range s.Messages() {
		list = append(list, m.To+" "+m.Text)
	}
	return list
}

func lines(document string) []string {
	var found []string
	for _, tag := range []string{"return>", `item xsi:type="xsd:string">`, `return xsi:type="xsd:string">`} {
		for _, piece := range strings.Split(document, "<"+tag)[1:] {
			line, _, _ := strings.Cut(piece, "</")
			found = append(found, anyID.ReplaceAllString(line, "ID"))
		}
	}
	return found
}

// serve runs the simulator on loopback.
func serve(t *testing.T, s *Simulator) string {
	t.Helper()
	server := httptest.NewUnstartedServer(s)
	server.Config.ConnContext = s.ConnContext
	server.Start()
	t.Cleanup(server.Close)
	return server.URL
}

// exchange posts over the network and reads the answer to its end.
func exchange(client *http.Client, url, body string) (status int, answer string, err error) {
	r, err := client.Post(url+documentAddress, "text/xml", strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	return r.StatusCode, string(b), err
}
