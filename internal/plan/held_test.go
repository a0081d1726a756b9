package plan

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smsplan/smsplan/internal/state"
)

// tooEarlyFor gives a plan that holds n people.
func tooEarlyFor(t *testing.T, n int) *Plan {
	c := crowd(corpus(t, "Hello"), n)
	c.Messages[0].DeliverAt = noon.Add(30 * 24 * time.Hour)
	c.Messages[0].DeliverAtSource = c.Messages[0].DeliverAt.Format(time.RFC3339)
	return New(c, nil, noon, "test", Options{})
}

func TestHeldRowsAreListedAndKept(t *testing.T) {
	p := tooEarlyFor(t, 2500)
	saved := written(t, p)
	q, err := read(saved)
	if err != nil {
		t.Fatal(err)
	}
	got, want := slices.Collect(q.Messages[0].ListedRows()), slices.Collect(p.Messages[0].ListedRows())
	if len(got) != 2500 || !slices.Equal(got, want) {
		t.Fatalf("%d rows are listed, %d of them before", len(got), len(want))
	}
	if got[0].Reason != TooEarly || got[0].Number.IsZero() || !strings.Contains(got[0].Detail, "7 days ahead") {
		t.Errorf("the first is %+v", got[0])
	}
	if each := float64(len(saved)) / 2500; each > 14 {
		t.Errorf("%.1f bytes a row", each)
	}
}

func TestPeopleWhoAreNotHeldAreNotListed(t *testing.T) {
	base := corpus(t, "Hello")
	c := crowd(base, 30)
	l := openLedger(t, t.TempDir())
	defer l.Close()
	l.settle(state.Accepted, 0, "Hello", c.Messages[0].Audience.Numbers[:10]...)
	l.settle(state.Refused, 114, "Hello", c.Messages[0].Audience.Numbers[10:13]...)
	p := New(c, l.snapshot(), noon, "test", Options{})
	rows := slices.Collect(p.Messages[0].ListedRows())
	if len(rows) != 3 || rows[0].Reason != Refused || rows[0].Detail != "code 114 (3)" {
		t.Errorf("listed: %+v", rows)
	}
}

func TestHeldRowsThatDoNotAddUpAreDamage(t *testing.T) {
	whole := written(t, tooEarlyFor(t, 3))
	for want, edit := range map[string][2]string{
		"the rows that are too early are not those that it counts": {`"reason":"too early"`, `"reason":"too late"`},
		"held.jsonl line 1 lists no held rows":                     {`"reason":"too early"`, `"reason":"filtered"`},
		"held.jsonl line 1: not the 7 to 15 digits":                {`"to":["`, `"to":["0`},
	} {
		if _, err := read(edited(t, whole, heldFile, edit[0], edit[1])); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
