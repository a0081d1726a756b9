package state

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/csv"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestPersonIsHMAC(t *testing.T) {
	for name, key := range map[string][]byte{
		"32 bytes": bytes.Repeat([]byte{0xa5}, 32), "short": []byte("k"), "longer than a block": bytes.Repeat([]byte("key "), 40),
	} {
		t.Run(name, func(t *testing.T) {
			p := newPseudonyms(key)
			var group sync.WaitGroup
			for i := range 8 {
				group.Go(func() {
					for k := range 200 {
						number := fmt.Sprint(12025550100 + i*200 + k)
						m := hmac.New(sha256.New, key)
						m.Write([]byte(number))
						if got, want := person(p, number), Person(m.Sum(nil)[:16]); got != want {
							t.Errorf("person = %x; want %x", got, want)
						}
					}
				})
			}
			group.Wait()
		})
	}
}

func TestPersonDoesNotAllocate(t *testing.T) {
	p, number := newPseudonyms([]byte("key")), []byte("12025550143")
	person(p, number)
	if n := testing.AllocsPerRun(1000, func() { person(p, number) }); n > 0.1 {
		t.Errorf("%v allocations", n)
	}
}

func TestAStateAndItsSnapshotsKnowTheSamePersons(t *testing.T) {
	s := created(t)
	st := opened(t, s)
	const number = "12025550143"
	want := st.AppendAlias(nil, number)
	if diff := cmp.Diff(want, snapshot(t, st).AppendAlias(nil, []byte(number))); diff != "" {
		t.Error("the snapshot of the state differs")
	}
	if diff := cmp.Diff(want, read(t, s).AppendAlias(nil, []byte(number))); diff != "" {
		t.Error("the snapshot that was read differs")
	}
	if opened(t, created(t)).AppendAlias(nil, number)[0] == want[0] {
		t.Error("another state has the same key")
	}
}

// twin is the same history, kept in maps.
type twin struct {
	sends map[int]map[Person]Send // by revision
	stop  map[Person]bool
	open  map[RequestID]*twinRequest
}

type twinRequest struct {
	revision int
	text     [32]byte
	people   []Person
	begun    bool
}

func (w *twin) set(q *twinRequest, p Person, o Outcome, code int) {
	w.sends[q.revision][p] = Send{Outcome: o, Code: code, Text: q.text, Address: address}
}

func (w *twin) endRun() {
	for id, q := range w.open {
		for _, p := range q.people {
			if q.begun {
				w.set(q, p, InDoubt, 0)
			} else {
				w.set(q, p, Unsent, 0)
			}
		}
		delete(w.open, id)
	}
}

// Whatever happens, the snapshot says the same as maps do.
func TestSnapshotEqualsItsTwin(t *testing.T) {
	base := created(t)
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		s := base
		s.Path, s.Anchor, s.Lineage = fmt.Sprintf("%s.%d", base.Path, n), "", ""
		id, err := Create(t.Context(), s)
		must(t, err)
		s.Lineage, s.Expect = id.Lineage, id.String()
		st, err := Open(t.Context(), s)
		must(t, err)
		defer func() { must(t, st.Close()) }()

		crowd := crowd(0, 12)
		w := &twin{sends: map[int]map[Person]Send{1: {}, 2: {}}, stop: map[Person]bool{}, open: map[RequestID]*twinRequest{}}
		run := started(t, st)
		rt.Repeat(map[string]func(*rapid.T){
			"claim": func(rt *rapid.T) {
				var claims []Claim
				for range rapid.IntRange(1, 3).Draw(rt, "requests") {
					c := Claim{Address: address, Revision: rapid.IntRange(1, 2).Draw(rt, "revision")}
					c.TextDigest[0] = rapid.Byte().Draw(rt, "text")
					for _, i := range rapid.SliceOfN(rapid.IntRange(0, len(crowd)-1), 0, 5).Draw(rt, "people") {
						c.People = append(c.People, crowd[i])
					}
					claims = append(claims, c)
				}
				got := claimed(t, st, run, claims...)
				for i, c := range claims {
					q := &twinRequest{revision: c.Revision, text: c.TextDigest}
					var dropped []int
					for k, p := range c.People {
						if have, ok := w.sends[c.Revision][p]; w.stop[p] || ok && have.Outcome != Unsent {
							dropped = append(dropped, k)
							continue
						}
						q.people = append(q.people, p)
						w.set(q, p, Planned, 0)
					}
					if diff := cmp.Diff(dropped, indexes(got[i].Dropped)); diff != "" {
						rt.Fatalf("dropped: %s", diff)
					}
					if len(q.people) > 0 {
						w.open[got[i].Request] = q
					}
				}
			},
			"settle": func(rt *rapid.T) {
				for id, q := range w.open {
					if !rapid.Bool().Draw(rt, "settle") {
						continue
					}
					must(t, st.Begin(t.Context(), id))
					if q.begun = true; !rapid.Bool().Draw(rt, "answered") {
						for _, p := range q.people {
							w.set(q, p, UnderWay, 0)
						}
						continue
					}
					word := rapid.SampledFrom([]Outcome{Accepted, Refused, Unsent, InDoubt, Unconfirmed})
					code := rapid.SampledFrom([]int{0, 105, 122, 301})
					o := Settlement{Outcome: word.Draw(rt, "outcome"), Code: code.Draw(rt, "code")}
					for i, p := range q.people {
						got, c := o.Outcome, o.Code
						if rapid.IntRange(0, 3).Draw(rt, "exception") == 0 {
							got, c = word.Draw(rt, "outcome"), code.Draw(rt, "code")
							o.Exceptions = append(o.Exceptions, Exception{i, got, c})
						}
						w.set(q, p, got, c)
						excepted := len(o.Exceptions) > 0 && o.Exceptions[len(o.Exceptions)-1].Index == i
						w.stop[p] = w.stop[p] || c == 122 && (excepted || len(q.people) == 1)
					}
					must(t, st.Settle(t.Context(), id, o))
					delete(w.open, id)
				}
			},
			"end run": func(*rapid.T) {
				must(t, st.EndRun(t.Context(), run, "incomplete"))
				w.endRun()
				run = started(t, st)
			},
			"open anew": func(*rapid.T) {
				s.Expect = st.Identity().String()
				must(t, st.Close())
				st, err = Open(t.Context(), s)
				must(t, err)
				w.endRun()
				run = started(t, st)
			},
			"": func(rt *rapid.T) {
				snap := snapshot(t, st)
				for revision, sends := range w.sends {
					ledger := snap.Ledger(address, revision)
					total := 0
					for _, n := range ledger.Counts() {
						total += n
					}
					if total != len(sends) {
						rt.Fatalf("revision %d has %d sends; want %d", revision, total, len(sends))
					}
					for i, p := range crowd {
						got, found := ledger.Find(Alias{p})
						got.Since, got.Tried, got.Attempt = time.Time{}, 0, 0 // have tests of their own
						want, ok := sends[p]
						if found != ok || got != want {
							rt.Fatalf("revision %d, person %d: %v, %t; want %v, %t", revision, i, got, found, want, ok)
						}
					}
				}
				for i, p := range crowd {
					if got := snap.Stopped(Alias{p}); got != w.stop[p] {
						rt.Fatalf("Stopped(%d) = %t; want %t", i, got, w.stop[p])
					}
				}
			},
		})
		sound(t, s)
	})
}

func TestPullIsSortedAndStable(t *testing.T) {
	s := created(t)
	st := opened(t, s)
	run := started(t, st)
	got := claimed(t, st, run,
		Claim{Address: "message.b", Revision: 1, People: crowd(0, 3)},
		Claim{Address: "message.a", Revision: 2, People: crowd(0, 2)},
		Claim{Address: "message.a", Revision: 1, People: crowd(2, 2)})
	must(t, st.Begin(t.Context(), got[0].Request))
	ids := make([][16]byte, 3)
	for i := range ids {
		binary.BigEndian.PutUint64(ids[i][8:], uint64(i+1))
	}
	ids[1] = [16]byte{}
	must(t, st.Settle(t.Context(), got[0].Request, Settlement{Outcome: Accepted, IDs: ids, Exceptions: []Exception{{1, Refused, 122}}}))
	must(t, st.EndRun(t.Context(), run, "incomplete"))

	var jsonl, again, table strings.Builder
	must(t, Pull(t.Context(), s, &jsonl, "jsonl"))
	must(t, Pull(t.Context(), s, &again, "jsonl"))
	if jsonl.String() != again.String() {
		t.Error("pulled twice, it differs")
	}
	if n := strings.Count(jsonl.String(), "\n"); n != 1+7+1 {
		t.Errorf("%d lines; want the state, 7 sends and 1 on the stop list", n)
	}
	must(t, Pull(t.Context(), s, &table, "csv"))
	rows, err := csv.NewReader(strings.NewReader(table.String())).ReadAll()
	must(t, err)
	var short [][]string
	for _, r := range rows[1:] {
		short = append(short, []string{r[0], r[1], r[3], r[4], r[8]})
	}
	p := crowd(0, 4)
	want := [][]string{
		{"message.a", "1", "unsent", "", ""}, {"message.a", "1", "unsent", "", ""},
		{"message.a", "2", "unsent", "", ""}, {"message.a", "2", "unsent", "", ""},
	}
	last := map[Person][]string{
		p[0]: {"message.b", "1", "accepted", "", "00000000000000000000000000000001"},
		p[1]: {"message.b", "1", "refused", "122", ""},
		p[2]: {"message.b", "1", "accepted", "", "00000000000000000000000000000003"},
	}
	for _, r := range rows[5:] {
		for q, columns := range last {
			if r[2] == fmt.Sprintf("%x", q) {
				want = append(want, columns)
			}
		}
	}
	if diff := cmp.Diff(want, short); diff != "" {
		t.Error(diff)
	}
	if err := Pull(t.Context(), s, &table, "xml"); err == nil {
		t.Error("it knows xml")
	}
}

func TestVerifyFinds(t *testing.T) {
	for name, tt := range map[string]struct{ damage, want string }{
		"nothing":           {"SELECT 1", ""},
		"a lost send":       {"DELETE FROM send WHERE person = (SELECT min(person) FROM send)", "not as many as its people"},
		"another person":    {"UPDATE send SET person = zeroblob(16) WHERE person = (SELECT min(person) FROM send)", "not those of the people"},
		"a lost roster":     {"DELETE FROM roster", "roster"},
		"a lost request":    {"DELETE FROM request", "not there"},
		"a changed event":   {"UPDATE event SET subject = 'nothing happened' WHERE serial = 2", "event 2 does not follow"},
		"a lost event":      {"DELETE FROM event WHERE serial = 2", "event 2 is missing"},
		"ids of fewer":      {"UPDATE request SET apimsgids = zeroblob(16)", "apimsgids"},
		"a send elsewhere":  {"UPDATE send SET revision = 2", "another message or revision"},
		"an unmeant intent": {"UPDATE request SET outcome = 2, intent_at = NULL", "no intent"},
		"a lost client id":  {"DELETE FROM client", "climsgid"},
		"a lost name":       {"DELETE FROM name", "no name"},
		"a short digest":    {"PRAGMA ignore_check_constraints = ON; UPDATE event SET digest = zeroblob(5) WHERE serial = 2", "event 2"},
	} {
		t.Run(name, func(t *testing.T) {
			s := used(t, created(t))
			d, err := openDatabase(local{}, s.Path, 0x2)
			must(t, err)
			must(t, d.conn.Exec(tt.damage))
			must(t, d.close())
			findings, err := Verify(t.Context(), s)
			must(t, err)
			if tt.want == "" && len(findings) > 0 || !strings.Contains(strings.Join(findings, "\n"), tt.want) {
				t.Errorf("findings %q; want one with %q", findings, tt.want)
			}
		})
	}
}
