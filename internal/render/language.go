package render

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/smsplan/smsplan/internal/config"
)

// Language writes the schemas of configurations and of test files as an outline.
func Language(w io.Writer, language, tests config.Block) error {
	if err := outlines(w, language); err != nil {
		return err
	}
	if _, err := fmt.Fprint(w, "\nIn test files:\n\n"); err != nil {
		return err
	}
	return outlines(w, tests)
}

func outlines(w io.Writer, language config.Block) error {
	for i, b := range language.Blocks {
		if i > 0 {
			fmt.Fprintln(w)
		}
		if err := outline(w, b, ""); err != nil {
			return err
		}
	}
	return nil
}

func outline(w io.Writer, b config.Block, indent string) error {
	heading := b.Name
	if b.Label != "" && b.Kinds == nil {
		heading += ` "` + strings.ToUpper(b.Label) + `"`
	}
	switch {
	case b.Kinds != nil:
	case b.Most == 1 && b.Least == 1:
		heading += " (one)"
	case b.Most == 1:
		heading += " (one at most)"
	}
	if b.Kinds == nil {
		if _, err := fmt.Fprintf(w, "%s%s\n", indent, heading); err != nil {
			return err
		}
	}
	for _, a := range b.Arguments {
		without := cmp.Or(unmarked(a.Without), "optional")
		if a.Required {
			without = "required"
		}
		if _, err := fmt.Fprintf(w, "%s  %s: %s; %s\n", indent, a.Name, unmarked(a.Takes), without); err != nil {
			return err
		}
	}
	if b.Names != "" {
		if _, err := fmt.Fprintf(w, "%s  NAME: %s\n", indent, unmarked(b.Names)); err != nil {
			return err
		}
	}
	for _, nested := range b.Blocks {
		if err := outline(w, nested, indent+"  "); err != nil {
			return err
		}
	}
	for i, kind := range b.Kinds {
		if i > 0 && indent == "" {
			fmt.Fprintln(w)
		}
		kind.Name, kind.Least, kind.Most = fmt.Sprintf("%s %q", b.Name, kind.Name), b.Least, b.Most
		if err := outline(w, kind, indent); err != nil {
			return err
		}
	}
	return nil
}

// unmarked gives Markdown of one line as text.
func unmarked(markdown string) string { return strings.ReplaceAll(markdown, "`", "") }

// blockSchema is a block in the shape of Terraform's document of schemas.
type blockSchema struct {
	Description     string                     `json:"description,omitempty"`
	DescriptionKind string                     `json:"description_kind,omitempty"`
	Attributes      map[string]attributeSchema `json:"attributes,omitempty"`
	AnyAttribute    string                     `json:"any_attribute,omitempty"`
	BlockTypes      map[string]nestedSchema    `json:"block_types,omitempty"`
}

type attributeSchema struct {
	Type               config.Type    `json:"type"`
	Description        string         `json:"description"`
	DescriptionKind    string         `json:"description_kind"`
	Required           bool           `json:"required,omitempty"`
	Optional           bool           `json:"optional,omitempty"`
	Sensitive          bool           `json:"sensitive,omitempty"`
	TypeDescription    string         `json:"type_description"`
	Default            any            `json:"default,omitempty"`
	DefaultDescription string         `json:"default_description,omitempty"`
	Values             []string       `json:"values,omitempty"`
	Minimum            any            `json:"minimum,omitempty"`
	ExclusiveMinimum   any            `json:"exclusive_minimum,omitempty"`
	Maximum            any            `json:"maximum,omitempty"`
	Scope              config.Reading `json:"scope"`
}

type nestedSchema struct {
	Nesting  string                 `json:"nesting_mode"`
	MinItems int                    `json:"min_items,omitempty"`
	MaxItems int                    `json:"max_items,omitempty"`
	Label    *labelSchema           `json:"label,omitempty"`
	Block    blockSchema            `json:"block"`
	Kinds    map[string]blockSchema `json:"kinds,omitempty"`
}

type labelSchema struct {
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Values      []string `json:"values,omitempty"`
}

// LanguageJSON writes the document of `metadata schema -json`.
func LanguageJSON(w io.Writer, language, tests config.Block) error {
	return document(w, struct {
		Format string      `json:"format_version"`
		Block  blockSchema `json:"block"`
		Tests  blockSchema `json:"test_block"`
	}{FormatVersion, schemaOf(language), schemaOf(tests)})
}

func schemaOf(b config.Block) blockSchema {
	const markdown = "markdown"
	s := blockSchema{Description: b.Description, AnyAttribute: b.Names}
	if b.Description != "" {
		s.DescriptionKind = markdown
	}
	if len(b.Arguments) > 0 {
		s.Attributes = make(map[string]attributeSchema)
	}
	for _, a := range b.Arguments {
		one := attributeSchema{
			Type: a.Type, Description: a.Description, DescriptionKind: markdown, Required: a.Required, Optional: !a.Required, Sensitive: a.Sensitive,
			TypeDescription: a.Takes, Default: a.Default, DefaultDescription: a.Without, Values: a.Values, Minimum: a.Minimum, Maximum: a.Maximum, Scope: a.Reads,
		}
		if a.Above {
			one.Minimum, one.ExclusiveMinimum = nil, a.Minimum
		}
		s.Attributes[a.Name] = one
	}
	if len(b.Blocks) > 0 {
		s.BlockTypes = make(map[string]nestedSchema)
	}
	for _, nested := range b.Blocks {
		s.BlockTypes[nested.Name] = nestedSchemaOf(nested)
	}
	return s
}

func nestedSchemaOf(b config.Block) nestedSchema {
	s := nestedSchema{Nesting: "list", MinItems: b.Least, MaxItems: b.Most, Block: schemaOf(b)}
	switch {
	case b.Most == 1:
		s.Nesting = "single"
	case b.Label != "":
		s.Nesting = "map"
	}
	if b.Label != "" {
		s.Label = &labelSchema{Name: b.Label, Description: b.Labelled}
	}
	if len(b.Kinds) > 0 {
		s.Kinds = make(map[string]blockSchema)
	}
	for _, kind := range b.Kinds {
		s.Label.Values = append(s.Label.Values, kind.Name)
		s.Kinds[kind.Name] = schemaOf(kind)
	}
	return s
}
