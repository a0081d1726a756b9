package simulator

import (
	"net/netip"
	"strings"
	"testing"
)

// mistaken is a request with its mistakes, and the settings with theirs.
type mistaken struct {
	envelope   func(op, parameters string) string
	op         string
	parameters map[string]string
	to         []string
	settings   Settings
}

func (m *mistaken) set(pairs ...string) {
	for i := 0; i < len(pairs); i += 2 {
		m.parameters[pairs[i]] = pairs[i+1]
	}
}

func (m *mistaken) body() string {
	var xml strings.Builder
	for name, value := range m.parameters {
		xml.WriteString("<" + name + ">" + value + "</" + name + ">")
	}
	for _, number := range m.to {
		xml.WriteString("<to>" + number + "</to>")
	}
	return m.envelope(m.op, xml.String())
}

func (m *mistaken) account() *Account { return &m.settings.Accounts[0] }

// step says what a request is refused with, and mends that.
type step struct {
	want string // in the answer
	mend func(*mistaken)
}

// Section 15 of the gateway specification. Each step mends one mistake of a request that has them all; a check that came too
// early or too late would answer in another's place.
func TestSendmsgChecksInTheGatewaysOrder(t *testing.T) {
	const number = "12025550143"
	signIn := []step{
		{"the request is not well-formed", func(m *mistaken) { m.envelope = documentCall }},
		{"there is no operation", func(m *mistaken) { m.op = "sendmsg" }},
		{"has no parameter", func(m *mistaken) { delete(m.parameters, "texts") }},
		{"ERR: 003, Session ID expired", func(m *mistaken) { delete(m.parameters, "session_id") }},
		{"ERR: 005, Missing session ID", func(m *mistaken) { m.set("user", "demo", "password", "Demo", "api_id", "2") }},
		{"ERR: 001, Authentication failed", func(m *mistaken) { m.set("password", "demo") }},
		{"ERR: 004, Account frozen", func(m *mistaken) { m.account().Frozen = false }},
		{"ERR: 007, IP Lockdown violation", func(m *mistaken) { m.account().Networks = nil }},
		{"ERR: 108, Invalid or missing API ID", func(m *mistaken) { m.set("api_id", "1") }},
		{"ERR: 101, Invalid or missing parameters", func(m *mistaken) { m.set("queue", "3") }},
	}
	recipients := []step{
		{"ERR: 101, Invalid or missing parameters", func(m *mistaken) { m.to = []string{"+" + number} }}, // above 300
		{"ERR: 105, Invalid destination address", func(m *mistaken) { m.to = []string{number} }},
		{"ERR: 121, Destination mobile number blocked", func(m *mistaken) { m.settings.Blocked = nil }},
		{"ERR: 122, Destination mobile opted out", func(m *mistaken) { m.settings.OptedOut = nil }},
		{"ERR: 128, Number delisted", func(m *mistaken) { m.settings.Delisted = nil }},
		{"ERR: 114, Cannot route message", func(m *mistaken) { m.settings.Unroutable = nil }},
		{"ERR: 301, No Credit Left", func(m *mistaken) { m.account().Credit = 4 }},
		{"ERR: 130, Maximum MT limit exceeded until 1700006400", func(m *mistaken) { m.account().Limit = 2 }},
		{"ID: ID", nil},
	}
	for name, tt := range map[string]struct {
		begin func(*mistaken)
		steps []step
	}{
		"text": {
			func(m *mistaken) { m.set("unicode", "1", "msg_type", "sms_text", "from", "ABCDEFGHIJKL") },
			[]step{
				{"ERR: 107, Empty message", func(m *mistaken) { m.set("text", strings.Repeat("0", 283)) }},
				{"ERR: 112, Invalid message type", func(m *mistaken) { delete(m.parameters, "msg_type") }},
				{"ERR: 116, Invalid Unicode data", func(m *mistaken) { m.set("text", strings.Repeat("0041", 71)) }},
				{"ERR: 120, Invalid delivery time", func(m *mistaken) { m.set("deliv_time", "10080") }},
				{"ERR: 106, Invalid source address", func(m *mistaken) { m.set("from", "Acme") }},
				{"ERR: 123, Invalid sender ID", func(m *mistaken) { m.set("from", "ACME") }},
				{"ERR: 113, Maximum message parts exceeded", func(m *mistaken) { m.set("concat", "2") }},
			},
		},
		"binary": {
			func(m *mistaken) { m.set("data", "zz", "udh", "0500", "from", "Acme") },
			[]step{
				{"ERR: 101, Invalid or missing parameters", func(m *mistaken) { m.set("data", strings.Repeat("00", 200)) }},
				{"ERR: 120, Invalid delivery time", func(m *mistaken) { m.set("deliv_time", "10080") }},
				{"ERR: 102, Invalid user data header", func(m *mistaken) { m.set("udh", "0100") }},
				{"ERR: 106, Invalid source address", func(m *mistaken) { m.set("from", "12025550101") }},
				{"ERR: 123, Invalid sender ID", func(m *mistaken) { m.set("from", "12025550100") }},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSimulator(t, Options{Now: newClock().now})
			ask(t, s, "sendmsg", demo+"<text>Hello</text>"+to(number)) // against the limit
			m := &mistaken{
				envelope:   func(op, parameters string) string { return documentCall(op, parameters)[1:] },
				op:         "sendMsg",
				parameters: map[string]string{"texts": "Hello", "session_id": "a", "queue": "4", "deliv_time": "10081"},
				to:         many(301),
				settings: Settings{
					Accounts: []Account{demoAccount(func(a *Account) {
						a.Frozen, a.Networks, a.Senders = true, []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, []string{"ACME", "12025550100"}
						a.Credit, a.Limit = 1, 1
					})},
					Blocked: []string{number}, OptedOut: []string{number}, Delisted: []string{number}, Unroutable: []string{"1202"},
				},
			}
			tt.begin(m)
			var steps []step
			steps = append(append(append(steps, signIn...), tt.steps...), recipients...)
			for i, step := range steps {
				if err := s.Configure(m.settings); err != nil {
					t.Fatal(err)
				}
				answer := anyID.ReplaceAllString(post(s, documentAddress, m.body()).Body.String(), "ID")
				if !strings.Contains(answer, step.want) || strings.Contains(answer, "To:") {
					t.Fatalf("step %d: %s, want %q", i+1, answer, step.want)
				}
				if step.mend != nil {
					step.mend(m)
				}
			}
			if n := len(s.Messages()); n != 2 {
				t.Errorf("%d messages accepted, want the first and the last", n)
			}
		})
	}
}
