package state

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A claim takes over what was not sent, and nothing else.
func TestClaimOfAPersonWhoIsThere(t *testing.T) {
	for o, taken := range map[Outcome]bool{
		Planned: false, UnderWay: false, Accepted: false, Unconfirmed: false, Refused: false,
		Unsent: true, InDoubt: false, Cancelled: true, Imported: false,
	} {
		for name, column := range map[string]string{"its own": "send", "its request's": "request"} {
			t.Run(o.String()+", "+name, func(t *testing.T) {
				s := created(t)
				st := opened(t, s)
				run := started(t, st)
				first := claimed(t, st, run, Claim{Address: address, Revision: 1, People: crowd(0, 1)})
				must(t, st.writer.alone(t.Context(), func(tx *transaction) error {
					tx.record("test", "")
					_, err := tx.exec("UPDATE "+column+" SET code = 7, outcome = ?", int(o))
					return err
				}))
				second := claimed(t, st, run, Claim{Address: address, Revision: 1, People: crowd(0, 1)})
				if got := second[0].Request != 0; got != taken {
					t.Fatalf("claimed = %t; want %t", got, taken)
				}
				if !taken {
					if diff := cmp.Diff(Claimed{Dropped: []Drop{{Outcome: o, Request: first[0].Request}}}, second[0]); diff != "" {
						t.Error(diff)
					}
					return
				}
				if second[0].ClientID == first[0].ClientID {
					t.Error("both attempts have the same climsgid")
				}
				if diff := cmp.Diff([]string{"planned"}, outcomes(t, snapshot(t, st), crowd(0, 1))); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}

func TestClaimKeepsFormerAttempts(t *testing.T) {
	s := created(t)
	st := opened(t, s)
	run := started(t, st)
	c := Claim{Address: address, Revision: 1, People: st.AppendAlias(st.AppendAlias(nil, "61491570006"), "61491570156")}
	ids := map[string]bool{}
	for range 3 {
		got := claimed(t, st, run, c)
		must(t, st.Begin(t.Context(), got[0].Request))
		must(t, st.Settle(t.Context(), got[0].Request, Settlement{Outcome: Accepted, Exceptions: []Exception{{0, Unsent, 301}}}))
		ids[got[0].ClientID] = true
		c.People = c.People[:1]
	}
	if len(ids) != 3 {
		t.Errorf("three attempts have %d climsgids", len(ids))
	}
	must(t, st.EndRun(t.Context(), run, "incomplete"))
	must(t, st.Close())
	history, err := History(t.Context(), s, address, "61491570006")
	must(t, err)
	var got []Attempt
	for _, a := range history {
		got = append(got, Attempt{Revision: a.Revision, Attempt: a.Attempt, Outcome: a.Outcome, Code: a.Code})
	}
	want := []Attempt{
		{Revision: 1, Attempt: 1, Outcome: Unsent, Code: 301},
		{Revision: 1, Attempt: 2, Outcome: Unsent, Code: 301},
		{Revision: 1, Attempt: 3, Outcome: Unsent, Code: 301},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"accepted"}, outcomes(t, read(t, s), st.AppendAlias(nil, "61491570156"))); diff != "" {
		t.Error(diff)
	}
	sound(t, s)
}

func TestClaimsAreApartByAddressAndRevision(t *testing.T) {
	st := opened(t, created(t))
	run := started(t, st)
	got := claimed(t, st, run,
		Claim{Address: address, Revision: 1, People: crowd(0, 1)},
		Claim{Address: address, Revision: 2, People: crowd(0, 1)},
		Claim{Address: "message.other", Revision: 1, People: crowd(0, 1)})
	ids := map[string]bool{}
	for i, c := range got {
		if c.Request == 0 {
			t.Errorf("claim %d got nobody", i)
		}
		if !regexp.MustCompile(`^[0-9a-v]{32}$`).MatchString(c.ClientID) {
			t.Errorf("climsgid %q", c.ClientID)
		}
		ids[c.ClientID] = true
	}
	if len(ids) != 3 {
		t.Error("climsgids are not unique")
	}
}

func TestOfTwoClaimsForAPersonTheEarlierGetsIt(t *testing.T) {
	s := created(t)
	st := opened(t, s)
	run := started(t, st)
	people := crowd(0, 6)
	slices.Reverse(people)
	got := claimed(t, st, run,
		Claim{Address: address, Revision: 1, People: people[:4]},
		Claim{Address: address, Revision: 1, People: []Person{people[3], people[4], people[0], people[4]}},
		Claim{Address: address, Revision: 1, People: people[:2]},
		Claim{Address: address, Revision: 1},
		Claim{Address: address, Revision: 1, People: people[5:]})
	var dropped [][]int
	var left []bool
	for _, c := range got {
		dropped = append(dropped, indexes(c.Dropped))
		left = append(left, c.Request != 0)
	}
	if diff := cmp.Diff([][]int{nil, {0, 2, 3}, {0, 1}, nil, nil}, dropped); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]bool{true, true, false, false, true}, left); diff != "" {
		t.Error(diff)
	}
	// What is said about people by position is about those who were left.
	must(t, st.Begin(t.Context(), got[1].Request))
	must(t, st.Settle(t.Context(), got[1].Request, Settlement{Outcome: Refused, Code: 105, IDs: make([][16]byte, 1)}))
	if diff := cmp.Diff([]string{"planned", "refused", "planned"}, outcomes(t, snapshot(t, st), people[3:])); diff != "" {
		t.Error(diff)
	}
	must(t, st.Close())
	sound(t, s)
}

func TestAFailedClaimClaimsNothing(t *testing.T) {
	s := created(t)
	st := opened(t, s)
	run := started(t, st)
	before := st.Identity()
	ctx, cancel := context.WithCancel(t.Context())
	_, err := st.Claim(ctx, run, nil, func(yield func(Claim) bool) {
		yield(Claim{Address: address, Revision: 1, People: crowd(0, 2*contextEvery)})
		go cancel()
		<-ctx.Done()
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Claim with a context that is done gave %v", err)
	}
	// Interrupted half-way, and not only before it began.
	b := bulk{run: run, keys: st.keys, wanted: map[slot][]wanted{}}
	b.add(Claim{Address: address, Revision: 1, People: crowd(0, 2*contextEvery)})
	if err := st.writer.alone(t.Context(), func(tx *transaction) error { return b.claim(ctx, tx) }); !errors.Is(err, context.Canceled) {
		t.Errorf("claim gave %v", err)
	}
	if _, err := st.Claim(t.Context(), run+1, nil, slices.Values([]Claim{{Address: address, Revision: 1, People: crowd(0, 1)}})); err == nil {
		t.Error("a run that was never started has claimed")
	}
	if got := st.Identity(); got != before {
		t.Errorf("the chain went on to %v", got)
	}
	if n := len(snapshot(t, st).Messages()); n != 0 {
		t.Errorf("%d messages; want 0", n)
	}
	if got := claimed(t, st, run, Claim{Address: address, Revision: 1, People: crowd(0, 1)}); got[0].Request == 0 {
		t.Error("the state cannot be used any more")
	}
}

func TestAnEndedRunClaimsNothing(t *testing.T) {
	st := opened(t, created(t))
	run := started(t, st)
	must(t, st.EndRun(t.Context(), run, "complete"))
	if _, err := st.Claim(t.Context(), run, nil, slices.Values([]Claim{{Address: address, Revision: 1, People: crowd(0, 1)}})); err == nil {
		t.Error("it has claimed")
	}
	if err := st.EndRun(t.Context(), run, "complete"); err == nil {
		t.Error("it has ended twice")
	}
}

// The lock is manners, the key is the guarantee: who removes the lock file lets a second holder in.
func TestThePrimaryKeyDecidesWhereTheLockWasBroken(t *testing.T) {
	s := created(t)
	a, b := opened(t, s), (*State)(nil)
	run := started(t, a)
	first := claimed(t, a, run, Claim{Address: address, Revision: 1, People: crowd(0, 3)})
	must(t, a.Begin(t.Context(), first[0].Request))
	must(t, removeFiles(s.Path+lockSuffix))

	b = opened(t, s)
	second := claimed(t, b, started(t, b), Claim{Address: address, Revision: 1, People: crowd(2, 3)})
	if diff := cmp.Diff([]int{0}, indexes(second[0].Dropped)); diff != "" {
		t.Error(diff)
	}
	third := claimed(t, a, started(t, a), Claim{Address: address, Revision: 1, People: crowd(3, 3)})
	if diff := cmp.Diff([]int{0, 1}, indexes(third[0].Dropped)); diff != "" {
		t.Error(diff)
	}
	sound(t, s)
}

func TestWhoeverIsOnTheStopListDropsOut(t *testing.T) {
	s := created(t)
	st := opened(t, s)
	run := started(t, st)
	got := claimed(t, st, run, Claim{Address: address, Revision: 1, People: crowd(0, 1)})
	must(t, st.Begin(t.Context(), got[0].Request))
	must(t, st.Settle(t.Context(), got[0].Request, Settlement{Outcome: Refused, Code: optedOut}))
	for name, c := range map[string]Claim{
		"another message":  {Address: "message.other", Revision: 1, People: crowd(0, 2)},
		"another revision": {Address: address, Revision: 2, People: crowd(0, 2)},
	} {
		t.Run(name, func(t *testing.T) {
			got := claimed(t, st, run, c)
			if diff := cmp.Diff([]Drop{{Index: 0, Stopped: true}}, got[0].Dropped); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// indexes gives the indexes of those who dropped out; nil for nobody.
func indexes(dropped []Drop) []int {
	var at []int
	for _, d := range dropped {
		at = append(at, d.Index)
	}
	return at
}
