package plan

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/smsplan/smsplan/internal/config"
)

// Guard limits what a plan may send. What was sent before is never judged.
type Guard struct {
	Name     string   `json:"name"`
	Messages []string `json:"messages"` // addresses, sorted; nil for all
	config.Limits
	Growth  *Growth `json:"growth,omitempty"`  // where there is a limit to it
	Allowed bool    `json:"allowed,omitempty"` // it may be exceeded
}

// Growth is what a guard's messages gain. Messages that nobody had are not in it: they have nothing to grow from.
type Growth struct {
	Before int `json:"before"` // people to whom an apply set out to send one of the messages, at whatever revision
	New    int `json:"new"`    // of those to send, people who are not among them
}

// Share gives how much is gained, rounded up. Before must not be 0.
func (g *Growth) Share() config.Percent {
	return config.Percent((int64(g.New)*100*1000 + int64(g.Before) - 1) / int64(g.Before))
}

// Measured is what a guard holds against its limits.
type Measured struct {
	Recipients int
	Segments   int
	Cancels    int           // scheduled messages to withdraw
	Cost       *config.Money // nil without a tariff
	Countries  []Country     // by region
}

// Address names the guard: guard.blast_radius.
func (g *Guard) Address() string { return guardPrefix + g.Name }

const guardPrefix = "guard."

// Covers reports whether the guard counts a message.
func (g *Guard) Covers(address string) bool {
	return g.Messages == nil || slices.Contains(g.Messages, address)
}

// Counts reports whether the guard counts what is withdrawn at an address. Of an instance that is gone nobody knows whether it would
// have been among the guard's messages: its block says so.
func (g *Guard) Counts(p *Plan, address string) bool {
	if g.Covers(address) || !slices.Contains(p.Gone(), address) {
		return g.Covers(address)
	}
	block, _ := config.SplitAddress(address)
	return slices.ContainsFunc(g.Messages, func(one string) bool {
		of, _ := config.SplitAddress(one)
		return of == block
	})
}

// Measure adds up what the guard counts.
func (p *Plan) Measure(g *Guard) Measured {
	var all Measured
	var cost config.Money
	countries := map[string]Country{}
	for i := range p.Messages {
		m := &p.Messages[i]
		if !g.Covers(m.Address) {
			continue
		}
		all.Recipients += m.ToSend
		all.Segments += m.Segments
		if m.Cost != nil {
			cost = cost.Plus(*m.Cost)
		}
		for _, c := range m.Countries {
			sum := countries[c.Region]
			sum.Region = c.Region
			sum.Recipients += c.Recipients
			sum.Segments += c.Segments
			if c.Cost != nil {
				cost := *c.Cost
				if sum.Cost != nil {
					cost = cost.Plus(*sum.Cost)
				}
				sum.Cost = &cost
			}
			countries[c.Region] = sum
		}
	}
	for _, w := range p.Withdrawals {
		if g.Counts(p, w.Address) {
			all.Cancels += w.Count
		}
	}
	if p.Tariff != nil {
		all.Cost = &cost
	}
	for _, region := range slices.Sorted(maps.Keys(countries)) {
		all.Countries = append(all.Countries, countries[region])
	}
	return all
}

// Limits of guards, as [Plan.Exceeded] names them: by their arguments.
const (
	MaxRecipients = "max_recipients"
	MaxSegments   = "max_segments"
	MaxCost       = "max_cost"
	Countries     = "countries"
	MaxGrowth     = "max_growth"
	MaxCancel     = "max_cancel"
)

// Exceeded names the limits of the guard that the plan goes beyond, in the order of the constants.
func (p *Plan) Exceeded(g *Guard) []string {
	var limits []string
	add := func(limit string, beyond bool) {
		if beyond {
			limits = append(limits, limit)
		}
	}
	all := p.Measure(g)
	add(MaxRecipients, g.MaxRecipients != nil && all.Recipients > *g.MaxRecipients)
	add(MaxSegments, g.MaxSegments != nil && all.Segments > *g.MaxSegments)
	add(MaxCost, g.MaxCost != nil && all.Cost != nil && all.Cost.Compare(*g.MaxCost) > 0)
	add(Countries, g.Limits.Countries != nil && len(g.Foreign(all)) > 0)
	add(MaxGrowth, g.MaxGrowth != nil && g.Growth != nil && g.MaxGrowth.Exceeded(g.Growth.New, g.Growth.Before))
	add(MaxCancel, g.MaxCancel != nil && all.Cancels > *g.MaxCancel)
	return limits
}

// Foreign gives the countries that the guard does not let through.
func (g *Guard) Foreign(all Measured) []Country {
	return slices.DeleteFunc(slices.Clone(all.Countries), func(c Country) bool { return slices.Contains(g.Limits.Countries, c.Region) })
}

// Blocking gives the guards that keep the plan from being applied.
func (p *Plan) Blocking() []*Guard {
	return p.guards(func(g *Guard) bool { return !g.Allowed && len(p.Exceeded(g)) > 0 })
}

// Overridden gives the guards that the plan goes beyond because that was allowed.
func (p *Plan) Overridden() []*Guard {
	return p.guards(func(g *Guard) bool { return g.Allowed && len(p.Exceeded(g)) > 0 })
}

func (p *Plan) guards(are func(*Guard) bool) (list []*Guard) {
	for i := range p.Guards {
		if g := &p.Guards[i]; are(g) {
			list = append(list, g)
		}
	}
	return list
}

// Allow lets the plan go beyond guards, given by their addresses. The error names one that is not there, unless it looks like
// something else that was typed in the wrong place.
func (p *Plan) Allow(addresses []string) error {
	for _, address := range addresses {
		i := slices.IndexFunc(p.Guards, func(g Guard) bool { return g.Address() == address })
		if i < 0 {
			var known []string
			for _, g := range p.Guards {
				known = append(known, g.Address())
			}
			what := "such guard"
			if guardAddress.MatchString(address) {
				what = address
			}
			if known == nil {
				return fmt.Errorf("there is no %s: the configuration has no guards", what)
			}
			return fmt.Errorf("there is no %s: the configuration has %s", what, strings.Join(known, ", "))
		}
		p.Guards[i].Allowed = true
	}
	return nil
}

// guardAddress is what the address of a guard looks like, or its name alone.
var guardAddress = regexp.MustCompile(`^(guard\.[\pL_][\pL\pN_-]{0,62}|[a-z_-]{1,20})$`)

// guard makes the guards of the plan. The messages have been planned.
func (p *Plan) guard(r *register) {
	for _, c := range r.config.Guards {
		g := Guard{Name: c.Name, Messages: c.Messages, Limits: c.Limits}
		if g.MaxGrowth != nil {
			g.Growth = r.growth(&g)
		}
		p.Guards = append(p.Guards, g)
	}
}

// growth counts what the guard's messages gain. A ledger that several of them share counts once.
func (r *register) growth(g *Guard) *Growth {
	growth := &Growth{}
	counted := map[holder]int{}
	for _, m := range r.config.Messages {
		if !g.Covers(m.Address) {
			continue
		}
		ledger := r.ledgers.find(r.holder(m))
		before, seen := counted[ledger]
		if !seen {
			before = r.past.People(r.messagesOf(m)...)
			counted[ledger] = before
			growth.Before += before
		}
		if before > 0 {
			growth.New += r.newcomers[m.Address]
		}
	}
	return growth
}

// growing reports whether somebody asks how many people a message gains.
func (r *register) growing(address string) bool {
	return slices.ContainsFunc(r.config.Guards, func(c config.Guard) bool {
		return c.MaxGrowth != nil && (c.Messages == nil || slices.Contains(c.Messages, address))
	})
}

// checkGuards checks what a plan read says of its guards.
func (p *Plan) checkGuards() error {
	for i := range p.Guards {
		g := &p.Guards[i]
		all := p.Measure(g)
		switch {
		case i > 0 && g.Name <= p.Guards[i-1].Name || g.Name == "":
			return damaged("its guards are not in order")
		case !slices.IsSorted(g.Messages):
			return damaged("%s: its messages are not in order", g.Address())
		case g.MaxCost != nil && p.Tariff == nil:
			return damaged("%s: it limits costs that nobody knows", g.Address())
		case (g.Growth == nil) != (g.MaxGrowth == nil):
			return damaged("%s: its growth is not known, or not limited", g.Address())
		case g.Growth != nil && (g.Growth.Before < 0 || g.Growth.Before > math.MaxUint32 || g.Growth.New < 0 || g.Growth.New > all.Recipients || g.Growth.Before == 0 && g.Growth.New > 0):
			return damaged("%s: its growth is out of range", g.Address())
		}
	}
	return nil
}
