package state

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gofrs/flock"
	"github.com/google/go-cmp/cmp"
)

// beside opens a state that another holds, as where the lock file was deleted underneath.
func beside(t *testing.T, s Settings) *State {
	t.Helper()
	must(t, os.Remove(s.Path+".lock"))
	return opened(t, s)
}

func claimOf(people ...Person) Claim {
	return Claim{Address: address, Revision: 1, People: people}
}

// Whoever takes a run for gone has its requests. The run itself begins none of them any more.
func TestARunThatAnotherHolderReleasedBeginsNothing(t *testing.T) {
	s := created(t)
	first := opened(t, s)
	p := crowd(0, 1)[0]
	run := started(t, first)
	q := claimed(t, first, run, claimOf(p))[0]

	second := beside(t, s)
	taken := claimed(t, second, started(t, second), claimOf(p))[0]
	if taken.Request == 0 {
		t.Fatal("a send that was released is not to be had")
	}
	if err := first.Begin(t.Context(), q.Request); !errors.Is(err, ErrTaken) {
		t.Errorf("Begin: %v", err)
	}
	if _, err := first.Claim(t.Context(), run, nil, slices.Values([]Claim{claimOf(crowd(1, 1)...)})); !errors.Is(err, ErrTaken) {
		t.Errorf("Claim: %v", err)
	}
	if err := first.EndRun(t.Context(), run, "complete"); !errors.Is(err, ErrTaken) {
		t.Errorf("EndRun: %v", err)
	}
	must(t, second.Begin(t.Context(), taken.Request))
	must(t, second.Settle(t.Context(), taken.Request, Settlement{Outcome: Accepted}))
	if got := outcomes(t, read(t, s), []Person{p}); got[0] != "accepted" {
		t.Errorf("outcome: %v", got)
	}
	sound(t, s)
}

// A request whose message was removed meanwhile may have its number from then on: it is another run's, and nobody else begins or
// settles it.
func TestTheNumberOfARemovedRequestIsAnotherRuns(t *testing.T) {
	s := created(t)
	first := opened(t, s)
	p := crowd(0, 1)[0]
	q := claimed(t, first, started(t, first), claimOf(p))[0]

	second := beside(t, s)
	must(t, second.Remove(t.Context(), address, 1))
	again := claimed(t, second, started(t, second), claimOf(p))[0]
	if again.Request != q.Request {
		t.Fatalf("request %d, and the removed one was %d", again.Request, q.Request)
	}
	if err := first.Begin(t.Context(), q.Request); !errors.Is(err, ErrTaken) {
		t.Errorf("Begin: %v", err)
	}
	must(t, second.Begin(t.Context(), again.Request))
	if err := first.Settle(t.Context(), q.Request, Settlement{Outcome: Refused}); err == nil {
		t.Error("another run's request is settled")
	}
	must(t, second.Settle(t.Context(), again.Request, Settlement{Outcome: Accepted}))
}

// An outcome is recorded although the request was put in doubt while its run went on.
func TestARunSettlesWhatAnotherHolderPutInDoubt(t *testing.T) {
	ids := [][16]byte{{1}, {2}, {}}
	mixed := Settlement{Outcome: Accepted, IDs: ids, Exceptions: []Exception{{Index: 2, Outcome: Refused, Code: 114}}, Evidence: "answer read whole"}
	for name, tt := range map[string]struct {
		between func(*testing.T, *State, RequestID)
		outcome Settlement
		want    []string
	}{
		"accepted": {nil, Settlement{Outcome: Accepted}, []string{"accepted", "accepted", "accepted"}},
		"unsent":   {nil, Settlement{Outcome: Unsent}, []string{"unsent", "unsent", "unsent"}},
		"unsent, in a state that was recovered once": {nil, Settlement{Outcome: Unsent}, []string{"unsent", "unsent", "unsent"}},
		"mixed":    {nil, mixed, []string{"accepted", "accepted", "refused"}},
		"in doubt": {nil, Settlement{Outcome: InDoubt}, []string{"in doubt", "in doubt", "in doubt"}},
		"after the gateway's word": {func(t *testing.T, st *State, q RequestID) {
			_, err := st.Resolve(t.Context(), q, Resolution{Outcome: Unconfirmed, By: Gateway})
			must(t, err)
		}, mixed, []string{"accepted", "accepted", "refused"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := created(t)
			if strings.Contains(name, "recovered") {
				_, err := Recover(t.Context(), s, s.Path, nil)
				must(t, err)
			}
			first := opened(t, s)
			people := crowd(0, 3)
			q := claimed(t, first, started(t, first), claimOf(people...))[0]
			must(t, first.Begin(t.Context(), q.Request))
			second := beside(t, s)
			if tt.between != nil {
				tt.between(t, second, q.Request)
			}
			if err := first.Settle(t.Context(), q.Request, tt.outcome); err != nil {
				t.Errorf("Settle: %v", err)
			}
			if diff := cmp.Diff(tt.want, outcomes(t, read(t, s), people)); diff != "" {
				t.Error(diff)
			}
			sound(t, s)
		})
	}
}

// What an earlier request came to is no contradiction of what a later one to the same person came to.
func TestARunSettlesARequestToSomebodyOfWhomAnEarlierOneWasAccepted(t *testing.T) {
	for _, outcome := range []Outcome{Unsent, Refused, InDoubt} {
		t.Run(outcome.String(), func(t *testing.T) {
			s := created(t)
			first := opened(t, s)
			p := crowd(0, 1)[0]
			at := Anew{Allowed: true}
			earlier := doubtful(t, first, started(t, first), at, p)
			anew := claimed(t, first, started(t, first), Claim{Address: address, Revision: 1, People: []Person{p}, Anew: at})[0]
			must(t, first.Begin(t.Context(), anew.Request))
			second := beside(t, s)
			if _, err := second.Resolve(t.Context(), earlier.Request, Resolution{Outcome: Accepted, By: Gateway}); err != nil {
				t.Fatal(err)
			}
			if err := first.Settle(t.Context(), anew.Request, Settlement{Outcome: outcome}); err != nil {
				t.Errorf("Settle: %v", err)
			}
			if got := outcomes(t, read(t, s), []Person{p}); got[0] != "accepted" {
				t.Error(got)
			}
			sound(t, s)
		})
	}
}

// What is about to be sent anew by one run is not sent anew by another.
func TestADoubtIsTakenOverByOneRun(t *testing.T) {
	s := created(t)
	first := opened(t, s)
	p := crowd(0, 1)[0]
	at := Anew{Allowed: true}
	doubtful(t, first, started(t, first), at, p)
	second := beside(t, s)
	run, other := started(t, first), started(t, second)
	anew := claimed(t, first, run, Claim{Address: address, Revision: 1, People: []Person{p}, Anew: at})[0]
	if takes(t, second, other, at, p) {
		t.Error("taken over although it was planned")
	}
	must(t, first.Begin(t.Context(), anew.Request))
	if takes(t, second, other, at, p) {
		t.Error("taken over although it was under way")
	}
	must(t, first.Settle(t.Context(), anew.Request, Settlement{Outcome: Refused, Exceptions: []Exception{{Index: 0, Outcome: Accepted}}}))
	sound(t, s)
}

// A claim for names that are others by now would send to everybody again.
func TestAClaimAfterARenameFails(t *testing.T) {
	s := created(t)
	first := opened(t, s)
	p := crowd(0, 1)[0]
	run := started(t, first)
	q := claimed(t, first, run, claimOf(p))[0]
	must(t, first.Begin(t.Context(), q.Request))
	must(t, first.Settle(t.Context(), q.Request, Settlement{Outcome: Accepted}))
	names := Names{Since: first.Identity().Serial, Present: []Name{{Address: address}}}

	second := beside(t, s)
	if _, err := second.Rename(t.Context(), address, "message.other"); err != nil {
		t.Fatal(err)
	}
	run = started(t, first)
	var outdated *OutdatedError
	if _, err := first.Claim(t.Context(), run, &names, slices.Values([]Claim{claimOf(p)})); !errors.As(err, &outdated) {
		t.Errorf("Claim: %v", err)
	}
	if got := read(t, s).Ledger("message.other", 1).Counts()[Accepted]; got != 1 {
		t.Errorf("%d accepted under the new name", got)
	}
}

// Nothing is recorded in a tombstone, whoever had the state open.
func TestATombstoneRecordsNothing(t *testing.T) {
	s := created(t)
	first := opened(t, s)
	q := claimed(t, first, started(t, first), claimOf(crowd(0, 1)...))[0]
	must(t, first.Begin(t.Context(), q.Request))
	must(t, os.Remove(s.Path+".lock"))
	to := s
	to.Path = filepath.Join(t.TempDir(), "smsplan.state")
	if _, err := Push(t.Context(), s, to.Path); err != nil {
		t.Fatal(err)
	}
	var moved *MismatchError
	if err := first.Settle(t.Context(), q.Request, Settlement{Outcome: Accepted}); !errors.As(err, &moved) {
		t.Errorf("Settle: %v", err)
	}
	if err := first.Remove(t.Context(), address, 1); !errors.As(err, &moved) {
		t.Errorf("Remove: %v", err)
	}
	second := opened(t, to)
	if got := outcomes(t, snapshot(t, second), crowd(0, 1)); got[0] != "in doubt" {
		t.Errorf("at its new place: %v", got)
	}
}

// The note in a lock file is its holder's, also where another file has come in its place.
func TestAHolderWhoseLockFileIsGoneLeavesTheNextOnesAlone(t *testing.T) {
	s := created(t)
	first := opened(t, s)
	second := s
	second.Who = "bob@host"
	holder := beside(t, second)
	must(t, first.Close())
	var locked *LockedError
	if _, err := Open(t.Context(), s); !errors.As(err, &locked) || locked.Who != "bob@host" {
		t.Errorf("%v", err)
	}
	must(t, os.Remove(s.Path+".lock"))
	must(t, holder.Close())
}

// Whoever is refused while the holder has not yet said who it is waits until it has.
func TestWhoeverIsRefusedWaitsForTheHoldersNote(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := created(t)
		holder := flock.New(s.Path + ".lock")
		if held, err := holder.TryLock(); err != nil || !held {
			t.Fatal(held, err)
		}
		var noting sync.WaitGroup
		noting.Go(func() {
			time.Sleep(lockGrace + lockGrace/2) // the process that holds it was slow
			l := lock{flock: holder, note: LockedError{Who: "bob@host", PID: 1}}
			if err := l.writeNote(); err != nil {
				t.Error(err)
			}
		})
		_, err := Open(t.Context(), s)
		noting.Wait()
		var locked *LockedError
		if !errors.As(err, &locked) || locked.Who != "bob@host" {
			t.Errorf("%v", err)
		}
		must(t, holder.Unlock())
	})
}
