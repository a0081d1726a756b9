package config

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/smsplan/smsplan/internal/phone"
)

// Import is an import block: people who have a message at a revision from another tool.
type Import struct {
	To       string // address of a message of the configuration
	Revision int
	Numbers  []phone.Number // each line once
	Tally    Tally          // of the rows of its files
	Place    Place
}

// anyKind is every type of number: whoever got a message from another tool got it, whatever their number is.
var anyKind = func() (kinds []phone.Kind) {
	for k := phone.Unknown; k <= phone.Voicemail; k++ {
		kinds = append(kinds, k)
	}
	return kinds
}()

// readImports reads the import blocks, by message and revision. The messages and the moves have been read.
func (s *scope) readImports() []Import {
	var imports []Import
	for _, b := range s.declared.imports {
		b, known := s.expanded(b, nil)
		a := &arguments{s: s, of: importBlock, content: b.content, unknown: !known}
		to, ok := a.address("to")
		i := Import{To: to, Revision: a.whole("revision"), Place: Place{b.DefRange}}
		ok = ok && s.importable(a, i)
		set := s.importedSet(a, b)
		if !ok || set == nil {
			continue
		}
		at := slices.IndexFunc(imports, func(o Import) bool { return o.To == i.To && o.Revision == i.Revision })
		if at >= 0 {
			s.l.add(fault(b.DefRange, "Imported twice", fmt.Sprintf("There is already an import to %s at revision %d, on %s. Put the sources of both into one.", to, i.Revision, imports[at].Place)))
			continue
		}
		i.Numbers, i.Tally = set.Numbers(), set.Tally
		imports = append(imports, i)
	}
	slices.SortFunc(imports, func(a, b Import) int { return cmp.Or(strings.Compare(a.To, b.To), cmp.Compare(a.Revision, b.Revision)) })
	return imports
}

// importable reports whether the configuration has the message at the revision.
func (s *scope) importable(a *arguments, i Import) bool {
	block, key := SplitAddress(i.To)
	name := strings.TrimPrefix(block, "message.")
	declared, there := s.declared.messages[name]
	next, move := s.config.step(i.To)
	switch {
	case !there && move != nil:
		a.fault("to", "%s is %s now, as a moved block says. Write to = %[2]s.", i.To, next)
		return false
	case !there:
		a.fault("to", "There is no %s.%s An import is to a message of the configuration: once its block is gone, nobody is sent it any more.", block, didYouMean(name, slices.Sorted(maps.Keys(s.declared.messages))))
		return false
	case key == "" && declared.content.Attributes["for_each"] != nil:
		a.fault("to", "%s has for_each, and so a message for each of its keys. Write which one they have: to = %s", block, s.exampleOf(name))
		return false
	case key != "" && declared.content.Attributes["for_each"] == nil:
		a.fault("to", "%s has no for_each. Write to = %[1]s.", block)
		return false
	}
	m := s.messageAt(i.To)
	switch {
	case m != nil && i.Revision > m.Revision:
		a.fault("revision", "%s is at revision %d, and nobody has it at %d. Write the revision that they have, or raise the message's.", i.To, m.Revision, i.Revision)
		return false
	case m == nil && s.values[block].IsKnown() && !s.l.diags.HasErrors():
		a.fault("to", "There is no %s: %s has no such key. It has %s.", i.To, block, strings.Join(s.keysOf(name), ", "))
		return false
	}
	return m != nil
}

func (s *scope) messageAt(address string) *Message {
	for _, m := range s.config.Messages {
		if m.Address == address {
			return m
		}
	}
	return nil
}

// keysOf gives the keys of a block's instances, as expressions have them.
func (s *scope) keysOf(name string) []string {
	var keys []string
	for _, m := range s.messages[name] {
		_, key := SplitAddress(m.Address)
		keys = append(keys, strings.Trim(key, "[]"))
	}
	slices.Sort(keys)
	return keys
}

// exampleOf gives the address of an instance.
func (s *scope) exampleOf(name string) string {
	key := `"KEY"`
	if keys := s.keysOf(name); len(keys) > 0 {
		key = keys[0]
	}
	return "message." + name + "[" + key + "]."
}

// importedSet reads the people of an import block; nil where they are not known.
func (s *scope) importedSet(a *arguments, b *block) *Set {
	before := len(s.l.diags)
	spec := setSpec{name: "an import", declared: b.DefRange, types: anyKind}
	s.reading(a, &spec)
	for _, nested := range b.content.Blocks {
		if from, ok := s.rowSource(nested); ok {
			spec.sources = append(spec.sources, from)
		} else {
			a.unknown = true
		}
	}
	if len(b.content.Blocks) == 0 && !importBlock.misspelt(b.Body, "csv", "jsonl") {
		s.l.add(fault(b.DefRange, "Import without a source", "The import block has neither a csv nor a jsonl block, so nobody could be in it."))
	}
	set, diags := resolveSet(s.ctx, spec, &s.l.rows)
	s.l.add(diags...)
	if a.unknown {
		s.undecided("An import", b.DefRange)
	}
	if a.unknown || hcl.Diagnostics(s.l.diags[before:]).HasErrors() {
		return nil
	}
	return set
}
