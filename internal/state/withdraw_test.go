package state

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// waiting gives a state with a request to three people that is due in a day, and was accepted.
func waiting(t *testing.T) (s Settings, st *State, run RunID, client string, people []Person) {
	t.Helper()
	s = created(t)
	st = opened(t, s)
	run = started(t, st)
	people = crowd(0, 3)
	got := claimed(t, st, run, Claim{Address: address, Revision: 1, People: people, DeliverAt: time.Now().Add(24 * time.Hour)})
	must(t, st.Begin(t.Context(), got[0].Request))
	must(t, st.Settle(t.Context(), got[0].Request, Settlement{Outcome: Accepted, IDs: [][16]byte{{1}, {2}, {3}}}))
	return s, st, run, got[0].ClientID, people
}

func TestOnlyWhatIsKnownToBeWithdrawnIsClaimedAnew(t *testing.T) {
	s, st, run, client, people := waiting(t)
	ask := func(i int, why Why) Recall {
		t.Helper()
		r, err := st.BeginWithdrawal(t.Context(), run, Withdrawal{client, people[i], why})
		must(t, err)
		return r
	}
	taken := func() []int {
		t.Helper()
		dropped := map[int]bool{}
		for _, d := range claimed(t, st, run, Claim{Address: address, Revision: 1, People: people})[0].Dropped {
			dropped[d.Index] = true
		}
		var got []int
		for i := range people {
			if !dropped[i] {
				got = append(got, i)
			}
		}
		return got
	}
	withdrawn, kept := ask(0, TextChanged), ask(1, TextChanged)
	if !withdrawn.Due || withdrawn.ID != [16]byte{1} || !withdrawn.Before.IsZero() {
		t.Errorf("%+v", withdrawn)
	}
	if diff := cmp.Diff([]string{"withdrawing", "withdrawing", "accepted"}, outcomes(t, snapshot(t, st), people)); diff != "" {
		t.Error(diff)
	}
	if got := taken(); got != nil {
		t.Fatalf("%v are claimed before anything is known", got)
	}
	again := ask(1, TextChanged)
	if again.Before != kept.At {
		t.Errorf("the intent before is %v, want %v", again.Before, kept.At)
	}
	end := func(r Recall, o Outcome) bool {
		t.Helper()
		news, err := st.EndWithdrawal(t.Context(), r.Request, r.Person, r.At, o, 0)
		must(t, err)
		return news
	}
	if end(kept, Accepted) {
		t.Error("an older intent than the newest says that it was not withdrawn")
	}
	if !end(again, Accepted) || !end(withdrawn, Cancelled) || end(withdrawn, Accepted) {
		t.Error("an end was not recorded, or twice")
	}
	if diff := cmp.Diff([]int{0}, taken()); diff != "" {
		t.Error(diff)
	}
	if r := ask(0, TextChanged); r.Due || r.Outcome != Cancelled {
		t.Errorf("what was sent anew would be withdrawn by its former name: %+v", r)
	}
	// What a command withdraws is not claimed any more.
	end(ask(2, ByCommand), Cancelled)
	if got := taken(); got != nil {
		t.Errorf("%v are claimed although a command withdrew their message", got)
	}
	must(t, st.Close())
	sound(t, s)
}

func TestAnIntentToWithdrawOutlivesItsProcess(t *testing.T) {
	s, st, run, client, people := waiting(t)
	_, err := st.BeginWithdrawal(t.Context(), run, Withdrawal{client, people[1], TimeChanged})
	must(t, err)
	must(t, st.Close())
	st = opened(t, s)
	list, err := st.Withdrawals(t.Context(), address)
	must(t, err)
	if len(list) != 1 || list[0].Person != people[1] || list[0].ID != [16]byte{2} || list[0].Why != TimeChanged {
		t.Fatalf("%+v", list)
	}
	if err := st.ResolveWithdrawal(t.Context(), list[0], Cancelled, "ann", "seen", time.Minute); err == nil {
		t.Error("somebody's word counts while the call may be on its way")
	}
	list[0].At = list[0].At.Add(-time.Hour)
	must(t, st.ResolveWithdrawal(t.Context(), list[0], Cancelled, "ann", "seen", time.Minute))
	if diff := cmp.Diff([]string{"accepted", "cancelled", "accepted"}, outcomes(t, snapshot(t, st), people)); diff != "" {
		t.Error(diff)
	}
}

func TestOnlyTheAccountThatSentAMessageWithdrawsIt(t *testing.T) {
	_, st, _, client, people := waiting(t)
	other, err := st.StartRun(t.Context(), Run{PlanID: "plan", Account: "another"})
	must(t, err)
	if _, err := st.BeginWithdrawal(t.Context(), other, Withdrawal{client, people[0], TextChanged}); !errors.Is(err, ErrOtherAccount) {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"accepted", "accepted", "accepted"}, outcomes(t, snapshot(t, st), people)); diff != "" {
		t.Error(diff)
	}
}

func TestRemovingAMessageRemovesItsWithdrawals(t *testing.T) {
	s, st, run, client, people := waiting(t)
	_, err := st.BeginWithdrawal(t.Context(), run, Withdrawal{client, people[0], TextChanged})
	must(t, err)
	must(t, st.Remove(t.Context(), address, 3))
	must(t, st.Close())
	sound(t, s)
}
