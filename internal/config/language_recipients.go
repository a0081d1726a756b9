package config

import "github.com/smsplan/smsplan/internal/phone"

// usualTypes are the types of number that a recipient set accepts where it does not say.
var usualTypes = []phone.Kind{phone.Mobile, phone.FixedOrMobile, phone.Unknown}

// numberTypes names all types of number, or those given.
func numberTypes(kinds ...phone.Kind) []string {
	if kinds == nil {
		for k := phone.Unknown; k <= phone.Voicemail; k++ {
			kinds = append(kinds, k)
		}
	}
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.String()
	}
	return names
}

var recipientsBlock = blockType{
	about:    "A set of people, known by their telephone numbers.",
	label:    "name",
	labelled: "expressions name the set `recipients.NAME`",
	arguments: []argument{
		{name: "numbers", takes: takes{name: "list of strings, or of objects with `number`", constraint: takesAny.constraint}, without: "none", about: "people, written out: numbers, or objects with the attribute `number` and any others, which are columns"},
		{name: "region", takes: takesText, without: "numbers need their country code", about: "ISO 3166 code, such as `\"ZA\"`, of the country that numbers without a country code are in"},
		{name: "where", takes: takesRowCondition, without: "everybody", about: "who of them is in the set"},
		{name: "include", takes: takesSets, without: "none", about: "sets whose people are in the set too"},
		{name: "exclude", takes: takesSets, without: "none", about: "sets whose people are not in the set"},
		{name: "on_invalid", takes: takesOneOf("error", "skip"), about: "`\"error\"` stops at numbers that cannot be sent to and reports them; `\"skip\"` leaves them out and counts them"},
		{name: "types", takes: takesSome(numberTypes()...), fallback: numberTypes(usualTypes...), about: "types of number to accept; others are invalid"},
	},
	blocks: map[string]blockType{
		"csv": {
			about:   "A CSV file with one person in a row.",
			dynamic: true,
			arguments: []argument{
				{name: "path", takes: takesText, required: true, about: "the file, in the configuration's directory or below it"},
				{name: "number", takes: takesText, required: true, about: "the column that holds the number"},
				{name: "region_column", takes: takesText, without: "`region` for all rows", about: "the column that holds the region, row by row; where it is empty, `region` holds"},
				{name: "delimiter", takes: takesText, fallback: ",", about: "the character between cells, such as `\";\"` or `\"\\t\"`"},
				{name: "header", takes: takesBool, fallback: true, about: "`false` where the first line is a row; then `columns` is required"},
				{name: "columns", takes: takesTexts, without: "the header's", about: "names of the columns of a file without a header"},
			},
		},
		"jsonl": {
			about:   "A file of JSON Lines with one person, a JSON object, on each line.",
			dynamic: true,
			arguments: []argument{
				{name: "path", takes: takesText, required: true, about: "the file, in the configuration's directory or below it"},
				{name: "number", takes: takesText, required: true, about: "the column that holds the number"},
				{name: "region_column", takes: takesText, without: "`region` for all rows", about: "the column that holds the region, row by row; where it is empty, null or missing, `region` holds"},
			},
		},
	},
	foreign: map[string]string{
		"count":    "A recipient set is not repeated: write one block for each set.",
		"for_each": "A recipient set is not repeated: write one block for each set, or for_each in the message.",
	},
}
