package simulator

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRPCAnswersComeInTheEncodingOrdered(t *testing.T) {
	const a, b = "ID: ID To: 12025550143", "ID: ID To: 12025550144"
	const (
		array  = `<return xsi:type="SOAP-ENC:Array" SOAP-ENC:arrayType="xsd:string[2]">`
		items  = `<item xsi:type="xsd:string">` + a + `</item><item xsi:type="xsd:string">` + b + `</item>`
		target = `<multiRef id="id1" SOAP-ENC:root="0" `
	)
	many := func(inside, beside string) string {
		return "<ns:sendmsgResponse>" + inside + "</ns:sendmsgResponse>" + beside
	}
	one := func(inside, beside string) string {
		return "<ns:getbalanceResponse>" + inside + "</ns:getbalanceResponse>" + beside
	}
	for name, tt := range map[string]struct{ keys, many, one string }{
		"as usual": {"member=item",
			many(array+items+"</return>", ""),
			one(`<return xsi:type="xsd:string">Credit: 7.000</return>`, "")},
		"other member": {"member=string",
			many(array+strings.NewReplacer("<item", "<string", "/item", "/string").Replace(items)+"</return>", ""),
			one(`<return xsi:type="xsd:string">Credit: 7.000</return>`, "")},
		"own type": {"type=own",
			many(`<return xsi:type="ns:ArrayOfString" SOAP-ENC:arrayType="xsd:string[2]">`+items+"</return>", ""),
			one(`<return xsi:type="xsd:string">Credit: 7.000</return>`, "")},
		"wrong size": {"size=wrong",
			many(strings.Replace(array, "[2]", "[3]", 1)+items+"</return>", ""),
			one(`<return xsi:type="xsd:string">Credit: 7.000</return>`, "")},
		"open size": {"size=open",
			many(strings.Replace(array, "[2]", "[]", 1)+items+"</return>", ""),
			one(`<return xsi:type="xsd:string">Credit: 7.000</return>`, "")},
		"no size": {"size=none",
			many(`<return xsi:type="SOAP-ENC:Array">`+items+"</return>", ""),
			one(`<return xsi:type="xsd:string">Credit: 7.000</return>`, "")},
		"references": {"href=true",
			many(`<return href="#id1"/>`, target+`xsi:type="SOAP-ENC:Array" SOAP-ENC:arrayType="xsd:string[2]">`+items+"</multiRef>"),
			one(`<return href="#id1"/>`, target+`xsi:type="xsd:string">Credit: 7.000</multiRef>`)},
		"references to members": {"href=members,member=string",
			many(`<return href="#id1"/>`, target+`xsi:type="SOAP-ENC:Array" SOAP-ENC:arrayType="xsd:string[2]"><string href="#id2"/><string href="#id3"/></multiRef>`+
				`<multiRef id="id2" SOAP-ENC:root="0" xsi:type="xsd:string">`+a+`</multiRef><multiRef id="id3" SOAP-ENC:root="0" xsi:type="xsd:string">`+b+`</multiRef>`),
			one(`<return href="#id1"/>`, target+`xsi:type="xsd:string">Credit: 7.000</multiRef>`)},
		"single for array": {"single=true",
			many(`<return xsi:type="xsd:string">`+a+"&#xA;"+b+"</return>", ""),
			one(`<return xsi:type="SOAP-ENC:Array" SOAP-ENC:arrayType="xsd:string[1]"><item xsi:type="xsd:string">Credit: 7.000</item></return>`, "")},
		"nil": {"nil=true",
			many(`<return xsi:nil="true"/>`, ""),
			one(`<return xsi:nil="true"/>`, "")},
		"of another operation": {"nil=true,op=querymsg",
			many(array+items+"</return>", ""),
			one(`<return xsi:type="xsd:string">Credit: 7.000</return>`, "")},
	} {
		t.Run(name, func(t *testing.T) {
			s := withFaults(t, "rpc-array:"+tt.keys)
			body := func(address, request string) string {
				w := post(s, address, request)
				_, rest, _ := strings.Cut(anyID.ReplaceAllString(w.Body.String(), "ID"), "SOAP-ENV:Body")
				_, rest, _ = strings.Cut(rest, ">")
				inside, _, _ := strings.Cut(rest, "</SOAP-ENV:Body>")
				return inside
			}
			send := demo + "<text>Hello</text>" + to("12025550143", "12025550144")
			if diff := cmp.Diff(body(rpcAddress, rpcEnvelope("sendmsg", demo+"<text>Hello</text><to><item>12025550143</item><item>12025550144</item></to>", "")), tt.many); diff != "" {
				t.Errorf("sendmsg (-got +want):\n%s", diff)
			}
			document := "<ns:sendmsgResponse><return>" + a + "</return><return>" + b + "</return></ns:sendmsgResponse>"
			if diff := cmp.Diff(body(documentAddress, envelope("sendmsg", send)), document); diff != "" {
				t.Errorf("Document/Literal (-got +want):\n%s", diff)
			}
			order(t, s, "credit-runs-out:credit=7", "rpc-array:"+tt.keys)
			if diff := cmp.Diff(body(rpcAddress, rpcEnvelope("getbalance", demo, "")), tt.one); diff != "" {
				t.Errorf("getbalance (-got +want):\n%s", diff)
			}
		})
	}
}
