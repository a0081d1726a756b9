package envelope

import (
	"slices"
	"strings"
)

// parameters gives what stands in the open element, by the index of the part.
func (d *decoder) parameters(c *Call, older bool) ([]item, error) {
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
		if name == d.binding.callback {
			name = callbackPart
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

// bind puts what was given in its place, references followed.
func (d *decoder) bind(c *Call, given []item) error {
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

func (d *decoder) addRecipients(c *Call, items []item) error {
	c.To = slices.Grow(c.To, len(items))
	for i := range items {
		text := items[i].text
		if items[i].href != "" {
			n, err := d.follow(items[i])
			if err != nil {
				return err
			}
			if n.array && !items[i].part {
				return refuse("the recipients are an array of arrays")
			}
			if err := d.addRecipients(c, n.items); err != nil {
				return err
			}
			text = n.text
		}
		number := strings.TrimSpace(text)
		if len(number) > maxNumber { // many may refer to one long text
			number = strings.ToValidUTF8(number[:maxNumber], "")
		}
		if number != "" && len(c.To) <= MaxRecipients {
			c.To = append(c.To, number)
		}
	}
	return nil
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
