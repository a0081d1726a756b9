package simulator

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// gist is what a transport test compares of the messages that a request left behind.
func gist(s *Simulator) (list []string) {
	for _, m := range s.Messages() {
		list = append(list, m.To+" "+m.Text)
	}
	return list
}

func TestRequestsAreReadAsTolerantlyAsTheGatewayDoes(t *testing.T) {
	const number, other = "12025550143", "12025550144"
	ascii := []string{number + " Hello"}
	for name, tt := range map[string]struct {
		address string
		body    string
		header  []string
		want    []string
	}{
		"in the schema's order":  {body: envelope("sendmsg", demo+"<text>Hello</text>"+to(number)), want: ascii},
		"in another order":       {body: envelope("sendmsg", to(number)+"<text>Hello</text>"+demo), want: ascii},
		"recipients apart":       {body: envelope("sendmsg", to(number)+"<text>Hello</text>"+demo+to(other)), want: []string{number + " Hello", other + " Hello"}},
		"nought and empty":       {body: envelope("sendmsg", demo+"<text>Hello</text>"+to(number)+"<from/><concat>0</concat><climsgid></climsgid><max_credits>0</max_credits><queue>0</queue><udh></udh>"), want: ascii},
		"white space and notes":  {body: "<?xml version='1.0'?>\n<!-- a note -->\n" + strings.ReplaceAll(envelope("sendmsg", demo+"<text>Hello</text>"+to(" "+number+"\n")), "><", ">\n <"), want: ascii},
		"byte order mark":        {body: "\uFEFF" + envelope("sendmsg", demo+"<text>Hello</text>"+to(number)), want: ascii},
		"UTF-8":                  {body: envelope("sendmsg", demo+"<text>Grüße €</text>"+to(number)), want: []string{number + " Grüße €"}},
		"ISO-8859-1 declared":    {body: `<?xml version="1.0" encoding="ISO-8859-1"?>` + envelope("sendmsg", demo+"<text>Gr\xfc\xdfe</text>"+to(number)), want: []string{number + " Grüße"}},
		"ISO-8859-1 by header":   {body: envelope("sendmsg", demo+"<text>Gr\xfc\xdfe</text>"+to(number)), header: []string{"Content-Type", "text/xml; charset=ISO-8859-1"}, want: []string{number + " Grüße"}},
		"declaration wins":       {body: `<?xml version="1.0" encoding="UTF-8"?>` + envelope("sendmsg", demo+"<text>Grüße</text>"+to(number)), header: []string{"Content-Type", "text/xml; charset=ISO-8859-1"}, want: []string{number + " Grüße"}},
		"section of characters":  {body: envelope("sendmsg", demo+"<text><![CDATA[<b>]]>&amp;&#x21;</text>"+to(number)), want: []string{number + " <b>&!"}},
		"header that may be let": {body: strings.Replace(envelope("sendmsg", demo+"<text>Hello</text>"+to(number)), "<s:Body>", "<s:Header><x><y/></x></s:Header><s:Body>", 1), want: ascii},
		"SOAPAction":             {body: envelope("sendmsg", demo+"<text>Hello</text>"+to(number)), header: []string{"SOAPAction", `"` + document.action + `/sendmsg"`}, want: ascii},
		"SOAPAction empty":       {body: envelope("sendmsg", demo+"<text>Hello</text>"+to(number)), header: []string{"SOAPAction", `""`}, want: ascii},

		"RPC array":                {rpcAddress, rpcEnvelope("sendmsg", demo+"<text>Hello</text><to><item>"+number+"</item><item>"+other+"</item></to>", ""), nil, []string{number + " Hello", other + " Hello"}},
		"RPC array, other name":    {rpcAddress, rpcEnvelope("sendmsg", demo+"<text>Hello</text><to><string>"+number+"</string></to>", ""), nil, ascii},
		"RPC array, wrong size":    {rpcAddress, rpcEnvelope("sendmsg", demo+`<text>Hello</text><to xmlns:e="`+encodingSpace+`" e:arrayType="x[7]"><item>`+number+"</item></to>", ""), nil, ascii},
		"RPC single string":        {rpcAddress, rpcEnvelope("sendmsg", demo+"<text>Hello</text>"+to(number), ""), nil, ascii},
		"RPC references":           {rpcAddress, rpcEnvelope("sendmsg", demo+`<text href="#t"/><to href="#a"/>`, `<r id="a"><item href="#b"/></r><r id="b">`+number+`</r><r id="t">Hello</r>`), nil, ascii},
		"RPC nil parts":            {rpcAddress, rpcEnvelope("sendmsg", demo+`<session_id xsi:nil="true"/><text>Hello</text>`+to(number)+`<concat xsi:nil="1"/>`, ""), nil, ascii},
		"RPC older namespace":      {rpcAddress, strings.ReplaceAll(rpcEnvelope("sendmsg", demo+"<text>Hello</text>"+to(number), ""), rpc.namespace, "soap.clickatell.com"), nil, ascii},
		"RPC older, on parts too":  {rpcAddress, `<s:Envelope xmlns:s="` + envelopeSpace + `"><s:Body><sendmsg xmlns="soap.clickatell.com">` + demo + "<text>Hello</text>" + to(number) + "</sendmsg></s:Body></s:Envelope>", nil, ascii},
		"RPC many references":      {rpcAddress, rpcEnvelope("sendmsg", demo+`<text>Hello</text><to href="#n"/><to><item>`+other+`</item></to><to href="#a"/>`, `<r id="a"><item href="#n"/></r><r id="n">`+number+`</r>`), nil, []string{number + " Hello", other + " Hello", number + " Hello"}},
		"RPC callback":             {"/soap/webservice.php", rpcEnvelope("sendmsg", demo+"<text>Hello</text><callback>3</callback>"+to(number), ""), nil, ascii},
		"RPC last address":         {"/soap/rpc_encoded/webservice", rpcEnvelope("sendmsg", demo+"<text>Hello</text>"+to(number), ""), []string{"SOAPAction", "http://api.clickatell.com/soap/rpc_encoded/webservice/sendmsg"}, ascii},
		"RPC fraction of a credit": {rpcAddress, rpcEnvelope("sendmsg", demo+"<text>Hello</text><max_credits>1.5</max_credits>"+to(number), ""), nil, ascii},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSimulator(t, Options{})
			if tt.address == "" {
				tt.address = documentAddress
			}
			w := post(s, tt.address, tt.body, tt.header...)
			if w.Code != http.StatusOK {
				t.Fatalf("status %d: %s", w.Code, w.Body)
			}
			if diff := cmp.Diff(gist(s), tt.want); diff != "" {
				t.Errorf("messages (-got +want):\n%s\nanswer: %s", diff, w.Body)
			}
		})
	}
}

func TestRequestsThatAreNoCallsAreFaultsAndSendNothing(t *testing.T) {
	good := demo + "<text>Hello</text>" + to("12025550143")
	for name, tt := range map[string]struct {
		address string
		body    string
		header  []string
		want    string // in the answer
	}{
		"nothing":                  {body: "", want: "SOAP-ENV:Client</faultcode><faultstring>the request ends early"},
		"not XML":                  {body: "hello", want: "SOAP-ENV:Client"},
		"cut short":                {body: envelope("sendmsg", good)[:200], want: "ends early"},
		"document type":            {body: "<!DOCTYPE x [<!ENTITY e 'x'>]>" + envelope("sendmsg", good), want: "document type declaration"},
		"entity unknown":           {body: envelope("sendmsg", demo+"<text>&e;</text>"+to("12025550143")), want: "not well-formed"},
		"deep":                     {body: envelope("sendmsg", "<text>"+strings.Repeat("<a>", 40)), want: "inside"},
		"deep header":              {body: strings.Replace(envelope("sendmsg", good), "<s:Body>", "<s:Header>"+strings.Repeat("<a>", 40)+strings.Repeat("</a>", 40)+"</s:Header><s:Body>", 1), want: "deeper than 32"},
		"other encoding":           {body: `<?xml version="1.0" encoding="UTF-16"?>` + envelope("sendmsg", good), want: "neither UTF-8 nor ISO-8859-1"},
		"bytes that are no UTF-8":  {body: envelope("sendmsg", demo+"<text>\xff</text>"+to("12025550143")), want: "not well-formed"},
		"SOAP 1.2":                 {body: strings.ReplaceAll(envelope("sendmsg", good), envelopeSpace, "http://www.w3.org/2003/05/soap-envelope"), want: "SOAP-ENV:VersionMismatch"},
		"lower case envelope":      {body: strings.ReplaceAll(envelope("sendmsg", good), "s:Envelope", "s:envelope"), want: "not a SOAP envelope"},
		"header to be understood":  {body: strings.Replace(envelope("sendmsg", good), "<s:Body>", `<s:Header><x s:mustUnderstand="1"/></s:Header><s:Body>`, 1), want: "SOAP-ENV:MustUnderstand"},
		"no body":                  {body: `<s:Envelope xmlns:s="` + envelopeSpace + `"/>`, want: "no body"},
		"two bodies":               {body: strings.Replace(envelope("sendmsg", good), "<s:Body>", "<s:Body/><s:Body>", 1), want: "the body is empty"},
		"two calls":                {body: strings.Replace(envelope("sendmsg", good), "</s:Body>", "<c:ping/></s:Body>", 1), want: "second element"},
		"something after":          {body: envelope("sendmsg", good) + "<x/>", want: "follows"},
		"operation unknown":        {body: envelope("sendMsg", good), want: "no operation"},
		"operation of RPC":         {body: envelope("routeCoverage", demo+"<msisdn>12025550143</msisdn>"), want: "no operation"},
		"namespace of RPC":         {body: rpcEnvelope("sendmsg", good, ""), want: "in the namespace"},
		"older namespace":          {body: strings.ReplaceAll(envelope("sendmsg", good), document.namespace, "soap.clickatell.com"), want: "in the namespace"},
		"parameters in namespace":  {body: `<s:Envelope xmlns:s="` + envelopeSpace + `"><s:Body><sendmsg xmlns="` + document.namespace + `">` + good + `</sendmsg></s:Body></s:Envelope>`, want: "must have none"},
		"parameter of RPC":         {body: envelope("sendmsg", good+"<cliMsgId>a</cliMsgId>"), want: "no parameter"},
		"array in document":        {body: envelope("sendmsg", demo+"<text>Hello</text><to><item>12025550143</item></to>"), want: "inside"},
		"text twice":               {body: envelope("sendmsg", good+"<text>Hello again</text>"), want: "twice"},
		"text between":             {body: envelope("sendmsg", good+"hello"), want: "only elements"},
		"other SOAPAction":         {body: envelope("sendmsg", good), header: []string{"SOAPAction", `"` + document.action + `/ping"`}, want: "contradicts"},
		"SOAPAction of RPC":        {body: envelope("sendmsg", good), header: []string{"SOAPAction", `"` + rpc.action + `/sendmsg"`}, want: "<sendmsgFault>"},
		"RPC other SOAPAction":     {rpcAddress, rpcEnvelope("sendmsg", good, ""), []string{"SOAPAction", rpc.action + "/ping"}, "contradicts"},
		"RPC namespace":            {rpcAddress, envelope("sendmsg", good), nil, "in the namespace"},
		"RPC reference to nothing": {rpcAddress, rpcEnvelope("sendmsg", demo+`<text>Hello</text><to href="#a"/>`, ""), nil, "nothing has the id"},
		"RPC reference in a ring":  {rpcAddress, rpcEnvelope("sendmsg", demo+`<text>Hello</text><to href="#a"/>`, `<r id="a" href="#b"/><r id="b" href="#a"/>`), nil, "references lead"},
		"RPC array of arrays":      {rpcAddress, rpcEnvelope("sendmsg", demo+`<text>Hello</text><to><item href="#a"/></to>`, `<r id="a"><item>12025550143</item></r>`), nil, "array of arrays"},
		"RPC text among an array":  {rpcAddress, rpcEnvelope("sendmsg", demo+`<text>Hello</text><to>12025550143<item>12025550144</item></to>`, ""), nil, "text besides its elements"},
		"RPC text in a target":     {rpcAddress, rpcEnvelope("sendmsg", demo+`<text>Hello</text><to href="#a"/>`, `<r id="a"><item>12025550144</item>12025550143</r>`), nil, "text besides its elements"},
		"RPC one id twice":         {rpcAddress, rpcEnvelope("sendmsg", demo+`<text href="#t"/>`+to("12025550143"), `<r id="t">Hello</r><r id="t">Goodbye</r>`), nil, "two elements have the id"},
		"RPC reference, content":   {rpcAddress, rpcEnvelope("sendmsg", demo+`<text href="#t">Hello</text>`+to("12025550143"), `<r id="t">Hello</r>`), nil, "besides its reference"},
		"RPC long number by many":  {rpcAddress, rpcEnvelope("sendmsg", demo+`<text>Hello</text><to>`+strings.Repeat(`<item href="#n"/>`, 300)+`</to>`, `<r id="n">`+strings.Repeat("1", 1_000_000)+`</r>`), nil, "more than 100 characters"},
		"RPC text an array":        {rpcAddress, rpcEnvelope("sendmsg", demo+to("12025550143")+`<text href="#a"/>`, `<r id="a"><item>Hello</item></r>`), nil, "is an array"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSimulator(t, Options{})
			if tt.address == "" {
				tt.address = documentAddress
			}
			w := post(s, tt.address, tt.body, tt.header...)
			if w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), tt.want) {
				t.Errorf("status %d: %s; want %q", w.Code, w.Body, tt.want)
			}
			if n := len(s.Messages()); n != 0 {
				t.Errorf("%d messages accepted", n)
			}
		})
	}
}

func TestARequestAboveFourMebibytesIsNotRead(t *testing.T) {
	s := newSimulator(t, Options{})
	w := post(s, documentAddress, envelope("sendmsg", demo+"<text>"+strings.Repeat("x", maxBody)+"</text>"+to("12025550143")))
	if w.Code != http.StatusRequestEntityTooLarge || len(s.Messages()) != 0 {
		t.Errorf("status %d, %d messages", w.Code, len(s.Messages()))
	}
}
