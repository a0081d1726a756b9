package state

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What a run knew that a recovery has put in doubt: another run, which the copy did not know of, may have sent since.
func TestALateWordOfUnsentIsNotBelievedAcrossARecovery(t *testing.T) {
	for name, tt := range map[string]struct {
		recovered bool
		plans     []Carried
		says      Outcome
		want      Outcome
		learnt    Learnt
	}{
		"unsent, and no recovery":           {says: Unsent, want: Unsent, learnt: Learnt{Recorded: true}},
		"unsent, before a recovery":         {recovered: true, says: Unsent, want: InDoubt, learnt: Learnt{Doubted: 2}},
		"unsent, before one with plans":     {recovered: true, plans: []Carried{carried("12025550150")}, says: Unsent, want: InDoubt, learnt: Learnt{Doubted: 2}},
		"accepted, before a recovery":       {recovered: true, says: Accepted, want: Accepted, learnt: Learnt{Recorded: true}},
		"refused, before a recovery":        {recovered: true, says: Refused, want: Refused, learnt: Learnt{Recorded: true}},
		"still in doubt, before a recovery": {recovered: true, says: InDoubt, want: InDoubt},
	} {
		t.Run(name, func(t *testing.T) {
			s := created(t)
			st := opened(t, s)
			run := started(t, st)
			p := crowd(0, 2)
			q := claimed(t, st, run, claimOf(p...))[0]
			must(t, st.Begin(t.Context(), q.Request))
			must(t, st.Close())
			if tt.recovered {
				copied := filepath.Join(t.TempDir(), "copy.state")
				copyFile(t, s.Path, copied)
				must(t, removeFiles(s.Path, s.Path+"-wal", s.Path+"-shm"))
				_, err := Recover(t.Context(), s, copied, tt.plans)
				must(t, err)
			}
			st = opened(t, s)
			late := Late{Run: run, Request: q.Request, ClientID: q.ClientID, People: 2, By: "ann@host", Reason: "saved", Settlement: Settlement{Outcome: tt.says}}
			learnt, err := st.SettleLate(t.Context(), late)
			must(t, err)
			if diff := cmp.Diff(tt.learnt, learnt); diff != "" {
				t.Error(diff)
			}
			must(t, st.Close())
			if diff := cmp.Diff([]string{tt.want.String(), tt.want.String()}, outcomes(t, read(t, s), p)); diff != "" {
				t.Error(diff)
			}
			sound(t, s)
		})
	}
}

// A run that begins after the recovery knows everything that the state does.
func TestALateWordOfUnsentIsBelievedOfARunSinceTheRecovery(t *testing.T) {
	copied := filepath.Join(t.TempDir(), "copy.state")
	s, _ := lostAfter(t, copied)
	must(t, removeFiles(s.Path, s.Path+"-wal", s.Path+"-shm"))
	_, err := Recover(t.Context(), s, copied, nil)
	must(t, err)
	st := opened(t, s)
	run := started(t, st)
	q := claimed(t, st, run, claimOf(crowd(0, 1)...))[0]
	must(t, st.Begin(t.Context(), q.Request))
	must(t, st.Close())
	st = opened(t, s)
	learnt, err := st.SettleLate(t.Context(), Late{Run: run, Request: q.Request, ClientID: q.ClientID, People: 1, By: "ann@host", Reason: "saved", Settlement: Settlement{Outcome: Unsent}})
	must(t, err)
	if diff := cmp.Diff(Learnt{Recorded: true}, learnt); diff != "" {
		t.Error(diff)
	}
}
