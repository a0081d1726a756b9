package simulator

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

// Message is one message to one recipient that the gateway accepted.
type Message struct {
	ID, ClientID string
	To, From     string
	Text         string // decoded, as the handset shows it; "" for binary data
	Encoding     string // gsm7, ucs2 or binary
	Segments     int
	At           time.Time // of acceptance
	Request      int       // counts accepted requests to send from 1; all messages of one share it
	Withdrawn    bool
	Content
}

// Content is what a request says of a message besides its text. At most one of Indication and Notification is set: by
// si_push, and by ind_push.
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

	Indication   *Indication   `json:"indication,omitempty"`
	Notification *Notification `json:"notification,omitempty"`
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

	number   int // counts accepted requests from 1
	first    int // place of its first message in the ledger
	messages []message
	earlier  *batch   // the latest before with the same client id; nil for none
	telling  *telling // nil: nobody wants to hear of it
}

// message is one recipient's share of a batch.
type message struct {
	batch     *batch
	id        messageID
	to        string
	price     float64    // what it costs if it is sent
	withdrawn *time.Time // nil: it is not
	told      uint8      // how many statuses have had their turn to be pushed
	underWay  bool       // the last of them still is
}

type messageID [16]byte

func newMessageID() (id messageID) {
	rand.Read(id[:])
	return id
}

func (id messageID) String() string { return hex.EncodeToString(id[:]) }

func (id messageID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

func (id *messageID) UnmarshalText(text []byte) error {
	parsed, ok := parseMessageID(string(text))
	if !ok {
		return fmt.Errorf("not a message id")
	}
	*id = parsed
	return nil
}

// begins reports whether the id begins so, in small letters.
func (id messageID) begins(digits string) bool {
	var whole [2 * len(id)]byte
	hex.Encode(whole[:], id[:])
	return strings.HasPrefix(string(whole[:]), digits)
}

func parseMessageID(s string) (id messageID, ok bool) {
	if len(s) != 2*len(id) {
		return id, false
	}
	_, err := hex.Decode(id[:], []byte(s))
	return id, err == nil
}
func (m *message) message() Message {
	b := m.batch
	return Message{
		ID: m.id.String(), ClientID: b.ClientID, To: m.to, From: b.From, Text: b.Text, Encoding: b.Encoding,
		Segments: b.Segments, At: b.At, Request: b.number, Withdrawn: m.withdrawn != nil, Content: b.Content,
	}
}
