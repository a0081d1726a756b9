package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/smsplan/smsplan/internal/simulator"
)

const (
	journalName = "journal.txt" // what a trial did
	savedName   = "saved.smsplan"
	streamName  = "apply.jsonl"
)

// killTrial is one directory whose program is killed several times. All its decisions are made before it begins.
type killTrial struct {
	program, dir string
	broadcast    *broadcast
	settings     simulator.Settings
	steps        []killStep
	initially    moment // when init is killed
	spoken       moment // when the operator's word is killed, who says in the end what became of those in doubt; zero for none

	gateway  *outliving
	former   map[string]string // letters by the addresses that messages had
	refusing bool              // a fault may have had the gateway refuse anybody
	unit     time.Duration     // what a command takes that does nothing
	lagging  bool              // the gateway may not know at once what it has
	pushes   int               // of the state to another path

	found    findings
	told     [otherwise + 1]map[send]bool // whom there was a finding about
	killed   map[string]int
	underWay int
	owed     map[send]bool // those to be sent to since an operator spoke
}

// killStep is a command, and what changes before it and in its course.
type killStep struct {
	kind    string
	moment  moment
	flags   []string
	faults  []string // from now on
	same    bool     // as before, instead
	change  string   // of the configuration
	of      int      // message
	restart int      // of the gateway, at that request
}

func newKillTrial(seed int64, program, dir string) *killTrial {
	r := rand.New(rand.NewPCG(uint64(seed), 1))
	k := &killTrial{program: program, dir: dir, broadcast: drawBroadcast(r), former: map[string]string{}, killed: map[string]int{}, owed: map[send]bool{}}
	k.settings = drawSettings(r)
	k.initially = moment{never: true}
	if r.IntN(5) == 0 {
		k.initially = drawMoment(r, 0)
	}
	if r.IntN(6) == 0 {
		k.spoken = drawMoment(r, 0)
	}
	for range 1 + r.IntN(8) {
		k.steps = append(k.steps, k.drawStep(r))
	}
	return k
}

func drawSettings(r *rand.Rand) simulator.Settings {
	some := func() (list []string) {
		for range r.IntN(4) {
			list = append(list, fictitious()[r.IntN(100)][1:])
		}
		return list
	}
	return simulator.Settings{
		Accounts: []simulator.Account{{User: "demo", Password: "demo", APIIDs: []string{"1"}, Credit: 1e6}},
		OptedOut: some(), Blocked: some(), Delisted: some(),
	}
}

func (k *killTrial) drawStep(r *rand.Rand) killStep {
	s := killStep{kind: "apply", of: r.IntN(len(k.broadcast.messages)), same: r.IntN(4) == 0}
	s.faults = drawFaults(r, k.broadcast.binding)
	s.change = []string{"", "", "", "", "", "", "", "grow", "edit", "revise"}[r.IntN(10)]
	requests := 1
	for _, c := range k.broadcast.messages {
		requests += len(k.broadcast.audience(c)) / k.broadcast.batch
	}
	if r.IntN(8) == 0 {
		s.restart = 1 + r.IntN(requests+3)
	}
	switch p := r.IntN(100); {
	case p < 66:
	case p < 75:
		s.kind = "saved"
	case p < 78:
		s.kind = "again"
	case p < 82:
		s.kind = "plan"
	case p < 90:
		s.kind = "resolve"
	default:
		s.kind = []string{"mv", "compact", "adopt", "push"}[r.IntN(4)]
	}
	s.flags = []string{"-json-into=" + streamName, "-resolve-timeout=0s"}
	if r.IntN(25) == 0 {
		s.flags[1] = "-resolve-timeout=6s" // it asks once, after five
	}
	if r.IntN(4) == 0 {
		s.flags = append(s.flags, "-on-error=continue")
	}
	if r.IntN(8) == 0 {
		s.flags = append(s.flags, "-max-failures=5%")
	}
	if r.IntN(8) == 0 {
		s.flags = append(s.flags, "-parallelism=2")
	}
	if !slices.Contains([]string{"apply", "saved", "again", "resolve"}, s.kind) {
		requests = 0
	}
	s.moment = drawMoment(r, requests)
	if r.IntN(8) == 0 {
		s.moment = moment{never: true}
	}
	return s
}

// run makes the trial. The error says why it could not go on.
func (k *killTrial) run(ctx context.Context) (err error) {
	if err := k.open(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, k.gateway.close()) }()
	if err := k.broadcast.write(k.dir); err != nil {
		return err
	}
	if err := k.begin(ctx); err != nil {
		return err
	}
	for _, s := range k.steps {
		if err := k.step(ctx, s); err != nil {
			return err
		}
		if k.found.counts[twice] > 0 {
			break // what follows from it is no news
		}
	}
	return k.quiet(ctx)
}

// open makes the gateway, for whoever closes it.
func (k *killTrial) open() (err error) {
	options := simulator.Options{Dir: filepath.Join(k.dir, "gateway"), Settings: k.settings}
	if k.gateway, err = newOutliving(options); err != nil {
		return err
	}
	path := map[string]string{"document": "/soap/document_literal/webservice", "rpc": "/soap/rpc_encoded/webservice"}[k.broadcast.binding]
	k.broadcast.endpoint = k.gateway.server.URL + path
	return nil
}

// begin makes the directory ready. An init that is killed is made again.
func (k *killTrial) begin(ctx context.Context) error {
	o, err := k.command(ctx, k.initially, "init")
	if err == nil && o.killed {
		o, err = k.command(ctx, moment{never: true}, "init")
	}
	if err != nil {
		return err
	}
	k.expect(o)
	began := time.Now()
	o, err = k.command(ctx, moment{never: true}, "state", "verify")
	k.unit = time.Since(began)
	k.expect(o)
	return err
}

// step makes one step, and the account after it.
func (k *killTrial) step(ctx context.Context, s killStep) error {
	if err := k.prepare(s); err != nil {
		return err
	}
	if s.kind == "push" {
		return errors.Join(k.push(ctx, s), k.look(ctx, nil))
	}
	if s.kind == "mv" {
		return errors.Join(k.move(ctx, s), k.look(ctx, nil))
	}
	var o outcome
	var err error
	switch s.kind {
	case "apply":
		o, err = k.command(ctx, s.moment, append([]string{"apply", "-auto-approve"}, s.flags...)...)
	case "saved":
		if o, err = k.command(ctx, moment{never: true}, "plan", "-out="+savedName); err == nil {
			k.expect(o)
			o, err = k.applySaved(ctx, s.moment, s.flags)
		}
	case "again":
		o, err = k.applySaved(ctx, s.moment, s.flags)
	case "plan":
		if o, err = k.command(ctx, s.moment, "plan", "-out="+savedName); err == nil {
			k.expect(o)
			o, err = k.applySaved(ctx, moment{never: true}, s.flags)
		}
	case "resolve":
		o, err = k.command(ctx, s.moment, "resolve")
	case "compact":
		o, err = k.command(ctx, s.moment, "state", "compact")
	case "adopt":
		o, err = k.command(ctx, s.moment, "state", "adopt", "-auto-approve")
	}
	if err != nil {
		return err
	}
	return k.look(ctx, &o)
}

// applySaved applies the saved plan, where there is one.
func (k *killTrial) applySaved(ctx context.Context, m moment, flags []string) (outcome, error) {
	if _, err := os.Stat(filepath.Join(k.dir, savedName)); err != nil {
		return k.command(ctx, m, "resolve")
	}
	return k.command(ctx, m, append([]string{"apply", savedName}, flags...)...)
}

// prepare makes the changes of a step.
func (k *killTrial) prepare(s killStep) error {
	switch s.change {
	case "grow":
		k.broadcast.grow()
	case "edit":
		k.broadcast.edits++
	case "revise":
		k.broadcast.revise(s.of)
	}
	if err := k.broadcast.write(k.dir); err != nil {
		return err
	}
	k.gateway.restartAt(s.restart)
	if s.same {
		return nil
	}
	return k.order(s.faults)
}

// order has the gateway behave with faults from now on, and none besides.
func (k *killTrial) order(texts []string) error {
	var faults []simulator.Fault
	for _, text := range texts {
		f, err := simulator.ParseFault(text)
		if err != nil {
			return err
		}
		faults = append(faults, f)
		name, _, _ := strings.Cut(text, ":")
		k.refusing = k.refusing || slices.Contains([]string{"refuse", "credit-runs-out"}, name)
		k.lagging = k.lagging || name == "query-lag"
	}
	k.note("faults: %s\n", strings.Join(texts, " "))
	return k.gateway.order(faults)
}

// move gives a message another address. Killed, the command is made again, unless the state has the new address.
func (k *killTrial) move(ctx context.Context, s killStep) error {
	c := &k.broadcast.messages[s.of]
	to := c.address + "x"
	k.former[c.address], k.former[to] = c.letter, c.letter
	o, err := k.command(ctx, s.moment, "state", "mv", c.address, to)
	if err != nil {
		return err
	}
	list, err := k.command(ctx, moment{never: true}, "state", "list", "-json")
	if err != nil {
		return err
	}
	k.expect(list)
	moved := bytes.Contains(list.stdout, []byte(`"`+to+`"`))
	if o.killed && !moved && bytes.Contains(list.stdout, []byte(`"`+c.address+`"`)) {
		if o, err = k.command(ctx, moment{never: true}, "state", "mv", c.address, to); err != nil {
			return err
		}
		moved = o.status == 0
	}
	k.expect(o)
	if moved {
		c.address = to
	}
	return k.broadcast.write(k.dir)
}

// push moves the state to another path. Killed, the command is made again.
func (k *killTrial) push(ctx context.Context, s killStep) error {
	k.pushes++
	to := fmt.Sprintf("smsplan.state.%d", k.pushes)
	o, err := k.command(ctx, s.moment, "state", "push", to)
	if err == nil && o.killed {
		o, err = k.command(ctx, moment{never: true}, "state", "push", to)
	}
	if err != nil {
		return err
	}
	k.expect(o)
	k.broadcast.statePath = to
	return k.broadcast.write(k.dir)
}

// look demands that the state is sound, and makes the account. o is what the command before came to; nil for what was looked at.
func (k *killTrial) look(ctx context.Context, o *outcome) error {
	if o != nil {
		k.expect(*o)
	}
	verified, err := k.command(ctx, moment{never: true}, "state", "verify")
	if err != nil {
		return err
	}
	k.expect(verified)
	l, err := k.pull(ctx)
	if err != nil {
		return err
	}
	k.account(l)
	if o == nil {
		return nil
	}
	if o.killed {
		if l.inDoubt() > 0 {
			k.underWay++
		}
		return nil
	}
	if o.args[0] == "apply" && (o.status == 0 || o.status == 3 || o.status == 4) {
		_, err = k.summary(l, o)
	}
	return err
}

func (k *killTrial) pull(ctx context.Context) (*ledger, error) {
	o, err := k.command(ctx, moment{never: true}, "state", "pull")
	if err != nil {
		return nil, err
	}
	k.expect(o)
	return k.read(o.stdout)
}

func (k *killTrial) summary(l *ledger, o *outcome) (summary, error) {
	stream, err := os.ReadFile(filepath.Join(k.dir, streamName))
	if err != nil {
		return summary{}, err
	}
	return k.sum(stream, l, o.status, o.args[1] == savedName)
}

// quiet has the gateway behave and applies until nothing is left to do. Then everybody must have an outcome. Where an operator
// speaks then, all are to be sent to whom the gateway does not know.
func (k *killTrial) quiet(ctx context.Context) error {
	if err := k.gateway.behave(); err != nil {
		return err
	}
	k.note("quiet\n")
	l, err := k.rest(ctx)
	if err != nil || k.spoken == (moment{}) || !k.found.none() || l.inDoubt() == 0 {
		return err
	}
	if err := k.speak(ctx, l); err != nil {
		return err
	}
	_, err = k.rest(ctx)
	return err
}

// rest applies until nothing is left to do.
func (k *killTrial) rest(ctx context.Context) (*ledger, error) {
	began := time.Now()
	for range 30 {
		o, err := k.command(ctx, moment{never: true}, "apply", "-auto-approve", "-resolve-timeout=0s", "-json-into="+streamName)
		if err != nil {
			return nil, err
		}
		k.expect(o)
		l, err := k.pull(ctx)
		if err != nil {
			return nil, err
		}
		s, err := k.summary(l, &o)
		if err != nil {
			return nil, err
		}
		if s.toSend == 0 && s.settled == 0 && (!k.lagging || time.Since(began) > longestLag) {
			k.final(l)
			return l, nil
		}
	}
	return nil, errors.New("the applies do not come to an end")
}

// speak says that nothing was sent to those in doubt, which is so. Where others are unconfirmed it says nothing: they would be
// meant as well. An operator is heard once no request can be on its way any more.
func (k *killTrial) speak(ctx context.Context, l *ledger) error {
	for _, p := range l.sends {
		if p.Outcome == "unconfirmed" {
			return nil
		}
	}
	<-time.After(7 * time.Second) // the timeout of the newest request, five seconds, and a little
	for _, m := range []moment{k.spoken, {never: true}} {
		o, err := k.command(ctx, m, "resolve", "-as=unsent", "-reason=the gateway has none of them")
		if err != nil {
			return err
		}
		k.expect(o)
	}
	for s, p := range l.sends {
		k.owed[s] = p.Outcome == "in doubt"
	}
	return nil
}
