package apply_test

import (
	"math/rand/v2"
	"time"
)

// slow makes a run last, so that there is something to interrupt.
func slow(r *rand.Rand, s *shape) {
	s.rate, s.connections = pick(r, 1.0, 5.0, 20.0), min(s.connections, 3)
}

// ending is a kind of fault that comes to a run at some moment of it.
func ending(name string, draw func(r *rand.Rand, f *fault, at time.Duration)) faultKind {
	return faultKind{name: name, draw: func(r *rand.Rand) fault {
		paced := r.IntN(2) == 0
		f := fault{shape: func(s *shape) {
			if paced {
				slow(r, s)
			}
		}}
		if !paced {
			f.gateway = []string{pick(r, "delay:for=1s", "delay:for=1s,when=after", "delay:for=7s", "delay:for=7s,when=after")}
		}
		draw(r, &f, between(r, 100*time.Millisecond, 20*time.Second))
		return f
	}}
}

var hostFaults = []faultKind{
	{name: "clock far ahead", draw: func(r *rand.Rand) fault { return fault{later: between(r, time.Hour, 40*time.Hour)} }},
	{name: "clock set back", draw: func(r *rand.Rand) fault { return fault{back: between(r, time.Second, 2*time.Hour)} }},
	ending("first interrupt", func(_ *rand.Rand, f *fault, at time.Duration) { f.stop = at }),
	ending("second interrupt", func(r *rand.Rand, f *fault, at time.Duration) {
		f.stop, f.cancel = at, at+between(r, time.Millisecond, 10*time.Second)
	}),
	ending("cancelled at once", func(_ *rand.Rand, f *fault, at time.Duration) { f.cancel = at }),
	ending("killed", func(_ *rand.Rand, f *fault, at time.Duration) { f.kill = at }),
	passing("killed at an exchange", func(r *rand.Rand) func(*exchange) {
		stage := pick(r, "before it", "when it is taken", "when it is answered", "after its answer")
		return func(x *exchange) {
			if stage == "before it" {
				x.network.kill()
				return
			}
			x.deliver()
			if stage == "when it is taken" {
				x.answer()
				x.network.kill()
				return
			}
			answer := x.answer()
			if stage == "when it is answered" {
				_, _ = x.here.Write(answer[:len(answer)/2])
			} else {
				x.reply(answer)
			}
			x.network.kill()
		}
	}),
	{name: "display panics", draw: func(r *rand.Rand) fault { return fault{displayPanics: 1 + r.IntN(8)} }},
	{name: "panic while sending", draw: func(r *rand.Rand) fault {
		return fault{panicIn: pick(r, "soap.(*Client).Send", "soap.(*Client).Query", "soap.(*Client).Auth", "rate.(*Limiter).WaitN"), panicAfter: int32(r.IntN(6))}
	}},
	{name: "shared people", draw: func(r *rand.Rand) fault {
		return fault{
			gateway: []string{pick(r, "drop-before-answer:", "refuse:code=122,", "error:code=901,") + some(r)},
			shape:   func(s *shape) { s.people[1] = 1 + r.IntN(s.people[0]) },
		}
	}},
	{name: "old plan", draw: func(r *rand.Rand) fault {
		return fault{stale: true, gateway: []string{pick(r, "drop-before-answer:", "refuse:code=114,", "error:code=301,") + some(r)}}
	}},
}
