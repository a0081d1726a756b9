package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
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
