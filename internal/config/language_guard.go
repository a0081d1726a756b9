package config

import "github.com/zclconf/go-cty/cty"

// mostCounted is more than any plan has of anything.
const mostCounted = 1_000_000_000_000

var guardBlock = blockType{
	about:    "What one plan may send at most. A plan beyond it cannot be applied unless it was made with `-allow=guard.NAME`.",
	label:    "name",
	labelled: "its address is `guard.NAME`",
	arguments: []argument{
		{name: "messages", takes: takesAddresses, without: "all messages together", about: "the messages that are counted; a block stands for all its instances"},
		{name: "max_recipients", takes: takesWhole(0, mostCounted), without: "no limit", about: "most people to send to"},
		{name: "max_segments", takes: takesWhole(0, mostCounted), without: "no limit", about: "most segments to send"},
		{name: "max_cost", takes: takesMoney, without: "no limit", about: "most that what is to be sent costs by the `tariff`"},
		{name: "countries", takes: takesTexts, without: "everywhere", about: "the only ISO 3166 regions that may be sent to; `ZZ` is for numbers of no one country"},
		{name: "max_growth", takes: takes{name: "percentage such as `\"20%\"`", constraint: cty.String}, without: "no limit", about: "most people to send to who had none of these messages before, against those who had one"},
		{name: "max_cancel", takes: takesWhole(0, mostCounted), without: "no limit", about: "most scheduled messages to withdraw, also those that are sent anew"},
	},
}
