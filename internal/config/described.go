package config

import (
	"maps"
	"slices"
	"time"

	"github.com/zclconf/go-cty/cty"
)

// Block is what the schema says of a block, or of the whole configuration. Descriptions are one line of Markdown.
type Block struct {
	Name        string
	Description string
	Label       string // what the label is called; "" for blocks without one
	Labelled    string // what it means
	Least, Most int    // how many there must and may be where they stand; Most 0 is any number
	Names       string // what arguments of any name mean; "" where names are fixed
	Arguments   []Argument
	Blocks      []Block // by name
	Kinds       []Block // what it holds by its label, where that chooses
}

// Argument is what the schema says of an argument.
type Argument struct {
	Name        string
	Description string
	Type        Type   // what the value is converted to
	Takes       string // the type for people, in Markdown
	Required    bool
	Sensitive   bool
	Default     any      // a value that JSON has; nil for none
	Without     string   // the default for people, in Markdown; "" for none
	Values      []string // strings that the value, or each of its elements, is one of
	Minimum     any      // a number, or a duration as it is written; nil for none
	Maximum     any
	Above       bool // the minimum itself is too little
	Reads       Reading
}

// Reading says what an argument's expression may refer to.
type Reading string

// Readings.
const (
	ReadsAll     Reading = "configuration" // what every expression may
	ReadsRows    Reading = "recipient"     // a row of recipients, too
	ReadsNothing Reading = "constant"      // nothing
	ReadAsIs     Reading = "literal"       // it is not evaluated: an address, a type, words without quotes
)

// Language gives the schema of the configuration.
func Language() Block { return describe("", root) }

// TestLanguage gives the schema of test files.
func TestLanguage() Block { return describe("", testRoot) }

func describe(name string, t blockType) Block {
	b := Block{Name: name, Description: t.about, Label: t.label, Labelled: t.labelled, Least: t.least, Most: t.most, Names: t.free}
	for _, a := range t.arguments {
		b.Arguments = append(b.Arguments, a.describe())
	}
	for _, name := range slices.Sorted(maps.Keys(t.blocks)) {
		b.Blocks = append(b.Blocks, describe(name, t.blocks[name]))
	}
	for _, name := range slices.Sorted(maps.Keys(t.kinds)) {
		b.Kinds = append(b.Kinds, describe(name, t.kinds[name]))
	}
	return b
}

func (a argument) describe() Argument {
	d := Argument{
		Name: a.name, Description: a.about, Type: Type{a.takes.constraint}, Takes: a.takes.name, Required: a.required, Sensitive: a.sensitive,
		Default: a.value(), Values: a.takes.choices, Above: a.takes.above, Reads: ReadsAll,
	}
	if length, ok := d.Default.(time.Duration); ok {
		d.Default = short(length)
	}
	if !a.required {
		d.Without = a.shown()
	}
	switch {
	case a.takes.most == 0:
	case a.takes.constraint == cty.Number:
		d.Minimum, d.Maximum = a.takes.least, a.takes.most
	default:
		d.Minimum, d.Maximum = short(time.Duration(a.takes.least)), short(time.Duration(a.takes.most))
	}
	switch {
	case a.takes.written:
		d.Reads = ReadAsIs
	case a.takes.constant:
		d.Reads = ReadsNothing
	case a.takes.rows:
		d.Reads = ReadsRows
	}
	return d
}
