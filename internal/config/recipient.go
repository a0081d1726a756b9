package config

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// needs says which attributes of recipient an expression names, so that no others are made for each row.
type needs struct {
	all   bool // it names recipient as a whole, or computes the name
	names []string
}

func needsOf(expr hcl.Expression) needs {
	var n needs
	seen := map[string]bool{}
	for _, t := range expr.Variables() {
		if t.RootName() != "recipient" {
			continue
		}
		if len(t) < 2 {
			return needs{all: true}
		}
		name, ok := stepName(t[1])
		if !ok {
			return needs{all: true}
		}
		if !seen[name] {
			seen[name] = true
			n.names = append(n.names, name)
		}
	}
	return n
}

// recipient makes the value `recipient` for one row. It is personal as a whole.
func (n needs) recipient(t *table, row uint32) cty.Value {
	c, i := t.at(row)
	attrs := map[string]cty.Value{}
	object, marks := cty.NilVal, cty.ValueMarks(nil)
	if c.objects != nil && c.objects[i] != cty.NilVal {
		object, marks = c.objects[i].Unmark()
	}
	add := func(name string) {
		switch name {
		case attrNumber:
			attrs[name] = cty.StringVal(c.numbers[i].E164())
		case attrCountry:
			attrs[name] = cty.StringVal(c.regions[i].String())
		case attrType:
			attrs[name] = cty.StringVal(c.kinds[i].String())
		case attrRow:
			attrs[name] = t.row(c, i, object)
		default:
			if v := t.value(c, i, object, name); v != cty.NilVal {
				attrs[name] = v
			}
		}
	}
	if n.all {
		attrs = t.attributes(c, i, object)
		for _, name := range []string{attrNumber, attrCountry, attrType, attrRow} {
			add(name)
		}
	} else {
		for _, name := range n.names {
			add(name)
		}
	}
	return cty.ObjectVal(attrs).WithMarks(marks, cty.NewValueMarks(personal))
}

// value gives a column of row i of c, or NilVal where the row lacks it. A row of JSON Lines has null for what it lacks and another row of
// the file has.
func (t *table) value(c *chunk, i int, object cty.Value, name string) cty.Value {
	column, ok := t.index[name]
	switch {
	case !ok:
		return cty.NilVal
	case t.typed:
		return c.member(i, column)
	case c.objects == nil || column == t.number:
		return cty.StringVal(t.cell(c, i, column))
	case object == cty.NilVal || !object.Type().HasAttribute(name):
		return cty.NilVal
	}
	return object.GetAttr(name)
}

// row gives all columns of row i of c as an object.
func (t *table) row(c *chunk, i int, object cty.Value) cty.Value {
	return cty.ObjectVal(t.attributes(c, i, object))
}

// attributes gives all columns of row i of c.
func (t *table) attributes(c *chunk, i int, object cty.Value) map[string]cty.Value {
	attrs := make(map[string]cty.Value, len(t.columns))
	if t.typed {
		for _, name := range t.columns {
			attrs[name] = cty.NullVal(cty.DynamicPseudoType)
		}
		for k := c.starts[i]; k < c.starts[i+1]; k++ {
			attrs[t.columns[c.columns[k]]] = c.memberAt(int(k))
		}
		return attrs
	}
	for _, name := range t.columns {
		if v := t.value(c, i, object, name); v != cty.NilVal {
			attrs[name] = v
		}
	}
	return attrs
}
