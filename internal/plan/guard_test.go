package plan

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/state"
)

// A plan is blocked if and only if one of the numbers that a guard limits is beyond its limit, counted person by person.
func TestAPlanIsBlockedExactlyWhereANumberIsBeyondItsLimit(t *testing.T) {
	base := corpora(t, "Hello", strings.Repeat("long ", 50))
	addresses := []string{"message.a", `message.b["x"]`, `message.b["y"]`}
	blocked, free := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		var all []described
		for _, address := range addresses {
			d := described{address: address, text: rapid.IntRange(0, 1).Draw(t, "text")}
			for range rapid.IntRange(0, 6).Draw(t, "people") {
				d.people = append(d.people, fiction(rapid.IntRange(0, 299).Draw(t, "person")))
			}
			d.people = distinct(d.people)
			all = append(all, d)
		}
		c := describe(base, all...)
		c.Tariff = &config.Tariff{Currency: "EUR", Default: amount("0.5"), Country: map[string]config.Money{"SE": *amount("0.25")}}
		g := config.Guard{Name: "g"}
		if rapid.Bool().Draw(t, "some messages") {
			g.Messages = slices.Sorted(slices.Values(rapid.SliceOfNDistinct(rapid.SampledFrom(addresses), 0, 3, rapid.ID[string]).Draw(t, "messages")))
		}
		draw := func(label string, most int) *int {
			if !rapid.Bool().Draw(t, "limits "+label) {
				return nil
			}
			n := rapid.IntRange(0, most).Draw(t, label)
			return &n
		}
		g.MaxRecipients, g.MaxSegments = draw("recipients", 15), draw("segments", 25)
		if quarters := draw("quarters", 40); quarters != nil {
			limit := amount("0.25").Times(*quarters)
			g.MaxCost = &limit
		}
		if rapid.Bool().Draw(t, "limits countries") {
			g.Countries = slices.Sorted(slices.Values(rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"DE", "SE", "US"}), 1, 3, rapid.ID[string]).Draw(t, "countries")))
		}
		c.Guards = []config.Guard{g}
		p := must(read(written(t, New(c, nil, noon, "test", Options{}))))

		recipients, segments, quarters, foreign := 0, 0, 0, false
		for _, d := range all {
			if g.Messages != nil && !slices.Contains(g.Messages, d.address) {
				continue
			}
			for _, n := range d.people {
				region, _ := n.Locate()
				size := []int{1, 2}[d.text]
				recipients++
				segments += size
				if region.String() == "SE" {
					quarters += size
				} else {
					quarters += 2 * size
				}
				foreign = foreign || !slices.Contains(g.Countries, region.String())
			}
		}
		var want []string
		for limit, is := range map[string]bool{
			MaxRecipients: g.MaxRecipients != nil && recipients > *g.MaxRecipients,
			MaxSegments:   g.MaxSegments != nil && segments > *g.MaxSegments,
			MaxCost:       g.MaxCost != nil && amount("0.25").Times(quarters).Compare(*g.MaxCost) > 0,
			Countries:     g.Countries != nil && foreign,
		} {
			if is {
				want = append(want, limit)
			}
		}
		got := slices.Sorted(slices.Values(p.Exceeded(&p.Guards[0])))
		if !slices.Equal(got, slices.Sorted(slices.Values(want))) {
			t.Fatalf("beyond %v, want %v, of %+v", got, want, p.Measure(&p.Guards[0]))
		}
		if (len(p.Blocking()) > 0) != (want != nil) || len(p.Overridden()) > 0 {
			t.Fatalf("blocked by %v, beyond %v", p.Blocking(), want)
		}
		if want == nil {
			free++
			return
		}
		blocked++
		if err := p.Allow([]string{"guard.g"}); err != nil || len(p.Blocking()) > 0 || len(p.Overridden()) != 1 {
			t.Fatalf("allowed, and blocked all the same: %v", err)
		}
	})
	if blocked == 0 || free == 0 {
		t.Errorf("%d plans were blocked, %d were not", blocked, free)
	}
}

func TestGuardsAreNotInThePlanID(t *testing.T) {
	c := addressed(corpus(t, "Hello"), people(3), oneText)
	without := New(c, nil, noon, "test", Options{})
	two := 2
	c.Guards = []config.Guard{{Name: "g", Limits: config.Limits{MaxRecipients: &two}}}
	with := New(c, nil, noon, "test", Options{})
	if without.ID != with.ID || len(with.Blocking()) != 1 {
		t.Errorf("IDs %s and %s, %d guards block", without.ID, with.ID, len(with.Blocking()))
	}
}

func TestGrowthIsAgainstThoseWhomAnApplySetOutToSendTo(t *testing.T) {
	percent := func(text string) *config.Percent {
		p := must(config.ParsePercent(text))
		return &p
	}
	base := corpora(t, "Hello", "Another")
	guarded := func(limit string, messages []string, all ...described) *config.Config {
		c := describe(base, all...)
		c.Guards = []config.Guard{{Name: "g", Messages: messages, Limits: config.Limits{MaxGrowth: percent(limit)}}}
		return c
	}
	twice := func(m *config.Message) { m.Revision = 2 }
	keyed := func(m *config.Message) { m.DedupeKey = "k" }
	a := func(n int, change func(*config.Message)) described {
		return described{"message.m", 0, people(n), change}
	}
	b := func(n int, change func(*config.Message)) described {
		return described{"message.b", 1, people(n), change}
	}
	for name, tt := range map[string]struct {
		before  func(l *ledger)
		c       *config.Config
		want    Growth
		blocked bool
	}{
		"of nothing is not judged":           {nil, guarded("0%", nil, a(10, nil)), Growth{0, 0}, false},
		"within the limit":                   {sentTo10, guarded("20%", nil, a(12, nil)), Growth{10, 2}, false},
		"beyond the limit":                   {sentTo10, guarded("20%", nil, a(13, nil)), Growth{10, 3}, true},
		"at another revision":                {sentTo10, guarded("20%", nil, a(13, twice)), Growth{10, 3}, true},
		"nobody new at another revision":     {sentTo10, guarded("0%", nil, a(10, twice)), Growth{10, 0}, false},
		"people who were not sent to yet":    {unsent10, guarded("0%", nil, a(10, nil)), Growth{10, 0}, false},
		"a message that nobody had":          {sentTo10, guarded("20%", nil, a(10, nil), b(100, nil)), Growth{10, 0}, false},
		"of other messages than the guard's": {sentTo10, guarded("0%", []string{"message.b"}, a(20, nil), b(3, nil)), Growth{0, 0}, false},
		"of one ledger counts once":          {nil, guarded("20%", nil, a(5, keyed), b(13, keyed)), Growth{10, 3}, true},
	} {
		t.Run(name, func(t *testing.T) {
			l := openLedger(t, t.TempDir())
			defer l.Close()
			switch {
			case tt.before != nil:
				tt.before(l)
			case strings.Contains(name, "ledger"):
				l.apply(New(describe(base, a(10, keyed), b(10, keyed)), l.snapshot(), noon, "test", Options{}))
			}
			p := must(read(written(t, New(tt.c, l.snapshot(), noon, "test", Options{}))))
			if got := *p.Guards[0].Growth; got != tt.want || (len(p.Blocking()) > 0) != tt.blocked {
				t.Errorf("growth %+v, blocked %v; want %+v, %v", got, len(p.Blocking()) > 0, tt.want, tt.blocked)
			}
		})
	}
}

func sentTo10(l *ledger) { l.settle(state.Accepted, 0, "Hello", people(10)...) }
func unsent10(l *ledger) { l.settle(state.Unsent, 0, "Hello", people(10)...) }

func TestASavedPlanWithWrongGuardsIsDamaged(t *testing.T) {
	ten := 10
	growth := must(config.ParsePercent("5%"))
	for name, change := range map[string]func(p *Plan){
		"order":                 func(p *Plan) { slices.Reverse(p.Guards) },
		"cost without a tariff": func(p *Plan) { p.Guards[0].MaxCost = amount("1") },
		"growth that is gone":   func(p *Plan) { p.Guards[1].Growth = nil },
		"growth of nobody":      func(p *Plan) { p.Guards[1].Growth = &Growth{0, 1} },
		"growth beyond all":     func(p *Plan) { p.Guards[1].Growth = &Growth{5, 4} },
	} {
		t.Run(name, func(t *testing.T) {
			c := addressed(corpus(t, "Hello"), people(3), oneText)
			c.Guards = []config.Guard{{Name: "a", Limits: config.Limits{MaxRecipients: &ten}}, {Name: "b", Limits: config.Limits{MaxGrowth: &growth}}}
			p := New(c, nil, noon, "test", Options{})
			change(p)
			if _, err := read(written(t, p)); err == nil || !strings.Contains(err.Error(), "damaged") {
				t.Errorf("it is read: %v", err)
			}
		})
	}
}
