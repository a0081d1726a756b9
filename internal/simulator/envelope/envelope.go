// Package envelope reads the SOAP calls that come to the gateway and writes its answers, in both bindings, and describes them in
// WSDL. What [Read] gives is one whole and well-formed call of an operation that the gateway has, within limits. The package
// knows neither messages nor accounts: what a call means is its reader's business.
package envelope

import (
	"errors"
	"strings"
)

// Space is the namespace of SOAP 1.1 envelopes.
const Space = "http://schemas.xmlsoap.org/soap/envelope/"

const (
	encodingSpace = "http://schemas.xmlsoap.org/soap/encoding/"
	schemaSpace   = "http://www.w3.org/2001/XMLSchema"
	instanceSpace = "http://www.w3.org/2001/XMLSchema-instance"
)

// MaxRecipients is how many a call may have.
const MaxRecipients = 300

const maxNumber = 100 // octets of a recipient; what follows is cut off, and what is left is no number either

// Call is a request that was understood.
type Call struct {
	Operation string // its Document/Literal name, in either binding
	Binding   *Binding
	To        []string // the recipients; one more than MaxRecipients where there are more

	op        *operation
	values    []string // one for each part of the operation; "" is absent
	foreign   string   // the first parameter that the operation does not have; "" for none
	misplaced string   // the first that the schema has before the one it follows; "" for none
}

// Read reads the call in body, an envelope in UTF-8 or ISO-8859-1. The character set that the Content-Type names counts where the
// document does not name its own. The order of the parameters is free, and those that the operation does not have are
// passed over; [Call.Check] looks at both. The call keeps nothing of body. Every error is a *Fault.
func Read(body []byte, b *Binding, contentType string) (*Call, error) {
	t, err := newTokens(body, charsetOf(contentType))
	if err != nil {
		return nil, err
	}
	d := &decoder{tokens: t, binding: b}
	c, err := d.envelope()
	if f := (*Fault)(nil); errors.As(err, &f) && d.call != nil {
		return nil, &Fault{f.Code, f.Text, d.call.Operation}
	}
	return c, err
}

// Value gives a parameter under its Document/Literal name in lower case, "" where it is absent. What generated clients send where
// nothing is meant is absent: an empty string, or nought where the parameter is a number.
func (c *Call) Value(key string) string {
	list := c.op.partsIn(c.Binding)
	for i := range list {
		if list[i].key == key {
			return c.values[i]
		}
	}
	return ""
}

// detach gives the call a copy of its own of all that it refers to: messages that are kept would keep the whole request else.
func (c *Call) detach() {
	size := 0
	for _, list := range [][]string{c.values, c.To} {
		for _, s := range list {
			size += len(s)
		}
	}
	var all strings.Builder
	all.Grow(size)
	for _, list := range [][]string{c.values, c.To} {
		for i, s := range list {
			from := all.Len()
			all.WriteString(s)
			list[i] = all.String()[from:]
		}
	}
}
