package plan

import (
	"cmp"
	"crypto/sha256"
	"math"
	"sort"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/sms"
)

// Request is one call of the gateway: at most batch_size people, one text, one
// delivery time.
type Request struct {
	Message int // index in Plan.Messages
	Clock   int // index in Message.Clocks, where there are any
	People  []phone.Number
	Text    string // "" for a binary message; its line breaks are line feeds
	Size    sms.Size
}

// Requests gives all requests in sending order. Their slices are shared with the plan.
func (p *Plan) Requests() func(yield func(int, Request) bool) {
	return func(yield func(int, Request) bool) {
		n := 0
		for i := range p.Messages {
			for _, r := range p.Messages[i].requests {
				if !yield(n, p.request(i, r)) {
					return
				}
				n++
			}
		}
	}
}

// Request gives request i, 0 to Totals().Requests-1, in a time that depends on the
// number of messages alone.
func (p *Plan) Request(i int) Request {
	m := sort.SearchInts(p.starts, i+1) - 1
	return p.request(m, p.Messages[m].requests[i-p.starts[m]])
}

// number counts the requests through.
func (p *Plan) number() {
	p.starts = make([]int, len(p.Messages))
	n := 0
	for i := range p.Messages {
		p.starts[i] = n
		n += len(p.Messages[i].requests)
	}
}

func (p *Plan) request(i int, r request) Request {
	m := &p.Messages[i]
	return Request{Message: i, Clock: int(r.clock), People: m.peopleOf(r), Text: m.text(r), Size: m.size(r.text)}
}

func (m *Message) peopleOf(r request) []phone.Number {
	return m.people[r.first : r.first+r.count : r.first+r.count]
}

func (m *Message) text(r request) string {
	if m.Binary != nil {
		return ""
	}
	return m.texts.at(int(r.text))
}

// size gives what one of the message's texts takes, or its binary content.
func (m *Message) size(text uint32) sms.Size {
	switch {
	case m.Binary != nil:
		return sms.MeasureBinary(len(m.Binary.UDH)/2, len(m.Binary.Data)/2)
	case int(text) >= m.texts.len():
		return sms.Size{}
	}
	return m.texts.size(int(text))
}

// measure gives what a text takes as the message sends it.
func (m *Message) measure(text string) sms.Size {
	if m.Unicode == "always" {
		return sms.MeasureUCS2(text)
	}
	return sms.Measure(text)
}

// Digest gives the digest of what the request says, text or binary content, which the
// state keeps in the text's place. m is the request's message.
func (r Request) Digest(m *Message) [32]byte {
	if m.Binary != nil {
		return binaryDigest(m.Binary)
	}
	return textDigest(r.Text)
}

func textDigest(text string) [32]byte { return sha256.Sum256(append([]byte("text\n"), text...)) }

// writtenDigest gives the digest of a message as it is written, whoever gets it.
func writtenDigest(source string, b *config.Binary) [32]byte {
	if b != nil {
		return binaryDigest(b)
	}
	return sha256.Sum256(append([]byte("written\n"), source...))
}

func binaryDigest(b *config.Binary) [32]byte {
	return sha256.Sum256([]byte("binary\n" + b.UDH + "\n" + b.Data))
}

// Wire is what travels for a request, beside its people and its delivery time.
type Wire struct {
	Text            string // hexadecimal where Unicode is set
	Unicode         bool
	Type            string // "" for the gateway's default
	UDH, Data       string
	Concat          int
	Queue           int
	Features        int // 0 for those that the content needs
	Callback        int // 0 for none
	ValidityMinutes int // 0 for the gateway's default
}

// Wire gives the form in which a request of the message travels. Concat and Queue are
// always set, because the gateway's own defaults differ between accounts and between
// documents. Concat is never below what the content needs.
func (m *Message) Wire(r Request) Wire {
	w := Wire{
		Concat:          max(m.MaxSegments, r.Size.Segments),
		Queue:           m.Queue(),
		Features:        m.FeatureMask(),
		Callback:        m.CallbackMask(m.Receipts),
		ValidityMinutes: int(math.Ceil(m.Validity.Minutes())),
	}
	if m.Binary != nil {
		w.UDH, w.Data = m.Binary.UDH, m.Binary.Data
		return w
	}
	w.Text = r.Text
	if r.Size.Encoding == sms.UCS2 {
		w.Text, w.Unicode = sms.HexUCS2(r.Text), true
	}
	if m.Flash {
		w.Type = "SMS_FLASH"
	}
	return w
}

// Queue gives the message's priority, from 1, which goes first, to 3. Plans of format
// 1.0 have none written.
func (m *Message) Queue() int { return cmp.Or(m.Priority, config.DefaultPriority) }
