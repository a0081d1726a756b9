package apply

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/smsplan/smsplan/internal/soap"
	"github.com/smsplan/smsplan/internal/state"
)

// Settled counts the people whose doubt was asked about, by what it turned out to be.
type Settled struct {
	Accepted     int `json:"accepted"`
	Unconfirmed  int `json:"unconfirmed"`
	InDoubt      int `json:"in_doubt"`
	OtherAccount int `json:"other_account"` // in doubt, but sent through another account: nobody was asked
	Cancelled    int `json:"cancelled"`     // withdrawing, and withdrawn as it turned out
	NotWithdrawn int `json:"not_withdrawn"` // withdrawing, and not withdrawn as it turned out
	Withdrawing  int `json:"withdrawing"`   // nobody knows yet whether they were withdrawn
}

// count adds people who were in doubt.
func (s *Settled) count(o state.Outcome, people int) {
	if o == state.Accepted {
		s.Accepted += people
	} else {
		s.Unconfirmed += people
	}
}

// left counts those who are in doubt.
func (s *Settled) left(doubts []state.Doubt, account string) {
	s.InDoubt, s.OtherAccount = 0, 0
	for _, d := range doubts {
		if d.Account == account {
			s.InDoubt += d.InDoubt
		} else {
			s.OtherAccount += d.InDoubt
		}
	}
}

// SettleOptions say whom to ask about, and for how long. The zero SettleOptions ask once about everybody.
type SettleOptions struct {
	Timeout   time.Duration // ask again, with pauses of 5 s, 30 s and 2 min, while it lasts
	Addresses []string      // of the messages to ask about; none for all
	Watch     func(Event)   // called by one goroutine at a time; may be nil

	withdrawn func(state.Withdrawal) // called, one at a time, for each message that was withdrawn as it turned out; may be nil
}

// Settle asks the gateway about the sends in doubt that went through its account. An answer that proves nothing leaves the
// doubt as it is. The error is of the state.
func Settle(ctx context.Context, s *state.State, g *Gateway, o SettleOptions) (*Settled, error) {
	var settled Settled
	if err := settleWithdrawals(ctx, s, g, o, &settled); err != nil {
		return &settled, err
	}
	q := inquiry{ledger: s, gateway: g, options: o}
	doubts, err := q.doubts(ctx)
	if err != nil {
		return &settled, err
	}
	if len(doubts) == 0 {
		return &settled, nil
	}
	q.found = func(_ state.RequestID, o state.Outcome, people int) { settled.count(o, people) }
	err = q.rounds(ctx, append([]time.Duration{0}, lookups...))
	left, listed := q.doubts(ctx)
	settled.left(left, g.settings.Account)
	return &settled, errors.Join(err, listed)
}

// inquiry asks about doubts.
type inquiry struct {
	ledger  *state.State
	gateway *Gateway
	options SettleOptions
	found   func(at state.RequestID, o state.Outcome, people int) // called for people of a request who are settled, one call at a time
}

// doubts lists those to ask about, and those of other accounts.
func (q *inquiry) doubts(ctx context.Context) ([]state.Doubt, error) {
	return q.ledger.Doubts(context.WithoutCancel(ctx), q.options.Addresses...)
}

// rounds asks after each of the pauses, and then again and again after the last of them, until nothing is left or the timeout
// is over.
func (q *inquiry) rounds(ctx context.Context, pauses []time.Duration) error {
	deadline := time.Now().Add(q.options.Timeout)
	for i := 0; ; i++ {
		d := pauses[min(i, len(pauses)-1)]
		if d > 0 {
			if time.Now().Add(d).After(deadline) || !pause(ctx, d) {
				return nil
			}
		}
		left, err := q.round(ctx)
		if err != nil || left == 0 || ctx.Err() != nil {
			return err
		}
	}
}

// round asks about each doubt once and gives the number of requests that are left in doubt.
func (q *inquiry) round(ctx context.Context) (left int, err error) {
	record := context.WithoutCancel(ctx)
	doubts, err := q.doubts(ctx)
	if err != nil {
		return 0, err
	}
	// A gateway that gives no answer ends the round: the others would have to wait as long for theirs.
	asking, giveUp := context.WithCancel(ctx)
	defer giveUp()
	var mu sync.Mutex
	var group errgroup.Group
	group.SetLimit(max(q.gateway.settings.Connections, 1))
	for _, d := range doubts {
		if d.Account != q.gateway.settings.Account || d.Idle {
			continue
		}
		group.Go(func() (err error) {
			defer rescue(&err)
			known, err := ask(asking, q.gateway, d.ClientID, d.People)
			mu.Lock()
			defer mu.Unlock()
			if err == nil && known.outcome != state.InDoubt {
				return q.settle(record, d, known)
			}
			left++
			if known.unknown {
				if err := q.ledger.Unknown(record, d.Request); err != nil {
					return err
				}
			}
			if asking.Err() == nil {
				q.tell(Event{Kind: Doubt, At: time.Now(), Address: d.Address, People: max(d.InDoubt, d.Former), Text: unsettled(d, known, err)})
			}
			if err != nil && !answered(err) {
				giveUp()
			}
			return nil
		})
	}
	return left, group.Wait()
}

// settle records what the gateway knows of a doubt.
func (q *inquiry) settle(record context.Context, d state.Doubt, k knowledge) error {
	settled, err := q.ledger.Resolve(record, d.Request, state.Resolution{Outcome: k.outcome, ClientID: d.ClientID, ID: k.id, By: state.Gateway, Reason: k.evidence})
	if errors.Is(err, state.ErrCertain) {
		return nil // another request to the same people was found first
	}
	if err != nil {
		return err
	}
	all := 0
	for at, people := range settled {
		q.found(at, k.outcome, people)
		all += people
	}
	q.tell(Event{Kind: Log, At: time.Now(), Address: d.Address, People: all, Text: fmt.Sprintf("%d in doubt settled: %s (%s).", all, k.outcome, k.evidence)})
	return nil
}

// unsettled says why a doubt stays.
func unsettled(d state.Doubt, k knowledge, err error) string {
	text := k.evidence + "."
	if err != nil {
		text = "The gateway did not answer the query: " + err.Error() + "."
	}
	if d.Guessed {
		text += " The state was recovered from a copy, so the client id that was asked for is a guess: that the gateway does not know it does not mean that nothing was sent."
	}
	if age := time.Since(d.IntentAt); age > state.Memory {
		text += fmt.Sprintf(" The gateway knows a message for six days, and this one is %d days old: no answer can settle it any more, only smsplan resolve -as=sent or -as=unsent.", int(age.Hours()/24))
	}
	return text
}

func (q *inquiry) tell(e Event) {
	if q.options.Watch != nil {
		q.options.Watch(e)
	}
}

// answered reports whether a question failed for a reason that concerns its own message alone.
func answered(err error) bool {
	var call *soap.Error
	if !errors.As(err, &call) || call.Op != "querymsg" && call.Op != "getmsgcharge" || call.Reach != soap.Answered {
		return false
	}
	class := call.Code.Class()
	return class != soap.Fatal && class != soap.Reauth
}

// ask asks for the message with a client message id, which was sent to so many people. The error says why nothing is known of
// it.
func ask(ctx context.Context, g *Gateway, clientID string, people int) (knowledge, error) {
	status, err := signed(ctx, g, func(access soap.Access) (soap.Status, error) {
		return g.query(ctx, access, soap.MessageID{Client: clientID})
	})
	return judgeQuery(status, err, people)
}
