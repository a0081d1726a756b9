package state

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
)

// used gives the settings of a state that holds sends, and that this checkout has seen.
func used(t *testing.T, s Settings) Settings {
	t.Helper()
	st, err := Open(t.Context(), s)
	must(t, err)
	run := started(t, st)
	claimed(t, st, run, Claim{Address: address, Revision: 1, People: crowd(0, 2)})
	must(t, st.EndRun(t.Context(), run, "complete"))
	must(t, st.Close())
	return s
}

func copyFile(t testing.TB, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	must(t, err)
	must(t, os.WriteFile(to, b, 0o600))
}

// The cases of exit status 7, and those beside them that must work.
func TestTheStateBelongsToTheConfiguration(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(t *testing.T, s *Settings)
		want   string // in the error; "" for none
	}{
		"as it was left":   {func(*testing.T, *Settings) {}, ""},
		"through a link":   {func(t *testing.T, s *Settings) { must(t, os.Symlink(s.Path, s.Path+".link")); s.Path += ".link" }, ""},
		"missing":          {func(t *testing.T, s *Settings) { must(t, os.Remove(s.Path)) }, "is missing"},
		"no entry":         {func(t *testing.T, s *Settings) { s.Lineage = "" }, "has no entry"},
		"another state":    {func(t *testing.T, s *Settings) { s.Path = used(t, created(t)).Path }, "is another state"},
		"the other kind":   {func(t *testing.T, s *Settings) { s.Kind = Real }, "simulator gateway"},
		"no kind":          {func(t *testing.T, s *Settings) { s.Kind = "" }, "simulator gateway"},
		"no anchor":        {func(t *testing.T, s *Settings) { must(t, os.Remove(s.Anchor)) }, "one of two copies"},
		"anchor not kept":  {func(t *testing.T, s *Settings) { s.Anchor = "" }, "one of two copies"},
		"anchor of others": {func(t *testing.T, s *Settings) { s.Anchor = used(t, created(t)).Anchor }, "is not the one that this checkout saw last"},
		"a copy elsewhere": {func(t *testing.T, s *Settings) {
			copyFile(t, s.Path, s.Path+".copy")
			s.Path += ".copy"
		}, "at another path"},
		"another host": {func(t *testing.T, s *Settings) {
			b, err := os.ReadFile(s.Anchor)
			must(t, err)
			host, err := hostID()
			must(t, err)
			must(t, os.WriteFile(s.Anchor, []byte(strings.ReplaceAll(string(b), host, strings.Repeat("0", len(host)))), 0o600))
		}, "another host"},
		"rolled back": {func(t *testing.T, s *Settings) {
			copyFile(t, s.Path, s.Path+".backup")
			used(t, *s)
			must(t, os.Rename(s.Path+".backup", s.Path))
		}, "does not contain serial"},
		"a branch": {func(t *testing.T, s *Settings) {
			copyFile(t, s.Path, s.Path+".branch")
			at := *s
			used(t, at)
			at.Path, at.Anchor, at.Expect = s.Path+".branch", s.Anchor+".branch", identity(t, *s, s.Path+".branch")
			used(t, at)
			must(t, os.Rename(at.Path, s.Path))
		}, "does not contain serial"},
		"cut short": {func(t *testing.T, s *Settings) { must(t, os.Truncate(s.Path, 1000)) }, "is damaged"},
		"expected": {func(t *testing.T, s *Settings) {
			s.Expect = identity(t, *s, s.Path)
			must(t, os.Remove(s.Anchor))
		}, ""},
		"expected by a prefix": {func(t *testing.T, s *Settings) {
			serial, head, _ := strings.Cut(identity(t, *s, s.Path), ":")
			s.Expect = serial + ":" + strings.ToUpper(head[:9])
			must(t, os.Remove(s.Anchor))
		}, ""},
		"expected otherwise": {func(t *testing.T, s *Settings) {
			s.Expect = "1:0123456789abcdef"
		}, "with the head that is expected"},
	} {
		t.Run(name, func(t *testing.T) {
			s := used(t, created(t))
			tt.change(t, &s)
			_, readErr := Read(t.Context(), s)
			st, openErr := Open(t.Context(), s)
			if openErr == nil {
				must(t, st.Close())
			}
			for call, err := range map[string]error{"Read": readErr, "Open": openErr} {
				var mismatch *MismatchError
				switch {
				case tt.want == "" && err != nil:
					t.Errorf("%s: %v", call, err)
				case tt.want != "" && !errors.As(err, &mismatch):
					t.Errorf("%s: %v; want a *MismatchError", call, err)
				case tt.want != "" && (!strings.Contains(mismatch.Problem, tt.want) || mismatch.Remedy == ""):
					t.Errorf("%s: problem %q, remedy %q; want a problem with %q", call, mismatch.Problem, mismatch.Remedy, tt.want)
				}
			}
		})
	}
}

// identity gives what -expect-head takes for a file of the state.
func identity(t *testing.T, s Settings, path string) string {
	t.Helper()
	s.Path = path
	i, err := Inspect(t.Context(), s)
	must(t, err)
	return i.Identity.String()
}

func TestAnExpectationMustBeReadable(t *testing.T) {
	s := used(t, created(t))
	for _, expect := range []string{"x", "1", "1:", "1:0123456", ":0123456789", "0:0123456789", "1:0123456z9"} {
		s.Expect = expect
		if _, err := Read(t.Context(), s); err == nil || !strings.Contains(err.Error(), "SERIAL:HEAD") {
			t.Errorf("-expect-head=%s: %v", expect, err)
		}
	}
}

// A copy of a state that was only just made would send everything again, and a fresh checkout has not seen how far the other is.
func TestAnUnusedStateNeedsItsAnchor(t *testing.T) {
	for name, forget := range map[string]func(*Settings) error{
		"removed":  func(s *Settings) error { return os.Remove(s.Anchor) },
		"not kept": func(s *Settings) error { s.Anchor = ""; return nil },
	} {
		t.Run(name, func(t *testing.T) {
			s := created(t)
			expect := identity(t, s, s.Path)
			must(t, forget(&s))
			_, readErr := Read(t.Context(), s)
			_, openErr := Open(t.Context(), s)
			for call, err := range map[string]error{"Read": readErr, "Open": openErr} {
				var mismatch *MismatchError
				if !errors.As(err, &mismatch) || !strings.Contains(mismatch.Problem, "has not seen it before") {
					t.Errorf("%s: %v; want a *MismatchError that says that it was not seen", call, err)
				}
			}
			s.Expect = expect
			must(t, opened(t, s).Close())
		})
	}
}

func TestAdoptLetsAnUnusedStateIn(t *testing.T) {
	s := created(t)
	must(t, os.Remove(s.Anchor))
	_, err := Adopt(t.Context(), s)
	must(t, err)
	must(t, opened(t, s).Close())
}

// The anchor is there before the state is, so that a creation which was killed in between can be gone on with.
func TestAStateIsNeverThereBeforeItsAnchor(t *testing.T) {
	dir := t.TempDir()
	s := Settings{Path: filepath.Join(dir, "smsplan.state"), Kind: Simulator, Anchor: filepath.Join(dir, "anchor"), disk: interrupted{}}
	if _, err := Create(t.Context(), s); err == nil {
		t.Fatal("it was not interrupted")
	}
	s.disk = nil
	seen, err := Inspect(t.Context(), s)
	must(t, err)
	s.Lineage = seen.Lineage
	must(t, opened(t, s).Close())
}

// Two copies of a directory whose state was only just made would each send to everybody.
func TestACopyOfAnUnusedStateIsRefused(t *testing.T) {
	s := created(t)
	copyFile(t, s.Path, s.Path+".copy")
	s.Path += ".copy"
	_, readErr := Read(t.Context(), s)
	_, openErr := Open(t.Context(), s)
	for call, err := range map[string]error{"Read": readErr, "Open": openErr} {
		var mismatch *MismatchError
		if !errors.As(err, &mismatch) || !strings.Contains(mismatch.Problem, "at another path") {
			t.Errorf("%s: %v; want a *MismatchError that says where it was seen", call, err)
		}
	}
	_, err := Adopt(t.Context(), s)
	must(t, err)
	must(t, opened(t, s).Close())
}

func TestNoStateAndNoEntryIsTheEmptySnapshot(t *testing.T) {
	s := Settings{Path: filepath.Join(t.TempDir(), "smsplan.state"), Kind: Simulator}
	snap := read(t, s)
	p := snap.AppendAlias(nil, []byte("12025550143"))
	if _, found := snap.Ledger(address, 1).Find(p); found || snap.Stopped(p) || len(snap.Messages()) > 0 {
		t.Error("it is not empty")
	}
	if p[0] == snap.AppendAlias(nil, []byte("12025550144"))[0] {
		t.Error("two numbers are one person")
	}
	if _, err := Open(t.Context(), s); err == nil {
		t.Error("Open made a state")
	}
	if _, err := os.Stat(s.Path); err == nil {
		t.Error("there is a file")
	}
}

func TestAdoptEndsTheMismatch(t *testing.T) {
	s := used(t, created(t))
	must(t, os.Remove(s.Anchor))
	s.Lineage = ""
	seen, err := Inspect(t.Context(), s)
	must(t, err)
	if seen.Mismatch == nil || seen.Messages[0].Counts[Unsent] != 2 {
		t.Errorf("Inspect gave %v", seen)
	}
	s.Expect = seen.Identity.String()
	id, err := Adopt(t.Context(), s)
	must(t, err)
	if id.Serial != seen.Serial+1 {
		t.Errorf("serial %d after %d: it is not recorded who adopted it", id.Serial, seen.Serial)
	}
	s.Lineage, s.Expect = id.Lineage, ""
	must(t, opened(t, s).Close())
	sound(t, s)
}

func TestAdoptRefusesWhatWasNotShown(t *testing.T) {
	s := used(t, created(t))
	for name, change := range map[string]func(*Settings){
		"another head":   func(s *Settings) { s.Expect = "2:0123456789abcdef" },
		"the other kind": func(s *Settings) { s.Kind = Real },
		"half a key":     func(s *Settings) { s.Key = "new," },
	} {
		t.Run(name, func(t *testing.T) {
			s := s
			change(&s)
			if _, err := Adopt(t.Context(), s); err == nil {
				t.Error("it did not")
			}
		})
	}
}

// A bubble begins in the year 2000, before the state was made.
func TestAStateOfTheFutureIsRefusedUntilItIsAdopted(t *testing.T) {
	s := used(t, created(t))
	synctest.Test(t, func(t *testing.T) {
		var mismatch *MismatchError
		_, readErr := Read(t.Context(), s)
		_, openErr := Open(t.Context(), s)
		for call, err := range map[string]error{"Read": readErr, "Open": openErr} {
			if !errors.As(err, &mismatch) || !strings.Contains(mismatch.Problem, "the clock says 2000-01-01") {
				t.Errorf("%s gave %v; want a *MismatchError about the clock", call, err)
			}
		}
		_, err := Adopt(t.Context(), s)
		must(t, err)
		must(t, opened(t, s).Close())
	})
}

// An apply beside a reader moves the anchor on while the reader still sees what was there when it began.
func TestAReaderIsNotHeldAgainstALaterAnchor(t *testing.T) {
	s := created(t)
	st := opened(t, s)
	r, err := openReader(t.Context(), s)
	must(t, err)
	started(t, st)
	if _, _, err := r.admit(r.path, s); err != nil {
		t.Error(err)
	}
	must(t, r.close())
	must(t, st.Close())
}

// A state of another workspace is refused whatever the anchor and the entry say, and by adopt too.
func TestTheStateOfAnotherWorkspaceIsRefused(t *testing.T) {
	s := used(t, created(t))
	own := s.Lineage
	s.Workspace, s.Others = "prod", []Owner{{"default", own}}
	for _, lineage := range []string{own, "", "another"} {
		s.Lineage = lineage
		_, err := Open(t.Context(), s)
		mismatch := (*MismatchError)(nil)
		if !errors.As(err, &mismatch) || !strings.Contains(mismatch.Problem, "is that of the workspace default") {
			t.Errorf("opened with the lineage %q: %v", lineage, err)
		}
	}
	if _, err := Adopt(t.Context(), s); err == nil {
		t.Error("adopted")
	}
	other := s
	other.Path += ".recovered"
	if _, err := Recover(t.Context(), other, s.Path, nil); err == nil {
		t.Error("recovered")
	}
}

// A state whose directory is gone is missing, as one whose file is; only what makes a state makes the directories.
func TestTheDirectoriesOfAStateAreMadeWithIt(t *testing.T) {
	s := created(t)
	dir := filepath.Join(t.TempDir(), "a")
	s.Path, s.Anchor, s.Lineage = filepath.Join(dir, "b", "smsplan.state"), filepath.Join(dir, "notes", "anchor"), "known"
	mismatch := (*MismatchError)(nil)
	if _, err := Open(t.Context(), s); !errors.As(err, &mismatch) || !strings.Contains(mismatch.Problem, "is missing") {
		t.Errorf("opened: %v", err)
	}
	if _, err := Read(t.Context(), s); !errors.As(err, &mismatch) || !strings.Contains(mismatch.Problem, "is missing") {
		t.Errorf("read: %v", err)
	}
	if _, err := os.Lstat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a directory is there: %v", err)
	}
	s.Lineage = ""
	id, err := Create(t.Context(), s)
	must(t, err)
	s.Lineage = id.Lineage
	must(t, opened(t, s).Close())
}
