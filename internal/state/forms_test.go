package state

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A runner with older rules of writing numbers knows a line by a former form of it: the claim finds what it has sent since a plan was
// made, in a ledger that was joined too.
func TestAClaimFindsAPersonUnderAFormerFormOfTheLine(t *testing.T) {
	for name, tt := range map[string]struct {
		outcome Settlement
		joined  bool
		dropped bool
		stopped bool
	}{
		"accepted":         {outcome: Settlement{Outcome: Accepted}, dropped: true},
		"accepted, joined": {outcome: Settlement{Outcome: Accepted}, joined: true, dropped: true},
		"in doubt":         {outcome: Settlement{Outcome: InDoubt}, dropped: true},
		"refused":          {outcome: Settlement{Outcome: Refused, Code: 105}, dropped: true},
		"opted out":        {outcome: Settlement{Outcome: Refused, Code: optedOut}, dropped: true, stopped: true},
		"unsent":           {outcome: Settlement{Outcome: Unsent}},
	} {
		t.Run(name, func(t *testing.T) {
			s := created(t)
			st := opened(t, s)
			run := started(t, st)
			former, today := st.AppendAlias(nil, "5215500000000"), st.AppendAlias(nil, "525500000000")
			from := "message.a"
			if tt.joined {
				registered(t, st, Names{Present: []Name{{Address: "message.a"}, {Address: "message.b"}}})
				from = "message.b"
			}
			q := claimed(t, st, run, Claim{Address: from, Revision: 1, People: former})[0]
			must(t, st.Begin(t.Context(), q.Request))
			must(t, st.Settle(t.Context(), q.Request, tt.outcome))
			if tt.joined {
				registered(t, st, Names{Present: []Name{{Address: "message.a", DedupeKey: "k"}, {Address: "message.b", DedupeKey: "k"}}})
			}
			got := claimed(t, st, run, Claim{Address: "message.a", Revision: 1, People: today, Forms: map[int]Alias{0: former}})[0]
			if (len(got.Dropped) == 1) != tt.dropped || tt.dropped && got.Dropped[0].Stopped != tt.stopped {
				t.Errorf("dropped %+v", got.Dropped)
			}
			other := claimed(t, st, run, Claim{Address: "message.a", Revision: 2, People: st.AppendAlias(st.AppendAlias(nil, "12025550143"), "525500000000"), Forms: map[int]Alias{1: former}})[0]
			want := []int(nil)
			if tt.stopped {
				want = []int{1}
			}
			if diff := cmp.Diff(want, indexes(other.Dropped)); diff != "" {
				t.Error("at another revision:", diff)
			}
			must(t, st.Close())
			sound(t, s)
		})
	}
}
