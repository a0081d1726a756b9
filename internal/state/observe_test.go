package state

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// watched is a state with requests in every outcome that a status can be about, and the observations that can be made of them.
type watched struct {
	Settings
	possible []Observation // without status, time and charge
}

// number gives the E.164 digits of the i-th of a test's people.
func number(i int) string { return fmt.Sprintf("120255501%02d", i) }

func newWatched(t testing.TB) watched {
	t.Helper()
	w := watched{Settings: created(t)}
	st := opened(t, w.Settings)
	defer func() { must(t, st.Close()) }()
	run := started(t, st)
	next := 0
	request := func(people int, o *Settlement) {
		c := Claim{Address: address, Revision: 1}
		from := next
		for range people {
			c.People = st.AppendAlias(c.People, number(next))
			next++
		}
		q := claimed(t, st, run, c)[0]
		must(t, st.Begin(t.Context(), q.Request))
		if o != nil {
			must(t, st.Settle(t.Context(), q.Request, *o))
		}
		for i := range people {
			one := Observation{ID: [16]byte{1, byte(from + i)}, ClientID: q.ClientID, People: (&Keys{st.keys}).Pseudonyms(number(from + i))}
			w.possible = append(w.possible, one)
			if o != nil && o.IDs != nil && o.IDs[i] != [16]byte{} {
				w.possible = append(w.possible, Observation{ID: one.ID}, Observation{ID: one.ID, ClientID: one.ClientID})
			} else {
				w.possible = append(w.possible, Observation{ClientID: one.ClientID, People: one.People})
			}
		}
	}
	request(3, &Settlement{Outcome: Accepted, IDs: [][16]byte{{1, 0}, {1, 1}, {1, 2}}})
	request(2, &Settlement{Outcome: Unconfirmed})
	request(1, &Settlement{Outcome: InDoubt})
	request(2, &Settlement{Outcome: Accepted, IDs: [][16]byte{{1, 6}, {}}, Exceptions: []Exception{{1, Refused, 114}}})
	request(2, &Settlement{Outcome: Unsent})
	request(2, nil) // under way until the run is gone
	// Two people are sent to anew, and the second request is lost too.
	request(2, &Settlement{Outcome: InDoubt})
	again := Claim{Address: address, Revision: 1, Anew: Anew{Allowed: true}}
	again.People = st.AppendAlias(st.AppendAlias(nil, number(next-2)), number(next-1))
	q := claimed(t, st, run, again)[0]
	must(t, st.Begin(t.Context(), q.Request))
	must(t, st.Settle(t.Context(), q.Request, Settlement{Outcome: InDoubt}))
	for i := next - 2; i < next; i++ {
		w.possible = append(w.possible, Observation{ID: [16]byte{2, byte(i)}, ClientID: q.ClientID, People: (&Keys{st.keys}).Pseudonyms(number(i))})
	}
	w.possible = append(w.possible, Observation{ID: [16]byte{9}}, Observation{ClientID: strings.Repeat("v", 32)}, Observation{})
	return w
}

// copied gives the same state at another place.
func (w watched) copied(t testing.TB) Settings {
	t.Helper()
	dir := t.TempDir()
	s := w.Settings
	s.Path, s.Anchor = filepath.Join(dir, "smsplan.state"), filepath.Join(dir, "anchor")
	copyFile(t, w.Path, s.Path)
	_, err := Adopt(t.Context(), s)
	must(t, err)
	return s
}

// told gives what a state says of its sends, but for when it learnt that.
func told(t testing.TB, s Settings) (all []string) {
	t.Helper()
	var out bytes.Buffer
	must(t, Pull(t.Context(), s, &out, "jsonl"))
	for line := range bytes.Lines(out.Bytes()) {
		var p pulledSend
		must(t, json.Unmarshal(line, &p))
		if p.Type == "send" {
			all = append(all, fmt.Sprint(p.Person[:6], " ", p.Outcome, " ", p.Status, " ", p.StatusAt, " ", p.Charge, " ", p.ID))
		}
	}
	for i := 12; i < 14; i++ { // who were sent to anew
		attempts, err := History(t.Context(), s, address, number(i))
		must(t, err)
		for _, a := range attempts {
			all = append(all, fmt.Sprint(i, " ", a.Attempt, " ", a.Outcome, " ", a.Status, " ", a.ID))
		}
	}
	return all
}

// The same statuses in any order, in any pieces and any number of times make the same state, and it is sound.
func TestStatusesInAnyOrderMakeTheSameState(t *testing.T) {
	w := newWatched(t)
	began := time.Date(2026, 5, 6, 7, 8, 9, 0, time.UTC)
	rapid.Check(t, func(rt *rapid.T) {
		var list []Observation
		for range rapid.IntRange(1, 12).Draw(rt, "observations") {
			o := rapid.SampledFrom(w.possible).Draw(rt, "of")
			o.Status = Status(rapid.SampledFrom([]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 900}).Draw(rt, "status"))
			o.At = began.Add(time.Duration(rapid.IntRange(0, 5).Draw(rt, "at")) * time.Second)
			o.Charged = rapid.Bool().Draw(rt, "charged")
			if o.Charged {
				o.Charge = int64(rapid.IntRange(0, 3).Draw(rt, "charge")) * 1e5
			}
			list = append(list, o)
		}
		again := append(slices.Clone(list), list[:rapid.IntRange(0, len(list)).Draw(rt, "repeated")]...)
		again = rapid.Permutation(again).Draw(rt, "again")

		one, other := w.copied(t), w.copied(t)
		st := opened(t, one)
		_, err := st.Observe(t.Context(), list)
		must(t, err)
		must(t, st.Close())
		st = opened(t, other)
		for len(again) > 0 {
			n := rapid.IntRange(1, len(again)).Draw(rt, "together")
			_, err := st.Observe(t.Context(), again[:n])
			must(t, err)
			again = again[n:]
		}
		head := st.Identity()
		seen, err := st.Observe(t.Context(), list)
		must(t, err)
		if seen.Recorded != 0 || st.Identity() != head {
			rt.Errorf("what is known is recorded again: %+v", seen)
		}
		must(t, st.Close())
		if diff := cmp.Diff(told(t, one), told(t, other)); diff != "" {
			rt.Error(diff)
		}
		sound(t, one)
	})
}

func TestAStatusIsProofOfASend(t *testing.T) {
	const unsettled = 4 // number in the list of people: in doubt alone
	w := newWatched(t)
	find := func(i int) Observation { // by the number that the receipt names
		return w.possible[slices.IndexFunc(w.possible, func(o Observation) bool { return o.ID == [16]byte{1, byte(i)} && o.People != nil })]
	}
	for name, tt := range map[string]struct {
		person int
		status Status
		want   Outcome
	}{
		"unconfirmed":               {3, 4, Accepted},
		"unconfirmed, failed":       {unsettled, 7, Accepted},
		"in doubt":                  {5, 2, Accepted},
		"in doubt, nothing proven":  {5, 1, InDoubt},
		"refused":                   {7, 4, Accepted},
		"unsent":                    {8, 3, Accepted},
		"its run was gone":          {10, 11, Accepted},
		"a former request reached":  {12, 4, Accepted},
		"accepted, and then failed": {0, 9, Accepted},
	} {
		t.Run(name, func(t *testing.T) {
			s := w.copied(t)
			st := opened(t, s)
			o := find(tt.person)
			o.Status = tt.status
			_, err := st.Observe(t.Context(), []Observation{o})
			must(t, err)
			must(t, st.Close())
			attempts, err := History(t.Context(), s, address, number(tt.person))
			must(t, err)
			if last := attempts[len(attempts)-1]; last.Outcome != tt.want {
				t.Errorf("it is %s; want %s", last.Outcome, tt.want)
			}
			// Nobody else of the request is.
			if tt.person == 3 {
				other, err := History(t.Context(), s, address, number(4))
				must(t, err)
				if other[0].Outcome != Unconfirmed {
					t.Errorf("the other one is %s", other[0].Outcome)
				}
			}
			sound(t, s)
		})
	}
}

func TestTheStatusThatSaysMostStays(t *testing.T) {
	w := newWatched(t)
	at := time.Date(2026, 5, 6, 7, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		said   []Observation
		status Status
		at     time.Duration
		charge string
	}{
		"in order":                        {[]Observation{{Status: 2}, {Status: 3, At: at.Add(1)}, {Status: 4, At: at.Add(time.Minute), Charge: 8e5, Charged: true}}, 4, time.Minute, "0.800000"},
		"the other way round":             {[]Observation{{Status: 4, At: at.Add(time.Minute), Charge: 8e5, Charged: true}, {Status: 3, At: at}, {Status: 2}}, 4, time.Minute, "0.800000"},
		"scheduled, then sent":            {[]Observation{{Status: 3, At: at}, {Status: 11, At: at.Add(time.Hour)}}, 3, 0, ""},
		"an intermediate one later":       {[]Observation{{Status: 10, At: at}, {Status: 2, At: at.Add(time.Hour)}}, 10, 0, ""},
		"delivered after it failed":       {[]Observation{{Status: 7, At: at}, {Status: 4, At: at.Add(time.Hour)}}, 4, time.Hour, ""},
		"failed after it was delivered":   {[]Observation{{Status: 4, At: at}, {Status: 7, At: at.Add(time.Hour)}}, 4, 0, ""},
		"asked later, charged then":       {[]Observation{{Status: 4, At: at}, {Status: 4, At: at.Add(time.Hour), Charge: 5, Charged: true}}, 4, 0, "0.000005"},
		"what was reserved is given back": {[]Observation{{Status: 3, At: at, Charge: 8e5, Charged: true}, {Status: 10, At: at, Charged: true}}, 10, 0, "0.000000"},
		"nothing proven":                  {[]Observation{{Status: 3, At: at}, {Status: 1, At: at.Add(time.Hour)}}, 3, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := w.copied(t)
			st := opened(t, s)
			for _, o := range tt.said {
				o.ID = [16]byte{1, 0}
				_, err := st.Observe(t.Context(), []Observation{o})
				must(t, err)
			}
			must(t, st.Close())
			attempts, err := History(t.Context(), s, address, number(0))
			must(t, err)
			if got := attempts[0]; got.Status != tt.status || !got.StatusAt.Equal(at.Add(tt.at)) || got.Charge != tt.charge {
				t.Errorf("status %s, at %s, charge %q", got.Status, got.StatusAt, got.Charge)
			}
		})
	}
}

// That a former request has reached somebody is recorded also where nothing is new of what is sent to that person now.
func TestAStatusOfAFormerRequestIsRecordedByItself(t *testing.T) {
	w := newWatched(t)
	st := opened(t, w.Settings)
	find := func(id [16]byte) Observation {
		return w.possible[slices.IndexFunc(w.possible, func(o Observation) bool { return o.ID == id })]
	}
	for _, one := range []struct {
		id     [16]byte
		status Status
	}{{[16]byte{2, 13}, 4}, {[16]byte{1, 13}, 5}} {
		o := find(one.id)
		o.Status = one.status
		seen, err := st.Observe(t.Context(), []Observation{o})
		must(t, err)
		if seen.Recorded != 1 {
			t.Errorf("%+v", seen)
		}
	}
	must(t, st.Close())
	attempts, err := History(t.Context(), w.Settings, address, number(13))
	must(t, err)
	if len(attempts) != 2 || attempts[0].Outcome != Accepted || attempts[1].Outcome != Accepted || attempts[1].Status != 4 {
		t.Errorf("%+v", attempts)
	}
}

// A status may come before the request that has taken the person over is begun. That request is then released as one that was not
// sent, and whoever has the message is not sent to again.
func TestWhoWasReachedIsNotReleasedWithALaterRequest(t *testing.T) {
	s := created(t)
	st := opened(t, s)
	run := started(t, st)
	c := Claim{Address: address, Revision: 1, People: st.AppendAlias(nil, number(1))}
	former := claimed(t, st, run, c)[0]
	must(t, st.Begin(t.Context(), former.Request))
	must(t, st.Settle(t.Context(), former.Request, Settlement{Outcome: Unsent}))
	claimed(t, st, run, c)
	_, err := st.Observe(t.Context(), []Observation{{ClientID: former.ClientID, Status: 4}})
	must(t, err)
	must(t, st.Close()) // the run is gone
	st = opened(t, s)
	again := claimed(t, st, started(t, st), c)
	if len(again) != 1 || len(again[0].Dropped) != 1 || again[0].Dropped[0].Outcome != Accepted {
		t.Errorf("%+v", again)
	}
}

// What the gateway withdrew, by its own word, and then delivered all the same: the person has that version, and gets no other one.
func TestWhoWasReachedByWhatWasWithdrawnIsNotSentToAgain(t *testing.T) {
	for status, want := range map[Status]Outcome{4: Accepted, 7: Accepted, 6: Unsent, 11: Unsent} {
		t.Run(status.String(), func(t *testing.T) {
			s, st, run, client, people := waiting(t)
			asked, err := st.BeginWithdrawal(t.Context(), run, Withdrawal{client, people[0], TextChanged})
			must(t, err)
			_, err = st.EndWithdrawal(t.Context(), asked.Request, asked.Person, asked.At, Cancelled, 6)
			must(t, err)
			again := claimed(t, st, run, Claim{Address: address, Revision: 1, People: people[:1]})[0]
			must(t, st.Begin(t.Context(), again.Request))
			must(t, st.Settle(t.Context(), again.Request, Settlement{Outcome: Unsent}))
			_, err = st.Observe(t.Context(), []Observation{{ID: asked.ID, ClientID: client, Status: status}})
			must(t, err)
			if got := outcomes(t, snapshot(t, st), people[:1]); got[0] != want.String() {
				t.Errorf("it is %s; want %s", got[0], want)
			}
			must(t, st.Close())
			sound(t, s)
		})
	}
}
