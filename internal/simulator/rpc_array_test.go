package simulator

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/smsplan/smsplan/internal/simulator/envelope"
)

func TestRPCAnswersComeInTheEncodingOrdered(t *testing.T) {
	for keys, want := range map[string]envelope.Encoding{
		"member=string":              {Member: "string"},
		"type=own":                   {OwnType: true},
		"size=wrong":                 {Size: "wrong"},
		"size=open":                  {Size: "open"},
		"size=none":                  {Size: "none"},
		"href=true":                  {Href: "true"},
		"href=members,member=string": {Href: "members", Member: "string"},
		"single=true":                {Single: true},
		"nil=true":                   {Nil: true},
		"nil=false":                  {},
	} {
		t.Run(keys, func(t *testing.T) {
			f := mustFault(t, "rpc-array:"+keys)
			if diff := cmp.Diff(encodingOf([]*Fault{&f}), want); diff != "" {
				t.Errorf("encoding (-got +want):\n%s", diff)
			}
		})
	}
}

func TestTheEncodingIsOrderedForTheAnswersOfAnOperation(t *testing.T) {
	s := withFaults(t, "rpc-array:single=true,op=sendmsg", "rpc-array:member=string")
	array := "<to><item>12025550143</item><item>12025550144</item></to>"
	for name, tt := range map[string]struct{ address, request, want string }{
		"ordered":           {rpcAddress, rpcCall("sendmsg", demo+"<text>Hello</text>"+array, ""), `<return xsi:type="xsd:string">ID: ID To: 12025550143&#xA;ID: ID To: 12025550144</return>`},
		"another operation": {rpcAddress, rpcCall("querymsg", demo+"<apimsgid>1</apimsgid>", ""), `<string xsi:type="xsd:string">ERR: 103, Unknown API message ID</string>`},
		"Document/Literal":  {documentAddress, documentCall("sendmsg", demo+"<text>Hello</text>"+to("12025550143", "12025550144")), "<return>ID: ID To: 12025550143</return><return>ID: ID To: 12025550144</return>"},
	} {
		t.Run(name, func(t *testing.T) {
			got := anyID.ReplaceAllString(post(s, tt.address, tt.request).Body.String(), "ID")
			if !strings.Contains(got, tt.want) {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
}
