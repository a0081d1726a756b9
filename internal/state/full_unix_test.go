//go:build unix

package state

import (
	"context"
	"errors"
	"fmt"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// onFullDisk runs in another process, whose files can grow no more from a step on. It prints what the step gave, and says so
// where a later call gave anything else.
func onFullDisk(ctx context.Context, s Settings, full string) error {
	signal.Ignore(syscall.SIGXFSZ)
	if full == "create" {
		return createOnFullDisk(ctx, s)
	}
	st, err := Open(ctx, s)
	if err != nil {
		return err
	}
	run, err := st.StartRun(ctx, Run{PlanID: "plan", Account: "account"})
	if err != nil {
		return err
	}
	var first error
	var got []Claimed
	step := func(name string, do func() error) {
		if name == full {
			if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{}); err != nil {
				fmt.Println("no limit:", err)
			}
		}
		err := do()
		switch {
		case first != nil && err != first:
			fmt.Printf("%s after the failure gave %v; ", name, err)
		case first == nil && err != nil:
			first = err
		}
	}
	step("claim", func() error {
		got, err = st.Claim(ctx, run, nil, slices.Values([]Claim{{Address: address, Revision: 1, People: crowd(0, 2)}, {Address: address, Revision: 1, People: crowd(2, 2)}}))
		return err
	})
	if len(got) == 0 {
		got = make([]Claimed, 2)
	}
	step("first intent", func() error { return st.Begin(ctx, got[0].Request) })
	step("first outcome", func() error { return st.Settle(ctx, got[0].Request, Settlement{Outcome: Accepted}) })
	step("intent", func() error { return st.Begin(ctx, got[1].Request) })
	step("outcome", func() error { return st.Settle(ctx, got[1].Request, Settlement{Outcome: Accepted}) })
	step("end", func() error { return st.EndRun(ctx, run, "complete") })
	var failed *WriteError
	if errors.As(first, &failed) {
		fmt.Println("a write error")
	} else {
		fmt.Println(first)
	}
	_ = st.Close() // the anchor cannot be written either
	return nil
}

func createOnFullDisk(ctx context.Context, s Settings) error {
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 8192, Max: 8192}); err != nil {
		return err
	}
	if _, err := Create(ctx, s); err == nil {
		return errors.New("it was created")
	}
	left, err := filepath.Glob(s.Path + "*")
	if err != nil {
		return err
	}
	if left = slices.DeleteFunc(left, func(name string) bool { return name == s.Path+lockSuffix }); len(left) > 0 {
		return fmt.Errorf("%v is left", left)
	}
	fmt.Println("nothing is left")
	return nil
}

// Whatever cannot be written is an error of the medium, the last one that counts; what was written before it stands.
func TestAFullDiskEndsARunAndLosesNothing(t *testing.T) {
	for full, want := range map[string][]string{
		"claim":         {"", "", "", ""},
		"first intent":  {"unsent", "unsent", "unsent", "unsent"},
		"first outcome": {"in doubt", "in doubt", "unsent", "unsent"},
		"intent":        {"accepted", "accepted", "unsent", "unsent"},
		"outcome":       {"accepted", "accepted", "in doubt", "in doubt"},
		"end":           {"accepted", "accepted", "accepted", "accepted"},
	} {
		t.Run(full, func(t *testing.T) {
			s := created(t)
			line, _ := other(t, order{s, "full disk: " + full})
			if got := line(); got != "a write error" {
				t.Errorf("it gave %s", got)
			}
			for line() != "" { // until it has ended
			}
			if diff := cmp.Diff(want, outcomes(t, read(t, s), crowd(0, 4))); diff != "" {
				t.Errorf("read: %s", diff)
			}
			sound(t, s)
			st := opened(t, s)
			if diff := cmp.Diff(want, outcomes(t, snapshot(t, st), crowd(0, 4))); diff != "" {
				t.Errorf("opened: %s", diff)
			}
			must(t, st.Close())
			sound(t, s)
		})
	}
}

func TestCreateOnAFullDiskLeavesNothing(t *testing.T) {
	s := Settings{Path: filepath.Join(t.TempDir(), "smsplan.state"), Kind: Real}
	line, _ := other(t, order{s, "full disk: create"})
	if got := line(); got != "nothing is left" {
		t.Error(got)
	}
}
