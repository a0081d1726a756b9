package state

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// lostAfter makes a state, keeps a copy of it, and lets a run go on that the copy does not know of. It gives the settings,
// the copy, and the climsgid of the run's request.
func lostAfter(t *testing.T, copied string) (s Settings, lost Claimed) {
	t.Helper()
	s = created(t)
	sentUnder(t, s, address, "12025550143")
	copyFile(t, s.Path, copied)
	st, err := Open(t.Context(), s)
	must(t, err)
	lost = claimed(t, st, started(t, st), Claim{Address: address, Revision: 1, People: st.AppendAlias(st.AppendAlias(nil, "12025550144"), "12025550145")})[0]
	must(t, st.Begin(t.Context(), lost.Request))
	must(t, st.Close())
	return s, lost
}

func carried(numbers ...string) Carried {
	return Carried{PlanID: "plan", Account: "account", Requests: slices.Values([]CarriedRequest{{Address: address, Revision: 1, Numbers: numbers}})}
}

func TestARecoveredStateHoldsWhomItsPlansMayHaveSentTo(t *testing.T) {
	for name, tt := range map[string]struct {
		before func(t *testing.T, s Settings, copied string) // what is at the state's path
		from   func(s Settings, copied string) string
		fails  string
	}{
		"lost":              {func(t *testing.T, s Settings, _ string) { must(t, removeFiles(s.Path, s.Path+"-wal", s.Path+"-shm")) }, nil, ""},
		"rolled back":       {func(t *testing.T, s Settings, copied string) { copyFile(t, copied, s.Path) }, func(s Settings, _ string) string { return s.Path }, ""},
		"something is left": {func(*testing.T, Settings, string) {}, nil, "move it away"},
	} {
		t.Run(name, func(t *testing.T) {
			copied := filepath.Join(t.TempDir(), "copy.state")
			s, lost := lostAfter(t, copied)
			tt.before(t, s, copied)
			from := copied
			if tt.from != nil {
				from = tt.from(s, copied)
			}
			r, err := Recover(t.Context(), s, from, []Carried{carried("12025550144", "12025550145"), carried("12025550145", "12025550143", "12025550146")})
			if tt.fails != "" {
				if err == nil || !strings.Contains(err.Error(), tt.fails) {
					t.Errorf("it gave %v; want an error with %q", err, tt.fails)
				}
				return
			}
			must(t, err)
			if diff := cmp.Diff([]int{2, 1}, r.Doubted); diff != "" || r.Epoch != 2 || r.Open != 0 {
				t.Errorf("%+v\n%s", r, diff)
			}
			st := opened(t, s)
			doubts, err := st.Doubts(t.Context())
			must(t, err)
			if len(doubts) != 2 || doubts[0].ClientID != lost.ClientID {
				t.Errorf("doubts %v; want two, the first with the climsgid of the request that was lost", doubts)
			}
			got := claimed(t, st, started(t, st), Claim{Address: address, Revision: 1,
				People: st.AppendAlias(st.AppendAlias(st.AppendAlias(st.AppendAlias(nil, "12025550143"), "12025550144"), "12025550146"), "12025550147")})
			if diff := cmp.Diff([]int{0, 1, 2}, indexes(got[0].Dropped)); diff != "" {
				t.Error(diff)
			}
			must(t, st.Close())
			sound(t, s)
		})
	}
}

// What a run had only planned when the copy was made, it may have sent afterwards.
func TestARunThatWentOnAfterTheCopyIsInDoubt(t *testing.T) {
	s := created(t)
	st := opened(t, s)
	got := claimed(t, st, started(t, st), Claim{Address: address, Revision: 1, People: crowd(0, 1)}, Claim{Address: address, Revision: 1, People: crowd(1, 1)})
	must(t, st.Begin(t.Context(), got[0].Request))
	must(t, st.Close())
	copied := s.Path + ".copy"
	copyFile(t, s.Path, copied)
	must(t, removeFiles(s.Path, s.Path+"-wal", s.Path+"-shm"))
	r, err := Recover(t.Context(), s, copied, nil)
	must(t, err)
	if diff := cmp.Diff([]string{"in doubt", "in doubt"}, outcomes(t, read(t, s), crowd(0, 2))); diff != "" || r.Open != 2 {
		t.Errorf("%+v\n%s", r, diff)
	}
	sound(t, s)
}

func TestWhatCannotBeRecovered(t *testing.T) {
	for name, change := range map[string]func(t *testing.T, s *Settings, copied string){
		"the other kind":  func(_ *testing.T, s *Settings, _ string) { s.Kind = Real },
		"another lineage": func(t *testing.T, s *Settings, copied string) { copyFile(t, used(t, created(t)).Path, copied) },
		"no copy":         func(t *testing.T, _ *Settings, copied string) { must(t, removeFiles(copied)) },
	} {
		t.Run(name, func(t *testing.T) {
			copied := filepath.Join(t.TempDir(), "copy.state")
			s, _ := lostAfter(t, copied)
			must(t, removeFiles(s.Path, s.Path+"-wal", s.Path+"-shm"))
			change(t, &s, copied)
			if _, err := Recover(t.Context(), s, copied, nil); err == nil {
				t.Error("it was")
			}
		})
	}
}

// A tombstone whose other end is lost, and a copy of the former format.
func TestATombstoneAndAFormerFormatAreRecovered(t *testing.T) {
	s := used(t, created(t))
	to := s.Path + ".moved"
	_, err := Push(t.Context(), s, to)
	must(t, err)
	var mismatch *MismatchError
	if _, err = Recover(t.Context(), s, s.Path, nil); !errors.As(err, &mismatch) || !strings.Contains(err.Error(), to) {
		t.Errorf("it was recovered while the state is at its new place: %v", err)
	}
	must(t, removeFiles(to, to+"-wal", to+"-shm"))
	_, err = Recover(t.Context(), s, s.Path, nil)
	must(t, err)
	must(t, opened(t, s).Close())

	s = released(t, "format-1-key.state")
	must(t, os.Rename(s.Path, s.Path+".copy"))
	s.Expect = ""
	r, err := Recover(t.Context(), s, s.Path+".copy", nil)
	must(t, err)
	if r.Open != 2 {
		t.Errorf("%d requests were under way; want 2", r.Open)
	}
	sound(t, s)
}

// A plan that renames a message has sent under the name that it has since.
func TestRecoveryTakesInTheNamesOfItsPlans(t *testing.T) {
	s, _ := lostAfter(t, filepath.Join(t.TempDir(), "copy.state"))
	p := carried("12025550146")
	p.Names = Names{Present: []Name{{Address: "message.new", MovedFrom: address}}}
	p.Requests = slices.Values([]CarriedRequest{{Address: "message.new", Revision: 1, Numbers: []string{"12025550146"}}})
	_, err := Recover(t.Context(), s, s.Path, []Carried{p})
	must(t, err)
	st := opened(t, s)
	got := claimed(t, st, started(t, st), Claim{Address: "message.new", Revision: 1, People: st.AppendAlias(st.AppendAlias(nil, "12025550143"), "12025550146")})
	if diff := cmp.Diff([]int{0, 1}, indexes(got[0].Dropped)); diff != "" {
		t.Error(diff)
	}
}

// What was sent after the copy was made has ids that the recovered state cannot know: that the gateway does not know those
// that it has proves nothing.
func TestNoProbeTakesOverWhatWasRecovered(t *testing.T) {
	for name, before := range map[string]func(*testing.T, *State, Claimed){
		"in a plan":              nil,
		"in doubt in the copy":   func(*testing.T, *State, Claimed) {},
		"asked about often then": func(t *testing.T, st *State, q Claimed) { askedOften(t, st, q.Request) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := created(t)
				st := opened(t, s)
				p := st.AppendAlias(nil, "12025550144")[0]
				if before != nil {
					before(t, st, doubtful(t, st, started(t, st), Anew{}, p))
				}
				must(t, st.Close())
				_, err := Recover(t.Context(), s, s.Path, []Carried{carried("12025550144")})
				must(t, err)
				st = opened(t, s)
				doubts, err := st.Doubts(t.Context())
				must(t, err)
				askedOften(t, st, doubts[0].Request)
				if takes(t, st, started(t, st), probe, p) {
					t.Error("it was taken over")
				}
				must(t, st.Close())
				sound(t, s)
			})
		})
	}
}

// Whether it was in a plan or in doubt in the copy: it may have been sent since under an id that is lost.
func TestTheClientIDsOfARecoveryAreGuesses(t *testing.T) {
	s := created(t)
	st := opened(t, s)
	run := started(t, st)
	doubtful(t, st, run, Anew{}, st.AppendAlias(nil, "12025550143")[0])
	sentTo(t, st, run, address, st.AppendAlias(nil, "12025550147")[0])
	must(t, st.EndRun(t.Context(), run, "complete"))
	guesses := func() (asked, shown, pulled int, attempts []bool) {
		t.Helper()
		doubts, err := st.Doubts(t.Context())
		must(t, err)
		for _, d := range doubts {
			if d.Guessed {
				asked += d.InDoubt
			}
		}
		past, err := st.Snapshot(t.Context())
		must(t, err)
		for _, m := range past.Messages() {
			shown += m.Guessed
		}
		var b bytes.Buffer
		must(t, Pull(t.Context(), s, &b, "jsonl"))
		for _, number := range []string{"12025550143", "12025550144", "12025550145", "12025550146", "12025550147"} {
			found, err := History(t.Context(), s, address, number)
			must(t, err)
			attempts = append(attempts, slices.ContainsFunc(found, func(a Attempt) bool { return a.Guessed }))
		}
		return asked, shown, strings.Count(b.String(), `"climsgid_guessed":true`), attempts
	}
	if asked, shown, pulled, attempts := guesses(); asked+shown+pulled > 0 || slices.Contains(attempts, true) {
		t.Errorf("before: %d asked about, %d shown, %d pulled, %v; want none", asked, shown, pulled, attempts)
	}
	must(t, st.Close())
	_, err := Recover(t.Context(), s, s.Path, []Carried{carried("12025550144", "12025550145")})
	must(t, err)
	st = opened(t, s)
	doubtful(t, st, started(t, st), Anew{}, st.AppendAlias(nil, "12025550146")[0])
	asked, shown, pulled, attempts := guesses()
	if diff := cmp.Diff([]bool{true, true, true, false, false}, attempts); diff != "" || asked != 3 || shown != 3 || pulled != 3 {
		t.Errorf("%d asked about, %d shown, %d pulled; want 3\n%s", asked, shown, pulled, diff)
	}
	must(t, st.Close())
}

// askedOften asks about a request as often and for as long as a probe needs.
func askedOften(t *testing.T, st *State, r RequestID) {
	t.Helper()
	for range probe.Answers {
		time.Sleep(probe.Settle)
		must(t, st.Unknown(t.Context(), r))
	}
}

// interrupted is a disk on which a file gets its name, and nothing works after that.
type interrupted struct{ local }

func (i interrupted) rename(from, to string) error {
	return errors.Join(i.local.rename(from, to), errors.New("the end"))
}

func TestARecoveryThatEndsWithItsStateInPlaceCanBeGoneOnWith(t *testing.T) {
	copied := filepath.Join(t.TempDir(), "copy.state")
	s, _ := lostAfter(t, copied)
	must(t, removeFiles(s.Path, s.Path+"-wal", s.Path+"-shm"))
	broken := s
	broken.disk = interrupted{}
	if _, err := Recover(t.Context(), broken, copied, nil); err == nil {
		t.Fatal("it was not interrupted")
	}
	st, err := Open(t.Context(), s)
	must(t, err)
	must(t, st.Close())
}

// A former format is written anew when it is recovered, which would take what is wrong with the file out of sight.
func TestDamageOfAFormerFormatIsNotRecovered(t *testing.T) {
	for _, from := range []string{"the state", "a copy"} {
		t.Run(from, func(t *testing.T) {
			s := released(t, "format-2.state")
			b, err := os.ReadFile(s.Path)
			must(t, err)
			b[39]++ // how many pages are free
			must(t, os.WriteFile(s.Path, b, 0o600))
			source := s.Path
			if from == "a copy" {
				source = filepath.Join(t.TempDir(), "copy.state")
				must(t, os.Rename(s.Path, source))
			}
			if _, err := Recover(t.Context(), s, source, nil); err == nil || !strings.Contains(err.Error(), "is damaged") {
				t.Errorf("it gave %v; want damage", err)
			}
		})
	}
}
