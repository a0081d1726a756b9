package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/smsplan/smsplan/internal/plan"
	"github.com/smsplan/smsplan/internal/seal"
)

// aged gives the saved plan at path another time at which it was made.
func aged(t *testing.T, path string, by time.Duration) {
	t.Helper()
	made, err := readPlan(path)
	if err != nil {
		t.Fatal(err)
	}
	made.Created = made.Created.Add(-by)
	if err := save(made, path, &seal.Recipients{}); err != nil {
		t.Fatal(err)
	}
}

func TestAPlanIsBegunWithinItsLifetimeAndCarriedOnLater(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("main.sms.hcl", starter, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, out := smsplan(t, "plan", "-out=x.smsplan"); got != 0 {
		t.Fatalf("plan: status %d\n%s", got, out)
	}
	if about, err := os.Stat("x.smsplan"); err != nil || about.Mode() != 0o600 {
		t.Errorf("the saved plan has mode %v, %v", about.Mode(), err)
	}
	aged(t, "x.smsplan", plan.Lifetime+time.Minute)
	if got, out := smsplan(t, "apply", "x.smsplan"); got != statusMismatch || !strings.Contains(out, "has expired: plans are begun within 24 hours") {
		t.Errorf("a plan that is too old: status %d\n%s", got, out)
	}
	aged(t, "x.smsplan", -2*time.Minute)
	if got, out := smsplan(t, "apply", "x.smsplan"); got != 0 || !strings.Contains(out, "Messages: 2 sent") {
		t.Errorf("a plan that is just young enough: status %d\n%s", got, out)
	}
	aged(t, "x.smsplan", time.Hour)
	if got, out := smsplan(t, "apply", "x.smsplan"); got != 0 || !strings.Contains(out, "Messages: 0 sent") {
		t.Errorf("a plan that was begun in time: status %d\n%s", got, out)
	}
}

func TestAFileThatCannotBeWrittenWholeLeavesNothingAndWhatWasThere(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.smsplan")
	if err := os.WriteFile(path, []byte("before"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := replace(path, 0o600, func(w io.Writer) error {
		_, err := io.WriteString(w, "half of it")
		return errors.Join(err, syscall.ENOSPC)
	})
	if !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("got %v", err)
	}
	left, err := os.ReadDir(dir)
	if b, _ := os.ReadFile(path); err != nil || len(left) != 1 || string(b) != "before" {
		t.Errorf("%v are left, with %q", left, b)
	}
}
