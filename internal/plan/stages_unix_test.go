//go:build unix

package plan

import (
	"crypto/hmac"
	"crypto/sha256"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/stage"
	"github.com/smsplan/smsplan/internal/state"
)

// stagePeople is how many people the stages of planning are measured with.
const stagePeople = 50_000

// scattered gives a configuration with that many people in no order.
func scattered(b *testing.B) *config.Config {
	c := crowd(corpus(b, numbered(250)...), stagePeople)
	a := &c.Messages[0].Audience
	rand.New(rand.NewPCG(1, 1)).Shuffle(stagePeople, func(i, j int) {
		a.Numbers[i], a.Numbers[j] = a.Numbers[j], a.Numbers[i]
		a.Regions[i], a.Regions[j] = a.Regions[j], a.Regions[i]
		a.Texts[i], a.Texts[j] = a.Texts[j], a.Texts[i]
	})
	return c
}

// BenchmarkCut orders people and cuts requests; the limit orders their numbers alone.
func BenchmarkCut(b *testing.B) {
	a := &scattered(b).Messages[0].Audience
	everybody := make([]verdict, stagePeople)
	stage.Against(b, stagePeople, "person", func() {
		var m Message
		m.cut(a, everybody, nil, 300)
	}, map[string]func(){"sorting-the-numbers": func() {
		packed := make([]uint64, stagePeople)
		for i, n := range a.Numbers {
			packed[i] = n.Packed()
		}
		slices.Sort(packed)
	}})
}

// BenchmarkCompare looks up people in a state that has them all; the limit has the digests of their keyed hashes in a map.
func BenchmarkCompare(b *testing.B) {
	c := scattered(b)
	people := c.Messages[0].Audience.Numbers
	l := openLedger(b, b.TempDir())
	defer l.Close()
	l.settle(state.Accepted, 0, "Hello", people...)
	past := l.snapshot()
	r := newRegister(c, past)
	sent := make(map[[sha256.Size]byte]bool, len(people))
	pseudonym := func(n phone.Number) (p [sha256.Size]byte) {
		var digits [15]byte
		h := hmac.New(sha256.New, []byte("key"))
		h.Write(n.AppendE164(digits[:0]))
		h.Sum(p[:0])
		return p
	}
	for _, n := range people {
		sent[pseudonym(n)] = true
	}
	stage.Against(b, stagePeople, "person", func() {
		if found := r.lookUp(c.Messages[0], toSend, noon, nil); found.counts[alreadySent] != len(people) {
			b.Fatalf("%d people of %d are found", found.counts[alreadySent], len(people))
		}
	}, map[string]func(){"a-map-of-hashes": func() {
		for _, n := range people {
			if !sent[pseudonym(n)] {
				b.Fatal("somebody is not found")
			}
		}
	}})
}

// BenchmarkIdentify derives the ID of a plan; the limit hashes its texts and numbers as they are.
func BenchmarkIdentify(b *testing.B) {
	p := New(scattered(b), nil, noon, "bench", Options{})
	var said []byte
	for _, r := range p.Requests() {
		said = append(append(said, r.Text...), make([]byte, 8*len(r.People))...)
	}
	stage.Against(b, stagePeople, "person", func() { p.identify() }, map[string]func(){"SHA-256": func() { sha256.Sum256(said) }})
}
