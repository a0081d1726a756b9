package state

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAMovedStateGoesOnInOnePlaceOnly(t *testing.T) {
	s := used(t, created(t))
	to := filepath.Join(t.TempDir(), "moved.state")
	before := read(t, s)
	id, err := Push(t.Context(), s, to)
	must(t, err)

	var mismatch *MismatchError
	_, openErr := Open(t.Context(), s)
	_, readErr := Read(t.Context(), s)
	_, adoptErr := Adopt(t.Context(), s)
	_, otherErr := Push(t.Context(), s, to+".other")
	for call, err := range map[string]error{"Open": openErr, "Read": readErr, "Adopt": adoptErr, "Push elsewhere": otherErr} {
		if !errors.As(err, &mismatch) || !strings.Contains(err.Error(), to) {
			t.Errorf("%s of the tombstone gave %v; want a *MismatchError that says where it went", call, err)
		}
	}
	moved := s
	moved.Path = to
	after := read(t, moved)
	if after.Identity != id || after.Serial != before.Serial+2 {
		t.Errorf("it has serial %d; want two more than %d", after.Serial, before.Serial)
	}
	if diff := cmp.Diff(outcomes(t, before, crowd(0, 2)), outcomes(t, after, crowd(0, 2))); diff != "" {
		t.Error(diff)
	}
	must(t, opened(t, moved).Close())
	sound(t, moved)
	if i, err := os.Stat(to); err != nil || i.Mode().Perm() != 0o600 {
		t.Errorf("its mode is %v, %v", i.Mode(), err)
	}
}

func TestAMoveNeedsAnEmptyPlace(t *testing.T) {
	for name, tt := range map[string]func(t *testing.T, s Settings) string{
		"where it is":       func(t *testing.T, s Settings) string { return s.Path },
		"a file":            func(t *testing.T, s Settings) string { return s.Anchor },
		"another state":     func(t *testing.T, s Settings) string { return used(t, created(t)).Path },
		"a copy":            func(t *testing.T, s Settings) string { copyFile(t, s.Path, s.Path+".copy"); return s.Path + ".copy" },
		"no such directory": func(t *testing.T, s Settings) string { return filepath.Join(t.TempDir(), "none", "state") },
	} {
		t.Run(name, func(t *testing.T) {
			s := used(t, created(t))
			if _, err := Push(t.Context(), s, tt(t, s)); err == nil {
				t.Error("it was moved there")
			}
			must(t, opened(t, s).Close())
		})
	}
}

// A tombstone without its other end, and one whose other end was not yet noted.
func TestAnInterruptedMoveGoesOn(t *testing.T) {
	for name, arrived := range map[string]bool{"before it arrived": false, "after it arrived": true} {
		t.Run(name, func(t *testing.T) {
			s := used(t, created(t))
			to := filepath.Join(t.TempDir(), "moved.state")
			must(t, hold(t.Context(), s, func(_ string, d *database) error {
				err := d.bury(to)
				if err == nil && arrived {
					_, err = d.arrived(s, to)
				}
				return err
			}))
			_, err := Push(t.Context(), s, to)
			must(t, err)
			s.Path = to
			must(t, opened(t, s).Close())
			sound(t, s)
		})
	}
}

// Whoever still has the state open, because the lock was broken, sends nothing any more.
func TestATombstoneRefusesClaimsAndIntents(t *testing.T) {
	s := created(t)
	st := opened(t, s)
	run := started(t, st)
	got := claimed(t, st, run, Claim{Address: address, Revision: 1, People: crowd(0, 1)})
	must(t, removeFiles(s.Path+lockSuffix))
	_, err := Push(t.Context(), s, s.Path+".moved")
	must(t, err)
	var mismatch *MismatchError
	if err := st.Begin(t.Context(), got[0].Request); !errors.As(err, &mismatch) {
		t.Errorf("Begin gave %v; want a *MismatchError", err)
	}
	if _, err := st.Claim(t.Context(), run, nil, slices.Values([]Claim{{Address: address, Revision: 1, People: crowd(1, 1)}})); !errors.As(err, &mismatch) {
		t.Errorf("Claim gave %v; want a *MismatchError", err)
	}
}
