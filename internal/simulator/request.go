package simulator

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"net/netip"
	"slices"
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

// node is the content of an element: a string, an array of strings, or a reference to either.
type node struct {
	text, href string
	array      bool
	items      []item
}

// item is a string or a reference to one. That of a part may refer to an array, that of a member of an array may not.
type item struct {
	text, href string
	part       bool
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

// parameters gives what stands in the open element, by the index of the part.
func (d *decoder) parameters(c *call, older bool) ([]item, error) {
	op, list := c.op, c.op.partsIn(d.binding)
	given, last := make([]item, len(list)), 0
	for {
		element, ok, err := d.child()
		if err != nil || !ok {
			return given, err
		}
		name := element.Local
		if element.Space != "" && !(older && element.Space == d.binding.olderSpace) {
			return nil, refuse("%.40q in %s has a namespace, and must have none", name, op.name)
		}
		if d.binding.rpc && name == "callback" {
			name = "msg_callback" // its name on the older RPC address
		}
		i := partNamed(name, list)
		if i < 0 {
			if c.foreign == "" {
				c.foreign = name
			}
			if err := d.skipElement(); err != nil {
				return nil, err
			}
			continue
		}
		if given[i].part && !list[i].Many {
			return nil, refuse("%s has %q twice", op.name, name)
		}
		if i < last && c.misplaced == "" {
			c.misplaced = name
		}
		last = i
		n, err := d.node(element, d.binding.rpc && list[i].Many)
		if err != nil {
			return nil, err
		}
		given[i] = item{n.text, n.href, true}
		switch {
		case !list[i].Many:
		case !n.array:
			d.add(&d.to, given[i])
		case !d.to.array:
			d.to = n
		default:
			d.to.items = append(d.to.items, n.items...)
		}
	}
}

// node reads the content of the element that began last, to its end.
func (d *decoder) node(element xml.Name, mayBeArray bool) (node, error) {
	var n node
	if d.binding.rpc {
		n.href = strings.TrimPrefix(d.attributeOf("", "href"), "#")
	}
	for {
		t, err := d.next()
		if err != nil {
			return n, err
		}
		switch t.kind {
		case charData:
			n.text = t.text
		case startTag:
			if !mayBeArray {
				return n, refuse("there is an element %.40q inside %.40q", t.name.Local, element.Local)
			}
			member, err := d.node(t.name, false)
			if err != nil {
				return n, err
			}
			d.add(&n, item{text: member.text, href: member.href})
		case endTag:
			if n.href != "" && (n.array || strings.Trim(n.text, spaces) != "") {
				return n, refuse("%.40q has a content besides its reference", element.Local)
			}
			return n, nil
		}
	}
}

// add makes the string that was just read a member of an array, and with it all that follow in the same form.
func (d *decoder) add(to *node, member item) {
	if !to.array {
		// There is hardly room for more of that length.
		to.items = make([]item, 0, min(1+(len(d.in)-d.at)/(len(d.last.tag)+len(member.text)), maxRecipients+1))
		to.array = true
	}
	for ok := true; ok; member.text, ok = d.again() {
		if len(to.items) <= maxRecipients {
			to.items = append(to.items, member)
		}
		if member.href != "" {
			return
		}
	}
}

// bind puts what was given in its place, references followed.
func (d *decoder) bind(c *call, given []item) error {
	list := c.op.partsIn(d.binding)
	c.values = make([]string, len(given))
	for i := range given {
		if list[i].Many {
			continue
		}
		n, err := d.follow(given[i])
		if err != nil {
			return err
		}
		if n.array {
			return refuse("%q is an array", list[i].Name)
		}
		c.values[i] = absent(n.text, list[i].Type)
	}
	if err := d.addRecipients(c, d.to.items); err != nil {
		return err
	}
	c.detach()
	return nil
}

func (d *decoder) addRecipients(c *call, items []item) error {
	c.to = slices.Grow(c.to, len(items))
	for i := range items {
		n, err := d.follow(items[i])
		if err != nil {
			return err
		}
		if n.array && !items[i].part {
			return refuse("the recipients are an array of arrays")
		}
		if n.array {
			if err := d.addRecipients(c, n.items); err != nil {
				return err
			}
			continue
		}
		number := strings.TrimSpace(n.text)
		if len(number) > maxNumber { // many may refer to one long text
			return refuse("a recipient has more than %d characters", maxNumber)
		}
		if number != "" && len(c.to) <= maxRecipients {
			c.to = append(c.to, number)
		}
	}
	return nil
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

// follow gives what i refers to; a reference may point at another one, a few times.
func (d *decoder) follow(i item) (node, error) {
	n := node{text: i.text, href: i.href}
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
