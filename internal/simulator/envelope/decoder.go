package envelope

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"strings"
)

type decoder struct {
	*tokens
	binding *Binding
	call    *Call // from when it is known what is called
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

func (d *decoder) envelope() (*Call, error) {
	root, ok, err := d.child()
	switch {
	case err != nil:
		return nil, err
	case !ok:
		return nil, errEarly
	case root.Local != "Envelope":
		return nil, refuse("the request is not a SOAP envelope")
	case root.Space != Space:
		return nil, &Fault{Code: "VersionMismatch", Text: "the envelope is not one of SOAP 1.1"}
	}
	var c *Call
	for {
		name, ok, err := d.child()
		if err != nil {
			return nil, err
		}
		if !ok {
			break
		}
		switch name {
		case xml.Name{Space: Space, Local: "Header"}:
			err = d.header()
		case xml.Name{Space: Space, Local: "Body"}:
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
		// A header with an actor is for that one, unless it is whoever comes next.
		actor := d.attributeOf(Space, "actor")
		isOurs := actor == "" || actor == "http://schemas.xmlsoap.org/soap/actor/next"
		if isOurs && d.attributeOf(Space, "mustUnderstand") == "1" {
			return &Fault{Code: "MustUnderstand", Text: fmt.Sprintf("the header %.40q is not understood", name.Local)}
		}
		if err := d.skipElement(); err != nil {
			return err
		}
	}
}

// body reads the call and, in RPC, the elements beside it that its references point at.
func (d *decoder) body() (*Call, error) {
	name, ok, err := d.child()
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, refuse("the body is empty")
	}
	c := &Call{Binding: d.binding}
	older := d.binding.olderSpace != "" && name.Space == d.binding.olderSpace
	if name.Space != d.binding.namespace && !older {
		return nil, refuse("%.40q is in the namespace %.100q; this address serves %q", name.Local, name.Space, d.binding.namespace)
	}
	if c.op = operationNamed(name.Local, d.binding); c.op == nil {
		return nil, refuse("there is no operation %.40q", name.Local)
	}
	c.Operation = c.op.name
	d.call = c
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
