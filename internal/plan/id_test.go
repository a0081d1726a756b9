package plan

import (
	"testing"
	"time"

	"github.com/smsplan/smsplan/internal/config"
)

// An approved ID must mean the same in every release: a change here is a change of
// the encoding, and needs a new tag in identify.
func TestTheIDOfAPlanNeverChanges(t *testing.T) {
	if got, want := sample().ID, ID("69s0s-ztzqp-vacxs-te961-5pys4-0"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := Fingerprint("clickatell", "https://gateway.example/soap", "1"), "0f719761ffb230fa"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestTheIDChangesWithWhatItCovers(t *testing.T) {
	want := sample().ID
	seen := map[ID]string{want: "nothing"}
	for name, change := range map[string]func(p *Plan, m *Message){
		"kind of gateway":  func(p *Plan, _ *Message) { p.Gateway.Kind = "simulator" },
		"account":          func(p *Plan, _ *Message) { p.Gateway.Account = "0123456789abcdef" },
		"address":          func(_ *Plan, m *Message) { m.Address += "x" },
		"revision":         func(_ *Plan, m *Message) { m.Revision++ },
		"from":             func(_ *Plan, m *Message) { m.From = "" },
		"flash":            func(_ *Plan, m *Message) { m.Flash = false },
		"unicode":          func(_ *Plan, m *Message) { m.Unicode = "always" },
		"max segments":     func(_ *Plan, m *Message) { m.MaxSegments++ },
		"receipts":         func(_ *Plan, m *Message) { m.Receipts = false },
		"validity":         func(_ *Plan, m *Message) { m.Validity++ },
		"delivery time":    func(_ *Plan, m *Message) { m.DeliverAtText = "" },
		"excludes":         func(_ *Plan, m *Message) { m.Excludes = nil },
		"other excludes":   func(_ *Plan, m *Message) { m.Excludes = []string{"opted", "_out"} },
		"text":             func(_ *Plan, m *Message) { m.texts = list("Ann", "Żółw: aus") },
		"who gets which":   func(_ *Plan, m *Message) { m.requests[0].text, m.requests[1].text = 1, 0 },
		"people":           func(_ *Plan, m *Message) { m.people[0] = fiction(9) },
		"order":            func(_ *Plan, m *Message) { m.people[0], m.people[1] = m.people[1], m.people[0] },
		"cut":              func(_ *Plan, m *Message) { m.requests[1].count, m.requests[2] = 2, request{} },
		"binary content":   func(p *Plan, _ *Message) { p.Messages[1].Binary.Data = "0000" },
		"binary header":    func(p *Plan, _ *Message) { p.Messages[1].Binary.UDH = "" },
		"binary at all":    func(p *Plan, _ *Message) { p.Messages[1].Binary, p.Messages[1].texts = nil, list("") },
		"messages":         func(p *Plan, _ *Message) { p.Messages = p.Messages[:1] },
		"high priority":    func(_ *Plan, m *Message) { m.Priority = 1 },
		"low priority":     func(_ *Plan, m *Message) { m.Priority = 3 },
		"credits":          func(_ *Plan, m *Message) { m.MaxCredits = 2 },
		"half a credit":    func(_ *Plan, m *Message) { m.MaxCredits = 0.5 },
		"escalation":       func(_ *Plan, m *Message) { m.Escalate = true },
		"features":         func(_ *Plan, m *Message) { m.Features = []string{"flash"} },
		"other features":   func(_ *Plan, m *Message) { m.Features = []string{"flash", "receipts"} },
		"two ways":         func(_ *Plan, m *Message) { m.MobileOriginated = true },
		"callbacks":        func(_ *Plan, m *Message) { m.Callbacks = []string{"final"} },
		"sends again":      func(_ *Plan, m *Message) { m.OnDoubt = config.Resend },
		"tried them more":  func(_ *Plan, m *Message) { m.OnDoubt, m.Again, m.Tried = config.Resend, 1, 2 },
		"sends some again": func(_ *Plan, m *Message) { m.OnDoubt, m.Again = config.Resend, 1 },
		"probes":           func(_ *Plan, m *Message) { m.OnDoubt, m.Settle = config.Probe, time.Hour },
		"probes longer":    func(_ *Plan, m *Message) { m.OnDoubt, m.Settle = config.Probe, 2*time.Hour },
		"former address":   func(_ *Plan, m *Message) { m.MovedFrom = "message.a" },
		"depends on":       func(_ *Plan, m *Message) { m.DependsOn = []string{"message.ring"} },
		"depends on two":   func(_ *Plan, m *Message) { m.DependsOn = []string{"message.ring", "message.sent"} },
		"dedupe key":       func(_ *Plan, m *Message) { m.DedupeKey = "message.a" },
		"move alone": func(p *Plan, _ *Message) {
			p.Messages = append(p.Messages, Message{Address: "message.z", MovedFrom: "message.a", Action: Move})
		},
		"no callbacks": func(_ *Plan, m *Message) { m.Callbacks = []string{} },
		"workspace":    func(p *Plan, _ *Message) { p.Workspace = "other" },
	} {
		p := sample()
		change(p, &p.Messages[0])
		got := p.identify()
		if other, ok := seen[got]; ok {
			t.Errorf("%s and %s have the same ID", name, other)
		}
		seen[got] = name
	}
}

func TestTheIDKeepsWhatItLeavesOut(t *testing.T) {
	want := sample().ID
	for name, change := range map[string]func(p *Plan){
		"day":               func(p *Plan) { p.Created = p.Created.Add(24 * time.Hour) },
		"version":           func(p *Plan) { p.Version = "0.2.0" },
		"no workspace":      func(p *Plan) { p.Workspace = "" },
		"state":             func(p *Plan) { p.State = StateRef{Lineage: "x", Serial: 9} },
		"pace":              func(p *Plan) { p.Gateway.Connections, p.Gateway.Rate, p.Gateway.Timeout = 1, 1, 1 },
		"binding":           func(p *Plan) { p.Gateway.Binding = "rpc" },
		"paths":             func(p *Plan) { p.Gateway.CAFile, p.Gateway.Outbox = "/a", "/b" },
		"metadata":          func(p *Plan) { p.PhoneMetadata = "other" },
		"message with none": func(p *Plan) { p.Messages = p.Messages[:2] },
		"rows held":         func(p *Plan) { p.Messages[0].Held, p.Messages[0].Rows = nil, 4 },
		"resolved time":     func(p *Plan) { p.Messages[0].DeliverAt = nil },
		"default priority":  func(p *Plan) { p.Messages[0].Priority = 2 },
		"default callbacks": func(p *Plan) { p.Messages[0].Callbacks = []string{"intermediate", "final", "errors"} },
	} {
		p := sample()
		change(p)
		if got := p.identify(); got != want {
			t.Errorf("%s changes the ID", name)
		}
	}
}

func TestTheIDIsThatOfTheMeaningWhereverThePlanIsMade(t *testing.T) {
	c := addressed(corpus(t, "A", "B"), people(50), func(i int) int { return i % 2 })
	other := *c.Messages[0]
	other.Address = "message.a"
	c.Messages = append(c.Messages, &other)
	want := New(c, nil, noon, "0.1.0", Options{})
	reordered := *c
	reordered.Messages = []*config.Message{&other, c.Messages[0]}
	backwards := other
	backwards.Audience.Numbers, backwards.Audience.Regions, backwards.Audience.Texts = nil, nil, nil
	for i := range people(50) {
		k := 49 - i
		backwards.Audience.Numbers = append(backwards.Audience.Numbers, other.Audience.Numbers[k])
		backwards.Audience.Regions = append(backwards.Audience.Regions, other.Audience.Regions[k])
		backwards.Audience.Texts = append(backwards.Audience.Texts, other.Audience.Texts[k])
	}
	reordered.Messages[0] = &backwards
	got := New(&reordered, nil, noon.AddDate(0, 0, 3), "0.2.0", Options{})
	if got.ID != want.ID || want.ID == "" {
		t.Errorf("got %s, want %s", got.ID, want.ID)
	}
}

func TestAnIDIsReadAsPeopleTypeIt(t *testing.T) {
	const id = "7f3c2-91abq-20d4k-m5x7t-9w1ce-h"
	for in, want := range map[string]ID{
		id:                                     id,
		" 7F3C291ABQ20D4KM5X7T9W1CEH\n":        id,
		"7f3c2-9iabq-2Od4k-m5x7t-9wLce-h":      id,
		"7f3c2 91abq 20d4k m5x7t 9w1ce h":      id,
		"7f3c2-91abq-20d4k-m5x7t-9w1ce":        "",
		"7f3c2-91abq-20d4k-m5x7t-9w1ce-hh":     "",
		"8f3c2-91abq-20d4k-m5x7t-9w1ce-h":      "",
		"7f3c2-91abq-20d4k-m5x7t-9w1ce-u":      "",
		"7f3c2-91abq-20d4k-m5x7t-9w1ce-é":      "",
		"":                                     "",
		"00000-00000-00000-00000-00000-0":      "00000-00000-00000-00000-00000-0",
		string(newID([16]byte{15: 31})):        "00000-00000-00000-00000-00000-z",
		string(newID([16]byte{0: 0xff, 0xff})): "7zzw0-00000-00000-00000-00000-0",
	} {
		got, err := ParseID(in)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("ParseID(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
}

// Who approves a plan approves that its texts and the password are encrypted on the way, where they are.
func TestAnEndpointThatAnybodyCanReadAlongToIsAnotherPlan(t *testing.T) {
	of := func(endpoint string) ID {
		p := sample()
		p.Gateway.Endpoint = endpoint
		return p.identify()
	}
	encrypted := of("https://gateway.example/soap")
	if of("https://gateway.example/other") != encrypted || of("http://127.0.0.1:8080/soap") != encrypted {
		t.Error("an endpoint of the account has changed the ID")
	}
	if of("http://gateway.example/soap") == encrypted {
		t.Error("with and without encryption the ID is the same")
	}
}
