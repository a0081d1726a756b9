package simulator

import (
	"context"
	"slices"
	"strings"
	"time"
)

// Mark names a state of the simulator. Another state has another mark.
type Mark struct {
	Epoch    int // counts resets
	Messages int // accepted since the last
	Version  int // counts changes of any kind
}

// Watch gives the mark of the present state and a channel that is closed at the next change of it. That time alone changes a
// status, or that a request is counted, closes nothing.
func (s *Simulator) Watch() (Mark, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.watch == nil {
		s.watch = make(chan struct{})
	}
	return s.mark(), s.watch
}

func (s *Simulator) mark() Mark { return Mark{s.epoch, s.ledger.count, s.version} }

// changed tells those who watch. s.mu is held.
func (s *Simulator) changed() {
	s.version++
	if s.watch != nil {
		close(s.watch)
		s.watch = nil
	}
}

// Query chooses messages.
type Query struct {
	Search        string // part of the number or, in any case of letters, of the text, the sender or an id
	Before, After int    // by place; 0 for no bound
	Limit         int    // 0 for none
}

// View is a message as the gateway has it at a moment.
type View struct {
	Message
	Place   int // in the order of acceptance, from 1
	APIID   string
	Status  int
	Next    time.Time // when the status changes, as far as can be said; the zero time for never
	Charge  float64
	History []Step // what is still to come included
}

// view gives a message that stands at the place.
func (s *Simulator) view(m *message, place int, now time.Time) View {
	v := View{Message: m.message(), Place: place, APIID: m.batch.APIID, History: m.history(s.speed)}
	v.Status = current(v.History, now)
	if taken := len(until(v.History, now)); taken < len(v.History) {
		v.Next = v.History[taken].At
	}
	if charges(v.Status) {
		v.Charge = m.price
	}
	return v
}

// Listing is what a query comes to, the newest first.
type Listing struct {
	Mark
	Messages []View
	More     bool // there are older ones
}

// chunk is how many messages are looked at while nothing can be sent.
const chunk = 1024

// Find gives the newest messages that the query chooses, as far as it gets before ctx ends. It holds up sending only for moments,
// however many messages there are; what is accepted meanwhile is not in the listing.
func (s *Simulator) Find(ctx context.Context, q Query) Listing {
	s.mu.Lock()
	l := Listing{Mark: s.mark()}
	s.mu.Unlock()
	wanted, now := newFilter(q.Search), s.now()
	to := l.Mark.Messages
	if q.Before > 0 {
		to = min(to, q.Before-1)
	}
	for to > q.After && ctx.Err() == nil {
		from := max(to-chunk, q.After, 0)
		part, ok := s.between(l.Epoch, from, to)
		if !ok {
			return l // it was reset meanwhile; the next listing says so
		}
		for i, m := range slices.Backward(part) {
			if !wanted.takes(&m) {
				continue
			}
			if q.Limit > 0 && len(l.Messages) == q.Limit {
				l.More = true
				return l
			}
			l.Messages = append(l.Messages, s.view(&m, from+i+1, now))
		}
		to = from
	}
	return l
}

// between copies messages out of the ledger; ok is false where it is another ledger by now.
func (s *Simulator) between(epoch, from, to int) (part []message, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.epoch != epoch {
		return nil, false
	}
	return s.ledger.slice(from, to), true
}

// filter is the search of a query.
type filter struct {
	digits, text string
	isID         bool   // the text may be the beginning of an id
	last         *batch // looked at last, since the messages of one have all but the number in common
	taken        bool
}

func newFilter(search string) *filter {
	search = strings.TrimSpace(search)
	f := &filter{text: strings.ToLower(search)}
	f.isID = len(f.text) >= 8 && strings.Trim(f.text, "0123456789abcdef") == ""
	if digits := strings.NewReplacer("+", "", " ", "", "-", "", "(", "", ")", "", ".", "").Replace(search); isDigits(digits) {
		f.digits = digits
	}
	return f
}

func (f *filter) takes(m *message) bool {
	if f.text == "" || f.digits != "" && strings.Contains(m.to, f.digits) {
		return true
	}
	if b := m.batch; b != f.last {
		f.last = b
		f.taken = slices.ContainsFunc([]string{b.Text, b.From, b.ClientID}, func(s string) bool { return strings.Contains(strings.ToLower(s), f.text) })
	}
	return f.taken || f.isID && m.id.begins(f.text)
}

// Detail is all there is to know of one message.
type Detail struct {
	View
	Parts    []Part    // none of a push, whose octets the gateway makes
	Together int       // how many messages its request sent
	Exchange *Exchange // that sent it; nil where it is no longer kept
}

// Look gives one message by the gateway's id.
func (s *Simulator) Look(id string) (Detail, bool) {
	key, ok := parseMessageID(id)
	if !ok {
		return Detail{}, false
	}
	s.mu.Lock()
	found := s.ledger.at(key)
	if found == nil {
		s.mu.Unlock()
		return Detail{}, false
	}
	m, b := *found, found.batch
	place := b.first + slices.IndexFunc(b.messages, func(other message) bool { return other.id == m.id }) + 1
	s.mu.Unlock()
	return Detail{
		View: s.view(&m, place, s.now()), Parts: b.parts(), Together: len(b.messages), Exchange: s.exchanges.of(b).shown(),
	}, true
}

// content is what makes two messages the same.
func (b *batch) content() string {
	switch {
	case b.Indication != nil:
		return b.Text + " " + b.Indication.URL
	case b.Notification != nil:
		return b.Text + " " + b.Notification.URL
	case b.Encoding == binary:
		return b.UDH + b.Data
	}
	return b.Text
}

// Sending is a text to a number, and how often it was sent.
type Sending struct {
	To, Text string // of a push with its address; of binary data with its header, in hexadecimal
	Count    int
}

// Sent counts the messages by number and text, those that were withdrawn excepted: what nobody may get twice has a count of 1. It
// gives those with at least that count, in the order in which they were first sent.
func (s *Simulator) Sent(least int) []Sending {
	s.mu.Lock()
	epoch, n := s.epoch, s.ledger.count
	s.mu.Unlock()
	var list []Sending
	places := make(map[Sending]int, n)
	for from := 0; from < n; from += chunk {
		part, ok := s.between(epoch, from, min(from+chunk, n))
		if !ok {
			return nil
		}
		for _, m := range part {
			if m.withdrawn != nil {
				continue
			}
			key := Sending{To: m.to, Text: m.batch.content()}
			place, known := places[key]
			if !known {
				place = len(list)
				places[key] = place
				list = append(list, key)
			}
			list[place].Count++
		}
	}
	return slices.DeleteFunc(list, func(s Sending) bool { return s.Count < least })
}

// Sessions counts the sessions that are open.
func (s *Simulator) Sessions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accounts.sweep(s.now())
	return len(s.accounts.sessions)
}
