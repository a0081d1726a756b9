package simulator

import (
	"encoding/xml"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// description is a WSDL as far as a stub is generated from it.
type description struct {
	Target  string `xml:"targetNamespace,attr"`
	Name    string `xml:"name,attr"`
	Schemas []struct {
		Target   string `xml:"targetNamespace,attr"`
		Form     string `xml:"elementFormDefault,attr"`
		Elements []struct {
			Name  string `xml:"name,attr"`
			Parts []struct {
				Name string `xml:"name,attr"`
				Type string `xml:"type,attr"`
				Min  string `xml:"minOccurs,attr"`
				Max  string `xml:"maxOccurs,attr"`
			} `xml:"complexType>sequence>element"`
		} `xml:"element"`
	} `xml:"types>schema"`
	Messages []struct {
		Name  string `xml:"name,attr"`
		Parts []struct {
			Name    string `xml:"name,attr"`
			Type    string `xml:"type,attr"`
			Element string `xml:"element,attr"`
		} `xml:"part"`
	} `xml:"message"`
	Bindings []struct {
		Name       string `xml:"name,attr"`
		Operations []struct {
			Name string `xml:"name,attr"`
			SOAP struct {
				Action string `xml:"soapAction,attr"`
			} `xml:"http://schemas.xmlsoap.org/wsdl/soap/ operation"`
			Body struct {
				Use   string `xml:"use,attr"`
				Space string `xml:"namespace,attr"`
			} `xml:"input>body"`
		} `xml:"operation"`
	} `xml:"binding"`
	Services []struct {
		Name  string `xml:"name,attr"`
		Ports []struct {
			Name    string `xml:"name,attr"`
			Binding string `xml:"binding,attr"`
			Address struct {
				Location string `xml:"location,attr"`
			} `xml:"address"`
		} `xml:"port"`
	} `xml:"service"`
}

func describe(t *testing.T, address string) description {
	t.Helper()
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "http://gateway.test:8080"+address+"?wsdl", nil)
	newSimulator(t, Options{}).ServeHTTP(w, r)
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "text/xml; charset=utf-8" {
		t.Fatalf("status %d, %s", w.Code, w.Header().Get("Content-Type"))
	}
	var d description
	if err := xml.Unmarshal(w.Body.Bytes(), &d); err != nil {
		t.Fatal(err)
	}
	if got, want := d.Services[0].Ports[0].Address.Location, "http://gateway.test:8080"+address; got != want {
		t.Errorf("address %q, want %q", got, want)
	}
	return d
}

// Both tables are the documentation's, section 3, spelled out.
func TestDocumentWSDLDescribesWhatIsOffered(t *testing.T) {
	const cred = "session_id:string? api_id:int? user:string? password:string? "
	want := map[string]string{
		"auth": "api_id:int user:string password:string", "authResponse": "return:string", "authFault": "authFault:string",
		"ping": "session_id:string", "pingResponse": "return:string", "pingFault": "pingFault:string",
		"sendmsg": cred + "text:string? to:string+ from:string? concat:int? msg_callback:int? deliv_ack:int? deliv_time:int? max_credits:int? " +
			"req_feat:int? queue:int? escalate:int? mo:int? climsgid:string? unicode:int? msg_type:string? udh:string? data:string? validity:int?",
		"sendmsgResponse": "return:string+", "sendmsgFault": "sendmsgFault:string",
		"querymsg": cred + "apimsgid:string? climsgid:string?", "querymsgResponse": "return:string", "querymsgFault": "querymsgFault:string",
		"delmsg": cred + "apimsgid:string? climsgid:string?", "delmsgResponse": "return:string", "delmsgFault": "delmsgFault:string",
		"getbalance": strings.TrimSpace(cred), "getbalanceResponse": "return:string", "getbalanceFault": "getbalanceFault:string",
		"routecoverage": cred + "msisdn:string", "routecoverageResponse": "return:string", "routecoverageFault": "routecoverageFault:string",
		"getmsgcharge": cred + "apimsgid:string?", "getmsgchargeResponse": "return:string", "getmsgchargeFault": "getmsgchargeFault:string",
	}
	const space = "http://api.clickatell.com/soap/document_literal/webservice"
	d := describe(t, documentAddress)
	got := map[string]string{}
	for _, e := range d.Schemas[0].Elements {
		var words []string
		for _, p := range e.Parts {
			_, kind, _ := strings.Cut(p.Type, ":")
			word := p.Name + ":" + kind
			switch {
			case p.Min == "0" && p.Max == "":
				word += "?"
			case p.Min == "" && p.Max == "unbounded":
				word += "+"
			case p.Min != "" || p.Max != "":
				word += "[" + p.Min + "," + p.Max + "]"
			}
			words = append(words, word)
		}
		got[e.Name] = strings.Join(words, " ")
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("elements (-got +want):\n%s", diff)
	}
	if d.Target != space || d.Schemas[0].Target != space || d.Schemas[0].Form != "" {
		t.Errorf("namespaces %q, %q, form %q", d.Target, d.Schemas[0].Target, d.Schemas[0].Form)
	}
	for _, o := range d.Bindings[0].Operations {
		if o.SOAP.Action != space+"/"+o.Name || o.Body.Use != "literal" {
			t.Errorf("%s: action %q, use %q", o.Name, o.SOAP.Action, o.Body.Use)
		}
	}
	for _, m := range d.Messages {
		if element := "gw:" + strings.TrimSuffix(m.Name, "Request"); m.Parts[0].Name != "parameters" || m.Parts[0].Element != element {
			t.Errorf("message %s has part %+v", m.Name, m.Parts[0])
		}
	}
	port := d.Services[0].Ports[0]
	if names := []string{d.Name, d.Services[0].Name, port.Name, port.Binding, d.Bindings[0].Name}; !cmp.Equal(names, []string{"ClickatellSms", "ClickatellSms", "ClickatellSms", "gw:Sms", "Sms"}) {
		t.Errorf("names %q", names)
	}
}

func TestRPCWSDLDescribesWhatIsOffered(t *testing.T) {
	const cred = "session_id:xs:string api_id:xs:int user:xs:string password:xs:string "
	want := map[string]string{
		"authInput": "api_id:xs:int user:xs:string password:xs:string", "authOutput": "return:xs:string",
		"pingInput": "session_id:xs:string", "pingOutput": "return:xs:string",
		"sendmsgInput": cred + "to:gw:ArrayOfString from:xs:string text:xs:string concat:xs:int deliv_ack:xs:int msg_callback:xs:int deliv_time:xs:int " +
			"max_credits:xs:float req_feat:xs:int queue:xs:int escalate:xs:int mo:xs:int cliMsgId:xs:string unicode:xs:int msg_type:xs:string " +
			"udh:xs:string data:xs:string validity:xs:int",
		"sendmsgOutput": "return:gw:ArrayOfString",
		"querymsgInput": cred + "apimsgid:xs:string climsgid:xs:string", "querymsgOutput": "return:gw:ArrayOfString",
		"delmsgInput":     strings.Replace(cred, "api_id:xs:int", "api_id:xs:string", 1) + "apimsgid:xs:string climsgid:xs:string",
		"delmsgOutput":    "return:gw:ArrayOfString",
		"getbalanceInput": strings.TrimSpace(cred), "getbalanceOutput": "return:xs:string",
		"routeCoverageInput": cred + "msisdn:xs:string", "routeCoverageOutput": "return:xs:string",
		"getmsgchargeInput": cred + "apimsgid:xs:string", "getmsgchargeOutput": "return:gw:ArrayOfString",
	}
	d := describe(t, rpcAddress)
	got := map[string]string{}
	for _, m := range d.Messages {
		var words []string
		for _, p := range m.Parts {
			words = append(words, p.Name+":"+p.Type)
		}
		got[m.Name] = strings.Join(words, " ")
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("messages (-got +want):\n%s", diff)
	}
	const space = "http://api.clickatell.com/soap/webservice"
	for _, o := range d.Bindings[0].Operations {
		if o.SOAP.Action != "http://api.clickatell.com/soap/webservice_vs.php/"+o.Name || o.Body.Use != "encoded" || o.Body.Space != space {
			t.Errorf("%s: action %q, use %q, namespace %q", o.Name, o.SOAP.Action, o.Body.Use, o.Body.Space)
		}
	}
	port := d.Services[0].Ports[0]
	if names := []string{d.Services[0].Name, port.Name, port.Binding, d.Bindings[0].Name}; !cmp.Equal(names, []string{"PushServerWS", "PushServerWSPort", "gw:PushServerWSBinding", "PushServerWSBinding"}) {
		t.Errorf("names %q", names)
	}
}

func TestOnlyTheGatewaysAddressesAnswer(t *testing.T) {
	s := newSimulator(t, Options{})
	for name, tt := range map[string]struct {
		method, address string
		want            int
	}{
		"elsewhere":          {http.MethodPost, "/soap", 404},
		"service read":       {http.MethodGet, documentAddress, 405},
		"schema posted to":   {http.MethodPost, documentAddress + "?wsdl", 405},
		"schema in capitals": {http.MethodGet, documentAddress + "?WSDL", 200},
		"schema's head":      {http.MethodHead, rpcAddress + "?wsdl", 200},
		"older RPC address":  {http.MethodGet, "/soap/webservice.php?wsdl", 200},
		"last RPC address":   {http.MethodGet, "/soap/rpc_encoded/webservice?wsdl", 200},
		"nothing posted":     {http.MethodPost, rpcAddress, 500},
	} {
		t.Run(name, func(t *testing.T) {
			w := httptest.NewRecorder()
			s.ServeHTTP(w, httptest.NewRequest(tt.method, tt.address, nil))
			if w.Code != tt.want {
				t.Errorf("status %d, want %d", w.Code, tt.want)
			}
		})
	}
}
