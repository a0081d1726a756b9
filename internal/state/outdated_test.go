package state

import (
	"errors"
	"strings"
	"testing"
)

// A plan from before names changed may call something else by them, and would send to the same people under a ledger that is new.
func TestAStateKnowsWhatAnOlderPlanCallsOtherwise(t *testing.T) {
	named := func(address, from string) Names { return Names{Present: []Name{{Address: address, MovedFrom: from}}} }
	register := func(t *testing.T, st *State, names Names) {
		t.Helper()
		names.Since = st.Identity().Serial
		must(t, st.Register(t.Context(), names))
	}
	inRun := func(plan string, names Names) func(*testing.T, *State) {
		return func(t *testing.T, st *State) {
			run, err := st.StartRun(t.Context(), Run{PlanID: plan})
			must(t, err)
			register(t, st, names)
			must(t, st.EndRun(t.Context(), run, "complete"))
		}
	}
	both := Names{Present: []Name{{Address: "message.a", Text: [32]byte{1}}, {Address: "message.b", Text: [32]byte{2}}}}
	for name, tt := range map[string]struct {
		change func(*testing.T, *State)
		plan   Names
		want   string // in what it says
	}{
		"nothing": {func(*testing.T, *State) {}, named("message.new", ""), ""},
		"renamed": {func(t *testing.T, st *State) {
			_, err := st.Rename(t.Context(), "message.a", "message.b")
			must(t, err)
		}, named("message.a", ""), "was renamed"},
		"moved by another run": {inRun("other", named("message.b", "message.a")), named("message.a", ""), "was renamed"},
		"moved, and the name taken": {func(t *testing.T, st *State) {
			inRun("other", named("message.b", "message.a"))(t, st)
			inRun("other", Names{Present: []Name{{Address: "message.b"}, {Address: "message.a"}}})(t, st)
		}, named("message.a", ""), "was renamed"},
		"moved by the plan itself": {inRun("mine", named("message.b", "message.a")), named("message.b", "message.a"), ""},
		"moved by the plan, and by another": {func(t *testing.T, st *State) {
			inRun("mine", named("message.b", "message.a"))(t, st)
			inRun("other", named("message.c", "message.b"))(t, st)
		}, named("message.b", "message.a"), "was renamed"},
		"to be moved by the plan yet":              {func(*testing.T, *State) {}, named("message.b", "message.a"), ""},
		"the target is there, and was sent nobody": {func(t *testing.T, st *State) { register(t, st, both) }, named("message.b", "message.a"), ""},
		"the target was sent": {func(t *testing.T, st *State) {
			register(t, st, both)
			claimed(t, st, started(t, st), Claim{Address: "message.b", Revision: 1, People: crowd(5, 6)})
		}, named("message.b", "message.a"), "message.b has been sent under that name since"},
		"what it would have moved was sent": {func(t *testing.T, st *State) {
			claimed(t, st, started(t, st), Claim{Address: "message.old", Revision: 1, People: crowd(5, 6)})
		}, Names{Unmoved: []string{"message.old"}, Present: []Name{{Address: "message.a"}, {Address: "message.new", Text: [32]byte{2}}}}, "message.old was sent since it was made"},
		"an instance of what it would have moved was sent": {func(t *testing.T, st *State) {
			claimed(t, st, started(t, st), Claim{Address: `message.old["x"]`, Revision: 1, People: crowd(5, 6)})
		}, Names{Unmoved: []string{"message.old"}, Present: []Name{{Address: `message.new["x"]`, Text: [32]byte{2}}}}, `message.old["x"] was sent since it was made`},
		"what it would have moved is not there": {func(t *testing.T, st *State) {
			claimed(t, st, started(t, st), Claim{Address: "message.older", Revision: 1, People: crowd(5, 6)})
		}, Names{Unmoved: []string{"message.old"}, Present: []Name{{Address: "message.a"}}}, ""},
		"the text was sent under another name": {func(t *testing.T, st *State) {
			register(t, st, both)
			claimed(t, st, started(t, st), Claim{Address: "message.b", Revision: 1, People: crowd(5, 6)})
		}, Names{Present: []Name{{Address: "message.a"}, {Address: "message.new", Text: [32]byte{2}}}}, "has the text of message.b"},
		"the text is that of one that it has": {func(t *testing.T, st *State) {
			register(t, st, both)
			claimed(t, st, started(t, st), Claim{Address: "message.b", Revision: 1, People: crowd(5, 6)})
		}, Names{Present: []Name{{Address: "message.b"}, {Address: "message.new", Text: [32]byte{2}}}}, ""},
		"the text is that of one with its dedupe key": {func(t *testing.T, st *State) {
			register(t, st, Names{Present: []Name{{Address: "message.b", DedupeKey: "k", Text: [32]byte{2}}}})
			claimed(t, st, started(t, st), Claim{Address: "message.b", Revision: 1, People: crowd(5, 6)})
		}, Names{Present: []Name{{Address: "message.new", DedupeKey: "k", Text: [32]byte{2}}}}, ""},
		"the text is that of one that shares the ledger of another with its dedupe key": {func(t *testing.T, st *State) {
			register(t, st, Names{Present: []Name{{Address: "message.a", DedupeKey: "l"}, {Address: "message.b", DedupeKey: "l", Text: [32]byte{2}}}})
			claimed(t, st, started(t, st), Claim{Address: "message.b", Revision: 1, People: crowd(5, 6)})
		}, Names{Present: []Name{{Address: "message.a", DedupeKey: "k"}, {Address: "message.new", DedupeKey: "k", Text: [32]byte{2}}}}, ""},
		"the text is that of one that it lets go": {func(t *testing.T, st *State) {
			register(t, st, both)
			claimed(t, st, started(t, st), Claim{Address: "message.b", Revision: 1, People: crowd(5, 6)})
		}, Names{Removed: []string{"message.b"}, Present: []Name{{Address: "message.new", Text: [32]byte{2}}}}, ""},
		"the text was to be sent under another name, and never was": {func(t *testing.T, st *State) {
			register(t, st, both)
			run := started(t, st)
			claimed(t, st, run, Claim{Address: "message.b", Revision: 1, People: crowd(5, 6)})
			must(t, st.EndRun(t.Context(), run, "stopped"))
		}, Names{Present: []Name{{Address: "message.a"}, {Address: "message.new", Text: [32]byte{2}}}}, ""},
		"the block was sent under another key": {func(t *testing.T, st *State) {
			claimed(t, st, started(t, st), Claim{Address: `message.new["x"]`, Revision: 1, People: crowd(5, 6)})
		}, Names{Present: []Name{{Address: "message.a"}, {Address: `message.new["y"]`, Text: [32]byte{2}}}}, `message.new["y"] is new in it and has the block of message.new["x"]`},
		"for_each was added since": {func(t *testing.T, st *State) {
			claimed(t, st, started(t, st), Claim{Address: `message.new["x"]`, Revision: 1, People: crowd(5, 6)})
		}, Names{Present: []Name{{Address: "message.a"}, {Address: "message.new", Text: [32]byte{2}}}}, `message.new is new in it and has the block of message.new["x"]`},
		"the block was sent under another key that it has too": {func(t *testing.T, st *State) {
			claimed(t, st, started(t, st), Claim{Address: `message.new["x"]`, Revision: 1, People: crowd(5, 6)})
		}, Names{Present: []Name{{Address: `message.new["x"]`}, {Address: `message.new["y"]`, Text: [32]byte{2}}}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, st := addressed(t, "message.a")
			tt.plan.Since = st.Identity().Serial
			tt.change(t, st)
			got, outdated := "", (*OutdatedError)(nil)
			if err := st.CheckNames(t.Context(), "mine", tt.plan); errors.As(err, &outdated) {
				got = outdated.Why
			} else {
				must(t, err)
			}
			if (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
				t.Errorf("it says %q, want %q", got, tt.want)
			}
		})
	}
}

// What was sent before a plan was made has been asked about, or is of a ledger that the plan joins.
func TestAPlanIsNotOutdatedByWhatItWasMadeAgainst(t *testing.T) {
	_, st := addressed(t, "message.a")
	must(t, st.Register(t.Context(), Names{Present: []Name{{Address: "message.a"}, {Address: "message.b", Text: [32]byte{2}}}}))
	claimed(t, st, started(t, st), Claim{Address: "message.b", Revision: 1, People: crowd(5, 6)})
	names := Names{Since: st.Identity().Serial, Present: []Name{{Address: "message.a"}, {Address: "message.new", Text: [32]byte{2}}}}
	must(t, st.CheckNames(t.Context(), "mine", names))
}

// What was said of names after a plan was made stands.
func TestALatePlanMarksNothingAbsentAndBringsNothingBack(t *testing.T) {
	_, st := addressed(t, "message.a", "message.b")
	since := st.Identity().Serial
	newer := Names{Since: since, Present: []Name{{Address: "message.a", Text: [32]byte{1}}, {Address: "message.later", Text: [32]byte{3}}}}
	must(t, st.Register(t.Context(), newer))
	must(t, st.Register(t.Context(), Names{Since: since, Removed: []string{"message.later"}, Present: []Name{
		{Address: "message.a", Text: [32]byte{9}}, {Address: "message.b"}, {Address: "message.new", Text: [32]byte{4}},
	}}))
	want := map[string]struct {
		absent bool
		text   byte
	}{"message.a": {false, 1}, "message.b": {true, 0}, "message.later": {false, 3}, "message.new": {false, 4}}
	for _, a := range snapshot(t, st).Addresses() {
		w := want[a.Address]
		if delete(want, a.Address); a.Absent.IsZero() == w.absent || a.Removed || w.text != 0 && (a.Text == nil || a.Text[0] != w.text) {
			t.Errorf("%+v; want %+v", a, w)
		}
	}
	if len(want) > 0 {
		t.Errorf("missing: %v", want)
	}
}
