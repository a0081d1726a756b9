package plan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/state"
)

// Selection says which messages a plan is about, by their addresses: message.a, which means all instances of a for_each too, or
// message.a["en"]. It has targets or excludes and not both; the zero Selection is all messages.
type Selection struct {
	Targets  []string `json:"targets,omitempty"`  // these, and what they depend on; sorted
	Excludes []string `json:"excludes,omitempty"` // all but these and what depends on them; sorted
}

// Partial reports whether messages may be left out.
func (s Selection) Partial() bool { return len(s.Targets)+len(s.Excludes) > 0 }

// Flags gives the flags that make the selection.
func (s Selection) Flags() (flags []string) {
	for _, address := range s.Targets {
		flags = append(flags, "-target="+address)
	}
	for _, address := range s.Excludes {
		flags = append(flags, "-exclude="+address)
	}
	return flags
}

// LeftOut is a message of the configuration that the plan is not about. An apply sends it to nobody and records nothing of it.
type LeftOut struct {
	Address   string `json:"address"`
	Known     string `json:"known_as,omitempty"`   // address that the state knows it by, where that is another one
	DedupeKey string `json:"dedupe_key,omitempty"` // where it shares the ledger of a message of the plan
}

// NewSelection reads addresses as they were typed. An error names one that neither the configuration nor the state has. A message
// that the state alone has is an address too, for what the gateway still holds of it.
func NewSelection(c *config.Config, past *state.Snapshot, targets, excludes []string) (s Selection, err error) {
	if len(targets) > 0 && len(excludes) > 0 {
		return s, fmt.Errorf("-target and -exclude exclude each other: the one says what is planned, and the other what is not")
	}
	known := addressesOf(c, past)
	if s.Targets, err = known.read("-target", targets); err != nil {
		return Selection{}, err
	}
	s.Excludes, err = known.read("-exclude", excludes)
	return s, err
}

// knownAddresses are the addresses that a selection may name, and for those that were moved where they went.
type knownAddresses map[string]string

func addressesOf(c *config.Config, past *state.Snapshot) knownAddresses {
	known := knownAddresses{}
	add := func(address, to string) {
		block, _ := config.SplitAddress(address)
		if _, there := known[address]; !there {
			known[address] = to
		}
		if _, there := known[block]; !there && to == "" {
			known[block] = ""
		}
	}
	for _, m := range c.Messages {
		add(m.Address, "")
	}
	if past == nil {
		return known
	}
	for _, a := range past.Addresses() {
		to, _ := c.Follow(a.Address)
		if to == a.Address {
			to = ""
		}
		add(a.Address, to)
	}
	return known
}

func (k knownAddresses) read(flag string, typed []string) (list []string, err error) {
	for _, text := range typed {
		address, ok := config.ParseAddress(text)
		to, there := k[address]
		switch {
		case !ok || !there:
			return nil, fmt.Errorf("%s: there is no message %s%s", flag, text, k.near(text))
		case to != "":
			return nil, fmt.Errorf("%s: %s is %s now", flag, address, to)
		}
		list = append(list, address)
	}
	slices.Sort(list)
	return slices.Compact(list), nil
}

// near says which addresses there are instead.
func (k knownAddresses) near(text string) string {
	all := slices.DeleteFunc(slices.Sorted(maps.Keys(k)), func(a string) bool { return k[a] != "" })
	if name := cmp.Or(config.Nearest(text, all), config.Nearest("message."+text, all)); name != "" {
		return "\nDid you mean " + name + "?"
	}
	if block, key := config.SplitAddress(text); key != "" && slices.Contains(all, block) {
		all = slices.DeleteFunc(all, func(a string) bool { b, own := config.SplitAddress(a); return b != block || own == "" })
	}
	switch n := len(all); {
	case n == 0:
		return ": the configuration has none"
	case n > 10:
		return "\nThere are " + strings.Join(all[:10], ", ") + " and " + config.Count(n-10) + " more"
	}
	return "\nThere are " + strings.Join(all, ", ")
}

// covers reports whether a list of addresses names a message, by itself or by its block.
func covers(list []string, address string) bool {
	block, _ := config.SplitAddress(address)
	return slices.Contains(list, address) || slices.Contains(list, block)
}

// covers reports whether the selection is about an address of its own accord, whatever depends on what.
func (s Selection) covers(address string) bool {
	if len(s.Targets) > 0 {
		return covers(s.Targets, address)
	}
	return !covers(s.Excludes, address)
}

// choose gives the messages that the plan is about, by address. What a target depends on is sent before it, so it is in the plan
// too; what depends on something that is excluded would wait for it, so it is not.
func (s Selection) choose(c *config.Config) map[string]bool {
	chosen := map[string]bool{}
	for _, m := range c.Messages {
		chosen[m.Address] = s.covers(m.Address)
	}
	for settled := false; !settled; {
		settled = true
		for _, m := range c.Messages {
			for _, before := range m.DependsOn {
				switch {
				case len(s.Targets) > 0 && chosen[m.Address] && !chosen[before]:
					chosen[before], settled = true, false
				case len(s.Targets) == 0 && chosen[m.Address] && !chosen[before]:
					chosen[m.Address], settled = false, false
				}
			}
		}
	}
	return chosen
}

// selects reports whether the plan is about a message: one of the configuration, or one that the state alone has.
func (r *register) selects(address string) bool {
	if chosen, there := r.chosen[address]; there {
		return chosen
	}
	return r.selection.covers(address)
}

// leftOut gives the messages that the plan is not about, by address.
func (r *register) leftOut() (list []LeftOut) {
	shared := map[holder]bool{}
	for _, m := range r.config.Messages {
		if r.chosen[m.Address] {
			shared[r.ledgers.find(r.holder(m))] = true
		}
	}
	for _, m := range sorted(r.config) {
		if r.chosen[m.Address] {
			continue
		}
		out := LeftOut{Address: m.Address, Known: r.movedFrom(m.Address)}
		if shared[r.ledgers.find(r.holder(m))] {
			out.DedupeKey = m.DedupeKey
		}
		list = append(list, out)
	}
	return list
}

// Beside gives the addresses of the messages that the plan is not about.
func (p *Plan) Beside() (list []string) {
	for _, out := range p.LeftOut {
		list = append(list, out.Address)
	}
	return list
}

// GoOn gives the flags with which another plan goes on with this one.
func (p *Plan) GoOn() (flags []string) {
	for _, g := range p.Overridden() {
		flags = append(flags, "-allow="+g.Address())
	}
	return append(flags, p.Selection.Flags()...)
}

// Again gives the flags with which the plan is made again.
func (p *Plan) Again() []string {
	flags := p.GoOn()
	if p.Totals().Retried == 0 {
		return flags
	}
	flag, sign := "-retry-refused", "="
	for _, code := range p.Retry.Codes {
		flag += sign + strconv.Itoa(code)
		sign = ","
	}
	return append(flags, flag)
}

// partial warns that the plan is not about all messages.
func (p *Plan) partial() Warning {
	detail := "no message is left out"
	if n := len(p.LeftOut); n > 0 {
		var shown []string
		for _, out := range p.LeftOut[:min(n, 3)] {
			shown = append(shown, out.Address)
		}
		if n > 3 {
			shown = append(shown, config.Count(n-3)+" more")
		}
		detail = "left out: " + strings.Join(shown, ", ")
	}
	if also := p.required(); also != nil {
		detail += "; planned too, because others depend on it: " + strings.Join(also, ", ")
	}
	return Warning{"", partialPlan, detail + " (" + strings.Join(p.Selection.Flags(), " ") + "). An apply records nothing of messages that are left out"}
}

const partialPlan = "the plan is partial"

// Partial reports whether the warning is that the plan is not about all messages.
func (w Warning) Partial() bool { return w.Summary == partialPlan }

// required gives the messages that are in the plan only because targets depend on them.
func (p *Plan) required() (list []string) {
	for i := range p.Messages {
		if !p.Selection.covers(p.Messages[i].Address) {
			list = append(list, p.Messages[i].Address)
		}
	}
	return list
}

// checkSelection checks what a plan read says of the messages that it is about.
func (p *Plan) checkSelection() error {
	s := p.Selection
	switch {
	case len(s.Targets) > 0 && len(s.Excludes) > 0 || !slices.IsSorted(s.Targets) || !slices.IsSorted(s.Excludes):
		return damaged("its selection is none")
	case len(p.LeftOut) > 0 && !s.Partial():
		return damaged("it leaves messages out that were not to be left out")
	}
	for i, out := range p.LeftOut {
		if _, there := p.find(out.Address); there || out.Address == "" || i > 0 && out.Address <= p.LeftOut[i-1].Address {
			return damaged("the messages that it leaves out are not in order")
		}
	}
	return nil
}
