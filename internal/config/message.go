package config

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/smsplan/smsplan/internal/sms"
)

// Message is one message block, or one instance of it.
type Message struct {
	Address         string // `message.outage["en"]`
	Revision        int
	DedupeKey       string   // messages with the same one share a ledger; "" for none
	DependsOn       []string // addresses of messages that go first, sorted
	Ignores         []string // of [IgnoreRecipients] and [IgnoreText], sorted
	From            string
	TextSource      string // the text for a reviewer: columns shown as «name», everything else evaluated where it does not depend on the recipient
	PerRecipient    bool   // the text names `recipient`
	Binary          *Binary
	Flash           bool
	Unicode         string // "auto", "always", "never"
	MaxSegments     int
	Receipts        bool
	Validity        time.Duration // 0 for the gateway's default
	DeliverAt       time.Time     // zero for at once
	DeliverAtSource string        // as written
	Window          *Window       // nil for any time of the day
	Handling
	Doubting
	Excludes []string // names of the recipient sets whose people are excluded by the sets of `to`, sorted (read again by apply PLAN)
	Audience Audience
	Place    Place
}

// Binary is an 8-bit message, in upper-case hexadecimal.
type Binary struct{ UDH, Data string }

// resolveMessage makes the messages of a block and gives message.NAME: an object of instances where there is a for_each.
func (s *scope) resolveMessage(name string, b *block) cty.Value {
	expr, ok := b.content.Attributes["for_each"]
	if !ok {
		return s.resolveInstance("message."+name, b, nil)
	}
	instances, ok := s.instances(expr.Expr)
	if !ok {
		// What does not depend on the instances is checked all the same.
		unknown := cty.ObjectVal(map[string]cty.Value{"key": cty.UnknownVal(cty.String), "value": cty.DynamicVal})
		s.resolveInstance("message."+name, b, names{"each": unknown})
		return cty.DynamicVal
	}
	values := make(map[string]cty.Value)
	for _, each := range instances {
		key := each.GetAttr("key")
		address := instanceAddress("message."+name, key)
		before := len(s.l.diags)
		values[key.AsString()] = s.resolveInstance(address, b, names{"each": each})
		instance(s.l.diags[before:], b, each)
	}
	return cty.ObjectVal(values)
}

// instances gives `each` for each element of a for_each, in the order of the keys.
func (s *scope) instances(expr hcl.Expression) ([]cty.Value, bool) {
	if !s.noRows(expr, "for_each") {
		return nil, false
	}
	v := s.evaluate(expr, nil)
	// The keys are in addresses. Values of a map may be secret: what uses them is judged then.
	if v.IsMarked() && !s.open(v, expr.Range(), "for_each") {
		return nil, false
	}
	v, _ = v.Unmark()
	if !v.IsKnown() {
		return nil, false
	}
	t := v.Type()
	isSet := t.IsSetType()
	switch {
	case v.IsNull() || !isSet && !t.IsMapType() && !t.IsObjectType():
		detail := "The value of for_each is a map, or a set of strings."
		if !v.IsNull() && (t.IsTupleType() || t.IsListType()) {
			detail += " Make a set of a list with toset([...])."
		}
		s.l.add(fault(expr.Range(), "Invalid for_each", detail))
		return nil, false
	case isSet && !t.ElementType().Equals(cty.String) && !(t.ElementType() == cty.DynamicPseudoType && v.LengthInt() == 0):
		s.l.add(fault(expr.Range(), "Invalid for_each", "The elements of a set in for_each are strings: they become part of the message's address."))
		return nil, false
	}
	var instances []cty.Value
	for it := v.ElementIterator(); it.Next(); {
		key, value := it.Element()
		if isSet {
			key = value
		}
		if !key.IsKnown() {
			return nil, false
		}
		if key.IsNull() || key.AsString() == "" || strings.ContainsFunc(key.AsString(), func(r rune) bool { return !Printable(r) }) {
			s.l.add(fault(expr.Range(), "Invalid for_each", "The keys of for_each become part of the message's address: each has at least one character, and none that cannot be seen."))
			return nil, false
		}
		instances = append(instances, cty.ObjectVal(map[string]cty.Value{"key": key, "value": value}))
	}
	return instances, true
}

// resolveInstance makes one message, its audience and its texts, and holds it against its preconditions.
func (s *scope) resolveInstance(address string, b *block, local names) cty.Value {
	self := s.assemble(address, b, local)
	s.preconditions(address, b, local, self)
	return self
}

// assemble makes one message.
func (s *scope) assemble(address string, b *block, local names) cty.Value {
	before := len(s.l.diags)
	b, known := s.expanded(b, local)
	a := &arguments{s: s, of: messageBlock, content: b.content, local: local, unknown: !known}
	if each, ok := local["each"]; ok {
		a.unknown = a.unknown || !each.GetAttr("key").IsKnown()
	}
	m := &Message{Address: address, Place: Place{b.DefRange}}
	m.Revision = a.whole("revision")
	m.DedupeKey = dedupeKey(a)
	m.Ignores = s.lifecycle(b)
	m.Flash = a.flag("flash")
	beforeSize := len(s.l.diags)
	m.Unicode = a.choice("unicode")
	m.MaxSegments = a.whole("max_segments")
	sizable := !s.l.diags[beforeSize:].HasErrors()
	m.Receipts = a.flag("receipts")
	m.Validity = a.duration("validity")
	m.DeliverAt, m.DeliverAtSource = deliverAt(a)
	m.Window = s.window(a, b)
	m.Binary = s.binary(a, b)
	var fromKnown bool
	m.From, fromKnown = s.sender(a, m.Binary != nil)
	m.Handling = s.handling(a, m.From, fromKnown)
	m.Doubting = doubting(a)
	if m.Flash && m.Binary != nil {
		a.fault("flash", "A binary message cannot be a flash message: what the phone does with it is in its data. Leave flash out.")
	}

	spec := audienceSpec{address: address, unicode: m.Unicode, maxSegments: m.MaxSegments}
	if !sizable {
		spec.maxSegments = 0 // nobody knows which limit was meant
	}
	var to []string
	spec.to, to = s.setList(a, "to")
	if len(to) == 0 && !a.unknown && a.expr("to") != nil && !hcl.Diagnostics(s.l.diags[before:]).HasErrors() {
		a.fault("to", "The list is empty, so nobody would get the message.")
	}
	m.Excludes = s.excludedBy(to)
	if expr := a.expr("where"); expr != nil {
		condition, ok := s.condition(expr, local)
		if !ok {
			a.unknown = true
		}
		spec.where = condition
	}
	if !s.text(a, b, m, &spec) {
		a.unknown = true
	}
	if a.unknown {
		s.undecided(address, b.DefRange)
		s.checkColumns(a, to)
		return unknownMessage()
	}
	audience, diags := resolveAudience(s.ctx, spec, &s.l.rows)
	s.l.add(diags...)
	if s.l.diags[before:].HasErrors() {
		return unknownMessage()
	}
	m.Audience = audience
	name := strings.TrimPrefix(m.Block(), "message.")
	s.messages[name] = append(s.messages[name], m)
	return s.messageValue(m)
}

// checkColumns reports the columns that a message names and its sets lack, where not all of the message or the sets is known.
func (s *scope) checkColumns(a *arguments, to []string) {
	var tables []*table
	for _, name := range to {
		tables = append(tables, s.tables[name]...)
	}
	for _, name := range []string{"where", "text"} {
		if expr := a.expr(name); expr != nil {
			diags, _ := checkColumns(expr, tables, &s.l.rows)
			s.l.add(diags...)
		}
	}
}

// excludedBy names the sets that the sets of a message exclude, themselves or by those that they include.
func (s *scope) excludedBy(sets []string) []string {
	var excluded []string
	seen := make(map[string]bool)
	var visit func(name string)
	visit = func(name string) {
		if seen[name] {
			return
		}
		seen[name] = true
		excluded = append(excluded, s.related[name].exclude...)
		for _, included := range s.related[name].include {
			visit(included)
		}
	}
	for _, name := range sets {
		visit(name)
	}
	slices.Sort(excluded)
	return slices.Compact(excluded)
}

// deliverAt reads `deliver_at`.
func deliverAt(a *arguments) (time.Time, string) {
	text := a.text("deliver_at")
	if text == "" {
		return time.Time{}, ""
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		a.fault("deliver_at", "The value of deliver_at is a time with its offset from UTC, such as \"2030-01-31T08:00:00+02:00\".")
		return time.Time{}, ""
	}
	return at, text
}

// dedupeKey reads `dedupe_key`.
func dedupeKey(a *arguments) string {
	v := a.value("dedupe_key", cty.String, false)
	if v == cty.NilVal {
		return ""
	}
	key := v.AsString()
	if key == "" {
		a.fault("dedupe_key", "The value of dedupe_key is empty. Messages with the same key share a ledger: leave it out, or set it to null, where the message has one of its own.")
	}
	if strings.ContainsFunc(key, func(r rune) bool { return !Printable(r) }) {
		a.fault("dedupe_key", "The value of dedupe_key is shown in plans: it must not have control characters.")
		return ""
	}
	return key
}

// binary reads the binary block.
func (s *scope) binary(a *arguments, b *block) *Binary {
	var first *hcl.Block
	var binary *Binary
	for _, nested := range b.content.Blocks.OfType("binary") {
		if first != nil {
			s.l.add(fault(nested.DefRange, "Second binary block", "A message has one binary block at most."))
			continue
		}
		first = nested
		of := messageBlock.blocks["binary"]
		content, diags := of.read(nested.Body, "a binary block")
		s.l.add(diags...)
		own := &arguments{s: s, of: of, content: content, local: a.local}
		binary = &Binary{UDH: hexadecimal(own, "udh"), Data: hexadecimal(own, "data")}
		a.unknown = a.unknown || own.unknown
	}
	return binary
}

func hexadecimal(a *arguments, name string) string {
	text := a.text(name)
	octets, err := sms.ParseHex(text)
	if err != nil {
		a.fault(name, "The value of %s is octets in hexadecimal, such as 06050415820000.", name)
		return ""
	}
	if octets == "" && name == "data" && a.expr(name) != nil && !a.unknown {
		a.fault(name, "A binary message needs data.")
	}
	return octets
}

// text reads `text` of block b into m and spec. ok is false where it is not known, or faulty.
func (s *scope) text(a *arguments, b *block, m *Message, spec *audienceSpec) bool {
	expr := a.expr("text")
	switch {
	case expr == nil && m.Binary == nil && messageBlock.misspelt(b.Body, "text", "binary"):
		return false
	case expr == nil && m.Binary == nil:
		s.l.add(fault(a.content.MissingItemRange, "Message without a text", fmt.Sprintf("%s has neither text nor a binary block. Write text = \"...\".", m.Address)))
		return false
	case expr != nil && m.Binary != nil:
		a.fault("text", "A message with a binary block has no text.")
		return false
	case expr == nil:
		return true
	}
	ctx, ok := s.contextFor(expr, a.local)
	if !ok {
		return false
	}
	spec.text, spec.scope = expr, ctx
	m.PerRecipient = namesRow(expr)
	spec.perRecipient = m.PerRecipient
	if !m.PerRecipient && !s.isText(expr, ctx) {
		return false
	}
	shown := s.shownText(expr, ctx, m.PerRecipient, spec.to)
	if !s.open(shown, expr.Range(), "text") || !settled(expr, ctx) {
		return false
	}
	if text := plain(shown); text.IsKnown() && !text.IsNull() {
		m.TextSource = text.AsString()
		return true
	}
	m.TextSource = "«" + s.source(expr) + "»"
	return true
}

// isText reports whether an expression that names no recipient gives a text.
func (s *scope) isText(expr hcl.Expression, ctx *hcl.EvalContext) bool {
	v, diags := valueOf(expr, ctx)
	s.l.add(diags...)
	if diags.HasErrors() {
		return false
	}
	if _, err := convert.Convert(v, cty.String); err != nil {
		s.l.add(fault(expr.Range(), "Invalid value for text", "The value of text must be a string."))
		return false
	}
	return true
}

// shownText gives a text with columns in place of what the rows have in them. It is unknown where that cannot be
// evaluated, with the marks of everything that the text refers to.
func (s *scope) shownText(expr hcl.Expression, ctx *hcl.EvalContext, perRecipient bool, to []*Set) cty.Value {
	if perRecipient {
		row := make(map[string]cty.Value)
		for _, set := range to {
			for _, name := range set.Columns {
				row[name] = cty.StringVal("«" + visible(name) + "»")
			}
		}
		attrs := make(map[string]cty.Value)
		for name, placeholder := range row {
			attrs[name] = placeholder
		}
		for _, name := range []string{attrNumber, attrCountry, attrType} {
			attrs[name] = cty.StringVal("«" + name + "»")
		}
		attrs[attrRow] = cty.ObjectVal(row)
		ctx = ctx.NewChild()
		ctx.Variables = map[string]cty.Value{rowRoot: cty.ObjectVal(attrs)}
	}
	v, diags := expr.Value(ctx)
	if !diags.HasErrors() {
		if text, err := convert.Convert(v, cty.String); err == nil {
			return text
		}
	}
	unknown := cty.UnknownVal(cty.String)
	for _, t := range expr.Variables() {
		if t.RootName() == rowRoot {
			continue
		}
		if v, diags := t.TraverseAbs(ctx); !diags.HasErrors() {
			_, marks := v.UnmarkDeep()
			unknown = unknown.WithMarks(marks)
		}
	}
	return unknown
}
