package envelope

import (
	"bytes"
	"encoding/xml"
	"fmt"
)

const (
	documentHead = `<?xml version="1.0" encoding="UTF-8"?>` + "\n" +
		`<SOAP-ENV:Envelope xmlns:SOAP-ENV="` + Space + `" xmlns:ns="%s"><SOAP-ENV:Body>`
	rpcHead = `<?xml version="1.0" encoding="UTF-8"?>` + "\n" +
		`<SOAP-ENV:Envelope xmlns:SOAP-ENV="` + Space + `" xmlns:SOAP-ENC="` + encodingSpace + `" xmlns:xsd="` + schemaSpace +
		`" xmlns:xsi="` + instanceSpace + `" xmlns:ns="%s"><SOAP-ENV:Body SOAP-ENV:encodingStyle="` + encodingSpace + `">`
	foot = "</SOAP-ENV:Body></SOAP-ENV:Envelope>\n"
)

func head(out *bytes.Buffer, b *Binding) {
	if b.rpc {
		fmt.Fprintf(out, rpcHead, b.namespace)
	} else {
		fmt.Fprintf(out, documentHead, b.namespace)
	}
}

// Answer is the envelope that answers the call with the lines; e counts in RPC.
func (c *Call) Answer(lines []string, e Encoding) []byte {
	b, op := c.Binding, c.op
	var out bytes.Buffer
	size, around := 1024, len("<return></return>")
	if b.rpc {
		around = len(`<item xsi:type="xsd:string"></item>`)
	}
	for _, line := range lines {
		size += len(line) + around
	}
	out.Grow(size)
	head(&out, b)
	fmt.Fprintf(&out, "<ns:%sResponse>", op.nameIn(b))
	var beside []byte
	if b.rpc {
		beside = e.write(&out, op.rpcArray, lines)
	} else {
		for _, line := range lines {
			out.WriteString("<return>")
			escape(&out, line)
			out.WriteString("</return>")
		}
	}
	fmt.Fprintf(&out, "</ns:%sResponse>", op.nameIn(b))
	out.Write(beside)
	out.WriteString(foot)
	return out.Bytes()
}

// escape writes text as it stands in an element.
func escape(out *bytes.Buffer, text string) {
	for i := range len(text) {
		if !harmless[text[i]] {
			xml.EscapeText(out, []byte(text)) // a buffer takes everything
			return
		}
	}
	out.WriteString(text)
}

// harmless has the octets that stand for themselves in XML.
var harmless = func() (set [256]bool) {
	for c := ' '; c <= '~'; c++ {
		set[c] = c != '<' && c != '>' && c != '&' && c != '"' && c != '\''
	}
	return set
}()
