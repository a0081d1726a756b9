package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// SplitAddress parts `message.outage["en"]` into the block, message.outage, and the key with its brackets, which is "" where
// there is none.
func SplitAddress(address string) (block, key string) {
	if at := strings.IndexByte(address, '['); at >= 0 {
		return address[:at], address[at:]
	}
	return address, ""
}

// ParseAddress reads the address of a message as somebody types it: where the shell has taken the quotes of a key away, too.
func ParseAddress(text string) (address string, ok bool) {
	text = strings.TrimSpace(text)
	block, key := SplitAddress(text)
	if inner := strings.TrimSuffix(strings.TrimPrefix(key, "["), "]"); len(inner) == len(key)-2 && !strings.HasPrefix(inner, `"`) {
		text = instanceAddress(block, cty.StringVal(inner))
	}
	t, diags := hclsyntax.ParseTraversalAbs([]byte(text), "", hcl.InitialPos)
	if diags.HasErrors() {
		return "", false
	}
	return messageAddress(t)
}

// Block gives the address of the message's block: without the key of an instance.
func (m *Message) Block() string {
	block, _ := SplitAddress(m.Address)
	return block
}

// address gives the message address that an argument names.
func (a *arguments) address(name string) (string, bool) {
	expr := a.expr(name)
	if expr == nil {
		return "", false
	}
	address, ok := writtenAddress(expr)
	if !ok {
		a.fault(name, `The value of %s is the address of a message: message.NAME, or message.NAME["key"] for one instance of a for_each.%s`, name, bare(expr, " It stands without quotes."))
	}
	return address, ok
}

// bare gives what is said of words and addresses, that they stand without quotes; of JSON, where they do not, nothing.
func bare(expr hcl.Expression, say string) string {
	if isJSON(expr) {
		return ""
	}
	return say
}

// messagesNamed gives the messages that an argument lists, sorted; nil where it is left out. instead says what to do rather than
// to list none.
func (s *scope) messagesNamed(a *arguments, name, instead string) []string {
	expr := a.expr(name)
	if expr == nil {
		return nil
	}
	list, diags := hcl.ExprList(expr)
	if diags.HasErrors() || len(list) == 0 {
		a.fault(name, `The value of %s is a list of addresses, such as [message.outage, message.news["en"]]. %s`, name, instead)
		return nil
	}
	addresses := []string{}
	for _, one := range list {
		address, ok := writtenAddress(one)
		if !ok {
			s.l.add(fault(one.Range(), "Invalid value for "+name,
				fmt.Sprintf(`The elements of %s are addresses: message.NAME, or message.NAME["key"] for one instance of a for_each.%s`, name, bare(one, " They stand without quotes."))))
			continue
		}
		addresses = append(addresses, s.instancesOf(address, one.Range())...)
	}
	slices.Sort(addresses)
	return slices.Compact(addresses)
}

// instancesOf gives the messages that an address means: without a key, all instances of a block. One that is not there is
// reported, unless a fault may be why.
func (s *scope) instancesOf(address string, at hcl.Range) []string {
	block, key := SplitAddress(address)
	name := strings.TrimPrefix(block, "message.")
	declared, ok := s.declared.messages[name]
	if !ok {
		known := slices.Sorted(maps.Keys(s.declared.messages))
		s.l.add(fault(at, "Reference to something undeclared", fmt.Sprintf("There is no %s.%s", block, didYouMean(name, known))))
		return nil
	}
	var addresses, keys []string
	for _, m := range s.messages[name] {
		if _, own := SplitAddress(m.Address); key == "" || own == key {
			addresses = append(addresses, m.Address)
		} else {
			keys = append(keys, own)
		}
	}
	repeated := declared.content.Attributes["for_each"] != nil
	switch {
	case addresses != nil || key == "" || s.l.diags.HasErrors() || repeated && !s.value(block).IsKnown():
	case !repeated:
		s.l.add(fault(at, "Reference to something undeclared", fmt.Sprintf("%s has no for_each, so it has no instance %s. Write %s.", block, key, block)))
	default:
		s.l.add(fault(at, "Reference to something undeclared", fmt.Sprintf("There is no %s. The keys are %s.", address, strings.Join(keys, ", "))))
	}
	return addresses
}

// writtenAddress gives the message address that an expression is.
func writtenAddress(expr hcl.Expression) (string, bool) {
	t, diags := hcl.AbsTraversalForExpr(expr)
	if diags.HasErrors() {
		return "", false
	}
	return messageAddress(t)
}

func messageAddress(t hcl.Traversal) (string, bool) {
	if t.RootName() != "message" || len(t) < 2 || len(t) > 3 {
		return "", false
	}
	name, ok := t[1].(hcl.TraverseAttr)
	if !ok {
		return "", false
	}
	address := "message." + name.Name
	if len(t) == 2 {
		return address, true
	}
	index, ok := t[2].(hcl.TraverseIndex)
	if !ok || index.Key.Type() != cty.String || index.Key.AsString() == "" {
		return "", false
	}
	return instanceAddress(address, index.Key), true
}

// instanceAddress gives the address of the instance of a block with a key.
func instanceAddress(block string, key cty.Value) string {
	return fmt.Sprintf("%s[%s]", block, hclwrite.TokensForValue(key).Bytes())
}
