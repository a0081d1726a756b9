package config

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"
)

// Guard limits what one plan may send, over all messages or some of them.
type Guard struct {
	Name     string
	Messages []string // addresses, sorted; nil for all
	Limits
	Place Place
}

// Address names the guard: guard.blast_radius.
func (g *Guard) Address() string { return guardPrefix + g.Name }

const guardPrefix = "guard."

// Limits are those of a guard. Those that are nil are not set.
type Limits struct {
	MaxRecipients *int     `json:"max_recipients,omitempty"`
	MaxSegments   *int     `json:"max_segments,omitempty"`
	MaxCost       *Money   `json:"max_cost,omitempty"`
	Countries     []string `json:"countries,omitempty"` // regions that recipients may have, sorted
	MaxGrowth     *Percent `json:"max_growth,omitempty"`
	MaxCancel     *int     `json:"max_cancel,omitempty"`
}

// Percent is a share in thousandths of a percent.
type Percent int64

var percentage = regexp.MustCompile(`^(0|[1-9][0-9]{0,5})(?:\.([0-9]{1,3}))?%$`)

// ParsePercent reads "20%" or "12.5%".
func ParsePercent(text string) (Percent, error) {
	parts := percentage.FindStringSubmatch(text)
	if parts == nil {
		return 0, fmt.Errorf("%s is not a percentage", quoted(text))
	}
	n, err := strconv.ParseInt(parts[1]+(parts[2] + "000")[:3], 10, 64)
	return Percent(n), err
}

func (p Percent) String() string {
	text := fmt.Sprintf("%d.%03d", p/1000, p%1000)
	return strings.TrimRight(strings.TrimRight(text, "0"), ".") + "%"
}

// Exceeded reports whether part is more than that share of whole.
func (p Percent) Exceeded(part, whole int) bool {
	return int64(part)*100*1000 > int64(p)*int64(whole)
}

// MarshalText writes "20%".
func (p Percent) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (p *Percent) UnmarshalText(text []byte) (err error) {
	*p, err = ParsePercent(string(text))
	return err
}

// readGuards reads the guard blocks. The messages have been read.
func (s *scope) readGuards() []Guard {
	var guards []Guard
	for _, name := range slices.Sorted(maps.Keys(s.declared.guards)) {
		guards = append(guards, s.readGuard(name, s.declared.guards[name]))
	}
	return guards
}

func (s *scope) readGuard(name string, b *block) Guard {
	a := &arguments{s: s, of: guardBlock, content: b.content}
	g := Guard{Name: name, Place: Place{b.DefRange}}
	g.Messages = s.messagesNamed(a, "messages", "For all messages leave it out.")
	g.MaxRecipients, g.MaxSegments = a.limit("max_recipients"), a.limit("max_segments")
	if cost, ok := a.money("max_cost"); ok {
		g.MaxCost = &cost
		if s.value(tariffAddress).IsKnown() && s.tariff == nil {
			a.fault("max_cost", "Nothing is known of costs. Write a tariff block with the prices, or leave max_cost out.")
		}
	}
	g.Countries = a.regions("countries")
	if v := a.value("max_growth", cty.String, false); v != cty.NilVal {
		if growth, err := ParsePercent(v.AsString()); err != nil {
			a.fault("max_growth", `The value of max_growth is a percentage such as "20%%" or "12.5%%".`)
		} else {
			g.MaxGrowth = &growth
		}
	}
	g.MaxCancel = a.limit("max_cancel")
	var limits []string
	for _, limit := range guardBlock.arguments {
		if limit.name != "messages" {
			limits = append(limits, limit.name)
		}
	}
	if !slices.ContainsFunc(limits, func(limit string) bool { return a.expr(limit) != nil }) && !guardBlock.misspelt(b.Body, limits...) {
		s.l.add(fault(b.DefRange, "Guard without a limit", fmt.Sprintf("%s stops nothing. Give it one of %s.", g.Address(), strings.Join(limits, ", "))))
	}
	if a.unknown {
		s.undecided(g.Address(), b.DefRange)
	}
	return g
}

// limit gives a whole number; nil where there is none to go by.
func (a *arguments) limit(name string) *int {
	if !a.given(name) {
		return nil
	}
	n := a.whole(name)
	return &n
}

// regions gives a list of regions, sorted.
func (a *arguments) regions(name string) []string {
	if !a.given(name) {
		return nil
	}
	var regions []string
	for _, region := range a.texts(name) {
		if a.isRegion(name, region) {
			regions = append(regions, region)
		}
	}
	if v := a.value(name, cty.List(cty.String), false); v != cty.NilVal && v.LengthInt() == 0 {
		a.fault(name, "The list is empty, so every plan would be blocked that sends anything. Name regions, or leave %s out.", name)
	}
	slices.Sort(regions)
	return slices.Compact(regions)
}
