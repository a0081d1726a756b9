package state

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// An import takes over every send but those that are accepted, under way or imported already, whatever the request has and whatever
// the person has alone; nobody who was imported is claimed again, under any rule for doubts.
func TestAnImportOfAPersonWhoIsThere(t *testing.T) {
	for o, taken := range map[Outcome]bool{
		Planned: false, UnderWay: false, Accepted: false, Imported: false,
		Unconfirmed: true, Refused: true, Unsent: true, InDoubt: true, Cancelled: true,
	} {
		for name, column := range map[string]string{"its own": "send", "its request's": "request"} {
			t.Run(o.String()+", "+name, func(t *testing.T) {
				s := created(t)
				st := opened(t, s)
				run := started(t, st)
				claimed(t, st, run, Claim{Address: address, Revision: 1, People: crowd(0, 2)})
				must(t, st.writer.alone(t.Context(), func(tx *transaction) error {
					tx.record("test", "")
					if _, err := tx.exec("UPDATE request SET intent_at = ?", tx.at); err != nil {
						return err
					}
					_, err := tx.exec("UPDATE "+column+" SET code = 7, outcome = ?", int(o))
					return err
				}))
				got := claimed(t, st, run, Claim{Address: address, Revision: 1, People: crowd(0, 1), Import: true})
				if is := got[0].Request != 0; is != taken || len(got[0].Anew) > 0 {
					t.Fatalf("imported = %t; want %t: %+v", is, taken, got)
				}
				want := o.String()
				if taken {
					want = "imported"
				}
				if diff := cmp.Diff([]string{want, o.String()}, outcomes(t, snapshot(t, st), crowd(0, 2))); diff != "" {
					t.Error(diff)
				}
				if taken {
					again := claimed(t, st, run, Claim{Address: address, Revision: 1, People: crowd(0, 1), Anew: Anew{Allowed: true}})
					if again[0].Request != 0 {
						t.Error("somebody imported was claimed")
					}
				}
				must(t, st.EndRun(t.Context(), run, "complete"))
				doubts, err := st.Doubts(t.Context())
				must(t, err)
				for _, d := range doubts {
					if taken && d.InDoubt+d.Former > 1 {
						t.Errorf("somebody imported is in doubt: %+v", d)
					}
				}
				must(t, st.Close())
				sound(t, s)
			})
		}
	}
}

// What a doubt of somebody imported comes to later changes nothing for that person, and the others get their outcome.
func TestADoubtThatIsSettledAfterAnImport(t *testing.T) {
	for _, o := range []Outcome{Unconfirmed, Unsent, Accepted} {
		t.Run(o.String(), func(t *testing.T) {
			s := created(t)
			st := opened(t, s)
			run := started(t, st)
			first := claimed(t, st, run, Claim{Address: address, Revision: 1, People: crowd(0, 2)})[0].Request
			must(t, st.Begin(t.Context(), first))
			must(t, st.Settle(t.Context(), first, Settlement{Outcome: InDoubt}))
			claimed(t, st, run, Claim{Address: address, Revision: 1, People: crowd(0, 1), Import: true})
			v := Resolution{Outcome: o, By: Gateway, Reason: "test"}
			if o != Unconfirmed {
				must(t, st.writer.alone(t.Context(), func(tx *transaction) error {
					tx.record("test", "")
					_, err := tx.exec("UPDATE request SET intent_at = 1 WHERE id = ?", int64(first))
					return err
				}))
				v.By = "ann"
			}
			_, err := st.Resolve(t.Context(), first, v)
			must(t, err)
			if diff := cmp.Diff([]string{"imported", o.String()}, outcomes(t, snapshot(t, st), crowd(0, 2))); diff != "" {
				t.Error(diff)
			}
			must(t, st.EndRun(t.Context(), run, "complete"))
			must(t, st.Close())
			sound(t, s)
		})
	}
}

// An import sends nothing, so it heeds no stop list; and it is claimed with the sends or not at all.
func TestAnImportIsRecordedWithTheSends(t *testing.T) {
	s := created(t)
	st := opened(t, s)
	run := started(t, st)
	stopped := claimed(t, st, run, Claim{Address: "message.other", Revision: 1, People: crowd(0, 1)})[0].Request
	must(t, st.Begin(t.Context(), stopped))
	must(t, st.Settle(t.Context(), stopped, Settlement{Outcome: Refused, Code: optedOut}))
	serial := st.Identity().Serial
	got := claimed(t, st, run,
		Claim{Address: address, Revision: 1, People: crowd(0, 3), Import: true},
		Claim{Address: address, Revision: 1, People: crowd(2, 3)})
	if diff := cmp.Diff([]Drop{{Index: 0}}, got[1].Dropped); diff != "" || len(got[0].Dropped) > 0 {
		t.Errorf("%s; %+v", diff, got[0])
	}
	if n := st.Identity().Serial - serial; n != 1 {
		t.Errorf("it took %d events", n)
	}
	must(t, st.EndRun(t.Context(), run, "complete"))
	must(t, st.Close())
	want := slices.Concat(slices.Repeat([]string{"imported"}, 3), slices.Repeat([]string{"unsent"}, 2))
	if diff := cmp.Diff(want, outcomes(t, read(t, s), crowd(0, 5))); diff != "" {
		t.Error(diff)
	}
	sound(t, s)
}

// Whom a plan at hand imports is imported by a recovery with it, and whom it sends to is in doubt.
func TestARecoveryImportsWhatItsPlansImport(t *testing.T) {
	s := used(t, created(t))
	copied := s.Path + ".copy"
	copyFile(t, s.Path, copied)
	must(t, removeFiles(s.Path, s.Path+"-wal", s.Path+"-shm"))
	r, err := Recover(t.Context(), s, copied, []Carried{{PlanID: "p", Requests: slices.Values([]CarriedRequest{
		{Address: address, Revision: 2, Numbers: []string{"12025550150", "12025550151"}, Import: true},
		{Address: address, Revision: 2, Numbers: []string{"12025550152"}},
	})}})
	must(t, err)
	if diff := cmp.Diff([]int{1}, r.Doubted); diff != "" {
		t.Error(diff)
	}
	s.Lineage = r.Lineage
	counts := map[Outcome]int{}
	for _, m := range read(t, s).Messages() {
		if m.Revision == 2 {
			counts = m.Counts
		}
	}
	if diff := cmp.Diff(map[Outcome]int{Imported: 2, InDoubt: 1}, counts); diff != "" {
		t.Error(diff)
	}
	sound(t, s)
}
