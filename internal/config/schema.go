package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// blockType says what a block may hold. The types make one table: it is what blocks are read by, and what diagnostics
// about unknown names list.
type blockType struct {
	label     string               // what the label is called; "" for blocks without one
	arguments []argument           // in the order in which they are listed
	blocks    map[string]blockType // nested blocks
	kinds     map[string]blockType // where the label chooses what else the block may hold
	foreign   map[string]string    // names from Terraform that have no place here, and what to write instead
}

// argument is a name that takes a value.
type argument struct {
	name     string
	required bool
}

// root is the whole language.
var root = blockType{
	blocks: map[string]blockType{
		"smsplan": {
			arguments: []argument{{name: "required_version"}},
			blocks: map[string]blockType{
				"state": {label: "kind", kinds: map[string]blockType{
					"file": {arguments: []argument{{name: "path"}, {name: "key"}}},
				}},
			},
		},
		"gateway": {label: "kind", kinds: map[string]blockType{
			"clickatell": {arguments: []argument{
				{name: "endpoint"}, {name: "api_id"}, {name: "user"}, {name: "password"},
				{name: "binding"}, {name: "auth"}, {name: "batch_size"}, {name: "connections"}, {name: "rate"}, {name: "timeout"},
				{name: "namespace"}, {name: "soap_action"}, {name: "ca_file"}, {name: "allow_insecure_http"},
			}},
			"simulator": {arguments: []argument{
				{name: "binding"}, {name: "auth"}, {name: "batch_size"}, {name: "connections"}, {name: "rate"}, {name: "outbox"}, {name: "fault"},
			}},
		}},
		"variable": {
			label: "name",
			arguments: []argument{
				{name: "type"}, {name: "default"}, {name: "description"}, {name: "nullable"}, {name: "sensitive"}, {name: "ephemeral"},
			},
			blocks: map[string]blockType{
				"validation": {arguments: []argument{{name: "condition", required: true}, {name: "error_message", required: true}}},
			},
		},
		"locals": {},
		"recipients": {
			label: "name",
			arguments: []argument{
				{name: "numbers"}, {name: "region"}, {name: "where"}, {name: "include"}, {name: "exclude"}, {name: "on_invalid"}, {name: "types"},
			},
			blocks: map[string]blockType{
				"csv": {arguments: []argument{
					{name: "path", required: true}, {name: "number", required: true}, {name: "region_column"}, {name: "delimiter"}, {name: "header"}, {name: "columns"},
				}},
			},
			foreign: map[string]string{
				"count":    "A recipient set is not repeated: write one block for each set.",
				"for_each": "A recipient set is not repeated: write one block for each set, or for_each in the message.",
			},
		},
		"message": {
			label: "name",
			arguments: []argument{
				{name: "to", required: true}, {name: "text"}, {name: "where"}, {name: "from"}, {name: "for_each"}, {name: "revision"}, {name: "dedupe_key"},
				{name: "flash"}, {name: "unicode"}, {name: "max_segments"}, {name: "deliver_at"}, {name: "validity"}, {name: "receipts"}, {name: "callbacks"},
				{name: "priority"}, {name: "max_credits"}, {name: "escalate"}, {name: "features"}, {name: "mobile_originated"},
				{name: "on_doubt"}, {name: "settle"},
			},
			blocks: map[string]blockType{
				"binary":    {arguments: []argument{{name: "udh"}, {name: "data", required: true}}},
				"lifecycle": {arguments: []argument{{name: "ignore_changes"}}},
			},
			foreign: map[string]string{
				"count": "Use for_each with a map or a set of strings: with count, deleting an element would renumber the rest, and messages would be sent again.",
			},
		},
		"moved":   {arguments: []argument{{name: "from", required: true}, {name: "to", required: true}}},
		"removed": {arguments: []argument{{name: "from", required: true}}},
		"output": {
			label:     "name",
			arguments: []argument{{name: "value", required: true}, {name: "description"}, {name: "sensitive"}},
		},
	},
	foreign: map[string]string{
		"terraform": `Settings of smsplan go into a block smsplan { ... }; its state block takes the place of backend.`,
		"provider":  `The gateway is configured with a block gateway "clickatell" { ... }.`,
		"resource":  `What is sent is described with message "NAME" { ... }, and to whom with recipients "NAME" { ... }.`,
		"data":      `Recipients are read with recipients "NAME" { csv { ... } }, files with the functions file, csvdecode, jsondecode and yamldecode.`,
		"module":    "There are no modules: all *.sms.hcl files of one directory make one configuration, and variables make it usable elsewhere.",
	},
}

// schema gives the type as HCL wants it.
func (t blockType) schema() *hcl.BodySchema {
	s := &hcl.BodySchema{}
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
	return s
}

// read gives the content of a body of type t and reports what does not belong there. what names the block in diagnostics.
func (t blockType) read(b hcl.Body, what string) (*hcl.BodyContent, hcl.Diagnostics) {
	native, ok := b.(*hclsyntax.Body)
	if !ok {
		return b.Content(t.schema())
	}
	content, _, diags := b.PartialContent(t.schema())
	known := t.schema()
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
	native, ok := b.(*hclsyntax.Body)
	if !ok {
		return false
	}
	means := func(wrong string) bool {
		known := t.names()
		return !slices.Contains(known, wrong) && slices.Contains(names, nearest(wrong, known))
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
