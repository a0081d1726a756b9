package envelope

import (
	"bytes"
	"cmp"
	"fmt"
	"strings"
)

// Encoding is how an RPC answer carries its lines. The zero Encoding is the gateway's usual one.
type Encoding struct {
	Member  string // name of an array's members; "" for item
	OwnType bool   // arrays are of the WSDL's type ArrayOfString
	Size    string // of arrays: "wrong", "open" or "none"; "" for the true one
	Href    string // what stands beside the response: "true" for the value, "members" for those of an array too; "" for nothing
	Single  bool   // one string and an array change places
	Nil     bool   // no value
}

// write writes the part "return", and gives the elements beside the response that it refers to.
func (e Encoding) write(out *bytes.Buffer, isArray bool, lines []string) (beside []byte) {
	if e.Nil {
		out.WriteString(`<return xsi:nil="true"/>`)
		return nil
	}
	if isArray == e.Single {
		lines = []string{strings.Join(lines, "\n")}
	}
	isArray = isArray != e.Single
	if e.Href == "" {
		e.element(out, nil, "return", "", isArray, lines)
		return nil
	}
	out.WriteString(`<return href="#id1"/>`)
	var target, members bytes.Buffer
	e.element(&target, &members, "multiRef", "id1", isArray, lines)
	return append(target.Bytes(), members.Bytes()...)
}

// element writes an array of the lines or a string; with Href "members", the members of an array go apart.
func (e Encoding) element(out, members *bytes.Buffer, name, id string, isArray bool, lines []string) {
	mark := ""
	if id != "" {
		mark = fmt.Sprintf(` id="%s" SOAP-ENC:root="0"`, id)
	}
	if !isArray {
		fmt.Fprintf(out, `<%s%s xsi:type="xsd:string">`, name, mark)
		escape(out, lines[0])
		fmt.Fprintf(out, "</%s>", name)
		return
	}
	fmt.Fprintf(out, "<%s%s%s>", name, mark, e.arrayType(len(lines)))
	member := cmp.Or(e.Member, "item")
	open, end := "<"+member+` xsi:type="xsd:string">`, "</"+member+">"
	for i, line := range lines {
		if e.Href == "members" {
			id := fmt.Sprintf("id%d", i+2)
			fmt.Fprintf(out, `<%s href="#%s"/>`, member, id)
			e.element(members, nil, "multiRef", id, false, []string{line})
			continue
		}
		out.WriteString(open)
		escape(out, line)
		out.WriteString(end)
	}
	fmt.Fprintf(out, "</%s>", name)
}

// arrayType gives the attributes of an array of that many strings.
func (e Encoding) arrayType(members int) string {
	kind := "SOAP-ENC:Array"
	if e.OwnType {
		kind = "ns:ArrayOfString"
	}
	size := fmt.Sprint(members)
	switch e.Size {
	case "none":
		return fmt.Sprintf(` xsi:type="%s"`, kind)
	case "open":
		size = ""
	case "wrong":
		size = fmt.Sprint(members + 1)
	}
	return fmt.Sprintf(` xsi:type="%s" SOAP-ENC:arrayType="xsd:string[%s]"`, kind, size)
}
