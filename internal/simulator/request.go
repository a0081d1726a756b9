package simulator

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"net/netip"
	"strings"
)

const (
	maxBody       = 4 << 20
	maxRecipients = 300
	maxNumber     = 100 // characters of a recipient

	envelopeSpace = "http://schemas.xmlsoap.org/soap/envelope/"
	encodingSpace = "http://schemas.xmlsoap.org/soap/encoding/"
	schemaSpace   = "http://www.w3.org/2001/XMLSchema"
	instanceSpace = "http://www.w3.org/2001/XMLSchema-instance"
)

// call is a request that was understood.
type call struct {
	op      *operation
	binding *binding
	values  []string // one for each part of the operation; "" is absent
	to      []string // at most one more than a request may have
	from    netip.Addr
	sent    *batch // what it came to, nil for no messages

	foreign   string // the first parameter that the operation does not have; "" for none
	misplaced string // the first that the schema has before the one it follows; "" for none
	chosen    choices
}

// value gives the parameter, "" where it is absent.
func (c *call) value(key string) string {
	list := c.op.partsIn(c.binding)
	for i := range list {
		if list[i].key == key {
			return c.values[i]
		}
	}
	return ""
}

// detach gives the call a copy of its own of all that it refers to: messages that are kept would keep the whole request else.
func (c *call) detach() {
	size := 0
	for _, list := range [][]string{c.values, c.to} {
		for _, s := range list {
			size += len(s)
		}
	}
	var all strings.Builder
	all.Grow(size)
	for _, list := range [][]string{c.values, c.to} {
		for i, s := range list {
			from := all.Len()
			all.WriteString(s)
			list[i] = all.String()[from:]
		}
	}
}

// partNamed gives the index of a part, -1 for none.
func partNamed(name string, list []part) int {
	for i := range list {
		if list[i].Name == name {
			return i
		}
	}
	return -1
}

// fault is a request that cannot be carried out, as SOAP says it.
type fault struct {
	code string // Client, Server, VersionMismatch or MustUnderstand
	text string
	op   string // "" where the request did not get that far
}

func (f *fault) Error() string { return f.code + " fault: " + f.text }

func refuse(format string, args ...any) error {
	return &fault{code: "Client", text: fmt.Sprintf(format, args...)}
}

// decode reads the call in body, an envelope in UTF-8 or ISO-8859-1; charset is the one that
// the Content-Type names, and counts where the document does not name its own. The order of
// the parameters is free. Every error is a *fault.
func decode(body []byte, b *binding, charset string) (*call, error) {
	t, err := newTokens(body, charset)
	if err != nil {
		return nil, err
	}
	d := &decoder{tokens: t, binding: b}
	return d.envelope()
}

type decoder struct {
	*tokens
	binding *binding
	targets map[string]node
	to      node // the recipients: what the part that may occur many times comes to
}

// child gives the next element inside the one that is open; not ok at its end.
func (d *decoder) child() (element xml.Name, ok bool, err error) {
	for {
		t, err := d.next()
		switch {
		case err != nil:
			return xml.Name{}, false, err
		case t.kind != charData:
			return t.name, t.kind == startTag, nil
		case strings.Trim(t.text, spaces) != "":
			return xml.Name{}, false, refuse("there is text where only elements may be")
		}
	}
}

// attributeOf gives "" for one that the element that began last does not have.
func (d *decoder) attributeOf(space, local string) string {
	for _, a := range d.attrs {
		if a.Name.Local == local && a.Name.Space == space {
			return a.Value
		}
	}
	return ""
}

// skipElement reads to the end of the element that began last.
func (d *decoder) skipElement() error {
	for depth := len(d.open); len(d.open) >= depth; {
		if _, err := d.next(); err != nil {
			return err
		}
	}
	return nil
}

func (d *decoder) envelope() (*call, error) {
	root, ok, err := d.child()
	switch {
	case err != nil:
		return nil, err
	case !ok:
		return nil, errEarly
	case root.Local != "Envelope":
		return nil, refuse("the request is not a SOAP envelope")
	case root.Space != envelopeSpace:
		return nil, &fault{code: "VersionMismatch", text: "the envelope is not one of SOAP 1.1"}
	}
	var c *call
	for {
		name, ok, err := d.child()
		if err != nil {
			return nil, err
		}
		if !ok {
			break
		}
		switch name {
		case xml.Name{Space: envelopeSpace, Local: "Header"}:
			err = d.header()
		case xml.Name{Space: envelopeSpace, Local: "Body"}:
			if c != nil {
				return nil, refuse("the envelope has two bodies")
			}
			c, err = d.body()
		default:
			return nil, refuse("the envelope has an element %.40q", name.Local)
		}
		if err != nil {
			return nil, err
		}
	}
	if c == nil {
		return nil, refuse("the envelope has no body")
	}
	if _, ok, err := d.child(); err != nil || ok {
		return nil, cmp.Or(err, refuse("something follows the envelope"))
	}
	return c, nil
}

func (d *decoder) header() error {
	for {
		name, ok, err := d.child()
		if err != nil || !ok {
			return err
		}
		if d.attributeOf(envelopeSpace, "mustUnderstand") == "1" {
			return &fault{code: "MustUnderstand", text: fmt.Sprintf("the header %.40q is not understood", name.Local)}
		}
		if err := d.skipElement(); err != nil {
			return err
		}
	}
}

// body reads the call and, in RPC, the elements beside it that its references point at.
func (d *decoder) body() (*call, error) {
	name, ok, err := d.child()
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, refuse("the body is empty")
	}
	c := &call{binding: d.binding}
	older := d.binding.olderSpace != "" && name.Space == d.binding.olderSpace
	if name.Space != d.binding.namespace && !older {
		return nil, refuse("%.40q is in the namespace %.100q; this address serves %q", name.Local, name.Space, d.binding.namespace)
	}
	if c.op = operationNamed(name.Local, d.binding); c.op == nil {
		return nil, refuse("there is no operation %.40q", name.Local)
	}
	given, err := d.parameters(c, older)
	if err != nil {
		return nil, err
	}
	for {
		name, ok, err := d.child()
		if err != nil {
			return nil, err
		}
		if !ok {
			return c, d.bind(c, given)
		}
		id := d.attributeOf("", "id")
		if !d.binding.rpc || id == "" {
			return nil, refuse("the body has a second element, %.40q", name.Local)
		}
		if _, taken := d.targets[id]; taken {
			return nil, refuse("two elements have the id %.40q", id)
		}
		if d.targets == nil {
			d.targets = map[string]node{}
		}
		n, err := d.node(name, true)
		if err != nil {
			return nil, err
		}
		d.targets[id] = n
	}
}
