package plan

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/phone"
)

var historySeed = flag.Uint64("seed", 1, "begin the campaigns with seed `N`")

// chronicle says who was sent what as semantics.md says it: which message an address is, which of them share a ledger, and
// who has had them.
type chronicle struct {
	souls  int            // messages that there have been
	called map[string]int // soul by address
	keyed  map[string]int // soul by dedupe key
	joined map[int]int    // soul: another one that shares its ledger
	had    map[phone.Number][]had
	names  map[string]int // number of an address, which stays when it moves
	sent   map[int]bool   // somebody was sent to under this number
}

type had struct{ soul, revision int }

func (w *chronicle) ledger(soul int) int {
	for {
		next, ok := w.joined[soul]
		if !ok {
			return soul
		}
		soul = next
	}
}

func (w *chronicle) join(a, b int) {
	if a, b = w.ledger(a), w.ledger(b); a != b {
		w.joined[a] = b
	}
}

// takeSome learns of a configuration of which some messages are applied, and gives the chronicle as it would be had all of them been: by
// that their ledgers are told apart. Of the others it learns that they share the ledger of one that is applied.
func (w *chronicle) takeSome(c *config.Config, chosen map[string]bool) (whole *chronicle) {
	all := *w
	all.called, all.keyed, all.joined, all.names = maps.Clone(w.called), maps.Clone(w.keyed), maps.Clone(w.joined), maps.Clone(w.names)
	whole = &all
	known := map[string]int{} // of the messages of the configuration, those that there were before
	for from, soul := range w.called {
		if to, _ := c.Follow(from); !c.MeansGone(from) {
			known[to] = soul
		}
	}
	for _, m := range c.Messages {
		if soul, ok := w.called[m.Address]; ok {
			known[m.Address] = soul
		}
	}
	whole.take(c)
	w.souls = whole.souls
	applied := map[int]bool{}
	for _, m := range c.Messages {
		if !chosen[m.Address] {
			continue
		}
		soul := whole.called[m.Address]
		applied[whole.ledger(soul)] = true
		maps.DeleteFunc(w.called, func(address string, other int) bool { return other == soul && address != m.Address })
		w.called[m.Address], w.names[m.Address] = soul, whole.names[m.Address]
	}
	for _, m := range c.Messages {
		soul, was := known[m.Address]
		if m.DedupeKey == "" || !chosen[m.Address] && !(was && applied[whole.ledger(whole.called[m.Address])]) {
			continue
		}
		if chosen[m.Address] {
			soul = w.called[m.Address]
		}
		if other, ok := w.keyed[m.DedupeKey]; ok {
			w.join(soul, other)
		} else {
			w.keyed[m.DedupeKey] = soul
		}
	}
	return whole
}

// take learns of a configuration that is applied.
func (w *chronicle) take(c *config.Config) {
	present := map[string]bool{}
	for _, m := range c.Messages {
		present[m.Address] = true
	}
	for from, soul := range maps.Clone(w.called) {
		if to, _ := c.Follow(from); to != from && !present[from] && present[to] && !c.MeansGone(from) {
			w.called[to], w.names[to] = soul, w.names[from]
			delete(w.called, from)
			delete(w.names, from)
		}
	}
	for _, m := range c.Messages {
		if _, ok := w.called[m.Address]; !ok {
			w.souls++
			w.called[m.Address], w.names[m.Address] = w.souls, w.souls
		}
	}
	for _, m := range c.Messages {
		soul := w.called[m.Address]
		if m.DedupeKey == "" {
			continue
		}
		if other, ok := w.keyed[m.DedupeKey]; ok {
			w.join(soul, other)
		} else {
			w.keyed[m.DedupeKey] = soul
		}
	}
}

func (w *chronicle) has(n phone.Number, is func(had) bool) bool {
	return slices.ContainsFunc(w.had[n], is)
}

// send gives whom each of the chosen messages is sent to and imported to, and remembers it. whole tells which ledgers are one.
func (w *chronicle) send(c *config.Config, whole *chronicle, chosen map[string]bool) (to, arrived map[string][]phone.Number) {
	to, arrived = map[string][]phone.Number{}, map[string][]phone.Number{}
	shielded := map[phone.Number][]had{}
	was, before := maps.Clone(w.sent), maps.Clone(w.had) // an audience is frozen by what was sent before, not in this plan
	for _, i := range c.Imports {
		ledger := whole.ledger(whole.called[i.To])
		for _, n := range i.Numbers {
			if w.has(n, func(h had) bool { return whole.ledger(h.soul) == ledger && h.revision == i.Revision }) {
				continue
			}
			if there := (had{ledger, i.Revision}); !chosen[i.To] || slices.Contains(shielded[n], there) {
				shielded[n] = append(shielded[n], there)
				continue
			}
			arrived[i.To] = append(arrived[i.To], n)
			w.had[n] = append(w.had[n], had{w.called[i.To], i.Revision})
			w.sent[w.names[i.To]] = true
		}
	}
	for _, m := range sorted(c) {
		if !chosen[m.Address] {
			continue
		}
		ledger := whole.ledger(whole.called[m.Address])
		frozen := slices.Contains(m.Ignores, config.IgnoreRecipients) && was[w.names[m.Address]]
		for _, n := range m.Audience.Numbers {
			mine := func(h had) bool { return whole.ledger(h.soul) == ledger }
			switch {
			case slices.Contains(shielded[n], had{ledger, m.Revision}):
			case w.has(n, func(h had) bool { return mine(h) && h.revision == m.Revision }):
			case frozen && !slices.ContainsFunc(before[n], mine):
			default:
				to[m.Address] = append(to[m.Address], n)
				w.had[n] = append(w.had[n], had{w.called[m.Address], m.Revision})
				w.sent[w.names[m.Address]] = true
			}
		}
	}
	return to, arrived
}

var (
	movedExample   = regexp.MustCompile(`(?m)moved \{\n    from = (.*)\n    to   = (.*)$`)
	removedExample = regexp.MustCompile(`(?m)removed \{\n    from = (.*)$`)
)

// settleProblems changes the configuration as its problems say, in one way or the other.
func settleProblems(t *rapid.T, c *config.Config, p *Plan) {
	for _, problem := range p.Problems() {
		switch problem.Summary {
		case renamedOrNew:
			if m := movedExample.FindStringSubmatch(problem.Detail); m != nil && rapid.Bool().Draw(t, "same") &&
				!slices.ContainsFunc(c.Moves, func(o config.Move) bool { return o.From == m[1] || o.To == m[2] }) {
				c.Moves = append(c.Moves, config.Move{From: m[1], To: m[2]})
				continue
			}
			for _, m := range removedExample.FindAllStringSubmatch(problem.Detail, -1) {
				c.Removed = append(c.Removed, config.Removal{From: m[1]})
			}
		case ownLedger, notThere:
			c.Moves = nil
		case anotherText:
			for _, m := range c.Messages {
				m.Revision += 10
			}
		}
	}
}

// Whatever becomes of a configuration, with a gateway that takes everything, nobody gets a message at one revision twice, nobody who
// is meant to get it is left out, and every row has one end.
func TestWhateverBecomesOfNamesNobodyGetsAMessageTwice(t *testing.T) {
	base := corpora(t, "A", "B", "C")
	addresses := []string{"message.a", "message.b", "message.c", `message.a["x"]`, `message.a["y"]`, `message.d["x"]`}
	applied, refused, histories := 0, 0, 0
	var again, left int // people in the history that failed last
	if err := flag.Set("rapid.seed", strconv.FormatUint(*historySeed, 10)); err != nil {
		t.Fatal(err)
	}
	defer func() {
		fmt.Printf("campaign: R9 | histories of names, revisions, dedupe keys and audiences | %s histories, %s plans applied | seed %d | %d sent twice, 0 lost, %d skipped silently\n",
			config.Count(histories), config.Count(applied), *historySeed, again, left)
	}()
	rapid.Check(t, func(t *rapid.T) {
		histories++
		dir := must(os.MkdirTemp("", "plan"))
		defer os.RemoveAll(dir)
		l := openLedger(t, dir)
		defer l.Close()
		w := &chronicle{called: map[string]int{}, keyed: map[string]int{}, joined: map[int]int{}, had: map[phone.Number][]had{}, names: map[string]int{}, sent: map[int]bool{}}
		current := map[string]described{}
		for range rapid.IntRange(2, 12).Draw(t, "steps") {
			var moves []config.Move
			for range rapid.IntRange(1, 4).Draw(t, "changes") {
				changed(t, current, &moves, addresses)
			}
			c := describe(base, slices.Collect(maps.Values(current))...)
			c.Moves = moves
			importing(t, c)
			p := l.plan(c)
			for range 6 {
				if len(p.Problems()) == 0 {
					break
				}
				settleProblems(t, c, p)
				p = l.plan(c)
			}
			if len(p.Problems()) > 0 {
				refused++
				continue
			}
			applied++
			var selection Selection
			for _, m := range sorted(c) {
				if some := rapid.IntRange(0, 8).Draw(t, "selected"); some == 0 {
					selection.Targets = append(selection.Targets, m.Address)
				}
			}
			if selection.Partial() {
				p = l.only(c, selection)
			}
			chosen := selection.choose(c)
			whole := w.takeSome(c, chosen)
			want, arrived := w.send(c, whole, chosen)
			for i := range p.Messages {
				m := &p.Messages[i]
				got, should := ordered(m.people), ordered(want[m.Address])
				if !slices.Equal(got, should) {
					again, left = beyond(got, should), beyond(should, got)
					t.Fatalf("%s would be sent to %d people, and should be to %d:\n%+v\nheld %v", m.Address, len(got), len(should), c.Messages[0], m.Held)
				}
				var came []phone.Number
				for _, a := range m.Imports {
					came = append(came, a.people...)
				}
				if !slices.Equal(ordered(came), ordered(arrived[m.Address])) {
					t.Fatalf("%s would be imported to %d people, and should be to %d", m.Address, len(came), len(arrived[m.Address]))
				}
				rows := m.ToSend
				for _, h := range m.Held {
					rows += h.Count
				}
				if rows != m.Rows {
					t.Fatalf("%s has %d rows, of which %d have an end", m.Address, m.Rows, rows)
				}
			}
			l.apply(must(read(written(t, p))))
			for _, m := range c.Messages { // what settled the problems stays written
				d := current[m.Address]
				d.change = func(n *config.Message) { n.Revision, n.DedupeKey, n.Ignores = m.Revision, m.DedupeKey, m.Ignores }
				current[m.Address] = d
			}
		}
	})
	if refused > applied/4 {
		t.Errorf("%d of %d configurations could not be settled", refused, applied+refused)
	}
}

func ordered(people []phone.Number) []phone.Number {
	return slices.SortedFunc(slices.Values(people), phone.Number.Compare)
}

// importing gives some messages of a configuration import blocks.
func importing(t *rapid.T, c *config.Config) {
	c.Imports = nil
	for _, m := range sorted(c) {
		if rapid.IntRange(0, 3).Draw(t, "imports") > 0 {
			continue
		}
		i := config.Import{To: m.Address, Revision: rapid.IntRange(max(1, m.Revision-1), m.Revision).Draw(t, "imported revision")}
		for k := range 8 {
			if rapid.IntRange(0, 3).Draw(t, fmt.Sprint("imported ", k)) == 0 {
				i.Numbers = append(i.Numbers, fiction(k))
			}
		}
		i.Tally.Rows = len(i.Numbers)
		c.Imports = append(c.Imports, i)
	}
}

// beyond gives how many of people are not among others.
func beyond(people, others []phone.Number) int {
	n := 0
	for _, one := range people {
		if !slices.Contains(others, one) {
			n++
		}
	}
	return n
}

// changed makes one change to a configuration.
func changed(t *rapid.T, current map[string]described, moves *[]config.Move, addresses []string) {
	address := rapid.SampledFrom(addresses).Draw(t, "address")
	d, there := current[address]
	if !there {
		d = described{address: address, people: people(4)}
	}
	m := config.Message{Revision: 1}
	if d.change != nil {
		d.change(&m)
	}
	switch change := rapid.SampledFrom([]string{"people", "text", "revision", "key", "key", "key", "drop", "rename", "ignore"}).Draw(t, "change"); change {
	case "people":
		d.people = nil
		for i := range 6 {
			if rapid.Bool().Draw(t, fmt.Sprint("person ", i)) {
				d.people = append(d.people, fiction(i))
			}
		}
	case "text":
		d.text = rapid.IntRange(0, 2).Draw(t, "text")
	case "revision":
		m.Revision++
	case "key":
		m.DedupeKey = rapid.SampledFrom([]string{"", "k", "k", "l"}).Draw(t, "key")
	case "ignore":
		m.Ignores = nil
		for _, word := range []string{config.IgnoreRecipients, config.IgnoreText} {
			if rapid.Bool().Draw(t, word) {
				m.Ignores = append(m.Ignores, word)
			}
		}
	case "drop":
		delete(current, address)
		return
	case "rename":
		to := rapid.SampledFrom(addresses).Draw(t, "to")
		if _, taken := current[to]; taken || !there {
			return
		}
		delete(current, address)
		d.address = to
		if rapid.Bool().Draw(t, "moved") && !slices.ContainsFunc(*moves, func(m config.Move) bool {
			return m.From == address || m.To == to || m.From == to || m.To == address
		}) {
			*moves = append(*moves, config.Move{From: address, To: to})
		}
	}
	d.change = func(n *config.Message) { n.Revision, n.DedupeKey, n.Ignores = m.Revision, m.DedupeKey, m.Ignores }
	current[d.address] = d
}
