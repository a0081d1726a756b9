package state

import "testing"

func TestARemovedMessageCanBeSentAgainUnderOtherIDs(t *testing.T) {
	s, st := addressed(t, "message.a", "message.b")
	run := started(t, st)
	claimed(t, st, run, Claim{Address: "message.a", Revision: 2, People: crowd(5, 2)})
	must(t, st.EndRun(t.Context(), run, "incomplete"))
	epoch, before := snapshot(t, st).Epoch, st.Identity()
	if err := st.Remove(t.Context(), "message.a", 1); err == nil || st.Identity() != before {
		t.Errorf("with another count than there is: %v", err)
	}
	if err := st.Remove(t.Context(), "message.z", 0); err == nil {
		t.Error("it has removed what is not there")
	}
	must(t, st.Remove(t.Context(), "message.a", 3))
	snap := snapshot(t, st)
	if len(snap.Messages()) != 1 || snap.Epoch != epoch+1 {
		t.Errorf("messages %v, epoch %d; want one, and epoch %d", snap.Messages(), snap.Epoch, epoch+1)
	}
	again := claimed(t, st, started(t, st), Claim{Address: "message.a", Revision: 1, People: crowd(0, 1)})
	if again[0].Request == 0 {
		t.Error("it cannot be sent again")
	}
	must(t, st.Close())
	sound(t, s)
}

func TestTheEpochChangesTheClientID(t *testing.T) {
	ids := map[[20]byte]bool{}
	for _, epoch := range []int64{1, 2} {
		ids[clientID("lineage", epoch, []byte("key"), 1, []byte("roster"), 1)] = true
	}
	if len(ids) != 2 {
		t.Error("both epochs have the same climsgid")
	}
}

// Where a key is lost for good, what was sent under it can be given up.
func TestRemoveNeedsNoKey(t *testing.T) {
	s := keyed(t)
	s.Key, s.Keyless = "new", true
	st, err := Open(t.Context(), s)
	must(t, err)
	must(t, st.Remove(t.Context(), address, 2))
	must(t, st.Close())
}
