package state

import "testing"

func TestACompactedStateIsTheSameAndSmaller(t *testing.T) {
	s, st := addressed(t, "message.a")
	run := started(t, st)
	claimed(t, st, run, Claim{Address: "message.b", Revision: 1, People: crowd(0, 5000)})
	must(t, st.EndRun(t.Context(), run, "incomplete"))
	must(t, st.Remove(t.Context(), "message.b", 5000))
	must(t, st.Close())
	before, after, err := Compact(t.Context(), s)
	must(t, err)
	if after >= before/2 {
		t.Errorf("it has %d bytes after %d", after, before)
	}
	if n := len(read(t, s).Messages()); n != 1 {
		t.Errorf("%d messages; want 1", n)
	}
	must(t, opened(t, s).Close())
	sound(t, s)
}
