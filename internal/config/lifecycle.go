package config

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
)

// What a lifecycle block may have a message ignore changes of.
const (
	IgnoreRecipients = "recipients" // whom the first apply did not find is never sent to
	IgnoreText       = "text"       // a text that differs from what was sent is accepted
)

// lifecycle reads the lifecycle block: what the message ignores changes of, sorted.
func (s *scope) lifecycle(b *block) []string {
	var ignored []string
	first := true
	for _, nested := range b.content.Blocks.OfType("lifecycle") {
		if !first {
			s.l.add(fault(nested.DefRange, "Second lifecycle block", "A message has one lifecycle block at most."))
			continue
		}
		first = false
		of := messageBlock.blocks["lifecycle"]
		content, diags := of.read(nested.Body, "a lifecycle block")
		s.l.add(diags...)
		a := &arguments{s: s, of: of, content: content}
		ignored = a.keywords("ignore_changes")
	}
	return ignored
}

// keywords gives a list of words that stand without quotes, each one of the choices, sorted.
func (a *arguments) keywords(name string) []string {
	expr, options := a.expr(name), a.of.argument(name).takes.choices
	if expr == nil {
		return nil
	}
	list, diags := hcl.ExprList(expr)
	if diags.HasErrors() {
		a.fault(name, "The value of %s is a list of words%s, such as [%s].", name, bare(expr, " without quotes"), options[0])
		return nil
	}
	var words []string
	for _, one := range list {
		word := hcl.ExprAsKeyword(one)
		if !slices.Contains(options, word) {
			a.s.l.add(fault(one.Range(), "Invalid value for "+name,
				fmt.Sprintf("The elements of %s are words%s: %s.%s", name, bare(one, " without quotes"), alternatives(options), didYouMean(word, options))))
			continue
		}
		words = append(words, word)
	}
	slices.Sort(words)
	return slices.Compact(words)
}
