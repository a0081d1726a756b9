package config

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/smsplan/smsplan/internal/phone"
)

// setType is what recipients.NAME is in expressions. The name is what to, include and exclude know a set by, so that a
// set may come out of any expression; the people cannot be reached from it.
var setType = cty.Object(map[string]cty.Type{
	"name":       cty.String,
	"count":      cty.Number,
	"countries":  cty.Map(cty.Number),
	"invalid":    cty.Number,
	"duplicates": cty.Number,
})

// relations are the sets that a set names.
type relations struct{ include, exclude []string }

// setValue gives recipients.NAME. Of a set that could not be resolved only the name is known.
func setValue(name string, set *Set) cty.Value {
	attrs := map[string]cty.Value{
		"name":       cty.StringVal(name),
		"count":      cty.UnknownVal(cty.Number),
		"countries":  cty.UnknownVal(cty.Map(cty.Number)),
		"invalid":    cty.UnknownVal(cty.Number),
		"duplicates": cty.UnknownVal(cty.Number),
	}
	if set == nil {
		return cty.ObjectVal(attrs)
	}
	count := 0
	countries := make(map[string]cty.Value)
	for region, n := range set.countries() {
		countries[region] = cty.NumberIntVal(int64(n))
		count += n
	}
	attrs["count"] = cty.NumberIntVal(int64(count))
	attrs["countries"] = cty.MapValEmpty(cty.Number)
	if len(countries) > 0 {
		attrs["countries"] = cty.MapVal(countries)
	}
	attrs["invalid"] = cty.NumberIntVal(int64(set.Tally.Count(Invalid)))
	attrs["duplicates"] = cty.NumberIntVal(int64(set.Tally.Count(Duplicate)))
	return cty.ObjectVal(attrs)
}

// resolveRecipients reads a recipient set. Where a part of it is not known, the rows that are known are checked all the
// same, and the set as a whole is unknown.
func (s *scope) resolveRecipients(name string, b *block) cty.Value {
	before := len(s.l.diags)
	written := 0
	if body, ok := b.Body.(*hclsyntax.Body); ok {
		written = len(body.Blocks)
	}
	b, known := s.expanded(b, nil)
	a := &arguments{s: s, of: recipientsBlock, content: b.content, unknown: !known}
	spec := setSpec{name: name, declared: b.DefRange}
	s.reading(a, &spec)
	spec.types = s.types(a)
	beforeRows := len(s.l.diags)
	spec.numbers = s.inlineRows(a)
	allColumns := !a.unknown && !s.l.diags[beforeRows:].HasErrors()
	for _, nested := range b.content.Blocks {
		if from, ok := s.rowSource(nested); ok {
			spec.sources = append(spec.sources, from)
		} else {
			a.unknown = true
		}
	}
	var related relations
	spec.include, related.include = s.setList(a, "include")
	spec.exclude, related.exclude = s.setList(a, "exclude")
	s.related[name] = related
	if expr := a.expr("where"); expr != nil {
		condition, ok := s.condition(expr, nil)
		if !ok {
			a.unknown = true
		} else {
			spec.where = condition
		}
	}
	if a.expr("numbers") == nil && a.expr("include") == nil && written == 0 && !recipientsBlock.misspelt(b.Body, "numbers", "include", "csv", "jsonl") {
		s.l.add(fault(b.DefRange, "Recipient set without a source", fmt.Sprintf("recipients.%s has neither numbers nor a csv or jsonl block nor include, so nobody could be in it. Write numbers = [...], for example.", name)))
	}
	set, diags := resolveSet(s.ctx, spec, &s.l.rows)
	s.l.add(diags...)
	if allColumns {
		s.tables[name] = set.tables
	}
	if a.unknown {
		s.undecided("recipients."+name, b.DefRange)
	}
	if a.unknown || hcl.Diagnostics(s.l.diags[before:]).HasErrors() {
		set = nil
	}
	s.sets[name] = set
	return setValue(name, set)
}

// reading reads how the numbers of a set are to be read. Where it is not known what is meant, no number is judged by it.
func (s *scope) reading(a *arguments, spec *setSpec) {
	spec.region = s.region(a)
	spec.unsure = !a.decided("region")
	spec.skipInvalid = a.choice("on_invalid") == "skip" || !a.decided("on_invalid")
}

func (s *scope) region(a *arguments) string {
	region := a.text("region")
	if region != "" && !slices.Contains(phone.Regions(), region) {
		a.fault("region", "The value of region is an ISO 3166 code of two capital letters such as \"ZA\".%s", didYouMean(region, regionLike(region)))
		return ""
	}
	return region
}

// regionLike gives the region that differs from name in capitals only.
func regionLike(name string) []string {
	if upper := strings.ToUpper(name); slices.Contains(phone.Regions(), upper) {
		return []string{upper}
	}
	return nil
}

// types reads the types of number that the set accepts: all of them where it is not known which are meant.
func (s *scope) types(a *arguments) []phone.Kind {
	var kinds []phone.Kind
	given, about := a.texts("types"), a.of.argument("types")
	if given != nil && len(given) == 0 {
		a.fault("types", "The list of types is empty, so every number would be invalid. Leave types out for the usual ones: %s.", withoutMarkdown(about.shown()))
	}
	for i, name := range given {
		kind, ok := phone.KindNamed(name)
		if !ok {
			a.leaveOpen("types")
			s.l.add(fault(a.element("types", i), "Invalid value for types",
				fmt.Sprintf("There is no type of number %s.%s The types are %s.", quoted(name), didYouMean(name, about.takes.choices), quotedList(about.takes.choices))))
		}
		kinds = append(kinds, kind)
	}
	if a.decided("types") {
		return kinds
	}
	kinds = nil
	for k := phone.Unknown; k <= phone.Voicemail; k++ {
		kinds = append(kinds, k)
	}
	return kinds
}

// inlineRows reads `numbers`.
func (s *scope) inlineRows(a *arguments) []inlineRow {
	v, ok := a.marked("numbers", cty.DynamicPseudoType)
	if !ok {
		return nil
	}
	if marked(v, ephemeral) {
		s.open(v, a.at("numbers"), "numbers")
		return nil
	}
	// A number that is sensitive is masked like every other.
	v, _ = v.Unmark()
	if !v.IsKnown() {
		a.unknown = true
		return nil
	}
	t := v.Type()
	if v.IsNull() || !t.IsTupleType() && !t.IsListType() && !t.IsSetType() {
		a.fault("numbers", "The value of numbers is a list of strings, or of objects with an attribute number: numbers = [...].")
		return nil
	}
	places, _ := hcl.ExprList(a.expr("numbers"))
	var rows []inlineRow
	i := 0
	for it := v.ElementIterator(); it.Next(); i++ {
		_, element := it.Element()
		at := a.at("numbers")
		if len(places) == v.LengthInt() {
			at = places[i].Range()
		}
		if row, ok := s.inlineRow(a, element, at); ok {
			rows = append(rows, row)
		}
	}
	return rows
}

// inlineRow reads one element of `numbers`.
func (s *scope) inlineRow(a *arguments, element cty.Value, at hcl.Range) (inlineRow, bool) {
	row := inlineRow{at: at}
	element, _ = element.Unmark()
	if !element.IsKnown() {
		a.unknown = true
		return row, false
	}
	number := element
	if t := element.Type(); !element.IsNull() && (t.IsObjectType() || t.IsMapType()) {
		attrs := element.AsValueMap()
		number = attrs["number"]
		delete(attrs, "number")
		row.object = cty.ObjectVal(attrs)
		if !s.open(row.object, at, "the recipient") {
			return row, false
		}
	}
	if number != cty.NilVal {
		number, _ = number.Unmark()
	}
	switch {
	case number == cty.NilVal:
		s.l.add(fault(at, "Recipient without a number", fmt.Sprintf("Each recipient in numbers has an attribute number. This one has: %s.", cmp.Or(columnList(slices.Sorted(maps.Keys(row.object.AsValueMap()))), "nothing"))))
		return row, false
	case !number.IsKnown():
		a.unknown = true
		return row, false
	case number.IsNull() || number.Type() != cty.String:
		s.l.add(fault(at, "Invalid recipient", `A recipient is a string, or an object with an attribute number that is a string. Numbers stand in quotes.`))
		return row, false
	case row.object != cty.NilVal && !row.object.IsWhollyKnown():
		a.unknown = true
		return row, false
	}
	row.number = number.AsString()
	return row, true
}

// rowSource reads a block that names a file of rows. ok is false where the file could not be found, or not yet.
func (s *scope) rowSource(b *hcl.Block) (source, bool) {
	if b.Type == "csv" {
		return s.csvBlock(b)
	}
	return s.jsonlBlock(b)
}

// jsonlBlock reads a jsonl block.
func (s *scope) jsonlBlock(b *hcl.Block) (jsonlSpec, bool) {
	of := recipientsBlock.blocks["jsonl"]
	content, diags := of.read(b.Body, "a jsonl block")
	s.l.add(diags...)
	before := len(s.l.diags)
	a := &arguments{s: s, of: of, content: content}
	spec := jsonlSpec{sourceArguments(a, b)}
	found := !diags.HasErrors() && s.locate(a, &spec.sourceSpec, before)
	return spec, found
}

// csvBlock reads a csv block.
func (s *scope) csvBlock(b *hcl.Block) (csvSpec, bool) {
	of := recipientsBlock.blocks["csv"]
	content, diags := of.read(b.Body, "a csv block")
	s.l.add(diags...)
	before := len(s.l.diags)
	a := &arguments{s: s, of: of, content: content}
	spec := csvSpec{sourceSpec: sourceArguments(a, b), columns: a.texts("columns")}
	if a.expr("header") != nil {
		header := a.flag("header")
		spec.header = &header
	}
	if delimiter := a.text("delimiter"); delimiter != "" {
		r, n := utf8.DecodeRuneInString(delimiter)
		if n != len(delimiter) || r == '"' || r == '\n' || r == '\r' || r == utf8.RuneError {
			a.fault("delimiter", `The value of delimiter is one character, such as ";" or "\t".`)
		}
		spec.delimiter = r
	}
	headless := spec.header != nil && !*spec.header
	switch {
	case !a.decided("header") || !a.decided("columns"):
	case headless && a.expr("columns") == nil:
		a.fault("header", "A file without a header needs the names of its columns: columns = [\"name\", \"number\"].")
	case !headless && a.expr("columns") != nil:
		a.fault("columns", "The columns of a file with a header are named there. With header = false, the first line is a row too.")
	}
	found := !diags.HasErrors() && s.locate(a, &spec.sourceSpec, before)
	return spec, found
}

// sourceArguments reads the arguments that all blocks of sources have.
func sourceArguments(a *arguments, b *hcl.Block) sourceSpec {
	spec := sourceSpec{shown: a.required("path"), number: a.required("number"), regionColumn: a.text("region_column"), at: b.DefRange}
	if a.expr("path") != nil {
		spec.pathAt = a.at("path")
	}
	if a.expr("number") != nil {
		spec.numberAt = a.at("number")
	}
	if a.expr("region_column") != nil {
		spec.regionAt = a.at("region_column")
	}
	return spec
}

// locate finds the file of a source whose arguments are all known, and without faults since before.
func (s *scope) locate(a *arguments, spec *sourceSpec, before int) bool {
	if spec.shown == "" || spec.number == "" || hcl.Diagnostics(s.l.diags[before:]).HasErrors() || a.unknown {
		return false
	}
	file, err := s.confinement().locate(spec.shown)
	if err != nil {
		a.fault("path", "%s", sentence(err.Error()))
		return false
	}
	spec.file = file
	return true
}

// setList reads a list of recipient sets. A set that could not be resolved is left out, and makes what names it unknown.
func (s *scope) setList(a *arguments, name string) ([]*Set, []string) {
	expr := a.expr(name)
	if expr == nil || !s.noRows(expr, name) {
		return nil, nil
	}
	v := s.evaluate(expr, a.local)
	if !s.open(v, expr.Range(), name) {
		return nil, nil
	}
	v = plain(v)
	if !v.IsKnown() {
		a.unknown = true
		return nil, nil
	}
	if t := v.Type(); v.IsNull() || !t.IsTupleType() && !t.IsListType() && !t.IsSetType() {
		a.fault(name, "The value of %s is a list of recipient sets, such as [recipients.oncall].", name)
		return nil, nil
	}
	places, _ := hcl.ExprList(expr)
	var sets []*Set
	var setNames []string
	i := 0
	for it := v.ElementIterator(); it.Next(); i++ {
		_, element := it.Element()
		written := expr
		if len(places) == v.LengthInt() {
			written = places[i]
		}
		at := written.Range()
		set, setName, ok := s.setNamed(element, written, name)
		switch {
		case !ok:
			a.unknown = true
		case slices.Contains(setNames, setName):
			s.l.add(fault(at, "Recipient set named twice", fmt.Sprintf("recipients.%s is in %s already.", setName, name)))
		case set == nil:
			a.unknown = true
			setNames = append(setNames, setName)
		default:
			sets, setNames = append(sets, set), append(setNames, setName)
		}
	}
	return sets, setNames
}

// setNamed gives the set that an element of a list of sets means.
func (s *scope) setNamed(v cty.Value, written hcl.Expression, list string) (*Set, string, bool) {
	if v.Type() == cty.DynamicPseudoType && !v.IsKnown() {
		return nil, "", false
	}
	if !v.Type().Equals(setType) || v.IsNull() {
		detail := fmt.Sprintf("The elements of %s are recipient sets, such as recipients.oncall.", list)
		if v.Type() == cty.String {
			named := "without quotes"
			if isJSON(written) {
				named = `as "${recipients.oncall}"`
			}
			detail += ` Numbers stand in a block recipients "oncall" { numbers = [...] }, and sets are named ` + named + "."
		}
		s.l.add(fault(written.Range(), "Not a recipient set", detail))
		return nil, "", false
	}
	if !v.IsKnown() || !v.GetAttr("name").IsKnown() {
		return nil, "", false
	}
	name := v.GetAttr("name").AsString()
	return s.sets[name], name, true
}

// condition makes a where of an expression. ok is false where it is not known what it refers to.
func (s *scope) condition(expr hcl.Expression, local names) (*rowCondition, bool) {
	ctx, ok := s.contextFor(expr, local)
	if !ok || s.ephemeralBehind(expr, ctx, "where") || !settled(expr, ctx) {
		return nil, false
	}
	if !namesRow(expr) {
		v, diags := valueOf(expr, ctx)
		s.l.add(diags...)
		if diags.HasErrors() {
			return nil, false
		}
		if v, err := convert.Convert(plain(v), cty.Bool); err != nil || v.IsNull() {
			s.l.add(fault(expr.Range(), "Invalid condition", "A condition is true or false for each recipient, such as recipient.country == \"ZA\"."))
			return nil, false
		}
	}
	return &rowCondition{expr: expr, source: s.source(expr), scope: ctx}, true
}

// settled reports whether everything that an expression refers to, recipients apart, is known.
func settled(expr hcl.Expression, ctx *hcl.EvalContext) bool {
	for _, t := range expr.Variables() {
		if t.RootName() == rowRoot {
			continue
		}
		if v, diags := t.TraverseAbs(ctx); !diags.HasErrors() && !v.IsWhollyKnown() {
			return false
		}
	}
	return true
}

// source gives an expression as the user wrote it, on one line and with nothing in it that must not be shown.
func (s *scope) source(expr hcl.Expression) string {
	at := expr.Range()
	file, ok := s.l.files[at.Filename]
	if !ok || !at.CanSliceBytes(file.Bytes) {
		return ""
	}
	shown, ok := s.shown[at.Filename]
	if !ok {
		shown = s.l.veil.file(at.Filename, file).Bytes
		s.shown[at.Filename] = shown
	}
	src := string(at.SliceBytes(shown))
	if _, written := expr.(*jsonExpression); written {
		src = nativeSource(src)
	}
	return strings.Join(strings.Fields(src), " ")
}
