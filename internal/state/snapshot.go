package state

import (
	"bytes"
	"crypto/sha256"
	"maps"
	"slices"
	"strings"
	"time"
)

// Snapshot is the state at one moment, as planning needs it. Safe for concurrent readers. The zero Snapshot is an empty
// state.
type Snapshot struct {
	Identity
	Kind          Kind
	Epoch         int64
	PhoneMetadata string // that the last run worked with

	keys      *keyring // nil for an empty state, where nobody is found
	stopped   []Person // sorted
	ledgers   map[ledgerSlot][]*Ledger
	revisions map[MessageID][]int // sorted
	addresses map[string]Recorded
	deduped   map[string]MessageID // by dedupe key
}

// Recorded is an address that the state knows.
type Recorded struct {
	Address   string
	Message   MessageID
	FirstSeen time.Time
	Text      *[32]byte // digest of the text as it was written when the address was last applied; nil where no apply has said
	Absent    time.Time // of the first apply since then whose configuration did not have it; zero where the last one did
	Removed   bool      // an apply since then said that this was meant
}

// AppendAlias appends what a number in E.164 digits is under each key, as [State.AppendAlias] does.
func (s *Snapshot) AppendAlias(dst Alias, e164 []byte) Alias {
	if s.keys == nil {
		sum := sha256.Sum256(e164)
		return append(dst, Person(sum[:16]))
	}
	return appendAlias(dst, s.keys, e164)
}

// Stopped reports whether the stop list has a number.
func (s *Snapshot) Stopped(a Alias) bool {
	return slices.ContainsFunc(a, func(p Person) bool {
		_, found := slices.BinarySearchFunc(s.stopped, p, comparePeople)
		return found
	})
}

// Stops reports whether anybody is on the stop list.
func (s *Snapshot) Stops() bool { return len(s.stopped) > 0 }

// Addresses lists the addresses that the state knows, sorted.
func (s *Snapshot) Addresses() []Recorded {
	return slices.SortedFunc(maps.Values(s.addresses), func(x, y Recorded) int { return strings.Compare(x.Address, y.Address) })
}

// Deduped gives the message that has a dedupe key; 0 for none.
func (s *Snapshot) Deduped(key string) MessageID { return s.deduped[key] }

// Revisions lists the revisions at which a message has sends, sorted.
func (s *Snapshot) Revisions(m MessageID) []int { return s.revisions[m] }

// Ledgers gives the sends of a message at a revision: first those that new ones join, then those of messages whose ledgers
// became part of it.
func (s *Snapshot) Ledgers(m MessageID, revision int) []*Ledger {
	return s.ledgers[ledgerSlot{m, revision}]
}

// Open gives the one of [Snapshot.Ledgers] that new sends join; nil where it has none yet. A nil Ledger finds nobody.
func (s *Snapshot) Open(m MessageID, revision int) *Ledger {
	for _, l := range s.Ledgers(m, revision) {
		if l.message == m {
			return l
		}
	}
	return nil
}

// Ledger gives the sends of the message that has this address, at a revision: the first of its [Snapshot.Ledgers]. nil where
// there are none; a nil Ledger finds nobody.
func (s *Snapshot) Ledger(address string, revision int) *Ledger {
	all := s.Ledgers(s.addresses[address].Message, revision)
	if len(all) == 0 {
		return nil
	}
	return all[0]
}

// Summary of a message at a revision, for `state list`: the sends under one address.
type Summary struct {
	Address   string
	Revision  int
	FirstSeen time.Time
	Key       string // id of the key that its people are known under
	Counts    map[Outcome]int
	Guessed   int // of those in doubt: the state was recovered since, and the climsgids of their requests are guesses
	Tally         // of those accepted; [Inspect] alone fills it
}

// Messages lists what the state knows, by address and revision. Each send counts under the address that it was claimed
// for, also where several addresses share a ledger.
func (s *Snapshot) Messages() []Summary {
	found := map[slot]*Summary{}
	count := func(at slot, l *Ledger, o Outcome, n int) {
		if found[at] == nil {
			found[at] = &Summary{at.address, at.revision, s.addresses[at.address].FirstSeen, keyID(l.keyCheck), map[Outcome]int{}, 0, Tally{}}
		}
		found[at].Counts[o] += n
	}
	for at, ledgers := range s.ledgers {
		for _, l := range ledgers {
			counts := make([][len(outcomeWords)]int, len(l.shared.addresses))
			guessed := make([]int, len(l.shared.addresses))
			for i, o := range l.outcomes {
				if int(o) >= len(outcomeWords) { // of a damaged state
					count(slot{l.address(i), at.revision}, l, o, 1)
					continue
				}
				q := l.shared.requests[l.requests[i]]
				counts[q.address][o]++
				if o == InDoubt && q.guessed {
					guessed[q.address]++
				}
			}
			for name, n := range guessed {
				if n > 0 {
					at := slot{l.shared.addresses[name], at.revision}
					count(at, l, InDoubt, 0)
					found[at].Guessed += n
				}
			}
			for name, byOutcome := range counts {
				for o, n := range byOutcome {
					if n > 0 {
						count(slot{l.shared.addresses[name], at.revision}, l, Outcome(o), n)
					}
				}
			}
		}
	}
	var all []Summary
	for _, at := range slices.SortedFunc(maps.Keys(found), slot.compare) {
		all = append(all, *found[at])
	}
	return all
}

// Ledger holds the sends of a message at one revision: columns side by side, sorted by person.
type Ledger struct {
	message  MessageID
	revision int
	key      int // of the snapshot's keys
	keyCheck []byte
	people   []Person
	places   whereabouts // of people
	outcomes []Outcome
	codes    []uint16
	requests []uint32 // numbers of requests in shared
	shared   *requestTable
	doubts   map[Person]asked // of those in doubt, or refused after a doubt

	statuses  []uint8        // the gateway's; nil where nothing was scheduled
	withdrawn map[Person]Why // of those cancelled
}

// asked is what the gateway was asked about the requests that may have reached a person in doubt.
type asked struct {
	answers int // least number, of any of them, that did not know it
	tried   int // number of them
	since   time.Time
}

// Send is one person's.
type Send struct {
	Outcome Outcome
	Code    int
	Text    [32]byte  // digest of the text that the request carried; zero where that was forgotten
	Address string    // that it was claimed for, by its name today
	Answers int       // in doubt: how often the gateway did not know the request, as [State.Unknown] counts
	Since   time.Time // in doubt: the intent. Of several requests that may have reached the person, the least and the last
	Tried   int       // in doubt: the number of those requests; refused: of earlier ones that may have reached the person
	Attempt int       // at the request: the highest of its people
}

// Find gives the send to a number, and whether there is one.
func (l *Ledger) Find(a Alias) (Send, bool) {
	if l == nil {
		return Send{}, false
	}
	i, found := l.places.find(l.people, a[l.key])
	if !found {
		return Send{}, false
	}
	return l.send(i), true
}

func (l *Ledger) send(i int) Send {
	q := &l.shared.requests[l.requests[i]]
	doubt := l.doubts[l.people[i]]
	return Send{l.outcomes[i], int(l.codes[i]), l.shared.digests[q.text], l.shared.addresses[q.address], doubt.answers, doubt.since, doubt.tried, int(q.attempt)}
}

func (l *Ledger) address(i int) string {
	return l.shared.addresses[l.shared.requests[l.requests[i]].address]
}

// Any reports whether is holds for one of the sends that were claimed for the address. It ends with the first.
func (l *Ledger) Any(address string, is func(Send) bool) bool {
	for i := range l.people {
		if l.address(i) == address && is(l.send(i)) {
			return true
		}
	}
	return false
}

// Counts gives the number of sends by outcome.
func (l *Ledger) Counts() map[Outcome]int {
	counts := map[Outcome]int{}
	if l == nil {
		return counts
	}
	for _, o := range l.outcomes {
		counts[o]++
	}
	return counts
}

func comparePeople(x, y Person) int { return bytes.Compare(x[:], y[:]) }
