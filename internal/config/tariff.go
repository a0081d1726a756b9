package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/zclconf/go-cty/cty"

	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/sms"
)

// Tariff is what one segment costs, by the region of the number that it goes to.
type Tariff struct {
	Currency string           `json:"currency"`
	Default  *Money           `json:"default,omitempty"` // nil: regions that Country lacks have no price
	Country  map[string]Money `json:"country,omitempty"` // by region
}

// Price gives the price of one segment; ok is false where the tariff has none.
func (t *Tariff) Price(region string) (price Money, ok bool) {
	if price, ok = t.Country[region]; ok || t.Default == nil {
		return price, ok
	}
	return *t.Default, true
}

// tariffAddress is what the tariff is called among values that depend on each other.
const tariffAddress = "tariff"

// readTariff reads the tariff block. What comes back is unknown where the tariff is not known as a whole.
func (s *scope) readTariff() cty.Value {
	s.tariff = nil
	if len(s.declared.tariffs) == 0 {
		return cty.True
	}
	for _, second := range s.declared.tariffs[1:] {
		s.l.add(fault(second.DefRange, "Second tariff block", fmt.Sprintf("A configuration has one tariff block at most, and one is on %s.", Place{s.declared.tariffs[0].DefRange})))
	}
	b := s.declared.tariffs[0]
	before := len(s.l.diags)
	a := &arguments{s: s, of: tariffBlock, content: b.content}
	t := &Tariff{Currency: a.required("currency")}
	if len([]rune(t.Currency)) > longestCurrency || strings.ContainsFunc(t.Currency, func(r rune) bool { return !unicode.IsGraphic(r) || unicode.IsSpace(r) }) {
		a.fault("currency", "The value of currency is a word of at most %d characters that stands behind amounts, such as \"EUR\".", longestCurrency)
	}
	if price, ok := a.money("default"); ok {
		t.Default = &price
	}
	t.Country = a.prices("country")
	if t.Default == nil && len(t.Country) == 0 && !a.unknown && !s.l.diags[before:].HasErrors() && !tariffBlock.misspelt(b.Body, "default", "country") {
		s.l.add(fault(b.DefRange, "Tariff without a price", "Give the price of one segment with default, or by region with country, such as country = { ZA = 0.021 }."))
	}
	if a.unknown {
		s.undecided(tariffAddress, b.DefRange)
	}
	if a.unknown || s.l.diags[before:].HasErrors() {
		return cty.DynamicVal
	}
	s.tariff = t
	return cty.True
}

// money gives an amount; ok is false where there is none to go by.
func (a *arguments) money(name string) (Money, bool) {
	v := a.value(name, cty.Number, false)
	if v == cty.NilVal {
		return Money{}, false
	}
	amount, err := moneyOf(v)
	if err != nil {
		a.fault(name, "The value of %s is an amount: %s.", name, err)
		return Money{}, false
	}
	return amount, true
}

// prices gives a map of amounts by region.
func (a *arguments) prices(name string) map[string]Money {
	v := a.value(name, cty.Map(cty.Number), false)
	if v == cty.NilVal {
		return nil
	}
	prices := make(map[string]Money)
	for it := v.ElementIterator(); it.Next(); {
		key, value := it.Element()
		region := key.AsString()
		if !a.isRegion(name, region) {
			continue
		}
		if value.IsNull() {
			a.fault(name, "The price for %s is null. Leave it out where the default is meant.", region)
			continue
		}
		price, err := moneyOf(value)
		if err != nil {
			a.fault(name, "The price for %s is an amount: %s.", region, err)
			continue
		}
		prices[region] = price
	}
	return prices
}

// noRegion stands for numbers of no one country, and for those of which the metadata cannot tell it.
const noRegion = "ZZ"

// isRegion reports whether a number may have the region, and else says so of the argument.
func (a *arguments) isRegion(name, region string) bool {
	if region == noRegion || slices.Contains(phone.Regions(), region) {
		return true
	}
	a.fault(name, "There is no region %s.%s Regions are ISO 3166 codes of two capital letters such as \"ZA\", or %q for numbers of no one country.",
		quoted(region), didYouMean(region, regionLike(region)), noRegion)
	return false
}

// bill adds up what an audience costs. ok is false where it is not known, or a region has no price, which is remembered.
func (s *scope) bill(m *Message) (cost Money, ok bool) {
	segments := make(map[phone.Region]int)
	people := make(map[phone.Region]int)
	m.eachSize(func(person int, size sms.Size) {
		region := m.Audience.Regions[person]
		segments[region] += size.Segments
		people[region]++
	})
	ok = true
	for region, n := range segments {
		price, priced := s.tariff.Price(region.String())
		if !priced {
			s.unpriced[region.String()] += people[region]
			ok = false
		}
		cost = cost.Plus(price.Times(n))
	}
	return cost, ok
}

// refuseUnpriced reports regions of the messages that have no price: their costs would be too low without a word.
func (s *scope) refuseUnpriced() {
	if len(s.unpriced) == 0 {
		return
	}
	var named []string
	for _, region := range slices.Sorted(maps.Keys(s.unpriced)) {
		named = append(named, fmt.Sprintf("%s (%s)", region, Counted(s.unpriced[region], "recipient")))
	}
	s.l.add(fault(s.declared.tariffs[0].DefRange, "Region without a price", fmt.Sprintf(
		"The messages are for recipients whose region has no price: %s. Costs that leave them out would be too low: give them a price in country, or set default for all regions that country does not have.",
		strings.Join(named, ", "))))
}
