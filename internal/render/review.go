package render

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/plan"
)

// review is what the forms for reviewers say of a plan. They are drawn from it alone: nothing in it leads to a telephone number or to
// a text with a person's own values, so that none of them can show one. Its texts are cleaned, and as long as the author wrote them.
type review struct {
	Mark      string // the same for each plan of one configuration and workspace, and another for others
	Verdict   verdict
	Headline  string // what would happen, in some words
	Sentence  string // what it comes to
	Repeats   string // "" where nobody may get a message twice
	Partial   string // "" where the plan is about all messages
	Unopened  string // "" but of an encrypted plan of which the header alone was read
	Advice    string // about guards; "" where none is exceeded
	ID        string
	Created   time.Time
	Expires   time.Time
	Version   string
	Workspace string // "" for the default one
	Gateway   string
	Command   []string // what applies this plan and nothing else, in words; nil where nothing does
	Pace      string
	Counts    figures
	Cards     []reviewed // all messages, by address
	Guards    []guarded
	Checks    []string
	Warnings  []warned
	Removed   []string
	Countries []share // of those to send to, most first
	Sizes     []share
	Held      []share // by reason, as in plan.Reasons
	Handover  []slot
	Due       []slot
}

// verdict is what a plan means for whoever applies it.
type verdict string

const (
	ready   verdict = "ready"
	stopped verdict = "blocked"
	nothing verdict = "nothing"
)

// figures are the totals of a plan, or the same of a message.
type figures struct {
	Rows, Filtered, ToSend, Again, ToImport, ToCancel, AlreadySent, Held, Segments, Requests int
	Cost                                                                                     string // "" without a tariff
}

// reviewed is a message.
type reviewed struct {
	figures
	Address    string
	Symbol     string
	Action     string // in a word or two
	Title      string // in a sentence
	When       string
	Pace       string
	Texts      int
	BatchSize  int
	Attributes []fact // without the text
	Text       string // several lines; columns as «name»; "" for a binary message
	Blocked    bool   // by a guard
	Remarks    []remarkable
	Tally      []step
	Imports    []imported
	Countries  []share
	Sizes      []share
	Shown      bool // there is something in it for a reviewer
}

// step is a line of the arithmetic from the rows to those who are sent to.
type step struct {
	Symbol, Label string
	Count         int
	Note          string
	Sum           bool
}

type imported struct {
	Title string
	Tally []step
}

// share is a part of a whole.
type share struct {
	Name             string
	Count, Segments  int
	Cost, Note, Kind string
}

// fact is an argument of a message. A note that is an alarm is more than an explanation.
type fact struct {
	Name, Value, Note string
	Alarm             bool
}

// remarkable is what a reviewer should notice, with its symbol.
type remarkable struct{ Symbol, Text string }

func remarked(list []remark) []remarkable {
	var all []remarkable
	for _, one := range list {
		all = append(all, remarkable{one.symbol, one.text})
	}
	return all
}

type guarded struct {
	Address string
	Allowed bool
	Limits  []bound // that are exceeded
}

// bound is a limit of a guard, and what the plan has instead.
type bound struct{ Name, Value, Actual string }

type warned struct{ Address, Summary, Detail string }

type slot struct {
	From, To             time.Time
	Requests, Recipients int
}

// slots is how many parts a timeline has.
const slots = 48

func newReview(p *plan.Plan) *review {
	t := p.Totals()
	r := &review{
		Mark:     markOf(p),
		Verdict:  ready,
		Sentence: summary(t, p.Tariff),
		ID:       string(p.ID),
		Created:  p.Created,
		Expires:  p.Created.Add(plan.Lifetime),
		Version:  Clean(p.Version),
		Gateway:  gatewayWords(&p.Gateway),
		Counts: figures{
			ToSend: t.ToSend, Again: t.Again, ToImport: t.ToImport, ToCancel: t.ToCancel, AlreadySent: t.AlreadySent, Held: t.Held,
			Filtered: t.ByReason[plan.Filtered], Segments: t.Segments, Requests: t.Requests,
		},
		Removed: cleaned(p.Removed),
		Partial: partialPlan(p),
	}
	if p.Workspace != config.DefaultWorkspace {
		r.Workspace = Clean(p.Workspace)
	}
	if t.Cost != nil && p.Tariff != nil {
		r.Counts.Cost = amount(*t.Cost, p.Tariff.Currency)
	}
	if t.ToSend > 0 {
		r.Pace = pace(p, t.ToSend)
	}
	if t.Again > 0 {
		r.Repeats = repeated(t)
	}
	for i := range p.Messages {
		r.Cards = append(r.Cards, reviewedOf(p, &p.Messages[i]))
		r.Counts.Rows += p.Messages[i].Rows
	}
	if p.Closed() {
		r.Unopened = unopened(p)
	}
	r.Cards = append(r.Cards, reviewedGone(p)...)
	r.judge(p, t)
	for i := range p.Guards {
		g := guarded{Address: Clean(p.Guards[i].Address()), Allowed: p.Guards[i].Allowed}
		for _, l := range exceeded(p, &p.Guards[i]) {
			g.Limits = append(g.Limits, bound{l.name, l.value, l.actual})
		}
		if g.Limits != nil {
			r.Guards = append(r.Guards, g)
		}
	}
	for _, c := range p.Checks {
		for _, problem := range c.Problems {
			first, _, _ := strings.Cut(problem, "\n")
			r.Checks = append(r.Checks, "Check "+quote(c.Name)+": "+Clean(first))
		}
	}
	for _, w := range p.Warnings {
		if w.Partial() {
			continue
		}
		r.Warnings = append(r.Warnings, warned{Clean(w.Address), Clean(w.Summary), Clean(w.Detail)})
	}
	r.shares(p, t)
	for _, s := range p.Handover(min(slots, t.Requests)) {
		r.Handover = append(r.Handover, slot(s))
	}
	for _, s := range p.Due(slots) {
		r.Due = append(r.Due, slot(s))
	}
	return r
}

// markOf names where a plan belongs: to a workspace, and to a state; where there is no state yet, to a gateway account.
func markOf(p *plan.Plan) string {
	belongs := p.State.Lineage
	if belongs == "" {
		belongs = p.Gateway.Account
	}
	sum := sha256.Sum256([]byte(p.Workspace + "\x00" + belongs))
	return hex.EncodeToString(sum[:8])
}

// judge says what the plan means in short, and what to do.
func (r *review) judge(p *plan.Plan, t plan.Totals) {
	var acts []string
	for _, act := range []struct {
		count int
		what  string
	}{{t.ToSend, "to send"}, {t.ToImport, "to import"}, {t.ToCancel, "to cancel"}} {
		if act.count > 0 {
			acts = append(acts, Count(act.count)+" "+act.what)
		}
	}
	r.Headline = strings.Join(acts, ", ")
	blocking, allowed := p.Blocking(), p.Overridden()
	switch {
	case p.Empty():
		r.Verdict, r.Headline, r.Sentence = nothing, "no changes", NoChanges(p)
		return
	case len(blocking) > 0:
		r.Verdict = stopped
		r.Advice = "Blocked by " + named(blocking) + ". " + Remedy(blocking)
	case len(acts) == 0:
		r.Headline = "nothing to send, and names to change"
	}
	if len(allowed) > 0 {
		r.Advice = strings.TrimSpace(r.Advice + " Beyond " + named(allowed) + ", which -allow permits.")
	}
	if r.Verdict == ready {
		r.Command = []string{"smsplan", "apply"}
		if r.Workspace != "" {
			r.Command = append(r.Command, "-workspace="+r.Workspace)
		}
		r.Command = append(append(r.Command, cleaned(p.Again())...), "-expect="+r.ID)
	}
}

// Purpose says what the command is for.
func (r *review) Purpose() string {
	return "To " + Act(r.Counts.ToSend) + " this and nothing else"
}

// shares adds up what charts show over all messages.
func (r *review) shares(p *plan.Plan, t plan.Totals) {
	all := p.Measure(&plan.Guard{})
	slices.SortStableFunc(all.Countries, func(a, b plan.Country) int { return b.Recipients - a.Recipients })
	r.Countries = countryShares(all.Countries, p.Tariff)
	r.Sizes = sizeShares(p.Sizes())
	for _, reason := range plan.Reasons {
		if n := t.ByReason[reason]; n > 0 {
			r.Held = append(r.Held, share{Name: reason, Count: n, Kind: kindOf(reason)})
		}
	}
}

// kindOf tells whom nobody keeps waiting, who may need a hand, and the others.
func kindOf(reason string) string {
	if reason == plan.Filtered {
		return "off"
	}
	switch actionOf(reason).symbol {
	case already.symbol:
		return "done"
	case doubted.symbol:
		return "doubt"
	case blocked.symbol:
		return "wait"
	}
	return "out"
}

func countryShares(list []plan.Country, tariff *config.Tariff) []share {
	var shares []share
	for _, c := range list {
		s := share{Name: Clean(c.Region), Count: c.Recipients, Segments: c.Segments}
		if c.Cost != nil && tariff != nil {
			s.Cost = amount(*c.Cost, tariff.Currency)
		}
		shares = append(shares, s)
	}
	return shares
}

func sizeShares(list []plan.Size) []share {
	var shares []share
	for _, s := range list {
		shares = append(shares, share{Name: size(s), Count: s.Recipients, Segments: s.Segments * s.Recipients, Kind: s.Encoding})
	}
	return shares
}

func reviewedOf(p *plan.Plan, m *plan.Message) reviewed {
	mark, title := fate(p, m)
	r := reviewed{
		figures: figures{
			Rows: m.Rows, ToSend: m.ToSend, Again: m.Again, ToImport: m.ToImport(), Segments: m.Segments, Requests: m.Requests,
		},
		Address:   Clean(m.Address),
		Symbol:    strings.TrimSpace(mark.symbol),
		Blocked:   mark.symbol == blocked.symbol,
		Action:    actionWord(p, m),
		Title:     title,
		Texts:     m.Texts,
		BatchSize: p.Gateway.BatchSize,
		Countries: countryShares(m.Countries, p.Tariff),
		Sizes:     sizeShares(m.Sizes),
		Shown:     m.Action != plan.None || worthACard(*m) || len(p.WithdrawalsOf(m.Address)) > 0,
	}
	r.ToCancel, _ = p.Cancels(m.Address)
	if m.Binary == nil {
		r.Text = Lines(m.TextSample)
	}
	if m.Cost != nil && p.Tariff != nil {
		r.Cost = amount(*m.Cost, p.Tariff.Currency)
	}
	if m.ToSend > 0 {
		r.When, r.Pace = agenda(p.Agenda(m)), pace(p, m.ToSend)
	}
	for _, a := range attributesOf(m) {
		if a.name != "text" {
			r.Attributes = append(r.Attributes, fact{a.name, a.value, a.note, a.symbol == doubted.symbol})
		}
	}
	r.Remarks = remarked(remarks(p, m))
	for _, h := range m.Held {
		switch {
		case plan.IsHeld(h.Reason):
			r.Held += h.Count
		case h.Reason == plan.Filtered:
			r.Filtered += h.Count
		default:
			r.AlreadySent += h.Count
		}
	}
	left := step{sends.symbol, "to send", m.ToSend, "", true}
	if m.ToSend == 0 {
		left.Symbol = ""
	}
	r.Tally = steps(m.Rows, m.Held, left)
	for _, a := range among(m) {
		r.Tally = append(r.Tally, step{a.symbol, a.label, a.count, a.note, false})
	}
	for _, a := range m.Imports {
		if a.ToImport > 0 {
			r.Imports = append(r.Imports, imported{
				importTitle(m, &a), steps(a.Rows, a.Held, step{already.symbol, "to import", a.ToImport, "", true}),
			})
		}
	}
	return r
}

// steps leads from the rows to who is left.
func steps(rows int, held []plan.Held, left step) []step {
	list := []step{{"", "rows", rows, "", false}}
	for _, h := range held {
		list = append(list, step{actionOf(h.Reason).symbol, h.Reason, h.Count, Clean(h.Note), false})
	}
	return append(list, left)
}

// actionWord says in some words what happens to a message.
func actionWord(p *plan.Plan, m *plan.Message) string {
	word := map[plan.Action]string{plan.Send: "send", plan.Import: "import", plan.Move: "move", plan.None: "nothing"}[m.Action]
	cancel, anew := p.Cancels(m.Address)
	switch {
	case m.MayRepeat() && m.Again > 0:
		word = "send, some again"
	case anew > 0 && anew == m.ToSend:
		word = "cancel and send anew"
	case cancel > 0 && word == "nothing":
		word = "cancel"
	}
	if cancel > 0 && !strings.HasPrefix(word, "cancel") {
		word += ", and cancel"
	}
	if len(blockers(p, m.Address, m.ToSend)) > 0 {
		word += ": blocked"
	}
	return word
}

func cleaned(list []string) []string {
	clean := make([]string, len(list))
	for i, s := range list {
		clean[i] = Clean(s)
	}
	return clean
}

// shortened cuts a text that takes too many bytes, with a mark in the place of what is cut.
func shortened(text string, most int) string {
	if len(text) <= most {
		return text
	}
	cut := strings.ToValidUTF8(text[:most], "")
	return fmt.Sprintf("%s… and %s bytes more", cut, Count(len(text)-len(cut)))
}
