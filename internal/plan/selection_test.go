package plan

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/state"
)

// only plans some messages of a configuration.
func (l *ledger) only(c *config.Config, s Selection) *Plan {
	return New(c, l.snapshot(), noon, "test", Options{Selection: s})
}

func TestASelectionIsTheMessagesThatItNamesAndWhatTheyNeed(t *testing.T) {
	base := corpora(t, "A", "B", "C", "D")
	needs := func(others ...string) func(*config.Message) {
		return func(m *config.Message) { m.DependsOn = others }
	}
	c := describe(base,
		described{address: `message.a["x"]`, people: people(1)},
		described{address: `message.a["y"]`, text: 1, people: people(1), change: needs("message.b")},
		described{address: "message.b", text: 2, people: people(1), change: needs("message.c")},
		described{address: "message.c", text: 3, people: people(1)})
	for name, tt := range map[string]struct {
		selection Selection
		want      []string
	}{
		"an instance":                  {Selection{Targets: []string{`message.a["x"]`}}, []string{`message.a["x"]`}},
		"a block":                      {Selection{Targets: []string{"message.a"}}, []string{`message.a["x"]`, `message.a["y"]`, "message.b", "message.c"}},
		"what it depends on":           {Selection{Targets: []string{"message.b"}}, []string{"message.b", "message.c"}},
		"not what depends on it":       {Selection{Targets: []string{"message.c"}}, []string{"message.c"}},
		"all but one":                  {Selection{Excludes: []string{`message.a["x"]`}}, []string{`message.a["y"]`, "message.b", "message.c"}},
		"nothing that depends on one":  {Selection{Excludes: []string{"message.c"}}, []string{`message.a["x"]`}},
		"nobody but those that remain": {Selection{Excludes: []string{"message.a", "message.b", "message.c"}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			p := New(c, nil, noon, "test", Options{Selection: tt.selection})
			var got []string
			for _, m := range p.Messages {
				got = append(got, m.Address)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("it is about %q, want %q", got, tt.want)
			}
			if len(p.LeftOut)+len(p.Messages) != len(c.Messages) || !slices.ContainsFunc(p.Warnings, Warning.Partial) {
				t.Errorf("left out: %v; warnings %v", p.LeftOut, p.Warnings)
			}
			again := must(read(written(t, p)))
			if again.ID != p.ID || !slices.Equal(again.Beside(), p.Beside()) || !slices.Equal(again.Selection.Flags(), tt.selection.Flags()) {
				t.Errorf("it is kept as %+v, which leaves out %v", again.Selection, again.LeftOut)
			}
		})
	}
}

func TestAddressesAreReadAsAShellLeavesThem(t *testing.T) {
	base := corpora(t, "A", "B")
	l := openLedger(t, t.TempDir())
	defer l.Close()
	l.apply(l.plan(describe(base, described{address: "message.gone", people: people(1)}, described{address: "message.old", text: 1, people: people(1)})))
	c := describe(base,
		described{address: `message.a["x"]`, people: people(1)},
		described{address: `message.a["y z"]`, people: people(1)},
		described{address: "message.new", people: people(1)})
	c.Moves = []config.Move{{From: "message.old", To: "message.new"}}
	for typed, want := range map[string]string{
		"message.a":                    "message.a",
		`message.a["x"]`:               `message.a["x"]`,
		"message.a[x]":                 `message.a["x"]`,
		" message.a[y z] ":             `message.a["y z"]`,
		"message.new":                  "message.new",
		"message.gone":                 "message.gone",
		"message.old":                  "message.old is message.new now",
		"a":                            "Did you mean message.a?",
		"message.nwe":                  "Did you mean message.new?",
		"message.a[quite another key]": `There are message.a["x"], message.a["y z"]`,
		"recipients.a":                 "there is no message recipients.a",
		"message.a[":                   "there is no message message.a[",
		"":                             "there is no message",
	} {
		s, err := NewSelection(c, l.snapshot(), []string{typed}, nil)
		if got := strings.Join(s.Targets, " "); err == nil && got != want || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %q, %v; want %q", typed, got, err, want)
		}
	}
	if _, err := NewSelection(c, nil, []string{"message.new"}, []string{"message.a"}); err == nil {
		t.Error("targets and excludes are taken together")
	}
}

// Nobody gets two messages of one ledger because they were planned one at a time, whatever the state had heard of their key.
func TestMessagesOfAKeyAreOneLedgerWhicheverOfThemIsPlanned(t *testing.T) {
	base := corpora(t, "A", "B")
	l := openLedger(t, t.TempDir())
	defer l.Close()
	l.apply(l.plan(describe(base, described{address: "message.a", people: people(2)})))
	c := describe(base,
		described{address: "message.a", people: people(4), change: key("k")},
		described{address: "message.b", text: 1, people: people(3), change: key("k")})
	p := l.only(c, Selection{Targets: []string{"message.b"}})
	if m := p.Messages[0]; len(p.Messages) != 1 || m.ToSend != 1 || m.Held[0].Reason != AlreadySent {
		t.Fatalf("%d to send, held %v; want 1 beside those who had message.a", m.ToSend, m.Held)
	}
	l.apply(must(read(written(t, p))))
	// Once the key is forgotten, the ledger is one all the same.
	c = describe(base,
		described{address: "message.a", people: people(4)},
		described{address: "message.b", text: 1, people: people(3)})
	if p := l.plan(c); p.Messages[0].ToSend != 1 || p.Messages[1].ToSend != 0 {
		t.Errorf("message.a is sent to %d, message.b to %d; want 1 and 0", p.Messages[0].ToSend, p.Messages[1].ToSend)
	}
}

// An apply of some messages says nothing of the others that the configuration has: none of them is absent, or moved, or known with
// another text. What the configuration does not have is gone.
func TestNothingIsRecordedOfMessagesThatAreLeftOut(t *testing.T) {
	base := corpora(t, "A", "B", "C", "D")
	l := openLedger(t, t.TempDir())
	defer l.Close()
	l.apply(l.plan(describe(base,
		described{address: "message.a", people: people(1)},
		described{address: "message.b", text: 1, people: people(1)},
		described{address: "message.c", text: 2, people: people(1)},
		described{address: "message.d", text: 3, people: people(1)})))
	before := l.snapshot().Addresses()
	c := describe(base,
		described{address: "message.a", people: people(2)},
		described{address: "message.b", text: 3, people: people(2)},
		described{address: "message.e", text: 2, people: people(1)})
	c.Moves = []config.Move{{From: "message.c", To: "message.e"}}
	c.Removed = []config.Removal{{From: "message.d"}}
	l.apply(must(read(written(t, l.only(c, Selection{Targets: []string{"message.a"}})))))
	after := l.snapshot().Addresses()
	if len(before) != len(after) {
		t.Fatalf("the state knows %v, and knew %v", after, before)
	}
	for i := range after {
		a, b := after[i], before[i]
		gone := b.Address == "message.d"
		if a.Address != b.Address || *a.Text != *b.Text || a.Absent.IsZero() == gone || a.Removed != gone {
			t.Errorf("%s: it was %+v and is %+v", a.Address, b, a)
		}
	}
	l.apply(l.plan(c))
	if got := l.snapshot().Addresses(); len(got) != 4 || got[2].Address != "message.d" || !got[2].Removed || got[3].Address != "message.e" {
		t.Errorf("then the whole plan made %v of it", got)
	}
}

// What looks renamed is asked about, whichever messages are planned and however the other one vanished.
func TestARenamedMessageIsAskedAboutWhateverIsSelected(t *testing.T) {
	base := corpora(t, "A", "B")
	l := openLedger(t, t.TempDir())
	defer l.Close()
	l.apply(l.plan(describe(base, described{address: "message.a", people: people(1)}, described{address: "message.b", text: 1, people: people(1)})))
	c := describe(base, described{address: "message.a", people: people(1)}, described{address: "message.n", text: 1, people: people(1)})
	for _, address := range []string{"message.a", "message.n"} {
		p := l.only(c, Selection{Targets: []string{address}})
		if got := asked(p); !slices.Equal(got, []string{renamedOrNew}) {
			t.Errorf("-target=%s: problems %q", address, got)
		}
		if len(p.Problems()) == 0 {
			l.apply(p)
		}
	}
}

// Whom another tool has sent a message of the ledger is not sent one, though the import is left out of the plan.
func TestAnImportThatIsLeftOutHoldsItsPeople(t *testing.T) {
	base := corpora(t, "A", "B")
	c := describe(base,
		described{address: "message.a", people: people(1), change: key("k")},
		described{address: "message.b", text: 1, people: people(3), change: key("k")})
	c.Imports = []config.Import{{To: "message.a", Revision: 1, Numbers: people(1), Tally: config.Tally{Rows: 1}}}
	p := New(c, nil, noon, "test", Options{Selection: Selection{Targets: []string{"message.b"}}})
	if m := p.Messages[0]; m.ToSend != 2 || m.ToImport() != 0 || m.Held[0].Reason != Imported {
		t.Errorf("%d to send, %d to import, held %v; want 2, 0 and one imported", m.ToSend, m.ToImport(), m.Held)
	}
}

// A plan of some messages withdraws what the gateway holds of them, also of those whose block is gone, and nothing else.
func TestASelectionWithdrawsNothingOfOtherMessages(t *testing.T) {
	base := corpora(t, "A", "B")
	l := openLedger(t, t.TempDir())
	defer l.Close()
	at := noon.Add(48 * time.Hour)
	var claims []state.Claim
	for _, address := range []string{"message.a", "message.gone"} {
		for _, n := range people(2) {
			claims = append(claims, state.Claim{Address: address, Revision: 1, DeliverAt: at, TextDigest: textDigest("A"), People: l.AppendAlias(nil, n.Line().E164())})
		}
	}
	for _, c := range must(l.Claim(t.Context(), l.run, nil, slices.Values(claims))) {
		if err := l.Begin(t.Context(), c.Request); err != nil {
			t.Fatal(err)
		}
		if err := l.Settle(t.Context(), c.Request, state.Settlement{Outcome: state.Accepted}); err != nil {
			t.Fatal(err)
		}
	}
	c := describe(base, described{address: "message.a", people: people(1), change: func(m *config.Message) { m.DeliverAt = at }},
		described{address: "message.b", text: 1})
	for name, tt := range map[string]struct {
		selection Selection
		want      []string
	}{
		"all":                     {Selection{}, []string{"message.a", "message.gone"}},
		"one":                     {Selection{Targets: []string{"message.a"}}, []string{"message.a"}},
		"one whose block is gone": {Selection{Targets: []string{"message.gone"}}, []string{"message.gone"}},
		"another":                 {Selection{Targets: []string{"message.b"}}, nil},
		"all but one":             {Selection{Excludes: []string{"message.a"}}, []string{"message.gone"}},
		"all but the one gone":    {Selection{Excludes: []string{"message.gone"}}, []string{"message.a"}},
	} {
		var got []string
		for _, w := range l.only(c, tt.selection).Withdrawals {
			got = append(got, w.Address)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: it withdraws of %q, want %q", name, got, tt.want)
		}
	}
}

// Who has approved what a plan sends has approved that, whatever else was left out.
func TestASelectionChangesThePlanIDWhereItChangesWhatIsSent(t *testing.T) {
	base := corpora(t, "A", "B")
	l := openLedger(t, t.TempDir())
	defer l.Close()
	l.apply(l.plan(describe(base, described{address: "message.a", people: people(1)})))
	c := describe(base, described{address: "message.a", people: people(1)}, described{address: "message.b", text: 1, people: people(1)})
	whole := l.plan(c).ID
	if one := l.only(c, Selection{Targets: []string{"message.b"}}).ID; one != whole {
		t.Errorf("%s sends the same as %s", one, whole)
	}
	if none := l.only(c, Selection{Excludes: []string{"message.b"}}).ID; none == whole {
		t.Errorf("%s sends nothing", none)
	}
}
