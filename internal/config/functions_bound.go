package config

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"regexp"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// What a function gives is bounded, so that no short expression takes all memory: texts by their bytes, collections by the values
// in them, at any depth.
const (
	longestText  = 64 << 20
	mostValues   = 1 << 20
	deepestValue = 500 // of values that are decoded or encoded, which recurses
)

var (
	errTooLong  = fmt.Errorf("the text would be longer than %d MiB", longestText>>20)
	errTooMany  = fmt.Errorf("there would be more than %d values", mostValues)
	errTooDeep  = fmt.Errorf("it is nested more than %d deep", deepestValue)
	errOutsized = errors.New("a number is too large, or too close to nought")
)

// bound is what keeps the result of a function in proportion, or says why it would not be. The arguments are known and not marked.
type bound func(args []cty.Value) error

// bounds are those of the functions whose result may be out of proportion to their arguments.
var bounds = map[string]bound{
	"format":     func(args []cty.Value) error { return formatBound(args, 1) },
	"formatlist": formatListBound,
	"indent": func(args []cty.Value) error {
		spaces, _ := args[0].AsBigFloat().Float64()
		if spaces < 0 {
			return function.NewArgErrorf(0, "the number of spaces must not be negative")
		}
		return textBound(spaces*float64(strings.Count(args[1].AsString(), "\n")) + float64(len(args[1].AsString())))
	},
	"join":    joinBound,
	"replace": replaceBound,
	"regexall": func(args []cty.Value) error {
		re, err := regexp.Compile(args[0].AsString())
		if err != nil {
			return nil // the function says so
		}
		most, text := mostValues/(re.NumSubexp()+1), args[1].AsString()
		if len(text) < most || len(re.FindAllStringIndex(text, most+1)) <= most {
			return nil
		}
		return errTooMany
	},
	"split": func(args []cty.Value) error {
		return countBound(float64(strings.Count(args[1].AsString(), args[0].AsString())))
	},
	"setproduct": func(args []cty.Value) error {
		product := float64(len(args))
		for _, arg := range args {
			product *= float64(lengthOf(arg))
		}
		return countBound(product)
	},
	"flatten":    encodable,
	"jsonencode": encodable,
	"yamlencode": encodable,
	"tostring":   encodable,
	"parseint":   func(args []cty.Value) error { return digitsBound(args[0]) },
	"jsondecode": func(args []cty.Value) error { return nestingBound(args[0].AsString()) },
	"yamldecode": yamlBound,
}

// checkBounds says what is wrong with calling the function of that name with these arguments.
func checkBounds(name string, args []cty.Value) error {
	elements := 0
	for i, arg := range args {
		if arg.Type() == cty.Number && outsized(arg) {
			return function.NewArgError(i, errOutsized)
		}
		arg, _ := arg.Unmark()
		if elements += lengthOf(arg); elements > mostValues {
			return function.NewArgError(i, errTooMany)
		}
		if arg.Type() == cty.String && arg.IsKnown() && !arg.IsNull() && len(arg.AsString()) > longestText {
			return function.NewArgError(i, errTooLong)
		}
	}
	check, ok := bounds[name]
	if !ok {
		return nil
	}
	bare := make([]cty.Value, len(args))
	for i, arg := range args {
		bare[i] = arg
		if arg.ContainsMarked() {
			bare[i] = plain(arg)
		}
		// Others are complained of, or waited for, by the function itself.
		if !bare[i].IsKnown() || bare[i].IsNull() {
			return nil
		}
	}
	return check(bare)
}

// checkResult says what is wrong with a result.
func checkResult(name string, v cty.Value) error {
	decoded := name == "jsondecode" || name == "yamldecode"
	if (decoded || v.Type() == cty.Number) && outsized(v) {
		return errOutsized
	}
	return nil
}

func textBound(bytes float64) error {
	if bytes > longestText {
		return errTooLong
	}
	return nil
}

func countBound(values float64) error {
	if values > mostValues {
		return errTooMany
	}
	return nil
}

// lengthOf gives the number of elements of a collection, 0 of all else.
func lengthOf(v cty.Value) int {
	if !v.IsKnown() || v.IsNull() || !v.CanIterateElements() {
		return 0
	}
	return v.LengthInt()
}

// amount is how much there is in a value.
type amount struct {
	values, bytes int
	depth         int
}

// amountIn measures a value, and stops where that is out of bounds: values share their parts, so that a small one may hold more
// than can be counted.
func amountIn(v cty.Value) amount {
	var e amount
	e.add(v, 1)
	return e
}

func (e amount) fits() error {
	switch {
	case e.values > mostValues:
		return errTooMany
	case e.bytes > longestText:
		return errTooLong
	case e.depth > deepestValue:
		return errTooDeep
	}
	return nil
}

func (e *amount) add(v cty.Value, depth int) {
	e.values++
	e.depth = max(e.depth, depth)
	t := v.Type()
	switch {
	case e.fits() != nil || !v.IsKnown() || v.IsNull():
	case t == cty.String:
		e.bytes += len(v.AsString())
	case t == cty.Number:
		e.bytes += digitsOf(v.AsBigFloat())
	case v.CanIterateElements():
		for it := v.ElementIterator(); it.Next(); {
			key, element := it.Element()
			if key.Type() == cty.String {
				e.bytes += len(key.AsString())
			}
			if e.add(element, depth+1); e.fits() != nil {
				return
			}
		}
	default:
		e.bytes += len("false")
	}
}

// digitsOf gives about how many digits a number has when it is written out.
func digitsOf(n *big.Float) int {
	if n.IsInf() {
		return 0
	}
	exponent := n.MantExp(nil)
	if exponent < 0 {
		exponent = -exponent
	}
	return 2 + int(float64(exponent)+float64(n.MinPrec()))/3
}

func encodable(args []cty.Value) error { return amountIn(args[0]).fits() }

// verb is a verb of a format, with its width and precision, the number of its argument, and its letter.
var verb = regexp.MustCompile(`%[-+# 0]*([0-9]*)(?:\.([0-9]+))?(\[[0-9]+\])?([a-zA-Z%]?)`)

// numberVerbs tells which arguments of a format it makes numbers of. Where it numbers its arguments, that is any.
func numberVerbs(format string, args int) []bool {
	of := make([]bool, args)
	next := 0
	for _, v := range verb.FindAllStringSubmatch(format, -1) {
		number := v[4] != "" && strings.Contains("bdoxXeEfgG", v[4])
		if v[3] != "" && number {
			return slices.Repeat([]bool{true}, args)
		}
		if v[4] != "%" {
			if next < args {
				of[next] = of[next] || number
			}
			next++
		}
	}
	return of
}

func formatBound(args []cty.Value, times float64) error {
	format := args[0].AsString()
	verbs := verb.FindAllStringSubmatch(format, -1)
	size := float64(len(format))
	for _, v := range verbs {
		for _, number := range v[1:3] {
			size += width(number)
		}
	}
	widest, numbers := 0, numberVerbs(format, len(args)-1)
	for i, arg := range args[1:] {
		e := amountIn(arg)
		if err := e.fits(); err != nil {
			return err
		}
		if numbers[i] && outsizedNumeral(arg) {
			return function.NewArgError(i+1, errOutsized)
		}
		widest = max(widest, e.bytes+8*e.values)
	}
	return textBound(times * (size + float64(len(verbs))*float64(widest)))
}

// outsizedNumeral reports whether a text would become a number out of range, which format makes of it for some verbs. Without an
// exponent a text is as long as its number, and bounded like it.
func outsizedNumeral(v cty.Value) bool {
	if v.Type() != cty.String || v.IsNull() || !v.IsKnown() || !strings.ContainsAny(v.AsString(), "eEpP") {
		return false
	}
	n, err := cty.ParseNumberVal(v.AsString())
	return err == nil && outsized(n)
}

func elementsOf(v cty.Value) []cty.Value {
	var all []cty.Value
	for it := v.ElementIterator(); it.Next(); {
		_, element := it.Element()
		all = append(all, element)
	}
	return all
}

// width gives the number that a verb has for width or precision.
func width(digits string) float64 {
	if len(digits) > 9 {
		return math.Inf(1)
	}
	n := 0
	for _, d := range digits {
		n = n*10 + int(d-'0')
	}
	return float64(n)
}

// formatListBound takes each list as one argument: its elements come to be used once for each verb.
func formatListBound(args []cty.Value) error {
	times := 1
	for _, arg := range args[1:] {
		if !arg.Type().IsMapType() && !arg.Type().IsObjectType() {
			times = max(times, lengthOf(arg))
		}
	}
	if err := formatBound(args[:1], float64(times)); err != nil {
		return err
	}
	verbs := strings.Count(args[0].AsString(), "%")
	size, numbers := 0.0, numberVerbs(args[0].AsString(), len(args)-1)
	for i, arg := range args[1:] {
		e := amountIn(arg)
		if err := e.fits(); err != nil {
			return err
		}
		if numbers[i] && (outsizedNumeral(arg) || lengthOf(arg) > 0 && slices.ContainsFunc(elementsOf(arg), outsizedNumeral)) {
			return function.NewArgError(i+1, errOutsized)
		}
		each := float64(e.bytes + 8*e.values)
		if lengthOf(arg) == 0 || arg.Type().IsMapType() || arg.Type().IsObjectType() {
			each *= float64(times)
		}
		size += each
	}
	return textBound(size * float64(verbs))
}

func joinBound(args []cty.Value) error {
	size := 0.0
	for _, list := range args[1:] {
		e := amountIn(list)
		if err := e.fits(); err != nil {
			return err
		}
		size += float64(e.bytes) + float64(e.values)*float64(len(args[0].AsString()))
	}
	return textBound(size)
}

func replaceBound(args []cty.Value) error {
	text, part, with := args[0].AsString(), args[1].AsString(), args[2].AsString()
	expression, is := slashed(part)
	if !is {
		return textBound(float64(len(text)) + float64(strings.Count(text, part))*float64(len(with)))
	}
	// The groups that stand for $1 and the like lie in the text, each match's behind the one's before.
	size := float64(len(text)) * float64(1+strings.Count(with, "$"))
	if err := textBound(size); err != nil || textBound(size+float64(len(text)+1)*float64(len(with))) == nil {
		return err
	}
	re, err := regexp.Compile(expression)
	if err != nil {
		return nil // the function says so
	}
	most := (longestText - int(size)) / len(with)
	if len(re.FindAllStringIndex(text, most+1)) > most {
		return errTooLong
	}
	return nil
}

// digitsBound refuses a text of more digits than a number may have.
func digitsBound(v cty.Value) error {
	if v.Type() == cty.String && len(v.AsString()) > 2000 {
		return function.NewArgError(0, errOutsized)
	}
	return nil
}

// nestingBound refuses JSON that is nested too deep, which its decoder would follow.
func nestingBound(text string) error {
	depth, quoted, escaped := 0, false, false
	for i := range len(text) {
		switch c := text[i]; {
		case escaped:
			escaped = false
		case quoted && c == '\\':
			escaped = true
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[' || c == '{':
			if depth++; depth > deepestValue {
				return function.NewArgError(0, errTooDeep)
			}
		case c == ']' || c == '}':
			depth--
		}
	}
	return nil
}
