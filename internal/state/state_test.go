package state

import (
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// created makes a state in a directory of its own and gives the settings that open it.
func created(t testing.TB) Settings {
	t.Helper()
	dir := t.TempDir()
	s := Settings{
		Path: filepath.Join(dir, "smsplan.state"), Kind: Simulator, Anchor: filepath.Join(dir, ".smsplan", "anchor"),
		Who: "ann@host", Command: "apply", Version: "0.1.0", PhoneMetadata: "1",
	}
	id, err := Create(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	s.Lineage = id.Lineage
	return s
}

func opened(t testing.TB, s Settings) *State {
	t.Helper()
	st, err := Open(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	return st
}

func started(t testing.TB, st *State) RunID {
	t.Helper()
	run, err := st.StartRun(t.Context(), Run{PlanID: "plan", Account: "account"})
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func claimed(t testing.TB, st *State, run RunID, claims ...Claim) []Claimed {
	t.Helper()
	got, err := st.Claim(t.Context(), run, nil, slices.Values(claims))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// must takes the error of a call that has to work.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// crowd gives n people, from the i-th on.
func crowd(i, n int) []Person {
	people := make([]Person, n)
	for k := range people {
		// Spread as digests are.
		binary.BigEndian.PutUint64(people[k][:], uint64(i+k+1)*0x9E3779B97F4A7C15)
		binary.BigEndian.PutUint64(people[k][8:], uint64(i+k))
	}
	return people
}

const address = "message.outage"

// outcomes gives the outcomes of people for the message at revision 1; "" for those whom the state does not know.
func outcomes(t testing.TB, snap *Snapshot, people []Person) []string {
	t.Helper()
	words := make([]string, len(people))
	for i, p := range people {
		if s, ok := snap.Ledger(address, 1).Find(Alias{p}); ok {
			words[i] = s.Outcome.String()
		}
	}
	return words
}

func snapshot(t testing.TB, st *State) *Snapshot {
	t.Helper()
	snap, err := st.Snapshot(t.Context())
	must(t, err)
	return snap
}

func read(t testing.TB, s Settings) *Snapshot {
	t.Helper()
	snap, err := Read(t.Context(), s)
	must(t, err)
	return snap
}

// sound fails the test where Verify finds something.
func sound(t testing.TB, s Settings) {
	t.Helper()
	findings, err := Verify(t.Context(), s)
	if err != nil || len(findings) > 0 {
		t.Errorf("Verify: %v, %v", findings, err)
	}
}

func TestFilesAreForTheirOwnerOnly(t *testing.T) {
	s := created(t)
	st := opened(t, s)
	started(t, st)
	read(t, s)
	for _, name := range []string{s.Path, s.Path + "-wal", s.Path + "-shm", s.Path + ".lock", s.Anchor} {
		i, err := os.Stat(name)
		if err != nil {
			t.Error(err)
		} else if got := i.Mode().Perm(); got != 0o600 {
			t.Errorf("mode of %s = %o; want 600", filepath.Base(name), got)
		}
	}
}

func TestCreateLeavesNoHalfFile(t *testing.T) {
	s := created(t)
	got, err := filepath.Glob(filepath.Join(filepath.Dir(s.Path), "*"))
	must(t, err)
	want := []string{filepath.Dir(s.Anchor), s.Path, s.Path + ".lock"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestCreateOverAFileFails(t *testing.T) {
	s := created(t)
	before, err := os.ReadFile(s.Path)
	must(t, err)
	if _, err := Create(t.Context(), s); err == nil {
		t.Error("Create made a state where there was one")
	}
	after, err := os.ReadFile(s.Path)
	must(t, err)
	if string(before) != string(after) {
		t.Error("the file has changed")
	}
}

func TestCreateBesideAnOrphanedLogFails(t *testing.T) {
	s := Settings{Path: filepath.Join(t.TempDir(), "smsplan.state"), Kind: Real}
	must(t, os.WriteFile(s.Path+"-wal", []byte("of a state that was moved away"), 0o600))
	if _, err := Create(t.Context(), s); err == nil {
		t.Error("Create took over the log of another state")
	}
}

func TestCreateTakesUpWhatACrashLeft(t *testing.T) {
	dir := t.TempDir()
	s := Settings{Path: filepath.Join(dir, "smsplan.state"), Kind: Real, Anchor: filepath.Join(dir, "anchor")}
	must(t, os.WriteFile(s.Anchor, []byte(`{"lineage": "of the state that was nearly made"}`), 0o600))
	for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
		must(t, os.WriteFile(s.Path+".new"+suffix, []byte("half"), 0o600))
	}
	id, err := Create(t.Context(), s)
	must(t, err)
	s.Lineage = id.Lineage
	sound(t, s)
}

func TestAFileThatIsNoStateIsRefused(t *testing.T) {
	for name, content := range map[string]string{"empty": "", "text": "number\n12025550143\n"} {
		t.Run(name, func(t *testing.T) {
			s := created(t)
			must(t, os.WriteFile(s.Path, []byte(content), 0o600))
			if _, err := Open(t.Context(), s); err == nil {
				t.Error("Open took it")
			}
			if _, err := Read(t.Context(), s); err == nil {
				t.Error("Read took it")
			}
			if _, err := os.Stat(s.Path + "-wal"); err == nil {
				t.Error("a log was made beside it")
			}
		})
	}
}

func TestADamagedFileIsNotOpenedForWriting(t *testing.T) {
	s := created(t)
	st := opened(t, s)
	claimed(t, st, started(t, st), Claim{Address: address, Revision: 1, People: crowd(0, 2000)})
	must(t, st.Close())

	f, err := os.OpenFile(s.Path, os.O_RDWR, 0)
	must(t, err)
	i, err := f.Stat()
	must(t, err)
	for page := i.Size() / 2 / 4096; page < i.Size()/4096; page++ {
		_, err = f.WriteAt(make([]byte, 64), page*4096)
		must(t, err)
	}
	must(t, f.Close())
	if _, err := Open(t.Context(), s); err == nil {
		t.Error("Open took it")
	}
}

func TestClosedStateRefuses(t *testing.T) {
	st := opened(t, created(t))
	must(t, st.Close())
	if _, err := st.StartRun(t.Context(), Run{}); err == nil {
		t.Error("StartRun worked")
	}
}

// After an error of the medium nothing is known about what a later call would find.
func TestAWriteErrorEndsEverything(t *testing.T) {
	s := created(t)
	st, err := Open(t.Context(), s)
	must(t, err)
	run := started(t, st)
	got := claimed(t, st, run, Claim{Address: address, Revision: 1, People: crowd(0, 2)})
	must(t, st.writer.alone(t.Context(), func(tx *transaction) error { return tx.conn.Exec("PRAGMA query_only = ON") }))

	first := st.Begin(t.Context(), got[0].Request)
	if _, ok := first.(*WriteError); !ok {
		t.Fatalf("Begin gave %v; want a *WriteError", first)
	}
	// The connection is well again, and that must not matter.
	must(t, st.writer.db.conn.Exec("PRAGMA query_only = OFF"))
	for name, call := range map[string]func(context.Context) error{
		"begin":  func(ctx context.Context) error { return st.Begin(ctx, got[0].Request) },
		"settle": func(ctx context.Context) error { return st.Settle(ctx, got[0].Request, Settlement{Outcome: Unsent}) },
		"end":    func(ctx context.Context) error { return st.EndRun(ctx, run, "failed") },
		"read":   func(ctx context.Context) error { _, err := st.Snapshot(ctx); return err },
	} {
		if err := call(t.Context()); err != first {
			t.Errorf("%s gave %v; want the first error", name, err)
		}
	}
	must(t, st.Close())
	if diff := cmp.Diff([]string{"unsent", "unsent"}, outcomes(t, read(t, s), crowd(0, 2))); diff != "" {
		t.Error(diff)
	}
}

func TestARunHasBegunItsPlan(t *testing.T) {
	s := created(t)
	st := opened(t, s)
	before := time.Now()
	if _, err := st.StartRun(t.Context(), Run{PlanID: "this"}); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		plan  string
		since time.Time
		want  bool
	}{
		"this plan":              {"this", before.Add(-time.Minute), true},
		"another plan":           {"that", before.Add(-time.Minute), false},
		"a plan that came after": {"this", before.Add(time.Hour), false},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := st.Begun(t.Context(), tt.plan, tt.since)
			if err != nil || got != tt.want {
				t.Errorf("Begun = %t, %v; want %t", got, err, tt.want)
			}
		})
	}
}
