package envelope

import (
	"encoding/xml"
	"strings"
)

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

// node reads the content of the element that began last, to its end.
func (d *decoder) node(element xml.Name, mayBeArray bool) (node, error) {
	var n node
	if d.binding.rpc {
		n.href = strings.TrimPrefix(d.attributeOf("", "href"), "#")
	}
	says := false // anything but white space
	for {
		t, err := d.next()
		if err != nil {
			return n, err
		}
		switch t.kind {
		case charData:
			n.text = t.text
			says = says || strings.Trim(t.text, spaces) != ""
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
			switch {
			case n.href != "" && (n.array || says):
				return n, refuse("%.40q has a content besides its reference", element.Local)
			case n.array && says:
				return n, refuse("%.40q has text besides its elements", element.Local)
			case n.array:
				n.text = ""
			}
			return n, nil
		}
	}
}

// add makes the string that was just read a member of an array, and with it all that follow in the same form.
func (d *decoder) add(to *node, member item) {
	if !to.array {
		// There is hardly room for more of that length.
		to.items = make([]item, 0, min(1+(len(d.in)-d.at)/(len(d.last.tag)+len(member.text)), MaxRecipients+1))
		to.array = true
	}
	for ok := true; ok; member.text, ok = d.again() {
		if len(to.items) <= MaxRecipients {
			to.items = append(to.items, member)
		}
		if member.href != "" {
			return
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
