package plan

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/state"
)

// twin plans a message as semantics.md says it, without a thought for speed.
type twin struct {
	batch    int
	texts    []string
	numbers  []phone.Number
	textOf   []int
	outcomes map[phone.Number]state.Outcome
	stopped  map[phone.Number]bool
}

func (w *twin) reason(n phone.Number) string {
	o, known := w.outcomes[n]
	switch {
	case known && o == state.Accepted:
		return AlreadySent
	case w.stopped[n]:
		return OptedOut
	case known && o == state.Refused:
		return Refused
	case known && o == state.InDoubt:
		return InDoubt
	case known && o == state.Unconfirmed:
		return Unconfirmed
	case known && (o == state.Planned || o == state.UnderWay):
		return UnderWay
	}
	return ""
}

func (w *twin) requests() []string {
	region := func(n phone.Number) string {
		r, _ := n.Locate()
		return r.String()
	}
	rank := func(n phone.Number) string { return region(n) + " " + n.E164() }
	var all [][]phone.Number
	said := map[phone.Number]string{}
	for t, text := range w.texts {
		var with []phone.Number
		for i, n := range w.numbers {
			if w.textOf[i] == t && w.reason(n) == "" {
				with = append(with, n)
				said[n] = text
			}
		}
		slices.SortFunc(with, func(a, b phone.Number) int { return strings.Compare(rank(a), rank(b)) })
		for len(with) > 0 {
			k := min(w.batch, len(with))
			all = append(all, with[:k])
			with = with[k:]
		}
	}
	slices.SortFunc(all, func(a, b []phone.Number) int { return strings.Compare(rank(a[0]), rank(b[0])) })
	var list []string
	for _, r := range all {
		s := fmt.Sprintf("0 %q", said[r[0]])
		for _, n := range r {
			s += " " + n.E164()
		}
		list = append(list, s)
	}
	return list
}

func (w *twin) held() map[string]int {
	counts := map[string]int{}
	for _, n := range w.numbers {
		if r := w.reason(n); r != "" {
			counts[r]++
		}
	}
	return counts
}

func (w *twin) config(c *config.Config) *config.Config {
	c = addressed(c, w.numbers, func(i int) int { return w.textOf[i] })
	c.Gateway.BatchSize = w.batch
	return c
}

// changed counts those sent to with sayings[0] who would get another text now.
func (w *twin) changed() int {
	n := 0
	for i, number := range w.numbers {
		if w.outcomes[number] == state.Accepted && w.textOf[i] != 0 {
			n++
		}
	}
	return n
}

// draw draws an audience, and records outcomes for some of it in a ledger.
func draw(t *rapid.T, l *ledger, outcomes ...outcome) *twin {
	w := &twin{
		texts: sayings, batch: rapid.IntRange(1, 20).Draw(t, "batch"),
		outcomes: map[phone.Number]state.Outcome{}, stopped: map[phone.Number]bool{},
	}
	n := rapid.IntRange(0, 120).Draw(t, "people")
	recorded := map[outcome][]phone.Number{}
	for _, number := range rapid.Permutation(people(fictions)[:300]).Draw(t, "order")[:n] {
		w.numbers = append(w.numbers, number)
		w.textOf = append(w.textOf, rapid.IntRange(0, len(sayings)-1).Draw(t, "text"))
		if len(outcomes) == 0 || rapid.IntRange(0, 3).Draw(t, "new") == 0 {
			continue
		}
		o := rapid.SampledFrom(outcomes).Draw(t, "outcome")
		recorded[o] = append(recorded[o], number)
		w.outcomes[number], w.stopped[number] = o.word, o.code == 122
	}
	var all []sends
	for o, numbers := range recorded {
		all = append(all, sends{o.word, o.code, sayings[0], numbers})
	}
	if len(all) > 0 {
		l.record(all...)
	}
	return w
}

type outcome struct {
	word state.Outcome
	code int
}

var allOutcomes = []outcome{
	{state.Planned, 0}, {state.UnderWay, 0}, {state.Accepted, 0}, {state.Unconfirmed, 0}, {state.Refused, 105},
	{state.Refused, 114}, {state.Refused, 122}, {state.Unsent, 0}, {state.InDoubt, 0},
}

var sayings = []string{"A", "Żółw", strings.Repeat("x", 161), "B\nC", "{"}

func TestAPlanIsThatOfItsNaiveTwin(t *testing.T) {
	base := corpus(t, sayings...)
	rapid.Check(t, func(t *rapid.T) {
		dir := must(os.MkdirTemp("", "plan"))
		defer os.RemoveAll(dir)
		l := openLedger(t, dir)
		defer l.Close()
		w := draw(t, l, allOutcomes...)
		c := w.config(base)
		past := l.snapshot()
		p := New(c, past, noon, "test", Options{})

		if d := gocmp.Diff(shape(p), w.requests()); d != "" {
			t.Fatal("requests:", d)
		}
		m := &p.Messages[0]
		held := map[string]int{}
		sum := m.ToSend
		for _, h := range m.Held {
			held[h.Reason] += h.Count
			sum += h.Count
		}
		if d := gocmp.Diff(held, w.held()); d != "" {
			t.Fatal("held:", d)
		}
		if sum != m.Rows || m.Rows != len(w.numbers) {
			t.Fatalf("%d rows, of which %d to send or held", m.Rows, sum)
		}
		if m.TextChanged != w.changed() {
			t.Fatalf("text changed since %d sends, want %d", m.TextChanged, w.changed())
		}
		for i, r := range p.Requests() {
			if len(r.People) < 1 || len(r.People) > w.batch {
				t.Fatalf("request %d has %d people", i, len(r.People))
			}
		}

		b := written(t, p)
		again, err := read(b)
		if err != nil {
			t.Fatal(err)
		}
		if d := gocmp.Diff(shape(again), shape(p)); d != "" {
			t.Fatal("read again:", d)
		}
		if !bytes.Equal(written(t, New(c, past, noon, "test", Options{})), b) {
			t.Fatal("equal input gave other bytes")
		}
	})
}

func TestAPlanIsTheSameOnAnyNumberOfCores(t *testing.T) {
	c := crowd(corpus(t, numbered(50)...), 5*chunkSize+1)
	all := c.Messages[0].Audience.Numbers
	l := openLedger(t, t.TempDir())
	defer l.Close()
	l.settle(state.Accepted, 0, "Text 1", all[:9000]...)
	l.settle(state.Refused, 114, "Text 1", all[9000:17000]...)
	l.settle(state.Refused, 105, "Text 1", all[17000:18000]...)
	past := l.snapshot()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	var want []byte
	for _, cores := range []int{1, 2, 7} {
		runtime.GOMAXPROCS(cores)
		got := written(t, New(c, past, noon, "test", Options{}))
		if want != nil && !bytes.Equal(got, want) {
			t.Errorf("%d cores make another plan", cores)
		}
		want = got
	}
	p := must(read(want))
	held := []Held{{AlreadySent, 9000, ""}, {Refused, 9000, "code 114 (8,000), 105 (1,000)"}}
	if d := gocmp.Diff(p.Messages[0].Held, held); d != "" {
		t.Error(d)
	}
}

func TestWhatWasSentIsNotPlannedAgain(t *testing.T) {
	base := corpus(t, sayings...)
	rapid.Check(t, func(t *rapid.T) {
		dir := must(os.MkdirTemp("", "plan"))
		defer os.RemoveAll(dir)
		l := openLedger(t, dir)
		defer l.Close()
		w := draw(t, l)
		c := w.config(base)
		l.settleAll(New(c, l.snapshot(), noon, "test", Options{}))
		p := New(c, l.snapshot(), noon, "test", Options{})
		if !p.Empty() || p.Totals().AlreadySent != len(w.numbers) || p.Messages[0].TextChanged != 0 {
			t.Fatalf("%+v of %d, %d changed", p.Totals(), len(w.numbers), p.Messages[0].TextChanged)
		}
	})
}
