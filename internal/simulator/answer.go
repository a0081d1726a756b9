package simulator

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strconv"
)

// Error codes.
const (
	errAuthentication = 1
	errSessionExpired = 3
	errFrozen         = 4
	errSessionMissing = 5
	errLockdown       = 7
	errParameter      = 101
	errUDH            = 102
	errMessageID      = 103
	errClientID       = 104
	errDestination    = 105
	errSource         = 106
	errEmpty          = 107
	errAPIID          = 108
	errIDMissing      = 109
	errType           = 112
	errParts          = 113
	errNoRoute        = 114
	errUnicode        = 116
	errTime           = 120
	errBlocked        = 121
	errOptedOut       = 122
	errSender         = 123
	errDelisted       = 128
	errLimit          = 130
	errBatch          = 201
	errTemplate       = 202
	errCredit         = 301
	errVoucher        = 606
	errVoucherExpired = 607
)

var errorTexts = map[int]string{
	1: "Authentication failed", 2: "Unknown username or password", 3: "Session ID expired", 4: "Account frozen",
	5: "Missing session ID", 7: "IP Lockdown violation", 100: "Data malformed", 101: "Invalid or missing parameters",
	102: "Invalid user data header", 103: "Unknown API message ID", 104: "Unknown client message ID",
	105: "Invalid destination address", 106: "Invalid source address", 107: "Empty message", 108: "Invalid or missing API ID",
	109: "Missing message ID", 110: "Error with email message", 111: "Invalid protocol", 112: "Invalid message type",
	113: "Maximum message parts exceeded", 114: "Cannot route message", 115: "Message expired", 116: "Invalid Unicode data",
	120: "Invalid delivery time", 121: "Destination mobile number blocked", 122: "Destination mobile opted out",
	123: "Invalid sender ID", 128: "Number delisted", 130: "Maximum MT limit exceeded", 201: "Invalid batch ID",
	202: "No batch template", 301: "No Credit Left", 302: "Max allowed credit", 606: "Invalid Voucher", 607: "Expired Voucher", 901: "Internal error - please retry",
}

// errorLine is "ERR: 105, Invalid destination address".
func errorLine(code int) string {
	text := errorTexts[code]
	if text == "" {
		text = "Error"
	}
	return fmt.Sprintf("ERR: %03d, %s", code, text)
}

func statusLine(m *message, status int) string {
	return fmt.Sprintf("ID: %s Status: %03d", m.id, status)
}

func decimal(credits float64) string { return strconv.FormatFloat(credits, 'f', -1, 64) }

const (
	documentHead = `<?xml version="1.0" encoding="UTF-8"?>` + "\n" +
		`<SOAP-ENV:Envelope xmlns:SOAP-ENV="` + envelopeSpace + `" xmlns:ns="%s"><SOAP-ENV:Body>`
	rpcHead = `<?xml version="1.0" encoding="UTF-8"?>` + "\n" +
		`<SOAP-ENV:Envelope xmlns:SOAP-ENV="` + envelopeSpace + `" xmlns:SOAP-ENC="` + encodingSpace + `" xmlns:xsd="` + schemaSpace +
		`" xmlns:xsi="` + instanceSpace + `" xmlns:ns="%s"><SOAP-ENV:Body SOAP-ENV:encodingStyle="` + encodingSpace + `">`
	foot = "</SOAP-ENV:Body></SOAP-ENV:Envelope>\n"
)

func head(out *bytes.Buffer, b *binding) {
	if b.rpc {
		fmt.Fprintf(out, rpcHead, b.namespace)
	} else {
		fmt.Fprintf(out, documentHead, b.namespace)
	}
}

// answer is the envelope that carries the lines; v counts in RPC.
func answer(b *binding, op *operation, lines []string, v rpcValue) []byte {
	var out bytes.Buffer
	size := 1024
	for _, line := range lines {
		size += len(line) + len(`<item xsi:type="xsd:string"></item>`)
	}
	out.Grow(size)
	head(&out, b)
	fmt.Fprintf(&out, "<ns:%sResponse>", op.nameIn(b))
	var beside []byte
	if b.rpc {
		beside = v.write(&out, op.rpcArray, lines)
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

// faultAnswer is the envelope that carries a SOAP fault.
func faultAnswer(b *binding, f *fault) []byte {
	var out bytes.Buffer
	head(&out, b)
	fmt.Fprintf(&out, "<SOAP-ENV:Fault><faultcode>SOAP-ENV:%s</faultcode><faultstring>", f.code)
	escape(&out, f.text)
	out.WriteString("</faultstring>")
	if !b.rpc && f.op != "" {
		fmt.Fprintf(&out, "<detail><ns:%[1]sFault><%[1]sFault>", f.op)
		escape(&out, f.text)
		fmt.Fprintf(&out, "</%[1]sFault></ns:%[1]sFault></detail>", f.op)
	}
	out.WriteString("</SOAP-ENV:Fault>")
	out.WriteString(foot)
	return out.Bytes()
}

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
