package soap

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Message is the content of a sendmsg call. Zero values are left out of the request.
type Message struct {
	To        []string // E.164 digits, 1 to 300, no number twice
	Text      string   // plain, or hexadecimal where Unicode is set
	Unicode   bool
	From      string
	Concat    int     // most segments
	Ack       bool    // deliv_ack
	Callback  int     // msg_callback
	Delay     int     // deliv_time, minutes
	MaxCredit float64 // whole in the document binding
	Features  int     // req_feat
	Queue     int
	Escalate  bool
	MO        bool
	ClientID  string
	Type      string // msg_type
	UDH       string
	Data      string
	Validity  int // minutes

	// NotAfter is when the first byte of the request must have been written, by the wall clock and by the
	// monotonic one; later, the call ends with NotSent. Zero for no bound.
	NotAfter time.Time
}

// MaxRecipients is how many recipients one request may have.
const MaxRecipients = 300

// Verdict of a recipient.
type Verdict uint8

// Verdicts. The zero Verdict is the cautious one.
const (
	Unaccounted Verdict = iota // no line, or none that proves anything
	Accepted
	Refused
)

func (v Verdict) String() string { return [...]string{"unaccounted", "accepted", "refused"}[v] }

// Result is what the gateway said of one recipient.
type Result struct {
	Verdict Verdict
	ID      string    // apimsgid, where accepted
	Code    Code      // where refused
	Text    string    // of the error, fit to be shown
	Until   time.Time // of code 130
	Whole   bool      // the error was said of a request of several as a whole, and names nobody
}

// Answer to a sendmsg call that was read to its end.
type Answer struct {
	Results []Result // one for each of To, in its order
	Extra   []string // lines that belong to no recipient, fit to be shown, numbers in them masked
}

// Send asks the gateway to send m. A nil error means that an answer was read to its end and understood as a
// sendmsg answer. An error that the gateway gives for the whole request, such as an expired session, is such an answer
// too: it refuses every recipient. So of Send's errors none is Answered.
func (c *Client) Send(ctx context.Context, a Access, m *Message) (*Answer, error) {
	place, err := m.places()
	if err != nil {
		return nil, &Error{Op: "sendmsg", Reach: NotSent, Err: err}
	}
	r := c.newRequest("sendmsg", len(m.Text)+len(m.UDH)+len(m.Data)+60*len(m.To))
	r.climsgid, r.people = m.ClientID, len(m.To)
	r.access(a)
	if r.rpc {
		m.renderRPC(r)
	} else {
		m.renderDocument(r)
	}
	lines, e := c.call(ctx, r, a, m.NotAfter)
	if e != nil {
		return nil, e
	}
	return match(place, lines, a.secrets()), nil
}

// places gives each recipient's index. What is wrong with a number is said without repeating it.
func (m *Message) places() (map[string]int, error) {
	if len(m.To) == 0 || len(m.To) > MaxRecipients {
		return nil, fmt.Errorf("%d recipients, not 1 to %d", len(m.To), MaxRecipients)
	}
	place := make(map[string]int, len(m.To))
	for i, n := range m.To {
		if !e164(n) {
			return nil, fmt.Errorf("recipient %d is not a number in E.164 digits", i+1)
		}
		place[n] = i
	}
	if len(place) < len(m.To) {
		return nil, errors.New("a recipient stands twice in one request")
	}
	return place, nil
}

func e164(n string) bool {
	if n == "" || len(n) > 15 || n[0] == '0' {
		return false
	}
	for i := range len(n) {
		if n[i] < '0' || n[i] > '9' {
			return false
		}
	}
	return true
}

func (m *Message) renderDocument(r *request) {
	r.text("text", m.Text)
	r.list("to", m.To)
	r.text("from", m.From)
	r.int("concat", m.Concat)
	r.int("msg_callback", m.Callback)
	r.flag("deliv_ack", m.Ack)
	m.renderRest(r, "climsgid")
}

func (m *Message) renderRPC(r *request) {
	r.list("to", m.To)
	r.text("from", m.From)
	r.text("text", m.Text)
	r.int("concat", m.Concat)
	r.flag("deliv_ack", m.Ack)
	r.int("msg_callback", m.Callback)
	m.renderRest(r, "cliMsgId")
}

func (m *Message) renderRest(r *request, clientID string) {
	r.int("deliv_time", m.Delay)
	r.credits("max_credits", m.MaxCredit)
	r.int("req_feat", m.Features)
	r.int("queue", m.Queue)
	r.flag("escalate", m.Escalate)
	r.flag("mo", m.MO)
	r.text(clientID, m.ClientID)
	r.flag("unicode", m.Unicode)
	r.text("msg_type", m.Type)
	r.text("udh", m.UDH)
	r.text("data", m.Data)
	r.int("validity", m.Validity)
}
