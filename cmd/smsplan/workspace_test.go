package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/smsplan/smsplan/internal/config"
)

// Whoever comes second finds what the first has made, or finds it in use.
func TestCommandsThatMakeTheStateAtOnceShareIt(t *testing.T) {
	for name, tt := range map[string]struct {
		args []string
		may  []int // exit statuses
	}{
		"init":  {[]string{"init"}, []int{0, statusLocked}},
		"apply": {[]string{"apply", "-auto-approve"}, []int{0, statusLocked}},
	} {
		t.Run(name, func(t *testing.T) {
			for range 5 {
				dir := t.TempDir()
				if err := os.WriteFile(filepath.Join(dir, starterName), starter, 0o600); err != nil {
					t.Fatal(err)
				}
				var all sync.WaitGroup
				for range 4 {
					all.Go(func() {
						c := exec.Command(executable, tt.args...)
						c.Dir = dir
						out, _ := c.CombinedOutput()
						if got := c.ProcessState.ExitCode(); got != tt.may[0] && got != tt.may[1] {
							t.Errorf("status %d; want one of %v\n%s", got, tt.may, out)
						}
					})
				}
				all.Wait()
			}
		})
	}
}

// Whoever interrupts the reading of the configuration has not written a faulty one.
func TestAnInterruptIsNoFaultOfTheConfiguration(t *testing.T) {
	t.Chdir(t.TempDir())
	var said bytes.Buffer
	p := newProgram(nil, &said, &said, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.load(ctx, "plan", config.Options{}, ledgering{}); !errors.Is(err, context.Canceled) || said.Len() > 0 {
		t.Errorf("%v; it says %q", err, said.String())
	}
}
