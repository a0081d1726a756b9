package config

import (
	"fmt"

	"github.com/zclconf/go-cty/cty"
)

// Limits of amounts and of what stands behind them.
const (
	largestMoney    = 1_000_000_000
	longestCurrency = 16
)

var takesMoney = takes{
	name:       fmt.Sprintf("number, 0 to %d, of at most %d decimals", largestMoney, moneyDecimals),
	constraint: cty.Number, least: 0, most: largestMoney,
}

var tariffBlock = blockType{
	about: "What one segment costs, so that plans say what they cost.",
	most:  1,
	arguments: []argument{
		{name: "currency", takes: takesText, required: true, about: fmt.Sprintf("what stands behind amounts, such as `\"EUR\"`: a word of at most %d characters", longestCurrency)},
		{name: "default", takes: takesMoney, without: "regions that `country` lacks have no price", about: "the price of one segment where `country` has none"},
		{name: "country", takes: takes{name: "map of prices by region", constraint: cty.Map(cty.Number)}, without: "the default everywhere", about: "the price of one segment, by the ISO 3166 region of the number; `ZZ` is for numbers of no one country"},
	},
}
