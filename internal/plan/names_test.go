package plan

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/state"
)

// described is a message of a configuration: one text for all people.
type described struct {
	address string
	text    int // of the corpora
	people  []phone.Number
	change  func(*config.Message)
}

// corpora loads a configuration for each of texts.
func corpora(t *testing.T, texts ...string) (all []*config.Config) {
	for _, text := range texts {
		all = append(all, corpus(t, text))
	}
	return all
}

// describe gives a configuration with these messages.
func describe(base []*config.Config, all ...described) *config.Config {
	copied := *base[0]
	copied.Messages, copied.Moves, copied.Removed, copied.Imports = nil, nil, nil, nil
	for _, d := range all {
		m := addressed(base[d.text], d.people, oneText).Messages[0]
		m.Address, m.PerRecipient, m.TextSource = d.address, false, m.Audience.Table.At(0)
		if d.change != nil {
			d.change(m)
		}
		copied.Messages = append(copied.Messages, m)
	}
	return &copied
}

// apply records the plan as an apply would to which the gateway accepts everything.
func (l *ledger) apply(p *Plan) {
	l.t.Helper()
	ctx := context.Background()
	var claims []state.Claim
	for part := range p.Parts() {
		c := state.Claim{Address: p.Messages[part.Message].Address, Revision: part.Revision, Import: true}
		for _, n := range part.People {
			c.People = l.AppendAlias(c.People, n.Line().E164())
		}
		claims = append(claims, c)
	}
	for _, r := range p.Requests() {
		m := &p.Messages[r.Message]
		c := state.Claim{Address: m.Address, Revision: m.Revision, TextDigest: r.Digest(m), Anew: m.Anew()}
		for _, n := range r.People {
			c.People = l.AppendAlias(c.People, n.Line().E164())
		}
		claims = append(claims, c)
	}
	names := p.Names()
	claimed, err := l.Claim(ctx, l.run, &names, slices.Values(claims))
	if err != nil {
		l.t.Fatal(err)
	}
	for i, c := range claimed {
		if len(c.Dropped) > 0 {
			l.t.Fatal("the state holds people whom the plan would send to")
		}
		if claims[i].Import {
			continue
		}
		if err := l.Begin(ctx, c.Request); err != nil {
			l.t.Fatal(err)
		}
		if err := l.Settle(ctx, c.Request, state.Settlement{Outcome: state.Accepted}); err != nil {
			l.t.Fatal(err)
		}
	}
}

func (l *ledger) plan(c *config.Config) *Plan { return New(c, l.snapshot(), noon, "test", Options{}) }

// asked gives the summaries of a plan's problems.
func asked(p *Plan) (summaries []string) {
	for _, problem := range p.Problems() {
		summaries = append(summaries, problem.Summary)
	}
	return summaries
}

const (
	renamedOrNew = "Message renamed or new?"
	anotherText  = "Message returns with another text"
	ownLedger    = "Moved to a message with a ledger of its own"
	notThere     = "Moved to a message that is not there"
)

func revision(n int) func(*config.Message) { return func(m *config.Message) { m.Revision = n } }
func key(k string) func(*config.Message)   { return func(m *config.Message) { m.DedupeKey = k } }
func ignores(words ...string) func(*config.Message) {
	return func(m *config.Message) { m.Ignores = words }
}

func TestWhatAConfigurationMakesOfWhatTheStateKnows(t *testing.T) {
	base := corpora(t, "Hello", "Goodbye")
	three, five := people(3), people(5)
	type steps []*config.Config
	moved := func(c *config.Config, from, to string) *config.Config {
		c.Moves = append(c.Moves, config.Move{From: from, To: to})
		return c
	}
	removed := func(c *config.Config, from string) *config.Config {
		c.Removed = append(c.Removed, config.Removal{From: from})
		return c
	}
	one := func(address string, text int, people []phone.Number, change ...func(*config.Message)) *config.Config {
		d := described{address: address, text: text, people: people}
		if len(change) > 0 {
			d.change = change[0]
		}
		return describe(base, d)
	}
	two := func(a, b described) *config.Config { return describe(base, a, b) }
	en, af := `message.each["en"]`, `message.each["af"]`
	for name, tt := range map[string]struct {
		applied steps // one after the other
		planned *config.Config
		asked   []string
		says    string // in the first problem
		toSend  int
		former  int // people of the first message of those that had another
	}{
		"the same name":           {applied: steps{one("message.a", 0, three)}, planned: one("message.a", 0, five), toSend: 2},
		"another name":            {applied: steps{one("message.a", 0, three)}, planned: one("message.b", 0, five), asked: []string{renamedOrNew}, says: "moved {\n    from = message.a\n    to   = message.b\n  }", toSend: 5},
		"another name, moved":     {applied: steps{one("message.a", 0, three)}, planned: moved(one("message.b", 0, five), "message.a", "message.b"), toSend: 2},
		"another name, removed":   {applied: steps{one("message.a", 0, three)}, planned: removed(one("message.b", 0, five), "message.a"), toSend: 5},
		"removed once":            {applied: steps{one("message.a", 0, three), removed(describe(base), "message.a")}, planned: one("message.b", 0, five), toSend: 5},
		"gone, but not meant":     {applied: steps{one("message.a", 0, three), describe(base)}, planned: one("message.b", 0, five), asked: []string{renamedOrNew}, says: "3 had it", toSend: 5},
		"another name and text":   {applied: steps{one("message.a", 0, three)}, planned: one("message.b", 1, five), toSend: 5, former: 3},
		"nobody was sent the old": {applied: steps{one("message.a", 0, nil)}, planned: one("message.b", 0, five), toSend: 5},
		"both are there":          {applied: steps{one("message.a", 0, three)}, planned: two(described{address: "message.a", people: three}, described{address: "message.b", people: five}), toSend: 5},
		"other people, same text": {applied: steps{one("message.a", 0, three)}, planned: one("message.b", 0, five[3:]), asked: []string{renamedOrNew}, says: "has the text of message.a", toSend: 2},
		"never recorded, moved":   {planned: moved(one("message.b", 0, five), "message.a", "message.b"), toSend: 5},

		"a chain of moves":                     {applied: steps{one("message.a", 0, three)}, planned: moved(moved(one("message.c", 0, five), "message.a", "message.b"), "message.b", "message.c"), toSend: 2},
		"a chain from its middle":              {applied: steps{one("message.b", 0, three)}, planned: moved(moved(one("message.c", 0, five), "message.a", "message.b"), "message.b", "message.c"), toSend: 2},
		"a chain from two of its parts":        {applied: steps{two(described{address: "message.a", people: three}, described{address: "message.b", text: 1, people: three})}, planned: moved(moved(one("message.c", 0, five), "message.a", "message.b"), "message.b", "message.c"), asked: []string{ownLedger}, says: "removed {\n    from = message.b", toSend: 2},
		"a chain whose middle was sent nobody": {applied: steps{two(described{address: "message.a", people: three}, described{address: "message.b", text: 1})}, planned: moved(moved(one("message.c", 0, five), "message.a", "message.b"), "message.b", "message.c"), toSend: 2},
		"a chain whose first was sent nobody":  {applied: steps{two(described{address: "message.a"}, described{address: "message.b", text: 1, people: three})}, planned: moved(moved(one("message.c", 1, five), "message.a", "message.b"), "message.b", "message.c"), toSend: 2},
		"to one with a ledger":                 {applied: steps{two(described{address: "message.a", people: three}, described{address: "message.b", text: 1, people: three})}, planned: moved(one("message.b", 1, five), "message.a", "message.b"), asked: []string{ownLedger}, says: "removed {\n    from = message.a", toSend: 2},
		"to one that was never sent":           {applied: steps{two(described{address: "message.a", people: three}, described{address: "message.b", text: 1})}, planned: moved(one("message.b", 0, five), "message.a", "message.b"), toSend: 2},
		"to one that is not there":             {applied: steps{one("message.a", 0, three)}, planned: moved(one("message.c", 1, five), "message.a", "message.b"), asked: []string{notThere}, says: "message.b, which is not in the configuration", toSend: 5},
		"to one that is removed":               {applied: steps{one("message.a", 0, three)}, planned: removed(moved(one("message.c", 0, five), "message.a", "message.b"), "message.b"), toSend: 5},
		"a move that was made":                 {applied: steps{one("message.a", 0, three), moved(one("message.b", 0, three), "message.a", "message.b")}, planned: moved(one("message.b", 0, five), "message.a", "message.b"), toSend: 2},
		"a move that was made and gone":        {applied: steps{one("message.a", 0, three), moved(one("message.b", 0, three), "message.a", "message.b")}, planned: one("message.b", 0, five), toSend: 2},

		"another key":             {applied: steps{one(en, 0, three)}, planned: one(af, 1, five), asked: []string{renamedOrNew}, says: `has the block of message.each["en"]`, toSend: 5},
		"another key, moved":      {applied: steps{one(en, 0, three)}, planned: moved(one(af, 0, five), en, af), toSend: 2},
		"another key, removed":    {applied: steps{one(en, 0, three)}, planned: removed(one(af, 1, five), en), toSend: 5},
		"for_each added":          {applied: steps{one("message.each", 0, three)}, planned: one(en, 1, five), asked: []string{renamedOrNew}, says: "to   = " + en, toSend: 5},
		"for_each added, moved":   {applied: steps{one("message.each", 0, three)}, planned: moved(one(en, 0, five), "message.each", en), toSend: 2},
		"for_each added, removed": {applied: steps{one("message.each", 0, three)}, planned: removed(one(en, 1, five), "message.each"), toSend: 5},
		"for_each added, moved, parted": {applied: steps{one("message.each", 0, three)},
			planned: moved(two(described{address: en, people: three[:1]}, described{address: af, text: 1, people: five[1:]}), "message.each", en), toSend: 4, former: 2},
		"for_each added, moved, parted, one key": {applied: steps{one("message.each", 0, three)},
			planned: moved(two(described{address: en, people: three[:1], change: key("k")}, described{address: af, text: 1, people: five[1:], change: key("k")}), "message.each", en), toSend: 2},
		"for_each added and moved before": {applied: steps{one("message.each", 0, three), moved(one(en, 0, three), "message.each", en)},
			planned: moved(two(described{address: en, people: three}, described{address: af, text: 1, people: five}), "message.each", en), toSend: 5},
		"for_each taken away":        {applied: steps{one(en, 0, three)}, planned: one("message.each", 1, five), asked: []string{renamedOrNew}, says: "from = " + en, toSend: 5},
		"for_each taken away, moved": {applied: steps{one(en, 0, three)}, planned: moved(one("message.each", 0, five), en, "message.each"), toSend: 2},
		"a whole block renamed": {
			applied: steps{two(described{address: en, people: three}, described{address: af, text: 1, people: three})},
			planned: two(described{address: `message.x["en"]`, people: five}, described{address: `message.x["af"]`, text: 1, people: five}),
			asked:   []string{renamedOrNew}, says: "moved {\n    from = message.each\n    to   = message.x\n  }", toSend: 10,
		},
		"a whole block moved": {
			applied: steps{two(described{address: en, people: three}, described{address: af, text: 1, people: three})},
			planned: moved(two(described{address: `message.x["en"]`, people: five}, described{address: `message.x["af"]`, text: 1, people: five}), "message.each", "message.x"),
			toSend:  4,
		},

		"back with the same text":            {applied: steps{one("message.a", 0, three), describe(base)}, planned: one("message.a", 0, five), toSend: 2},
		"back with another text":             {applied: steps{one("message.a", 0, three), describe(base)}, planned: one("message.a", 1, five), asked: []string{anotherText}, says: "revision = 2", toSend: 2},
		"back with another text, removed":    {applied: steps{one("message.a", 0, three), removed(describe(base), "message.a")}, planned: one("message.a", 1, five), asked: []string{anotherText}, toSend: 2},
		"back with a raised revision":        {applied: steps{one("message.a", 0, three), describe(base)}, planned: one("message.a", 1, five, revision(2)), toSend: 5},
		"back, and the text does not matter": {applied: steps{one("message.a", 0, three), describe(base)}, planned: one("message.a", 1, five, ignores(config.IgnoreText)), toSend: 2},
		"back to other people":               {applied: steps{one("message.a", 0, three), describe(base)}, planned: one("message.a", 1, five[3:]), toSend: 2},
		"never gone, with another text":      {applied: steps{one("message.a", 0, three)}, planned: one("message.a", 1, five), toSend: 2},
		"back after two revisions": {applied: steps{one("message.a", 0, three, revision(2)), one("message.a", 0, three), describe(base)},
			planned: one("message.a", 1, five), asked: []string{anotherText}, says: "revision = 3", toSend: 2},

		"a key of their own":                 {applied: steps{one("message.a", 0, three, key("k"))}, planned: one("message.b", 0, five, key("k")), toSend: 2},
		"another key of the ledger":          {applied: steps{one("message.a", 0, three, key("k"))}, planned: one("message.a", 0, five, key("l")), toSend: 2},
		"no key any more":                    {applied: steps{one("message.a", 0, three, key("k"))}, planned: one("message.a", 0, five), toSend: 2},
		"a key for the first time":           {applied: steps{one("message.a", 0, three)}, planned: one("message.a", 0, five, key("k")), toSend: 2},
		"a key at another revision":          {applied: steps{one("message.a", 0, three, key("k"))}, planned: one("message.a", 0, five, func(m *config.Message) { m.DedupeKey, m.Revision = "k", 2 }), toSend: 5},
		"a former key, by way of two others": {applied: steps{one("message.a", 0, three, key("k")), one("message.a", 0, three, key("l"))}, planned: one("message.c", 0, five, key("k")), toSend: 2},
		"two that get one key": {applied: steps{two(described{address: "message.a", people: five[:2]}, described{address: "message.b", text: 1, people: five[2:4]})},
			planned: two(described{address: "message.a", people: five, change: key("k")}, described{address: "message.b", text: 1, people: five, change: key("k")}), toSend: 1},
		"joined, and then parted": {applied: steps{
			two(described{address: "message.a", people: five[:2]}, described{address: "message.b", text: 1, people: five[2:4]}),
			two(described{address: "message.a", people: five[:2], change: key("k")}, described{address: "message.b", text: 1, people: five[2:4], change: key("k")}),
		}, planned: two(described{address: "message.a", people: five}, described{address: "message.b", text: 1, people: five}), toSend: 1},

		"frozen":                  {applied: steps{one("message.a", 0, three, ignores(config.IgnoreRecipients))}, planned: one("message.a", 0, five, ignores(config.IgnoreRecipients))},
		"frozen from now on":      {applied: steps{one("message.a", 0, three)}, planned: one("message.a", 0, five, ignores(config.IgnoreRecipients))},
		"frozen, and sent anew":   {applied: steps{one("message.a", 0, three)}, planned: one("message.a", 0, five, func(m *config.Message) { m.Ignores, m.Revision = []string{config.IgnoreRecipients}, 2 }), toSend: 3},
		"frozen no more":          {applied: steps{one("message.a", 0, three, ignores(config.IgnoreRecipients))}, planned: one("message.a", 0, five), toSend: 2},
		"to be frozen":            {planned: one("message.a", 0, five, ignores(config.IgnoreRecipients)), toSend: 5},
		"to be frozen, moved":     {applied: steps{one("message.a", 0, three)}, planned: moved(one("message.b", 0, five, ignores(config.IgnoreRecipients)), "message.a", "message.b")},
		"to be frozen beside one": {applied: steps{one("message.a", 0, three, key("k"))}, planned: one("message.b", 0, five, func(m *config.Message) { m.Ignores, m.DedupeKey = []string{config.IgnoreRecipients}, "k" }), toSend: 2},
	} {
		t.Run(name, func(t *testing.T) {
			l := openLedger(t, t.TempDir())
			defer l.Close()
			for _, c := range tt.applied {
				l.apply(l.plan(c))
			}
			p := l.plan(tt.planned)
			if d := gocmp.Diff(tt.asked, asked(p)); d != "" {
				t.Fatalf("problems %s\n%+v", d, p.Problems())
			}
			if tt.asked != nil && !strings.Contains(p.Problems()[0].Detail, tt.says) {
				t.Errorf("it says\n%s\nand not\n%s", p.Problems()[0].Detail, tt.says)
			}
			if got := p.Totals().ToSend; got != tt.toSend {
				t.Errorf("%d to send, want %d", got, tt.toSend)
			}
			var former int
			for _, m := range p.Messages {
				rows := m.ToSend
				for _, h := range m.Held {
					rows += h.Count
				}
				if rows != m.Rows {
					t.Errorf("%s has %d rows, of which %d have an end", m.Address, m.Rows, rows)
				}
				for _, f := range m.Former {
					former += f.People
				}
			}
			if former != tt.former || (former > 0) != (len(p.Warnings) > 0 && strings.Contains(p.Warnings[0].Summary, "to send to had")) {
				t.Errorf("%d had another, want %d; warnings %+v", former, tt.former, p.Warnings)
			}
		})
	}
}

func TestWithinAPlanAPersonGetsTheFirstMessageOfAKey(t *testing.T) {
	base := corpora(t, "Hello", "Goodbye")
	all := people(5)
	c := describe(base,
		described{address: "message.c", people: all, change: key("k")},
		described{address: "message.a", people: all[:2], change: key("k")},
		described{address: "message.b", people: all[1:3], change: key("k")},
		described{address: "message.d", people: all, change: func(m *config.Message) { m.DedupeKey, m.Revision = "k", 2 }},
		described{address: "message.e", people: all, change: key("l")},
	)
	// The same with a state and without one.
	l := openLedger(t, t.TempDir())
	defer l.Close()
	for _, past := range []*state.Snapshot{nil, l.snapshot()} {
		p := New(c, past, noon, "test", Options{})
		var toSend []int
		var held [][]Held
		for _, m := range p.Messages {
			toSend = append(toSend, m.ToSend)
			held = append(held, m.Held)
		}
		if d := gocmp.Diff([]int{2, 1, 2, 5, 5}, toSend); d != "" {
			t.Error(d)
		}
		want := [][]Held{{}, {{Duplicate, 1, "message.a of the same ledger"}}, {{Duplicate, 3, "message.a, message.b of the same ledger"}}, {}, {}}
		if d := gocmp.Diff(want, held); d != "" {
			t.Error(d)
		}
	}
}

// Whoever is held for the first of them is free for the next.
func TestAMessageThatIsLateTakesNobodyFromTheNextOfItsKey(t *testing.T) {
	c := describe(corpora(t, "Hello"),
		described{address: "message.a", people: people(2), change: func(m *config.Message) {
			m.DedupeKey, m.DeliverAt, m.DeliverAtSource = "k", noon.Add(-48*time.Hour), "2026-02-28T12:00:00Z"
		}},
		described{address: "message.b", people: people(2), change: key("k")},
	)
	p := New(c, nil, noon, "test", Options{})
	if d := gocmp.Diff(map[string]int{TooLate: 2}, p.Totals().ByReason); d != "" || p.Messages[1].ToSend != 2 {
		t.Errorf("%d to send, %s", p.Messages[1].ToSend, d)
	}
}

func TestAChangedTextIsThatOfTheMessagesOwnSends(t *testing.T) {
	base := corpora(t, "Hello", "Goodbye")
	l := openLedger(t, t.TempDir())
	defer l.Close()
	all := people(4)
	both := func(a, b int) *config.Config {
		return describe(base, described{address: "message.a", text: a, people: all[:2], change: key("k")},
			described{address: "message.b", text: b, people: all, change: key("k")})
	}
	l.apply(l.plan(both(0, 1)))
	for name, tt := range map[string]struct {
		c    *config.Config
		want []int
	}{
		"as it was":       {both(0, 1), []int{0, 0}},
		"the first's":     {both(1, 1), []int{2, 0}},
		"the second's":    {both(0, 0), []int{0, 2}},
		"does not matter": {describe(base, described{address: "message.a", text: 1, people: all, change: ignores(config.IgnoreText)}), []int{0}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []int
			for _, m := range l.plan(tt.c).Messages {
				got = append(got, m.TextChanged)
			}
			if d := gocmp.Diff(tt.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

// Whoever had two messages before their ledgers became one counts for the text of each.
func TestAChangedTextCountsThoseWhoHadAnotherMessageOfTheLedgerToo(t *testing.T) {
	base := corpora(t, "Hello", "Goodbye", "Welcome")
	l := openLedger(t, t.TempDir())
	defer l.Close()
	all := people(3)
	both := func(a, b int, k string) *config.Config {
		return describe(base, described{address: "message.a", text: a, people: all, change: key(k)}, described{address: "message.b", text: b, people: all, change: key(k)})
	}
	l.apply(l.plan(both(0, 1, "")))
	for range 2 { // as the ledgers become one, and then
		for texts, want := range map[[2]int][]int{{0, 1}: {0, 0}, {2, 1}: {3, 0}, {0, 2}: {0, 3}, {2, 2}: {3, 3}} {
			var got []int
			for _, m := range l.plan(both(texts[0], texts[1], "k")).Messages {
				got = append(got, m.TextChanged)
			}
			if d := gocmp.Diff(want, got); d != "" {
				t.Errorf("texts %v: %s", texts, d)
			}
		}
		l.apply(l.plan(both(0, 1, "k")))
	}
}

func TestAPlanThatOnlyMovesIsNotEmpty(t *testing.T) {
	base := corpora(t, "Hello")
	l := openLedger(t, t.TempDir())
	defer l.Close()
	l.apply(l.plan(describe(base, described{address: "message.a", people: people(2)})))
	c := describe(base, described{address: "message.b", people: people(2)})
	c.Moves = []config.Move{{From: "message.a", To: "message.b"}}
	p := l.plan(c)
	if m := p.Messages[0]; p.Empty() || m.Action != Move || m.MovedFrom != "message.a" {
		t.Errorf("empty %v, %s, moved from %q", p.Empty(), m.Action, m.MovedFrom)
	}
	again := must(read(written(t, p)))
	if d := gocmp.Diff(p.Names(), again.Names()); d != "" {
		t.Error("read again:", d)
	}
	l.apply(again)
	if after := l.plan(c); !after.Empty() || after.ID == p.ID {
		t.Errorf("after it the plan is empty: %v", after.Empty())
	}
}

func TestOtherPhoneMetadataIsSaidWithWhatItMayHaveChanged(t *testing.T) {
	base := corpus(t, "Hello")
	line := must(phone.FromE164("525500000000"))
	forms := phone.Equivalents(line)
	former := forms[0]
	if former == line.Line() {
		former = forms[1]
	}
	dir := t.TempDir()
	l := openLedger(t, dir)
	defer l.Close()
	l.settle(state.Accepted, 0, "Hello", former, fiction(0))
	past := l.snapshot()
	c := addressed(base, []phone.Number{line, fiction(0), fiction(1)}, oneText)
	if p := New(c, past, noon, "test", Options{}); p.Messages[0].Renumbered != nil {
		t.Errorf("with the same metadata: %+v", p.Messages[0].Renumbered)
	}
	past.PhoneMetadata = "0.0.1"
	p := New(c, past, noon, "test", Options{})
	if d := gocmp.Diff(&Renumbered{Before: "0.0.1", Found: 1, Unfamiliar: 1}, p.Messages[0].Renumbered); d != "" {
		t.Error(d)
	}
	if len(p.Warnings) != 1 || !strings.Contains(p.Warnings[0].Detail, "0.0.1") {
		t.Errorf("warnings %+v", p.Warnings)
	}
	c.Messages[0].Address = "message.never_sent"
	if p := New(c, past, noon, "test", Options{}); p.Messages[0].Renumbered != nil {
		t.Error("a message that was never sent has people who became new")
	}
}

// A send in doubt in a ledger that was joined cannot be taken over: new ones do not go there.
func TestOnlyDoubtsOfTheLedgerThatNewSendsJoinAreSentAnew(t *testing.T) {
	base := corpora(t, "Hello")
	l := openLedger(t, t.TempDir())
	defer l.Close()
	l.apply(l.plan(describe(base, described{address: "message.m"}, described{address: "message.z"})))
	l.settle(state.InDoubt, 0, "Hello", fiction(0)) // of message.m
	ctx := context.Background()
	claims := []state.Claim{{Address: "message.z", Revision: 1, TextDigest: textDigest("Hello"), People: l.AppendAlias(nil, fiction(1).E164())}}
	claimed := must(l.Claim(ctx, l.run, nil, slices.Values(claims)))
	if err := l.live(ctx, claimed[0].Request, sends{outcome: state.InDoubt, people: people(1)}); err != nil {
		t.Fatal(err)
	}
	alarm := func(m *config.Message) { m.DedupeKey, m.OnDoubt = "k", config.Resend }
	c := describe(base, described{address: "message.m", people: people(3), change: alarm}, described{address: "message.z", people: people(3), change: alarm})
	p := l.plan(c)
	want := map[string]int{InDoubt: 2, Duplicate: 2} // fiction(1) is in doubt in both, the others are message.m's
	if d := gocmp.Diff(want, p.Totals().ByReason); d != "" {
		t.Error(d)
	}
	if m, z := p.Messages[0], p.Messages[1]; m.ToSend != 2 || m.Again != 1 || z.ToSend != 0 || z.Again != 0 {
		t.Errorf("message.m: %d to send, %d again; message.z: %d, %d", m.ToSend, m.Again, z.ToSend, z.Again)
	}
	l.apply(p)
}

func TestAnOptOutIsFoundUnderEveryFormOfTheLine(t *testing.T) {
	forms := phone.Equivalents(must(phone.FromE164("525500000000")))
	c := corpus(t, "Hello")
	for _, stopped := range forms {
		l := openLedger(t, t.TempDir())
		l.settle(state.Refused, 122, "Hello", stopped)
		past := l.snapshot()
		l.Close()
		for _, asked := range forms {
			p := New(addressed(c, []phone.Number{asked}, oneText), past, noon, "test", Options{})
			if d := gocmp.Diff(map[string]int{OptedOut: 1}, p.Totals().ByReason); d != "" {
				t.Error(d)
			}
		}
	}
}

func TestThroughAnotherAccountNobodyIsSentAMessageAgain(t *testing.T) {
	c := addressed(corpus(t, "Hello"), people(3), oneText)
	l := openLedger(t, t.TempDir())
	defer l.Close()
	l.apply(l.plan(c))
	c.Gateway.Kind, c.Gateway.Endpoint, c.Gateway.APIID = "clickatell", "https://gateway.example/soap", "2"
	if p := l.plan(c); !p.Empty() || p.Totals().AlreadySent != 3 {
		t.Errorf("%+v", p.Totals())
	}
}
