package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"
)

// mostNested is how deep the value of a column may nest lists and objects.
const mostNested = 64

// objectParser makes the members of JSON objects cells of a batch.
type objectParser struct {
	batch *batch
	named []string // the columns of the number, and of the region where there is one
	rows  int      // read so far
	stamp []int    // of the columns: the newest row that has it
}

// row adds the members of the object that a line holds, and gives where its number stands. null is as good as no member.
func (p *objectParser) row(line []byte) (number int, fault *lineFault) {
	if fault := wellFormed(line); fault != nil {
		return 0, fault
	}
	p.rows++
	number = -1
	m := &p.batch.members
	for name, value := range objectMembers(line) {
		key, ok := jsonString(line[name.from:name.to])
		if !ok {
			return 0, &lineFault{"a name has half of a character, written as \\uD800 or the like", name.from}
		}
		id := m.ids.id(cty.NormalizeString(key))
		for int(id) >= len(p.stamp) {
			p.stamp = append(p.stamp, 0)
		}
		if p.stamp[id] == p.rows && !m.ids.crowded {
			return 0, &lineFault{fmt.Sprintf("the object has two members named %s", quoted(key)), name.from}
		}
		p.stamp[id] = p.rows
		raw := line[value.from:value.to]
		if raw[0] == 'n' {
			continue
		}
		if reason := p.unfit(raw, int(id)); reason != "" {
			return 0, &lineFault{fmt.Sprintf("%s %s", quoted(key), reason), value.from}
		}
		if id == 0 {
			number = value.from
		}
		p.batch.raw = append(p.batch.raw, raw...)
		p.batch.ends = append(p.batch.ends, uint32(len(p.batch.raw)))
		m.columns = append(m.columns, id)
	}
	if number < 0 {
		return 0, &lineFault{fmt.Sprintf("the object has no %s", quoted(p.named[0])), 0}
	}
	return number, nil
}

// wellFormed says what keeps a line from being a JSON object.
func wellFormed(line []byte) *lineFault {
	if !utf8.Valid(line) {
		at := 0
		for r, n := utf8.DecodeRune(line); r != utf8.RuneError || n != 1; r, n = utf8.DecodeRune(line[at:]) {
			at += n
		}
		return &lineFault{"the line is not UTF-8", at}
	}
	start := bytes.TrimLeft(line, " \t\r\n")
	if start[0] == '[' {
		return &lineFault{`the line begins a JSON array, and JSON Lines has one object on each line, without brackets and commas around them; jq -c '.[]' makes such lines of an array`, 0}
	}
	if !json.Valid(line) {
		var raw json.RawMessage
		at := 0
		if syntax, ok := errors.AsType[*json.SyntaxError](json.Unmarshal(line, &raw)); ok {
			at = int(syntax.Offset) - 1
		}
		return &lineFault{"the line is not valid JSON: each line holds one whole object", at}
	}
	if start[0] != '{' {
		return &lineFault{`the line is no JSON object, such as {"number": "+12025550143", "name": "Sam"}`, 0}
	}
	return nil
}

// unfit says why a column cannot take a value.
func (p *objectParser) unfit(raw []byte, id int) string {
	keyed := id < len(p.named)
	what := "the number"
	if id > 0 {
		what = "the region"
	}
	switch raw[0] {
	case '"':
		if _, ok := jsonString(raw); !ok {
			return `has half of a character, written as \uD800 or the like`
		}
	case '{', '[':
		if keyed {
			return "is no text, and " + what + " is one"
		}
		return unfitNested(raw)
	case 't', 'f':
		if keyed {
			return "is no text, and " + what + " is one"
		}
	default:
		switch {
		case keyed && id > 0:
			return "is no text, and the region is one"
		case keyed && bytes.ContainsAny(raw, ".eE"):
			return "is a JSON number with a fraction or an exponent: write telephone numbers as text"
		case !moderate(string(raw)):
			return "is a number that is too large, or too close to nought"
		}
	}
	return ""
}

// unfitNested says what is wrong with a list or an object, which is valid JSON.
func unfitNested(raw []byte) string {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	type level struct {
		names map[string]bool // of an object
		value bool            // a name was read, and its value comes
	}
	var levels []level
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return "is not valid JSON"
		}
		top := len(levels) - 1
		if name, ok := token.(string); ok && top >= 0 && levels[top].names != nil && !levels[top].value {
			name = cty.NormalizeString(name)
			if levels[top].names[name] {
				return "holds an object with two members of one name"
			}
			levels[top].names[name], levels[top].value = true, true
			continue
		}
		if top >= 0 {
			levels[top].value = false
		}
		switch token := token.(type) {
		case json.Delim:
			switch token {
			case '{':
				levels = append(levels, level{names: map[string]bool{}})
			case '[':
				levels = append(levels, level{})
			default:
				levels = levels[:top]
			}
			if len(levels) > mostNested {
				return fmt.Sprintf("nests lists and objects more than %d deep", mostNested)
			}
		case json.Number:
			if !moderate(token.String()) {
				return "holds a number that is too large, or too close to nought"
			}
		}
	}
	if _, err := nested(raw); err != nil {
		return "holds what smsplan has no value for"
	}
	return ""
}

// moderate reports whether a number of JSON has an exponent, and as many digits, as can be worked with.
func moderate(number string) bool {
	digits, exponent, scientific := strings.Cut(strings.ToLower(number), "e")
	if len(digits) > largestExponent {
		return false
	}
	if !scientific {
		return true
	}
	n, err := strconv.Atoi(exponent)
	return err == nil && n <= largestExponent && n >= -largestExponent
}

// extent is a part of a line.
type extent struct{ from, to int }

// objectMembers yields the names, with their quotes, and the values of a JSON object that is known to be valid.
func objectMembers(line []byte) func(yield func(name, value extent) bool) {
	return func(yield func(name, value extent) bool) {
		at := skipTo(line, 0, '{') + 1
		for {
			for line[at] != '"' {
				if line[at] == '}' {
					return
				}
				at++
			}
			name := extent{at, valueEndAt(line, at)}
			at = skipTo(line, name.to, ':') + 1
			for isBlank(line[at : at+1]) {
				at++
			}
			value := extent{at, valueEndAt(line, at)}
			if !yield(name, value) {
				return
			}
			at = value.to
		}
	}
}

func skipTo(line []byte, at int, c byte) int { return at + bytes.IndexByte(line[at:], c) }

// valueEndAt gives where the value that begins at at ends.
func valueEndAt(line []byte, at int) int {
	switch line[at] {
	case '"':
		for at++; line[at] != '"'; at++ {
			if line[at] == '\\' {
				at++
			}
		}
		return at + 1
	case '{', '[':
		for depth := 0; ; at++ {
			switch line[at] {
			case '"':
				at = valueEndAt(line, at) - 1
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return at + 1
				}
			}
		}
	}
	for at < len(line) && line[at] != ',' && line[at] != '}' && line[at] != ']' && !isBlank(line[at:at+1]) {
		at++
	}
	return at
}

// jsonString gives the text of a JSON string. ok is false where it holds half of a character.
func jsonString(raw []byte) (text string, ok bool) {
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1]), true
	}
	if json.Unmarshal(raw, &text) != nil {
		return "", false
	}
	// Half of a surrogate pair becomes a mark of replacement, which may also be what was written.
	written := strings.Count(string(raw), "\ufffd") + strings.Count(strings.ToLower(string(raw)), `\ufffd`)
	return text, strings.Count(text, "\ufffd") <= written
}

// jsonText gives a JSON value that was found fit for a number or a region.
func jsonText(raw string) string {
	if raw[0] != '"' {
		return raw
	}
	text, _ := jsonString([]byte(raw))
	return text
}

// member gives the value of a column of row i: null where the row has none.
func (c *chunk) member(i, column int) cty.Value {
	for k := c.starts[i]; k < c.starts[i+1]; k++ {
		if int(c.columns[k]) == column {
			return c.memberAt(int(k))
		}
	}
	return cty.NullVal(cty.DynamicPseudoType)
}

// memberAt gives the value of cell k.
func (c *chunk) memberAt(k int) cty.Value {
	start := uint32(0)
	if k > 0 {
		start = c.ends[k-1]
	}
	return jsonValue(c.cells[start:c.ends[k]])
}

// jsonValue gives a JSON value that was found fit for a column.
func jsonValue(raw string) cty.Value {
	switch raw[0] {
	case '"':
		if strings.IndexByte(raw, '\\') < 0 {
			return cty.StringVal(raw[1 : len(raw)-1])
		}
		return cty.StringVal(jsonText(raw))
	case 't':
		return cty.True
	case 'f':
		return cty.False
	case '{', '[':
		v, err := nested([]byte(raw))
		if err != nil {
			return cty.DynamicVal
		}
		return v
	}
	v, err := cty.ParseNumberVal(raw)
	if err != nil {
		return cty.DynamicVal
	}
	return v
}

// nested reads a list or an object. It is not for cty to do: of names that are not in Unicode's normal form its JSON makes errors.
func nested(raw []byte) (cty.Value, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return cty.NilVal, err
	}
	return decodedValue(v)
}

// decodedValue gives what encoding/json has read.
func decodedValue(v any) (cty.Value, error) {
	switch v := v.(type) {
	case string:
		return cty.StringVal(v), nil
	case bool:
		return cty.BoolVal(v), nil
	case json.Number:
		return cty.ParseNumberVal(v.String())
	case []any:
		elements := make([]cty.Value, len(v))
		for i, element := range v {
			var err error
			if elements[i], err = decodedValue(element); err != nil {
				return cty.NilVal, err
			}
		}
		return cty.TupleVal(elements), nil
	case map[string]any:
		attrs := make(map[string]cty.Value, len(v))
		for name, attr := range v {
			var err error
			if attrs[name], err = decodedValue(attr); err != nil {
				return cty.NilVal, err
			}
		}
		return cty.ObjectVal(attrs), nil
	}
	return cty.NullVal(cty.DynamicPseudoType), nil
}
