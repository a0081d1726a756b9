package state

import (
	"slices"
	"testing"
)

// A plan made before two messages were withdrawn, by two other plans, claims those that its own runs have withdrawn; one made after that
// claims both.
func TestWhatAnotherPlanHasWithdrawnSinceIsNotClaimed(t *testing.T) {
	for name, tt := range map[string]struct {
		plan  string
		after bool
		want  int
	}{
		"made before, by others":    {"late", false, 0},
		"made before, by the first": {"plan", false, 1},
		"made before, by the last":  {"last", false, 1},
		"made after":                {"late", true, 2},
	} {
		t.Run(name, func(t *testing.T) {
			_, st, run, client, people := waiting(t)
			begin := func(plan string) {
				t.Helper()
				must(t, st.EndRun(t.Context(), run, "complete"))
				next, err := st.StartRun(t.Context(), Run{PlanID: plan, Account: "account"})
				must(t, err)
				run = next
			}
			withdraw := func(i int) {
				t.Helper()
				r, err := st.BeginWithdrawal(t.Context(), run, Withdrawal{client, people[i], PersonGone})
				must(t, err)
				_, err = st.EndWithdrawal(t.Context(), r.Request, r.Person, r.At, Cancelled, 6)
				must(t, err)
			}
			made := snapshot(t, st).Serial
			withdraw(0) // by a run that began before
			begin("last")
			withdraw(1)
			if tt.after {
				made = snapshot(t, st).Serial
			}
			begin(tt.plan)
			got, err := st.Claim(t.Context(), run, &Names{Since: made, Present: []Name{{Address: address}}},
				slices.Values([]Claim{{Address: address, Revision: 1, People: people}}))
			must(t, err)
			if n := len(people) - len(got[0].Dropped); n != tt.want {
				t.Errorf("%d people are claimed, want %d", n, tt.want)
			}
		})
	}
}
