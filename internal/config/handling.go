package config

import (
	"fmt"
	"math"
	"slices"
)

// Handling is how the gateway is asked to handle a message, beside its content and its time.
type Handling struct {
	Priority         int      `json:"priority,omitempty"`          // 1 goes first, 3 last; 0 is [DefaultPriority]
	MaxCredits       float64  `json:"max_credits,omitempty"`       // most that a person's message may cost; 0 for no limit of its own
	Escalate         bool     `json:"escalate,omitempty"`          // take dearer routes at once where the cheapest is queueing
	Features         []string `json:"features,omitempty"`          // that the route must have, by name
	MobileOriginated bool     `json:"mobile_originated,omitempty"` // people can reply
	Callbacks        []string `json:"callbacks,omitzero"`          // statuses to push, by kind; nil for all with receipts, else none
}

// choice is a name that an argument of a list takes, and its bit on the wire.
type choice struct {
	name string
	bit  int
}

// features that a route can have (gateway specification, section 7.1).
var features = []choice{
	{"text", 1}, {"binary", 2}, {"udh", 4}, {"unicode", 8}, {"alphanumeric_sender", 16}, {"numeric_sender", 32},
	{"flash", 512}, {"receipts", 8192}, {"concatenation", 16384},
}

// callbacks are the kinds of statuses that the gateway can push (gateway specification, section 13.2).
var callbacks = []choice{{"intermediate", 1}, {"final", 2}, {"errors", 4}}

// FeatureMask gives the bits of the features.
func (h Handling) FeatureMask() int { return mask(h.Features, features) }

// Pushed gives the statuses to push for a message with or without receipts.
func (h Handling) Pushed(receipts bool) []string {
	if h.Callbacks == nil && receipts {
		return choiceNames(callbacks)
	}
	return h.Callbacks
}

// CallbackMask gives the bits of the statuses to push.
func (h Handling) CallbackMask(receipts bool) int { return mask(h.Pushed(receipts), callbacks) }

func mask(names []string, choices []choice) int {
	bits := 0
	for _, c := range choices {
		if slices.Contains(names, c.name) {
			bits |= c.bit
		}
	}
	return bits
}

func choiceNames(choices []choice) []string {
	names := make([]string, len(choices))
	for i, c := range choices {
		names[i] = c.name
	}
	return names
}

// Fits reports whether a message from that sender can be handled so over the binding. What a configuration says always does.
func (h Handling) Fits(from, binding string) bool {
	known := func(names []string, choices []choice) bool {
		return slices.Equal(names, chosen(names, choices))
	}
	return h.Priority >= 0 && h.Priority <= lowestPriority &&
		(h.MaxCredits == 0 || credits(h.MaxCredits)) && (binding == "rpc" || integral(h.MaxCredits)) &&
		known(h.Features, features) && known(h.Callbacks, callbacks) &&
		(!h.MobileOriginated || numeric(from))
}

// chosen gives those of the choices that are named, in their order.
func chosen(names []string, choices []choice) []string {
	if names == nil {
		return nil
	}
	list := []string{}
	for _, c := range choices {
		if slices.Contains(names, c.name) {
			list = append(list, c.name)
		}
	}
	return list
}

func credits(n float64) bool { return n > 0 && n <= mostCredits }

func integral(n float64) bool { return n == math.Trunc(n) }

// handling reads how a message is to be handled. from is its sender, where that is known.
func (s *scope) handling(a *arguments, from string, fromKnown bool) Handling {
	h := Handling{
		Priority:         a.whole("priority"),
		MaxCredits:       s.maxCredits(a),
		Escalate:         a.flag("escalate"),
		Features:         a.choices("features", features),
		MobileOriginated: a.flag("mobile_originated"),
		Callbacks:        a.choices("callbacks", callbacks),
	}
	if len(h.Features) == 0 {
		h.Features = nil
	}
	if h.MobileOriginated && fromKnown && !numeric(from) {
		a.fault("mobile_originated", "People can reply only to a number. Set from to the number of your two-way service, or leave mobile_originated out.")
	}
	return h
}

// maxCredits reads `max_credits`, which the document binding types int.
func (s *scope) maxCredits(a *arguments) float64 {
	n, ok := a.number("max_credits")
	switch {
	case !ok:
		return 0
	case !credits(n):
		a.fault("max_credits", "The value of max_credits is a number of credits: more than 0, at most %.0f.", mostCredits)
		return 0
	case s.binding == "document" && !integral(n):
		a.fault("max_credits", "The gateway's document binding takes whole credits only. Write a whole number, or binding = \"rpc\" in the gateway block.")
		return 0
	}
	return n
}

// choices gives a list of names, each once, in the order of the choices; nil where there is none to go by.
func (a *arguments) choices(name string, choices []choice) []string {
	given := a.texts(name)
	known := choiceNames(choices)
	for i, one := range given {
		if !slices.Contains(known, one) {
			a.s.l.add(fault(a.element(name, i), "Invalid value for "+name,
				fmt.Sprintf("There is no %s in %s. It takes %s.%s", quoted(one), name, quotedList(known), didYouMean(one, known))))
		}
	}
	return chosen(given, choices)
}
