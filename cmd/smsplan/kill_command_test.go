package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// outcome is how a command ended.
type outcome struct {
	args   []string
	killed bool
	status int
	stdout []byte
	output string // with stderr
}

// killPatience is how long a command may take; the longest pauses of a run are ten seconds.
const killPatience = 60 * time.Second

// command runs the program, and kills it when the moment comes.
func (k *killTrial) command(ctx context.Context, m moment, args ...string) (o outcome, err error) {
	ctx, cancel := context.WithTimeout(ctx, killPatience)
	defer cancel()
	cmd := exec.Command(k.program, args...)
	cmd.Dir = k.dir
	cmd.Env = append(os.Environ(), "SMSPLAN_STATE_KEY="+stateKey)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	v := newVictim(cmd)
	if m.request.nth > 0 {
		s := m.request
		s.of = v
		k.gateway.aim(&s)
	}
	if rest, ok := strings.CutPrefix(m.file, "smsplan.state"); ok && k.broadcast.statePath != "" {
		m.file = k.broadcast.statePath + rest
	}
	before, _ := os.Stat(filepath.Join(k.dir, m.file))
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return o, err
	}
	close(v.started)
	go func() {
		_ = cmd.Wait()
		close(v.ended)
	}()
	if m.await(v, k.dir, before, k.unit) {
		v.strike()
	}
	select {
	case <-v.ended:
	case <-ctx.Done():
		v.strike()
		k.found.add(otherwise, "%s does not end", strings.Join(args, " "))
	}
	k.gateway.aim(nil)
	o = outcome{args: args, killed: v.struck(), status: cmd.ProcessState.ExitCode(), stdout: stdout.Bytes(), output: stdout.String() + stderr.String()}
	if args[0] == "state" && (args[1] == "pull" || args[1] == "list") {
		o.output = stderr.String()
	}
	if o.killed {
		words := []string{args[0]}
		if args[0] == "state" {
			words = args[:2]
		}
		k.killed[strings.Join(words, " ")+": "+m.String()]++
	}
	k.note("%s %s (%s, %s)\n%s", k.program, strings.Join(args, " "), cmd.ProcessState, time.Since(began).Round(time.Millisecond), o.output)
	return o, nil
}

// expect notes a status that a command must not end with, and words that it must not say.
func (k *killTrial) expect(o outcome) {
	if o.killed {
		return
	}
	may := []int{0}
	switch {
	case o.args[0] == "apply" || o.args[0] == "cancel":
		may = []int{0, 3, 4}
		if o.status == 7 && strings.Contains(o.output, "stale") {
			return
		}
	case o.args[0] == "resolve":
		may = []int{0, 4}
	case o.args[0] == "state" && o.args[1] == "mv" && strings.Contains(o.output, "knows no message"):
		may = []int{1}
	}
	if !slices.Contains(may, o.status) || strings.Contains(o.output, "damage") || strings.Contains(o.output, "panic") {
		k.found.add(otherwise, "smsplan %s ends with status %d: %s", strings.Join(o.args, " "), o.status, strings.TrimSpace(o.output))
	}
}

// note adds to the journal of the trial.
func (k *killTrial) note(format string, args ...any) {
	file, err := os.OpenFile(filepath.Join(k.dir, journalName), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return
	}
	fmt.Fprintf(file, "%s "+format, append([]any{time.Now().Format("15:04:05.000")}, args...)...)
	_ = file.Close()
}
