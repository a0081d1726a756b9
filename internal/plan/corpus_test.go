package plan

import (
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/state"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// fiction gives number i of the ranges that are reserved for fiction, fictions in all.
// The metadata takes those of the last range for nobody's, with region ZZ.
func fiction(i int) phone.Number {
	for _, r := range []struct{ first, count int }{
		{12025550100, 100}, {491713920000, 100}, {46701740600, 100}, {447700900000, 1000},
	} {
		if i < r.count {
			return must(phone.Unpack(uint64(r.first + i)))
		}
		i -= r.count
	}
	panic("no more numbers")
}

const fictions = 1300

// nobody gives numbers without end, under a country code that is not assigned.
func nobody(i int) phone.Number { return must(phone.Unpack(999_000_000_000 + uint64(i))) }

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// corpus loads a configuration with a message for each of texts.
func corpus(t testing.TB, texts ...string) *config.Config {
	t.Helper()
	dir := t.TempDir()
	source := `
gateway "simulator" {}

recipients "all" {
  csv {
    path   = "corpus.csv"
    number = "number"
  }
}

message "m" {
  to   = [recipients.all]
  text = recipient.text
}
`
	if err := os.WriteFile(filepath.Join(dir, "main.sms.hcl"), []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	f := must(os.Create(filepath.Join(dir, "corpus.csv")))
	w := csv.NewWriter(f)
	w.Write([]string{"number", "text"})
	for i, text := range texts {
		w.Write([]string{"+" + fiction(i).E164(), text})
	}
	w.Flush()
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	c, diags := config.Load(t.Context(), dir, config.Options{})
	if diags.HasErrors() {
		t.Fatal(diags.List())
	}
	return c
}

// addressed gives c's message a new audience, with people's texts from its table.
func addressed(c *config.Config, people []phone.Number, textOf func(i int) int) *config.Config {
	m := *c.Messages[0]
	m.Audience = config.Audience{Table: c.Messages[0].Audience.Table, Numbers: people}
	m.Audience.Tally.Rows = len(people)
	for i, n := range people {
		region, _ := n.Locate()
		m.Audience.Regions = append(m.Audience.Regions, region)
		m.Audience.Texts = append(m.Audience.Texts, uint32(textOf(i)))
	}
	copied := *c
	copied.Messages = []*config.Message{&m}
	return &copied
}

func oneText(int) int { return 0 }

// people gives the first n numbers of the ranges for fiction.
func people(n int) []phone.Number {
	list := make([]phone.Number, n)
	for i := range list {
		list[i] = fiction(i)
	}
	return list
}

// tester is a test, a benchmark or a property.
type tester interface {
	Helper()
	Fatal(args ...any)
}

// ledger is a real state, open.
type ledger struct {
	*state.State
	t        tester
	run      state.RunID
	settings state.Settings
}

func openLedger(t tester, dir string) *ledger {
	t.Helper()
	s := state.Settings{
		Path: filepath.Join(dir, "smsplan.state"), Anchor: filepath.Join(dir, "anchor"),
		Kind: state.Simulator, Who: "test", Command: "apply", Version: "test", PhoneMetadata: phone.MetadataVersion(),
	}
	id := must(state.Create(context.Background(), s))
	s.Lineage = id.Lineage
	l := &ledger{State: must(state.Open(context.Background(), s)), t: t, settings: s}
	l.run = must(l.StartRun(context.Background(), state.Run{Account: "test"}))
	return l
}

func (l *ledger) snapshot() *state.Snapshot {
	l.t.Helper()
	return must(l.Snapshot(context.Background()))
}

// sends are people of message.m at revision 1, under the numbers as they are given, with
// one text and what became of them.
type sends struct {
	outcome state.Outcome
	code    int
	text    string
	people  []phone.Number
}

func (l *ledger) settle(o state.Outcome, code int, text string, people ...phone.Number) {
	l.t.Helper()
	l.record(sends{o, code, text, people})
}

// record records sends at once, a request for each.
func (l *ledger) record(all ...sends) {
	l.t.Helper()
	ctx := context.Background()
	var claims []state.Claim
	for _, s := range all {
		c := state.Claim{Address: "message.m", Revision: 1, TextDigest: textDigest(s.text)}
		for _, n := range s.people {
			c.People = l.AppendAlias(c.People, n.E164())
		}
		claims = append(claims, c)
	}
	claimed, err := l.Claim(ctx, l.run, nil, slices.Values(claims))
	if err != nil {
		l.t.Fatal(err)
	}
	var settled errgroup.Group
	for i, s := range all {
		settled.Go(func() error { return l.live(ctx, claimed[i].Request, s) })
	}
	if err := settled.Wait(); err != nil {
		l.t.Fatal(err)
	}
}

// live leads a request from its claim to the outcome of s.
func (l *ledger) live(ctx context.Context, r state.RequestID, s sends) error {
	if s.outcome == state.Planned {
		return nil
	}
	if err := l.Begin(ctx, r); err != nil || s.outcome == state.UnderWay {
		return err
	}
	if s.outcome != state.Unconfirmed {
		o := state.Settlement{Outcome: s.outcome, Code: s.code, Evidence: "test"}
		if s.code == 122 { // the gateway names whoever opted out
			for i := range s.people {
				o.Exceptions = append(o.Exceptions, state.Exception{Index: i, Outcome: s.outcome, Code: s.code})
			}
		}
		return l.Settle(ctx, r, o)
	}
	if err := l.Settle(ctx, r, state.Settlement{Outcome: state.InDoubt, Evidence: "test"}); err != nil {
		return err
	}
	_, err := l.Resolve(ctx, r, state.Resolution{Outcome: s.outcome, By: state.Gateway, Reason: "test"})
	return err
}

// withdraw has a command withdraw a person's message, up to the outcome.
func (l *ledger) withdraw(n phone.Number, end state.Outcome) {
	l.t.Helper()
	ctx := context.Background()
	client := ""
	for _, a := range must(state.History(ctx, l.settings, "message.m", n.E164())) {
		client = a.ClientID
	}
	w := state.Withdrawal{ClientID: client, Person: l.AppendAlias(nil, n.E164())[0], Why: state.ByCommand}
	r, err := l.BeginWithdrawal(ctx, l.run, w)
	if err != nil {
		l.t.Fatal(err)
	}
	if end == state.Withdrawing {
		return
	}
	if _, err := l.EndWithdrawal(ctx, r.Request, r.Person, r.At, end, 6); err != nil {
		l.t.Fatal(err)
	}
}

// settleAll records every request of the plan as accepted, as an apply would.
func (l *ledger) settleAll(p *Plan) {
	l.t.Helper()
	var all []sends
	for _, r := range p.Requests() {
		var lines []phone.Number
		for _, n := range r.People {
			lines = append(lines, n.Line())
		}
		all = append(all, sends{state.Accepted, 0, r.Text, lines})
	}
	l.record(all...)
}

func numbered(n int) []string {
	texts := make([]string, n)
	for i := range texts {
		texts[i] = "Text " + strconv.Itoa(i)
	}
	return texts
}

// shape describes the requests of a plan: text, and people by their digits.
func shape(p *Plan) []string {
	var list []string
	for _, r := range p.Requests() {
		s := fmt.Sprintf("%d %q", r.Message, r.Text)
		for _, n := range r.People {
			s += " " + n.E164()
		}
		list = append(list, s)
	}
	return list
}
