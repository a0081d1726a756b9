package plan

import (
	"cmp"
	"encoding/hex"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/state"
	"github.com/smsplan/smsplan/internal/zone"
)

// Withdrawal is a number of scheduled messages of one message at one revision that the gateway still holds, and that are not to
// go out as they are, for one reason.
type Withdrawal struct {
	Address   string    `json:"address"` // as the configuration has it; as the state has it where it is gone
	Revision  int       `json:"revision"`
	Reason    state.Why `json:"reason"`
	Count     int       `json:"count"`               // people whose message is to be withdrawn
	Anew      int       `json:"anew,omitempty"`      // of them, those whom the plan sends the message anew once it is withdrawn
	Unsettled int       `json:"unsettled,omitempty"` // others, whose message cannot be withdrawn: it is in doubt or unconfirmed
	Foreign   int       `json:"foreign,omitempty"`   // others, whose message went through another account, which alone can withdraw it
	Unnamed   int       `json:"unnamed,omitempty"`   // others, whose message cannot be withdrawn: no id of the gateway is known for it
	First     time.Time `json:"first"`               // of their times of delivery
	Last      time.Time `json:"last"`

	// The people by request, in the order of the climsgids, and in each in their own. In the saved plan: withdrawals.jsonl.
	recalls []recall
}

// recall is what is withdrawn of one request.
type recall struct {
	client string // climsgid
	people []state.Person
}

// fate is what becomes of a scheduled message that the gateway may still hold.
type fate struct {
	state.Pending
	owner *config.Message // nil where its block is gone
	why   state.Why       // "" for that it goes out as it is
	anew  bool            // the plan sends it anew
}

// recalled reports whether the message is to be withdrawn, and may be.
func (f *fate) recalled(account string) bool {
	return f != nil && f.why != "" && f.Account == account && !f.Unnamed && (f.Outcome == state.Accepted || f.Outcome == state.Withdrawing)
}

// fates are those of the scheduled messages of a state; those of ledgers in which none is left to come are not there.
type fates struct {
	account string
	of      map[*state.Ledger]map[state.Person]*fate
}

// find gives the fate of a person's message in a ledger; nil where the gateway holds none.
func (f *fates) find(l *state.Ledger, a state.Alias) *fate {
	if f == nil || len(f.of) == 0 || f.of[l] == nil {
		return nil
	}
	return f.of[l][l.Person(a)]
}

// fates says what the configuration wants of every message that the gateway may still hold.
func (r *register) fatesAt(now time.Time, account string) *fates {
	all := &fates{account: account, of: map[*state.Ledger]map[state.Person]*fate{}}
	owners := map[string]*config.Message{} // by the address that the state has
	for _, m := range r.config.Messages {
		if name := r.known[m.Address]; name != "" {
			owners[name] = m
		}
	}
	waiting := map[*config.Message]bool{}
	for _, l := range r.past.AllPending() {
		for s := range l.Pending(now) {
			f := &fate{Pending: s, owner: owners[s.Address]}
			switch {
			case f.owner == nil:
				f.why = state.BlockGone
			case f.owner.Revision > s.Revision:
				f.why = state.Superseded
			case f.owner.Revision == s.Revision:
				waiting[f.owner] = true
				if !slices.Contains(f.owner.Ignores, config.IgnoreRecipients) {
					f.why = state.PersonGone
				}
			}
			if all.of[l] == nil {
				all.of[l] = map[state.Person]*fate{}
			}
			all.of[l][s.Person] = f
		}
	}
	for _, m := range r.config.Messages {
		if waiting[m] {
			r.compare(m, all, now)
		}
	}
	for _, ledger := range all.of {
		for _, f := range ledger {
			if !r.selects(f.address()) {
				f.why = ""
			}
		}
	}
	return all
}

// address gives that of the message: as the configuration has it, and as the state has it where its block is gone.
func (f *fate) address() string {
	if f.owner != nil {
		return f.owner.Address
	}
	return f.Address
}

// compare holds what the people of a message are to get against what the gateway holds for them.
func (r *register) compare(m *config.Message, all *fates, now time.Time) {
	about := r.memory(m)
	times := newTimetable(m, now)
	b := bench{message: m, memory: about, now: now, digested: -1}
	for i, n := range m.Audience.Numbers {
		aliases := b.forms.of(r.past, n)
		if slices.ContainsFunc(aliases, r.past.Stopped) {
			continue
		}
		for _, alias := range aliases {
			for _, l := range about.ledgers {
				f := all.find(l, alias)
				if f == nil || f.owner != m {
					continue
				}
				switch {
				case !times.keeps(f.At, i):
					f.why = state.TimeChanged
				case !slices.Contains(m.Ignores, config.IgnoreText) && f.Text != [32]byte{} && f.Text != b.digest(i):
					f.why = state.TextChanged
				default:
					f.why = ""
				}
			}
		}
	}
}

// timetable says when the people of a message are to have it.
type timetable struct {
	message  Message
	audience *config.Audience
	now      time.Time
	regions  map[phone.Region][]*time.Location // nil where the number's own zones count
}

func newTimetable(m *config.Message, now time.Time) *timetable {
	t := &timetable{audience: &m.Audience, now: now.Truncate(time.Second), regions: map[phone.Region][]*time.Location{}}
	t.message = Message{Window: m.Window, Validity: m.Validity}
	if !m.DeliverAt.IsZero() {
		t.message.DeliverAt = &m.DeliverAt
	}
	return t
}

// keeps reports whether the message of person i may go out at a time that was resolved when it was sent. A window may have
// resolved to another time then than it would now.
func (t *timetable) keeps(at time.Time, i int) bool {
	m := &t.message
	if m.Window == nil {
		return m.DeliverAt != nil && at.Equal(m.DeliverAt.Truncate(time.Microsecond))
	}
	zones := t.zones(i)
	if zones == nil {
		return true // nothing is known of the hours
	}
	if open, v := m.opening(zones, at, at.Add(time.Minute)); v != toSend || !open.Equal(at) {
		return false
	}
	if m.DeliverAt == nil {
		return true
	}
	due, v := m.opening(zones, *m.DeliverAt, m.DeliverAt.Add(horizon))
	switch {
	case v != toSend:
		return false
	case due.After(t.now):
		return at.Equal(due.Truncate(time.Microsecond))
	}
	return !at.Before(due) && at.Sub(due) <= m.patience()
}

// zones gives the zones by whose clocks the window of person i is open; nil where none are known.
func (t *timetable) zones(i int) []*time.Location {
	names := []string{t.message.Window.Timezone}
	if names[0] == config.OfRecipient {
		region := t.audience.Regions[i]
		zones, known := t.regions[region]
		if !known {
			if names := zone.Of(region.String()); t.message.agree(names, t.now) {
				zones, _ = load(names)
			}
			t.regions[region] = zones
		}
		if zones != nil {
			return zones
		}
		names = t.audience.Numbers[i].Zones()
	}
	if zones, ok := load(names); ok {
		return zones
	}
	return nil
}

// withdrawals gives what is to be withdrawn, by address, revision and reason. The messages have been planned.
func (f *fates) withdrawals() []Withdrawal {
	type lot struct {
		address  string
		revision int
		why      state.Why
	}
	lots := map[lot]*Withdrawal{}
	people := map[lot]map[string][]state.Person{}
	for _, ledger := range f.of {
		for _, one := range ledger {
			if one.why == "" {
				continue
			}
			at := lot{one.address(), one.Revision, one.why}
			w := lots[at]
			if w == nil {
				w = &Withdrawal{Address: at.address, Revision: at.revision, Reason: at.why, First: one.Goes, Last: one.Goes}
				lots[at], people[at] = w, map[string][]state.Person{}
			}
			if one.Goes.Before(w.First) {
				w.First = one.Goes
			}
			if one.Goes.After(w.Last) {
				w.Last = one.Goes
			}
			switch {
			case one.recalled(f.account):
				w.Count++
				if one.anew {
					w.Anew++
				}
				people[at][one.ClientID] = append(people[at][one.ClientID], one.Person)
			case one.Outcome == state.InDoubt || one.Outcome == state.Unconfirmed:
				w.Unsettled++
			case one.Unnamed:
				w.Unnamed++
			default:
				w.Foreign++
			}
		}
	}
	var list []Withdrawal
	for at, w := range lots {
		for _, client := range slices.Sorted(maps.Keys(people[at])) {
			of := people[at][client]
			slices.SortFunc(of, comparePeople)
			w.recalls = append(w.recalls, recall{client, of})
		}
		list = append(list, *w)
	}
	slices.SortFunc(list, compareWithdrawals)
	return list
}

func comparePeople(a, b state.Person) int { return slices.Compare(a[:], b[:]) }

func compareWithdrawals(a, b Withdrawal) int {
	return cmp.Or(cmp.Compare(a.Address, b.Address), cmp.Compare(a.Revision, b.Revision), cmp.Compare(a.Reason, b.Reason))
}

// Recalls gives every message that the plan withdraws, and the index of its [Withdrawal].
func (p *Plan) Recalls() iter.Seq2[int, state.Withdrawal] {
	return func(yield func(int, state.Withdrawal) bool) {
		for i := range p.Withdrawals {
			w := &p.Withdrawals[i]
			for _, r := range w.recalls {
				for _, one := range r.people {
					if !yield(i, state.Withdrawal{ClientID: r.client, Person: one, Why: w.Reason}) {
						return
					}
				}
			}
		}
	}
}

// WithdrawalsOf gives what is withdrawn of the messages at an address.
func (p *Plan) WithdrawalsOf(address string) []Withdrawal {
	var list []Withdrawal
	for _, w := range p.Withdrawals {
		if w.Address == address {
			list = append(list, w)
		}
	}
	return list
}

// Cancels counts what is withdrawn at an address, and of it what the plan sends anew.
func (p *Plan) Cancels(address string) (all, anew int) {
	for _, w := range p.Withdrawals {
		if w.Address == address {
			all, anew = all+w.Count, anew+w.Anew
		}
	}
	return all, anew
}

// Anew counts what the plan withdraws and sends anew.
func (p *Plan) Anew() (count int) {
	for _, w := range p.Withdrawals {
		count += w.Anew
	}
	return count
}

// Gone gives the addresses of which the plan has withdrawals and nothing else, sorted.
func (p *Plan) Gone() []string {
	var list []string
	for _, w := range p.Withdrawals {
		if !slices.ContainsFunc(p.Messages, func(m Message) bool { return m.Address == w.Address }) {
			list = append(list, w.Address)
		}
	}
	return slices.Compact(list)
}

// Withdraw makes a plan that withdraws whatever the gateway still holds of the messages at the addresses, or of all where
// there are none, and sends nothing. Nobody whose message it withdraws is sent it again at its revision.
func Withdraw(c *config.Config, past *state.Snapshot, now time.Time, version string, addresses ...string) *Plan {
	p := New(&config.Config{Gateway: c.Gateway, Workspace: c.Workspace, Variables: c.Variables}, past, now, version, Options{})
	p.problems, p.Removed, p.Unmoved, p.Messages, p.Warnings, p.ID = nil, nil, nil, nil, nil, ""
	r := newRegister(&config.Config{}, past)
	all := r.fatesAt(now, p.Gateway.Account)
	for _, ledger := range all.of {
		maps.DeleteFunc(ledger, func(_ state.Person, f *fate) bool {
			return len(addresses) > 0 && !slices.Contains(addresses, f.Address)
		})
		for _, f := range ledger {
			f.why = state.ByCommand
		}
	}
	p.Withdrawals = all.withdrawals()
	for _, g := range c.Guards {
		p.Guards = append(p.Guards, Guard{Name: g.Name, Messages: g.Messages, Limits: config.Limits{MaxCancel: g.MaxCancel}})
	}
	return p
}

// withdrawals writes nothing for a plan that withdraws nothing, as none did in format 1.3.
func (c *canonical) withdrawals(p *Plan) {
	for _, w := range p.Withdrawals {
		if w.Count == 0 {
			continue
		}
		c.number(-8)
		c.text(w.Address)
		c.number(int64(w.Revision))
		c.text(string(w.Reason))
		c.number(int64(w.Anew))
		c.number(int64(len(w.recalls)))
		for _, r := range w.recalls {
			c.text(r.client)
			c.number(int64(len(r.people)))
			for _, one := range r.people {
				c.text(hex.EncodeToString(one[:]))
			}
		}
	}
}
