package state

import (
	"bytes"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWhoeverIsForgottenIsNotSentToAgain(t *testing.T) {
	s := created(t)
	st := opened(t, s)
	run := started(t, st)
	const gone, other = "12025550143", "12025550144"
	both := st.AppendAlias(st.AppendAlias(nil, other), gone)
	id := func(b byte) [16]byte { return [16]byte(bytes.Repeat([]byte{b}, 16)) }
	got := claimed(t, st, run,
		Claim{Address: "message.several", Revision: 1, TextDigest: [32]byte{1}, People: both},
		Claim{Address: "message.several", Revision: 2, TextDigest: [32]byte{1}, People: both},
		Claim{Address: "message.one", Revision: 1, TextDigest: [32]byte{2}, People: both[1:]})
	settled := []Settlement{
		{Outcome: Accepted, IDs: [][16]byte{id(0xa1), id(0xb2)}},
		{Outcome: InDoubt},
		{Outcome: Accepted, IDs: [][16]byte{id(0xc3)}, Evidence: "answer read whole"},
	}
	for i, c := range got {
		must(t, st.Begin(t.Context(), c.Request))
		must(t, st.Settle(t.Context(), c.Request, settled[i]))
	}
	_, err := st.Resolve(t.Context(), got[1].Request, Resolution{Outcome: Unconfirmed, By: Gateway, ID: id(0xd4), Reason: "querymsg"})
	must(t, err)
	must(t, st.writer.alone(t.Context(), func(tx *transaction) error {
		tx.record("test", "")
		_, err := tx.exec("UPDATE send SET status = 4, status_at = 5, charge = 6")
		return err
	}))
	must(t, st.EndRun(t.Context(), run, "complete"))

	f, err := st.Forget(t.Context(), []string{"19995550100", gone})
	must(t, err)
	if diff := cmp.Diff(Forgotten{Sends: 3, Messages: 2}, f); diff != "" {
		t.Error(diff)
	}
	if f, err := st.Forget(t.Context(), []string{"12025550199"}); err != nil || f != (Forgotten{}) {
		t.Errorf("a number that nobody knows: %v, %v", f, err)
	}
	again := claimed(t, st, started(t, st),
		Claim{Address: "message.several", Revision: 1, People: both}, Claim{Address: "message.several", Revision: 2, People: both},
		Claim{Address: "message.one", Revision: 1, People: both[1:]})
	if slices.ContainsFunc(again, func(c Claimed) bool { return c.Request != 0 }) {
		t.Error("somebody would be sent to twice")
	}
	must(t, st.Close())
	sound(t, s)

	for number, want := range map[string][]string{other: {"a1a1", ""}, gone: {"", "", ""}} {
		var ids []string
		for _, address := range []string{"message.several", "message.one"} {
			history, err := History(t.Context(), s, address, number)
			must(t, err)
			for _, a := range history {
				ids = append(ids, a.ID[:min(4, len(a.ID))])
			}
		}
		if diff := cmp.Diff(want, ids); diff != "" {
			t.Errorf("%s: %s", number, diff)
		}
	}
	for _, name := range []string{s.Path, s.Path + "-wal"} {
		b, err := os.ReadFile(name)
		must(t, err)
		for _, trace := range [][]byte{bytes.Repeat([]byte{0xb2}, 16), bytes.Repeat([]byte{0xc3}, 16), bytes.Repeat([]byte("d4"), 16)} {
			if bytes.Contains(b, trace) {
				t.Errorf("%x is still in %s", trace[:2], name)
			}
		}
	}
}

func TestTheStopListForgetsNobody(t *testing.T) {
	s := keyed(t)
	s.Key = "new,old"
	st := opened(t, s)
	f, err := st.Forget(t.Context(), []string{"46701740605"})
	must(t, err)
	if !f.Stopped || f.Sends != 1 {
		t.Errorf("%+v; want one send, and the stop list", f)
	}
	if snap := snapshot(t, st); !snap.Stopped(snap.AppendAlias(nil, []byte("46701740605"))) {
		t.Error("the stop list has lost somebody")
	}
}
