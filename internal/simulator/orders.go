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
	answer        *Fault        // the first of drop-*, hang-after-body, http-status and soap-fault
	lag           *Fault
	duplicates    string // what query-duplicates wants reported: first, last or all; "" for the latest request's first
	refusals      []*Fault
	ends          []ending
	callbacks     callbackOrders
	bare          bool
	edits         []*Fault // of the lines, in the order the faults were given
	spellings     []*Fault // of the lines, after the edits
	arrays        []*Fault // rpc-array
	zip           bool
	heard         <-chan struct{} // nil, or closed when the answer may leave, for callback-early
}

// callbackOrders are what the faults want done with the pushes of the statuses of one request's messages.
type callbackOrders struct {
	twice    bool
	shuffled bool
	early    bool // the first one leaves before the answer to the request does
	never    bool
}

// draw counts a request of the operation and gives what is to be done with it. Where the caller could not sign in, that is
// only how the answer looks.
func draw(set []*armed, op string, signedIn bool) orders {
	var o orders
	for _, a := range set {
		if !signedIn && !a.kind.looks {
			continue
		}
		if a.op != op && (a.op != anyOperation || !a.kind.counts(op)) || !a.takes() {
			continue
		}
		f := a.Fault
		switch f.kind.name {
		case "delay":
			if f.text("when") == "after" {
				o.after += f.wait("for")
			} else {
				o.before += f.wait("for")
			}
		case "error":
			o.instead = f
		case "query-lag":
			o.lag = f
		case "query-duplicates":
			o.duplicates = f.text("say")
		case "refuse":
			o.refusals = append(o.refusals, f)
		case "status":
			o.ends = append(o.ends, ending{f.number("code"), f.text("ending")})
		case "callback-twice":
			o.callbacks.twice = true
		case "callback-shuffle":
			o.callbacks.shuffled = true
		case "callback-early":
			o.callbacks.early = true
		case "callback-never":
			o.callbacks.never = true
		case "bare-error-line":
			o.bare = true
		case "shuffle", "missing-line", "extra-line":
			o.edits = append(o.edits, f)
		case "spelling":
			o.spellings = append(o.spellings, f)
		case "rpc-array":
			o.arrays = append(o.arrays, f)
		case "gzip":
			o.zip = true
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
	code := f.number("code")
	if code == errLimit {
		return limitLine(now.Add(f.wait("for")))
	}
	return errorLine(code)
}

// refusal gives the fault that refuses the number, by the order in which the gateway checks; nil for none.
func (o *orders) refusal(number string) *Fault {
	var first *Fault
	for _, f := range o.refusals {
		if strings.HasSuffix(number, f.text("ending")) && (first == nil || checkedAt(f.number("code")) < checkedAt(first.number("code"))) {
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
		switch f.kind.name {
		case "shuffle":
			r := rand.New(rand.NewPCG(uint64(f.number("seed")), 0))
			before := slices.Clone(lines)
			for range 10 { // or all lines are the same
				r.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
				if !slices.Equal(lines, before) {
					break
				}
			}
		case "missing-line":
			at := len(lines) - 1
			if line := f.number("line"); line > 0 {
				at = line - 1
			}
			if at >= 0 && at < len(lines) {
				lines = slices.Delete(lines, at, at+1)
			}
		case "extra-line":
			lines = append(lines, fmt.Sprintf("ID: %s To: %s", newMessageID(), f.text("to")))
		}
	}
	return lines
}

func (o *orders) spell(lines []string) []string {
	for _, f := range o.spellings {
		lines = f.respell(lines)
	}
	return lines
}
