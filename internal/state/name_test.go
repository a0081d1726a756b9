package state

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// registered takes in names, and gives the snapshot after it.
func registered(t *testing.T, st *State, names Names) *Snapshot {
	t.Helper()
	names.Since = st.Identity().Serial
	must(t, st.Register(t.Context(), names))
	return snapshot(t, st)
}

func present(addresses ...string) Names {
	var n Names
	for _, a := range addresses {
		n.Present = append(n.Present, Name{Address: a})
	}
	return n
}

// sentTo claims and settles as accepted.
func sentTo(t *testing.T, st *State, run RunID, address string, people ...Person) {
	t.Helper()
	for _, c := range claimed(t, st, run, Claim{Address: address, Revision: 1, People: people}) {
		if len(c.Dropped) > 0 {
			t.Fatalf("%d dropped", len(c.Dropped))
		}
		must(t, st.Begin(t.Context(), c.Request))
		must(t, st.Settle(t.Context(), c.Request, Settlement{Outcome: Accepted}))
	}
}

// wins reports which of people a claim for the address gets.
func wins(t *testing.T, st *State, run RunID, address string, people ...Person) (won []Person) {
	t.Helper()
	for _, p := range people {
		if got := claimed(t, st, run, Claim{Address: address, Revision: 1, People: []Person{p}}); got[0].Request != 0 {
			won = append(won, p)
		}
	}
	return won
}

func TestAMovedAddressKeepsItsMessage(t *testing.T) {
	s := created(t)
	st := opened(t, s)
	run, p := started(t, st), crowd(0, 2)
	sentTo(t, st, run, "message.a", p[0])
	before := snapshot(t, st)
	after := registered(t, st, Names{Present: []Name{{Address: "message.b", MovedFrom: "message.a", Text: [32]byte{1}}}})
	if got, want := after.addresses["message.b"].Message, before.addresses["message.a"].Message; got != want || len(after.addresses) != 1 {
		t.Errorf("message.b is message %d of %v; want %d", got, after.addresses, want)
	}
	if diff := cmp.Diff([]Person{p[1]}, wins(t, st, run, "message.b", p...)); diff != "" {
		t.Error(diff)
	}
	if send, _ := snapshot(t, st).Ledger("message.b", 1).Find(p[:1]); send.Address != "message.b" {
		t.Errorf("the former send is of %s", send.Address)
	}
	sound(t, s)
}

func TestAMoveThatWasMadeOrHasNoSourceChangesNothing(t *testing.T) {
	st := opened(t, created(t))
	names := Names{Present: []Name{{Address: "message.b", MovedFrom: "message.a"}}}
	first := registered(t, st, names)
	second := registered(t, st, names)
	if len(first.addresses) != 1 || second.Serial != first.Serial {
		t.Errorf("serials %d and %d, addresses %v", first.Serial, second.Serial, first.addresses)
	}
}

func TestAMoveToAnAddressWithALedgerIsRefused(t *testing.T) {
	st := opened(t, created(t))
	must(t, st.Register(t.Context(), present("message.a", "message.b")))
	sentTo(t, st, started(t, st), "message.b", crowd(0, 1)...)
	before := snapshot(t, st)
	err := st.Register(t.Context(), Names{Present: []Name{{Address: "message.b", MovedFrom: "message.a"}}})
	if err == nil || !strings.Contains(err.Error(), "ledger of its own") {
		t.Errorf("got %v", err)
	}
	if after := snapshot(t, st); after.Serial != before.Serial {
		t.Error("something was recorded")
	}
}

func TestAddressesWithADedupeKeyShareALedger(t *testing.T) {
	s := created(t)
	st := opened(t, s)
	run, p := started(t, st), crowd(0, 3)
	snap := registered(t, st, Names{Present: []Name{{Address: "message.a", DedupeKey: "k"}, {Address: "message.b", DedupeKey: "k"}, {Address: "message.c"}}})
	if a := snap.addresses; a["message.a"].Message != a["message.b"].Message || a["message.a"].Message == a["message.c"].Message || snap.Deduped("k") != a["message.a"].Message {
		t.Fatalf("%v, key %d", a, snap.Deduped("k"))
	}
	sentTo(t, st, run, "message.a", p[0])
	sentTo(t, st, run, "message.b", p[1])
	if won := wins(t, st, run, "message.b", p[0]); won != nil {
		t.Error("a person gets two messages of one key")
	}
	want := []Summary{
		{Address: "message.a", Revision: 1, Counts: map[Outcome]int{Accepted: 1}},
		{Address: "message.b", Revision: 1, Counts: map[Outcome]int{Accepted: 1}},
	}
	got := snapshot(t, st).Messages()
	for i := range got {
		got[i].FirstSeen, got[i].Key = want[0].FirstSeen, ""
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	sound(t, s)
}

func TestOfTwoClaimsForOnePersonAndKeyTheEarlierWins(t *testing.T) {
	st := opened(t, created(t))
	run, p := started(t, st), crowd(0, 1)
	must(t, st.Register(t.Context(), Names{Present: []Name{{Address: "message.b", DedupeKey: "k"}, {Address: "message.a", DedupeKey: "k"}}}))
	got := claimed(t, st, run, Claim{Address: "message.b", Revision: 1, People: p}, Claim{Address: "message.a", Revision: 1, People: p})
	if got[0].Request == 0 || got[1].Request != 0 {
		t.Errorf("got %+v", got)
	}
}

func TestJoinedLedgersForgetNobody(t *testing.T) {
	s := created(t)
	st := opened(t, s)
	const number = "12025550143"
	run, p := started(t, st), st.AppendAlias(crowd(0, 3), number)
	must(t, st.Register(t.Context(), Names{Present: []Name{{Address: "message.a"}, {Address: "message.b"}, {Address: "message.c", DedupeKey: "k"}}}))
	sentTo(t, st, run, "message.a", p[0])
	sentTo(t, st, run, "message.b", p[1], p[3])
	sentTo(t, st, run, "message.c", p[2])
	unsent := claimed(t, st, run, Claim{Address: "message.c", Revision: 1, People: crowd(10, 1)})
	must(t, st.Settle(t.Context(), unsent[0].Request, Settlement{Outcome: Unsent}))

	joined := Names{Present: []Name{{Address: "message.a", DedupeKey: "k"}, {Address: "message.b", DedupeKey: "k"}, {Address: "message.c", DedupeKey: "k"}}}
	snap := registered(t, st, joined)
	id := snap.addresses["message.a"].Message
	if snap.addresses["message.b"].Message != id || snap.addresses["message.c"].Message != id || len(snap.Ledgers(id, 1)) != 3 {
		t.Fatalf("%v, %d ledgers", snap.addresses, len(snap.Ledgers(id, 1)))
	}
	sound(t, s)
	for _, address := range []string{"message.a", "message.b", "message.c"} {
		if won := wins(t, st, run, address, p...); won != nil {
			t.Errorf("%s would be sent again to %d", address, len(won))
		}
	}
	// Whoever was certainly not sent to can be, and only once.
	if won := wins(t, st, run, "message.b", crowd(10, 1)...); len(won) != 1 {
		t.Error("somebody whose send was unsent is lost")
	}
	if won := wins(t, st, run, "message.c", crowd(10, 1)...); won != nil {
		t.Error("the former ledger gives a person away a second time")
	}
	// A changed key forgets nothing either.
	joined.Present[1].DedupeKey = "other"
	if snap := registered(t, st, joined); snap.Deduped("other") != id {
		t.Error("a new key for a message is a name of another one")
	}
	attempts, err := History(t.Context(), s, "message.b", number)
	must(t, err)
	if len(attempts) != 1 || attempts[0].Outcome != Accepted {
		t.Errorf("attempts %+v", attempts)
	}
	sound(t, s)
}

func TestAddressesAreAbsentSinceTheFirstApplyWithoutThem(t *testing.T) {
	st := opened(t, created(t))
	must(t, st.Register(t.Context(), present("message.a", "message.b")))
	first := registered(t, st, present("message.b"))
	a := first.addresses["message.a"]
	if a.Absent.IsZero() || a.Removed || !first.addresses["message.b"].Absent.IsZero() {
		t.Fatalf("%+v", first.addresses)
	}
	again := registered(t, st, present("message.b"))
	if again.Serial != first.Serial || again.addresses["message.a"].Absent != a.Absent {
		t.Error("a second apply without it counts anew")
	}
	removed := present("message.b")
	removed.Removed = []string{"message.a"}
	third := registered(t, st, removed)
	if got := third.addresses["message.a"]; !got.Removed || got.Absent != a.Absent {
		t.Errorf("%+v", got)
	}
	if kept := registered(t, st, present("message.b")); !kept.addresses["message.a"].Removed || kept.Serial != third.Serial {
		t.Error("without its block the removal is forgotten")
	}
	back := registered(t, st, present("message.a")).addresses
	if a := back["message.a"]; !a.Absent.IsZero() || a.Removed || back["message.b"].Absent.IsZero() {
		t.Errorf("%+v", back)
	}
	if gone := registered(t, st, Names{}).addresses; gone["message.a"].Absent.IsZero() {
		t.Error("a configuration without messages has message.a")
	}
}

func TestNamesAreRecordedWithTheClaimOrNotAtAll(t *testing.T) {
	st := opened(t, created(t))
	run := started(t, st)
	before := snapshot(t, st)
	names := present("message.a")
	claims := slices.Values([]Claim{{Address: "message.a", Revision: 1, People: crowd(0, 1)}})
	if _, err := st.Claim(t.Context(), run+1, &names, claims); err == nil {
		t.Fatal("a run that is not going on claims")
	}
	if got := snapshot(t, st); got.Serial != before.Serial || len(got.addresses) != 0 {
		t.Error("the names were recorded without the claim")
	}
	if _, err := st.Claim(t.Context(), run, &names, claims); err != nil {
		t.Fatal(err)
	}
	if got := snapshot(t, st); got.Serial != before.Serial+1 || len(got.addresses) != 1 {
		t.Errorf("%d events, addresses %v", got.Serial-before.Serial, got.addresses)
	}
}

func TestALedgerUnderAFormerKeyIsLookedIntoToo(t *testing.T) {
	s := keyed(t) // message.outage has been sent to this number, under the key "old"
	const number = "12025550143"
	s.Key = "new,old"
	st := opened(t, s)
	run := started(t, st)
	must(t, st.Register(t.Context(), present("message.later", address)))
	sentTo(t, st, run, "message.later", st.AppendAlias(nil, "12025550144")...)
	must(t, st.Register(t.Context(), Names{Present: []Name{{Address: address, DedupeKey: "k"}, {Address: "message.later", DedupeKey: "k"}}}))
	for _, one := range []string{number, "12025550144"} {
		for _, a := range []string{address, "message.later"} {
			if got := claimed(t, st, run, Claim{Address: a, Revision: 1, People: st.AppendAlias(nil, one)}); got[0].Request != 0 {
				t.Errorf("%s is sent again to %s", a, one)
			}
		}
	}
}

func TestAMoveToAnAddressThatNothingWasSentUnderIsMade(t *testing.T) {
	s := created(t)
	st := opened(t, s)
	must(t, st.Register(t.Context(), present("message.a", "message.b")))
	run, p := started(t, st), crowd(0, 1)
	sentTo(t, st, run, "message.a", p...)
	must(t, st.Register(t.Context(), Names{Present: []Name{{Address: "message.b", MovedFrom: "message.a"}}}))
	if won := wins(t, st, run, "message.b", p...); won != nil {
		t.Error("the people of message.a would be sent to again")
	}
	sound(t, s)
}
