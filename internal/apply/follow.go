package apply

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strconv"
	"sync"

	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"

	"github.com/smsplan/smsplan/internal/soap"
	"github.com/smsplan/smsplan/internal/state"
)

const (
	// politeRate is how many questions a second are asked about messages: the gateway would rather be left alone and push what it
	// knows (gateway specification, section 10).
	politeRate = 20
	// politeConnections is how many of them may wait for an answer at a time.
	politeConnections = 4
	// recordEvery is how many answers are recorded together.
	recordEvery = 100
)

// Followed counts messages by what came of asking about them.
type Followed struct {
	Asked        int `json:"asked"`
	Answered     int `json:"answered"`
	Unknown      int `json:"unknown"`       // the gateway does not know the message, or not yet, or no longer
	OtherAccount int `json:"other_account"` // sent through another account: nobody was asked
}

// FollowOptions say how to ask. The zero FollowOptions ask politely.
type FollowOptions struct {
	Rate   float64                         // questions a second; 0 is the polite one
	Record func([]state.Observation) error // called by one goroutine at a time with what is learnt
}

// Follow asks the gateway once about each of the messages that went through its account, for their status and what they cost. What
// was learnt is recorded, also where the gateway fails on the way or ctx ends. A question that fails for a reason of its own message
// does not keep the others from being asked.
func Follow(ctx context.Context, g *Gateway, list []state.Awaited, o FollowOptions) (Followed, error) {
	f := follower{gateway: g, record: o.Record}
	pace := rate.NewLimiter(rate.Limit(cmp.Or(o.Rate, politeRate)), 1)
	asking, giveUp := context.WithCancel(ctx)
	defer giveUp()
	var group errgroup.Group
	group.SetLimit(max(1, min(politeConnections, g.settings.Connections)))
	for i := range list {
		one := &list[i]
		if one.Account != g.settings.Account {
			f.count(func(n *Followed) { n.OtherAccount++ })
			continue
		}
		if pace.Wait(asking) != nil {
			break
		}
		group.Go(func() (err error) {
			defer rescue(&err)
			f.count(func(n *Followed) { n.Asked++ })
			seen, known, err := f.ask(asking, one)
			switch {
			case err == nil || answered(err):
			case asking.Err() != nil: // broken off
				return nil
			default:
				giveUp()
				return unanswered(err)
			}
			return f.learn(seen, known)
		})
	}
	err := group.Wait()
	if failed := errors.Join(f.flush(), ctx.Err()); failed != nil {
		return f.counts, errors.Join(err, failed)
	}
	return f.counts, err
}

// NoAnswer says that the gateway did not answer a question. What it had said until then is recorded, and it can be asked again.
type NoAnswer struct{ Cause error }

func (n *NoAnswer) Error() string {
	return fmt.Sprintf("the gateway did not answer: %v; what it had said until then is recorded", n.Cause)
}

func (n *NoAnswer) Unwrap() error { return n.Cause }

// follower asks about messages.
type follower struct {
	gateway *Gateway
	record  func([]state.Observation) error

	mu     sync.Mutex
	counts Followed
	learnt []state.Observation
}

func (f *follower) count(add func(*Followed)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	add(&f.counts)
}

// learn keeps an answer, and records those that are there by now.
func (f *follower) learn(seen state.Observation, known bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !known {
		f.counts.Unknown++
		return nil
	}
	f.counts.Answered++
	if f.learnt = append(f.learnt, seen); len(f.learnt) < recordEvery {
		return nil
	}
	return f.write()
}

func (f *follower) flush() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.write()
}

func (f *follower) write() error {
	if len(f.learnt) == 0 {
		return nil
	}
	list := f.learnt
	f.learnt = nil
	return f.record(list)
}

// ask asks about one message. getmsgcharge answers for longer than querymsg, and tells the charge too; but it takes apimsgids alone.
func (f *follower) ask(ctx context.Context, one *state.Awaited) (seen state.Observation, known bool, err error) {
	seen = state.Observation{ID: one.ID, ClientID: one.ClientID}
	id := soap.MessageID{Client: one.ClientID}
	if one.ID != [16]byte{} {
		id = soap.MessageID{API: hex.EncodeToString(one.ID[:])}
		answer, err := signed(ctx, f.gateway, func(access soap.Access) (soap.Charge, error) { return f.gateway.charge(ctx, access, id.API) })
		if err == nil || one.Final || !answered(err) {
			seen.Status = state.Status(answer.Status)
			seen.Charge, seen.Charged = millionths(answer.Charge)
			return seen, err == nil && seen.Status.Proves(), err
		}
	}
	status, err := signed(ctx, f.gateway, func(access soap.Access) (soap.Status, error) { return f.gateway.query(ctx, access, id) })
	seen.Status = state.Status(status.Status)
	if own, ok := parseID(status.ID); ok && id.API == "" {
		seen.ID = own
	}
	return seen, err == nil && seen.Status.Proves(), err
}

// unanswered says why there was no answer, and what to do.
func unanswered(err error) error {
	var call *soap.Error
	if errors.As(err, &call) && call.Reach == soap.Answered {
		return fmt.Errorf("the gateway refused to answer: %w; %s", err, call.Code.Remedy())
	}
	return &NoAnswer{err}
}

// millionths reads a charge. What is no charge is none.
func millionths(credits string) (int64, bool) {
	value, err := strconv.ParseFloat(credits, 64)
	if err != nil || !(value >= 0 && value <= 1e9) {
		return 0, false
	}
	return int64(math.Round(value * 1e6)), true
}
