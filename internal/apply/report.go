package apply

import (
	"cmp"
	"slices"
	"time"

	"github.com/smsplan/smsplan/internal/soap"
	"github.com/smsplan/smsplan/internal/state"
)

// Report says what became of the people of a plan: Total is the sum of Sent, Unconfirmed, Refused, InDoubt, NotAttempted,
// OldKept and Already. Those whom an earlier run of a saved plan left unconfirmed, refused or in doubt are counted so again.
type Report struct {
	Total        int
	Sent         int
	Unconfirmed  int
	Refused      int
	InDoubt      int
	NotAttempted int
	OldKept      int // not sent anew, because their former message was not withdrawn, or nobody knows
	ToCancel     int // scheduled messages to withdraw
	Cancelled    int // of them, withdrawn, as the gateway confirmed
	Withdrawing  int // asked to be withdrawn, in this run or an earlier one, and nobody knows what came of it
	Restored     int // to be sent the message anew by another plan: it was withdrawn before, as turned out at the start. Not among Total
	Already      int // sent to or claimed since the plan was made, excluded or opted out
	Late         int // of those not attempted: deliver_at had passed by more than validity
	Closed       int // of those not attempted: their window was closed
	Waiting      int // of those not attempted: their message depends on one that was not sent to everybody
	Elsewhere    int // in doubt from earlier runs, and not in this plan
	Again        int // sent to although an earlier request had left them in doubt: perhaps twice
	Imported     int // recorded as having the message from another tool; not among Total
	Requests     int // that have an outcome
	Elapsed      time.Duration

	Refusals    []Refusal // by code
	Waits       []Wait    // who is counted in Waiting
	Spared      []string  // why messages were not withdrawn, the first few reasons
	Cause       *Cause    // why the run stopped early; nil where it did not
	Interrupted bool
	Simulated   bool     // nothing was sent: a rehearsal
	Orphans     string   // the file with outcomes that the state could not take
	Unsaved     []string // outcomes that could not even be written there, as lines of JSON
	Settled     *Settled // doubts of earlier runs, asked about at the start
}

// Refusal is a number of people refused with one code.
type Refusal struct {
	Code    string `json:"code"`
	Meaning string `json:"meaning"`
	Remedy  string `json:"remedy,omitempty"`
	People  int    `json:"people"`
}

// Complete reports whether everybody in the plan was sent to, or had been, and nobody else is in doubt.
func (r *Report) Complete() bool {
	return r.NotAttempted == 0 && r.Refused == 0 && r.OldKept == 0 && r.Restored == 0 && r.ToCancel == r.Cancelled && r.Certain()
}

// Certain reports whether nothing is in doubt or unconfirmed, in this plan or from earlier runs whose doubts this one looked
// into.
func (r *Report) Certain() bool {
	return r.Withdrawing == 0 && r.InDoubt == 0 && r.Unconfirmed == 0 && r.Elsewhere == 0 && (r.Settled == nil || r.Settled.Unconfirmed == 0)
}

// count adds n people with an outcome, and takes them from those not attempted.
func (r *Report) count(o state.Outcome, n int) {
	if o == state.Unsent {
		return
	}
	r.NotAttempted -= n
	switch o {
	case state.Accepted:
		r.Sent += n
	case state.Unconfirmed:
		r.Unconfirmed += n
	case state.Refused:
		r.Refused += n
	case state.InDoubt:
		r.InDoubt += n
	default:
		panic("a request cannot end " + o.String())
	}
}

// settleDoubt counts one person anew who was in doubt.
func (r *Report) settleDoubt(o state.Outcome) {
	r.InDoubt--
	r.NotAttempted++
	r.count(o, 1)
}

// drop counts one person whom the claim did not get.
func (r *Report) drop(d state.Drop) {
	switch {
	case !d.Stopped && (d.Outcome == state.Unconfirmed || d.Outcome == state.Refused || d.Outcome == state.InDoubt):
		r.count(d.Outcome, 1)
	default:
		r.NotAttempted--
		r.Already++
	}
}

// Kept gives the number of messages that were to be withdrawn and were not, or not asked for, those withdrawing among them.
func (r *Report) Kept() int { return r.ToCancel - r.Cancelled }

// refuse adds n people refused with a code.
func (r *Report) refuse(code soap.Code, n int) {
	at, found := slices.BinarySearchFunc(r.Refusals, code.String(), func(f Refusal, c string) int { return cmp.Compare(f.Code, c) })
	if !found {
		r.Refusals = slices.Insert(r.Refusals, at, Refusal{Code: code.String(), Meaning: code.Meaning(), Remedy: code.Remedy()})
	}
	r.Refusals[at].People += n
}

// Event is something that happened in a run.
type Event struct {
	Kind     EventKind
	At       time.Time
	Address  string // of the message; "" where the event belongs to none
	People   int    // of the request
	Report   Report // the counts so far; its slices must not be kept
	UnderWay int    // requests
	Text     string // cleaned, never personal
}

// EventKind names an event.
type EventKind string

// Kinds of events. Sent comes for each request that has an outcome, Doubt besides it where people are in doubt, Progress
// every second.
const (
	Progress EventKind = "send_progress"
	Sent     EventKind = "send_complete"
	Doubt    EventKind = "in_doubt"
	Log      EventKind = "log"
)
