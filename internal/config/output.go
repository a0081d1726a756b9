package config

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// Output is a value that the configuration gives to others.
type Output struct {
	Name      string
	Text      string          // as `smsplan output` prints it; "(sensitive value)" where sensitive
	JSON      json.RawMessage // the value
	Type      json.RawMessage // its type, as cty writes types
	Raw       string          // for -raw: strings, numbers, bools
	RawOK     bool
	Sensitive bool
}

// readOutputs evaluates the output blocks. Those whose value is not known are left out.
func (s *scope) readOutputs(blocks map[string]*block) []Output {
	var outputs []Output
	for _, name := range slices.Sorted(maps.Keys(blocks)) {
		if output, ok := s.readOutput(name, blocks[name]); ok {
			outputs = append(outputs, output)
		}
	}
	return outputs
}

func (s *scope) readOutput(name string, b *block) (Output, bool) {
	a := &arguments{s: s, of: outputBlock, content: b.content}
	a.text("description")
	o := Output{Name: name, Sensitive: a.flag("sensitive")}
	v, ok := a.marked("value", cty.DynamicPseudoType)
	if !ok {
		return o, false
	}
	switch {
	case marked(v, ephemeral):
		a.fault("value", "The value comes from something ephemeral: a variable that says so, or one that the gateway's credentials come from. Outputs are kept and shown, so it cannot be one.")
		return o, false
	case marked(v, personal):
		a.fault("value", "The value comes from recipients' rows. Outputs show counts, never people.")
		return o, false
	case marked(v, sensitive) && !o.Sensitive && a.decided("sensitive"):
		a.fault("value", "The value is sensitive. Say sensitive = true in the output, or write nonsensitive(...) where the value is none to hide.")
		return o, false
	}
	v = plain(v)
	if !v.IsWhollyKnown() {
		s.undecided("output."+name, b.DefRange)
		return o, false
	}
	var err error
	if o.JSON, err = ctyjson.Marshal(v, v.Type()); err == nil {
		o.Type, err = ctyjson.MarshalType(v.Type())
	}
	if err != nil {
		a.fault("value", "The value cannot be an output: %s.", err)
		return o, false
	}
	if raw, err := convert.Convert(v, cty.String); err == nil && !raw.IsNull() && v.Type().IsPrimitiveType() {
		o.Raw, o.RawOK = raw.AsString(), true
	}
	o.Text = format(v, 0)
	if o.Sensitive {
		o.Text = fmt.Sprintf("(%s value)", sensitive)
	}
	return o, true
}
