package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smsplan/smsplan/internal/simulator"
)

// As [TestKilledAtAnyMomentItSendsToEverybodyOnce], with messages that the gateway holds for hours: between the kills their texts,
// times, revisions and people change, they leave the configuration and come back, and smsplan cancel withdraws them. At no
// moment has the gateway two of one revision for a person, withdrawn ones apart, and in the end it has what the configuration says.
func TestKilledAtAnyMomentNobodyHasTwoScheduledMessages(t *testing.T) {
	c := &killCampaign{program: build(t), next: *seed, moments: map[string]int{}, draw: func(seed int64, program, dir string) (*killTrial, func(context.Context) error) {
		k := newScheduledTrial(seed, program, dir)
		return k.killTrial, k.run
	}}
	c.run(t, "random kill -9 while scheduled messages are withdrawn")
}

// scheduledTrial is a trial whose messages are scheduled.
type scheduledTrial struct {
	*killTrial
	began  time.Time
	people []string // numbers, with +
	orders []order  // of the messages of the broadcast
	steps  []scheduledStep

	called map[send]bool // whose message smsplan cancel may have withdrawn
}

// order is what the configuration says of a message now.
type order struct {
	hours   int // from the beginning of the trial
	edition int
	people  int // so many of the trial's
	absent  bool
}

// scheduledStep is a command, and what changes before it.
type scheduledStep struct {
	kind   string
	moment moment
	faults []string // from now on
	change string
	of     int // message
	to     int // hours, or people
	all    bool
}

func newScheduledTrial(seed int64, program, dir string) *scheduledTrial {
	r := rand.New(rand.NewPCG(uint64(seed), 2))
	b := &broadcast{
		binding:     []string{"document", "document", "rpc"}[r.IntN(3)],
		auth:        []string{"session", "session", "credentials"}[r.IntN(3)],
		batch:       []int{1, 2, 3, 1 + r.IntN(10), 300}[r.IntN(5)],
		connections: 1 + r.IntN(8),
	}
	k := &scheduledTrial{called: map[send]bool{}}
	k.killTrial = &killTrial{program: program, dir: dir, broadcast: b, former: map[string]string{}, killed: map[string]int{},
		settings: drawSettings(r), initially: moment{never: true}}
	k.people = fictitious()[:4+r.IntN(40)]
	for i := range 1 + r.IntN(2) {
		letter := string(rune('A' + i))
		b.messages = append(b.messages, cast{letter: letter, address: "message." + strings.ToLower(letter), revision: 1, group: letter, onDoubt: "hold"})
		k.orders = append(k.orders, order{hours: 2 + r.IntN(20), people: 1 + r.IntN(len(k.people))})
	}
	k.steps = []scheduledStep{{kind: "apply", moment: moment{never: true}}} // so that there is something to withdraw
	for range 3 + r.IntN(6) {
		k.steps = append(k.steps, k.drawStep(r))
	}
	return k
}

func (k *scheduledTrial) drawStep(r *rand.Rand) scheduledStep {
	s := scheduledStep{
		kind:   []string{"apply", "apply", "apply", "apply", "apply", "apply", "saved", "cancel", "resolve", "compact"}[r.IntN(10)],
		change: []string{"", "", "edit", "revise", "reschedule", "reschedule", "leave", "back", "people", "people"}[r.IntN(10)],
		of:     r.IntN(len(k.orders)), to: 2 + r.IntN(20), all: r.IntN(2) == 0,
	}
	if s.change == "people" {
		s.to = 1 + r.IntN(len(k.people))
	}
	for _, f := range drawFaults(r, k.broadcast.binding) {
		if r.IntN(2) == 0 {
			f = strings.Replace(f, "op=sendmsg", "op=delmsg", 1)
		}
		// A message that has ended is none that can be withdrawn.
		if name, _, _ := strings.Cut(f, ":"); name != "status" && name != "query-duplicates" {
			s.faults = append(s.faults, f)
		}
	}
	s.moment = drawMoment(r, 2+2*len(k.people)/k.broadcast.batch)
	if s.kind == "compact" {
		s.moment = drawMoment(r, 0)
	} else if s.moment.request.op == "sendmsg" && (s.kind == "cancel" || r.IntN(2) == 0) {
		s.moment.request.op = "delmsg"
	}
	if r.IntN(6) == 0 {
		s.moment = moment{never: true}
	}
	return s
}

// run makes the trial. The error says why it could not go on.
func (k *scheduledTrial) run(ctx context.Context) (err error) {
	k.began = time.Now().UTC().Truncate(time.Second)
	if err := k.open(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, k.gateway.close()) }()
	if err := k.write(); err != nil {
		return err
	}
	if err := k.begin(ctx); err != nil {
		return err
	}
	for _, s := range k.steps {
		if err := k.step(ctx, s); err != nil {
			return err
		}
	}
	if err := k.gateway.behave(); err != nil {
		return err
	}
	k.note("quiet\n")
	return k.rest(ctx)
}

func (k *scheduledTrial) step(ctx context.Context, s scheduledStep) error {
	if err := k.prepare(s); err != nil {
		return err
	}
	args := []string{"apply", "-auto-approve", "-resolve-timeout=0s"}
	switch s.kind {
	case "saved":
		o, err := k.command(ctx, moment{never: true}, "plan", "-out="+savedName)
		if err != nil {
			return err
		}
		k.expect(o)
		args = []string{"apply", savedName, "-resolve-timeout=0s"}
	case "cancel":
		args = []string{"cancel", "-auto-approve", "-resolve-timeout=0s"}
		l, err := k.pull(ctx)
		if err != nil {
			return err
		}
		address := k.broadcast.messages[s.of].address
		known := false
		for at, p := range l.sends {
			known = known || p.Address == address
			if s.all || p.Address == address {
				k.called[at] = true
			}
		}
		if !s.all && known {
			args = append(args, address)
		}
		if !s.all && !known {
			args = []string{"resolve"}
		}
	case "resolve":
		args = []string{"resolve"}
	case "compact":
		args = []string{"state", "compact"}
	}
	o, err := k.command(ctx, s.moment, args...)
	if err != nil {
		return err
	}
	k.expect(o)
	verified, err := k.command(ctx, moment{never: true}, "state", "verify")
	if err != nil {
		return err
	}
	k.expect(verified)
	l, err := k.pull(ctx)
	if err == nil {
		k.hold(l)
		if o.killed && l.inDoubt()+l.withdrawing() > 0 {
			k.underWay++
		}
	}
	return err
}

// prepare makes the changes of a step.
func (k *scheduledTrial) prepare(s scheduledStep) error {
	o := &k.orders[s.of]
	switch {
	case s.change == "back":
		o.absent = false
	case o.absent: // a message that is away and returns is the same, or it needs another revision
	case s.change == "edit":
		o.edition++
	case s.change == "revise":
		k.broadcast.messages[s.of].revision++
	case s.change == "reschedule":
		o.hours = s.to
	case s.change == "leave":
		o.absent = true
	case s.change == "people":
		o.people = s.to
	}
	if err := k.write(); err != nil {
		return err
	}
	k.note("%s %d\n", s.change, s.of)
	return k.order(s.faults)
}

func (k *scheduledTrial) write() error {
	var c strings.Builder
	c.WriteString(k.broadcast.head())
	for i, m := range k.broadcast.messages {
		o := k.orders[i]
		if o.absent {
			continue
		}
		name := strings.TrimPrefix(m.address, "message.")
		fmt.Fprintf(&c, "\nrecipients %q {\n  csv {\n    path   = %q\n    number = \"number\"\n  }\n}\n", name, name+".csv")
		fmt.Fprintf(&c, "\nmessage %q {\n  to         = [recipients.%[1]s]\n  text       = %q\n  revision   = %d\n  deliver_at = %q\n}\n",
			name, k.text(i), m.revision, k.began.Add(time.Duration(o.hours)*time.Hour).Format(time.RFC3339))
		if err := os.WriteFile(filepath.Join(k.dir, name+".csv"), []byte(rowsOf(k.people[:o.people])), 0o600); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(k.dir, "main.sms.hcl"), []byte(c.String()), 0o600)
}

func (k *scheduledTrial) text(i int) string {
	m := k.broadcast.messages[i]
	return fmt.Sprintf("Edition %d of %s %d", k.orders[i].edition, m.letter, m.revision)
}

// held gives the messages that the gateway has and will deliver.
func (k *scheduledTrial) held() (held map[send][]simulator.Message, byID map[string]send) {
	held, byID = map[send][]simulator.Message{}, map[string]send{}
	for _, m := range k.gateway.current().Messages() {
		letter, revision := heard(m)
		if at := (send{letter, revision, m.To}); !m.Withdrawn {
			held[at] = append(held[at], m)
			byID[m.ID] = at
		}
	}
	return held, byID
}

// hold holds the state against what the gateway has. What it finds is true at any moment at which nothing runs.
func (k *scheduledTrial) hold(l *ledger) map[send][]simulator.Message {
	held, byID := k.held()
	for at, messages := range held {
		if len(messages) > 1 {
			k.once(at, twice, "%s at revision %d: %d messages to one person, under %s", at.group, at.revision, len(messages), clientsOf(messages))
		}
		if o := l.sends[at].Outcome; o == "" {
			k.once(at, otherwise, "%s at revision %d: the state knows nothing of %s", at.group, at.revision, clientsOf(messages))
		}
	}
	for at, p := range l.sends {
		messages := held[at]
		switch p.Outcome {
		case "accepted":
			if has, ok := byID[p.ID]; len(messages) == 0 || p.ID != "" && (!ok || has != at) {
				k.once(at, lost, "%s at revision %d, %s: accepted as %s, and the gateway holds %d", at.group, at.revision, p.ClientID, p.ID, len(messages))
			}
		case "unconfirmed":
			if len(messages) == 0 && !k.refusable(at.number) {
				k.once(at, lost, "%s at revision %d, %s: unconfirmed, and the gateway holds nothing", at.group, at.revision, p.ClientID)
			}
		case "refused", "unsent", "planned", "cancelled":
			if len(messages) > 0 {
				k.once(at, otherwise, "%s at revision %d, %s: %s, and the gateway holds %s", at.group, at.revision, p.ClientID, p.Outcome, clientsOf(messages))
			}
		}
	}
	return held
}

// withdrawing counts those of whose withdrawal nobody knows what came.
func (l *ledger) withdrawing() (n int) {
	for _, p := range l.sends {
		if p.Outcome == "withdrawing" {
			n++
		}
	}
	return n
}

// rest applies until nothing is left to do, and then demands that the gateway holds what the configuration says.
func (k *scheduledTrial) rest(ctx context.Context) error {
	for range 30 {
		o, err := k.command(ctx, moment{never: true}, "apply", "-auto-approve", "-resolve-timeout=0s", "-json-into="+streamName)
		if err != nil {
			return err
		}
		k.expect(o)
		l, err := k.pull(ctx)
		if err != nil {
			return err
		}
		todo, err := k.todo()
		if err != nil {
			return err
		}
		if l.withdrawing() > 0 {
			<-time.After(7 * time.Second) // the timeout of the newest call, five seconds, and a little
			continue
		}
		if !todo {
			k.final(l)
			return nil
		}
	}
	return errors.New("the applies do not come to an end")
}

// todo reports whether the last apply had anything to send, to cancel or to settle.
func (k *scheduledTrial) todo() (bool, error) {
	stream, err := os.ReadFile(filepath.Join(k.dir, streamName))
	if err != nil {
		return false, err
	}
	todo := false
	for text := range bytes.Lines(stream) {
		var line struct {
			Operation string
			Changes   struct {
				ToSend   int `json:"to_send"`
				ToCancel int `json:"to_cancel"`
			}
			Settled *struct{ Accepted, Unconfirmed, Cancelled int }
		}
		if err := json.Unmarshal(text, &line); err != nil {
			return false, fmt.Errorf("apply -json-into: %w", err)
		}
		todo = todo || line.Operation == "plan" && line.Changes.ToSend+line.Changes.ToCancel > 0
		todo = todo || line.Settled != nil && line.Settled.Accepted+line.Settled.Unconfirmed+line.Settled.Cancelled > 0
	}
	return todo, nil
}

// final demands that the gateway holds for everybody what the configuration says, and for nobody else anything that can be withdrawn.
func (k *scheduledTrial) final(l *ledger) {
	held := k.hold(l)
	wanted := map[send]int{} // by message
	for i, m := range k.broadcast.messages {
		if k.orders[i].absent {
			continue
		}
		for _, number := range k.people[:k.orders[i].people] {
			wanted[send{m.group, m.revision, number[1:]}] = i
		}
	}
	for at, i := range wanted {
		o := l.sends[at].Outcome
		switch {
		case o == "in doubt" || o == "unconfirmed" || o == "refused" || l.stopped[at.number] || o == "cancelled" && k.called[at]:
		case o != "accepted":
			k.once(at, skipped, "%s at revision %d: somebody is %q at the end", at.group, at.revision, o)
		default:
			due := k.began.Add(time.Duration(k.orders[i].hours) * time.Hour)
			for _, m := range held[at] {
				if m.Text != k.text(i) {
					k.once(at, otherwise, "%s at revision %d, %s: held is %q, and wanted %q", at.group, at.revision, m.ClientID, m.Text, k.text(i))
				}
				if goes := m.At.Add(time.Duration(m.Delay) * time.Minute); goes.Before(due.Add(-time.Minute)) || goes.After(due.Add(2*time.Minute)) {
					k.once(at, otherwise, "%s at revision %d, %s: held for %s, and wanted at %s", at.group, at.revision, m.ClientID, goes, due)
				}
			}
		}
	}
	for at := range held {
		if _, ok := wanted[at]; !ok && !slices.Contains([]string{"in doubt", "unconfirmed"}, l.sends[at].Outcome) {
			k.once(at, otherwise, "%s at revision %d: nobody wants it, it is %s, and the gateway holds it", at.group, at.revision, l.sends[at].Outcome)
		}
	}
}
