package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
)

// refusing begins the names of the scripts about states that must be refused.
const refusing = "refused-state-"

// refusals counts what became of applies that the scripts have refused: each meets a state with something else wrong, and no
// request has reached the gateway then.
type refusals struct{ refused, let atomic.Int64 }

func (r *refusals) count(mustFail bool, status int, args []string) {
	if r == nil || !mustFail {
		return
	}
	if status == 0 {
		r.let.Add(1)
	} else if slices.Contains(args, "apply") {
		r.refused.Add(1)
	}
}

// A state that is missing, older, forked, foreign, wrongly keyed, cut short, of another format, later than the clock, copied, never
// initialised, meant for the other kind of gateway, or another workspace's is refused before anything is sent.
func TestStatesThatCannotBeTrustedAreRefused(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(scripts, refusing+"*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	var counts refusals
	t.Cleanup(func() { // the scripts run beside one another, and end after this function
		const least = 30
		if n := counts.refused.Load(); n < least && !t.Failed() {
			t.Errorf("%d applies were refused, not %d", n, least)
		}
		failed := 0
		if t.Failed() {
			failed = 1
		}
		fmt.Printf("campaign: R7 | states that cannot be trusted | %d refusals | - | %d not refused, %d wrong otherwise\n",
			counts.refused.Load(), counts.let.Load(), failed)
	})
	runScripts(t, files, &counts)
}
