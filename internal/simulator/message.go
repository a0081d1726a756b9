package simulator

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
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

	Charge float64  `json:"charge"`         // of one message, where accepted.Charges does not say else
	Ends   []ending `json:"ends,omitempty"` // the first that fits a number counts (fault status)

	// Until HiddenUntil, querymsg answers as if the message were not known (fault query-lag).
	HiddenUntil time.Time `json:"hidden_until,omitzero"`
	HiddenAs    int       `json:"hidden_as,omitempty"`

	number  int
	earlier int // first message of the latest batch before with the same client id; -1 for none
}

// message is one recipient's share of a batch.
type message struct {
	batch     *batch
	id        messageID
	to        string
	price     float64   // what it costs if it is sent
	withdrawn time.Time // zero: it is not
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

// ledger has every message accepted, in order, and finds them.
type ledger struct {
	messages []message
	batches  int
	byID     map[messageID]int
	byClient map[clientKey]int // first message of the latest batch with the id
}

// clientKey has the client id in lower case, so that ids are found by either way to compare them.
type clientKey struct{ apiID, clientID string }

func newLedger() *ledger {
	return &ledger{byID: map[messageID]int{}, byClient: map[clientKey]int{}}
}

func (l *ledger) add(m *accepted) {
	b := m.batch
	l.batches++
	b.number = l.batches
	if b.ClientID != "" {
		key := clientKey{b.APIID, strings.ToLower(b.ClientID)}
		before, found := l.byClient[key]
		if b.earlier = before; !found {
			b.earlier = -1
		}
		l.byClient[key] = len(l.messages)
	}
	for i, id := range m.IDs {
		l.byID[id] = len(l.messages)
		l.messages = append(l.messages, message{batch: &b, id: id, to: m.To[i], price: m.price(i)})
	}
}

// at finds a message; nil for none. It is good until the next is added.
func (l *ledger) at(id messageID) *message {
	i, found := l.byID[id]
	if !found {
		return nil
	}
	return &l.messages[i]
}

// message finds a message of the account by the gateway's id.
func (l *ledger) message(of *Account, id string) *message {
	key, ok := parseMessageID(id)
	m := l.at(key)
	if !ok || m == nil || !of.owns(m.batch) {
		return nil
	}
	return m
}

// named finds the messages of the account with the client's id, in any case if that is folded: which are the first, the last or
// all of them, or else the first of the latest request.
func (l *ledger) named(of *Account, clientID string, folded bool, which string) []*message {
	var starts []int // of requests
	for _, apiID := range of.APIIDs {
		at, found := l.byClient[clientKey{apiID, strings.ToLower(clientID)}]
		for found && at >= 0 {
			b := l.messages[at].batch
			if folded || b.ClientID == clientID {
				starts = append(starts, at)
				if which != "first" && which != "all" {
					break
				}
			}
			at = b.earlier
		}
	}
	if len(starts) == 0 {
		return nil
	}
	slices.Sort(starts)
	first, latest := starts[0], starts[len(starts)-1]
	switch which {
	case "first":
		return []*message{&l.messages[first]}
	case "last":
		list := l.request(latest)
		return list[len(list)-1:]
	case "all":
		var list []*message
		for _, at := range starts {
			list = append(list, l.request(at)...)
		}
		return list
	}
	return []*message{&l.messages[latest]}
}

// request gives the messages of the request that begins at a place.
func (l *ledger) request(at int) []*message {
	var list []*message
	for b := l.messages[at].batch; at < len(l.messages) && l.messages[at].batch == b; at++ {
		list = append(list, &l.messages[at])
	}
	return list
}

// withdraw marks a message as withdrawn at a time, which journals of older versions lack.
func (l *ledger) withdraw(id messageID, at time.Time) error {
	m := l.at(id)
	if m == nil {
		return fmt.Errorf("no message %s to withdraw", id)
	}
	if m.withdrawn = at; at.IsZero() {
		m.withdrawn = m.batch.At
	}
	return nil
}

// spent is what the account's messages took from its credit until now and it did not get back.
func (l *ledger) spent(by *Account, now time.Time, speed float64) float64 {
	sum := 0.0
	for i := range l.messages {
		m := &l.messages[i]
		if !by.owns(m.batch) {
			continue
		}
		if back := m.refunded(speed); back.IsZero() || back.After(now) {
			sum += m.reserved()
		}
	}
	return sum
}

// since counts the account's messages that were accepted at t or after.
func (l *ledger) since(t time.Time, by *Account) int {
	count := 0
	for i := len(l.messages) - 1; i >= 0 && !l.messages[i].batch.At.Before(t); i-- {
		if by.owns(l.messages[i].batch) {
			count++
		}
	}
	return count
}

// owns reports whether the account sent the batch, under any of its api_ids.
func (a *Account) owns(b *batch) bool { return slices.Contains(a.APIIDs, b.APIID) }

func (l *ledger) list() []Message {
	list := slices.Grow([]Message(nil), len(l.messages))
	for i := range l.messages {
		list = append(list, l.messages[i].message())
	}
	return list
}

func (m *message) message() Message {
	b := m.batch
	return Message{
		ID: m.id.String(), ClientID: b.ClientID, To: m.to, From: b.From, Text: b.Text, Encoding: b.Encoding,
		Segments: b.Segments, At: b.At, Request: b.number, Withdrawn: !m.withdrawn.IsZero(), Content: b.Content,
	}
}
