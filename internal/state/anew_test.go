package state

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// probe is how a message with on_doubt = "probe" has its doubts taken over.
var probe = Anew{Allowed: true, Answers: 5, Settle: 15 * time.Minute}

// doubted records a request to people that ends in doubt.
func doubtful(t *testing.T, st *State, run RunID, a Anew, people ...Person) Claimed {
	t.Helper()
	got := claimed(t, st, run, Claim{Address: address, Revision: 1, People: people, Anew: a})[0]
	must(t, st.Begin(t.Context(), got.Request))
	must(t, st.Settle(t.Context(), got.Request, Settlement{Outcome: InDoubt}))
	return got
}

// takes claims a person, and reports whether that succeeded.
func takes(t *testing.T, st *State, run RunID, a Anew, p Person) bool {
	t.Helper()
	return claimed(t, st, run, Claim{Address: address, Revision: 1, People: []Person{p}, Anew: a})[0].Request != 0
}

func TestASendInDoubtIsTakenOverWhereItsMessageAllowsIt(t *testing.T) {
	// asking asks so many times, with a pause before each.
	asking := func(times int, pause time.Duration) func(*testing.T, *State, RequestID) {
		return func(t *testing.T, st *State, r RequestID) {
			for range times {
				time.Sleep(pause)
				must(t, st.Unknown(t.Context(), r))
			}
		}
	}
	for name, tt := range map[string]struct {
		before func(*testing.T, *State, RequestID)
		anew   Anew
		want   bool
	}{
		"held":                                     {asking(10, time.Hour), Anew{}, false},
		"sent anew at once":                        {asking(0, 0), Anew{Allowed: true}, true},
		"never asked":                              {asking(0, 0), probe, false},
		"asked five times over settle":             {asking(5, 3*time.Minute), probe, true},
		"asked four times over settle":             {asking(4, time.Hour), probe, false},
		"asked five times, and not for long":       {asking(5, 179*time.Second), probe, false},
		"asked a thousand times, and not for long": {asking(1000, 890*time.Millisecond), probe, false},
		"asked a thousand times in a few seconds": {func(t *testing.T, st *State, r RequestID) {
			time.Sleep(time.Hour)
			asking(1000, 19*time.Millisecond)(t, st, r)
		}, probe, false},
		"asked by many restarts, a second apart": {asking(901, time.Second), probe, true},
		"asked when the gateway has forgotten": {func(t *testing.T, st *State, r RequestID) {
			time.Sleep(Memory)
			asking(10, time.Hour)(t, st, r)
		}, probe, false},
		"time alone": {asking(1, 5*24*time.Hour), probe, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := created(t)
				st := opened(t, s)
				run := started(t, st)
				p := crowd(0, 1)[0]
				q := doubtful(t, st, run, Anew{}, p)
				tt.before(t, st, q.Request)
				if got := takes(t, st, run, tt.anew, p); got != tt.want {
					t.Errorf("taken over: %v, want %v", got, tt.want)
				}
				must(t, st.Close())
				sound(t, s)
			})
		})
	}
}

// The stored clock and count hold over restarts.
func TestRestartsNeitherStarveNorHastenAProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := created(t)
		st := opened(t, s)
		p := crowd(0, 1)[0]
		q := doubtful(t, st, started(t, st), Anew{}, p)
		for restart := 1; ; restart++ {
			must(t, st.Close())
			time.Sleep(90 * time.Second)
			st = opened(t, s)
			must(t, st.Unknown(t.Context(), q.Request))
			if took := takes(t, st, started(t, st), probe, p); took != (restart == 10) {
				t.Fatalf("taken over at restart %d: %v; want it at the tenth", restart, took)
			} else if took {
				break
			}
		}
	})
}

// What a new request proves ends the doubt; what it does not leaves it.
func TestADoubtOutlastsARequestThatWasNotSent(t *testing.T) {
	type act = func(t *testing.T, st *State, run RunID, r RequestID)
	begun := func(o Settlement) act {
		return func(t *testing.T, st *State, _ RunID, r RequestID) {
			must(t, st.Begin(t.Context(), r))
			must(t, st.Settle(t.Context(), r, o))
		}
	}
	for name, tt := range map[string]struct {
		act  act
		want []string
	}{
		"claimed":             {func(*testing.T, *State, RunID, RequestID) {}, []string{"in doubt", "planned"}},
		"begun":               {func(t *testing.T, st *State, _ RunID, r RequestID) { must(t, st.Begin(t.Context(), r)) }, []string{"in doubt", "under way"}},
		"accepted":            {begun(Settlement{Outcome: Accepted}), []string{"accepted", "accepted"}},
		"refused":             {begun(Settlement{Outcome: Refused, Code: 114}), []string{"refused", "refused"}},
		"unsent":              {begun(Settlement{Outcome: Unsent}), []string{"in doubt", "unsent"}},
		"unsent among others": {begun(Settlement{Outcome: Accepted, Exceptions: []Exception{{0, Unsent, 301}}}), []string{"in doubt", "accepted"}},
		"unsent, the other":   {begun(Settlement{Outcome: Accepted, Exceptions: []Exception{{1, Unsent, 301}}}), []string{"accepted", "unsent"}},
		"refused by itself":   {begun(Settlement{Outcome: Unsent, Exceptions: []Exception{{0, Refused, 105}}}), []string{"refused", "unsent"}},
		"in doubt":            {begun(Settlement{Outcome: InDoubt}), []string{"in doubt", "in doubt"}},
		"the run ends before": {func(t *testing.T, st *State, run RunID, _ RequestID) {
			must(t, st.EndRun(t.Context(), run, "incomplete"))
		}, []string{"in doubt", "unsent"}},
		"the run ends after": {func(t *testing.T, st *State, run RunID, r RequestID) {
			must(t, st.Begin(t.Context(), r))
			must(t, st.EndRun(t.Context(), run, "incomplete"))
		}, []string{"in doubt", "in doubt"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := created(t)
				st := opened(t, s)
				run := started(t, st)
				people := crowd(0, 2)
				first := doubtful(t, st, run, Anew{}, people[0])
				second := claimed(t, st, run, Claim{Address: address, Revision: 1, People: people, Anew: Anew{Allowed: true}})[0]
				if diff := cmp.Diff([]int{0}, second.Anew); diff != "" || second.ClientID == first.ClientID {
					t.Fatalf("claim %+v after %+v", second, first)
				}
				tt.act(t, st, run, second.Request)
				if diff := cmp.Diff(tt.want, outcomes(t, snapshot(t, st), people)); diff != "" {
					t.Error(diff)
				}
				must(t, st.Close())
				sound(t, s)
			})
		})
	}
}

// Both requests may have reached the person: either ends the doubt, for that person and no other.
func TestTheGatewayIsAskedAboutEveryRequestThatMayHaveReachedAPerson(t *testing.T) {
	for name, tt := range map[string]struct {
		second Settlement // of the request to the first two of three people, of whom one was in doubt before
		ask    []bool     // whether there is something to ask about the first request, and about the second
		found  int        // the request that the gateway knows
		want   []string
	}{
		"the first, of two in doubt":       {Settlement{Outcome: InDoubt}, []bool{true, true}, 0, []string{"unconfirmed", "in doubt", "unconfirmed"}},
		"the second, of two in doubt":      {Settlement{Outcome: InDoubt}, []bool{true, true}, 1, []string{"unconfirmed", "unconfirmed", "in doubt"}},
		"the first, the second was unsent": {Settlement{Outcome: Unsent}, []bool{true, false}, 0, []string{"unconfirmed", "unsent", "unconfirmed"}},
		"the second, unsent to who was in doubt": {Settlement{Outcome: Accepted, Exceptions: []Exception{{0, Unsent, 301}, {1, InDoubt, 0}}}, []bool{true, true}, 1,
			[]string{"in doubt", "unconfirmed", "in doubt"}},
		"the first, the second accepted": {Settlement{Outcome: Accepted}, []bool{true}, 0, []string{"accepted", "accepted", "unconfirmed"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := created(t)
				st := opened(t, s)
				run := started(t, st)
				people := crowd(0, 3)
				requests := []RequestID{doubtful(t, st, run, Anew{}, people[0], people[2]).Request}
				time.Sleep(time.Second)
				second := claimed(t, st, run, Claim{Address: address, Revision: 1, People: people[:2], Anew: Anew{Allowed: true}})[0]
				requests = append(requests, second.Request)
				must(t, st.Begin(t.Context(), second.Request))
				must(t, st.Settle(t.Context(), second.Request, tt.second))

				doubts, err := st.Doubts(t.Context())
				must(t, err)
				var ask []bool
				inDoubt := 0
				for _, d := range doubts {
					ask = append(ask, !d.Idle)
					inDoubt += d.InDoubt
				}
				if diff := cmp.Diff(tt.ask, ask); diff != "" {
					t.Errorf("what there is to ask about (-want +got):\n%s%+v", diff, doubts)
				}
				if got := snapshot(t, st).Ledger(address, 1).Counts()[InDoubt]; got != inDoubt {
					t.Errorf("the doubts list %d people, and %d are in doubt", inDoubt, got)
				}
				settled, err := st.Resolve(t.Context(), requests[tt.found], Resolution{Outcome: Unconfirmed, By: Gateway})
				must(t, err)
				if diff := cmp.Diff(tt.want, outcomes(t, snapshot(t, st), people)); diff != "" {
					t.Error(diff)
				}
				if got := snapshot(t, st).Ledger(address, 1).Counts()[InDoubt]; got != inDoubt-settled[requests[0]]-settled[second.Request] {
					t.Errorf("settled %v of %d, and %d are in doubt", settled, inDoubt, got)
				}
				must(t, st.Close())
				sound(t, s)
			})
		})
	}
}

// After an operator's word nothing of the doubt is left that a later request could fall back to.
func TestAnOperatorsWordEndsEveryDoubtAboutAPerson(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := opened(t, created(t))
		run := started(t, st)
		p := crowd(0, 1)
		doubtful(t, st, run, Anew{}, p...)
		time.Sleep(20 * time.Second)
		second := doubtful(t, st, run, Anew{Allowed: true}, p...)
		word := Resolution{Outcome: Unsent, By: "ann", Reason: "rang them up"}
		time.Sleep(20 * time.Second)
		if _, err := st.Resolve(t.Context(), second.Request, word); err == nil {
			t.Error("the word counts while the second request may be on its way")
		}
		time.Sleep(20 * time.Second)
		_, err := st.Resolve(t.Context(), second.Request, word)
		must(t, err)
		third := claimed(t, st, run, Claim{Address: address, Revision: 1, People: p})[0]
		must(t, st.Begin(t.Context(), third.Request))
		must(t, st.Settle(t.Context(), third.Request, Settlement{Outcome: Unsent}))
		if diff := cmp.Diff([]string{"unsent"}, outcomes(t, snapshot(t, st), p)); diff != "" {
			t.Error(diff)
		}
	})
}

// A second request that was never begun must not let the word count for the first before its time.
func TestAnOperatorsWordWaitsForTheNewestRequestThatWasBegun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := opened(t, created(t))
		run := started(t, st)
		p := crowd(0, 1)
		doubtful(t, st, run, Anew{}, p...)
		second := claimed(t, st, run, Claim{Address: address, Revision: 1, People: p, Anew: Anew{Allowed: true}})[0]
		must(t, st.EndRun(t.Context(), run, "incomplete"))
		time.Sleep(34 * time.Second)
		if _, err := st.Resolve(t.Context(), second.Request, Resolution{Outcome: Unsent, By: "ann"}); err == nil {
			t.Error("the word counts while the first request may be on its way")
		}
	})
}

func TestASnapshotSaysWhatIsKnownOfADoubt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := opened(t, created(t))
		run := started(t, st)
		p := crowd(0, 1)[0]
		first := doubtful(t, st, run, Anew{}, p)
		for range 3 {
			time.Sleep(time.Minute)
			must(t, st.Unknown(t.Context(), first.Request))
		}
		find := func() Send {
			s, _ := snapshot(t, st).Ledger(address, 1).Find(Alias{p})
			return Send{Answers: s.Answers, Since: s.Since, Tried: s.Tried}
		}
		begun := time.Now().UTC().Add(-3 * time.Minute)
		if diff := cmp.Diff(Send{Answers: 3, Since: begun, Tried: 1}, find()); diff != "" {
			t.Error(diff)
		}
		second := claimed(t, st, run, Claim{Address: address, Revision: 1, People: []Person{p}, Anew: Anew{Allowed: true}})[0]
		if diff := cmp.Diff(Send{Answers: 3, Since: begun, Tried: 1}, find()); diff != "" {
			t.Errorf("claimed anew: %s", diff)
		}
		must(t, st.Begin(t.Context(), second.Request))
		must(t, st.Settle(t.Context(), second.Request, Settlement{Outcome: InDoubt}))
		if diff := cmp.Diff(Send{Since: begun.Add(3 * time.Minute), Tried: 2}, find()); diff != "" {
			t.Errorf("in doubt again: %s", diff)
		}
	})
}
