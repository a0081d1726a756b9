package simulator

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAServiceIndicationIsAMessageOfItsOwnKind(t *testing.T) {
	const address = "http://example.com/offer"
	required := "<si_id>a1</si_id><si_url>" + address + "</si_url><si_text>Look &amp; see</si_text>"
	want := Message{To: "12025550143", Text: "Look & see", Encoding: "binary", Segments: 1, Request: 1, Content: Content{
		Indication: &Indication{ID: "a1", URL: address, Text: "Look & see", Action: "signal-medium"},
	}}
	for name, tt := range map[string]struct {
		address, parameters string
		change              func(*Message)
	}{
		"what is required": {documentAddress, required, func(*Message) {}},
		"everything": {documentAddress, required + "<si_created>2026-01-02T03:04:05Z</si_created><si_expires>2026-02-03T04:05:06Z</si_expires>" +
			"<si_action>delete</si_action><from>ACME</from><concat>1</concat><deliv_ack>1</deliv_ack><msg_callback>7</msg_callback>" +
			"<deliv_time>10</deliv_time><max_credits>2</max_credits><req_feat>4</req_feat><queue>3</queue><escalate>1</escalate><mo>1</mo>" +
			"<climsgid>run1</climsgid><validity>20</validity>", func(m *Message) {
			m.ClientID, m.From = "run1", "ACME"
			m.Indication.Created, m.Indication.Expires, m.Indication.Action = "2026-01-02T03:04:05Z", "2026-02-03T04:05:06Z", "delete"
			m.Concat, m.Ack, m.Callback, m.Delay, m.MaxCredits, m.Features = 1, true, 7, 10, 2, 4
			m.Queue, m.Escalate, m.MO, m.Validity = 3, true, true, 20
		}},
		"in Unicode": {documentAddress, strings.Replace(required, "Look &amp; see", "017B00F3", 1) + "<unicode>1</unicode>", func(m *Message) {
			m.Text, m.Indication.Text = "Żó", "Żó"
		}},
		"nought in RPC": {rpcAddress, required + "<si_created/><si_expires></si_expires><si_action/><concat>0</concat><max_credits>0.0</max_credits><cliMsgId/>", func(*Message) {}},
		"two parts": {documentAddress, strings.Replace(required, "offer", strings.Repeat("x", 100), 1), func(m *Message) {
			m.Segments = 2
			m.Indication.URL = strings.Replace(address, "offer", strings.Repeat("x", 100), 1)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			c := newClock()
			s := newSimulator(t, Options{Now: c.now})
			askIn(t, s, tt.address, "si_push", demo+to("12025550143")+tt.parameters)
			want, indication := want, *want.Indication
			want.At, want.Indication = c.at.UTC(), &indication
			tt.change(&want)
			got := s.Messages()
			got[0].ID = ""
			if diff := cmp.Diff(got, []Message{want}); diff != "" {
				t.Errorf("messages (-got +want):\n%s", diff)
			}
		})
	}
}

func TestANotificationIsAMessageOfItsOwnKind(t *testing.T) {
	c := newClock()
	o := Options{Dir: t.TempDir(), Outbox: t.TempDir() + "/outbox.jsonl", Now: c.now}
	s := newSimulator(t, o)
	ask(t, s, "ind_push", demo+to("12025550143")+"<mms_subject>Look</mms_subject><mms_class>83</mms_class><mms_expire>3600</mms_expire>"+
		"<mms_from>ACME Inc</mms_from><mms_url>http://example.com/1</mms_url><climsgid>run1</climsgid>")
	s = reopen(t, s, o)
	want := []Message{{ClientID: "run1", To: "12025550143", Text: "Look", Encoding: "binary", Segments: 1, At: c.at.UTC(), Request: 1, Content: Content{
		Notification: &Notification{Subject: "Look", Class: "83", Expire: 3600, From: "ACME Inc", URL: "http://example.com/1"},
	}}}
	got := s.Messages()
	got[0].ID = ""
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("messages (-got +want):\n%s", diff)
	}
	shown := readOutbox(t, o.Outbox)[0]["notification"]
	if diff := cmp.Diff(shown, map[string]any{"subject": "Look", "class": "83", "expire": 3600.0, "from": "ACME Inc", "url": "http://example.com/1"}); diff != "" {
		t.Errorf("outbox (-got +want):\n%s", diff)
	}
}

func TestAPushIsCheckedAsSendmsgIs(t *testing.T) {
	const bad = "ERR: 101, Invalid or missing parameters"
	indication := "<si_id>1</si_id><si_url>u</si_url><si_text>t</si_text>"
	notification := "<mms_subject>s</mms_subject><mms_class>80</mms_class><mms_expire>1</mms_expire><mms_from>f</mms_from><mms_url>u</mms_url>"
	number := to("12025550143")
	for name, tt := range map[string]struct{ op, parameters, want string }{
		"no recipient":           {"si_push", indication, bad},
		"no id":                  {"si_push", number + "<si_url>u</si_url><si_text>t</si_text>", bad},
		"no address":             {"si_push", number + "<si_id>1</si_id><si_text>t</si_text>", bad},
		"no text":                {"si_push", number + "<si_id>1</si_id><si_url>u</si_url><si_text/>", bad},
		"date without a time":    {"si_push", number + indication + "<si_created>2026-01-02</si_created>", bad},
		"date that is none":      {"si_push", number + indication + "<si_expires>2026-02-30T00:00:00Z</si_expires>", bad},
		"action unknown":         {"si_push", number + indication + "<si_action>signal-loud</si_action>", bad},
		"half a unit":            {"si_push", number + strings.Replace(indication, ">t<", ">004<", 1) + "<unicode>1</unicode>", "ERR: 116, Invalid Unicode data"},
		"beyond seven days":      {"si_push", number + indication + "<deliv_time>10081</deliv_time>", "ERR: 120, Invalid delivery time"},
		"sender malformed":       {"si_push", number + indication + "<from>ABCDEFGHIJKL</from>", "ERR: 106, Invalid source address"},
		"301 recipients":         {"si_push", to(many(301)...) + indication, bad},
		"number that is none":    {"si_push", to("x") + indication, "ERR: 105, Invalid destination address To: x"},
		"no recipient of an MMS": {"ind_push", notification, bad},
		"no subject":             {"ind_push", number + strings.Replace(notification, ">s<", "><", 1), bad},
		"no sender of the MMS":   {"ind_push", number + strings.Replace(notification, ">f<", "><", 1), bad},
		"no address of the MMS":  {"ind_push", number + strings.Replace(notification, ">u<", "><", 1), bad},
		"class below 80":         {"ind_push", number + strings.Replace(notification, "80", "79", 1), bad},
		"class above 83":         {"ind_push", number + strings.Replace(notification, "80", "84", 1), bad},
		"expiry in words":        {"ind_push", number + strings.Replace(notification, ">1<", ">soon<", 1), bad},
		"expiry at once":         {"ind_push", number + strings.Replace(notification, ">1<", ">0<", 1), bad},
		"sender not approved":    {"ind_push", number + notification + "<from>Acme</from>", "ERR: 123, Invalid sender ID"},
	} {
		t.Run(name, func(t *testing.T) {
			s := withAccount(t, func(a *Account) { a.Senders = []string{"ACME"} })
			if got := one(t, s, tt.op, demo+tt.parameters); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
			if n := len(s.Messages()); n != 0 {
				t.Errorf("%d messages accepted", n)
			}
		})
	}
}
