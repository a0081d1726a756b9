package state

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// spooledFiles gives the names in a spool.
func spooledFiles(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	must(t, err)
	return files
}

func TestASpoolIsTakenInOnceItsWriterIsThroughWithIt(t *testing.T) {
	w := newWatched(t)
	dir := filepath.Join(t.TempDir(), "receipts")
	st := opened(t, w.Settings)
	taken, err := st.TakeIn(t.Context(), dir)
	must(t, err)
	if taken != (Intake{}) {
		t.Errorf("of a spool that is not there: %+v", taken)
	}

	spool := NewSpool(dir)
	list := append([]Observation{}, w.possible...)
	for i := range list {
		list[i].Status, list[i].At, list[i].Charge, list[i].Charged = 4, time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC), 8e5, true
	}
	must(t, spool.Add(list[:2]))
	must(t, spool.Add(list[2:]))
	taken, err = st.TakeIn(t.Context(), dir)
	must(t, err)
	if taken != (Intake{}) || len(spooledFiles(t, dir)) != 1 {
		t.Errorf("while it is being written: %+v, %d files", taken, len(spooledFiles(t, dir)))
	}
	must(t, spool.Close())
	if i, err := os.Stat(spooledFiles(t, dir)[0]); err != nil || i.Mode().Perm() != 0o600 {
		t.Errorf("its mode is %v, %v", i.Mode(), err)
	}
	taken, err = st.TakeIn(t.Context(), dir)
	must(t, err)
	if taken.Recorded == 0 || taken.Foreign != 3 || taken.Recorded+taken.Known+taken.Foreign != len(list) || len(spooledFiles(t, dir)) != 0 {
		t.Errorf("%+v of %d, %d files are left", taken, len(list), len(spooledFiles(t, dir)))
	}
	must(t, st.Close())
	through := told(t, w.Settings)

	w = newWatched(t)
	direct := opened(t, w.Settings)
	for i := range list {
		list[i].ClientID, list[i].People = w.possible[i].ClientID, w.possible[i].People
	}
	_, err = direct.Observe(t.Context(), list)
	must(t, err)
	must(t, direct.Close())
	// Persons differ, for each state has a key of its own.
	rest := func(lines []string) (kept []string) {
		for _, l := range lines {
			_, what, _ := strings.Cut(l, " ")
			kept = append(kept, what)
		}
		return kept
	}
	if diff := cmp.Diff(slices.Sorted(slices.Values(rest(told(t, w.Settings)))), slices.Sorted(slices.Values(rest(through)))); diff != "" {
		t.Error(diff)
	}
}

func TestWhatAKilledWriterHasLeftIsTakenInAsFarAsItIsWhole(t *testing.T) {
	w := newWatched(t)
	dir := t.TempDir()
	id := strings.Repeat("0", 31) + "0"
	whole := `{"apimsgid":"01` + id[2:] + `","status":4,"at":"2026-01-02T03:04:05Z"}` + "\n"
	must(t, os.WriteFile(filepath.Join(dir, "1.jsonl"), []byte(whole+strings.Repeat("x", longestObservation+5)+"\n"+"nonsense\n"+`{"apimsgid":"zz","status":4}`+"\n"+whole+whole[:20]), 0o600))
	must(t, os.WriteFile(filepath.Join(dir, ".2"), []byte(whole), 0o600))
	st := opened(t, w.Settings)
	taken, err := st.TakeIn(t.Context(), dir)
	must(t, err)
	if diff := cmp.Diff(Intake{Observed{Recorded: 1, Known: 1}, 4}, taken); diff != "" {
		t.Error(diff)
	}
}

// Whoever takes statuses in does not make others fail.
func TestWhoeverHoldsTheStateForMomentsIsWaitedFor(t *testing.T) {
	s := created(t)
	brief := s
	brief.Brief, brief.Command = true, "receipts"
	st, err := Open(t.Context(), brief)
	must(t, err)
	time.AfterFunc(3*lockGrace, func() { _ = st.Close() })
	other, err := Open(t.Context(), s)
	must(t, err)
	must(t, other.Close())
}

// What somebody else has put into the directory keeps nobody from using the state, and is left there.
func TestWhatIsNoFileOfASpoolIsLeft(t *testing.T) {
	w := newWatched(t)
	dir := t.TempDir()
	outside := filepath.Join(t.TempDir(), "outside")
	must(t, os.WriteFile(outside, []byte("{}\n"), 0o600))
	must(t, os.Mkdir(filepath.Join(dir, "0.jsonl"), 0o700))
	must(t, os.Symlink("1.jsonl", filepath.Join(dir, "1.jsonl")))
	must(t, os.Symlink(os.DevNull, filepath.Join(dir, "2.jsonl")))
	must(t, os.Symlink(outside, filepath.Join(dir, "3.jsonl")))
	spool := NewSpool(dir)
	must(t, spool.Add([]Observation{{ID: [16]byte{1, 0}, Status: 4}}))
	must(t, spool.Close())
	st := opened(t, w.Settings)
	taken, err := st.TakeIn(t.Context(), dir)
	must(t, err)
	if taken != (Intake{Observed: Observed{Recorded: 1}}) || len(spooledFiles(t, dir)) != 4 {
		t.Errorf("%+v, %d left", taken, len(spooledFiles(t, dir)))
	}
	if some, err := spool.Some(); err != nil || some {
		t.Errorf("it has something to take in: %t, %v", some, err)
	}
}

// Whoever takes in what has waited for an hour does not record every second of it by itself.
func TestFilesOfASpoolShareTransactions(t *testing.T) {
	const files = 5*spoolTogether/2 + 1
	w := newWatched(t)
	dir := t.TempDir()
	line := `{"apimsgid":"0100` + strings.Repeat("0", 28) + `","status":%d,"at":"2026-01-02T03:04:05Z"}` + "\n"
	for i := range files {
		must(t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("%04d.jsonl", i)), fmt.Appendf(nil, line, 100+i), 0o600))
	}
	st := opened(t, w.Settings)
	before, err := Inspect(t.Context(), w.Settings)
	must(t, err)
	taken, err := st.TakeIn(t.Context(), dir)
	must(t, err)
	after, err := Inspect(t.Context(), w.Settings)
	must(t, err)
	if taken != (Intake{Observed: Observed{Recorded: files}}) || len(spooledFiles(t, dir)) != 0 {
		t.Errorf("%+v, %d left", taken, len(spooledFiles(t, dir)))
	}
	if n := after.Serial - before.Serial; n != 3 {
		t.Errorf("in %d transactions; want 3", n)
	}
}

// Somebody cleans up while statuses come. Whatever Add has taken is in the directory when it returns.
func TestWhatIsAddedAfterTheSpoolWasRemovedIsKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "receipts")
	spool := NewSpool(dir)
	defer func() { must(t, spool.Close()) }()
	for _, remove := range []func(string) error{os.RemoveAll, func(string) error { return os.Remove(spooledFiles(t, dir)[0]) }} {
		must(t, spool.Add([]Observation{{ID: [16]byte{1}, Status: 4}}))
		must(t, remove(dir))
		must(t, spool.Add([]Observation{{ID: [16]byte{2}, Status: 4}}))
		files := spooledFiles(t, dir)
		if len(files) != 1 {
			t.Fatalf("%d files", len(files))
		}
		if b, err := os.ReadFile(files[0]); err != nil || strings.Count(string(b), "\n") != 1 || !strings.Contains(string(b), `"02000`) {
			t.Errorf("%s, %v", b, err)
		}
	}
}
