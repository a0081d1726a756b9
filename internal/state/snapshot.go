package state

import (
	"bytes"
	"crypto/sha256"
	"slices"
	"sort"
	"time"
)

// Snapshot is the state at one moment, as planning needs it. Safe for concurrent readers. The zero Snapshot is an empty
// state.
type Snapshot struct {
	Identity
	Kind          Kind
	Epoch         int64
	PhoneMetadata string // that the last run worked with

	keys    *keyring // nil for an empty state, where nobody is found
	stopped []Person // sorted
	ledgers map[slot]*Ledger
	seen    map[string]time.Time // by address
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

// Ledger gives the sends of the message that has this address, at a revision. nil where there are none; a nil Ledger
// finds nobody.
func (s *Snapshot) Ledger(address string, revision int) *Ledger {
	return s.ledgers[slot{address, revision}]
}

// Summary of a message at a revision, for `state list`.
type Summary struct {
	Address   string
	Revision  int
	FirstSeen time.Time
	Key       string // id of the key that its people are known under
	Counts    map[Outcome]int
}

// Messages lists what the state knows, by address and revision.
func (s *Snapshot) Messages() []Summary {
	var all []Summary
	for at, l := range s.ledgers {
		all = append(all, Summary{at.address, at.revision, s.seen[at.address], keyID(l.keyCheck), l.Counts()})
	}
	sort.Slice(all, func(i, j int) bool {
		if all[i].Address != all[j].Address {
			return all[i].Address < all[j].Address
		}
		return all[i].Revision < all[j].Revision
	})
	return all
}

// Ledger holds the sends of a message at one revision: columns side by side, sorted by person.
type Ledger struct {
	key      int // of the snapshot's keys
	keyCheck []byte
	people   []Person
	outcomes []Outcome
	codes    []uint16
	texts    []uint32 // indexes in digests
	digests  [][32]byte
}

// Send is one person's.
type Send struct {
	Outcome Outcome
	Code    int
	Text    [32]byte // digest of the text that the request carried
}

// Find gives the send to a number, and whether there is one.
func (l *Ledger) Find(a Alias) (Send, bool) {
	if l == nil {
		return Send{}, false
	}
	i, found := slices.BinarySearchFunc(l.people, a[l.key], comparePeople)
	if !found {
		return Send{}, false
	}
	return Send{l.outcomes[i], int(l.codes[i]), l.digests[l.texts[i]]}, true
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
