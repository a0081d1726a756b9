package plan

import (
	"encoding/json"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/phone"
)

// amount gives a price as a configuration has it.
func amount(text string) *config.Money {
	var m config.Money
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		panic(err)
	}
	return &m
}

// prices draws a tariff with a price for every region.
func prices(t *rapid.T) *config.Tariff {
	draw := func(label string) *config.Money {
		return amount(rapid.StringMatching(`(0|[1-9][0-9]{0,2})(\.[0-9]{1,9})?`).Draw(t, label))
	}
	tariff := &config.Tariff{Currency: "EUR", Default: draw("default"), Country: map[string]config.Money{}}
	for _, region := range []string{"US", "DE", "SE"} {
		if rapid.Bool().Draw(t, "has "+region) {
			tariff.Country[region] = *draw(region)
		}
	}
	return tariff
}

func rational(m *config.Money) *big.Rat {
	r, ok := new(big.Rat).SetString(m.String())
	if !ok {
		panic(m.String())
	}
	return r
}

func TestCostsAddUpPersonByPerson(t *testing.T) {
	base := corpus(t, "Hello", strings.Repeat("long ", 50), "Zażółć")
	everybody := people(fictions)
	rapid.Check(t, func(t *rapid.T) {
		c := *base
		c.Tariff = prices(t)
		c.Messages = nil
		for _, address := range []string{"message.a", "message.b"} {
			var chosen []phone.Number
			for range rapid.IntRange(0, 12).Draw(t, "people") {
				chosen = append(chosen, everybody[rapid.IntRange(0, 400).Draw(t, "person")])
			}
			chosen = distinct(chosen)
			texts := rapid.SliceOfN(rapid.IntRange(0, 2), len(chosen), len(chosen)).Draw(t, "texts")
			m := addressed(base, chosen, func(i int) int { return texts[i] }).Messages[0]
			m.Address = address
			c.Messages = append(c.Messages, m)
		}
		p := must(read(written(t, New(&c, nil, noon, "test", Options{}))))
		total := new(big.Rat)
		for i := range p.Messages {
			m := &p.Messages[i]
			want, byCountry := new(big.Rat), new(big.Rat)
			for _, r := range m.requests {
				for _, n := range m.peopleOf(r) {
					region, _ := n.Locate()
					price, _ := c.Tariff.Price(region.String())
					want.Add(want, new(big.Rat).Mul(rational(&price), big.NewRat(int64(m.size(r.text).Segments), 1)))
				}
			}
			for _, country := range m.Countries {
				byCountry.Add(byCountry, rational(country.Cost))
			}
			if rational(m.Cost).Cmp(want) != 0 || byCountry.Cmp(want) != 0 {
				t.Fatalf("%s costs %s, its countries %s, its people %s", m.Address, m.Cost, byCountry, want)
			}
			total.Add(total, want)
		}
		if got := p.Totals().Cost; rational(got).Cmp(total) != 0 {
			t.Fatalf("the plan costs %s, its people %s", got, total)
		}
	})
}

// distinct gives each number once.
func distinct(list []phone.Number) (once []phone.Number) {
	seen := map[phone.Number]bool{}
	for _, n := range list {
		if !seen[n] {
			seen[n] = true
			once = append(once, n)
		}
	}
	return once
}

func TestWithoutATariffNothingIsSaidOfCosts(t *testing.T) {
	p := New(addressed(corpus(t, "Hello"), people(3), oneText), nil, noon, "test", Options{})
	if p.Totals().Cost != nil || p.Messages[0].Cost != nil || p.Messages[0].Countries[0].Cost != nil {
		t.Errorf("%+v", p.Messages[0])
	}
	if strings.Contains(unpack(t, written(t, p))[headerFile], `"cost"`) {
		t.Error("the saved plan speaks of costs")
	}
}

func TestAPlanWhoseCostsAreNotThoseOfItsSegmentsIsDamaged(t *testing.T) {
	c := *addressed(corpus(t, "Hello"), people(3), oneText)
	c.Tariff = &config.Tariff{Currency: "EUR", Default: amount("0.05")}
	for name, change := range map[string]func(p *Plan){
		"cost":                func(p *Plan) { p.Messages[0].Cost = amount("0.14") },
		"no cost":             func(p *Plan) { p.Messages[0].Cost = nil },
		"cost of a country":   func(p *Plan) { p.Messages[0].Countries[0].Cost = amount("1") },
		"segments":            func(p *Plan) { p.Messages[0].Countries[0].Segments = 2 },
		"price":               func(p *Plan) { p.Tariff.Default = amount("0.04") },
		"region has no price": func(p *Plan) { p.Tariff.Default = nil },
		"no tariff":           func(p *Plan) { p.Tariff = nil },
	} {
		t.Run(name, func(t *testing.T) {
			p := New(&c, nil, noon, "test", Options{})
			copied := *p.Tariff
			p.Tariff = &copied
			change(p)
			if _, err := read(written(t, p)); err == nil || !strings.Contains(err.Error(), "damaged") {
				t.Errorf("it is read: %v", err)
			}
		})
	}
}
