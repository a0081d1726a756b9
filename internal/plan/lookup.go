package plan

import (
	"slices"
	"time"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/state"
)

// findings are what the state says of the people of an audience.
type findings struct {
	verdicts   []verdict // of each person
	counts     [verdicts]int
	codes      map[int]int // people refused, by error code
	sent       int         // people sent to under the message's own address
	changed    int         // of them, with another text than they would get now
	recalled   []recalled  // people to be sent to once their scheduled message is withdrawn
	restored   []int       // rows of people to be sent to whose message was withdrawn before
	retried    []retried   // people to be sent to although they were refused
	doubted    []doubt     // people to be sent to although they are in doubt
	strangers  []int       // rows of people whom the schedule lets through and whom no apply set out to send the message to; nil where nobody asks
	renumbered *Renumbered
}

// lookUp judges everybody of the message's audience. schedule is the verdict on those
// whom the state would let through, and arriving are the lines that are imported in the same plan.
func (r *register) lookUp(m *config.Message, schedule verdict, now time.Time, arriving map[uint64]bool) findings {
	people := m.Audience.Numbers
	found := findings{verdicts: make([]verdict, len(people)), codes: map[int]int{}}
	if r.past.Lineage == "" { // no state: nobody was sent to, nobody opted out
		for i := range found.verdicts {
			found.verdicts[i] = schedule
			if len(arriving) > 0 && arriving[people[i].Line().Packed()] {
				found.verdicts[i] = imported
			}
			found.counts[found.verdicts[i]]++
		}
		return found
	}
	about := r.memory(m)
	parts := make([]findings, chunks(len(people)))
	spread(len(people), func(part, from, to int) {
		b := bench{message: m, memory: about, now: now, digested: -1}
		f := findings{codes: map[int]int{}, renumbered: &Renumbered{}}
		for i := from; i < to; i++ {
			v, send := b.judge(people[i])
			if len(arriving) > 0 && arriving[people[i].Line().Packed()] {
				v = imported
			}
			switch v {
			case toSend:
				v = schedule
				for _, fate := range b.recalled {
					f.recalled = append(f.recalled, recalled{i, fate})
				}
				if b.restored {
					f.restored = append(f.restored, i)
				}
				if v == toSend && about.frozen && !b.familiar {
					v = frozen
				}
				if v == toSend && !b.familiar {
					f.renumbered.Unfamiliar++
				}
				if v == toSend && about.growing && !b.ever {
					f.strangers = append(f.strangers, i)
				}
			case inDoubt:
				if schedule == toSend && b.anew(people[i], send) {
					v = toSend
					f.doubted = append(f.doubted, doubt{i, send.Tried})
				}
			case alreadySent:
				if send.Address != about.name || send.Text == [32]byte{} {
					break
				}
				f.sent++
				if send.Text != b.digest(i) {
					f.changed++
				}
			case refused:
				if schedule == toSend && b.retried(people[i], send) {
					v = toSend
					f.retried = append(f.retried, retried{i, send.Attempt})
					break
				}
				f.codes[send.Code]++
			}
			if b.otherwise {
				f.renumbered.Found++
			}
			found.verdicts[i] = v
			f.counts[v]++
		}
		parts[part] = f
	})
	if about.metadata != "" {
		found.renumbered = &Renumbered{Before: about.metadata}
	}
	for _, f := range parts {
		found.add(&f)
	}
	if r := found.renumbered; r != nil && r.Found+r.Unfamiliar == 0 {
		found.renumbered = nil
	}
	return found
}

// add takes in what was found of other people.
func (f *findings) add(g *findings) {
	for v, n := range g.counts {
		f.counts[v] += n
	}
	for code, n := range g.codes {
		f.codes[code] += n
	}
	f.sent += g.sent
	f.changed += g.changed
	f.retried = append(f.retried, g.retried...)
	f.doubted = append(f.doubted, g.doubted...)
	f.recalled = append(f.recalled, g.recalled...)
	f.restored = append(f.restored, g.restored...)
	f.strangers = append(f.strangers, g.strangers...)
	if f.renumbered != nil {
		f.renumbered.Found += g.renumbered.Found
		f.renumbered.Unfamiliar += g.renumbered.Unfamiliar
	}
}

// newcomers counts the strangers who are to be sent to.
func (f *findings) newcomers() (people int) {
	for _, row := range f.strangers {
		if f.verdicts[row] == toSend {
			people++
		}
	}
	return people
}

// recalled is a person, by row, whose scheduled message is to be withdrawn.
type recalled struct {
	row int
	*fate
}

// sendAnew notes whose scheduled message is sent anew once it is withdrawn, and counts those to be sent to whose message was
// withdrawn before.
func (f *findings) sendAnew() (restored int) {
	for _, r := range f.recalled {
		r.anew = r.anew || f.verdicts[r.row] == toSend
	}
	for _, row := range f.restored {
		if f.verdicts[row] == toSend {
			restored++
		}
	}
	return restored
}

// retried is a person who was refused, by row, and the number of the attempt.
type retried struct{ row, attempt int }

// afterRefusal counts the people who are to be sent to although they were refused, and gives the most attempts that one of
// their requests stands for.
func (f *findings) afterRefusal() (people, attempts int) {
	for _, r := range f.retried {
		if f.verdicts[r.row] == toSend {
			people++
			attempts = max(attempts, r.attempt)
		}
	}
	return people, attempts
}

// doubt is a person in doubt, by row, and the number of requests that may have reached that person.
type doubt struct{ row, tried int }

// again counts the people who are to be sent to although they are in doubt, and gives the most that one of them was tried.
func (f *findings) again() (people, tried int) {
	for _, d := range f.doubted {
		if f.verdicts[d.row] == toSend {
			people++
			tried = max(tried, d.tried)
		}
	}
	return people, tried
}

// memory is what the state holds about a message.
type memory struct {
	past      *state.Snapshot
	name      string          // the address that the state knows the message by; "" where it is new
	ledgers   []*state.Ledger // of the sends that count, at the message's revision
	revisions []*state.Ledger // at all revisions
	retry     state.Retry     // who may be sent to again
	open      *state.Ledger   // that of ledgers which new sends join; nil where it has none yet
	frozen    bool            // whoever is in none of these is not in the audience
	growing   bool            // a guard asks how many are in none of these
	fates     *fates          // of scheduled messages; nil while they are told
	metadata  string          // version of the phone metadata that the state was written with; "" where it is today's, or there are no sends
}

func (r *register) memory(m *config.Message) *memory {
	about := &memory{past: r.past, name: r.known[m.Address], retry: r.retry, growing: r.growing(m.Address), fates: r.fates}
	for i, id := range r.messagesOf(m) {
		if i == 0 { // an apply joins the others to it
			about.open = r.past.Open(id, m.Revision)
		}
		about.ledgers = append(about.ledgers, r.past.Ledgers(id, m.Revision)...)
		for _, revision := range r.past.Revisions(id) {
			about.revisions = append(about.revisions, r.past.Ledgers(id, revision)...)
		}
	}
	about.frozen = slices.Contains(m.Ignores, config.IgnoreRecipients) && about.name != "" &&
		slices.ContainsFunc(about.revisions, func(l *state.Ledger) bool {
			return l.Any(about.name, func(state.Send) bool { return true })
		})
	if before := r.past.PhoneMetadata; before != phone.MetadataVersion() && len(about.ledgers) > 0 {
		about.metadata = before
	}
	return about
}

// blank reports whether nothing can be found about anybody, so that no pseudonyms need be made.
func (about *memory) blank() bool {
	return len(about.ledgers) == 0 && len(about.revisions) == 0 && !about.past.Stops()
}

// bench judges people one after the other.
type bench struct {
	message *config.Message
	*memory
	now   time.Time
	forms forms

	familiar  bool    // the last one judged has a send at this revision, or, where the audience is frozen, at whatever revision
	ever      bool    // the last one judged has a send at whatever revision; looked for where that is asked
	recalled  []*fate // of the last one judged, whose scheduled messages are to be withdrawn
	restored  bool    // the last one judged has a send that was withdrawn, and may be sent again
	otherwise bool    // the last one judged has one at this revision under another form of the line than today's

	digested int // text that last is the digest of; -1 for none
	last     [32]byte
}

// judge looks a person up under every form of the line, because an older state may
// hold another form than the one that stands for the line today.
func (b *bench) judge(n phone.Number) (verdict, state.Send) {
	var worst verdict
	var why state.Send
	b.familiar, b.ever, b.otherwise, b.restored, b.recalled = false, false, false, false, b.recalled[:0]
	if b.blank() {
		return worst, why
	}
	for i, alias := range b.forms.of(b.past, n) {
		for _, l := range b.ledgers {
			send, ok := l.Find(alias)
			if !ok {
				continue
			}
			b.familiar = true
			b.otherwise = b.otherwise || !b.forms.today(i, n)
			// Of several sends that count the same, the message's own says whether its text is another one now.
			now := verdictOn(send.Outcome)
			if send.Outcome == state.Cancelled {
				if _, lasts := l.Withdrawn(alias); lasts {
					now = cancelled
				} else {
					b.restored = true
				}
			}
			if fate := b.fates.find(l, alias); b.fates != nil && fate.recalled(b.fates.account) {
				now = toSend
				b.recalled = append(b.recalled, fate)
			}
			if v := worst.or(now); v != worst || v == now && send.Address == b.name {
				worst, why = v, send
			}
		}
		if b.past.Stopped(alias) {
			worst = worst.or(optedOut)
		}
		if b.frozen || b.growing {
			b.ever = b.ever || slices.ContainsFunc(b.revisions, func(l *state.Ledger) bool {
				_, ok := l.Find(alias)
				return ok
			})
			b.familiar = b.familiar || b.frozen && b.ever
		}
	}
	return worst, why
}

// forms turns numbers into what every form of their line is to the state.
type forms struct {
	numbers []phone.Number
	aliases []state.Alias
	digits  []byte
}

// of gives the aliases of a number; they are valid until the next call.
func (f *forms) of(past *state.Snapshot, n phone.Number) []state.Alias {
	f.numbers = phone.AppendEquivalents(f.numbers[:0], n)
	for len(f.aliases) < len(f.numbers) {
		f.aliases = append(f.aliases, nil)
	}
	for i, form := range f.numbers {
		f.digits = form.AppendE164(f.digits[:0])
		f.aliases[i] = past.AppendAlias(f.aliases[i][:0], f.digits)
	}
	return f.aliases[:len(f.numbers)]
}

// today reports whether form i of the last number, n, is the one that stands for its line.
func (f *forms) today(i int, n phone.Number) bool { return f.numbers[i] == n.Line() }

// digest gives the digest of what person i would get now.
func (b *bench) digest(i int) [32]byte {
	a := &b.message.Audience
	if b.message.Binary != nil {
		return binaryDigest(b.message.Binary)
	}
	if t := int(textOf(a, i)); t != b.digested {
		b.digested, b.last = t, textDigest(a.Table.At(t))
	}
	return b.last
}

// textOf gives the text of person i, as an index into the audience's table.
func textOf(a *config.Audience, i int) uint32 {
	if a.Texts == nil {
		return 0
	}
	return a.Texts[i]
}
