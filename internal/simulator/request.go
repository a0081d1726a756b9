package simulator

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
)

const (
	maxBody       = 4 << 20
	maxDepth      = 32
	maxRecipients = 300

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
}

// value gives the parameter, "" where it is absent.
func (c *call) value(key string) string {
	for i, p := range c.op.partsIn(c.binding) {
		if p.key == key {
			return c.values[i]
		}
	}
	return ""
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
	d := newDecoder(body, b, charset)
	c, err := d.envelope()
	var known *fault
	switch {
	case err == nil:
		return c, nil
	case errors.As(err, &known):
		return nil, known
	case errors.Is(err, io.EOF):
		return nil, refuse("the request ends early")
	}
	return nil, refuse("the request is not well-formed: %.200s", err.Error())
}

// decoder reads token by token. DOCTYPE is refused, and with it every entity but XML's own five.
type decoder struct {
	tokens  *xml.Decoder
	binding *binding
	depth   int
	text    []byte // of the element being read
	targets map[string]node
}

// node is the content of a parameter: a string, an array of strings, or a reference to either.
type node struct {
	text  string
	href  string
	items []node
	array bool
}

func newDecoder(body []byte, b *binding, charset string) *decoder {
	body = bytes.TrimPrefix(body, []byte("\uFEFF"))
	var input io.Reader = bytes.NewReader(body)
	if !bytes.HasPrefix(body, []byte("<?xml")) && isLatin1(charset) {
		input = &latin1{from: bytes.NewReader(body)}
	}
	tokens := xml.NewDecoder(input)
	tokens.CharsetReader = func(label string, rest io.Reader) (io.Reader, error) {
		from, ok := rest.(io.ByteReader)
		if !ok || !isLatin1(label) {
			return nil, refuse("encoding %.40q is neither UTF-8 nor ISO-8859-1", label)
		}
		return &latin1{from: from}, nil
	}
	return &decoder{tokens: tokens, binding: b}
}

// next gives the next start or end of an element, or text. The text is valid until the call after.
func (d *decoder) next() (xml.Token, error) {
	for {
		token, err := d.tokens.Token()
		if err != nil {
			return nil, err
		}
		switch token.(type) {
		case xml.StartElement:
			if d.depth++; d.depth > maxDepth {
				return nil, refuse("elements are nested deeper than %d", maxDepth)
			}
		case xml.EndElement:
			d.depth--
		case xml.CharData:
		case xml.Directive:
			return nil, refuse("a document type declaration is not allowed")
		default:
			continue
		}
		return token, nil
	}
}

// child gives the next element inside the one that is open, nil at its end.
func (d *decoder) child() (*xml.StartElement, error) {
	for {
		token, err := d.next()
		if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			return &token, nil
		case xml.EndElement:
			return nil, nil
		case xml.CharData:
			if len(bytes.TrimSpace(token)) > 0 {
				return nil, refuse("there is text where only elements may be")
			}
		}
	}
}

func (d *decoder) skip() error {
	for open := d.depth; d.depth >= open; {
		if _, err := d.next(); err != nil {
			return err
		}
	}
	return nil
}

func (d *decoder) envelope() (*call, error) {
	start, err := d.child()
	if err != nil {
		return nil, err
	}
	if start == nil || start.Name.Local != "Envelope" {
		return nil, refuse("the request is not a SOAP envelope")
	}
	if start.Name.Space != envelopeSpace {
		return nil, &fault{code: "VersionMismatch", text: "the envelope is not one of SOAP 1.1"}
	}
	var c *call
	for {
		start, err := d.child()
		if err != nil {
			return nil, err
		}
		if start == nil {
			break
		}
		switch start.Name {
		case xml.Name{Space: envelopeSpace, Local: "Header"}:
			err = d.header()
		case xml.Name{Space: envelopeSpace, Local: "Body"}:
			if c != nil {
				return nil, refuse("the envelope has two bodies")
			}
			c, err = d.body()
		default:
			return nil, refuse("the envelope has an element %.40q", start.Name.Local)
		}
		if err != nil {
			return nil, err
		}
	}
	if c == nil {
		return nil, refuse("the envelope has no body")
	}
	switch _, err := d.child(); {
	case errors.Is(err, io.EOF):
		return c, nil
	case err != nil:
		return nil, err
	}
	return nil, refuse("something follows the envelope")
}

func (d *decoder) header() error {
	for {
		start, err := d.child()
		if err != nil || start == nil {
			return err
		}
		if attribute(start, envelopeSpace, "mustUnderstand") == "1" {
			return &fault{code: "MustUnderstand", text: fmt.Sprintf("the header %.40q is not understood", start.Name.Local)}
		}
		if err := d.skip(); err != nil {
			return err
		}
	}
}

// body reads the call and, in RPC, the elements beside it that its references point at.
func (d *decoder) body() (*call, error) {
	start, err := d.child()
	if err != nil {
		return nil, err
	}
	if start == nil {
		return nil, refuse("the body is empty")
	}
	c := &call{binding: d.binding}
	older := d.binding.olderSpace != "" && start.Name.Space == d.binding.olderSpace
	if start.Name.Space != d.binding.namespace && !older {
		return nil, refuse("%.40q is in the namespace %.100q; this address serves %q", start.Name.Local, start.Name.Space, d.binding.namespace)
	}
	if slices.Contains(unoffered, start.Name.Local) {
		return nil, &fault{code: "Server", text: start.Name.Local + " is not offered by this simulator", op: start.Name.Local}
	}
	if c.op = operationNamed(start.Name.Local, d.binding); c.op == nil {
		return nil, refuse("there is no operation %.40q", start.Name.Local)
	}
	given, err := d.parameters(c.op, older)
	if err != nil {
		return nil, err
	}
	for {
		start, err := d.child()
		if err != nil {
			return nil, err
		}
		if start == nil {
			return c, d.bind(c, given)
		}
		id := attribute(start, "", "id")
		if !d.binding.rpc || id == "" {
			return nil, refuse("the body has a second element, %.40q", start.Name.Local)
		}
		if d.targets == nil {
			d.targets = map[string]node{}
		}
		if d.targets[id], err = d.node(start, true); err != nil {
			return nil, err
		}
	}
}

// parameters gives what stands in the open element, by the index of the part.
func (d *decoder) parameters(op *operation, older bool) ([][]node, error) {
	list := op.partsIn(d.binding)
	given := make([][]node, len(list))
	for {
		start, err := d.child()
		if err != nil || start == nil {
			return given, err
		}
		name := start.Name.Local
		if start.Name.Space != "" && !(older && start.Name.Space == d.binding.olderSpace) {
			return nil, refuse("%.40q in %s has a namespace, and must have none", name, op.name)
		}
		if d.binding.rpc && name == "callback" {
			name = "msg_callback" // its name on the older RPC address
		}
		i := slices.IndexFunc(list, func(p part) bool { return p.Name == name })
		if i < 0 {
			return nil, refuse("%s has no parameter %.40q", op.name, name)
		}
		if len(given[i]) > 0 && !list[i].Many {
			return nil, refuse("%s has %q twice", op.name, name)
		}
		n, err := d.node(start, d.binding.rpc && list[i].Many)
		if err != nil {
			return nil, err
		}
		if len(given[i]) <= maxRecipients {
			given[i] = append(given[i], n)
		}
	}
}

// node reads the content of the element that start opened, to its end.
func (d *decoder) node(start *xml.StartElement, mayBeArray bool) (node, error) {
	var n node
	if d.binding.rpc {
		n.href = strings.TrimPrefix(attribute(start, "", "href"), "#")
	}
	d.text = d.text[:0]
	for {
		token, err := d.next()
		if err != nil {
			return n, err
		}
		switch token := token.(type) {
		case xml.CharData:
			d.text = append(d.text, token...)
		case xml.StartElement:
			if !mayBeArray {
				return n, refuse("there is an element %.40q inside %.40q", token.Name.Local, start.Name.Local)
			}
			item, err := d.node(&token, false)
			if err != nil {
				return n, err
			}
			n.array = true
			if len(n.items) <= maxRecipients {
				n.items = append(n.items, item)
			}
			d.text = d.text[:0]
		case xml.EndElement:
			n.text = string(d.text)
			return n, nil
		}
	}
}

// bind puts what was given in its place, references followed.
func (d *decoder) bind(c *call, given [][]node) error {
	list := c.op.partsIn(d.binding)
	c.values = make([]string, len(given))
	for i, nodes := range given {
		for _, n := range nodes {
			n, err := d.follow(n)
			if err != nil {
				return err
			}
			if n.array && !list[i].Many {
				return refuse("%q is an array", list[i].Name)
			}
			if !list[i].Many {
				c.values[i] = absent(n.text, list[i].Type)
				continue
			}
			if !n.array {
				n.items = []node{n}
			}
			for _, item := range n.items {
				if item, err = d.follow(item); err != nil {
					return err
				}
				if item.array {
					return refuse("%q is an array of arrays", list[i].Name)
				}
				if number := strings.TrimSpace(item.text); number != "" && len(c.to) <= maxRecipients {
					c.to = append(c.to, number)
				}
			}
		}
	}
	return nil
}

// follow gives what n refers to; a reference may point at another one, a few times.
func (d *decoder) follow(n node) (node, error) {
	for range 4 {
		if n.href == "" {
			return n, nil
		}
		target, ok := d.targets[n.href]
		if !ok {
			return n, refuse("nothing has the id %.40q", n.href)
		}
		n = target
	}
	return n, refuse("references lead from one to the next")
}

// absent gives "" for what generated clients send where nothing is meant: an empty string,
// or nought where the part is a number. Text keeps its white space.
func absent(value, kind string) string {
	if kind == "string" {
		if strings.TrimSpace(value) == "" {
			return ""
		}
		return value
	}
	value = strings.TrimSpace(value)
	if strings.Trim(value, "+-.0") == "" && strings.Contains(value, "0") {
		return ""
	}
	return value
}

func attribute(start *xml.StartElement, space, local string) string {
	for _, a := range start.Attr {
		if a.Name.Space == space && a.Name.Local == local {
			return a.Value
		}
	}
	return ""
}
