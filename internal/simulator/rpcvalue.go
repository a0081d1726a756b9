package simulator

import (
	"bytes"
	"fmt"
	"strings"
)

// rpcValue is how the part "return" of an RPC answer is encoded.
type rpcValue struct {
	member string // name of an array's members
	own    bool   // arrays are of the WSDL's type
	size   string // of arrays: wrong, open or none; "" for the true one
	href   string // true or members: what stands beside the response; "" for nothing
	single bool   // one string and an array change places
	absent bool   // nil
}

func rpcValueOf(faults []*Fault) rpcValue {
	v := rpcValue{member: "item"}
	for _, f := range faults {
		if name := f.text("member"); name != "" {
			v.member = name
		}
		if size := f.text("size"); size != "" {
			v.size = size
		}
		if href := f.text("href"); href != "" {
			v.href = href
		}
		v.own = v.own || f.text("type") == "own"
		v.single = v.single || f.is("single")
		v.absent = v.absent || f.is("nil")
	}
	return v
}

// write writes the part, and gives the elements beside the response that it refers to.
func (v rpcValue) write(out *bytes.Buffer, isArray bool, lines []string) (beside []byte) {
	if v.absent {
		out.WriteString(`<return xsi:nil="true"/>`)
		return nil
	}
	if isArray == v.single {
		lines = []string{strings.Join(lines, "\n")}
	}
	isArray = isArray != v.single
	if v.href == "" {
		v.element(out, nil, "return", "", isArray, lines)
		return nil
	}
	out.WriteString(`<return href="#id1"/>`)
	var target, members bytes.Buffer
	v.element(&target, &members, "multiRef", "id1", isArray, lines)
	return append(target.Bytes(), members.Bytes()...)
}

// element writes an array of the lines or a string; with href=members, the members of an array go apart.
func (v rpcValue) element(out, members *bytes.Buffer, name, id string, isArray bool, lines []string) {
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
	fmt.Fprintf(out, "<%s%s%s>", name, mark, v.arrayType(len(lines)))
	open, end := "<"+v.member+` xsi:type="xsd:string">`, "</"+v.member+">"
	for i, line := range lines {
		if v.href == "members" {
			id := fmt.Sprintf("id%d", i+2)
			fmt.Fprintf(out, `<%s href="#%s"/>`, v.member, id)
			v.element(members, nil, "multiRef", id, false, []string{line})
			continue
		}
		out.WriteString(open)
		escape(out, line)
		out.WriteString(end)
	}
	fmt.Fprintf(out, "</%s>", name)
}

// arrayType gives the attributes of an array of that many strings.
func (v rpcValue) arrayType(members int) string {
	kind := "SOAP-ENC:Array"
	if v.own {
		kind = "ns:ArrayOfString"
	}
	size := fmt.Sprint(members)
	switch v.size {
	case "none":
		return fmt.Sprintf(` xsi:type="%s"`, kind)
	case "open":
		size = ""
	case "wrong":
		size = fmt.Sprint(members + 1)
	}
	return fmt.Sprintf(` xsi:type="%s" SOAP-ENC:arrayType="xsd:string[%s]"`, kind, size)
}
