package simulator

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// told is "002+0s 003+1s": each status with its time since acceptance.
func told(b *batch, steps []Step) string {
	var words []string
	for _, s := range steps {
		words = append(words, fmt.Sprintf("%03d+%v", s.Status, s.At.Sub(b.At)))
	}
	return strings.Join(words, " ")
}

func TestHistoryOfAMessage(t *testing.T) {
	accepted := time.Unix(1700000000, 0)
	scheduled := func(validity int) batch { return batch{Content: Content{Delay: 60, Validity: validity}} }
	ordered := func(code int) batch { return batch{Ends: []ending{{code, "43"}}} }
	for name, tt := range map[string]struct {
		batch     batch
		withdrawn time.Duration
		speed     float64
		want      string
	}{
		"plain":                      {batch: batch{}, want: "002+0s 003+1s"},
		"with receipt":               {batch: batch{Content: Content{Ack: true}}, want: "002+0s 003+1s 004+3s"},
		"scheduled":                  {batch: scheduled(0), want: "011+0s 002+1h0m0s 003+1h0m1s"},
		"scheduled with receipt":     {batch: batch{Content: Content{Delay: 60, Ack: true}}, want: "011+0s 002+1h0m0s 003+1h0m1s 004+1h0m3s"},
		"no route so cheap":          {batch: batch{Content: Content{MaxCredits: 1}}, want: "002+0s 009+1s"},
		"no route, scheduled":        {batch: batch{Content: Content{MaxCredits: 1, Delay: 60}}, want: "011+0s 002+1h0m0s 009+1h0m1s"},
		"valid long enough":          {batch: scheduled(61), want: "011+0s 002+1h0m0s 003+1h0m1s"},
		"expired before it is due":   {batch: scheduled(59), want: "011+0s 010+59m0s"},
		"due when it expires":        {batch: scheduled(60), want: "011+0s 002+1h0m0s 010+1h0m0s"},
		"scheduled beyond a day":     {batch: batch{Content: Content{Delay: 7 * 24 * 60}}, want: "011+0s 002+168h0m0s 003+168h0m1s"},
		"ordered to fail":            {batch: ordered(7), want: "002+0s 003+1s 007+3s"},
		"ordered to be received":     {batch: ordered(4), want: "002+0s 003+1s 004+3s"},
		"ordered to fail on content": {batch: ordered(5), want: "002+0s 003+1s 005+3s"},
		"ordered to meet no credit":  {batch: ordered(12), want: "002+0s 012+1s"},
		"ordered to be unknown":      {batch: ordered(1), want: "002+0s 001+1s"},
		"ordered to stay queued":     {batch: ordered(2), want: "002+0s 010+24h0m0s"},
		"ordered, scheduled":         {batch: batch{Ends: []ending{{14, ""}}, Content: Content{Delay: 60}}, want: "011+0s 002+1h0m0s 014+1h0m1s"},
		"ordered for other numbers":  {batch: batch{Ends: []ending{{7, "44"}}}, want: "002+0s 003+1s"},
		"ordered twice":              {batch: batch{Ends: []ending{{7, "44"}, {5, "43"}, {7, ""}}}, want: "002+0s 003+1s 005+3s"},
		"withdrawn":                  {batch: scheduled(0), withdrawn: time.Minute, want: "011+0s 006+1m0s"},
		"withdrawn when due":         {batch: scheduled(0), withdrawn: time.Hour, want: "011+0s 002+1h0m0s 006+1h0m0s"},
		"withdrawn from the queue":   {batch: batch{}, withdrawn: time.Second / 2, want: "002+0s 006+500ms"},
		"withdrawn at another speed": {batch: scheduled(0), withdrawn: time.Minute, speed: 600, want: "011+0s 002+6s 006+1m0s"},
		"ten times as fast":          {batch: batch{Content: Content{Delay: 60, Ack: true}}, speed: 10, want: "011+0s 002+6m0s 003+6m0.1s 004+6m0.3s"},
		"expired, ten times as fast": {batch: scheduled(50), speed: 10, want: "011+0s 010+5m0s"},
		"half as fast":               {batch: batch{}, speed: 0.5, want: "002+0s 003+2s"},
	} {
		t.Run(name, func(t *testing.T) {
			tt.batch.At = accepted
			m := &message{batch: &tt.batch, to: "12025550143", price: 2}
			if tt.withdrawn > 0 {
				at := accepted.Add(tt.withdrawn)
				m.withdrawn = &at
			}
			if tt.speed == 0 {
				tt.speed = 1
			}
			steps := m.history(tt.speed)
			if got := told(&tt.batch, steps); got != tt.want {
				t.Errorf("history %s, want %s", got, tt.want)
			}
			for i, step := range steps {
				if i+1 < len(steps) && steps[i+1].At.Equal(step.At) {
					continue // taken, and left at once
				}
				if got := m.status(step.At, tt.speed); got != step.Status {
					t.Errorf("status %03d at the time of %03d", got, step.Status)
				}
				if got := m.status(step.At.Add(-1), tt.speed); i > 0 && got == step.Status {
					t.Errorf("status %03d before its time", got)
				}
			}
		})
	}
}

// What charges is the table of the gateway specification's section 13.1; 005 and 007 may cost there, and do here.
func TestAMessageCostsWhatItsStatusSays(t *testing.T) {
	for status := statusUnknown; status <= statusLimit; status++ {
		want := true
		switch status {
		case 2, 6, 9, 10, 12, 14:
			want = false
		}
		if got := charges(status); got != want {
			t.Errorf("%03d charges: %v", status, got)
		}
	}
}

func TestACreditIsTakenAtOnceAndGivenBackWhenTheMessageComesToNothing(t *testing.T) {
	const id = "<climsgid>run1</climsgid>"
	expires := id + "<deliv_time>60</deliv_time><validity>30</validity>" + to("12025550143")
	c := newClock()
	o := Options{Now: c.now, Dir: t.TempDir()}
	s := newSimulator(t, o)
	ask(t, s, "sendmsg", demo+"<text>Hello</text>"+expires)
	ask(t, s, "sendmsg", demo+"<text>Hello</text>"+to("12025550144"))
	ask(t, s, "sendmsg", demo+"<text>Hello</text><climsgid>run2</climsgid><deliv_time>60</deliv_time><validity>30</validity>"+to("12025550145"))
	ask(t, s, "delmsg", demo+"<climsgid>run2</climsgid>")
	begun := c.at
	for _, step := range []struct {
		at   time.Duration
		want string
	}{
		{0, "Credit: 999998.000"},
		{29 * time.Minute, "Credit: 999998.000"},
		{30 * time.Minute, "Credit: 999999.000"},
		{time.Hour, "Credit: 999999.000"},
	} {
		c.at = begun.Add(step.at)
		if got := one(t, s, "getbalance", demo); got != step.want {
			t.Errorf("after %v: %s, want %s", step.at, got, step.want)
		}
		s = reopen(t, s, o)
		if got := one(t, s, "getbalance", demo); got != step.want {
			t.Errorf("after %v, opened again: %s, want %s", step.at, got, step.want)
		}
	}
}

func TestAWithdrawnMessageIsPaidBackOnce(t *testing.T) {
	c := newClock()
	s := newSimulator(t, Options{Now: c.now})
	ask(t, s, "sendmsg", demo+"<text>Hello</text><climsgid>run1</climsgid><deliv_time>60</deliv_time><validity>30</validity>"+to("12025550143"))
	ask(t, s, "delmsg", demo+"<climsgid>run1</climsgid>")
	c.forward(time.Hour)
	if got := one(t, s, "getbalance", demo); got != "Credit: 1000000.000" {
		t.Errorf("balance: %s", got)
	}
}

func TestGetmsgchargeFollowsTheStatus(t *testing.T) {
	c := newClock()
	s := newSimulator(t, Options{Now: c.now})
	ask(t, s, "sendmsg", demo+"<text>Hello</text><deliv_time>60</deliv_time>"+to("12025550143"))
	id := "<apimsgid>" + s.Messages()[0].ID + "</apimsgid>"
	begun, want := c.at, []string{"1 status: 011", "0 status: 002", "1 status: 003", "1 status: 003", "0 status: 001"}
	var got []string
	for _, d := range []time.Duration{0, time.Hour, time.Hour + onward, 15 * 24 * time.Hour, 16 * 24 * time.Hour} {
		c.at = begun.Add(d)
		got = append(got, strings.TrimPrefix(one(t, s, "getmsgcharge", demo+id), "apiMsgId: ID charge: "))
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("charges (-got +want):\n%s", diff)
	}
}

func TestTheStoreKeepsWhenAMessageWasWithdrawn(t *testing.T) {
	c := newClock()
	o := Options{Now: c.now, Dir: t.TempDir()}
	s := newSimulator(t, o)
	ask(t, s, "sendmsg", demo+"<text>Hello</text><climsgid>run1</climsgid><deliv_time>60</deliv_time>"+to("12025550143"))
	c.forward(time.Minute)
	ask(t, s, "delmsg", demo+"<climsgid>run1</climsgid>")
	c.forward(time.Hour)
	s = reopen(t, s, o)
	m := &s.ledger.batches[0].messages[0]
	if got, want := told(m.batch, m.history(1)), "011+0s 006+1m0s"; got != want {
		t.Errorf("history %s, want %s", got, want)
	}
}

func TestAnOlderJournalHasNoTimeOfWithdrawal(t *testing.T) {
	l := newLedger()
	id := newMessageID()
	l.add(&accepted{batch: batch{At: time.Unix(1700000000, 0), Content: Content{Delay: 60}}, IDs: []messageID{id}, To: []string{"12025550143"}})
	if err := (entry{Withdraw: &id}).apply(l); err != nil {
		t.Fatal(err)
	}
	m := &l.batches[0].messages[0]
	if got, want := told(m.batch, m.history(1)), "011+0s 006+0s"; got != want {
		t.Errorf("history %s, want %s", got, want)
	}
}

func TestSpeedHastensSchedulesButNotSessions(t *testing.T) {
	c := newClock()
	s := newSimulator(t, Options{Now: c.now, Speed: 60})
	w := post(s, documentAddress, documentCall("auth", demo))
	session := "<session_id>" + anyID.FindString(w.Body.String()) + "</session_id>"
	ask(t, s, "sendmsg", session+"<text>Hello</text><climsgid>run1</climsgid><deliv_time>10</deliv_time>"+to("12025550143"))
	for _, step := range []struct {
		wait time.Duration
		want string
	}{{9 * time.Second, "011"}, {time.Second, "002"}, {time.Second, "003"}} {
		c.forward(step.wait)
		if got := one(t, s, "querymsg", session+"<climsgid>run1</climsgid>"); got != "ID: ID Status: "+step.want {
			t.Errorf("%s, want %s", got, step.want)
		}
	}
	c.forward(14 * time.Minute)
	if got := one(t, s, "ping", session); got != "OK:" {
		t.Errorf("session after a quarter of an hour: %s", got)
	}
}

func TestASpeedOutOfReasonIsAnError(t *testing.T) {
	for _, speed := range []float64{-1, 1e-9, 1e9} {
		if _, err := New(Options{Speed: speed}); err == nil || !strings.Contains(err.Error(), "0.001 to 1000000 times the speed") {
			t.Errorf("speed %v: %v", speed, err)
		}
	}
}
