package state

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// What is done with a copy stays there, and it knows what the state knows.
func TestACopyIsAStateOfItsOwn(t *testing.T) {
	s := created(t)
	st := opened(t, s)
	run := started(t, st)
	first := claimed(t, st, run, Claim{Address: address, Revision: 1, People: crowd(0, 2)})[0]
	must(t, st.Begin(t.Context(), first.Request))
	must(t, st.Settle(t.Context(), first.Request, Settlement{Outcome: Accepted}))
	must(t, st.EndRun(t.Context(), run, "complete"))

	path := filepath.Join(t.TempDir(), "copy.state")
	locked := (*LockedError)(nil)
	if _, _, err := Copy(t.Context(), s, path); !errors.As(err, &locked) || locked.PID != os.Getpid() {
		t.Fatalf("while it is held: %v", err)
	}
	s.LockWait = time.Millisecond
	if _, _, err := Copy(t.Context(), s, path); !errors.As(err, &locked) {
		t.Fatalf("while it is held for longer than that is waited for: %v", err)
	}
	must(t, st.Close())
	before, anchor := read(t, s).Identity, contents(t, s.Anchor)

	to, found, err := Copy(t.Context(), s, path)
	if must(t, err); !found {
		t.Fatal("it was not found")
	}
	other := opened(t, to)
	if got := outcomes(t, snapshot(t, other), crowd(0, 2)); got[0] != "accepted" || got[1] != "accepted" {
		t.Errorf("the copy knows %q", got)
	}
	claimed(t, other, started(t, other), Claim{Address: address, Revision: 2, People: crowd(0, 2)})
	must(t, other.Close())
	if after := read(t, s).Identity; after != before || contents(t, s.Anchor) != anchor {
		t.Errorf("the state was at %+v and is at %+v", before, after)
	}
	sound(t, to)
}

func TestACopyIsMadeOfNoStateThatPlanningWouldRefuse(t *testing.T) {
	s := created(t)
	path := filepath.Join(t.TempDir(), "copy.state")
	other := s
	other.Lineage = "0123456789abcdef0123456789abcdef"
	mismatch := (*MismatchError)(nil)
	if _, _, err := Copy(t.Context(), other, path); !errors.As(err, &mismatch) {
		t.Errorf("another lineage: %v", err)
	}
	none := s
	none.Path += ".none"
	if _, _, err := Copy(t.Context(), none, path); !errors.As(err, &mismatch) {
		t.Errorf("missing: %v", err)
	}
	none.Lineage = ""
	if _, found, err := Copy(t.Context(), none, path); found || err != nil {
		t.Errorf("not made yet: %v, %v", found, err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("there is a copy")
	}
}

func contents(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	must(t, err)
	return string(b)
}
