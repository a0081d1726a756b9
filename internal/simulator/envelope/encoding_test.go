package envelope

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRPCAnswersComeInTheEncodingAskedFor(t *testing.T) {
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
	for name, tt := range map[string]struct {
		encoding  Encoding
		many, one string
	}{
		"as usual": {Encoding{},
			many(array+items+"</return>", ""),
			one(`<return xsi:type="xsd:string">Credit: 7.000</return>`, "")},
		"other member": {Encoding{Member: "string"},
			many(array+strings.NewReplacer("<item", "<string", "/item", "/string").Replace(items)+"</return>", ""),
			one(`<return xsi:type="xsd:string">Credit: 7.000</return>`, "")},
		"own type": {Encoding{OwnType: true},
			many(`<return xsi:type="ns:ArrayOfString" SOAP-ENC:arrayType="xsd:string[2]">`+items+"</return>", ""),
			one(`<return xsi:type="xsd:string">Credit: 7.000</return>`, "")},
		"wrong size": {Encoding{Size: "wrong"},
			many(strings.Replace(array, "[2]", "[3]", 1)+items+"</return>", ""),
			one(`<return xsi:type="xsd:string">Credit: 7.000</return>`, "")},
		"open size": {Encoding{Size: "open"},
			many(strings.Replace(array, "[2]", "[]", 1)+items+"</return>", ""),
			one(`<return xsi:type="xsd:string">Credit: 7.000</return>`, "")},
		"no size": {Encoding{Size: "none"},
			many(`<return xsi:type="SOAP-ENC:Array">`+items+"</return>", ""),
			one(`<return xsi:type="xsd:string">Credit: 7.000</return>`, "")},
		"references": {Encoding{Href: "true"},
			many(`<return href="#id1"/>`, target+`xsi:type="SOAP-ENC:Array" SOAP-ENC:arrayType="xsd:string[2]">`+items+"</multiRef>"),
			one(`<return href="#id1"/>`, target+`xsi:type="xsd:string">Credit: 7.000</multiRef>`)},
		"references to members": {Encoding{Href: "members", Member: "string"},
			many(`<return href="#id1"/>`, target+`xsi:type="SOAP-ENC:Array" SOAP-ENC:arrayType="xsd:string[2]"><string href="#id2"/><string href="#id3"/></multiRef>`+
				`<multiRef id="id2" SOAP-ENC:root="0" xsi:type="xsd:string">`+a+`</multiRef><multiRef id="id3" SOAP-ENC:root="0" xsi:type="xsd:string">`+b+`</multiRef>`),
			one(`<return href="#id1"/>`, target+`xsi:type="xsd:string">Credit: 7.000</multiRef>`)},
		"single for array": {Encoding{Single: true},
			many(`<return xsi:type="xsd:string">`+a+"&#xA;"+b+"</return>", ""),
			one(`<return xsi:type="SOAP-ENC:Array" SOAP-ENC:arrayType="xsd:string[1]"><item xsi:type="xsd:string">Credit: 7.000</item></return>`, "")},
		"nil": {Encoding{Nil: true},
			many(`<return xsi:nil="true"/>`, ""),
			one(`<return xsi:nil="true"/>`, "")},
	} {
		t.Run(name, func(t *testing.T) {
			inside := func(request string) string {
				c, err := received(rpcAddress, request, "", "")
				if err != nil {
					t.Fatal(err)
				}
				answered := []string{"Credit: 7.000"}
				if c.Operation == "sendmsg" {
					answered = []string{a, b}
				}
				_, rest, _ := strings.Cut(string(c.Answer(answered, tt.encoding)), "SOAP-ENV:Body")
				_, rest, _ = strings.Cut(rest, ">")
				body, _, _ := strings.Cut(rest, "</SOAP-ENV:Body>")
				return body
			}
			if diff := cmp.Diff(inside(rpcCall("sendmsg", "", "")), tt.many); diff != "" {
				t.Errorf("sendmsg (-got +want):\n%s", diff)
			}
			if diff := cmp.Diff(inside(rpcCall("getbalance", "", "")), tt.one); diff != "" {
				t.Errorf("getbalance (-got +want):\n%s", diff)
			}
		})
	}
}

func TestDocumentAnswersHaveNoEncoding(t *testing.T) {
	c, err := received(documentAddress, documentCall("sendmsg", ""), "", "")
	if err != nil {
		t.Fatal(err)
	}
	got := string(c.Answer([]string{"a", "<b>"}, Encoding{Member: "string", Href: "members", Single: true, Nil: true}))
	if want := "<ns:sendmsgResponse><return>a</return><return>&lt;b&gt;</return></ns:sendmsgResponse></SOAP-ENV:Body>"; !strings.Contains(got, want) {
		t.Errorf("%s, want %s", got, want)
	}
}
