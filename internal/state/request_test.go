package state

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// step is one thing that happens to a request of two people. It gives the error of the call.
type step func(t *testing.T, st *State, r RequestID) error

func begin(t *testing.T, st *State, r RequestID) error { return st.Begin(t.Context(), r) }

func settle(o Settlement) step {
	return func(t *testing.T, st *State, r RequestID) error { return st.Settle(t.Context(), r, o) }
}

func resolution(v Resolution) step {
	return func(t *testing.T, st *State, r RequestID) error { _, err := st.Resolve(t.Context(), r, v); return err }
}

func wait(d time.Duration) step {
	return func(*testing.T, *State, RequestID) error { time.Sleep(d); return nil }
}

func endRun(t *testing.T, st *State, _ RequestID) error {
	return st.EndRun(t.Context(), 1, "incomplete")
}

func TestARequestsLife(t *testing.T) {
	operator := func(o Outcome) Resolution { return Resolution{Outcome: o, By: "ann", Reason: "rang them up"} }
	for name, tt := range map[string]struct {
		steps []step
		want  []string
	}{
		"claimed":                       {nil, []string{"planned", "planned"}},
		"begun":                         {[]step{begin}, []string{"under way", "under way"}},
		"begun again":                   {[]step{begin, begin}, []string{"under way", "under way"}},
		"accepted":                      {[]step{begin, settle(Settlement{Outcome: Accepted})}, []string{"accepted", "accepted"}},
		"refused":                       {[]step{begin, settle(Settlement{Outcome: Refused, Code: 114})}, []string{"refused", "refused"}},
		"unsent":                        {[]step{begin, settle(Settlement{Outcome: Unsent})}, []string{"unsent", "unsent"}},
		"unsent without being begun":    {[]step{settle(Settlement{Outcome: Unsent})}, []string{"unsent", "unsent"}},
		"in doubt":                      {[]step{begin, settle(Settlement{Outcome: InDoubt})}, []string{"in doubt", "in doubt"}},
		"unconfirmed":                   {[]step{begin, settle(Settlement{Outcome: Unconfirmed})}, []string{"unconfirmed", "unconfirmed"}},
		"one of two refused":            {[]step{begin, settle(Settlement{Outcome: Accepted, Exceptions: []Exception{{1, Refused, 105}}})}, []string{"accepted", "refused"}},
		"one of two unaccounted":        {[]step{begin, settle(Settlement{Outcome: Accepted, Exceptions: []Exception{{0, InDoubt, 0}}})}, []string{"in doubt", "accepted"}},
		"run ended before intent":       {[]step{endRun}, []string{"unsent", "unsent"}},
		"run ended before outcome":      {[]step{begin, endRun}, []string{"in doubt", "in doubt"}},
		"doubt settled by the gateway":  {[]step{begin, settle(Settlement{Outcome: InDoubt}), resolution(Resolution{Outcome: Unconfirmed, By: Gateway})}, []string{"unconfirmed", "unconfirmed"}},
		"doubt of one of two settled":   {[]step{begin, settle(Settlement{Outcome: Refused, Exceptions: []Exception{{1, InDoubt, 0}}}), resolution(Resolution{Outcome: Unconfirmed, By: Gateway})}, []string{"refused", "unconfirmed"}},
		"the rest in doubt settled":     {[]step{begin, settle(Settlement{Outcome: InDoubt, Exceptions: []Exception{{1, Accepted, 0}}}), resolution(Resolution{Outcome: Unconfirmed, By: Gateway})}, []string{"unconfirmed", "accepted"}},
		"operator says sent":            {[]step{begin, settle(Settlement{Outcome: InDoubt}), wait(time.Minute), resolution(operator(Accepted))}, []string{"accepted", "accepted"}},
		"operator says unsent":          {[]step{begin, settle(Settlement{Outcome: InDoubt}), wait(time.Minute), resolution(operator(Unsent))}, []string{"unsent", "unsent"}},
		"operator settles unconfirmed":  {[]step{begin, settle(Settlement{Outcome: Unconfirmed}), wait(time.Minute), resolution(operator(Accepted))}, []string{"accepted", "accepted"}},
		"operator leaves what is known": {[]step{begin, settle(Settlement{Outcome: InDoubt, Exceptions: []Exception{{0, Refused, 105}}}), wait(time.Minute), resolution(operator(Unsent))}, []string{"refused", "unsent"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := created(t)
				st := opened(t, s)
				got := claimed(t, st, started(t, st), Claim{Address: address, Revision: 1, People: crowd(0, 2)})
				for _, do := range tt.steps {
					must(t, do(t, st, got[0].Request))
				}
				if diff := cmp.Diff(tt.want, outcomes(t, snapshot(t, st), crowd(0, 2))); diff != "" {
					t.Error(diff)
				}
				must(t, st.Close())
				sound(t, s)
			})
		})
	}
}

func TestWhatNeverHappensToARequest(t *testing.T) {
	begun := []step{begin}
	doubted := []step{begin, settle(Settlement{Outcome: InDoubt})}
	accepted := []step{begin, settle(Settlement{Outcome: Accepted})}
	for name, tt := range map[string]struct {
		before []step
		do     step
		want   []string
	}{
		"a settled one is begun":                   {accepted, begin, []string{"accepted", "accepted"}},
		"one in doubt is begun":                    {doubted, begin, []string{"in doubt", "in doubt"}},
		"a released one is begun":                  {[]step{endRun}, begin, []string{"unsent", "unsent"}},
		"a planned one is accepted":                {nil, settle(Settlement{Outcome: Accepted}), []string{"planned", "planned"}},
		"a settled one is settled":                 {accepted, settle(Settlement{Outcome: Unsent}), []string{"accepted", "accepted"}},
		"one in doubt is settled":                  {doubted, settle(Settlement{Outcome: Unsent}), []string{"in doubt", "in doubt"}},
		"it becomes planned again":                 {begun, settle(Settlement{Outcome: Planned}), []string{"under way", "under way"}},
		"too few ids":                              {begun, settle(Settlement{Outcome: Accepted, IDs: make([][16]byte, 1)}), []string{"under way", "under way"}},
		"an exception for nobody":                  {begun, settle(Settlement{Outcome: Accepted, Exceptions: []Exception{{2, Refused, 0}}}), []string{"under way", "under way"}},
		"two exceptions for one":                   {begun, settle(Settlement{Outcome: Accepted, Exceptions: []Exception{{1, Refused, 0}, {1, Unsent, 0}}}), []string{"under way", "under way"}},
		"a certain one is resolved":                {accepted, resolution(Resolution{Outcome: Unconfirmed, By: Gateway}), []string{"accepted", "accepted"}},
		"one under way is resolved":                {begun, resolution(Resolution{Outcome: Unconfirmed, By: Gateway}), []string{"under way", "under way"}},
		"the gateway accepts several":              {doubted, resolution(Resolution{Outcome: Accepted, By: Gateway}), []string{"in doubt", "in doubt"}},
		"the gateway proves that nothing was sent": {doubted, resolution(Resolution{Outcome: Unsent, By: Gateway}), []string{"in doubt", "in doubt"}},
		"a doubt becomes refused":                  {doubted, resolution(Resolution{Outcome: Refused, By: Gateway}), []string{"in doubt", "in doubt"}},
		"nobody resolves":                          {doubted, resolution(Resolution{Outcome: Unconfirmed}), []string{"in doubt", "in doubt"}},
		"an operator speaks too early":             {append(doubted, wait(34*time.Second)), resolution(Resolution{Outcome: Unsent, By: "ann"}), []string{"in doubt", "in doubt"}},
		"an operator speaks before the timeout":    {append(doubted, wait(time.Minute)), resolution(Resolution{Outcome: Unsent, By: "ann", Timeout: time.Minute}), []string{"in doubt", "in doubt"}},
		"the gateway settles unconfirmed": {[]step{begin, settle(Settlement{Outcome: Unconfirmed})}, resolution(Resolution{Outcome: Unconfirmed, By: Gateway}),
			[]string{"unconfirmed", "unconfirmed"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				st := opened(t, created(t))
				got := claimed(t, st, started(t, st), Claim{Address: address, Revision: 1, People: crowd(0, 2)})
				for _, do := range tt.before {
					must(t, do(t, st, got[0].Request))
				}
				before := st.Identity()
				if err := tt.do(t, st, got[0].Request); err == nil {
					t.Error("it did")
				}
				if diff := cmp.Diff(tt.want, outcomes(t, snapshot(t, st), crowd(0, 2))); diff != "" {
					t.Error(diff)
				}
				if got := st.Identity(); got != before {
					t.Errorf("the chain went on to %v", got)
				}
				must(t, st.Close())
			})
		})
	}
}

func TestTheGatewayAcceptsARequestOfOne(t *testing.T) {
	s := created(t)
	st := opened(t, s)
	p := st.AppendAlias(nil, "12025550143")[0]
	got := claimed(t, st, started(t, st), Claim{Address: address, Revision: 1, People: []Person{p}})
	must(t, st.Begin(t.Context(), got[0].Request))
	must(t, st.Settle(t.Context(), got[0].Request, Settlement{Outcome: InDoubt, Evidence: "connection reset after 812 bytes"}))
	_, err := st.Resolve(t.Context(), got[0].Request, Resolution{Outcome: Accepted, ID: [16]byte{0xab, 15: 1}, By: Gateway, Reason: "querymsg: status 003"})
	must(t, err)
	history, err := History(t.Context(), s, address, "12025550143")
	must(t, err)
	if len(history) != 1 {
		t.Fatalf("history = %v; want one attempt", history)
	}
	a := history[0]
	a.At = time.Time{}
	want := Attempt{
		Revision: 1, Attempt: 1, Outcome: Accepted, ClientID: got[0].ClientID, ID: "ab000000000000000000000000000001",
		Evidence: "connection reset after 812 bytes; accepted, says gateway: querymsg: status 003",
	}
	if diff := cmp.Diff(want, a); diff != "" {
		t.Error(diff)
	}
}

func TestOptedOutPeopleAreOnTheStopList(t *testing.T) {
	for name, tt := range map[string]struct {
		o    Settlement
		want []bool
	}{
		"one of three": {Settlement{Outcome: Accepted, Exceptions: []Exception{{1, Refused, 122}}}, []bool{false, true, false}},
		"several":      {Settlement{Outcome: Refused, Exceptions: []Exception{{0, Refused, 122}, {2, Refused, 122}}}, []bool{true, false, true}},
		"nobody named": {Settlement{Outcome: Refused, Code: 122}, []bool{false, false, false}},
		"nobody":       {Settlement{Outcome: Refused, Code: 121}, []bool{false, false, false}},
	} {
		t.Run(name, func(t *testing.T) {
			s := created(t)
			st := opened(t, s)
			got := claimed(t, st, started(t, st), Claim{Address: address, Revision: 1, People: crowd(0, 3)})
			must(t, st.Begin(t.Context(), got[0].Request))
			must(t, st.Settle(t.Context(), got[0].Request, tt.o))
			must(t, st.Close())
			snap := read(t, s)
			for i, p := range crowd(0, 3) {
				if got := snap.Stopped(Alias{p}); got != tt.want[i] {
					t.Errorf("Stopped(%d) = %t; want %t", i, got, tt.want[i])
				}
			}
		})
	}
}

func TestDoubtsAreListedOldestIntentFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := opened(t, created(t))
		got := claimed(t, st, started(t, st),
			Claim{Address: address, Revision: 1, People: crowd(0, 3)},
			Claim{Address: address, Revision: 1, People: crowd(3, 2)},
			Claim{Address: address, Revision: 1, People: crowd(5, 2)},
			Claim{Address: address, Revision: 1, People: crowd(7, 2)})
		start := time.Now().UTC()
		for _, i := range []int{1, 0, 2, 3} {
			must(t, st.Begin(t.Context(), got[i].Request))
			time.Sleep(time.Second)
		}
		must(t, st.Settle(t.Context(), got[0].Request, Settlement{Outcome: InDoubt, Exceptions: []Exception{{2, Unsent, 0}}}))
		must(t, st.Settle(t.Context(), got[1].Request, Settlement{Outcome: Accepted, Exceptions: []Exception{{0, InDoubt, 0}}}))
		must(t, st.Settle(t.Context(), got[2].Request, Settlement{Outcome: Accepted}))
		must(t, st.Settle(t.Context(), got[3].Request, Settlement{Outcome: Unconfirmed}))
		// A person who was not sent to and is claimed anew is no longer a matter of the first request.
		claimed(t, st, 1, Claim{Address: address, Revision: 1, People: crowd(2, 1)})

		doubts, err := st.Doubts(t.Context())
		must(t, err)
		want := []Doubt{
			{got[1].Request, address, 1, got[1].ClientID, "account", 2, 1, 0, false, start, false},
			{got[0].Request, address, 1, got[0].ClientID, "account", 3, 2, 0, false, start.Add(time.Second), false},
		}
		if diff := cmp.Diff(want, doubts); diff != "" {
			t.Error(diff)
		}
		unconfirmed, err := st.Unconfirmed(t.Context())
		must(t, err)
		if diff := cmp.Diff([]Doubt{{got[3].Request, address, 1, got[3].ClientID, "account", 2, 2, 0, false, start.Add(3 * time.Second), false}}, unconfirmed); diff != "" {
			t.Error(diff)
		}
		must(t, st.Close())
	})
}

// The operations of many goroutines share transactions, and one that fails does not take the others with it.
func TestAGroupSurvivesAnOperationThatFails(t *testing.T) {
	s := created(t)
	st := opened(t, s)
	var claims []Claim
	for i := range 200 {
		claims = append(claims, Claim{Address: address, Revision: 1, People: crowd(i*3, 3)})
	}
	got := claimed(t, st, started(t, st), claims...)
	before := st.Identity().Serial

	errs := make(chan error)
	for i, c := range got {
		go func() {
			if i%7 == 0 {
				err := st.Settle(t.Context(), c.Request, Settlement{Outcome: Accepted})
				if err == nil || !strings.Contains(err.Error(), "it is planned") {
					t.Errorf("Settle of a planned request gave %v", err)
				}
			}
			err := st.Begin(t.Context(), c.Request)
			if err == nil {
				err = st.Settle(t.Context(), c.Request, Settlement{Outcome: Accepted})
			}
			errs <- err
		}()
	}
	for range got {
		must(t, <-errs)
	}
	if got := snapshot(t, st).Ledger(address, 1).Counts()[Accepted]; got != 600 {
		t.Errorf("%d accepted; want 600", got)
	}
	if n := st.Identity().Serial - before; n >= 400 {
		t.Errorf("400 operations took %d transactions", n)
	}
	must(t, st.Close())
	sound(t, s)
}
