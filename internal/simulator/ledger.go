package simulator

import (
	"cmp"
	byteorder "encoding/binary"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// ledger has every message accepted, in order, and finds them. A message stays where it is: pointers to it stay good.
type ledger struct {
	batches  []*batch
	count    int                    // of messages
	byClient map[clientKey]*batch   // the latest with the id
	strays   map[messageID]*message // whose ids newIDs did not make: of older journals

	templates map[messageID]*template
	swept     time.Time // when the templates that had died were last thrown away
	redeemed  map[string]redemption
}

// clientKey has the client id in lower case, so that ids are found by either way to compare them.
type clientKey struct{ apiID, clientID string }

func newLedger() *ledger {
	return &ledger{
		byClient: map[clientKey]*batch{}, strays: map[messageID]*message{},
		templates: map[messageID]*template{}, redeemed: map[string]redemption{},
	}
}

// newIDs gives ids to the messages of the next request. They look random: the second half is, and it covers the place of the
// message in the first, so that no index of a million ids is needed. Places are scattered, or the halves would look alike.
func (l *ledger) newIDs(n int) []messageID {
	ids := make([]messageID, n)
	for i := range ids {
		cover := rand.Uint64()
		byteorder.BigEndian.PutUint64(ids[i][:8], cover^scattered*uint64((1+len(l.batches))<<16|i))
		byteorder.BigEndian.PutUint64(ids[i][8:], cover)
	}
	return ids
}

// scattered makes neighbouring numbers differ in all their digits; times gathered, modulo 2^64, they are what they were.
const (
	scattered = 0x9E3779B97F4A7C15
	gathered  = 0xF1DE83E19937733D
)

// add enters the messages of a request.
func (l *ledger) add(m *accepted) *batch {
	b := m.batch
	b.first, b.messages = l.count, make([]message, len(m.IDs))
	for i, id := range m.IDs {
		b.messages[i] = message{batch: &b, id: id, to: m.To[i], price: m.price(i)}
	}
	l.batches = append(l.batches, &b)
	l.count += len(m.IDs)
	b.number = len(l.batches)
	if b.ClientID != "" && len(b.messages) > 0 {
		key := clientKey{b.APIID, strings.ToLower(b.ClientID)}
		b.earlier, l.byClient[key] = l.byClient[key], &b
	}
	for i, id := range m.IDs {
		if l.at(id) == nil {
			l.strays[id] = &b.messages[i]
		}
	}
	return &b
}

// at finds a message; nil for none.
func (l *ledger) at(id messageID) *message {
	where := gathered * (byteorder.BigEndian.Uint64(id[:8]) ^ byteorder.BigEndian.Uint64(id[8:]))
	if number, i := where>>16, where&0xFFFF; number >= 1 && number <= uint64(len(l.batches)) {
		if b := l.batches[number-1]; i < uint64(len(b.messages)) && b.messages[i].id == id {
			return &b.messages[i]
		}
	}
	return l.strays[id]
}

// all gives every message in order.
func (l *ledger) all() iter.Seq[*message] {
	return func(yield func(*message) bool) {
		for _, b := range l.batches {
			for i := range b.messages {
				if !yield(&b.messages[i]) {
					return
				}
			}
		}
	}
}

// slice copies the messages of some places, from included and to not.
func (l *ledger) slice(from, to int) []message {
	list := make([]message, 0, to-from)
	at, _ := slices.BinarySearchFunc(l.batches, from, func(b *batch, place int) int { return cmp.Compare(b.first+len(b.messages)-1, place) })
	for _, b := range l.batches[at:] {
		if b.first >= to {
			break
		}
		list = append(list, b.messages[max(from-b.first, 0):min(to-b.first, len(b.messages))]...)
	}
	return list
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
	var found []*batch
	for _, apiID := range of.APIIDs {
		for b := l.byClient[clientKey{apiID, strings.ToLower(clientID)}]; b != nil; b = b.earlier {
			if !folded && b.ClientID != clientID {
				continue
			}
			found = append(found, b)
			if which != "first" && which != "all" {
				break
			}
		}
	}
	if len(found) == 0 {
		return nil
	}
	slices.SortFunc(found, func(a, b *batch) int { return cmp.Compare(a.number, b.number) })
	latest := found[len(found)-1]
	switch which {
	case "first":
		return []*message{&found[0].messages[0]}
	case "last":
		return []*message{&latest.messages[len(latest.messages)-1]}
	case "all":
		var list []*message
		for _, b := range found {
			for i := range b.messages {
				list = append(list, &b.messages[i])
			}
		}
		return list
	}
	return []*message{&latest.messages[0]}
}

// withdraw marks a message as withdrawn at a time, which journals of older versions lack.
func (l *ledger) withdraw(id messageID, at time.Time) error {
	m := l.at(id)
	if m == nil {
		return fmt.Errorf("no message %s to withdraw", id)
	}
	if m.withdrawn = &at; at.IsZero() {
		m.withdrawn = &m.batch.At
	}
	return nil
}

// spent is what the account's messages took from its credit until now and it did not get back.
func (l *ledger) spent(by *Account, now time.Time, speed float64) float64 {
	sum := 0.0
	for m := range l.all() {
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
	for _, b := range slices.Backward(l.batches) {
		if b.At.Before(t) {
			break
		}
		if by.owns(b) {
			count += len(b.messages)
		}
	}
	return count
}

// owns reports whether the account sent the batch, under any of its api_ids.
func (a *Account) owns(b *batch) bool { return a.has(b.APIID) }

func (a *Account) has(apiID string) bool { return slices.Contains(a.APIIDs, apiID) }

func (l *ledger) list() []Message {
	list := slices.Grow([]Message(nil), l.count)
	for m := range l.all() {
		list = append(list, m.message())
	}
	return list
}
