package config

import "math"

var importBlock = blockType{
	about: "People who already have a message, from another tool: they are recorded, and not sent it again.",
	arguments: []argument{
		{name: "to", takes: takesAddress, required: true, about: "the address of the message that they have"},
		{name: "revision", takes: takesWhole(1, math.MaxInt32), fallback: 1, about: "at which revision; at most the message's own"},
		{name: "region", takes: takesText, without: "numbers need their country code", about: "ISO 3166 code, such as `\"ZA\"`, of the country that numbers without a country code are in"},
		{name: "on_invalid", takes: takesOneOf("error", "skip"), about: "`\"error\"` stops at what is no telephone number and reports it; `\"skip\"` leaves it out and counts it"},
	},
	blocks: map[string]blockType{"csv": recipientsBlock.blocks["csv"], "jsonl": recipientsBlock.blocks["jsonl"]},
	foreign: map[string]string{
		"id":       "Those who have the message are listed in a file, which a csv or jsonl block names.",
		"for_each": "Write one import block for each message.",
	},
}
