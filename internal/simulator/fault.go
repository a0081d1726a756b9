package simulator

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// FaultSyntax says in a few lines how faults are written.
const FaultSyntax = `NAME[:KEY=VALUE,...], for example drop-mid-body:after=3,times=1
after=N   leaves the first N requests alone
every=N   then takes every Nth
times=N   takes N requests in all
op=NAME   counts requests of that operation, op=any those of every one
Only requests that came with valid credentials count; to spelling, gzip and rpc-array, all do`

// FaultDescription is a fault as -help lists it.
type FaultDescription struct {
	Name string
	Text string // one line
	Keys []FaultKey
}

// FaultKey is a key that a fault takes.
type FaultKey struct {
	Name, Form string // as in Name=Form
	Usual      string // the value where the key is absent; "" for none
	Text       string // one line; "" for the keys that FaultSyntax explains
}

// Faults describes every fault that [ParseFault] takes.
func Faults() []FaultDescription {
	list := make([]FaultDescription, len(kinds))
	for i, k := range kinds {
		list[i] = FaultDescription{Name: k.name, Text: k.text}
		for _, key := range k.keys {
			list[i].Keys = append(list[i].Keys, key.FaultKey)
		}
	}
	return list
}

// Fault is a misbehaviour to order. Make it with [ParseFault]; several simulators may share one.
type Fault struct {
	source string
	kind   *kind
	values map[string]value // by key; those that are absent and have no usual value are not in it
}

// String gives the fault as it was written.
func (f Fault) String() string { return f.source }

// ParseFault reads NAME or NAME:KEY=VALUE,... as [FaultSyntax] says. Its error repeats nothing of what it cannot read, which may be
// anything.
func ParseFault(s string) (Fault, error) {
	name, rest, hasKeys := strings.Cut(s, ":")
	i := slices.IndexFunc(kinds, func(k kind) bool { return k.name == name })
	if i < 0 {
		var names []string
		for _, k := range kinds {
			names = append(names, k.name)
		}
		return Fault{}, fmt.Errorf("there is no such fault; there are %s", strings.Join(names, ", "))
	}
	f := Fault{source: s, kind: &kinds[i], values: map[string]value{}}
	for hasKeys {
		var pair string
		pair, rest, hasKeys = strings.Cut(rest, ",")
		if err := f.set(pair); err != nil {
			return Fault{}, fmt.Errorf("fault %s%w", name, err)
		}
	}
	if f.kind.wants && !slices.ContainsFunc(f.kind.own, func(k key) bool { return f.values[k.Name] != value{} }) {
		return Fault{}, fmt.Errorf("fault %s needs a key, such as %s", name, f.kind.own[0])
	}
	for _, key := range f.kind.keys {
		if _, given := f.values[key.Name]; given {
			continue
		}
		switch {
		case key.needed:
			return Fault{}, fmt.Errorf("fault %s needs %s", name, key)
		case key.Usual != "":
			f.values[key.Name], _ = key.read(key.Usual)
		}
	}
	return f, nil
}

func (f *Fault) set(pair string) error {
	name, text, _ := strings.Cut(pair, "=")
	i := slices.IndexFunc(f.kind.keys, func(k key) bool { return k.Name == name })
	if i < 0 {
		var names []string
		for _, k := range f.kind.keys {
			names = append(names, k.Name)
		}
		return fmt.Errorf(" has no such key; it has %s", strings.Join(names, ", "))
	}
	if _, given := f.values[name]; given {
		return fmt.Errorf(" has %s twice: give it once", name)
	}
	v, err := f.kind.keys[i].read(text)
	if err != nil {
		return fmt.Errorf(": %s: %w", name, err)
	}
	f.values[name] = v
	return nil
}

// value of one of the fault's keys, nought where it is absent and has no usual one.
func (f *Fault) value(name string) value {
	if !slices.ContainsFunc(f.kind.keys, func(k key) bool { return k.Name == name }) {
		panic("fault " + f.kind.name + " has no key " + name)
	}
	return f.values[name]
}

func (f *Fault) text(key string) string        { return f.value(key).text }
func (f *Fault) number(key string) int         { return f.value(key).number }
func (f *Fault) credits(key string) float64    { return f.value(key).credits }
func (f *Fault) wait(key string) time.Duration { return f.value(key).wait }
func (f *Fault) is(key string) bool            { return f.value(key).text == "true" }
