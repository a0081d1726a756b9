package plan

import (
	"testing"
	"testing/synctest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/state"
)

func TestPeopleInDoubtAreSentToAsTheirMessageSays(t *testing.T) {
	const note = "sent anew when the gateway has not known them 5 times, over 15m"
	probe := config.Doubting{OnDoubt: config.Probe, Settle: 15 * time.Minute}
	c := corpus(t, "Hello")
	for name, tt := range map[string]struct {
		policy config.Doubting
		asked  int           // times
		every  time.Duration // and before the plan
		held   []Held
	}{
		"held":                        {config.Doubting{}, 10, time.Hour, []Held{{InDoubt, 1, ""}}},
		"sent anew at once":           {config.Doubting{OnDoubt: config.Resend}, 0, 0, []Held{}},
		"never asked":                 {probe, 0, time.Hour, []Held{{InDoubt, 1, note}}},
		"asked, and not for long":     {probe, 10, 80 * time.Second, []Held{{InDoubt, 1, note}}},
		"asked too seldom":            {probe, 3, time.Hour, []Held{{InDoubt, 1, note}}},
		"the next answer may suffice": {probe, 4, 4 * time.Minute, []Held{}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := openLedger(t, t.TempDir())
				defer l.Close()
				l.settle(state.InDoubt, 0, "Hello", fiction(0))
				doubts := must(l.Doubts(t.Context()))
				for range tt.asked {
					time.Sleep(tt.every)
					if err := l.Unknown(t.Context(), doubts[0].Request); err != nil {
						t.Fatal(err)
					}
				}
				made := addressed(c, people(2), oneText)
				made.Messages[0].Doubting = tt.policy
				m := New(made, l.snapshot(), time.Now(), "test", Options{}).Messages[0]
				if d := gocmp.Diff(tt.held, m.Held); d != "" {
					t.Error(d)
				}
				if again := 1 - len(tt.held); m.Again != again || m.ToSend != 1+again {
					t.Errorf("%d to send, %d of them again", m.ToSend, m.Again)
				}
			})
		})
	}
}

func TestWhatIsTooLateIsNotSentAgain(t *testing.T) {
	l := openLedger(t, t.TempDir())
	defer l.Close()
	l.settle(state.InDoubt, 0, "Hello", fiction(0))
	c := addressed(corpus(t, "Hello"), people(1), oneText)
	m := c.Messages[0]
	m.OnDoubt, m.DeliverAt, m.DeliverAtSource = config.Resend, noon, "2026-03-02T12:00:00Z"
	got := New(c, l.snapshot(), noon.AddDate(0, 0, 2), "test", Options{}).Messages[0]
	if d := gocmp.Diff([]Held{{InDoubt, 1, ""}}, got.Held); d != "" || got.Again != 0 {
		t.Errorf("%d again; %s", got.Again, d)
	}
}

// The claim takes over the send of the form that stands for the line today: a doubt under another would be joined by a second
// send, and never be settled by it.
func TestADoubtUnderAnotherFormOfTheLineIsHeld(t *testing.T) {
	n := must(phone.FromE164("525500000000"))
	for _, form := range phone.Equivalents(n) {
		l := openLedger(t, t.TempDir())
		l.settle(state.InDoubt, 0, "Hello", form)
		c := addressed(corpus(t, "Hello"), []phone.Number{n}, oneText)
		c.Messages[0].OnDoubt = config.Resend
		if got, want := New(c, l.snapshot(), noon, "test", Options{}).Messages[0].Again == 1, form == n.Line(); got != want {
			t.Errorf("%s: sent again: %v, want %v", form.E164(), got, want)
		}
		l.Close()
	}
	// Under both, the claim would find the other one each time.
	l := openLedger(t, t.TempDir())
	defer l.Close()
	for _, form := range phone.Equivalents(n) {
		l.settle(state.InDoubt, 0, "Hello", form)
	}
	c := addressed(corpus(t, "Hello"), []phone.Number{n}, oneText)
	c.Messages[0].OnDoubt = config.Resend
	if m := New(c, l.snapshot(), noon, "test", Options{}).Messages[0]; m.Again != 0 || m.ToSend != 0 {
		t.Errorf("in doubt under every form: %d to send, %d of them again", m.ToSend, m.Again)
	}
}
