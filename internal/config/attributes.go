package config

import (
	"github.com/zclconf/go-cty/cty"

	"github.com/smsplan/smsplan/internal/sms"
)

// messageType is what an instance of a message is in expressions.
var messageType = map[string]cty.Type{
	"recipients":   cty.Number,
	"segments":     cty.Number,
	"segments_max": cty.Number,
	"encoding":     cty.String,
	"cost":         cty.Number,
	"text_sample":  cty.String,
}

func unknownMessage() cty.Value {
	attrs := make(map[string]cty.Value)
	for name, t := range messageType {
		attrs[name] = cty.UnknownVal(t)
	}
	attrs["text_sample"] = attrs["text_sample"].Mark(personal)
	return cty.ObjectVal(attrs)
}

// messageValue gives what the message is in expressions: what its texts take for all of its audience, whoever of them was sent to
// already.
func (s *scope) messageValue(m *Message) cty.Value {
	total, most, encoding := 0, 0, sms.GSM7
	m.eachSize(func(_ int, size sms.Size) {
		total += size.Segments
		most = max(most, size.Segments)
		if size.Encoding != sms.GSM7 {
			encoding = size.Encoding
		}
	})
	sample := cty.NullVal(cty.String)
	if text, ok := m.sample(); ok {
		sample = cty.StringVal(text)
	}
	return cty.ObjectVal(map[string]cty.Value{
		"recipients":   cty.NumberIntVal(int64(len(m.Audience.Numbers))),
		"segments":     cty.NumberIntVal(int64(total)),
		"segments_max": cty.NumberIntVal(int64(most)),
		"encoding":     cty.StringVal(encoding.String()),
		"cost":         s.cost(m),
		"text_sample":  sample.Mark(personal),
	})
}

// cost gives what sending to all of the audience costs; null where there is no tariff.
func (s *scope) cost(m *Message) cty.Value {
	if !s.value(tariffAddress).IsKnown() {
		return cty.UnknownVal(cty.Number)
	}
	if s.tariff == nil {
		return cty.NullVal(cty.Number)
	}
	cost, ok := s.bill(m)
	if !ok {
		return cty.UnknownVal(cty.Number)
	}
	return cost.value()
}

// eachSize calls see with what the text of each person of the audience takes.
func (m *Message) eachSize(see func(person int, size sms.Size)) {
	a := &m.Audience
	for i := range a.Numbers {
		switch {
		case m.Binary != nil:
			see(i, sms.MeasureBinary(len(m.Binary.UDH)/2, len(m.Binary.Data)/2))
		case a.Texts != nil:
			see(i, a.Table.Size(int(a.Texts[i])))
		case a.Table.Len() > 0:
			see(i, a.Table.Size(0))
		}
	}
}

// sample gives the text that the first person of the audience gets; ok is false where there is none.
func (m *Message) sample() (text string, ok bool) {
	a := &m.Audience
	switch {
	case m.Binary != nil || len(a.Numbers) == 0 || a.Table.Len() == 0:
		return "", false
	case a.Texts != nil:
		return a.Table.At(int(a.Texts[0])), true
	}
	return a.Table.At(0), true
}
