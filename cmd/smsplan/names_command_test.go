package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/smsplan/smsplan/internal/phone/fiction"
	"github.com/smsplan/smsplan/internal/simulator"
)

const lifeConfiguration = `
smsplan {
  state "file" {
    path = %q
  }
}

gateway "clickatell" {
  endpoint    = %q
  api_id      = 1
  user        = "demo"
  password    = "demo"
  batch_size  = 1
  connections = 1
  rate        = 100000
  timeout     = "20s"
}

recipients "everybody" {
  csv {
    path   = "people.csv"
    number = "number"
  }
}
`

// The errors that ask the author something.
const (
	askedRename = "Message renamed or new?"
	askedText   = "Message returns with another text"
	askedMove   = "Moved to a message"
)

var (
	lifeSummary = regexp.MustCompile(`(?m)^Error: (.*)$`)
	movedThere  = regexp.MustCompile(`moved \{\s+from = (\S+)\s+to\s+= (\S+)`)
	gonePlace   = regexp.MustCompile(`removed \{\s+from = (\S+)`)
	nextNumber  = regexp.MustCompile(`revision = (\d+)`)
	sendsOf     = regexp.MustCompile(`the number of sends of \S+ is (\d+)`)
	faulty      = regexp.MustCompile(`^(Move to the same address|Moved message still there|Moved twice|Two moves to one address|Moves in a circle|Removed message still there)$`)
)

// prepare makes a gateway, a state and two checkouts.
func (l *life) prepare() (closed func(), err error) {
	if l.gateway, err = newOutliving(simulator.Options{}); err != nil {
		return nil, err
	}
	closed = func() { _ = l.gateway.close() }
	for _, n := range fiction.Numbers(6) {
		l.people = append(l.people, n.E164())
	}
	for i := range 2 {
		at := &checkout{dir: filepath.Join(l.root, fmt.Sprint("checkout", i+1))}
		at.edition.blocks, at.applied.blocks = map[string]stanza{}, map[string]stanza{}
		l.checkouts = append(l.checkouts, at)
		settings := fmt.Sprintf(lifeConfiguration, filepath.Join(l.root, "smsplan.state"), l.gateway.server.URL+"/soap/document_literal/webservice")
		if err := errors.Join(os.Mkdir(at.dir, 0o700), os.WriteFile(filepath.Join(at.dir, "settings.sms.hcl"), []byte(settings), 0o600)); err != nil {
			return closed, err
		}
		l.write(at)
		first := []string{"init"}
		if i > 0 {
			entry, err := os.ReadFile(filepath.Join(l.checkouts[0].dir, ".smsplan.lock.hcl"))
			if err = errors.Join(err, os.WriteFile(filepath.Join(at.dir, ".smsplan.lock.hcl"), entry, 0o600)); err != nil {
				return closed, err
			}
			first = []string{"state", "adopt", "-auto-approve"}
		}
		if status, out := l.run(at, nil, first...); status != 0 {
			return closed, errors.New(out)
		}
	}
	return closed, nil
}

// write puts the edition of a checkout into its files.
func (l *life) write(at *checkout) {
	if err := errors.Join(
		os.WriteFile(filepath.Join(at.dir, "messages.sms.hcl"), []byte(at.edition.write()), 0o600),
		os.WriteFile(filepath.Join(at.dir, "people.csv"), []byte(at.edition.rows(l.people)), 0o600)); err != nil {
		l.wrong("%v", err)
	}
}

// run runs the program, and kills it in the course of the stroke. The status is -1 where it was killed.
func (l *life) run(at *checkout, s *stroke, args ...string) (status int, output string) {
	c := exec.Command(l.program, append(args, "-no-color")...)
	c.Dir = at.dir
	var out strings.Builder
	c.Stdout, c.Stderr = &out, &out
	v := newVictim(c)
	if s != nil {
		s.of = v
		l.gateway.aim(s)
	}
	if err := c.Start(); err != nil {
		l.wrong("%v", err)
		return -1, ""
	}
	close(v.started)
	err := c.Wait()
	close(v.ended)
	l.gateway.aim(nil)
	l.gateway.rest()
	status = exitOf(err)
	l.note("%s: smsplan %s: status %d\n%s", filepath.Base(at.dir), strings.Join(args, " "), status, out.String())
	if strings.Contains(out.String(), "panic") || strings.Contains(out.String(), "goroutine ") {
		l.wrong("smsplan %s panics", strings.Join(args, " "))
	}
	return status, out.String()
}

// settled runs a command on the edition of the checkout until it asks nothing any more, and answers what it asks in one way or the
// other. It reports whether the edition was taken.
func (l *life) settled(at *checkout, s *stroke, args ...string) (status int, output string, taken bool) {
	for range 8 {
		l.write(at)
		l.note("%s%s", at.edition.write(), at.edition.rows(l.people))
		must, may, warns := l.book.questions(at.edition, l.people)
		status, output = l.run(at, s, args...)
		var asked []string
		for _, m := range lifeSummary.FindAllStringSubmatch(output, -1) {
			asked = append(asked, m[1])
		}
		if slices.ContainsFunc(asked, faulty.MatchString) {
			at.edition.moves, at.edition.removed = nil, nil
			continue
		}
		var questions []string
		for _, one := range asked {
			if !strings.HasPrefix(one, "Mess") && !strings.HasPrefix(one, askedMove) {
				continue
			}
			questions = append(questions, one)
			if !slices.ContainsFunc([]string{askedRename, askedText, askedMove}, func(q string) bool { return may[q] && strings.HasPrefix(one, q) }) {
				l.wrong("%q is asked without a cause", one)
			}
		}
		for q := range must {
			if must[q] && !slices.ContainsFunc(questions, func(one string) bool { return strings.HasPrefix(one, q) }) {
				l.found(&l.tally.skipped, "%q is not asked", q)
			}
		}
		if len(l.findings) > 0 {
			return status, output, false
		}
		if len(questions) == 0 {
			for _, address := range warns {
				if !strings.Contains(strings.Join(strings.Fields(output), " "), "to send to had "+address) {
					l.found(&l.tally.skipped, "nothing warns of those who had %s", address)
				}
			}
			return status, output, true
		}
		l.tally.asked++
		l.answer(&at.edition, output, strings.Join(questions, "\n"))
	}
	l.note("not settled")
	at.edition = at.applied.clone()
	return status, output, false
}

// answer changes the edition as an error says.
func (l *life) answer(e *edition, output, questions string) {
	if strings.Contains(questions, askedMove) {
		e.moves = nil
		for _, m := range gonePlace.FindAllStringSubmatch(output, -1) {
			if l.one(2) && !e.has(m[1]) {
				e.removed = append(e.removed, m[1])
			}
		}
		return
	}
	if strings.Contains(questions, askedText) {
		next := 0
		for _, m := range nextNumber.FindAllStringSubmatch(output, -1) {
			n, _ := strconv.Atoi(m[1])
			next = max(next, n)
		}
		for name, s := range e.blocks {
			if next%2 == 0 {
				s.revision = next
			} else {
				s.ignores = true
			}
			e.blocks[name] = s
		}
	}
	for _, m := range movedThere.FindAllStringSubmatch(output, -1) {
		if l.one(2) && !slices.ContainsFunc(e.moves, func(o [2]string) bool { return o[0] == m[1] || o[1] == m[2] }) {
			e.moves = append(e.moves, [2]string{m[1], m[2]})
			return
		}
	}
	for _, m := range gonePlace.FindAllStringSubmatch(output, -1) {
		if !e.has(m[1]) && !slices.Contains(e.removed, m[1]) {
			e.removed = append(e.removed, m[1])
		}
	}
}

// apply applies the edition of a checkout, and may be killed at it.
func (l *life) apply(at *checkout, killed bool) {
	l.applyWith(at, killed, "")
}

// refuse applies it while the gateway refuses some people.
func (l *life) refuse(at *checkout) {
	ending := l.people[l.rng.IntN(len(l.people))]
	ending = ending[len(ending)-2:]
	fault, err := simulator.ParseFault("refuse:code=114,ending=" + ending)
	if err == nil {
		err = l.gateway.order([]simulator.Fault{fault})
	}
	if err != nil {
		l.wrong("%v", err)
	}
	l.applyWith(at, false, ending)
	if err := l.gateway.order(nil); err != nil {
		l.wrong("%v", err)
	}
}

func (l *life) applyWith(at *checkout, killed bool, refuses string) {
	var s *stroke
	if killed {
		// The gateway takes the one request that is under way: what became of it is known to the next apply.
		s = &stroke{op: "sendmsg", nth: 1 + l.rng.IntN(4), stage: among(l.rng, received, taken, halfway)}
	}
	status, out, taken := l.settled(at, s, "apply", "-auto-approve", "-resolve-timeout=0s")
	if !taken {
		return
	}
	l.tally.applied++
	at.applied = at.edition.clone()
	before := l.book.clone()
	l.book.take(at.edition, false)
	sent := l.book.share(at.edition, l.people, nil, refuses)
	l.account(before, at.edition, sent, status, out)
}

// save saves a plan of the edition of a checkout.
func (l *life) save(at *checkout) {
	l.made++
	p := &savedPlan{file: filepath.Join(l.root, fmt.Sprintf("%d.smsplan", l.made)), book: l.book.changes, sends: len(l.book.sends)}
	if status, out, taken := l.settled(at, nil, "plan", "-out="+p.file); !taken || status != 0 {
		if taken {
			l.wrong("plan ends with status %d: %s", status, out)
		}
		return
	}
	p.edition, p.people = l.book.resolved(at.edition), map[string][]string{}
	then := l.book.clone()
	then.take(p.edition, false)
	for _, s := range then.share(p.edition, l.people, nil, "") {
		for address, n := range then.names {
			if n.id == s.name {
				p.people[address] = append(p.people[address], s.person)
			}
		}
	}
	l.plans = append(l.plans, p)
}

// applySaved applies a saved plan, perhaps for the second time.
func (l *life) applySaved(at *checkout, p *savedPlan) {
	l.write(at)
	status, out := l.run(at, nil, "apply", p.file, "-resolve-timeout=0s")
	late := l.book.changes > p.book
	if strings.Contains(out, "stale") {
		l.tally.stale++
		// A message that was new to nobody may have been sent since: one of the plan with its text may be that message renamed.
		if status != 7 || !late && len(l.book.sends) == p.sends {
			l.wrong("a plan is stale without a cause, with status %d", status)
		}
		l.account(l.book, p.edition, nil, status, out)
		return
	}
	l.tally.saved++
	l.tally.applied++
	before := l.book.clone()
	l.book.take(p.edition, late)
	sent := l.book.share(p.edition, l.people, p.people, "")
	l.account(before, p.edition, sent, status, out)
}

// account holds what the gateway took against what the book says. Whom a killed run has left out gets it later.
func (l *life) account(before *book, e edition, want []posted, status int, out string) {
	all := l.gateway.current().Messages()
	fresh := all[l.counted:]
	l.counted = len(all)
	took := func(s posted, m simulator.Message) bool {
		for address, n := range l.book.names {
			if n.id == s.name {
				return m.To == s.person && m.Text == s.text && m.From == strings.ReplaceAll(tag(address), ".", "")+"R"+strconv.Itoa(s.revision)
			}
		}
		return false
	}
	killed := status < 0
	if killed {
		l.tally.killed++
	}
	for _, m := range fresh {
		if !slices.ContainsFunc(want, func(s posted) bool { return !s.refused && took(s, m) }) {
			l.found(&l.tally.twice, "sent although it was not to be: %s to %s from %s", m.Text, m.To, m.From)
		}
	}
	if len(fresh) > len(want) {
		l.found(&l.tally.twice, "%d messages for %d people", len(fresh), len(want))
	}
	for _, s := range want {
		if s.refused || slices.ContainsFunc(fresh, func(m simulator.Message) bool { return took(s, m) }) {
			l.rival(before, s)
			continue
		}
		if !killed {
			l.found(&l.tally.lost, "not sent: %s to %s at revision %d", s.text, s.person, s.revision)
			continue
		}
		l.book.sends = slices.DeleteFunc(l.book.sends, func(o posted) bool { return o == s })
		l.book.claimed = append(l.book.claimed, s.soul)
	}
	refused := slices.ContainsFunc(l.book.sends, func(s posted) bool { return s.refused })
	if !killed && status != 0 && status != 7 && !(refused && status == statusIncomplete) {
		l.wrong("status %d: %s", status, out)
	}
}

// rival looks for a message with the same text or block that was gone when this one was first seen, and that nobody was asked about.
func (l *life) rival(before *book, s posted) {
	for address, n := range l.book.names {
		if n.id != s.name || s.refused || slices.ContainsFunc(before.sends, func(o posted) bool { return o.name == n.id }) {
			continue
		}
		block, _ := blockOf(address)
		for _, o := range before.sends {
			same := o.text == s.text
			for former, g := range before.names {
				other, _ := blockOf(former)
				same = same || g.id == o.name && other == block
			}
			if slices.Contains(n.rivals, o.soul) && !o.refused && o.person == s.person && same && o.revision == s.revision && l.book.ledger(o.soul) != l.book.ledger(s.soul) && !l.book.lost[s.person] {
				l.found(&l.tally.twice, "a message and one like it, and nobody was asked: %s and %s to %s", o.text, s.text, s.person)
			}
		}
	}
}

// rename renames a message in the state.
func (l *life) rename(at *checkout) {
	from, to := "message."+among(l.rng, blockNames...), "message."+among(l.rng, blockNames...)
	l.write(at)
	status, _ := l.run(at, nil, "state", "mv", from, to)
	if status != 0 {
		return
	}
	moves := map[string]string{}
	for address := range l.book.names {
		if block, key := blockOf(address); block == from {
			moves[address] = to + key
		}
	}
	if _, single := moves[from]; single {
		moves = map[string]string{from: to}
	}
	moved := map[string]*name{}
	for a, b := range moves {
		n := l.book.names[a]
		if other := l.book.names[b]; other != nil && l.book.used(other.soul) {
			l.wrong("%s was moved to %s, which was sent", a, b)
		}
		n.absent, n.removed = false, false
		moved[b] = n
		delete(l.book.names, a)
	}
	for b, n := range moved {
		l.book.names[b] = n
	}
	l.book.changes++
}

// forgetMessage removes a message from the state: it may be sent again.
func (l *life) forgetMessage(at *checkout) {
	address := "message." + among(l.rng, blockNames...)
	l.write(at)
	_, out := l.run(at, nil, "state", "rm", address, "-auto-approve", "-count=999")
	m := sendsOf.FindStringSubmatch(out)
	if m == nil {
		return
	}
	if status, _ := l.run(at, nil, "state", "rm", address, "-auto-approve", "-count="+m[1]); status != 0 {
		return
	}
	n := l.book.names[address]
	ledger := l.book.ledger(n.soul)
	l.book.sends = slices.DeleteFunc(l.book.sends, func(s posted) bool { return l.book.ledger(s.soul) == ledger })
	l.book.claimed = slices.DeleteFunc(l.book.claimed, func(soul int) bool { return l.book.ledger(soul) == ledger })
	for key, soul := range l.book.keyed {
		if l.book.ledger(soul) == ledger {
			delete(l.book.keyed, key)
		}
	}
	delete(l.book.names, address)
	l.book.changes++
}

// forgetPerson has the state keep of somebody only what prevents a second send.
func (l *life) forgetPerson(at *checkout) {
	person := l.people[l.rng.IntN(len(l.people))]
	l.write(at)
	if status, _ := l.run(at, nil, "state", "forget", "-number=+"+person, "-auto-approve"); status == 0 {
		l.book.lost[person] = true
	}
}
