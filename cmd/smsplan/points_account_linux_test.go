package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/smsplan/smsplan/internal/phone/fiction"
)

// pointAccount is what a trial has come to.
type pointAccount struct {
	stand  *stand
	point  *point
	result *traced
	sight  *sight
	first  bool // outcomes that were saved beside the state are recorded before the next apply, not after it

	twice, lost, skipped, doubts int
	wrong                        []string
	log                          strings.Builder
}

func (a *pointAccount) fault(format string, args ...any) {
	a.wrong = append(a.wrong, fmt.Sprintf(format, args...))
}

func (a *pointAccount) run(args ...string) (out string, status int) {
	out, status = a.stand.run(args...)
	fmt.Fprintf(&a.log, "$ smsplan %s\n%sstatus %d\n", strings.Join(args, " "), ending(out), status)
	if crashes.MatchString(out) {
		a.fault("%s crashes", args[0])
	}
	return out, status
}

func (a *pointAccount) runs(args ...string) {
	if out, status := a.run(args...); status != 0 {
		a.fault("afterwards %s ends with status %d: %s", strings.Join(args[:min(2, len(args))], " "), status, lastLine(out))
	}
}

func lastLine(text string) string {
	text = strings.TrimSpace(text)
	return text[strings.LastIndex(text, "\n")+1:]
}

// settle looks at what the command said and left, lets the next commands go on until nothing is left to do, and counts.
func (a *pointAccount) settle() {
	if a.result.hung {
		a.fault("it hangs")
	}
	if a.result.status >= 0 {
		a.said()
	}
	a.left()
	saved := a.saved()
	if a.first {
		a.reclaim(saved)
	}
	a.goOn()
	if !a.first {
		a.reclaim(saved)
	}
	a.verify()
	a.count()
}

// said judges the status and the message of a command that failed, or did not.
func (a *pointAccount) said() {
	r, p := a.result, a.point
	local := a.local()
	if a.beneath() {
		return
	}
	if crashes.MatchString(r.stderr) {
		a.fault("it crashes")
		return
	}
	fmt.Fprintf(&a.log, "then: %s\n", a.stand.picture())
	if a.succeeded() {
		return
	}
	switch r.status {
	case statusError, statusDoubt:
	case statusIncomplete:
		if local {
			a.fault("status 3 although a file failed")
		}
	default:
		a.fault("status %d", r.status)
	}
	if local {
		if !slices.ContainsFunc(r.injected, func(line string) bool { return a.names(injectedInto(line)) }) {
			a.fault("the message does not name %s", about(injectedInto(r.injected[0])))
		}
		if !causes[p.kind].MatchString(strings.ToLower(r.text())) {
			a.fault("the message does not name the cause")
		}
	}
}

// succeeded reports whether the command says what it says when nothing fails. A migration ends with what is in doubt, status 4, either way.
func (a *pointAccount) succeeded() bool {
	return a.result.status == a.sight.status && (a.sight.status == 0 || a.result.stderr == "")
}

// local reports whether it was files alone that failed, and not a connection or where messages go.
func (a *pointAccount) local() bool {
	return a.point.call.path != "tcp" && !slices.ContainsFunc(a.result.injected, func(line string) bool {
		// Of a call that the trace interrupts nobody can tell whether it was one to the gateway.
		return strings.Contains(line, "<socket:") || strings.Contains(line, "<pipe:") || injectedInto(line) == ""
	})
}

// beneath reports whether something failed that the program knows nothing of: its loader's files, or what its runtime wakes up by.
func (a *pointAccount) beneath() bool {
	// A call that the trace interrupts says no more what it was about.
	return strings.Contains(a.result.stderr, "netpollBreak write failed") || slices.ContainsFunc(a.result.injected, func(line string) bool {
		path := injectedInto(line)
		return strings.HasPrefix(path, "anon_inode:") || filepath.IsAbs(path) && !strings.HasPrefix(path, a.stand.dir)
	})
}

// names reports whether the message says which file it is about.
func (a *pointAccount) names(path string) bool {
	switch path {
	case "":
		path = a.point.call.path
	case a.stand.dir:
		return true // of what is in it, something else says more
	}
	text := a.result.text()
	// Temporary files are called by what they become.
	return strings.Contains(text, about(path)) || strings.Contains(path, ".smsplan-") && (strings.Contains(text, ".gitignore") || strings.Contains(text, "main.sms.hcl"))
}

// left looks at what is in the directory.
func (a *pointAccount) left() {
	s, p := a.stand, a.point
	if p.scene.name == "state push" && a.succeeded() {
		s.state = "moved.state"
	}
	now := s.picture()
	if now.plan == "bad" {
		a.fault("half a plan is left")
	}
	if p.scene.sends {
		a.intended(now)
		// Where it ends with doubts anyway, its status does not tell of those that a connection left.
		if a.succeeded() && (a.result.status == 0 || a.local()) && !now.same(a.sight.after) {
			a.fault("status 0, and the state holds %s", now)
		}
		return
	}
	switch before, after := now.same(a.sight.before), now.same(a.sight.after); {
	case after:
	case a.succeeded():
		a.fault("status 0, and there is %s", now)
	case before, p.scene.between != nil && p.scene.between(now):
	default:
		a.fault("between before and after: %s", now)
	}
	if a.result.status > 0 && !strings.HasPrefix(p.call.name, "unlink") {
		for _, pattern := range []string{".smsplan-*", ".smsplan.lock.hcl.*", ".smsplan/.anchor-*", "*.new", "*.new-*"} {
			if found, _ := filepath.Glob(s.path(pattern)); len(found) > 0 {
				a.fault("%s is left", filepath.Base(found[0]))
			}
		}
	}
}

// intended holds what the gateway has taken against the intents: whoever was sent to is at least in doubt, before anything else runs.
func (a *pointAccount) intended(now picture) {
	taken, err := a.stand.taken()
	if err != nil {
		a.fault("%v", err)
		return
	}
	without := 0
	for _, n := range fiction.Numbers(pointPeople) {
		for address, text := range map[string]string{"message.hello": "Hello.", "message.outage": "Power is out."} {
			if word := now.outcomes[address][n.E164()]; taken[n.E164()+" "+text] > 0 && (word == "" || word == "unsent" || word == "planned") {
				without++
			}
		}
	}
	if without > 0 {
		a.fault("%d sent to without an intent", without)
	}
}

// saved gives the files with outcomes that the state could not take. Those that were printed come into one.
func (a *pointAccount) saved() []string {
	files, _ := filepath.Glob(a.stand.path(".smsplan/orphans-*.jsonl"))
	var printed strings.Builder
	for line := range strings.Lines(a.result.stdout) {
		if strings.HasPrefix(line, `{"at":`) {
			printed.WriteString(line)
		}
	}
	if printed.Len() > 0 {
		if err := a.stand.write("printed.jsonl", printed.String()); err != nil {
			a.fault("%v", err)
		}
		files = append(files, "printed.jsonl")
	}
	return files
}

// reclaim records saved outcomes. With them whoever was taken by the gateway is known to be, unless an answer was lost.
func (a *pointAccount) reclaim(files []string) {
	for _, file := range files {
		a.runs("resolve", "-from="+file)
	}
	if !a.first || a.result.status < 0 || !a.local() || !strings.HasPrefix(a.point.scene.name, "apply") {
		return
	}
	taken, err := a.stand.taken()
	if err != nil {
		a.fault("%v", err)
		return
	}
	now := a.stand.picture()
	unknown := 0
	for number, word := range now.outcomes["message.hello"] {
		if taken[number+" Hello."] > 0 && word != "accepted" {
			unknown++
		}
	}
	if unknown > 0 {
		a.fault("%d outcomes are known and neither recorded nor saved", unknown)
	}
}

// goOn runs the command again where it has to be done, and apply until there is nothing left to do.
func (a *pointAccount) goOn() {
	scene := a.point.scene
	if !scene.sends {
		out, status := a.run(scene.args...)
		if status != 0 && (scene.done == "" || !strings.Contains(out, scene.done)) {
			a.fault("again, it ends with status %d: %s", status, lastLine(out))
		}
	}
	if scene.resume != nil {
		if err := scene.resume(a.stand); err != nil {
			a.fault("%v", err)
		}
	}
	if scene.address() == "" {
		return
	}
	again := applyAll
	if strings.HasPrefix(scene.name, "migration") {
		again = scene.args
	}
	for range 5 {
		out, status := a.run(again...)
		if status != 0 && status != statusDoubt {
			a.fault("the next apply ends with status %d: %s", status, lastLine(out))
			return
		}
		if strings.Contains(out, "No changes.") {
			return
		}
	}
	a.fault("apply finds something to do again and again")
}

func (a *pointAccount) verify() {
	s := a.stand
	if _, err := os.Stat(s.path(".smsplan.lock.hcl")); err == nil && a.point.scene.name != "init in an empty directory" {
		a.runs("state", "verify")
	}
}

// count holds the gateway's account against the state's.
func (a *pointAccount) count() {
	taken, err := a.stand.taken()
	if err != nil {
		a.fault("%v", err)
		return
	}
	for _, n := range taken {
		if n > 1 {
			a.twice++
		}
	}
	now := a.stand.picture()
	if now.problem != "" {
		a.fault("at the end there is no state: %s", now.problem)
	}
	fmt.Fprintf(&a.log, "at the end: %s; the gateway has taken %d\n", now, len(taken))
	for address, text := range map[string]string{"message.hello": "Hello.", "message.hullo": "Hello.", "message.more": "More.", "message.outage": "Power is out."} {
		of, known := now.outcomes[address]
		if !known && address != a.point.scene.address() {
			continue
		}
		for i, n := range fiction.Numbers(pointPeople) {
			word, got := of[n.E164()], taken[n.E164()+" "+text] > 0
			switch {
			case word == "imported" && got:
				a.twice++
			case i < a.point.scene.imports && word != "imported":
				a.lost++
			case word == "in doubt":
				a.doubts++
			case slices.Contains([]string{"accepted", "unconfirmed"}, word) && !got:
				if a.sight.before.outcomes[address][n.E164()] != word { // another gateway had it
					a.lost++
				}
			case slices.Contains([]string{"", "planned", "under way", "unsent"}, word) && a.point.scene.address() != "":
				a.skipped++
			case word == "refused" && !got:
				a.skipped++
			}
		}
	}
}
