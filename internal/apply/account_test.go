package apply_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"sync"
	"time"

	"github.com/smsplan/smsplan/internal/apply"
	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/plan"
	"github.com/smsplan/smsplan/internal/simulator"
	"github.com/smsplan/smsplan/internal/state"
)

// account holds what the gateway took against what the state and the reports say.
type account struct {
	messages map[string][]phone.Number // whom each address is meant for
	copied   map[string]int            // how often a middlebox delivered a request once more, by client message id
	doubts   []state.Doubt             // after the last run

	mu       sync.Mutex
	findings []finding
	tally    tally
}

// breach is a promise that was not kept.
type breach string

const (
	twice   breach = "sent twice"
	lostOne breach = "lost"
	skipped breach = "skipped silently"
	hasty   breach = "without a fresh intent"
)

type finding struct {
	breach
	text string
}

// tally counts what trials came to.
type tally struct {
	runs, kills, taken, doubts, settled, copies, forged int
}

func (c *tally) add(o tally) {
	c.runs += o.runs
	c.kills += o.kills
	c.taken += o.taken
	c.doubts += o.doubts
	c.settled += o.settled
	c.copies += o.copies
	c.forged += o.forged
}

func (a *account) find(b breach, format string, args ...any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.findings = append(a.findings, finding{b, fmt.Sprintf(format, args...)})
}

// standing is where a person stands with a message.
type standing struct {
	state.Send
	known, stopped bool
}

func stand(past *state.Snapshot, address string, n phone.Number) standing {
	alias := past.AppendAlias(nil, []byte(n.E164()))
	send, known := past.Ledger(address, 1).Find(alias)
	return standing{send, known, past.Stopped(alias)}
}

// open reports whether the person is still to be sent to, whatever the message says of doubts.
func (s standing) open() bool {
	return !s.stopped && (!s.known || s.Outcome == state.Unsent || s.Outcome == state.Planned)
}

// planned looks whether a plan has everybody who is to be sent to, and nobody else.
func (w *trial) planned(p *plan.Plan, past *state.Snapshot) {
	has := map[string]map[phone.Number]bool{}
	for i := range p.Messages {
		m := &p.Messages[i]
		has[m.Address] = map[phone.Number]bool{}
		for _, n := range m.People() {
			has[m.Address][n] = true
		}
	}
	for address, people := range w.messages {
		for _, n := range people {
			s, in := stand(past, address, n), has[address][n]
			switch {
			case s.open() && !in:
				w.find(skipped, "%s: %s is %s, and not planned again", address, n, s.Outcome)
			case !s.open() && in && (s.Outcome != state.InDoubt || w.shape.doubting.OnDoubt == ""):
				w.find(twice, "%s: %s is %s, and planned again", address, n, s.Outcome)
			}
		}
	}
}

// reported looks whether the report of a run adds up, and says what the state says.
func (w *trial) reported(p *plan.Plan, r *apply.Report, err error, before, after *state.Snapshot, s step) {
	w.tally.runs++
	if sum := r.Sent + r.Unconfirmed + r.Refused + r.InDoubt + r.NotAttempted + r.Already; sum != r.Total || r.Total != p.Totals().ToSend {
		w.find(skipped, "the report does not add up: %d of %d, planned %d: %+v", sum, r.Total, p.Totals().ToSend, r)
	}
	if err != nil {
		return
	}
	was, is := w.outcomes(before), w.outcomes(after)
	if is[state.InDoubt] != r.InDoubt+r.Elsewhere {
		w.find(skipped, "the state has %d in doubt: %+v", is[state.InDoubt], r)
	}
	if s.stale || p.Totals().Again > 0 {
		return // it counts anew whom earlier runs have left so
	}
	settled := apply.Settled{}
	if r.Settled != nil {
		settled = *r.Settled
	}
	for outcome, counted := range map[state.Outcome]int{
		state.Accepted: r.Sent + settled.Accepted, state.Unconfirmed: r.Unconfirmed + settled.Unconfirmed, state.Refused: r.Refused,
	} {
		if is[outcome]-was[outcome] != counted {
			w.find(skipped, "%d people are %s now, and %d were: %+v, settled %+v", is[outcome], outcome, was[outcome], r, settled)
		}
	}
	least, most := 0, 0
	for i := range p.Messages {
		for _, n := range p.Messages[i].People() {
			at := stand(after, p.Messages[i].Address, n)
			if at.open() {
				least++
			}
			if at.stopped = false; at.open() {
				most++
			}
		}
	}
	if r.NotAttempted < least || r.NotAttempted > most {
		w.find(skipped, "%d to %d people were not attempted: %+v", least, most, r)
	}
}

func (w *trial) outcomes(past *state.Snapshot) map[state.Outcome]int {
	counts := map[state.Outcome]int{}
	for address := range w.messages {
		for outcome, n := range past.Ledger(address, 1).Counts() {
			counts[outcome] += n
		}
	}
	return counts
}

// open gives the number of people in doubt of whom more runs can learn something. After a quiet run the gateway must have been
// asked about whatever it knows. Where the doubt is that of a former request, what it knows of this one is about others.
func (w *trial) open(doubts []state.Doubt, quiet bool) int {
	w.doubts = doubts
	people := 0
	for _, d := range doubts {
		if quiet && d.InDoubt > 0 && w.tells(d.ClientID) && (!d.Idle || w.reached(d)) {
			w.find(skipped, "%d people are in doubt, and the gateway knows their request", d.InDoubt)
		}
		if w.shape.doubting.OnDoubt != "" {
			people += d.InDoubt
		}
	}
	return people
}

// tells reports whether the gateway, asked about a request, says that it took it.
func (w *trial) tells(clientID string) bool {
	for _, v := range w.gateway.Find(context.Background(), simulator.Query{Search: clientID, Limit: 1}).Messages {
		return v.ClientID == clientID && v.Status >= 2 && v.Status <= 14
	}
	return false
}

// reached reports whether the gateway took a request's message to somebody who is in doubt.
func (w *trial) reached(d state.Doubt) bool {
	for _, m := range w.gateway.Messages() {
		if m.ClientID != d.ClientID {
			continue
		}
		n, err := phone.Parse("+"+m.To, "")
		if err != nil {
			w.t.Fatal(err)
		}
		if stand(w.past, d.Address, n).Outcome == state.InDoubt {
			return true
		}
	}
	return false
}

// took reports whether the gateway took anybody's message of a request.
func (w *trial) took(clientID string) bool {
	return len(w.gateway.Find(context.Background(), simulator.Query{Search: clientID, Limit: 1}).Messages) > 0
}

// undecided gives the number of people in doubt whom a message holds until somebody says what became of them.
func (w *trial) undecided() int {
	if w.shape.doubting.OnDoubt != "" {
		return 0
	}
	people := 0
	for _, d := range w.doubts {
		people += d.InDoubt
	}
	return people
}

// decide is an operator's word on what the gateway cannot tell: whoever it took is unconfirmed, the others unsent.
func (w *trial) decide() {
	ctx := w.t.Context()
	ledger, err := w.enter(ctx)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, d := range w.doubts {
		v := state.Resolution{Outcome: state.Unsent, By: "operator", Reason: "the gateway's list has it not", Timeout: w.shape.timeout}
		if w.took(d.ClientID) {
			v.Outcome, v.Reason = state.Unconfirmed, "the gateway's list has it"
		}
		if _, err := ledger.Resolve(ctx, d.Request, v); err != nil && !errors.Is(err, state.ErrCertain) {
			w.t.Errorf("%s: %v", w.name, err)
		}
	}
	_, w.doubts = w.leave()
}

// balance is the account of each person, when nothing is left to do.
func (w *trial) balance() {
	past := w.past
	type parcel struct{ text, to string }
	taken, excused := map[parcel]int{}, map[parcel]int{}
	for _, m := range w.gateway.Messages() {
		at := parcel{m.Text, m.To}
		taken[at]++
		w.tally.taken++
		if n := w.copied[m.ClientID]; n > 0 && excused[at] < n {
			excused[at]++
		}
	}
	for address, people := range w.messages {
		for _, n := range people {
			at := parcel{textOf[address], n.E164()}
			s := stand(past, address, n)
			if more := taken[at] - 1; more > 0 && w.shape.doubting.OnDoubt == "" {
				if more > excused[at] {
					w.find(twice, "%s: %s got it %d times, and is %s", address, n, taken[at], s.Outcome)
				} else {
					w.tally.copies += more
				}
			}
			switch {
			case s.open():
				w.find(skipped, "%s: %s is left out (%s)", address, n, s.Outcome)
			case s.stopped && !s.known:
			case w.forged && taken[at] == 0 && (s.Outcome == state.Accepted || s.Outcome == state.Unconfirmed):
				w.tally.forged++ // of a repeated answer nothing tells that it is one
			case s.Outcome == state.Accepted && taken[at] == 0:
				w.find(lostOne, "%s: %s is accepted, and the gateway never took it", address, n)
			case s.Outcome == state.Unconfirmed && taken[at] == 0 && !w.shared(address, n):
				w.find(lostOne, "%s: %s is unconfirmed, and the gateway took nothing of its request", address, n)
			case s.Outcome == state.Refused && taken[at] > 0 && w.shape.doubting.OnDoubt != "":
				// Sent anew, and refused then: what became of the first is not known.
			case (s.Outcome == state.Refused || s.Outcome == state.Unsent) && taken[at] > 0 && taken[at] <= excused[at]:
				w.tally.copies += taken[at] // the one that was answered was not taken, and its copy was
			case s.Outcome == state.Refused && taken[at] > 0, s.Outcome == state.Unsent && taken[at] > 0:
				w.find(skipped, "%s: %s got it, and is %s", address, n, s.Outcome)
			case s.Outcome == state.InDoubt:
				w.tally.doubts++
			case s.Outcome == state.UnderWay, s.Outcome == state.Cancelled, s.Outcome == state.Imported:
				w.find(skipped, "%s: %s is %s when all is quiet", address, n, s.Outcome)
			}
		}
	}
}

// shared reports whether the gateway took the request of a person who is unconfirmed: of others in it, since it may have refused
// the person with an answer that was lost.
func (w *trial) shared(address string, n phone.Number) bool {
	attempts, err := state.History(w.t.Context(), w.settings, address, n.E164())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, a := range attempts {
		if w.took(a.ClientID) {
			return true
		}
	}
	return false
}

var numberOnTheWire = regexp.MustCompile(`>(1\d{10})<`)

// spy looks at the first bytes of a request on their way out: its intent must be in the state by then, and not be older than five
// seconds.
func (w *trial) spy(first []byte) {
	id := clientIDName.FindSubmatch(first)
	to := numberOnTheWire.FindSubmatch(first)
	if !w.spying || id == nil || to == nil || !bytes.Contains(first, []byte(":sendmsg>")) {
		return
	}
	address := "message.other"
	if bytes.Contains(first, []byte(textOf["message.hello"])) {
		address = "message.hello"
	}
	attempts, err := state.History(context.Background(), w.settings, address, string(to[1]))
	if err != nil {
		w.t.Errorf("%s: %v", w.name, err)
		return
	}
	for _, a := range attempts {
		if a.ClientID != string(id[1]) {
			continue
		}
		// A connection may fail between the moment that a byte is handed to it and the one that it leaves: then it is in doubt already.
		// The state keeps microseconds.
		if age := time.Since(a.At).Truncate(time.Microsecond); a.Outcome != state.InDoubt && (a.Outcome != state.UnderWay || age > 5*time.Second) {
			w.find(hasty, "the first byte of a request leaves when it is %s for %s", a.Outcome, age)
		}
		return
	}
	w.find(hasty, "a request leaves that the state does not know")
}
