package plan

import (
	"fmt"
	"slices"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/state"
)

// register says what the state knows the messages of a configuration by, after its moved and removed blocks.
type register struct {
	config    *config.Config
	past      *state.Snapshot
	retry     state.Retry
	selection Selection
	chosen    map[string]bool           // whether the plan is about a message of the configuration, by address
	recorded  map[string]state.Recorded // by address
	known     map[string]string         // address in the configuration: address in the state; without those that are new
	gone      []state.Recorded          // neither in the configuration nor moved, and nothing says that it was meant; by address
	removed   []string                  // gone, and a removed block says that it was meant; by address
	ledgers   ledgers
	problems  []config.Problem
	fates     *fates

	newcomers map[string]int // people to send to who had the message at no revision, by address; 0 where nobody asks
}

func newRegister(c *config.Config, past *state.Snapshot) *register {
	r := &register{config: c, past: past, recorded: map[string]state.Recorded{}, known: map[string]string{}, ledgers: ledgers{}, newcomers: map[string]int{}}
	present := map[string]bool{}
	for _, m := range c.Messages {
		present[m.Address] = true
	}
	all := past.Addresses()
	for _, a := range all {
		r.recorded[a.Address] = a
		if present[a.Address] {
			r.known[a.Address] = a.Address
		}
	}
	for _, a := range all {
		if !present[a.Address] {
			r.follow(a, present)
		}
	}
	for _, m := range c.Messages {
		r.join(m)
	}
	return r
}

// follow finds out where an address went that the configuration no longer has.
func (r *register) follow(a state.Recorded, present map[string]bool) {
	to, move := r.config.Follow(a.Address)
	other := r.known[to]
	if other != "" && len(r.past.Revisions(r.recorded[other].Message)) == 0 {
		other = "" // nothing was sent under it
	}
	switch {
	case r.config.MeansGone(a.Address) || move != nil && !present[to] && r.config.MeansGone(to):
		if !a.Removed {
			r.removed = append(r.removed, a.Address)
		}
	case move == nil:
		if !a.Removed {
			r.gone = append(r.gone, a)
		}
	case !present[to]:
		r.problems = append(r.problems, config.Problem{Place: move.Place, Summary: "Moved to a message that is not there",
			Detail: fmt.Sprintf("%s was applied and is moved to %s, which is not in the configuration. Write the name that the message has now, or, where it is gone for good:\n\n%s",
				a.Address, to, removedBlock(a.Address))})
	case other != "" && len(r.past.Revisions(a.Message)) == 0:
		// Nothing was sent under this one: it gives way, wherever it stands among them.
	case other != "":
		r.problems = append(r.problems, config.Problem{Place: move.Place, Summary: "Moved to a message with a ledger of its own",
			Detail: fmt.Sprintf("%s is moved to %s, and the state already has what was sent as %s: an address names one ledger. "+
				"Take the moved block out, and write what became of the former message:\n\n%s\n\nMessages that are to share what they were sent have the same dedupe_key.",
				a.Address, to, other, removedBlock(a.Address))})
	default:
		r.known[to] = a.Address
	}
}

// unmoved gives the addresses that moved blocks lead away from and that the state has never had, nor an instance of them. What
// is sent under one of them before the plan is carried out is what its target would send again.
func (r *register) unmoved() []string {
	had := map[string]bool{}
	for address := range r.recorded {
		block, _ := config.SplitAddress(address)
		had[address], had[block] = true, true
	}
	var list []string
	for _, m := range r.config.Moves {
		if !had[m.From] {
			list = append(list, m.From)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// isNew reports whether the state has never seen the message, under any name.
func (r *register) isNew(address string) bool { return r.known[address] == "" }

// movedFrom gives the address that the state knows the message by, where it is another one.
func (r *register) movedFrom(address string) string {
	if name := r.known[address]; name != address {
		return name
	}
	return ""
}

// holder is what stands for a ledger: a message of the state, a dedupe key, or an address that is new.
type holder struct {
	message state.MessageID
	key     string
	address string
}

// ledgers are sets of holders that are one ledger: each points at another one of its set, the last one at none.
type ledgers map[holder]holder

func (l ledgers) find(e holder) holder {
	for {
		next, ok := l[e]
		if !ok {
			return e
		}
		e = next
	}
}

func (l ledgers) union(a, b holder) {
	if a, b = l.find(a), l.find(b); a != b {
		l[b] = a
	}
}

func (r *register) holder(m *config.Message) holder {
	if name := r.known[m.Address]; name != "" {
		return holder{message: r.recorded[name].Message}
	}
	return holder{address: m.Address}
}

// join makes one ledger of the message's own and that of its dedupe key.
func (r *register) join(m *config.Message) {
	if m.DedupeKey == "" {
		return
	}
	key := holder{key: m.DedupeKey}
	if id := r.past.Deduped(m.DedupeKey); id != 0 {
		r.ledgers.union(holder{message: id}, key)
	}
	r.ledgers.union(r.holder(m), key)
}

// messagesOf gives the messages of the state whose sends count for the message.
func (r *register) messagesOf(m *config.Message) []state.MessageID {
	own := r.holder(m)
	one := r.ledgers.find(own)
	var ids []state.MessageID
	add := func(e holder) {
		if e.message != 0 && r.ledgers.find(e) == one && !slices.Contains(ids, e.message) {
			ids = append(ids, e.message)
		}
	}
	add(own)
	add(one)
	for e := range r.ledgers {
		add(e)
	}
	slices.Sort(ids)
	return ids
}

func removedBlock(address string) string { return "  removed {\n    from = " + address + "\n  }" }

func movedBlock(from, to string) string {
	return "  moved {\n    from = " + from + "\n    to   = " + to + "\n  }"
}

// Names gives the addresses of the plan as the state is to know them from the apply on.
func (p *Plan) Names() state.Names {
	n := state.Names{Removed: p.Removed, Unmoved: p.Unmoved, Since: p.State.Serial}
	for i := range p.Messages {
		m := &p.Messages[i]
		n.Present = append(n.Present, state.Name{Address: m.Address, MovedFrom: m.MovedFrom, DedupeKey: m.DedupeKey, Text: writtenDigest(m.TextSample, m.Binary)})
	}
	for _, out := range p.LeftOut {
		n.Beside = append(n.Beside, state.Name{Address: out.Address, MovedFrom: out.Known, DedupeKey: out.DedupeKey})
	}
	return n
}

// Problems are the errors that only the state shows to be errors. A plan that has some is not to be applied. A plan that
// was saved has none.
func (p *Plan) Problems() []config.Problem { return p.problems }

// returned says what is wrong with a message that was gone in an apply and has another text now than those have who were
// sent to.
func (r *register) returned(m *config.Message, found *findings) {
	a := r.recorded[r.known[m.Address]]
	another := found.changed > 0 && (found.changed == found.sent || a.Text != nil && *a.Text != writtenDigest(m.TextSource, m.Binary))
	if a.Absent.IsZero() || !another || slices.Contains(m.Ignores, config.IgnoreText) {
		return
	}
	next := m.Revision
	for _, revision := range r.past.Revisions(a.Message) {
		next = max(next, revision)
	}
	r.problems = append(r.problems, config.Problem{Place: m.Place, Summary: "Message returns with another text",
		Detail: fmt.Sprintf("%s was gone when an apply looked for it on %s, and has another text now. %s at revision %d would not get it. To send it to everybody:\n\n  revision = %d\n\n"+
			"If it is another message, give it another name. If the former text stands for this one:\n\n  lifecycle {\n    ignore_changes = [text]\n  }",
			m.Address, a.Absent.Format("2 January 2006"), sentTo(found.changed), m.Revision, next+1)})
}

func sentTo(n int) string {
	if n == 1 {
		return "The person who was sent it"
	}
	return "The " + config.Count(n) + " people who were sent it"
}

// keyOf gives the key of an instance, with its brackets.
func keyOf(address string) string {
	_, key := config.SplitAddress(address)
	return key
}
