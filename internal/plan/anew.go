package plan

import (
	"fmt"
	"time"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/state"
)

// leastAnswers is how often the gateway must not have known a request before on_doubt = "probe" sends anew.
const leastAnswers = 5

// Anew says when a send of the message that is in doubt may be followed by another.
func (m *Message) Anew() state.Anew { return anew(m.Doubting) }

func anew(d config.Doubting) state.Anew {
	switch d.OnDoubt {
	case config.Resend:
		return state.Anew{Allowed: true}
	case config.Probe:
		return state.Anew{Allowed: true, Answers: leastAnswers, Settle: d.Settle}
	}
	return state.Anew{}
}

// anew reports whether somebody in doubt is to be sent to. An apply asks the gateway before it sends, so the last of the answers
// that are needed may be the one that it gets.
func (b *bench) anew(n phone.Number, s state.Send) bool {
	a := anew(b.message.Doubting)
	if !a.Allowed || a.Answers > 0 && (s.Answers+1 < a.Answers || b.now.Before(s.Since.Add(a.Settle))) {
		return false
	}
	return b.replaceable(n, state.InDoubt)
}

// retried reports whether somebody who was refused is to be sent to.
func (b *bench) retried(n phone.Number, s state.Send) bool {
	return b.retry.Takes(s.Code) && s.Tried == 0 && b.replaceable(n, state.Refused)
}

// replaceable reports whether a new send would take the place of the one that somebody has with the outcome. It does only in
// the ledger that it joins, and under the form of the line that stands for it today. What stands anywhere else keeps the claim
// from it.
func (b *bench) replaceable(n phone.Number, o state.Outcome) bool {
	under, ok := b.open.Find(b.past.AppendAlias(nil, []byte(n.Line().E164())))
	if !ok || under.Outcome != o {
		return false
	}
	for i, alias := range b.forms.of(b.past, n) {
		for _, l := range b.ledgers {
			if l == b.open && b.forms.today(i, n) {
				continue
			}
			if other, ok := l.Find(alias); ok && verdictOn(other.Outcome) != toSend {
				return false
			}
		}
	}
	return true
}

// waiting says for what people in doubt are held who are to be sent to one day.
func (m *Message) waiting() string {
	if m.OnDoubt != config.Probe {
		return ""
	}
	return fmt.Sprintf("sent anew when the gateway has not known them %d times, over %s", leastAnswers, short(m.Settle))
}

// short gives a duration without the units that are zero.
func short(d time.Duration) string {
	switch {
	case d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d%time.Minute == 0:
		return fmt.Sprintf("%dm", d/time.Minute)
	}
	return d.String()
}
