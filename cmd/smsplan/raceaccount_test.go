package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/simulator"
	"github.com/smsplan/smsplan/internal/state"
)

// most is how many applies it takes at most until nothing is left.
const most = 12

// quiet applies until nothing is left.
func (r *race) quiet() error {
	r.quicken()
	dir := r.checkouts[0]
	if err := r.follow(dir); err != nil {
		return err
	}
	if out, _ := r.command(dir, "state", "list").CombinedOutput(); bytes.Contains(out, []byte("message.elsewhere")) {
		// Where nobody had had it when it was renamed, the name may stand for a new message by now.
		if out, err := r.must(dir, "state", "mv", "message.elsewhere", "message.removed"); err != nil && !strings.Contains(out, "ledger of its own") {
			return err
		}
	}
	for range most {
		o := &runner{dir: dir, args: []string{"apply", "-auto-approve", "-resolve-timeout=0s", "-no-color"}}
		c := r.command(dir, o.args...)
		c.Stdout, c.Stderr = &o.out, &o.out
		o.status = exitOf(c.Run())
		r.runners = append(r.runners, o)
		r.judge(o)
		if strings.Contains(o.out.String(), "No changes.") {
			out, err := r.must(dir, "state", "verify")
			if err != nil {
				return fmt.Errorf("state verify: %w\n%s", err, out)
			}
			return nil
		}
	}
	return errors.New("it does not come to its end")
}

// quicken ends the gateway's faults but for refusals.
func (r *race) quicken() {
	left := slices.DeleteFunc(r.gateway.Ordered(), func(f simulator.Fault) bool { return !strings.HasPrefix(f.String(), "refuse") })
	if err := r.gateway.Order(left); err != nil {
		r.wrong("%v", err)
	}
}

// follow goes to where the state was pushed.
func (r *race) follow(dir string) error {
	out, _ := r.command(dir, "state", "compact").CombinedOutput()
	_, err := os.Stat(r.moved())
	switch {
	case !bytes.Contains(out, []byte("was moved to")) && errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil: // it has not arrived
		if _, err := r.must(dir, "state", "push", r.moved()); err != nil {
			return err
		}
	}
	path := filepath.Join(dir, "main.sms.hcl")
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	b = bytes.Replace(b, []byte(r.state), []byte(r.moved()), 1)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		return err
	}
	r.state = r.moved()
	_, err = r.must(dir, "state", "adopt", "-auto-approve")
	return err
}

// account holds each person's messages in the gateway against the state, and the summaries against the gateway.
func (r *race) account() error {
	dir := r.checkouts[0]
	lock, diagnostics := config.ReadLock(dir)
	if diagnostics.HasErrors() {
		return errors.New("the lock file cannot be read")
	}
	past, err := state.Read(context.Background(), state.Settings{
		Path: r.state, Kind: state.Real, Lineage: lock.Workspaces[config.DefaultWorkspace].Lineage, Anchor: filepath.Join(dir, notesDir, "anchor"),
	})
	if err != nil {
		return err
	}
	taken := map[[2]string]int{}
	messages := r.gateway.Messages()
	for _, m := range messages {
		taken[[2]string{m.Text, m.To}]++
	}
	for text, address := range map[string]string{guarded: "message.guarded", removed: "message.removed", alarm: "message.alarm"} {
		ledger := past.Ledger(address, 1)
		for _, n := range r.people {
			one, found := ledger.Find(past.AppendAlias(nil, []byte(n.Line().E164())))
			r.person(text, n.String(), taken[[2]string{text, n.E164()}], one.Outcome, found, past.Stopped(past.AppendAlias(nil, []byte(n.Line().E164()))))
		}
	}
	said, certain := 0, !r.lossy
	for _, o := range r.runners {
		said += sent(o.out.String())
		certain = certain && !o.broken
	}
	if said > len(messages) || certain && said < len(messages) {
		r.wrong("the runners say that they sent to %d, and the gateway took %d", said, len(messages))
	}
	return nil
}

// person judges what became of one person.
func (r *race) person(text, who string, times int, o state.Outcome, found, stopped bool) {
	limit := 1
	for _, one := range r.runners {
		args := strings.Join(one.args, " ")
		if text == removed && strings.HasPrefix(args, "state rm") && (one.status == 0 || one.status == -1) {
			limit++ // each time that it was removed it may be sent again
		}
	}
	find := func(counter *int, word string) {
		*counter++
		r.findings = append(r.findings, fmt.Sprintf("%s: %s, %s: %d at the gateway, %s in the state (%v)", word, text, who, times, o, found))
	}
	switch {
	case times > limit && text != alarm:
		find(&r.tally.twice, "sent twice")
	case times == 0 && found && (o == state.Accepted || o == state.Unconfirmed && !r.refuses):
		find(&r.tally.lost, "lost")
	case times > 0 && (!found || o == state.Refused && text == guarded):
		find(&r.tally.lost, "not recorded")
	case !stopped && (!found || o == state.Planned || o == state.UnderWay || o == state.Unsent):
		find(&r.tally.skipped, "skipped silently")
	}
}
