package config

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"
)

// argument is a name that takes a value.
type argument struct {
	name      string
	takes     takes
	required  bool
	sensitive bool   // shown nowhere
	fallback  any    // the value without the argument: string, bool, int, float64 or time.Duration; nil for none of its own
	without   string // what holds without the argument where that is no value of it, in Markdown
	about     string // one line of Markdown
}

// takes says what values an argument takes.
type takes struct {
	name        string   // in Markdown; made of the rest where that says it all
	constraint  cty.Type // what the value is converted to; DynamicPseudoType where the reader looks at it itself
	choices     []string // the strings that it, or each of its elements, is one of
	least, most float64  // of numbers; of durations in nanoseconds
	above       bool     // more than least
	written     bool     // it is read as it is written, without being evaluated
	constant    bool     // it may refer to nothing
	rows        bool     // it may name the recipient
}

// What arguments take.
var (
	takesText      = takes{name: "string", constraint: cty.String}
	takesBool      = takes{name: "bool", constraint: cty.Bool}
	takesTexts     = takes{name: "list of strings", constraint: cty.List(cty.String)}
	takesSets      = takes{name: "list of recipient sets", constraint: cty.DynamicPseudoType}
	takesAny       = takes{name: "any value", constraint: cty.DynamicPseudoType}
	takesEach      = takes{name: "map, or set of strings", constraint: cty.DynamicPseudoType}
	takesTime      = takes{name: "time with its offset from UTC, as in RFC 3339", constraint: cty.String}
	takesClock     = takes{name: "time of the day, `\"00:00\"` to `\"23:59\"`", constraint: cty.String}
	takesZone      = takes{name: "time zone of IANA's table, or `\"recipient\"`", constraint: cty.String}
	takesAddress   = takes{name: "address of a message", constraint: cty.String, written: true}
	takesAddresses = takes{name: "list of addresses of messages", constraint: cty.List(cty.String), written: true}
	takesType      = takes{name: "type constraint", constraint: cty.DynamicPseudoType, written: true}

	takesCondition    = takes{name: "condition", constraint: cty.Bool}
	takesRowCondition = takes{name: "condition on `recipient`", constraint: cty.Bool, rows: true}
	takesRowText      = takes{name: "string, may name `recipient`", constraint: cty.String, rows: true}
)

// takesConstant is a value that refers to nothing.
func takesConstant(t takes) takes {
	t.constant = true
	return t
}

// takesWhole is a whole number between two bounds.
func takesWhole(least, most int) takes {
	return takes{name: fmt.Sprintf("whole number, %d to %d", least, most), constraint: cty.Number, least: float64(least), most: float64(most)}
}

// takesAbove is a number more than nought.
func takesAbove(most float64) takes {
	return takes{name: "number, more than 0, at most " + strconv.FormatFloat(most, 'f', -1, 64), constraint: cty.Number, most: most, above: true}
}

// takesDuration is a length of time between two bounds.
func takesDuration(least, most time.Duration) takes {
	return takes{name: fmt.Sprintf("duration, `\"%s\"` to `\"%s\"`", short(least), short(most)), constraint: cty.String, least: float64(least), most: float64(most)}
}

// takesOneOf is one of some strings. The first is the fallback where the argument has no other.
func takesOneOf(choices ...string) takes {
	return takes{name: alternatives(markdownStrings(choices)), constraint: cty.String, choices: choices}
}

// takesSome is a list of some of the strings.
func takesSome(choices ...string) takes {
	return takes{name: "list of " + strings.Join(markdownStrings(choices), ", "), constraint: cty.List(cty.String), choices: choices}
}

// takesWords is a list of some of the words, which stand without quotes.
func takesWords(words ...string) takes {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = "`" + word + "`"
	}
	return takes{name: "list of " + strings.Join(quoted, ", ") + ", without quotes", constraint: cty.List(cty.String), choices: words, written: true}
}

func markdownStrings(list []string) []string {
	shown := make([]string, len(list))
	for i, each := range list {
		shown[i] = "`\"" + each + "\"`"
	}
	return shown
}

// alternatives lists what may be chosen from: "a, b or c".
func alternatives(list []string) string {
	last := len(list) - 1
	if last < 1 {
		return strings.Join(list, "")
	}
	return strings.Join(list[:last], ", ") + " or " + list[last]
}

// plainly says what values an argument takes, without Markdown: "a whole number, 1 to 300".
func (t takes) plainly() string {
	name := withoutMarkdown(t.name)
	switch {
	case t.constraint == cty.Bool && !t.rows:
		return "true or false"
	case name == "" || strings.HasPrefix(name, `"`) || strings.HasPrefix(name, "any "):
		return name
	case strings.ContainsRune("aeiou", rune(name[0])):
		return "an " + name
	}
	return "a " + name
}

func withoutMarkdown(text string) string { return strings.ReplaceAll(text, "`", "") }

// value gives the value that the argument has where it is left out; nil where it has none.
func (a argument) value() any {
	switch {
	case a.fallback != nil:
		return a.fallback
	case a.required || a.without != "" || a.takes.constraint == cty.NilType:
		return nil
	case a.takes.constraint == cty.Bool:
		return false
	case a.takes.constraint == cty.String && len(a.takes.choices) > 0:
		return a.takes.choices[0]
	}
	return nil
}

// shown gives what holds without the argument, in Markdown.
func (a argument) shown() string {
	if a.required {
		return "required"
	}
	switch value := a.value().(type) {
	case nil:
		return a.without
	case string:
		return "`" + strconv.Quote(value) + "`"
	case time.Duration:
		return "`\"" + short(value) + "\"`"
	case []string:
		return "`[" + quotedList(value) + "]`"
	default:
		text, _ := json.Marshal(value)
		return "`" + string(text) + "`"
	}
}
