// Package simulator is a gateway that delivers nothing: the same SOAP interface, sessions, credits and
// errors, with faults to order. It shares no code with the client, so that they cannot share a mistake.
//
// Where the gateway's documentation leaves a choice, this is what the simulator does. The fault choose makes the other choice in
// those that are marked so, with its key.
//
// Calls. Parameters may come in any order (choose:order) and without SOAPAction (choose:action); one that the operation does not
// have is a Client fault, so that misspelt ones are noticed. 0 and the empty string are as good as nothing.
//
// Signing in. A session id that is not known is error 003 and no credentials are 005 (choose:missing); a wrong user or password is
// 001, never 002. Then come 004, 007 and 108. With both a session and credentials, the session counts (choose:both). ping
// answers without the session id (choose:ping).
//
// Sending. Above 300 recipients nothing is sent (choose:over). A number that stands twice in a request gets two messages
// (choose:duplicates). A leading nought is replaced in answers too. concat is 1 where neither the request nor the account
// says else, and a text has at most 35 parts. A character that the alphabet lacks arrives as "?" (choose:plain). max_credits has no
// fractions in Document/Literal. udh goes with data only, and with neither text nor msg_type. The validity that a request asks for
// counts from acceptance, also while the message is scheduled. Error 130 lasts until midnight of UTC.
//
// Pushes. The lines of their answers, and of quicksend's, name the number even where there is one. A push
// takes about the parts that its binary form does, whatever concat says.
//
// Batches. A template is checked for its length when it is sent. A field that senditem does not give is empty, and nothing is
// merged into Unicode text or data. deliv_time counts from when the item is sent. senditem has the limit of 300 too.
//
// Ids. A climsgid that was used before names a new request: querymsg and delmsg then answer for its first message (fault
// query-duplicates). It is case-sensitive (choose:climsgid), at most 32 characters, else 101, and the account's, under all its
// api_ids. Unknown ids are 103 and 104 (choose:unknown).
package simulator

import (
	"cmp"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/smsplan/smsplan/internal/simulator/envelope"
)

// Options of a simulator. The zero Options give a gateway in memory with the demo account.
type Options struct {
	// Dir is where accepted messages are kept between runs, "" for memory. What the gateway
	// answered is in its file messages.jsonl, whatever kills the process; what a power cut takes is not promised.
	Dir string

	// Outbox is a file that gets one JSON line for each message accepted, "" for none: id, to,
	// climsgid, from, text, encoding, segments, at, flash, udh, data, indication, notification.
	Outbox string

	Settings Settings
	Faults   []Fault
	Now      func() time.Time // nil for time.Now; waiting goes by the real clock

	// Elsewhere says that there are scheduled messages that another gateway has taken: delmsg withdraws whatever it is asked to
	// that this one never took.
	Elsewhere bool

	// Speed is how many times as fast time runs for a message from its acceptance on: its schedule, its statuses, how long
	// the gateway knows it, and when what was not taken is pushed again. 0 for 1. Sessions and faults go by the clock.
	Speed float64
}

const (
	leastSpeed = 0.001
	mostSpeed  = 1000000
)

// Simulator is the gateway, an [http.Handler]. Its methods may be called from many goroutines.
type Simulator struct {
	now       func() time.Time
	speed     float64
	elsewhere bool
	closed    chan struct{}

	requests   map[string]*atomic.Int64 // by operation
	underWay   atomic.Int64
	mostAtOnce atomic.Int64
	exchanges  recorder

	mu          sync.Mutex // of all below
	shut        bool
	settings    Settings
	accounts    *accounts
	numbers     *numbers
	armed       []*armed
	chosen      choices                // replaced, never changed
	connections map[string]*connection // by the client's address, for close-after where no ConnContext marks them
	ledger      *ledger
	refunds     agenda[messageID] // of what a message that comes to nothing took from the credit
	pusher      pusher
	store       *store        // nil in memory
	outbox      *outbox       // nil for none
	epoch       int           // counts resets
	version     int           // counts changes
	watch       chan struct{} // closed at the next change; nil where nobody watches
}

// New makes a simulator and reads its store. A store that another process uses is an error.
func New(o Options) (*Simulator, error) {
	s := &Simulator{
		now: o.Now, speed: cmp.Or(o.Speed, 1), elsewhere: o.Elsewhere, closed: make(chan struct{}), requests: map[string]*atomic.Int64{},
		accounts: newAccounts(), connections: map[string]*connection{}, ledger: newLedger(), pusher: newPusher(),
	}
	if s.now == nil {
		s.now = time.Now
	}
	if !(s.speed >= leastSpeed && s.speed <= mostSpeed) {
		return nil, fmt.Errorf("the simulator runs at %v to %d times the speed, not %v", leastSpeed, mostSpeed, o.Speed)
	}
	for _, op := range envelope.Operations() {
		s.requests[op] = new(atomic.Int64)
	}
	set, err := arm(slices.Clone(o.Faults))
	if err != nil {
		return nil, err
	}
	settings := o.Settings.clone()
	if err := settings.check(); err != nil {
		return nil, fmt.Errorf("settings of the simulator: %w", err)
	}
	if o.Outbox != "" {
		if o.Outbox, err = filepath.Abs(o.Outbox); err != nil {
			return nil, fmt.Errorf("outbox: %w", err)
		}
	}
	var last *accepted
	if o.Dir != "" {
		if s.store, last, err = openStore(o.Dir, s.ledger); err != nil {
			return nil, err
		}
	}
	if o.Outbox != "" {
		if s.outbox, err = openOutbox(o.Outbox, last, len(s.ledger.batches) == 1); err != nil {
			s.store.close()
			return nil, err
		}
	}
	now := s.now()
	for m := range s.ledger.all() {
		s.expectRefund(m, now)
	}
	s.settle(settings)
	for _, a := range s.accounts.byUser {
		a.credit = rounded(a.credit + s.ledger.paidIn(a.terms) - s.ledger.spent(a.terms, now, s.speed))
	}
	s.obey(set)
	return s, nil
}

// Server gives a server with the limits that suit the gateway, and keep-alive.
func (s *Simulator) Server() *http.Server {
	return &http.Server{
		Handler:           s,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		WriteTimeout:      timeToWrite, // and what faults have it wait
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ConnContext:       s.ConnContext,
	}
}

// Messages gives every message accepted so far, in order of acceptance, those of earlier runs included.
func (s *Simulator) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ledger.list()
}

// Requests counts the requests that were understood, by operation under its Document/Literal name.
func (s *Simulator) Requests() map[string]int {
	counts := map[string]int{}
	for op, count := range s.requests {
		if n := int(count.Load()); n > 0 {
			counts[op] = n
		}
	}
	return counts
}

// MostAtOnce gives how many requests were under way at once, at most.
func (s *Simulator) MostAtOnce() int { return int(s.mostAtOnce.Load()) }

// Close ends what waits in a delay, unanswered and not accepted, gives up what is being pushed, and frees the store. From
// then on nothing is accepted and nothing pushed, not by the next simulator either.
func (s *Simulator) Close() error {
	s.mu.Lock()
	if s.shut {
		s.mu.Unlock()
		return nil
	}
	s.shut = true
	close(s.closed)
	s.mu.Unlock()
	s.pusher.close()

	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.outbox.close()
	if storeErr := s.store.close(); err == nil {
		err = storeErr
	}
	return err
}
