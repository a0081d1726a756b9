package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/smsplan/smsplan/internal/simulator"
)

// pulled is a line of state pull -format=jsonl.
type pulled struct {
	Type     string
	Address  string
	Revision int
	Person   string
	Outcome  string
	ClientID string `json:"climsgid"`
	ID       string `json:"apimsgid"`
}

// ledger is a state, as it was pulled, with the numbers of its people.
type ledger struct {
	sends   map[send]pulled
	stopped map[string]bool
}

// send is a message of a group at a revision to a number.
type send struct {
	group    string
	revision int
	number   string
}

// acquaintances are the numbers of the trials by their pseudonym.
var acquaintances = sync.OnceValue(func() map[string]string {
	numbers := map[string]string{}
	for _, number := range fictitious() {
		numbers[pseudonym(number[1:])] = number[1:]
	}
	return numbers
})

// read makes a ledger of what state pull gives.
func (k *killTrial) read(out []byte) (*ledger, error) {
	l := &ledger{sends: map[send]pulled{}, stopped: map[string]bool{}}
	lines := bufio.NewScanner(bytes.NewReader(out))
	for lines.Scan() {
		var p pulled
		if err := json.Unmarshal(lines.Bytes(), &p); err != nil {
			return nil, fmt.Errorf("state pull: %w", err)
		}
		number := acquaintances()[p.Person]
		switch p.Type {
		case "send":
			c, ok := k.cast(p.Address)
			if number == "" || !ok {
				return nil, fmt.Errorf("state pull: nobody is sent to so: %s", lines.Text())
			}
			l.sends[send{c.group, p.Revision, number}] = p
		case "stop":
			l.stopped[number] = true
		}
	}
	return l, lines.Err()
}

// cast gives the message that had an address at any time.
func (k *killTrial) cast(address string) (cast, bool) {
	for _, c := range k.broadcast.messages {
		if c.address == address || k.former[address] == c.letter {
			return c, true
		}
	}
	return cast{}, false
}

// waived reports whether a person may get a message of the group twice.
func (b *broadcast) waived(group string) bool {
	for _, c := range b.messages {
		if c.group == group && c.onDoubt != "hold" {
			return true
		}
	}
	return false
}

// took is what the gateway's own store has.
type took struct {
	sends   map[send][]simulator.Message
	byID    map[string]send
	clients map[string]bool // the climsgids that it has taken anything of
}

// took reads the gateway's store, and notes what nobody asked it to take.
func (k *killTrial) took() took {
	t := took{sends: map[send][]simulator.Message{}, byID: map[string]send{}, clients: map[string]bool{}}
	audiences := map[string]map[string]bool{}
	groups := map[string]string{}
	for _, c := range k.broadcast.messages {
		audiences[c.letter], groups[c.letter] = k.broadcast.audience(c), c.group
	}
	for _, m := range k.gateway.current().Messages() {
		letter, revision := heard(m)
		if !audiences[letter][m.To] {
			k.found.add(otherwise, "somebody who is not to get message %s got it at revision %d", letter, revision)
		}
		s := send{groups[letter], revision, m.To}
		t.sends[s] = append(t.sends[s], m)
		t.byID[m.ID] = s
		t.clients[m.ClientID] = true
	}
	return t
}

// account holds the state against what the gateway took. What it finds is true at any moment at which nothing runs.
func (k *killTrial) account(l *ledger) took {
	t := k.took()
	for s, messages := range t.sends {
		if len(messages) > 1 && !k.broadcast.waived(s.group) {
			k.once(s, twice, "%s at revision %d: %d messages to one person, under %s", s.group, s.revision, len(messages), clientsOf(messages))
		}
	}
	for s, p := range l.sends {
		messages := t.sends[s]
		switch p.Outcome {
		case "accepted":
			if at, ok := t.byID[p.ID]; len(messages) == 0 || p.ID != "" && (!ok || at != s) {
				k.once(s, lost, "%s at revision %d, %s: accepted as %s, and the gateway took %d", s.group, s.revision, p.ClientID, p.ID, len(messages))
			}
		case "unconfirmed":
			// The gateway may have refused this person, and the answer that said so was lost. Where a message is sent anew, it may
			// have been the answer to an earlier request than the one that the state shows.
			took := t.clients[p.ClientID] || k.broadcast.waived(s.group)
			if len(messages) == 0 && !(took && k.refusable(s.number)) {
				k.once(s, lost, "%s at revision %d, %s: unconfirmed, and the gateway never took it", s.group, s.revision, p.ClientID)
			}
		case "refused", "unsent", "planned":
			if len(messages) > 0 && !k.broadcast.waived(s.group) {
				k.once(s, otherwise, "%s at revision %d, %s: %s, and the gateway took it under %s", s.group, s.revision, p.ClientID, p.Outcome, clientsOf(messages))
			}
		}
	}
	return t
}

// once adds a finding about a send, unless there was one of the kind before.
func (k *killTrial) once(s send, kind finding, format string, args ...any) {
	if k.told[kind] == nil {
		k.told[kind] = map[send]bool{}
	}
	if !k.told[kind][s] {
		k.told[kind][s] = true
		k.found.add(kind, format, args...)
	}
}

func clientsOf(messages []simulator.Message) string {
	var ids []string
	for _, m := range messages {
		ids = append(ids, m.ClientID)
	}
	return strings.Join(ids, ", ")
}

// refusable reports whether the gateway may have refused to send to a number.
func (k *killTrial) refusable(number string) bool {
	o := k.gateway.options.Settings
	for _, list := range [][]string{o.Blocked, o.OptedOut, o.Delisted} {
		for _, one := range list {
			if one == number {
				return true
			}
		}
	}
	return k.refusing
}

// pending counts those whom an apply would still send to: they have no outcome that is certain or in doubt. Those who have
// opted out are counted apart.
func (k *killTrial) pending(l *ledger) (left, out int) {
	seen := map[send]bool{}
	for _, c := range k.broadcast.messages {
		for number := range k.broadcast.audience(c) {
			s := send{c.group, c.revision, number}
			switch l.sends[s].Outcome {
			case "", "unsent", "planned":
				if !seen[s] && l.stopped[number] {
					out++
				} else if !seen[s] {
					left++
				}
			}
			seen[s] = true
		}
	}
	return left, out
}

// inDoubt counts those in doubt.
func (l *ledger) inDoubt() (n int) {
	for _, p := range l.sends {
		if p.Outcome == "in doubt" || p.Outcome == "under way" {
			n++
		}
	}
	return n
}

// final demands that everybody of every audience has an outcome, and that nobody is in doubt whom the gateway knows.
func (k *killTrial) final(l *ledger) {
	t := k.account(l)
	for _, c := range k.broadcast.messages {
		for number := range k.broadcast.audience(c) {
			s := send{c.group, c.revision, number}
			switch p := l.sends[s]; p.Outcome {
			case "accepted", "unconfirmed", "refused", "in doubt":
			default:
				if !l.stopped[number] {
					k.found.add(skipped, "%s at revision %d: somebody is %q at the end", c.address, c.revision, p.Outcome)
				}
			}
		}
	}
	for s, p := range l.sends {
		switch {
		case k.owed[s] && p.Outcome != "accepted" && p.Outcome != "refused" && p.Revision == k.revision(s.group) && !l.stopped[s.number]:
			k.found.add(skipped, "%s at revision %d, %s: %s, and an operator said that nothing was sent", s.group, s.revision, p.ClientID, p.Outcome)
		case p.Outcome == "in doubt" && t.clients[p.ClientID]:
			k.found.add(skipped, "%s at revision %d, %s: in doubt, and the gateway would tell", s.group, s.revision, p.ClientID)
		case p.Outcome == "under way" || p.Outcome == "planned":
			k.found.add(skipped, "%s at revision %d, %s: %s, and nothing runs", s.group, s.revision, p.ClientID, p.Outcome)
		}
	}
}

// revision gives that of the messages of a group.
func (k *killTrial) revision(group string) int {
	for _, c := range k.broadcast.messages {
		if c.group == group {
			return c.revision
		}
	}
	return 0
}

// summed is a line of apply -json-into.
type summed struct {
	Type      string
	Operation string
	Complete  bool
	Change    struct {
		Address string
		Counts  map[string]int
	}
	Changes struct {
		Total, Sent, Unconfirmed, Refused, Already int
		ToSend                                     int `json:"to_send"`
		InDoubt                                    int `json:"in_doubt"`
		NotAttempted                               int `json:"not_attempted"`
		Elsewhere                                  int `json:"in_doubt_elsewhere"`
	}
	Settled *struct{ Accepted, Unconfirmed int }
}

// summary is what an apply said of itself.
type summary struct {
	toSend   int
	acted    bool // it had something to do or to ask
	complete bool
	settled  int
}

// sum holds what an apply that came to its end by itself said against the state that it left.
// A saved plan is not about everybody whom the configuration is about now.
func (k *killTrial) sum(stream []byte, l *ledger, status int, saved bool) (s summary, err error) {
	lines := bufio.NewScanner(bytes.NewReader(stream))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var line summed
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			return s, fmt.Errorf("apply -json-into: %w", err)
		}
		switch c := line.Changes; {
		case line.Type == "planned_message" && !saved:
			k.rows(line.Change.Address, line.Change.Counts)
		case line.Operation == "plan":
			s.toSend = c.ToSend
		case line.Operation == "apply":
			s.acted, s.complete = true, line.Complete
			if line.Settled != nil {
				s.settled = line.Settled.Accepted + line.Settled.Unconfirmed
			}
			if sum := c.Sent + c.Unconfirmed + c.Refused + c.InDoubt + c.NotAttempted + c.Already; c.Total != sum {
				k.found.add(skipped, "the summary has %d people, and accounts for %d", c.Total, sum)
			}
			if has := l.inDoubt(); c.InDoubt+c.Elsewhere != has {
				k.found.add(skipped, "the summary has %d and %d in doubt, the state %d", c.InDoubt, c.Elsewhere, has)
			}
			// Whoever opted out in the course of the run may not have been attempted before.
			if left, out := k.pending(l); !saved && (c.NotAttempted < left || c.NotAttempted > left+out) {
				k.found.add(skipped, "the summary has %d not attempted, and %d are left to send to", c.NotAttempted, left)
			}
			if s.complete != (status == 0) {
				k.found.add(skipped, "status %d, and complete: %t", status, s.complete)
			}
		}
	}
	if left, _ := k.pending(l); !s.acted && !saved && (status != 0 || l.inDoubt() > 0 || left > 0) {
		k.found.add(skipped, "nothing to do, status %d; %d in doubt, %d left to send to", status, l.inDoubt(), left)
	}
	return s, lines.Err()
}

// rows holds the counts of a planned message against the rows of its files.
func (k *killTrial) rows(address string, counts map[string]int) {
	sum := 0
	for reason, n := range counts {
		if reason != "rows" {
			sum += n
		}
	}
	c, _ := k.cast(address)
	if want := k.broadcast.rows(c); sum != counts["rows"] || sum != want {
		k.found.add(skipped, "%s is planned for %d rows with %d of them accounted for, and its files have %d", address, counts["rows"], sum, want)
	}
}
