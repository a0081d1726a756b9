package state

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The test binary runs itself as another process that does what the environment says.
const otherProcess = "SMSPLAN_TEST_STATE_PROCESS"

func TestMain(m *testing.M) {
	if order := os.Getenv(otherProcess); order != "" {
		if err := obey(order); err != nil {
			fmt.Println("error:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// order is what another process is to do.
type order struct {
	Settings Settings
	Do       string
}

// other starts another process, and gives what waits for the line that it prints.
func other(t *testing.T, o order) (line func() string, kill func()) {
	t.Helper()
	b, err := json.Marshal(o)
	must(t, err)
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), otherProcess+"="+string(b))
	_, err = c.StdinPipe() // left open: the process ends when its input does
	must(t, err)
	out, err := c.StdoutPipe()
	must(t, err)
	must(t, c.Start())
	kill = func() { _ = c.Process.Kill(); _ = c.Wait() }
	t.Cleanup(kill)
	lines := bufio.NewScanner(out)
	return func() string {
		lines.Scan()
		return lines.Text()
	}, kill
}

func obey(text string) error {
	var o order
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return err
	}
	ctx := context.Background()
	if step, found := strings.CutPrefix(o.Do, "full disk: "); found {
		return onFullDisk(ctx, o.Settings, step)
	}
	if o.Do == "create" {
		for i := 0; ; i++ {
			at := o.Settings
			at.Path = fmt.Sprintf("%s.%d", at.Path, i)
			at.Anchor = at.Path + ".anchor"
			if _, err := Create(ctx, at); err != nil {
				return err
			}
			fmt.Println("made")
		}
	}
	st, err := Open(ctx, o.Settings)
	if err != nil {
		return err
	}
	defer st.Close()
	run, err := st.StartRun(ctx, Run{PlanID: "other", Total: 20})
	if err != nil {
		return err
	}
	switch o.Do {
	case "claim":
		got, err := st.Claim(ctx, run, nil, slices.Values(raceClaims()))
		if err != nil {
			return err
		}
		n := 0
		for _, c := range got {
			n -= len(c.Dropped)
			if c.Request == 0 {
				continue
			}
			if err := st.Begin(ctx, c.Request); err != nil {
				return err
			}
			if err := st.Settle(ctx, c.Request, Settlement{Outcome: Accepted}); err != nil {
				return err
			}
		}
		fmt.Println(n + raceRequests*raceBatch)
		return st.EndRun(ctx, run, "complete")
	case "begin":
		got, err := st.Claim(ctx, run, nil, slices.Values([]Claim{
			{Address: address, Revision: 1, People: crowd(0, 2)},
			{Address: address, Revision: 1, People: crowd(2, 2)},
			{Address: address, Revision: 1, People: crowd(4, 2)},
		}))
		if err != nil {
			return err
		}
		for _, c := range got[:2] {
			if err := st.Begin(ctx, c.Request); err != nil {
				return err
			}
		}
		if err := st.Settle(ctx, got[0].Request, Settlement{Outcome: Accepted}); err != nil {
			return err
		}
	}
	fmt.Println("ready")
	bufio.NewScanner(os.Stdin).Scan()
	return nil
}

const raceRequests, raceBatch = 40, 25

func raceClaims() []Claim {
	var claims []Claim
	for i := range raceRequests {
		claims = append(claims, Claim{Address: address, Revision: 1, People: crowd(i*raceBatch, raceBatch)})
	}
	return claims
}

func TestAKilledRunLeavesDoubtsAndUnsentPeople(t *testing.T) {
	s := created(t)
	line, kill := other(t, order{s, "begin"})
	if got := line(); got != "ready" {
		t.Fatal(got)
	}
	// While it lives, its sends are what they are; others read them beside it.
	live := []string{"accepted", "accepted", "under way", "under way", "planned", "planned"}
	gone := []string{"accepted", "accepted", "in doubt", "in doubt", "unsent", "unsent"}
	if diff := cmp.Diff(live, outcomes(t, read(t, s), crowd(0, 6))); diff != "" {
		t.Error(diff)
	}
	kill()
	if diff := cmp.Diff(gone, outcomes(t, read(t, s), crowd(0, 6))); diff != "" {
		t.Errorf("read before anybody opened it: %s", diff)
	}
	st := opened(t, s)
	if diff := cmp.Diff(gone, outcomes(t, snapshot(t, st), crowd(0, 6))); diff != "" {
		t.Errorf("opened: %s", diff)
	}
	doubts, err := st.Doubts(t.Context())
	if err != nil || len(doubts) != 1 || doubts[0].InDoubt != 2 {
		t.Errorf("Doubts = %v, %v; want one of two people", doubts, err)
	}
	got := claimed(t, st, started(t, st), Claim{Address: address, Revision: 1, People: crowd(0, 6)})
	if diff := cmp.Diff([]int{0, 1, 2, 3}, indexes(got[0].Dropped)); diff != "" {
		t.Error(diff)
	}
	must(t, st.Close())
	sound(t, s)
}

func TestAKilledCreateLeavesAWholeStateOrNone(t *testing.T) {
	for made := 1; made <= 8; made++ {
		s := Settings{Path: filepath.Join(t.TempDir(), "smsplan.state"), Kind: Real}
		line, kill := other(t, order{s, "create"})
		for range made {
			if got := line(); got != "made" {
				t.Fatal(got)
			}
		}
		kill()
		whole := 0
		for ; ; whole++ {
			at := s
			at.Path = fmt.Sprintf("%s.%d", s.Path, whole)
			at.Anchor = at.Path + ".anchor"
			if _, err := os.Stat(at.Path); err != nil {
				break
			}
			i, err := Inspect(t.Context(), at)
			must(t, err)
			at.Lineage = i.Lineage
			must(t, opened(t, at).Close())
			sound(t, at)
		}
		if whole < made {
			t.Errorf("%d states; want %d at least", whole, made)
		}
		// What was half made is not in the way.
		at := s
		at.Path = fmt.Sprintf("%s.%d", s.Path, whole)
		at.Anchor = at.Path + ".anchor"
		_, err := Create(t.Context(), at)
		must(t, err)
	}
}

func TestTwoProcessesNeverClaimTheSamePerson(t *testing.T) {
	s := created(t)
	s.LockWait = time.Minute
	var got []string
	results := make(chan string)
	for range 3 {
		line, _ := other(t, order{s, "claim"})
		go func() { results <- line() }()
	}
	for range 3 {
		got = append(got, <-results)
	}
	slices.Sort(got)
	if diff := cmp.Diff([]string{"0", "0", fmt.Sprint(raceRequests * raceBatch)}, got); diff != "" {
		t.Error(diff)
	}
	sound(t, s)
}

func TestWhoeverIsRefusedIsToldWhoHoldsTheState(t *testing.T) {
	s := created(t)
	s.Who, s.Command = "bob@ci", "apply"
	line, kill := other(t, order{s, "begin"})
	if got := line(); got != "ready" {
		t.Fatal(got)
	}
	_, err := Open(t.Context(), s)
	var locked *LockedError
	if !errors.As(err, &locked) {
		t.Fatalf("Open gave %v; want a *LockedError", err)
	}
	if locked.Who != "bob@ci" || locked.Command != "apply" || locked.PID == os.Getpid() || locked.Since.IsZero() {
		t.Errorf("the holder is %+v", locked)
	}
	for call, err := range map[string]error{
		"Unlock": func() error { _, err := Unlock(t.Context(), s); return err }(),
		"Adopt":  func() error { _, err := Adopt(t.Context(), s); return err }(),
	} {
		if !errors.As(err, &locked) {
			t.Errorf("%s gave %v; want a *LockedError", call, err)
		}
	}
	kill()
	left, err := Unlock(t.Context(), s)
	if err != nil || left == nil || left.Who != "bob@ci" {
		t.Errorf("Unlock after the holder's death gave %v, %v; want what it has left", left, err)
	}
	if left, err := Unlock(t.Context(), s); err != nil || left != nil {
		t.Errorf("Unlock again gave %v, %v; want nothing", left, err)
	}
	if _, err := os.Stat(s.Path + lockSuffix); err != nil {
		t.Error("the lock file is gone")
	}
}

func TestLockWaitWaitsForTheHolder(t *testing.T) {
	s := created(t)
	first, err := Open(t.Context(), s)
	must(t, err)
	s.LockWait = time.Minute
	got := make(chan error)
	go func() {
		second, err := Open(t.Context(), s)
		if err == nil {
			err = second.Close()
		}
		got <- err
	}()
	must(t, first.Close())
	must(t, <-got)
}

func TestTheNoteSaysHowFarTheRunIs(t *testing.T) {
	s := created(t)
	st := opened(t, s)
	st.done.Store(11_400)
	st.total.Store(34_000)
	must(t, st.writer.alone(t.Context(), func(tx *transaction) error {
		st.noted = time.Time{}
		tx.record("test", "")
		return nil
	}))
	_, err := Open(t.Context(), s)
	if err == nil || !strings.Contains(err.Error(), "11400 of 34000 done") {
		t.Errorf("Open gave %v", err)
	}
}
