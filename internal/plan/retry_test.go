package plan

import (
	"slices"
	"testing"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/state"
)

// Who was refused is sent to again where the plan is made for it, with one of the codes that are meant, and counted.
func TestWhoWasRefusedIsSentToAgainOnlyWhenAsked(t *testing.T) {
	all := people(5)
	l := openLedger(t, t.TempDir())
	defer l.Close()
	for i, code := range []int{105, 105, 114, 121} {
		l.settle(state.Refused, code, "Hello", all[i])
	}
	c := addressed(corpus(t, "Hello"), all, oneText)
	ids := map[ID]bool{}
	for name, tt := range map[string]struct {
		retry              state.Retry
		toSend, retried    int
		attempts, stillHad int
	}{
		"not asked for":   {state.Retry{}, 1, 0, 0, 4},
		"asked for":       {state.Retry{Refused: true}, 4, 3, 1, 1},
		"with a code":     {state.Retry{Refused: true, Codes: []int{114}}, 2, 1, 1, 3},
		"with other ones": {state.Retry{Refused: true, Codes: []int{113}}, 1, 0, 0, 4},
		"with final ones": {state.Retry{Refused: true, Codes: []int{121}}, 1, 0, 0, 4},
	} {
		p := New(c, l.snapshot(), noon, "test", Options{Retry: tt.retry})
		m := p.Messages[0]
		held := 0
		for _, h := range m.Held {
			if h.Reason == Refused {
				held = h.Count
			}
		}
		if m.ToSend != tt.toSend || m.Retried != tt.retried || m.Attempts != tt.attempts || held != tt.stillHad || p.Totals().Retried != tt.retried {
			t.Errorf("%s: to send %d, of them refused before %d (%d attempts), held %d; want %+v", name, m.ToSend, m.Retried, m.Attempts, held, tt)
		}
		ids[p.ID] = true
		again := must(read(written(t, p)))
		if again.ID != p.ID || again.Messages[0].Retried != m.Retried || again.Retry.Takes(105) != tt.retry.Takes(105) || again.Retry.Takes(114) != tt.retry.Takes(114) {
			t.Errorf("%s: the plan is kept as %+v", name, again.Retry)
		}
	}
	if len(ids) != 3 { // nobody, three people, one person
		t.Errorf("%d IDs, want 3", len(ids))
	}
}

// A claim gets somebody who was refused only under today's form of the line, and nobody whom an earlier request may have reached.
func TestWhomAClaimWouldNotGetIsNotPlannedAgain(t *testing.T) {
	n := must(phone.FromE164("525500000000"))
	for _, form := range phone.Equivalents(n) {
		l := openLedger(t, t.TempDir())
		l.settle(state.Refused, 105, "Hello", form)
		c := addressed(corpus(t, "Hello"), []phone.Number{n}, oneText)
		if got, want := New(c, l.snapshot(), noon, "test", Options{Retry: state.Retry{Refused: true}}).Messages[0].Retried == 1, form == n.Line(); got != want {
			t.Errorf("%s: sent to again: %v, want %v", form.E164(), got, want)
		}
		l.Close()
	}

	l := openLedger(t, t.TempDir())
	defer l.Close()
	c := addressed(corpus(t, "Hello"), people(1), oneText)
	c.Messages[0].OnDoubt = config.Resend
	l.settle(state.InDoubt, 0, "Hello", people(1)...)
	again := state.Claim{Address: "message.m", Revision: 1, TextDigest: textDigest("Hello"), People: l.AppendAlias(nil, fiction(0).E164()), Anew: state.Anew{Allowed: true}}
	got := must(l.Claim(t.Context(), l.run, nil, slices.Values([]state.Claim{again})))
	if err := l.live(t.Context(), got[0].Request, sends{state.Refused, 105, "Hello", people(1)}); err != nil {
		t.Fatal(err)
	}
	p := New(c, l.snapshot(), noon, "test", Options{Retry: state.Retry{Refused: true}})
	if m := p.Messages[0]; m.ToSend != 0 || m.Held[0].Reason != Refused {
		t.Errorf("refused after a doubt: %d to send, held %+v", m.ToSend, m.Held)
	}
}
