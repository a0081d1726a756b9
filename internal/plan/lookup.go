package plan

import (
	"time"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/state"
)

// findings are what the state says of the people of an audience.
type findings struct {
	verdicts []verdict // of each person
	counts   [verdicts]int
	codes    map[int]int // people refused, by error code
	changed  int         // people sent to with another text than they would get now
	again    int         // people to be sent to although they are in doubt
}

// lookUp judges everybody of the message's audience. schedule is the verdict on those
// whom the state would let through.
func lookUp(m *config.Message, past *state.Snapshot, schedule verdict, now time.Time) findings {
	people := m.Audience.Numbers
	found := findings{verdicts: make([]verdict, len(people)), codes: map[int]int{}}
	if past.Lineage == "" { // no state: nobody was sent to, nobody opted out
		for i := range found.verdicts {
			found.verdicts[i] = schedule
		}
		found.counts[schedule] = len(people)
		return found
	}
	ledger := past.Ledger(m.Address, m.Revision)
	parts := make([]findings, chunks(len(people)))
	spread(len(people), func(part, from, to int) {
		b := bench{message: m, past: past, ledger: ledger, now: now, digested: -1}
		f := findings{codes: map[int]int{}}
		for i := from; i < to; i++ {
			v, send := b.judge(people[i])
			switch v {
			case toSend:
				v = schedule
			case inDoubt:
				if schedule == toSend && b.anew(people[i], send) {
					v = toSend
					f.again++
				}
			case alreadySent:
				if send.Text != [32]byte{} && send.Text != b.digest(i) {
					f.changed++
				}
			case refused:
				f.codes[send.Code]++
			}
			found.verdicts[i] = v
			f.counts[v]++
		}
		parts[part] = f
	})
	for _, f := range parts {
		for v, n := range f.counts {
			found.counts[v] += n
		}
		for code, n := range f.codes {
			found.codes[code] += n
		}
		found.changed += f.changed
		found.again += f.again
	}
	return found
}

// bench judges people one after the other.
type bench struct {
	message *config.Message
	past    *state.Snapshot
	ledger  *state.Ledger
	now     time.Time
	digits  []byte
	alias   state.Alias

	digested int // text that last is the digest of; -1 for none
	last     [32]byte
}

// judge looks a person up under every form of the line, because an older state may
// hold another form than the one that stands for the line today.
func (b *bench) judge(n phone.Number) (verdict, state.Send) {
	var worst verdict
	var why state.Send
	for _, form := range phone.Equivalents(n) {
		b.digits = form.AppendE164(b.digits[:0])
		b.alias = b.past.AppendAlias(b.alias[:0], b.digits)
		if send, ok := b.ledger.Find(b.alias); ok {
			if v := worst.or(verdictOn(send.Outcome)); v != worst {
				worst, why = v, send
			}
		}
		if b.past.Stopped(b.alias) {
			worst = worst.or(optedOut)
		}
	}
	return worst, why
}

// digest gives the digest of what person i would get now.
func (b *bench) digest(i int) [32]byte {
	a := &b.message.Audience
	if b.message.Binary != nil {
		return binaryDigest(b.message.Binary)
	}
	if t := int(textOf(a, i)); t != b.digested {
		b.digested, b.last = t, textDigest(lineFeeds(a.Table.At(t)))
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
