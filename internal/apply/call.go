package apply

import (
	"cmp"
	"context"
	"time"

	"github.com/smsplan/smsplan/internal/soap"
)

// call calls the gateway until the request has an outcome. The error is of the state; then nothing was sent after it.
func (r *run) call(ctx, waiting, record context.Context, w work, delay int, access soap.Access, events chan<- Event) (judgement, error) {
	message := r.message(w, delay)
	renewed := false
	for try := 0; ; {
		if err := r.ledger.Begin(record, w.claim.Request); err != nil {
			return judgement{}, err
		}
		w.at.reach(begun)
		message.NotAfter = time.Now().Add(firstByte)
		answer, callErr := r.gateway.send(ctx, access, message)
		j := judge(answer, callErr, len(w.people), access)
		r.blameSender(&j)
		if j.next == query {
			j = r.lookUp(ctx, w, j)
		}
		switch j.next {
		case settle:
			return j, nil
		case renew:
			if renewed {
				return j, nil
			}
			renewed = true
			fresh, signedIn, err := r.gateway.renew(ctx, access.Session)
			if err != nil {
				j.cause = nil
				if ctx.Err() == nil {
					j.cause = signInCause(err)
				}
				return j, nil
			}
			access = fresh
			if signedIn {
				events <- Event{Kind: Log, At: time.Now(), Text: "The session had expired; signed in again."}
			}
		case again, query:
			if try >= len(backoff) || distrusted(callErr) {
				j.cause = exhausted(callErr)
				return j, nil
			}
			if try == 0 {
				events <- Event{Kind: Log, At: time.Now(), Text: retryNote(callErr)}
			}
			if !pause(waiting, backoff[try]) {
				return j, nil
			}
			try++
			r.gateway.log.InfoContext(ctx, "request tried again", "try", try, "people", len(w.people))
			delay, held := r.turn(w)
			if held != "" {
				r.held(&w, held)
				return j, nil
			}
			message = r.message(w, delay)
		}
	}
}

// message gives what the gateway is asked to send, in so many minutes.
func (r *run) message(w work, delay int) *soap.Message {
	q := r.plan.Request(w.index)
	m := r.messageOf(w)
	wire := m.Wire(q)
	s := &soap.Message{
		To:        make([]string, len(w.people)),
		From:      m.From,
		Text:      wire.Text,
		Unicode:   wire.Unicode,
		Type:      wire.Type,
		UDH:       wire.UDH,
		Data:      wire.Data,
		Concat:    wire.Concat,
		Queue:     wire.Queue,
		Features:  wire.Features,
		Callback:  wire.Callback,
		Validity:  wire.ValidityMinutes,
		ClientID:  w.claim.ClientID,
		Ack:       m.Receipts,
		MaxCredit: m.MaxCredits,
		Escalate:  m.Escalate,
		MO:        m.MobileOriginated,
		Delay:     delay,
	}
	if s.Delay > 0 {
		// The validity means from the delivery on. Whether the wait until then counts for the gateway is not documented, and a
		// message that expires before it is due is worse than one that is late.
		s.Validity = cmp.Or(s.Validity, usualValidity) + s.Delay
	}
	for i, n := range w.people {
		s.To[i] = n.E164()
	}
	return s
}

// usualValidity is how long a message may wait, in minutes, where nothing else is asked for (gateway specification, section 7).
const usualValidity = 24 * 60

// lookUp asks for a request that met an internal error of the gateway, and judges it by the answer.
func (r *run) lookUp(ctx context.Context, w work, j judgement) judgement {
	known, err := ask(ctx, r.gateway, w.claim.ClientID, len(w.people))
	// A question does no harm, and a connection that was closed meanwhile says nothing of the message.
	if err != nil && !answered(err) && pause(ctx, backoff[0]) {
		known, err = ask(ctx, r.gateway, w.claim.ClientID, len(w.people))
	}
	return judgeInternal(j, known, err)
}
