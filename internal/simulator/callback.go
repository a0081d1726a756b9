package simulator

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"
)

const (
	pushWorkers  = 8
	pushPatience = 10 * time.Second // for a receiver to answer
	pushMemory   = 1000
)

// retries are the waits before each further attempt to push a status (gateway specification, section 13.3).
var retries = []time.Duration{
	2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 16 * time.Minute, 32 * time.Minute, 64 * time.Minute, 128 * time.Minute,
	3 * 24 * time.Hour,
}

// Push is one attempt to tell an account of a status.
type Push struct {
	At      time.Time // when it began
	ID      string    // of the message
	To      string    // its recipient
	Status  int       // of the message
	URL     string    // without the fields, and whatever else may be secret in it
	Attempt int       // from 1
	Answer  int       // HTTP status; 0 where there was none
	Error   string    // why there was none
}

// succeeded reports whether the receiver has taken the status; a redirect has not.
func (p *Push) succeeded() bool { return p.Answer >= 200 && p.Answer <= 299 }

// Pushes gives the newest attempts to tell accounts of statuses, at most 1,000 and the newest first.
func (s *Simulator) Pushes() []Push {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := &s.pusher
	list := make([]Push, len(p.recent))
	for i := range list {
		list[i] = p.recent[(p.made-1-i)%pushMemory]
	}
	return list
}

// pusher tells accounts what becomes of their messages. It has no goroutine before there is something to tell. Its fields
// are guarded by the simulator's lock, but for the transport.
type pusher struct {
	transport *http.Transport
	stop      context.CancelFunc // nil: not begun
	running   sync.WaitGroup
	wake      chan struct{}

	visits agenda[visit]
	recent []Push // a ring; the newest is at made-1
	made   int
}

// visit is a look at a message, at the next of its statuses to push or at one to push again.
type visit struct {
	id       messageID
	place    uint8 // in the history, of the status to push again
	attempts uint8 // made at that; 0 for the next status
}

// telling is what the messages of one batch have in common when somebody wants to hear of them.
type telling struct {
	callbackOrders
	unheard int           // messages that the answer to their request waits for
	heard   chan struct{} // closed when there is none left
}

func newPusher() pusher {
	return pusher{
		wake: make(chan struct{}, 1),
		transport: &http.Transport{
			MaxIdleConnsPerHost:    pushWorkers,
			IdleConnTimeout:        4 * time.Second,
			MaxResponseHeaderBytes: 64 << 10,
			DisableCompression:     true,
		},
	}
}

// tell has the statuses of a batch that was just accepted pushed, if the account wants to hear of them. s.mu is held.
func (s *Simulator) tell(by *Account, b *batch, o *orders) {
	if b.Callback == 0 || by.Callback == nil || o.callbacks.never {
		return
	}
	b.telling = &telling{callbackOrders: o.callbacks}
	for i := range b.messages {
		m := &b.messages[i]
		next, ok := m.next(m.history(s.speed), by.Callback)
		if !ok {
			continue
		}
		s.visit(next.at, visit{id: m.id})
		if o.callbacks.early && s.soon(b, next) {
			b.telling.unheard++
		}
	}
	if b.telling.unheard > 0 {
		b.telling.heard = make(chan struct{})
		o.heard = b.telling.heard
	}
}

// soon reports whether the answer to a request can wait for the push (callback-early); that of a scheduled message is far off.
func (s *Simulator) soon(b *batch, t upcoming) bool { return !t.at.After(b.at(handover, s.speed)) }

// upcoming is the push of a status of a message.
type upcoming struct {
	count int // of the statuses that have had theirs then
	place int // in the history
	at    time.Time
}

// next gives the next upcoming of a message. Shuffled statuses are pushed at the end of its life, the last one first.
func (m *message) next(steps []Step, c *Callback) (t upcoming, ok bool) {
	b := m.batch
	for i := int(m.told); i < len(steps); i++ {
		t = upcoming{i + 1, i, steps[i].At}
		if b.telling.shuffled {
			t.place, t.at = len(steps)-1-i, steps[len(steps)-1].At
		}
		if c.wants(steps[t.place].Status, b.Callback, b.Ack) {
			return t, true
		}
	}
	return t, false
}

// visit enters a visit, and begins the pushing with the first. s.mu is held.
func (s *Simulator) visit(at time.Time, v visit) {
	p := &s.pusher
	p.visits.add(at, v)
	if p.stop == nil {
		var ctx context.Context
		ctx, p.stop = context.WithCancel(context.Background())
		due := make(chan *notice)
		p.running.Go(func() { s.callOn(ctx, due) })
		for range pushWorkers {
			p.running.Go(func() {
				for n := range due {
					s.notify(ctx, n)
				}
			})
		}
	}
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// callOn hands over every notice that is due, until ctx ends.
func (s *Simulator) callOn(ctx context.Context, due chan<- *notice) {
	defer close(due)
	for {
		n, wait := s.due()
		if n != nil {
			select {
			case due <- n:
			case <-ctx.Done():
				return
			}
			continue
		}
		select {
		case <-time.After(wait):
		case <-s.pusher.wake:
		case <-ctx.Done():
			return
		}
	}
}

// due gives a notice to push now, or how long there is none.
func (s *Simulator) due() (*notice, time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		now := s.now()
		v, ok := s.pusher.visits.take(now)
		if !ok {
			wait, some := s.pusher.visits.wait(now)
			if !some {
				wait = time.Hour
			}
			return nil, wait
		}
		if n := s.look(v, now); n != nil {
			return n, 0
		}
	}
}

// close gives up what is under way, and waits until it has ended.
func (p *pusher) close() {
	if p.stop != nil {
		p.stop()
		p.running.Wait()
		p.transport.CloseIdleConnections()
	}
}

// look gives what a visit finds to push; nil if it found nothing, or something later.
func (s *Simulator) look(v visit, now time.Time) *notice {
	m := s.ledger.at(v.id)
	if m == nil {
		return nil
	}
	b := m.batch
	a := s.accounts.of(b.APIID)
	if a == nil || a.terms.Callback == nil {
		return nil
	}
	n := &notice{id: m.id, apiID: b.APIID, clientID: b.ClientID, to: m.to, from: b.From, callback: *a.terms.Callback}
	steps := m.history(s.speed)
	n.place, n.attempt, n.twice = int(v.place), int(v.attempts)+1, b.telling.twice
	if v.attempts == 0 {
		next, ok := m.next(steps, a.terms.Callback)
		switch {
		case !ok || m.underWay:
			return nil
		case next.at.After(now):
			s.visit(next.at, v)
			return nil
		}
		n.place, n.first = next.place, b.telling.early && m.told == 0 && s.soon(b, next)
		m.told, m.underWay = uint8(next.count), true
	}
	n.step = steps[n.place]
	if charges(n.step.Status) {
		n.charge = m.price
	}
	return n
}

// notify makes an attempt, two where a fault wants that, and sees to the next.
func (s *Simulator) notify(ctx context.Context, n *notice) {
	made := []Push{s.attempt(ctx, n)}
	if n.twice {
		made = append(made, s.attempt(ctx, n))
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.ledger.at(n.id)
	if m == nil {
		return // reset
	}
	for _, p := range made {
		s.pusher.record(p)
	}
	s.changed()
	now := s.now()
	if n.attempt <= len(retries) && !made[0].succeeded() && !made[len(made)-1].succeeded() {
		wait := time.Duration(float64(retries[n.attempt-1]) / s.speed)
		s.visit(now.Add(wait), visit{n.id, uint8(n.place), uint8(n.attempt)})
	}
	if n.attempt > 1 {
		return
	}
	m.underWay = false
	s.visit(now, visit{id: n.id})
	if n.first {
		m.batch.telling.hear()
	}
}

// hear counts a message off, after the first attempt to push its first status.
func (t *telling) hear() {
	if t.unheard--; t.unheard == 0 {
		close(t.heard)
	}
}

// attempt does not follow a redirect: a status that went elsewhere would count as told.
func (s *Simulator) attempt(ctx context.Context, n *notice) Push {
	p := Push{At: s.now(), ID: n.id.String(), To: n.to, Status: n.step.Status, URL: shown(n.callback.URL), Attempt: n.attempt}
	ctx, cancel := context.WithTimeout(ctx, pushPatience)
	defer cancel()
	r, err := n.request(ctx)
	if err != nil {
		p.Error = "the account's callback has no address to call"
		return p
	}
	answer, err := s.pusher.transport.RoundTrip(r)
	if err != nil {
		p.Error = err.Error()
		return p
	}
	defer answer.Body.Close()
	_, _ = io.CopyN(io.Discard, answer.Body, 64<<10) // so that the connection can be used again
	p.Answer = answer.StatusCode
	return p
}

// forget drops what was to be pushed, and what was.
func (p *pusher) forget() {
	p.visits, p.recent, p.made = agenda[visit]{}, nil, 0
}

func (p *pusher) record(one Push) {
	if p.made < pushMemory {
		p.recent = append(p.recent, one)
	} else {
		p.recent[p.made%pushMemory] = one
	}
	p.made++
}

// shown is an address without what may be secret in it.
func shown(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String()
}
