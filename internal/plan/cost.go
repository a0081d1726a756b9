package plan

import (
	"slices"

	"github.com/smsplan/smsplan/internal/config"
)

// price says what the message costs, by country and in all. A nil tariff says nothing. ok is false where a region has no price.
func (m *Message) price(t *config.Tariff) (ok bool) {
	if t == nil {
		return true
	}
	var total config.Money
	for i := range m.Countries {
		c := &m.Countries[i]
		price, priced := t.Price(c.Region)
		if !priced {
			return false
		}
		cost := price.Times(c.Segments)
		c.Cost = &cost
		total = total.Plus(cost)
	}
	m.Cost = &total
	return true
}

// checkCosts holds what a message read says that it costs against the tariff of its plan.
func (m *Message) checkCosts(t *config.Tariff) error {
	if err := m.checkSegments(t); err != nil {
		return err
	}
	stated := m.Cost
	countries := slices.Clone(m.Countries)
	for i := range m.Countries {
		m.Countries[i].Cost = nil
	}
	m.Cost = nil
	if !m.price(t) || !sameCost(stated, m.Cost) || !slices.EqualFunc(countries, m.Countries, func(a, b Country) bool { return sameCost(a.Cost, b.Cost) }) {
		return damaged("%s: its costs are not those of its segments", m.Address)
	}
	return nil
}

// Others adds up the countries from the one at a place on, and gives how many they are.
func Others(list []Country, from int) (sum Country, count int) {
	for _, c := range list[min(from, len(list)):] {
		sum.Recipients += c.Recipients
		sum.Segments += c.Segments
		if c.Cost != nil {
			cost := *c.Cost
			if sum.Cost != nil {
				cost = cost.Plus(*sum.Cost)
			}
			sum.Cost = &cost
		}
		count++
	}
	return sum, count
}

func sameCost(a, b *config.Money) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Equal(*b)
}

// checkSegments holds the segments by country of a message read against all of them. Before format 1.3 there were none, and no tariff.
func (m *Message) checkSegments(t *config.Tariff) error {
	sum := 0
	for _, c := range m.Countries {
		if c.Segments < 0 || c.Segments > m.Segments-sum {
			return damaged("%s: its segments by country do not add up", m.Address)
		}
		sum += c.Segments
	}
	if sum != m.Segments && (sum != 0 || t != nil) {
		return damaged("%s: its segments by country do not add up", m.Address)
	}
	return nil
}
