package apply_test

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// fault is what goes wrong in one run.
type fault struct {
	gateway []string // faults of the simulator
	snags   []*snag
	hitches []*hitch
	secure  bool         // the run goes over TLS
	sleeps  bool         // the process may sleep between an intent and the first byte
	shape   func(*shape) // what the trial must be like for it; may be nil

	stop, cancel, kill time.Duration // when the first interrupt, the second, and kill -9 come; 0 for never
	back               time.Duration // by which the clock is set back before the run
	displayPanics      int           // at which event; 0 for none
	panicIn            string        // the function in which the run panics; "" for none
	panicAfter         int32         // calls of it
	later              time.Duration // that passes before the run, besides the usual pause
	stale              bool          // an old plan is applied
	forges             bool          // answers reach requests that they are not about

	// nameless says that errors do not name whom they are about, and miscounts that lines are missing or too many. Together they
	// are answers that lie by the letter of what lines mean: one error that is all there is refuses everybody, and a line that
	// names a person is about that person.
	nameless, miscounts bool
}

func (f *fault) panics() bool { return f.displayPanics > 0 || f.panicIn != "" }

// with adds another fault. Of two that cannot be together the first counts.
func (f fault) with(o fault) fault {
	f.gateway = append(f.gateway[:len(f.gateway):len(f.gateway)], o.gateway...)
	f.snags = append(f.snags[:len(f.snags):len(f.snags)], o.snags...)
	f.hitches = append(f.hitches[:len(f.hitches):len(f.hitches)], o.hitches...)
	f.secure, f.sleeps = f.secure || o.secure, f.sleeps || o.sleeps
	if first, second := f.shape, o.shape; first == nil {
		f.shape = second
	} else if second != nil {
		f.shape = func(s *shape) { second(s); first(s) }
	}
	f.stop, f.cancel, f.kill = later(f.stop, o.stop), later(f.cancel, o.cancel), later(f.kill, o.kill)
	f.back, f.later = max(f.back, o.back), f.later+o.later
	if !f.panics() {
		f.displayPanics, f.panicIn, f.panicAfter = o.displayPanics, o.panicIn, o.panicAfter
	}
	f.stale, f.forges = f.stale || o.stale, f.forges || o.forges
	f.nameless, f.miscounts = f.nameless || o.nameless, f.miscounts || o.miscounts
	return f
}

func later(a, b time.Duration) time.Duration {
	if a > 0 {
		return a
	}
	return b
}

// faultKind is a way in which things go wrong.
type faultKind struct {
	name string
	// forges says that answers reach requests that they are not about, and that nothing in them tells: such a fault is not
	// mixed with refusals.
	forges bool
	draw   func(r *rand.Rand) fault
}

// faultKinds are all of them, from the gateway outwards.
func faultKinds() []faultKind {
	var all []faultKind
	for _, part := range [][]faultKind{gatewayFaults, dialFaults, wayFaults, hostFaults} {
		all = append(all, part...)
	}
	single := all
	return append(all, mixedFaults(single)...)
}

// mixed draws from some of the kinds, and adds them up.
func mixed(r *rand.Rand, kinds []faultKind, n int) fault {
	var f fault
	for range n {
		k := kinds[r.IntN(len(kinds))]
		if k.forges && n > 1 {
			continue
		}
		if both := f.with(k.draw(r)); !both.nameless || !both.miscounts {
			f = both
		}
		f.forges = f.forges || k.forges
	}
	return f
}

// named draws from kinds by their names.
func named(r *rand.Rand, kinds []faultKind, names ...string) fault {
	var f fault
	for _, name := range names {
		found := false
		for _, k := range kinds {
			if k.name == name {
				f, found = f.with(k.draw(r)), true
			}
		}
		if !found {
			panic("no kind of fault " + name)
		}
	}
	return f
}

// mixedFaults are kinds of several faults at a time.
func mixedFaults(single []faultKind) []faultKind {
	sets := [][]string{
		{"answer dropped", "killed at an exchange"},
		{"answer dropped", "messages unknown for a while", "killed"},
		{"answer dropped", "answer to queries dropped"},
		{"answer dropped", "clock set back"},
		{"answer dropped", "clock far ahead"},
		{"stale connection", "sessions end"},
		{"stale connection", "killed at an exchange"},
		{"black hole", "second interrupt"},
		{"latency", "first interrupt"},
		{"latency", "late acceptance", "second interrupt"},
		{"refused", "line missing"},
		{"refused", "half an answer"},
		{"internal error", "messages unknown for a while"},
		{"internal error", "answer dropped", "connection reset after the request"},
		{"asleep after the intent", "connection refused"},
		{"asleep after the intent", "killed at an exchange"},
		{"late delivery", "messages unknown for a while", "killed"},
		{"old plan", "answer dropped"},
		{"shared people", "answer dropped", "refused"},
		{"credit runs out", "answer dropped"},
		{"redirected to itself", "connection reset after the request"},
	}
	var kinds []faultKind
	for _, names := range sets {
		name := names[0]
		for _, one := range names[1:] {
			name += " and " + one
		}
		kinds = append(kinds, faultKind{name: name, draw: func(r *rand.Rand) fault { return named(r, single, names...) }})
	}
	for _, n := range []int{2, 3} {
		kinds = append(kinds, faultKind{name: fmt.Sprintf("%d kinds at random", n), draw: func(r *rand.Rand) fault { return mixed(r, single, n) }})
	}
	return kinds
}
