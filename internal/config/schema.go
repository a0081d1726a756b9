package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// blockType says what a block may hold. The types make one table, language.go and the files beside it: it is what blocks are
// read by, what diagnostics about unknown names list, and what the reference and editors are given.
type blockType struct {
	about       string               // one line of Markdown
	label       string               // what the label is called; "" for blocks without one
	labelled    string               // what the label means, in Markdown
	least, most int                  // how many of them there must and may be where they stand; most 0 is any number
	arguments   []argument           // in the order in which they are listed
	free        string               // what the names of arguments are that are the user's own, in Markdown; "" where there are none
	blocks      map[string]blockType // nested blocks
	kinds       map[string]blockType // where the label chooses what else the block may hold
	dynamic     bool                 // dynamic blocks may stand for it; who reads the block that it is in expands them
	foreign     map[string]string    // names from Terraform that have no place here, and what to write instead
}

// argument gives the argument with a name, which must be one of the block's.
func (t blockType) argument(name string) argument {
	for _, a := range t.arguments {
		if a.name == name {
			return a
		}
	}
	panic("no argument " + name + " in the schema")
}

// schema gives the type as HCL wants it.
func (t blockType) schema() *hcl.BodySchema {
	s := &hcl.BodySchema{Attributes: make([]hcl.AttributeSchema, 0, len(t.arguments)), Blocks: make([]hcl.BlockHeaderSchema, 0, 1+len(t.blocks))}
	for _, a := range t.arguments {
		s.Attributes = append(s.Attributes, hcl.AttributeSchema{Name: a.name, Required: a.required})
	}
	for _, name := range slices.Sorted(maps.Keys(t.blocks)) {
		header := hcl.BlockHeaderSchema{Type: name}
		if label := t.blocks[name].label; label != "" {
			header.LabelNames = []string{label}
		}
		s.Blocks = append(s.Blocks, header)
	}
	if len(t.dynamics()) > 0 {
		s.Blocks = append(s.Blocks, hcl.BlockHeaderSchema{Type: dynamicType, LabelNames: []string{"type"}})
	}
	return s
}

// read gives the content of a body of type t and reports what does not belong there. what names the block in diagnostics.
func (t blockType) read(b hcl.Body, what string) (*hcl.BodyContent, hcl.Diagnostics) {
	if iterated, ok := b.(*iteratedBody); ok {
		content, diags := t.read(iterated.Body, what)
		return iterated.iterated(content), diags
	}
	native, ok := b.(*hclsyntax.Body)
	if !ok {
		return b.Content(t.schema())
	}
	known := t.schema()
	for i := range known.Attributes {
		known.Attributes[i].Required = false // HCL would not say what the argument is for
	}
	content, _, diags := b.PartialContent(known)
	for _, a := range t.arguments {
		if _, given := native.Attributes[a.name]; a.required && !given && !t.misspelt(b, a.name) {
			diags = append(diags, fault(b.MissingItemRange(), "Missing required argument", a.missing(what)))
		}
	}
	for name, attr := range native.Attributes {
		if !slices.ContainsFunc(known.Attributes, func(a hcl.AttributeSchema) bool { return a.Name == name }) {
			detail := t.unknown(name, what, "argument")
			if _, block := t.blocks[name]; block {
				detail = fmt.Sprintf("In %s, %s is a block: write %s { ... } without the equals sign.", what, name, name)
			}
			diags = append(diags, fault(attr.NameRange, "Unsupported argument", detail))
		}
	}
	for _, block := range native.Blocks {
		if block.Type == dynamicType && len(t.dynamics()) > 0 {
			if faults := t.checkDynamic(block, what); faults.HasErrors() {
				diags = append(diags, faults...)
				content.Blocks = slices.DeleteFunc(content.Blocks, func(b *hcl.Block) bool { return b.Body == hcl.Body(block.Body) })
			}
			continue
		}
		if _, ok := t.blocks[block.Type]; !ok {
			detail := t.unknown(block.Type, what, "block")
			if slices.ContainsFunc(t.arguments, func(a argument) bool { return a.name == block.Type }) {
				detail = fmt.Sprintf("In %s, %s is an argument: write %s = ...", what, block.Type, block.Type)
			}
			diags = append(diags, fault(block.TypeRange, "Unsupported block type", detail))
		}
	}
	return content, diags
}

// missing says that the argument is not there, and what it is.
func (a argument) missing(what string) string {
	if a.about == "" {
		return fmt.Sprintf("In %s, the argument %s is required.", what, a.name)
	}
	return fmt.Sprintf("In %s, the argument %s (%s) is required: %s.", what, a.name, a.takes.plainly(), withoutMarkdown(a.about))
}

// unknown says that there is no argument or block of that name, and what there is.
func (t blockType) unknown(name, what, form string) string {
	if instead, ok := t.foreign[name]; ok {
		return fmt.Sprintf("There is no %s %s in smsplan. %s", form, quoted(name), instead)
	}
	detail := fmt.Sprintf("There is no %s %s in %s.", form, quoted(name), what)
	names := t.names()
	if suggestion := didYouMean(name, names); suggestion != "" {
		return detail + suggestion
	}
	if len(names) == 0 {
		return detail
	}
	return fmt.Sprintf("%s It takes %s.", detail, strings.Join(names, ", "))
}

// misspelt reports whether a body has an argument or a block that is unknown to t and was reported as perhaps meaning one of
// names: that one is not missing then.
func (t blockType) misspelt(b hcl.Body, names ...string) bool {
	if iterated, ok := b.(*iteratedBody); ok {
		b = iterated.Body
	}
	native, ok := b.(*hclsyntax.Body)
	if !ok {
		return false
	}
	known := t.names()
	means := func(wrong string) bool {
		return !slices.Contains(known, wrong) && slices.Contains(names, Nearest(wrong, known))
	}
	for name := range native.Attributes {
		if means(name) {
			return true
		}
	}
	return slices.ContainsFunc(native.Blocks, func(b *hclsyntax.Block) bool { return means(b.Type) })
}

// names lists the arguments, then the blocks.
func (t blockType) names() []string {
	var names []string
	for _, a := range t.arguments {
		names = append(names, a.name)
	}
	return append(names, slices.Sorted(maps.Keys(t.blocks))...)
}

// sensitive lists the arguments, also of blocks within, whose value is shown nowhere.
func (t blockType) sensitive() []string {
	var names []string
	for _, a := range t.arguments {
		if a.sensitive {
			names = append(names, a.name)
		}
	}
	for _, nested := range []map[string]blockType{t.blocks, t.kinds} {
		for _, name := range slices.Sorted(maps.Keys(nested)) {
			names = append(names, nested[name].sensitive()...)
		}
	}
	return names
}

// ofKind gives the type of a block whose label chooses it.
func (t blockType) ofKind(block *hcl.Block) (blockType, *hcl.Diagnostic) {
	kind, ok := t.kinds[block.Labels[0]]
	if !ok {
		kinds := slices.Sorted(maps.Keys(t.kinds))
		detail := fmt.Sprintf("There is no %s of kind %s.", block.Type, quoted(block.Labels[0]))
		if suggestion := didYouMean(block.Labels[0], kinds); suggestion != "" {
			detail += suggestion
		} else {
			detail += " There is: " + strings.Join(kinds, ", ") + "."
		}
		return blockType{}, fault(block.LabelRanges[0], "Unknown kind of "+block.Type, detail)
	}
	return kind, nil
}

// title names a block in diagnostics: message "outage".
func title(block *hcl.Block) string {
	if len(block.Labels) == 0 {
		return "a " + block.Type + " block"
	}
	return block.Type + " " + quoted(block.Labels[0])
}
