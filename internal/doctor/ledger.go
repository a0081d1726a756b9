package doctor

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/state"
)

// mostVerified is how many sends a state may have for all of it to be gone through here.
const mostVerified = 500_000

func (e *examination) state(ctx context.Context) {
	e.files()
	e.open(ctx)
	e.leftovers()
}

// files looks at what the state lies on.
func (e *examination) files() {
	if !e.StateKnown {
		e.unchecked("the configuration does not say where the state is", "files", "disk", "lock")
		return
	}
	var err error
	if e.place, err = state.Examine(e.Settings); err != nil {
		e.fail("files", err.Error(), "see that the directory and the files of the state can be read")
		return
	}
	switch c := e.place; {
	case len(c.Closed) > 0:
		e.fail("files", "you may not write "+strings.Join(c.Closed, ", ")+", and what cannot be recorded is not sent",
			"run smsplan as the user whose they are, or give this one the right; on a disk that is read-only, put the state elsewhere (path in the state block)")
	case !c.There:
		e.unchecked("there is no state yet", "files")
	case len(c.Shared) > 0:
		e.warn("files", "others on this machine can read or write "+strings.Join(names(c.Shared), ", "), "chmod 600 "+strings.Join(c.Shared, " "))
	default:
		e.ok("files", "only you can read them")
	}
	switch c := e.place; {
	case c.Network != "":
		e.fail("disk", fmt.Sprintf("%s is on a network file system (%s), where other hosts do not see its lock", c.Path, c.Network),
			"put it on a local disk (path in the state block), and have one host run smsplan")
	case c.Room() == "":
		e.ok("disk", "local")
	default:
		if err := c.CheckRoom(0, 0); err != nil {
			e.fail("disk", c.Room()+" free: too little for any plan", "free some space on the disk of the state")
		} else {
			e.ok("disk", "local, "+c.Room()+" free")
		}
	}
	if h := e.place.Holder; h != nil {
		e.warn("lock", h.Error(), "wait until that has ended, or give -lock-timeout to the command that is to wait")
	} else {
		e.ok("lock", "nobody holds the state")
	}
}

func names(paths []string) []string {
	var list []string
	for _, p := range paths {
		list = append(list, filepath.Base(p))
	}
	return list
}

// open reads the state, as far as it belongs to the configuration.
func (e *examination) open(ctx context.Context) {
	const belonging, soundness, key = "belongs here", "sound", "key"
	because := ""
	switch {
	case !e.StateKnown:
		because = "the configuration does not say where the state is"
	case e.WorkspaceFault != nil:
		because = "it is not known whose state is meant"
	}
	if because != "" {
		e.unchecked(because, belonging, soundness, key)
		return
	}
	if e.Belongs != nil {
		e.mismatch(belonging, e.Belongs)
		e.unchecked("the state is not this configuration's", soundness, key)
		return
	}
	past, err := state.Read(ctx, e.Settings)
	if err != nil {
		e.mismatch(belonging, err)
		e.unchecked("smsplan state verify says whether the state is sound", soundness)
		e.unchecked("the state cannot be read", key)
		return
	}
	e.past = past
	if !e.place.There {
		e.ok(belonging, "the first apply makes it: the gateway is simulated")
		e.unchecked("there is no state yet", soundness)
	} else {
		e.ok(belonging, fmt.Sprintf("lineage %s, at serial %d", past.Lineage, past.Serial))
		e.verify(ctx)
	}
	e.key()
	e.outcomes()
}

// mismatch says why a state must not be used, and what to do.
func (e *examination) mismatch(name string, err error) {
	var m *state.MismatchError
	if errors.As(err, &m) {
		e.fail(name, m.Path+" "+m.Problem, m.Remedy)
		return
	}
	e.fail(name, err.Error(), "docs/state.md says what can be done about a state that cannot be read")
}

// verify goes through the state, unless it is large.
func (e *examination) verify(ctx context.Context) {
	sends := 0
	for _, m := range e.past.Messages() {
		for _, n := range m.Counts {
			sends += n
		}
	}
	if sends > mostVerified {
		e.unchecked(fmt.Sprintf("it holds %s; smsplan state verify goes through all of them", config.Counted(sends, "send")), "sound")
		return
	}
	switch findings, err := state.Verify(ctx, e.Settings); {
	case err != nil:
		e.mismatch("sound", err)
	case len(findings) > 0:
		e.fail("sound", findings[0], "smsplan state verify lists all that is wrong; smsplan state recover makes a state of the newest sound copy")
	default:
		e.ok("sound", "its chain, its counts and its file")
	}
}

func (e *examination) key() {
	if e.Settings.Key == "" {
		e.ok("key", "the state's own, which hides numbers from a casual look only; SMSPLAN_STATE_KEY keeps one elsewhere")
		return
	}
	e.ok("key", "yours, and it opens the state")
}

// outcomes looks for sends that wait for somebody.
func (e *examination) outcomes() {
	count := map[state.Outcome]int{}
	for _, m := range e.past.Messages() {
		for o, n := range m.Counts {
			count[o] += n
		}
	}
	if n := count[state.InDoubt]; n > 0 {
		e.warn("in doubt", config.Counted(n, "send")+" that may have reached their people, or not: they are not sent to", "smsplan resolve asks the gateway; smsplan resolve -as=sent or -as=unsent takes your word")
	}
	if n := count[state.Unconfirmed]; n > 0 {
		e.warn("unconfirmed", config.Counted(n, "send")+" of requests that the gateway took, without an answer of their own", "smsplan status asks what became of them; smsplan resolve -as=sent settles them")
	}
	if n := count[state.Withdrawing]; n > 0 {
		e.warn("withdrawing", config.Counted(n, "scheduled message")+" that the gateway was asked to withdraw, and whose answer was lost", "smsplan resolve asks again")
	}
	if count[state.InDoubt]+count[state.Unconfirmed]+count[state.Withdrawing] == 0 {
		e.ok("outcomes", "nothing is in doubt or unconfirmed")
	}
}

// leftovers looks for outcomes and statuses that the state has not taken yet.
func (e *examination) leftovers() {
	orphans, err := filepath.Glob(filepath.Join(e.Notes, "orphans-*.jsonl"))
	switch {
	case err != nil || e.Notes == "":
		e.unchecked("it is not known where they would be", "saved outcomes")
		return
	case len(orphans) > 0:
		e.warn("saved outcomes", fmt.Sprintf("%s with outcomes that the state could not take", config.Counted(len(orphans), "file")),
			"smsplan resolve -from="+orphans[0]+", then take the file away")
	default:
		e.ok("saved outcomes", "none")
	}
	if some, err := state.NewSpool(e.Spool).Some(); err == nil && some {
		e.warn("receipts", "statuses that the gateway pushed wait for the state", "smsplan receipts records them, and so does the next apply")
	}
}
