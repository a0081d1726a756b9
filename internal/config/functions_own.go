package config

import (
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/gocty"

	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/sms"
)

// Functions about telephone numbers and texts, which are smsplan's own.

var phoneParameters = []function.Parameter{{Name: "text", Type: cty.String}, {Name: "region", Type: cty.String, AllowNull: true}}

func parsePhone(args []cty.Value) (phone.Number, error) {
	region := ""
	if !args[1].IsNull() {
		region = args[1].AsString()
	}
	return phone.Parse(args[0].AsString(), region)
}

// phoneFunc gives the E.164 digits of a number.
var phoneFunc = function.New(&function.Spec{
	Params: phoneParameters,
	Type:   function.StaticReturnType(cty.String),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		n, err := parsePhone(args)
		if err != nil {
			return cty.UnknownVal(cty.String), function.NewArgErrorf(0, "%s", numberSentence(err.Error()))
		}
		return cty.StringVal(n.E164()), nil
	},
})

var phoneValidFunc = function.New(&function.Spec{
	Params: phoneParameters,
	Type:   function.StaticReturnType(cty.Bool),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		_, err := parsePhone(args)
		return cty.BoolVal(err == nil), nil
	},
})

var textParameter = function.Parameter{Name: "text", Type: cty.String}

var smsEncodingFunc = function.New(&function.Spec{
	Params: []function.Parameter{textParameter},
	Type:   function.StaticReturnType(cty.String),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		return cty.StringVal(sms.Measure(args[0].AsString()).Encoding.String()), nil
	},
})

var smsSegmentsFunc = function.New(&function.Spec{
	Params: []function.Parameter{textParameter},
	Type:   function.StaticReturnType(cty.Number),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		return cty.NumberIntVal(int64(sms.Measure(lineFeeds(args[0].AsString())).Segments)), nil
	},
})

// smsTruncateFunc gives the longest start of a text that fits.
var smsTruncateFunc = function.New(&function.Spec{
	Params: []function.Parameter{textParameter, {Name: "parts", Type: cty.Number}},
	Type:   function.StaticReturnType(cty.String),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		var parts int
		if err := gocty.FromCtyValue(args[1], &parts); err != nil || parts < 1 {
			return cty.UnknownVal(cty.String), function.NewArgErrorf(1, "parts is a whole number of at least 1")
		}
		return cty.StringVal(sms.Truncate(args[0].AsString(), parts)), nil
	},
})

// smsGSM7Func replaces typographic characters by what GSM 03.38 has.
var smsGSM7Func = textFunction("text", func(s string) (string, error) { return sms.ToGSM7(s), nil })
