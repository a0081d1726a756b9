package apply_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/smsplan/smsplan/internal/simulator"
)

// unheard are faults of the simulator that concern callbacks, to which no apply listens.
var unheard = []string{"callback-twice", "callback-shuffle", "callback-early", "callback-never"}

// some says which of the requests a fault takes.
func some(r *rand.Rand) string {
	return pick(r, "", "after=1,", "after=2,", "after=3,") + fmt.Sprintf("every=%d,times=%d", 1+r.IntN(2), 1+r.IntN(4))
}

// simulated is a kind of fault that the simulator does by itself.
func simulated(name string, written func(r *rand.Rand) []string) faultKind {
	return faultKind{name: name, draw: func(r *rand.Rand) fault { return fault{gateway: written(r)} }}
}

// marked is the kind with something that its faults are known for.
func (k faultKind) marked(as fault) faultKind {
	draw := k.draw
	k.draw = func(r *rand.Rand) fault { return draw(r).with(as) }
	return k
}

// counting is one whose fault counts requests.
func counting(name string, written ...string) faultKind {
	return simulated(name, func(r *rand.Rand) []string {
		one := pick(r, written...)
		if strings.Contains(one, ":") {
			return []string{one + "," + some(r)}
		}
		return []string{one + ":" + some(r)}
	})
}

// losing is one that shows only where answers are lost.
func losing(name string, written func(r *rand.Rand) string) faultKind {
	return simulated(name, func(r *rand.Rand) []string {
		return []string{pick(r, "drop-before-answer", "drop-after-headers", "drop-mid-body") + ":" + some(r), written(r)}
	})
}

var gatewayFaults = []faultKind{
	counting("answer dropped", "drop-before-answer"),
	counting("answer dropped after its headers", "drop-after-headers"),
	counting("answer dropped in its middle", "drop-mid-body"),
	counting("answer without an end", "hang-after-body", "hang-after-body:for=1s", "hang-after-body:for=2m"),
	simulated("HTTP status", func(r *rand.Rand) []string {
		return []string{fmt.Sprintf("http-status:code=%d,%s", 300+r.IntN(300), some(r))}
	}),
	counting("SOAP fault", "soap-fault", "soap-fault:code=Client", "soap-fault:string=ERR: 301"),
	simulated("late acceptance", func(r *rand.Rand) []string {
		return []string{fmt.Sprintf("delay:for=%s,%s", between(r, time.Second, 10*time.Minute), some(r))}
	}),
	simulated("late answer", func(r *rand.Rand) []string {
		return []string{fmt.Sprintf("delay:for=%s,when=after,%s", between(r, time.Second, 10*time.Minute), some(r))}
	}),
	losing("messages unknown for a while", func(r *rand.Rand) string {
		return fmt.Sprintf("query-lag:for=%s", between(r, time.Second, 2*time.Hour))
	}),
	losing("messages of status unknown for a while", func(r *rand.Rand) string {
		return fmt.Sprintf("query-lag:for=%s,say=001", between(r, time.Second, 2*time.Hour))
	}),
	losing("queries answered for another message", func(r *rand.Rand) string {
		return "query-duplicates:say=" + pick(r, "first", "last", "all")
	}),
	losing("statuses of other kinds", func(r *rand.Rand) string { return fmt.Sprintf("status:code=%d", 1+r.IntN(14)) }),
	losing("answer to queries dropped", func(r *rand.Rand) string {
		return pick(r, "drop-before-answer:", "drop-mid-body:", "delay:for=5m,", "hang-after-body:") + "op=querymsg"
	}),
	losing("queries refused", func(r *rand.Rand) string {
		return fmt.Sprintf("error:code=%d,op=querymsg,times=%d", pick(r, 1, 3, 5, 101, 103, 104, 105, 901, 999), 1+r.IntN(6))
	}),
	simulated("sessions end by time", func(r *rand.Rand) []string {
		return []string{fmt.Sprintf("session-idle:for=%s", between(r, time.Millisecond, time.Minute)), "delay:for=3s,when=after"}
	}),
	simulated("sessions end", func(r *rand.Rand) []string {
		return []string{fmt.Sprintf("expire-sessions-after:requests=%d%s", 1+r.IntN(5), pick(r, "", ",times=1", ",times=3"))}
	}),
	counting("sign-in fails", "error:code=901,op=auth", "error:code=1,op=auth", "drop-before-answer:op=auth", "delay:for=40s,op=auth"),
	simulated("credit runs out", func(r *rand.Rand) []string { return []string{fmt.Sprintf("credit-runs-out:credit=%d", r.IntN(12))} }),
	simulated("refused without a name", func(r *rand.Rand) []string {
		return []string{"bare-error-line", fmt.Sprintf("refuse:code=%d,ending=%d,%s", refusal(r), r.IntN(10), some(r))}
	}).marked(fault{nameless: true}),
	simulated("lines in another order", func(r *rand.Rand) []string {
		return []string{fmt.Sprintf("shuffle:seed=%d,%s", 1+r.IntN(1000), some(r)), fmt.Sprintf("refuse:code=%d,ending=%d", refusal(r), r.IntN(10))}
	}),
	simulated("line missing", func(r *rand.Rand) []string {
		return []string{fmt.Sprintf("missing-line:line=%d,%s", 1+r.IntN(6), some(r))}
	}).marked(fault{miscounts: true}),
	counting("line too many", "extra-line", "extra-line:to=12015550101").marked(fault{miscounts: true}),
	simulated("another spelling", func(r *rand.Rand) []string {
		var list []string
		for range 1 + r.IntN(3) {
			list = append(list, "spelling:"+pick(r, "case=upper", "case=lower", "case=title", "spaces=none", "spaces=double", "end=lf", "end=crlf",
				"credits=true", "text=none", "code=none", "lines=empty", "lines=strange", "order=swapped", "joined=true")+","+some(r))
		}
		return append(list, fmt.Sprintf("refuse:code=%d,ending=%d", refusal(r), r.IntN(10)))
	}),
	counting("answers compressed", "gzip"),
	simulated("connections closed", func(r *rand.Rand) []string { return []string{fmt.Sprintf("close-after:requests=%d", 1+r.IntN(4))} }),
	simulated("connections closed silently", func(r *rand.Rand) []string {
		return []string{fmt.Sprintf("close-after:requests=%d,silent=true", 1+r.IntN(4))}
	}),
	simulated("an error for the whole request", func(r *rand.Rand) []string {
		return []string{fmt.Sprintf("error:code=%d,every=%d,times=%d", 1+r.IntN(999), 1+r.IntN(3), 1+r.IntN(4))}
	}),
	counting("internal error", "error:code=901"),
	simulated("message limit", func(r *rand.Rand) []string {
		return []string{fmt.Sprintf("%s:code=130,for=%s,every=%d", pick(r, "error", "refuse"), between(r, time.Minute, 2*time.Hour), 1+r.IntN(4))}
	}),
	simulated("refused", func(r *rand.Rand) []string {
		return []string{fmt.Sprintf("refuse:code=%d,ending=%d,%s", refusal(r), r.IntN(10), some(r))}
	}),
	{name: "RPC in another encoding", draw: func(r *rand.Rand) fault {
		var list []string
		for range 1 + r.IntN(2) {
			list = append(list, "rpc-array:"+pick(r, "member=string", "type=own", "size=wrong", "size=open", "size=none", "href=true", "href=members", "single=true", "nil=true")+","+some(r))
		}
		return fault{gateway: list, shape: func(s *shape) { s.binding = "rpc" }}
	}},
	losing("the other choice", func(r *rand.Rand) string {
		return "choose:" + pick(r, "order=strict", "elements=ignored", "action=required", "action=ignored", "both=credentials", "unknown=001",
			"ping=session", "over=truncate", "duplicates=merge", "climsgid=folded", "plain=refuse", "missing=001")
	}),
}

// refusal gives a code, more often one that has a meaning.
func refusal(r *rand.Rand) int {
	return pick(r, 113, 114, 121, 122, 128, 130, 301, 302, 901, 105, 1+r.IntN(999))
}

func TestEveryFaultOfTheSimulatorIsInTheCampaign(t *testing.T) {
	used := map[string]bool{}
	for _, name := range unheard {
		used[name] = true
	}
	r := rand.New(rand.NewPCG(1, 1))
	for _, k := range gatewayFaults {
		for range 20 {
			for _, f := range faults(t, k.draw(r).gateway) {
				name, _, _ := strings.Cut(f.String(), ":")
				used[name] = true
			}
		}
	}
	for _, d := range simulator.Faults() {
		if !used[d.Name] {
			t.Errorf("%s is in no kind of fault", d.Name)
		}
	}
}
