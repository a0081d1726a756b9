package envelope

import (
	"encoding/xml"
	"fmt"
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
	PortTypes []struct {
		Operations []struct {
			Name   string    `xml:"name,attr"`
			Input  carrier   `xml:"input"`
			Output carrier   `xml:"output"`
			Faults []carrier `xml:"fault"`
		} `xml:"operation"`
	} `xml:"portType"`
	Bindings []struct {
		Name       string `xml:"name,attr"`
		Operations []struct {
			Name string `xml:"name,attr"`
			SOAP struct {
				Action string `xml:"soapAction,attr"`
				Style  string `xml:"style,attr"`
			} `xml:"http://schemas.xmlsoap.org/wsdl/soap/ operation"`
			Input  encoding   `xml:"input>body"`
			Output encoding   `xml:"output>body"`
			Faults []struct{} `xml:"fault"`
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

type carrier struct {
	Message string `xml:"message,attr"`
}

type encoding struct {
	Use   string `xml:"use,attr"`
	Space string `xml:"namespace,attr"`
}

func describe(t *testing.T, b *Binding) description {
	t.Helper()
	const address = "http://gateway.test:8080/a?b=%20&c"
	schema, err := b.WSDL(address)
	if err != nil {
		t.Fatal(err)
	}
	var d description
	if err := xml.Unmarshal(schema, &d); err != nil {
		t.Fatal(err)
	}
	if got := d.Services[0].Ports[0].Address.Location; got != address {
		t.Errorf("address %q, want %q", got, address)
	}
	return d
}

// specified are the tables of the gateway specification's sections 2 and 3: the parts of each operation's request in order, in
// its notation, and how many strings answer it. CRED is session_id, api_id, user and password.
var specified = []struct{ name, document, documentAnswer, rpcName, rpc, rpcAnswer string }{
	{
		"auth", "api_id:int user:string password:string", "return:string",
		"auth", "api_id:int user:string password:string", "return:string",
	}, {
		"ping", "session_id:string", "return:string",
		"ping", "session_id:string", "return:string",
	}, {
		"sendmsg",
		"CRED text:string? to:string+ from:string? concat:int? msg_callback:int? deliv_ack:int? deliv_time:int? max_credits:int? req_feat:int? queue:int? " +
			"escalate:int? mo:int? climsgid:string? unicode:int? msg_type:string? udh:string? data:string? validity:int?", "return:string+",
		"sendmsg",
		"CRED to:ArrayOfString from:string text:string concat:int deliv_ack:int msg_callback:int deliv_time:int max_credits:float req_feat:int queue:int " +
			"escalate:int mo:int cliMsgId:string unicode:int msg_type:string udh:string data:string validity:int", "return:ArrayOfString",
	}, {
		"querymsg", "CRED apimsgid:string? climsgid:string?", "return:string",
		"querymsg", "CRED apimsgid:string climsgid:string", "return:ArrayOfString",
	}, {
		"delmsg", "CRED apimsgid:string? climsgid:string?", "return:string",
		"delmsg", "session_id:string api_id:string user:string password:string apimsgid:string climsgid:string", "return:ArrayOfString",
	}, {
		"getbalance", "CRED", "return:string",
		"getbalance", "CRED", "return:string",
	}, {
		"routecoverage", "CRED msisdn:string", "return:string",
		"routeCoverage", "CRED msisdn:string", "return:string",
	}, {
		"si_push",
		"CRED to:string+ si_id:string si_url:string si_text:string si_created:string? si_expires:string? si_action:string? from:string? concat:int? " +
			"deliv_ack:int? msg_callback:int? deliv_time:int? max_credits:int? req_feat:int? queue:int? escalate:int? mo:int? climsgid:string? " +
			"unicode:int? validity:int?", "return:string+",
		"si_push",
		"CRED to:ArrayOfString si_id:string si_url:string si_text:string si_created:string si_expires:string si_action:string from:string concat:int " +
			"deliv_ack:int msg_callback:int deliv_time:int max_credits:float req_feat:int queue:int escalate:int mo:int cliMsgId:string " +
			"validity:int", "return:ArrayOfString",
	}, {
		"ind_push",
		"CRED to:string+ mms_subject:string mms_class:string mms_expire:string mms_from:string mms_url:string from:string? concat:int? " +
			"deliv_ack:int? msg_callback:int? deliv_time:int? max_credits:int? req_feat:int? queue:int? escalate:int? mo:int? climsgid:string? " +
			"validity:int?", "return:string+",
		"ind_push",
		"CRED to:ArrayOfString mms_subject:string mms_class:string mms_expire:string mms_from:string mms_url:string from:string concat:int " +
			"deliv_ack:int msg_callback:int deliv_time:int max_credits:float req_feat:int queue:int escalate:int mo:int cliMsgId:string " +
			"validity:int", "return:ArrayOfString",
	}, {
		"token_pay", "CRED token:string", "return:string+",
		"token_pay", "CRED token:string", "return:string",
	}, {
		"startbatch",
		"CRED from:string? concat:int? template:string deliv_ack:int? msg_callback:int? deliv_time:int? max_credits:int? req_feat:int? queue:int? " +
			"escalate:int? mo:int? climsgid:string? unicode:int? msg_type:string? udh:string? validity:int?", "return:string",
		"startbatch",
		"CRED from:string concat:int template:string deliv_ack:int msg_callback:int deliv_time:int max_credits:float req_feat:int queue:int " +
			"escalate:int mo:int cliMsgId:string unicode:int msg_type:string udh:string data:string validity:int", "return:ArrayOfString",
	}, {
		"senditem",
		"CRED batch_id:string to:string+ field1:string? field2:string? field3:string? field4:string? field5:string? field6:string? field7:string? " +
			"field8:string? field9:string? field10:string?", "return:string+",
		"senditem", "CRED batch_id:string to:ArrayOfString field1:string field2:string field3:string field4:string", "return:ArrayOfString",
	}, {
		"quicksend", "CRED batch_id:string to:string+", "return:string+",
		"quicksend", "CRED batch_id:string to:ArrayOfString", "return:ArrayOfString",
	}, {
		"endbatch", "CRED batch_id:string", "return:string",
		"endbatch", "CRED batch_id:string", "return:ArrayOfString",
	}, {
		"getmsgcharge", "CRED apimsgid:string?", "return:string",
		"getmsgcharge", "CRED apimsgid:string", "return:ArrayOfString",
	},
}

func TestDocumentWSDLDescribesEveryOperation(t *testing.T) {
	const space = "http://api.clickatell.com/soap/document_literal/webservice"
	d := describe(t, Document)
	elements, messages := map[string]string{}, map[string]string{}
	var ports, bound []string
	for _, w := range specified {
		elements[w.name] = strings.Replace(w.document, "CRED", "session_id:string? api_id:int? user:string? password:string?", 1)
		elements[w.name+"Response"] = w.documentAnswer
		elements[w.name+"Fault"] = w.name + "Fault:string"
		messages[w.name+"Request"] = "parameters=gw:" + w.name
		messages[w.name+"Response"] = "parameters=gw:" + w.name + "Response"
		messages[w.name+"Fault"] = "parameters=gw:" + w.name + "Fault"
		ports = append(ports, fmt.Sprintf("%[1]s: gw:%[1]sRequest, gw:%[1]sResponse, [gw:%[1]sFault]", w.name))
		bound = append(bound, fmt.Sprintf("%[1]s: %[2]s/%[1]s , literal , literal , 0 faults", w.name, space))
	}
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
	if diff := cmp.Diff(got, elements); diff != "" {
		t.Errorf("elements (-got +want):\n%s", diff)
	}
	if d.Target != space || d.Schemas[0].Target != space || d.Schemas[0].Form != "" {
		t.Errorf("namespaces %q, %q, form %q", d.Target, d.Schemas[0].Target, d.Schemas[0].Form)
	}
	d.compare(t, messages, ports, bound)
	port := d.Services[0].Ports[0]
	if names := []string{d.Name, d.Services[0].Name, port.Name, port.Binding, d.Bindings[0].Name}; !cmp.Equal(names, []string{"ClickatellSms", "ClickatellSms", "ClickatellSms", "gw:Sms", "Sms"}) {
		t.Errorf("names %q", names)
	}
}

func TestRPCWSDLDescribesEveryOperation(t *testing.T) {
	const space = "http://api.clickatell.com/soap/webservice"
	d := describe(t, RPC)
	messages := map[string]string{}
	var ports, bound []string
	// typed gives name=xsd:type for name:type. SOAP::Lite writes the prefix xsd for members of arrays, and takes for granted
	// that the WSDL has it.
	typed := strings.NewReplacer("CRED", "session_id=xsd:string api_id=xsd:int user=xsd:string password=xsd:string", ":ArrayOfString", "=gw:ArrayOfString", ":", "=xsd:")
	for _, w := range specified {
		messages[w.rpcName+"Input"] = typed.Replace(w.rpc)
		messages[w.rpcName+"Output"] = typed.Replace(w.rpcAnswer)
		ports = append(ports, fmt.Sprintf("%[1]s: gw:%[1]sInput, gw:%[1]sOutput, []", w.rpcName))
		const encoded = "encoded " + space
		bound = append(bound, fmt.Sprintf("%[1]s: http://api.clickatell.com/soap/webservice_vs.php/%[1]s rpc, %[2]s, %[2]s, 0 faults", w.rpcName, encoded))
	}
	d.compare(t, messages, ports, bound)
	port := d.Services[0].Ports[0]
	if names := []string{d.Services[0].Name, port.Name, port.Binding, d.Bindings[0].Name}; !cmp.Equal(names, []string{"PushServerWS", "PushServerWSPort", "gw:PushServerWSBinding", "PushServerWSBinding"}) {
		t.Errorf("names %q", names)
	}
}

func TestOnlyTheOlderWSDLCallsItCallback(t *testing.T) {
	for address, want := range map[string]int{documentAddress: 0, rpcAddress: 0, "/soap/webservice.php": 4, "/soap/rpc_encoded/webservice": 0} {
		b := At(address)
		schema, err := b.WSDL(address)
		if older, newer := strings.Count(string(schema), `name="callback"`), strings.Count(string(schema), `name="msg_callback"`); err != nil || older != want || newer != 4-want {
			t.Errorf("%s: %d callback, %d msg_callback, %v", address, older, newer, err)
		}
	}
}

// compare holds messages, port type and binding against what is wanted.
func (d description) compare(t *testing.T, messages map[string]string, ports, bound []string) {
	t.Helper()
	got := map[string]string{}
	for _, m := range d.Messages {
		var words []string
		for _, p := range m.Parts {
			words = append(words, p.Name+"="+p.Type+p.Element)
		}
		got[m.Name] = strings.Join(words, " ")
	}
	if diff := cmp.Diff(got, messages); diff != "" {
		t.Errorf("messages (-got +want):\n%s", diff)
	}
	var offered []string
	for _, o := range d.PortTypes[0].Operations {
		faults := []string{}
		for _, f := range o.Faults {
			faults = append(faults, f.Message)
		}
		offered = append(offered, fmt.Sprintf("%s: %s, %s, %s", o.Name, o.Input.Message, o.Output.Message, faults))
	}
	if diff := cmp.Diff(offered, ports); diff != "" {
		t.Errorf("port type (-got +want):\n%s", diff)
	}
	var served []string
	for _, o := range d.Bindings[0].Operations {
		served = append(served, fmt.Sprintf("%s: %s %s, %s %s, %s %s, %d faults", o.Name, o.SOAP.Action, o.SOAP.Style, o.Input.Use, o.Input.Space, o.Output.Use, o.Output.Space, len(o.Faults)))
	}
	if diff := cmp.Diff(served, bound); diff != "" {
		t.Errorf("binding (-got +want):\n%s", diff)
	}
}
