package envelope

import (
	"bytes"
	"fmt"
)

// Fault is a request that cannot be carried out, as SOAP says it.
type Fault struct {
	Code      string // Client, Server, VersionMismatch or MustUnderstand
	Text      string
	Operation string // as in [Call]; "" where the request did not get that far
}

func (f *Fault) Error() string { return f.Code + " fault: " + f.Text }

func refuse(format string, args ...any) error {
	return &Fault{Code: "Client", Text: fmt.Sprintf(format, args...)}
}

// Answer is the envelope that carries the fault.
func (f *Fault) Answer(b *Binding) []byte {
	var out bytes.Buffer
	head(&out, b)
	fmt.Fprintf(&out, "<SOAP-ENV:Fault><faultcode>SOAP-ENV:%s</faultcode><faultstring>", f.Code)
	escape(&out, f.Text)
	out.WriteString("</faultstring>")
	if !b.rpc && f.Operation != "" {
		fmt.Fprintf(&out, "<detail><ns:%[1]sFault><%[1]sFault>", f.Operation)
		escape(&out, f.Text)
		fmt.Fprintf(&out, "</%[1]sFault></ns:%[1]sFault></detail>", f.Operation)
	}
	out.WriteString("</SOAP-ENV:Fault>")
	out.WriteString(foot)
	return out.Bytes()
}
