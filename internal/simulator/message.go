package simulator

import (
	"encoding/hex"
	"fmt"
	"slices"
	"time"
)

// Message is one message to one recipient that the gateway accepted.
type Message struct {
	ID, ClientID string
	To, From     string
	Text         string // decoded, as the handset shows it; "" for binary
	Encoding     string // gsm7, ucs2 or binary
	Segments     int
	At           time.Time // of acceptance
	Request      int       // counts accepted sendmsg requests from 1; all messages of one share it
	Withdrawn    bool
	Content
}

// Content is what a sendmsg request says of a message besides its text.
type Content struct {
	Flash      bool    `json:"flash,omitempty"`
	Ack        bool    `json:"ack,omitempty"`      // deliv_ack
	Delay      int     `json:"delay,omitempty"`    // deliv_time, minutes
	Validity   int     `json:"validity,omitempty"` // minutes
	Concat     int     `json:"concat,omitempty"`
	Callback   int     `json:"callback,omitempty"`
	MaxCredits float64 `json:"max_credits,omitempty"`
	Features   int     `json:"features,omitempty"`
	Queue      int     `json:"queue,omitempty"`
	Escalate   bool    `json:"escalate,omitempty"`
	MO         bool    `json:"mo,omitempty"`
	Type       string  `json:"type,omitempty"`
	UDH        string  `json:"udh,omitempty"`
	Data       string  `json:"data,omitempty"`
}

// A message is queued (002) for onward, then with the network (003), and with the handset (004)
// handover after it was accepted, if deliv_ack asked for that. The clock of a message with a
// deliv_time starts when it is due; until then it is scheduled (011). The gateway forgets what is older than memory.
const (
	onward   = time.Second
	handover = 3 * time.Second
	memory   = 6 * 24 * time.Hour
)

// Statuses that messages of the simulator take.
const (
	statusUnknown   = 1
	statusQueued    = 2
	statusNetwork   = 3
	statusHandset   = 4
	statusWithdrawn = 6
	statusNoRoute   = 9
	statusScheduled = 11
)

// batch is what the messages of one accepted request share.
type batch struct {
	At       time.Time `json:"at"`
	APIID    string    `json:"api_id"`
	ClientID string    `json:"climsgid,omitempty"`
	From     string    `json:"from,omitempty"`
	Text     string    `json:"text,omitempty"`
	Encoding string    `json:"encoding"`
	Segments int       `json:"segments"`
	Content

	Charge  float64 `json:"charge"`             // of one message
	NoRoute bool    `json:"no_route,omitempty"` // accepted, but max_credits is below the charge

	// Until HiddenUntil, querymsg answers as if the message were not known (fault query-lag).
	HiddenUntil time.Time `json:"hidden_until,omitzero"`
	HiddenAs    int       `json:"hidden_as,omitempty"`

	number int
}

// message is one recipient's share of a batch.
type message struct {
	batch     *batch
	id        messageID
	to        string
	withdrawn bool
}

type messageID [16]byte

func (id messageID) String() string { return hex.EncodeToString(id[:]) }

func parseMessageID(s string) (id messageID, ok bool) {
	if len(s) != 2*len(id) {
		return id, false
	}
	_, err := hex.Decode(id[:], []byte(s))
	return id, err == nil
}

// status gives the code at a time.
func (m *message) status(now time.Time) int {
	age := now.Sub(m.batch.At.Add(time.Duration(m.batch.Delay) * time.Minute))
	switch {
	case age > memory:
		return statusUnknown
	case m.withdrawn:
		return statusWithdrawn
	case m.batch.NoRoute:
		return statusNoRoute
	case age < 0:
		return statusScheduled
	case age < onward:
		return statusQueued
	case age < handover || !m.batch.Ack:
		return statusNetwork
	}
	return statusHandset
}

// charge is what the message cost; what was withdrawn or found no route is free.
func (m *message) charge() float64 {
	if m.withdrawn || m.batch.NoRoute {
		return 0
	}
	return m.batch.Charge
}

// ledger has every message accepted, in order, and finds them.
type ledger struct {
	messages []message
	batches  int
	byID     map[messageID]int
	byClient map[clientKey]int // first message of the latest batch with the id
}

type clientKey struct{ apiID, clientID string }

func newLedger() *ledger {
	return &ledger{byID: map[messageID]int{}, byClient: map[clientKey]int{}}
}

func (l *ledger) add(b batch, ids []messageID, to []string) {
	l.batches++
	b.number = l.batches
	if b.ClientID != "" {
		l.byClient[clientKey{b.APIID, b.ClientID}] = len(l.messages)
	}
	for i, id := range ids {
		l.byID[id] = len(l.messages)
		l.messages = append(l.messages, message{batch: &b, id: id, to: to[i]})
	}
}

// message finds a message of the account by the gateway's id.
func (l *ledger) message(apiID, id string) *message {
	key, ok := parseMessageID(id)
	i, found := l.byID[key]
	if !ok || !found || l.messages[i].batch.APIID != apiID {
		return nil
	}
	return &l.messages[i]
}

// named finds the first message of the account's latest request with the client's id.
func (l *ledger) named(apiID, clientID string) *message {
	i, found := l.byClient[clientKey{apiID, clientID}]
	if !found {
		return nil
	}
	return &l.messages[i]
}

func (l *ledger) withdraw(id messageID) error {
	i, ok := l.byID[id]
	if !ok {
		return fmt.Errorf("no message %s to withdraw", id)
	}
	l.messages[i].withdrawn = true
	return nil
}

// spent is what the account's messages cost together.
func (l *ledger) spent(apiID string) float64 {
	sum := 0.0
	for i := range l.messages {
		if m := &l.messages[i]; m.batch.APIID == apiID {
			sum += m.charge()
		}
	}
	return sum
}

func (l *ledger) list() []Message {
	list := slices.Grow([]Message(nil), len(l.messages))
	for _, m := range l.messages {
		b := m.batch
		list = append(list, Message{
			ID: m.id.String(), ClientID: b.ClientID, To: m.to, From: b.From, Text: b.Text, Encoding: b.Encoding,
			Segments: b.Segments, At: b.At, Request: b.number, Withdrawn: m.withdrawn, Content: b.Content,
		})
	}
	return list
}
