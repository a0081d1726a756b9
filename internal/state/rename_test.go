package state

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// addressed gives a state whose messages have these addresses, each sent to one person.
func addressed(t *testing.T, addresses ...string) (Settings, *State) {
	t.Helper()
	s := created(t)
	st := opened(t, s)
	run := started(t, st)
	for i, a := range addresses {
		got := claimed(t, st, run, Claim{Address: a, Revision: 1, People: crowd(i, 1)})
		must(t, st.Begin(t.Context(), got[0].Request))
		must(t, st.Settle(t.Context(), got[0].Request, Settlement{Outcome: Accepted}))
	}
	must(t, st.EndRun(t.Context(), run, "complete"))
	return s, st
}

func TestRenameMovesTheLedger(t *testing.T) {
	for name, tt := range map[string]struct {
		from, to string
		want     []string // addresses afterwards
		fails    string
	}{
		"a message":               {"message.a", "message.new", []string{`message.b["x"]`, `message.b["y"]`, "message.bb", "message.new"}, ""},
		"an instance":             {`message.b["x"]`, `message.b["z"]`, []string{"message.a", `message.b["y"]`, `message.b["z"]`, "message.bb"}, ""},
		"all instances":           {"message.b", "message.c", []string{"message.a", "message.bb", `message.c["x"]`, `message.c["y"]`}, ""},
		"to itself":               {"message.a", "message.a", nil, "that name already"},
		"unknown":                 {"message.z", "message.y", nil, "knows no message"},
		"onto another ledger":     {"message.a", "message.bb", nil, "a ledger of its own"},
		"two onto one":            {"message.b", `message.c["x"]`, nil, "block with instances"},
		"one of two onto another": {"message.bb", `message.b["x"]`, nil, "a ledger of its own"},
	} {
		t.Run(name, func(t *testing.T) {
			s, st := addressed(t, "message.a", `message.b["x"]`, `message.b["y"]`, "message.bb")
			before := st.Identity()
			moves, err := st.Rename(t.Context(), tt.from, tt.to)
			if tt.fails != "" {
				if err == nil || !strings.Contains(err.Error(), tt.fails) || moves != nil || st.Identity() != before {
					t.Errorf("it gave %v, %v; want an error with %q and nothing changed", moves, err, tt.fails)
				}
				return
			}
			must(t, err)
			snap := snapshot(t, st)
			var got []string
			for _, m := range snap.Messages() {
				got = append(got, m.Address)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			must(t, st.Close())
			sound(t, s)
		})
	}
}

// What was sent under the old name is not sent under the new one, and the old name is free.
func TestARenamedMessageIsNotSentAgain(t *testing.T) {
	s, st := addressed(t, "message.a", "message.b")
	_, err := st.Rename(t.Context(), "message.a", "message.c")
	must(t, err)
	_, err = st.Rename(t.Context(), "message.b", "message.a")
	must(t, err)
	run := started(t, st)
	for address, left := range map[string]int{"message.c": 1, "message.a": 1, "message.b": 2} {
		got := claimed(t, st, run, Claim{Address: address, Revision: 1, People: crowd(0, 2)})
		if n := 2 - len(got[0].Dropped); n != left {
			t.Errorf("%s would be sent to %d; want %d", address, n, left)
		}
	}
	must(t, st.Close())
	sound(t, s)
}

func TestATargetThatWasNeverSentGivesWay(t *testing.T) {
	s, st := addressed(t, "message.a")
	must(t, st.writer.alone(t.Context(), func(tx *transaction) error {
		tx.record("test", "an address that was claimed for nobody")
		_, err := tx.message("message.b", st.keys)
		return err
	}))
	_, err := st.Rename(t.Context(), "message.a", "message.b")
	must(t, err)
	must(t, st.Close())
	sound(t, s)
}
