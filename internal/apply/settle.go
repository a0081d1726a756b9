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
}

// count takes a doubt that is settled from those in doubt.
func (s *Settled) count(d state.Doubt, o state.Outcome) {
	s.InDoubt -= d.InDoubt
	if o == state.Accepted {
		s.Accepted += d.InDoubt
	} else {
		s.Unconfirmed += d.InDoubt
	}
}

// SettleOptions say whom to ask about, and for how long. The zero SettleOptions ask once about everybody.
type SettleOptions struct {
	Timeout   time.Duration // ask again, with pauses of 5 s, 30 s and 2 min, while it lasts
	Addresses []string      // of the messages to ask about; none for all
	Watch     func(Event)   // called by one goroutine at a time; may be nil
}

// Settle asks the gateway about the sends in doubt that went through its account. An answer that proves nothing leaves the
// doubt as it is. The error is of the state.
func Settle(ctx context.Context, s *state.State, g *Gateway, o SettleOptions) (*Settled, error) {
	var settled Settled
	q := inquiry{ledger: s, gateway: g, options: o}
	doubts, err := q.doubts(ctx)
	if err != nil {
		return &settled, err
	}
	for _, d := range doubts {
		if d.Account != g.settings.Account {
			settled.OtherAccount += d.InDoubt
		} else {
			settled.InDoubt += d.InDoubt
		}
	}
	if settled.InDoubt == 0 {
		return &settled, nil
	}
	q.found = settled.count
	return &settled, q.rounds(ctx, append([]time.Duration{0}, lookups...))
}

// inquiry asks about doubts.
type inquiry struct {
	ledger  *state.State
	gateway *Gateway
	options SettleOptions
	found   func(state.Doubt, state.Outcome) // called for each that is settled, one call at a time
}

// doubts lists those to ask about, and those of other accounts.
func (q *inquiry) doubts(ctx context.Context) ([]state.Doubt, error) {
	return q.ledger.Doubts(context.WithoutCancel(ctx), q.options.Addresses...)
}

// rounds asks after each of the pauses, until nothing is left or the timeout is over.
func (q *inquiry) rounds(ctx context.Context, pauses []time.Duration) error {
	deadline := time.Now().Add(q.options.Timeout)
	for _, d := range pauses {
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
	return nil
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
		if d.Account != q.gateway.settings.Account {
			continue
		}
		group.Go(func() error {
			outcome, id, evidence, err := ask(asking, q.gateway, d.ClientID, d.People)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				evidence = "The gateway did not answer the query: " + err.Error() + "."
			}
			if err != nil || outcome == state.InDoubt {
				left++
				if asking.Err() == nil {
					q.tell(Event{Kind: Doubt, At: time.Now(), Address: d.Address, People: d.InDoubt, Text: evidence})
				}
				if err != nil && !answered(err) {
					giveUp()
				}
				return nil
			}
			if _, err := q.ledger.Resolve(record, d.Request, state.Resolution{Outcome: outcome, ID: id, By: "gateway", Reason: evidence}); err != nil {
				return err
			}
			q.found(d, outcome)
			q.tell(Event{Kind: Log, At: time.Now(), Address: d.Address, People: d.InDoubt, Text: fmt.Sprintf("%d in doubt settled: %s (%s).", d.InDoubt, outcome, evidence)})
			return nil
		})
	}
	return left, group.Wait()
}

func (q *inquiry) tell(e Event) {
	if q.options.Watch != nil {
		q.options.Watch(e)
	}
}

// answered reports whether a query failed for a reason that concerns its own message alone.
func answered(err error) bool {
	var call *soap.Error
	if !errors.As(err, &call) || call.Op != "querymsg" || call.Reach != soap.Answered {
		return false
	}
	class := call.Code.Class()
	return class != soap.Fatal && class != soap.Reauth
}

// ask asks for the message with a client message id. Statuses 002 to 014 prove that it was accepted: by its one recipient's
// own answer, or for a request of several as a whole, which leaves each of them unconfirmed. Anything else proves nothing
// (gateway specification, section 11).
func ask(ctx context.Context, g *Gateway, clientID string, people int) (o state.Outcome, id [16]byte, evidence string, err error) {
	access, err := g.access(ctx)
	if err != nil {
		return state.InDoubt, id, "", err
	}
	status, err := g.query(ctx, access, clientID)
	var call *soap.Error
	if errors.As(err, &call) && access.Session != "" && call.Code.ClassFor(access) == soap.Reauth {
		if access, _, err = g.renew(ctx, access.Session); err != nil {
			return state.InDoubt, id, "", err
		}
		status, err = g.query(ctx, access, clientID)
	}
	if errors.As(err, &call) && (call.Code == soap.UnknownMessage || call.Code == soap.UnknownClientID) {
		return state.InDoubt, id, "querymsg: ERR " + call.Code.String(), nil
	}
	if err != nil {
		return state.InDoubt, id, "", err
	}
	evidence = fmt.Sprintf("querymsg: status %03d", status.Status)
	switch {
	case status.Status < 2 || status.Status > 14:
		return state.InDoubt, id, evidence, nil
	case people > 1:
		return state.Unconfirmed, id, evidence, nil
	}
	id, _ = parseID(status.ID)
	return state.Accepted, id, evidence, nil
}
