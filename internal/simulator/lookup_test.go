package simulator

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// clock is a hand that tests move.
type clock struct{ at time.Time }

func (c *clock) now() time.Time          { return c.at }
func (c *clock) forward(d time.Duration) { c.at = c.at.Add(d) }

func newClock() *clock { return &clock{time.Unix(1700000000, 0)} }

func one(t *testing.T, s *Simulator, op, parameters string) string {
	t.Helper()
	got := ask(t, s, op, parameters)
	if len(got) != 1 {
		t.Fatalf("%s: %d lines: %q", op, len(got), got)
	}
	return got[0]
}

func TestASessionLivesFifteenMinutesAfterItsLastUse(t *testing.T) {
	c := newClock()
	s := newSimulator(t, Options{Now: c.now})
	w := post(s, documentAddress, documentCall("auth", demo))
	id := anyID.FindString(w.Body.String())
	session := "<session_id>" + id + "</session_id>"
	for _, step := range []struct {
		wait time.Duration
		want string
	}{
		{14 * time.Minute, "OK:"},
		{15 * time.Minute, "OK:"},
		{15*time.Minute + time.Second, "ERR: 003, Session ID expired"},
		{0, "ERR: 003, Session ID expired"},
	} {
		c.forward(step.wait)
		if got := one(t, s, "ping", session); got != step.want {
			t.Errorf("after %v: %q, want %q", step.wait, got, step.want)
		}
	}
	if got := one(t, s, "ping", "<session_id/>"); got != "ERR: 005, Missing session ID" {
		t.Errorf("ping without a session: %q", got)
	}
}

func TestAMessageGoesThroughItsStatuses(t *testing.T) {
	query := demo + "<climsgid>run1</climsgid>"
	for name, tt := range map[string]struct {
		parameters string
		want       []string // status at 0 s, 1 s, 3 s, 10 min + 1 s, 7 days
	}{
		"plain":             {"", []string{"002", "003", "003", "003", "001"}},
		"with receipt":      {"<deliv_ack>1</deliv_ack>", []string{"002", "003", "004", "004", "001"}},
		"scheduled":         {"<deliv_ack>1</deliv_ack><deliv_time>10</deliv_time>", []string{"011", "011", "011", "003", "001"}},
		"no route so cheap": {"<max_credits>1</max_credits><concat>2</concat>", []string{"002", "009", "009", "009", "001"}},
	} {
		t.Run(name, func(t *testing.T) {
			c := newClock()
			s := newSimulator(t, Options{Now: c.now})
			ask(t, s, "sendmsg", demo+"<text>"+strings.Repeat("x", 160)+map[bool]string{true: "x"}[strings.Contains(tt.parameters, "concat")]+"</text><climsgid>run1</climsgid>"+to("12025550143")+tt.parameters)
			begun, elapsed := c.at, []time.Duration{0, time.Second, 3 * time.Second, 10*time.Minute + time.Second, 7 * 24 * time.Hour}
			var got []string
			for _, d := range elapsed {
				c.at = begun.Add(d)
				got = append(got, strings.TrimPrefix(one(t, s, "querymsg", query), "ID: ID Status: "))
			}
			if diff := cmp.Diff(got, tt.want); diff != "" {
				t.Errorf("statuses (-got +want):\n%s", diff)
			}
		})
	}
}

func TestAWithdrawnMessageIsFreeAndStaysWithdrawn(t *testing.T) {
	c := newClock()
	s := newSimulator(t, Options{Now: c.now})
	ask(t, s, "sendmsg", demo+"<text>Hello</text><climsgid>run1</climsgid><deliv_time>20</deliv_time>"+to("12025550143"))
	id := "<apimsgid>" + s.Messages()[0].ID + "</apimsgid>"
	if got := one(t, s, "getbalance", demo); got != "Credit: 999999.000" {
		t.Errorf("before: %q", got)
	}
	for range 2 {
		if got := one(t, s, "delmsg", demo+"<climsgid>run1</climsgid>"); got != "ID: ID Status: 006" {
			t.Errorf("delmsg: %q", got)
		}
	}
	c.forward(time.Hour)
	if got := one(t, s, "querymsg", demo+id); got != "ID: ID Status: 006" {
		t.Errorf("querymsg: %q", got)
	}
	if got := one(t, s, "getmsgcharge", demo+id); got != "apiMsgId: ID charge: 0 status: 006" {
		t.Errorf("getmsgcharge: %q", got)
	}
	if got := one(t, s, "getbalance", demo); got != "Credit: 1000000.000" {
		t.Errorf("after: %q", got)
	}
	if !s.Messages()[0].Withdrawn {
		t.Error("not marked withdrawn")
	}
}

func TestAMessageThatHasGoneIsNotWithdrawn(t *testing.T) {
	c := newClock()
	s := newSimulator(t, Options{Now: c.now})
	ask(t, s, "sendmsg", demo+"<text>Hello</text><climsgid>run1</climsgid>"+to("12025550143"))
	c.forward(onward)
	if got := one(t, s, "delmsg", demo+"<climsgid>run1</climsgid>"); got != "ID: ID Status: 003" {
		t.Errorf("delmsg: %q", got)
	}
}

func TestAClientIDNamesTheFirstMessageOfItsLatestRequest(t *testing.T) {
	s := newSimulator(t, Options{})
	for range 2 {
		ask(t, s, "sendmsg", demo+"<text>Hello</text><climsgid>run1</climsgid>"+to("12025550143", "12025550144"))
	}
	messages := s.Messages()
	if len(messages) != 4 {
		t.Fatalf("%d messages: a client id that comes again must be taken as new", len(messages))
	}
	w := post(s, documentAddress, documentCall("querymsg", demo+"<climsgid>run1</climsgid>"))
	if got := anyID.FindString(w.Body.String()); got != messages[2].ID {
		t.Errorf("querymsg answers for %s, want %s", got, messages[2].ID)
	}
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	s := newSimulator(t, Options{Settings: Settings{Accounts: []Account{
		{User: "demo", Password: "demo", APIIDs: []string{"1"}, Credit: 10}, {User: "other", Password: "demo", APIIDs: []string{"2"}, Credit: 10},
	}}})
	ask(t, s, "sendmsg", demo+"<text>Hello</text><climsgid>run1</climsgid>"+to("12025550143"))
	id := s.Messages()[0].ID
	other := "<api_id>2</api_id><user>other</user><password>demo</password>"
	for name, tt := range map[string]struct{ op, parameters, want string }{
		"no id":                         {"querymsg", demo, "ERR: 109, Missing message ID"},
		"no id to withdraw":             {"delmsg", demo, "ERR: 109, Missing message ID"},
		"no id to charge":               {"getmsgcharge", demo, "ERR: 109, Missing message ID"},
		"id unknown":                    {"querymsg", demo + "<apimsgid>" + strings.Repeat("0", 32) + "</apimsgid>", "ERR: 103, Unknown API message ID"},
		"id of another form":            {"querymsg", demo + "<apimsgid>x</apimsgid>", "ERR: 103, Unknown API message ID"},
		"client id unknown":             {"querymsg", demo + "<climsgid>RUN1</climsgid>", "ERR: 104, Unknown client message ID"},
		"another account's":             {"querymsg", other + "<apimsgid>" + id + "</apimsgid>", "ERR: 103, Unknown API message ID"},
		"another account's client id":   {"delmsg", other + "<climsgid>run1</climsgid>", "ERR: 104, Unknown client message ID"},
		"coverage of nothing":           {"routecoverage", demo + "<msisdn/>", "ERR: 101, Invalid or missing parameters"},
		"coverage of what is no number": {"routecoverage", demo + "<msisdn>+1</msisdn>", "ERR: 105, Invalid destination address"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := one(t, s, tt.op, tt.parameters); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

// Messages that another gateway holds are withdrawn where that is asked for; what this one took has its own way.
func TestMessagesThatAreElsewhereAreWithdrawn(t *testing.T) {
	c := newClock()
	s := newSimulator(t, Options{Now: c.now, Elsewhere: true})
	ask(t, s, "sendmsg", demo+"<to>12025550143</to><text>Hi</text><climsgid>run1</climsgid>")
	for id, want := range map[string]string{
		"<apimsgid>0123456789abcdef0123456789abcdef</apimsgid>": "ID: ID Status: 006",
		"<climsgid>elsewhere</climsgid>":                        "ID: elsewhere Status: 006",
		"":                                                      "ERR: 109, Missing message ID",
	} {
		if got := one(t, s, "delmsg", demo+id); got != want {
			t.Errorf("%s: %q, want %q", id, got, want)
		}
	}
	c.forward(time.Minute)
	if got := one(t, s, "delmsg", demo+"<climsgid>run1</climsgid>"); strings.HasSuffix(got, "006") {
		t.Errorf("a message that went out: %q", got)
	}
	if got := one(t, s, "querymsg", demo+"<climsgid>elsewhere</climsgid>"); got != "ERR: 104, Unknown client message ID" {
		t.Errorf("querymsg: %q", got)
	}
}
