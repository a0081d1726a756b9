package simulator

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// orders are what the faults want done with one request.
type orders struct {
	before, after time.Duration // to wait, before and after acceptance
	instead       *Fault        // error: answered in place of everything
	answer        *Fault        // the first of drop-*, http-status and soap-fault
	lag           *Fault
	refusals      []*Fault
	ends          []ending
	bare          bool
	edits         []*Fault // of the lines, in the order the faults were given
}

// armed is a fault of one simulator, with its count of requests.
type armed struct {
	Fault
	seen, hit int
}

// takes counts a request and says whether the fault takes it.
func (a *armed) takes() bool {
	a.seen++
	n := a.seen - a.after
	if n < 1 || n%a.every != 0 || a.times > 0 && a.hit >= a.times {
		return false
	}
	a.hit++
	return true
}

func arm(list []Fault) ([]*armed, error) {
	var set []*armed
	for i, f := range list {
		if f.name == "" {
			return nil, fmt.Errorf("fault %d of the simulator is none that ParseFault made", i+1)
		}
		set = append(set, &armed{Fault: f})
	}
	return set, nil
}

// perRequest lists the faults that are drawn request by request; the others act all the time.
func (f *Fault) perRequest() bool {
	switch f.name {
	case "expire-sessions-after", "credit-runs-out", "close-after":
		return false
	}
	return true
}

// draw counts a request of the operation and gives what is to be done with it.
func draw(set []*armed, op *operation) orders {
	var o orders
	for _, a := range set {
		if !a.perRequest() || a.op != op.name || !a.takes() {
			continue
		}
		f := &a.Fault
		switch f.name {
		case "delay":
			if f.late {
				o.after += f.wait
			} else {
				o.before += f.wait
			}
		case "error":
			o.instead = f
		case "query-lag":
			o.lag = f
		case "refuse":
			o.refusals = append(o.refusals, f)
		case "bare-error-line":
			o.bare = true
		case "shuffle", "missing-line", "extra-line":
			o.edits = append(o.edits, f)
		default:
			if o.answer == nil {
				o.answer = f
			}
		}
	}
	return o
}

// errorLine is what the fault says with its code.
func (f *Fault) errorLine(now time.Time) string {
	if f.code == errLimit {
		return fmt.Sprintf("%s until %d", errorLine(f.code), now.Add(f.wait).Unix())
	}
	return errorLine(f.code)
}

// refusal gives the fault that refuses the number, by the order in which the gateway checks; nil for none.
func (o *orders) refusal(number string) *Fault {
	var first *Fault
	for _, f := range o.refusals {
		if strings.HasSuffix(number, f.number) && (first == nil || checkedAt(f.code) < checkedAt(first.code)) {
			first = f
		}
	}
	return first
}

// checkedAt gives the place of a code in the order of the checks of a recipient.
func checkedAt(code int) int {
	order := []int{errDestination, errBlocked, errOptedOut, errDelisted, errNoRoute}
	if i := slices.Index(order, code); i >= 0 {
		return i
	}
	if code == errLimit {
		return len(order) + 1
	}
	return len(order)
}

func (o *orders) edit(lines []string) []string {
	for _, f := range o.edits {
		switch f.name {
		case "shuffle":
			r := rand.New(rand.NewPCG(f.seed, 0))
			r.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
		case "missing-line":
			at := len(lines) - 1
			if f.line > 0 {
				at = f.line - 1
			}
			if at >= 0 && at < len(lines) {
				lines = slices.Delete(lines, at, at+1)
			}
		case "extra-line":
			lines = append(lines, fmt.Sprintf("ID: %s To: %s", newMessageIDs(1)[0], f.number))
		}
	}
	return lines
}
