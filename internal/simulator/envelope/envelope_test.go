package envelope

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const (
	documentAddress = "/soap/document_literal/webservice"
	rpcAddress      = "/soap/webservice_vs.php"
	demo            = "<api_id>1</api_id><user>demo</user><password>demo</password>"
)

// documentCall is a request in Document/Literal.
func documentCall(op, parameters string) string {
	return fmt.Sprintf(`<s:Envelope xmlns:s="%s" xmlns:c="%s"><s:Body><c:%[3]s>%[4]s</c:%[3]s></s:Body></s:Envelope>`,
		Space, Document.namespace, op, parameters)
}

// rpcCall is a request in RPC; beside stands next to the call.
func rpcCall(op, parameters, beside string) string {
	return fmt.Sprintf(`<s:Envelope xmlns:s="%s" xmlns:xsd="%s" xmlns:xsi="%s" xmlns:c="%s"><s:Body><c:%[5]s>%[6]s</c:%[5]s>%[7]s</s:Body></s:Envelope>`,
		Space, schemaSpace, instanceSpace, RPC.namespace, op, parameters, beside)
}

// to is one recipient in each element.
func to(numbers ...string) string {
	return "<to>" + strings.Join(numbers, "</to><to>") + "</to>"
}

// received reads a call that came to the address, and checks it.
func received(address, body, contentType, action string) (*Call, error) {
	c, err := Read([]byte(body), At(address), contentType)
	if err != nil {
		return nil, err
	}
	if err := c.Check(action, Rules{}); err != nil {
		return nil, err
	}
	return c, nil
}

func TestRequestsAreReadAsTolerantlyAsTheGatewayDoes(t *testing.T) {
	const number, other = "12025550143", "12025550144"
	ascii := []string{number + " Hello"}
	for name, tt := range map[string]struct {
		address, body, contentType, action string
		want                               []string
	}{
		"in the schema's order":  {body: documentCall("sendmsg", demo+"<text>Hello</text>"+to(number)), want: ascii},
		"in another order":       {body: documentCall("sendmsg", to(number)+"<text>Hello</text>"+demo), want: ascii},
		"recipients apart":       {body: documentCall("sendmsg", to(number)+"<text>Hello</text>"+demo+to(other)), want: []string{number + " Hello", other + " Hello"}},
		"nought and empty":       {body: documentCall("sendmsg", demo+"<text>Hello</text>"+to(number)+"<from/><concat>0</concat><climsgid></climsgid><max_credits>0</max_credits><queue>0</queue><udh></udh>"), want: ascii},
		"white space and notes":  {body: "<?xml version='1.0'?>\n<!-- a note -->\n" + strings.ReplaceAll(documentCall("sendmsg", demo+"<text>Hello</text>"+to(" "+number+"\n")), "><", ">\n <"), want: ascii},
		"byte order mark":        {body: "\uFEFF" + documentCall("sendmsg", demo+"<text>Hello</text>"+to(number)), want: ascii},
		"UTF-8":                  {body: documentCall("sendmsg", demo+"<text>Grüße €</text>"+to(number)), want: []string{number + " Grüße €"}},
		"ISO-8859-1 declared":    {body: `<?xml version="1.0" encoding="ISO-8859-1"?>` + documentCall("sendmsg", demo+"<text>Gr\xfc\xdfe</text>"+to(number)), want: []string{number + " Grüße"}},
		"ISO-8859-1 by header":   {body: documentCall("sendmsg", demo+"<text>Gr\xfc\xdfe</text>"+to(number)), contentType: "text/xml; charset=ISO-8859-1", want: []string{number + " Grüße"}},
		"declaration wins":       {body: `<?xml version="1.0" encoding="UTF-8"?>` + documentCall("sendmsg", demo+"<text>Grüße</text>"+to(number)), contentType: "text/xml; charset=ISO-8859-1", want: []string{number + " Grüße"}},
		"section of characters":  {body: documentCall("sendmsg", demo+"<text><![CDATA[<b>]]>&amp;&#x21;</text>"+to(number)), want: []string{number + " <b>&!"}},
		"header that may be let": {body: strings.Replace(documentCall("sendmsg", demo+"<text>Hello</text>"+to(number)), "<s:Body>", "<s:Header><x><y/></x></s:Header><s:Body>", 1), want: ascii},
		"header for another":     {body: strings.Replace(documentCall("sendmsg", demo+"<text>Hello</text>"+to(number)), "<s:Body>", `<s:Header><x s:mustUnderstand="1" s:actor="http://proxy.example/"/></s:Header><s:Body>`, 1), want: ascii},
		"SOAPAction":             {body: documentCall("sendmsg", demo+"<text>Hello</text>"+to(number)), action: `"` + Document.action + `/sendmsg"`, want: ascii},
		"SOAPAction empty":       {body: documentCall("sendmsg", demo+"<text>Hello</text>"+to(number)), action: `""`, want: ascii},

		"RPC array":                {address: rpcAddress, body: rpcCall("sendmsg", demo+"<text>Hello</text><to><item>"+number+"</item><item>"+other+"</item></to>", ""), want: []string{number + " Hello", other + " Hello"}},
		"RPC array, other name":    {address: rpcAddress, body: rpcCall("sendmsg", demo+"<text>Hello</text><to><string>"+number+"</string></to>", ""), want: ascii},
		"RPC array, wrong size":    {address: rpcAddress, body: rpcCall("sendmsg", demo+`<text>Hello</text><to xmlns:e="`+encodingSpace+`" e:arrayType="x[7]"><item>`+number+"</item></to>", ""), want: ascii},
		"RPC single string":        {address: rpcAddress, body: rpcCall("sendmsg", demo+"<text>Hello</text>"+to(number), ""), want: ascii},
		"RPC references":           {address: rpcAddress, body: rpcCall("sendmsg", demo+`<text href="#t"/><to href="#a"/>`, `<r id="a"><item href="#b"/></r><r id="b">`+number+`</r><r id="t">Hello</r>`), want: ascii},
		"RPC nil parts":            {address: rpcAddress, body: rpcCall("sendmsg", demo+`<session_id xsi:nil="true"/><text>Hello</text>`+to(number)+`<concat xsi:nil="1"/>`, ""), want: ascii},
		"RPC older namespace":      {address: rpcAddress, body: strings.ReplaceAll(rpcCall("sendmsg", demo+"<text>Hello</text>"+to(number), ""), RPC.namespace, "soap.clickatell.com"), want: ascii},
		"RPC older, on parts too":  {address: rpcAddress, body: `<s:Envelope xmlns:s="` + Space + `"><s:Body><sendmsg xmlns="soap.clickatell.com">` + demo + "<text>Hello</text>" + to(number) + "</sendmsg></s:Body></s:Envelope>", want: ascii},
		"RPC many references":      {address: rpcAddress, body: rpcCall("sendmsg", demo+`<text>Hello</text><to href="#n"/><to><item>`+other+`</item></to><to href="#a"/>`, `<r id="a"><item href="#n"/></r><r id="n">`+number+`</r>`), want: []string{number + " Hello", other + " Hello", number + " Hello"}},
		"RPC msg_callback, older":  {address: "/soap/webservice.php", body: rpcCall("sendmsg", demo+"<text>Hello</text><msg_callback>3</msg_callback>"+to(number), ""), want: ascii},
		"RPC callback":             {address: "/soap/webservice.php", body: rpcCall("sendmsg", demo+"<text>Hello</text><callback>3</callback>"+to(number), ""), want: ascii},
		"RPC last address":         {address: "/soap/rpc_encoded/webservice", body: rpcCall("sendmsg", demo+"<text>Hello</text>"+to(number), ""), action: "http://api.clickatell.com/soap/rpc_encoded/webservice/sendmsg", want: ascii},
		"RPC fraction of a credit": {address: rpcAddress, body: rpcCall("sendmsg", demo+"<text>Hello</text><max_credits>1.5</max_credits>"+to(number), ""), want: ascii},
	} {
		t.Run(name, func(t *testing.T) {
			if tt.address == "" {
				tt.address = documentAddress
			}
			c, err := received(tt.address, tt.body, tt.contentType, tt.action)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, number := range c.To {
				got = append(got, number+" "+c.Value("text"))
			}
			if diff := cmp.Diff(got, tt.want); diff != "" {
				t.Errorf("messages (-got +want):\n%s", diff)
			}
		})
	}
}

func TestRequestsThatAreNoCallsAreFaults(t *testing.T) {
	good := demo + "<text>Hello</text>" + to("12025550143")
	for name, tt := range map[string]struct {
		address, body, contentType, action string
		want                               string // in the answer
	}{
		"nothing":                  {body: "", want: "SOAP-ENV:Client</faultcode><faultstring>the request ends early"},
		"not XML":                  {body: "hello", want: "SOAP-ENV:Client"},
		"cut short":                {body: documentCall("sendmsg", good)[:200], want: "ends early"},
		"document type":            {body: "<!DOCTYPE x [<!ENTITY e 'x'>]>" + documentCall("sendmsg", good), want: "document type declaration"},
		"entity unknown":           {body: documentCall("sendmsg", demo+"<text>&e;</text>"+to("12025550143")), want: "not well-formed"},
		"deep":                     {body: documentCall("sendmsg", "<text>"+strings.Repeat("<a>", 40)), want: "inside"},
		"deep header":              {body: strings.Replace(documentCall("sendmsg", good), "<s:Body>", "<s:Header>"+strings.Repeat("<a>", 40)+strings.Repeat("</a>", 40)+"</s:Header><s:Body>", 1), want: "deeper than 32"},
		"other encoding":           {body: `<?xml version="1.0" encoding="UTF-16"?>` + documentCall("sendmsg", good), want: "neither UTF-8 nor ISO-8859-1"},
		"bytes that are no UTF-8":  {body: documentCall("sendmsg", demo+"<text>\xff</text>"+to("12025550143")), want: "not well-formed"},
		"SOAP 1.2":                 {body: strings.ReplaceAll(documentCall("sendmsg", good), Space, "http://www.w3.org/2003/05/soap-envelope"), want: "SOAP-ENV:VersionMismatch"},
		"lower case envelope":      {body: strings.ReplaceAll(documentCall("sendmsg", good), "s:Envelope", "s:envelope"), want: "not a SOAP envelope"},
		"header to be understood":  {body: strings.Replace(documentCall("sendmsg", good), "<s:Body>", `<s:Header><x s:mustUnderstand="1"/></s:Header><s:Body>`, 1), want: "SOAP-ENV:MustUnderstand"},
		"header for the next":      {body: strings.Replace(documentCall("sendmsg", good), "<s:Body>", `<s:Header><x s:mustUnderstand="1" s:actor="http://schemas.xmlsoap.org/soap/actor/next"/></s:Header><s:Body>`, 1), want: "SOAP-ENV:MustUnderstand"},
		"no body":                  {body: `<s:Envelope xmlns:s="` + Space + `"/>`, want: "no body"},
		"two bodies":               {body: strings.Replace(documentCall("sendmsg", good), "<s:Body>", "<s:Body/><s:Body>", 1), want: "the body is empty"},
		"two calls":                {body: strings.Replace(documentCall("sendmsg", good), "</s:Body>", "<c:ping/></s:Body>", 1), want: "second element"},
		"something after":          {body: documentCall("sendmsg", good) + "<x/>", want: "follows"},
		"operation unknown":        {body: documentCall("sendMsg", good), want: "no operation"},
		"operation of RPC":         {body: documentCall("routeCoverage", demo+"<msisdn>12025550143</msisdn>"), want: "no operation"},
		"namespace of RPC":         {body: rpcCall("sendmsg", good, ""), want: "in the namespace"},
		"older namespace":          {body: strings.ReplaceAll(documentCall("sendmsg", good), Document.namespace, "soap.clickatell.com"), want: "in the namespace"},
		"parameters in namespace":  {body: `<s:Envelope xmlns:s="` + Space + `"><s:Body><sendmsg xmlns="` + Document.namespace + `">` + good + `</sendmsg></s:Body></s:Envelope>`, want: "must have none"},
		"parameter of RPC":         {body: documentCall("sendmsg", good+"<cliMsgId>a</cliMsgId>"), want: "no parameter"},
		"array in document":        {body: documentCall("sendmsg", demo+"<text>Hello</text><to><item>12025550143</item></to>"), want: "inside"},
		"callback in document":     {body: documentCall("sendmsg", good+"<callback>1</callback>"), want: "no parameter"},
		"RPC callback, newer":      {address: rpcAddress, body: rpcCall("sendmsg", good+"<callback>1</callback>", ""), want: "no parameter"},
		"RPC callback twice":       {address: "/soap/webservice.php", body: rpcCall("sendmsg", good+"<callback>1</callback><msg_callback>1</msg_callback>", ""), want: "twice"},
		"text twice":               {body: documentCall("sendmsg", good+"<text>Hello again</text>"), want: "twice"},
		"text between":             {body: documentCall("sendmsg", good+"hello"), want: "only elements"},
		"other SOAPAction":         {body: documentCall("sendmsg", good), action: `"` + Document.action + `/ping"`, want: "contradicts"},
		"SOAPAction of RPC":        {body: documentCall("sendmsg", good), action: `"` + RPC.action + `/sendmsg"`, want: "<sendmsgFault>"},
		"RPC other SOAPAction":     {address: rpcAddress, body: rpcCall("sendmsg", good, ""), action: RPC.action + "/ping", want: "contradicts"},
		"RPC namespace":            {address: rpcAddress, body: documentCall("sendmsg", good), want: "in the namespace"},
		"RPC reference to nothing": {address: rpcAddress, body: rpcCall("sendmsg", demo+`<text>Hello</text><to href="#a"/>`, ""), want: "nothing has the id"},
		"RPC reference in a ring":  {address: rpcAddress, body: rpcCall("sendmsg", demo+`<text>Hello</text><to href="#a"/>`, `<r id="a" href="#b"/><r id="b" href="#a"/>`), want: "references lead"},
		"RPC array of arrays":      {address: rpcAddress, body: rpcCall("sendmsg", demo+`<text>Hello</text><to><item href="#a"/></to>`, `<r id="a"><item>12025550143</item></r>`), want: "array of arrays"},
		"RPC text among an array":  {address: rpcAddress, body: rpcCall("sendmsg", demo+`<text>Hello</text><to>12025550143<item>12025550144</item></to>`, ""), want: "text besides its elements"},
		"RPC text in a target":     {address: rpcAddress, body: rpcCall("sendmsg", demo+`<text>Hello</text><to href="#a"/>`, `<r id="a"><item>12025550144</item>12025550143</r>`), want: "text besides its elements"},
		"RPC one id twice":         {address: rpcAddress, body: rpcCall("sendmsg", demo+`<text href="#t"/>`+to("12025550143"), `<r id="t">Hello</r><r id="t">Goodbye</r>`), want: "two elements have the id"},
		"RPC reference, content":   {address: rpcAddress, body: rpcCall("sendmsg", demo+`<text href="#t">Hello</text>`+to("12025550143"), `<r id="t">Hello</r>`), want: "besides its reference"},
		"RPC text an array":        {address: rpcAddress, body: rpcCall("sendmsg", demo+to("12025550143")+`<text href="#a"/>`, `<r id="a"><item>Hello</item></r>`), want: "is an array"},
	} {
		t.Run(name, func(t *testing.T) {
			if tt.address == "" {
				tt.address = documentAddress
			}
			c, err := received(tt.address, tt.body, tt.contentType, tt.action)
			var f *Fault
			if c != nil || !errors.As(err, &f) || !strings.Contains(string(f.Answer(At(tt.address))), tt.want) {
				t.Errorf("%v, %v; want %q", c, err, tt.want)
			}
		})
	}
}

func TestAFaultHasTheDetailOfItsOperationOnceThatIsKnown(t *testing.T) {
	for name, tt := range map[string]struct{ body, want string }{
		"not an envelope":  {"<hello/>", ""},
		"unknown":          {documentCall("sendMsg", ""), ""},
		"other namespace":  {rpcCall("sendmsg", "", ""), ""},
		"parameter twice":  {documentCall("sendmsg", "<text>a</text><text>b</text>"), "sendmsg"},
		"with a namespace": {documentCall("ping", "<c:session_id>1</c:session_id>"), "ping"},
		"cut short":        {strings.TrimSuffix(documentCall("querymsg", demo), "</c:querymsg></s:Body></s:Envelope>"), "querymsg"},
		"two calls":        {strings.Replace(documentCall("ping", ""), "</s:Body>", "<c:auth/></s:Body>", 1), "ping"},
		"unknown one":      {documentCall("sendmsg", "<colour>red</colour>"), "sendmsg"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := received(documentAddress, tt.body, "", "")
			var f *Fault
			if !errors.As(err, &f) || f.Operation != tt.want {
				t.Errorf("%v, want one of %q", err, tt.want)
			}
		})
	}
}

// Many may refer to one text.
func TestALongRecipientIsCutOff(t *testing.T) {
	long := strings.Repeat("1", maxNumber-1) + strings.Repeat("é", 1_000_000)
	for name, tt := range map[string]struct {
		address, body string
		want          int
	}{
		"document":          {documentAddress, documentCall("sendmsg", to(long, "12025550143")), 2},
		"RPC, many to one":  {rpcAddress, rpcCall("sendmsg", "<to>"+strings.Repeat(`<item href="#n"/>`, 300)+"</to>", `<r id="n">`+long+"</r>"), 300},
		"RPC, in a request": {rpcAddress, rpcCall("sendmsg", to(long), ""), 1},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := received(tt.address, tt.body, "", "")
			if err != nil || len(c.To) != tt.want || c.To[0] != long[:maxNumber-1] {
				t.Errorf("%v, %.200v", err, c)
			}
		})
	}
}

// Generated clients send 0 and "" for every parameter that is not used (section 3.2 of the gateway specification).
func TestNoughtAndEmptyAreAbsent(t *testing.T) {
	for i := range operations {
		o := &operations[i]
		for address, call := range map[string]func(parameters string) string{
			documentAddress: func(parameters string) string { return documentCall(o.nameIn(Document), parameters) },
			rpcAddress:      func(parameters string) string { return rpcCall(o.nameIn(RPC), parameters, "") },
		} {
			t.Run(o.name+" "+address, func(t *testing.T) {
				var unused strings.Builder
				for _, p := range o.partsIn(At(address)) {
					value := ""
					if p.Type != "string" {
						value = "0"
					}
					fmt.Fprintf(&unused, "<%[1]s>%[2]s</%[1]s>", p.Name, value)
				}
				got, err := received(address, call(unused.String()), "", "")
				if err != nil {
					t.Fatal(err)
				}
				want, err := received(address, call(""), "", "")
				if diff := cmp.Diff(got, want, cmp.AllowUnexported(Call{}), cmpopts.EquateEmpty(), cmp.Comparer(same[*Binding]), cmp.Comparer(same[*operation])); err != nil || diff != "" {
					t.Errorf("%v (-nought +absent):\n%s", err, diff)
				}
			})
		}
	}
}

func same[T comparable](a, b T) bool { return a == b }
