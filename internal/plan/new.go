package plan

import (
	"cmp"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/state"
	"github.com/smsplan/smsplan/internal/zone"
)

// Options of a plan. The zero Options plan everything, and nobody whom the gateway refused.
type Options struct {
	Retry     state.Retry // who is sent to again although the gateway refused them before
	Selection Selection   // which messages it is about
}

// New makes the plan. The configuration must have been loaded without errors; a nil
// past is an empty one. version is the program's own.
func New(c *config.Config, past *state.Snapshot, now time.Time, version string, o Options) *Plan {
	if past == nil {
		past = &state.Snapshot{}
	}
	p := &Plan{
		Format:        Format,
		Version:       version,
		Created:       now.UTC().Truncate(time.Second),
		Workspace:     c.Workspace,
		State:         stateRef(past),
		Gateway:       GatewayOf(c.Gateway),
		PhoneMetadata: phone.MetadataVersion(),
		Variables:     map[string]json.RawMessage{},
		Listed:        true,
		Tariff:        c.Tariff,
		Retry:         o.Retry,
		Selection:     o.Selection,
		Checks:        c.Checks,
		Messages:      make([]Message, 0, len(c.Messages)),
	}
	maps.Copy(p.Variables, c.Variables)
	r := newRegister(c, past)
	r.retry, r.selection, r.chosen = o.Retry, o.Selection, o.Selection.choose(c)
	shelf := newShelf(r)
	r.fates = r.fatesAt(now, p.Gateway.Account)
	imports, arriving := r.imports()
	for _, m := range sorted(c) {
		if !r.chosen[m.Address] {
			continue
		}
		of := r.share(m)
		p.Messages = append(p.Messages, r.message(m, now, p.Gateway.BatchSize, shelf[of], imports[m.Address], arriving[of]))
	}
	for i := range p.Messages {
		if w, ok := p.Messages[i].textWarning(); ok {
			p.Warnings = append(p.Warnings, w)
		}
		if w, ok := p.Messages[i].metadataWarning(); ok {
			p.Warnings = append(p.Warnings, w)
		}
	}
	if o.Selection.Partial() {
		p.LeftOut = r.leftOut()
		p.Warnings = append(p.Warnings, p.partial())
	}
	p.Withdrawals = r.fates.withdrawals()
	p.guard(r)
	p.Warnings = append(p.Warnings, p.waiting()...)
	p.renamed(r)
	p.Removed, p.Unmoved, p.problems = r.removed, r.unmoved(), r.problems
	if slices.ContainsFunc(p.Messages, func(m Message) bool { return m.Window != nil }) {
		p.TimeZones = zone.Version()
	}
	p.number()
	p.ID = p.identify()
	return p
}

// sorted gives the messages of a configuration by address.
func sorted(c *config.Config) []*config.Message {
	byAddress := func(a, b *config.Message) int { return cmp.Compare(a.Address, b.Address) }
	return slices.SortedFunc(slices.Values(c.Messages), byAddress)
}

func stateRef(past *state.Snapshot) StateRef {
	if past.Lineage == "" {
		return StateRef{}
	}
	return StateRef{Lineage: past.Lineage, Serial: past.Serial, Head: hex.EncodeToString(past.Head[:]), Kind: string(past.Kind)}
}

// message plans one message. taken are the people whom messages of the same ledger are
// sent to; nil where it has its ledger for itself. arriving are the lines that are imported to it.
func (r *register) message(c *config.Message, now time.Time, batch int, taken *takings, imports []Arrivals, arriving map[uint64]bool) Message {
	m := Message{
		Address:       c.Address,
		Revision:      c.Revision,
		MovedFrom:     r.movedFrom(c.Address),
		DedupeKey:     c.DedupeKey,
		DependsOn:     c.DependsOn,
		Ignores:       c.Ignores,
		From:          c.From,
		TextSample:    c.TextSource,
		PerRecipient:  c.PerRecipient,
		Binary:        c.Binary,
		Flash:         c.Flash,
		Unicode:       c.Unicode,
		MaxSegments:   c.MaxSegments,
		Receipts:      c.Receipts,
		Validity:      c.Validity,
		DeliverAtText: c.DeliverAtSource,
		Window:        c.Window,
		Excludes:      slices.Compact(slices.Sorted(slices.Values(c.Excludes))),
		Handling:      c.Handling,
		Doubting:      c.Doubting,
		Rows:          c.Audience.Tally.Rows,
		Imports:       imports,
	}
	if !c.DeliverAt.IsZero() {
		at := c.DeliverAt.UTC()
		m.DeliverAt = &at
	}
	m.Held = tallied(c.Audience.Tally)
	schedule, note := m.due(now)
	found := r.lookUp(c, schedule, now, arriving)
	r.returned(c, &found)
	moment := now.Truncate(time.Second) // as in the plan's Created, which the times are held against
	hours := m.hours(&c.Audience, &found, moment)
	first := taken.take(c, &found)
	r.newcomers[c.Address] = found.newcomers()
	m.Again, m.Tried = found.again()
	m.Restored = found.sendAnew()
	m.Retried, m.Attempts = found.afterRefusal()
	for v := toSend + 1; v < verdicts; v++ {
		held := Held{Reason: v.reason(), Count: found.counts[v]}
		switch v {
		case duplicate:
			held.Note = first
		case refused:
			held.Note = codes(found.codes)
		case inDoubt:
			held.Note = m.waiting()
		case schedule:
			held.Note = note
		case tooLate:
			held.Note = m.tooLate()
		case outsideWindow:
			held.Note = hours.note()
		}
		if held.Count > 0 {
			m.Held = append(m.Held, held)
		}
	}
	sortHeld(m.Held)
	m.list(&c.Audience, found.verdicts)
	if !slices.Contains(c.Ignores, config.IgnoreText) {
		m.TextChanged = found.changed
	}
	m.Renumbered = found.renumbered
	m.cut(&c.Audience, found.verdicts, hours.clocks, batch)
	m.keepClocks(hours, moment)
	m.price(r.config.Tariff)
	m.Action = m.action()
	return m
}

// tallied gives the rows that the configuration alone holds.
func tallied(t config.Tally) []Held {
	list := []Held{}
	for _, h := range t.Held {
		held := Held{Reason: string(h.Reason), Count: h.Count, Note: h.Note}
		if h.Reason == config.Duplicate && h.Note == "" && t.Conflicting > 0 {
			held.Note = config.Count(t.Conflicting) + " with other columns than the row that counts"
		}
		list = append(list, held)
	}
	return list
}

func sortHeld(list []Held) {
	slices.SortStableFunc(list, func(a, b Held) int {
		return cmp.Compare(slices.Index(Reasons, a.Reason), slices.Index(Reasons, b.Reason))
	})
}

// codes lists the gateway's error codes of those refused, most first.
func codes(counts map[int]int) string {
	byCount := func(a, b int) int { return cmp.Or(counts[b]-counts[a], a-b) }
	var list []string
	for _, code := range slices.SortedFunc(maps.Keys(counts), byCount) {
		list = append(list, fmt.Sprintf("%03d (%s)", code, config.Count(counts[code])))
	}
	return "code " + strings.Join(list, ", ")
}

func (m *Message) textWarning() (w Warning, ok bool) {
	switch m.TextChanged {
	case 0:
		return Warning{}, false
	case 1:
		w = Warning{m.Address, "text changed since 1 send", "that person will not get the new text (raise revision to send again)"}
	default:
		w = Warning{m.Address, "text changed since " + config.Count(m.TextChanged) + " sends", "those people will not get the new text (raise revision to send again)"}
	}
	return w, true
}
