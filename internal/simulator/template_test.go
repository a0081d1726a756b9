package simulator

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// startBatch gives the id of a batch of the demo account.
func startBatch(s *Simulator, parameters string) string {
	return anyID.FindString(post(s, documentAddress, documentCall("startbatch", demo+parameters)).Body.String())
}

func batchID(id string) string { return "<batch_id>" + id + "</batch_id>" }

func TestFieldsAreMergedIntoTheTemplate(t *testing.T) {
	all := "#field1##field2##field3##field4##field5##field6##field7##field8##field9##field10#"
	fields := func(n int) (xml string) {
		for i := range n {
			xml += fmt.Sprintf("<field%[1]d>%[2]c</field%[1]d>", i+1, 'a'+i)
		}
		return xml
	}
	for name, tt := range map[string]struct {
		address, template, op, fields string
		want                          string
	}{
		"ten in Document/Literal":       {documentAddress, "<template>" + all + "</template>", "senditem", fields(10), "abcdefghij"},
		"four in RPC":                   {rpcAddress, "<template>" + all + "</template>", "senditem", fields(4), "abcd"},
		"twice":                         {documentAddress, "<template>#field1# and #field1#</template>", "senditem", fields(1), "a and a"},
		"a field that is missing":       {documentAddress, "<template>Dear #field2#!</template>", "senditem", fields(1), "Dear !"},
		"a field that looks like one":   {documentAddress, "<template>#field1#</template>", "senditem", "<field1>#field2#</field1><field2>b</field2>", "#field2#"},
		"no field of that name":         {documentAddress, "<template>#field11# #Field1# #field1</template>", "senditem", fields(10), "#field11# #Field1# #field1"},
		"characters the alphabet lacks": {documentAddress, "<template>Ж #field1#</template>", "senditem", "<field1>Ł€</field1>", "? ?€"},
		"not into Unicode":              {documentAddress, "<template>0023006600690065006C006400310023</template><unicode>1</unicode>", "senditem", fields(1), "#field1#"},
		"not by quicksend":              {documentAddress, "<template>Dear #field1#</template>", "quicksend", "", "Dear #field1#"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSimulator(t, Options{})
			id := startBatch(s, tt.template)
			askIn(t, s, tt.address, tt.op, demo+batchID(id)+to("12025550143")+tt.fields)
			if diff := cmp.Diff(gist(s), []string{"12025550143 " + tt.want}); diff != "" {
				t.Errorf("messages (-got +want):\n%s", diff)
			}
		})
	}
}

func TestBatchesAreCheckedWhenTheyAreSent(t *testing.T) {
	c := newClock()
	s := newSimulator(t, Options{Now: c.now, Settings: Settings{Accounts: []Account{
		demoAccount(func(*Account) {}), {User: "other", Password: "demo", APIIDs: []string{"2"}, Credit: 10},
	}}})
	other := "<api_id>2</api_id><user>other</user><password>demo</password>"
	open := startBatch(s, "<template>#field1#</template>")
	ended := startBatch(s, "<template>Hello</template>")
	long := startBatch(s, "<template>"+strings.Repeat("x", 161)+"</template>")
	two := startBatch(s, "<concat>2</concat><template>"+strings.Repeat("x", 155)+"#field1#</template>")
	ask(t, s, "endbatch", demo+batchID(ended))
	number := to("12025550143")
	const invalid = "ERR: 201, Invalid batch ID"
	for name, tt := range map[string]struct{ op, parameters, want string }{
		"no batch":                {"senditem", demo + number, invalid},
		"no id at all":            {"quicksend", demo + batchID("x") + number, invalid},
		"unknown batch":           {"quicksend", demo + batchID(strings.Repeat("0", 32)) + number, invalid},
		"another account's":       {"senditem", other + batchID(open) + number, invalid},
		"another account's end":   {"endbatch", other + batchID(open), invalid},
		"batch that was ended":    {"quicksend", demo + batchID(ended) + number, invalid},
		"end of an ended one":     {"endbatch", demo + batchID(ended), invalid},
		"no recipient":            {"senditem", demo + batchID(open), "ERR: 101, Invalid or missing parameters"},
		"101 before 201":          {"senditem", demo, "ERR: 101, Invalid or missing parameters"},
		"nothing left to say":     {"senditem", demo + batchID(open) + number, "ERR: 107, Empty message"},
		"too long":                {"quicksend", demo + batchID(long) + number, "ERR: 113, Maximum message parts exceeded"},
		"too long once merged":    {"senditem", demo + batchID(two) + number + "<field1>" + strings.Repeat("y", 152) + "</field1>", "ERR: 113, Maximum message parts exceeded"},
		"301 recipients":          {"quicksend", demo + batchID(open) + to(many(301)...), "ERR: 101, Invalid or missing parameters"},
		"301 recipients, an item": {"senditem", demo + batchID(open) + "<field1>a</field1>" + to(many(301)...), "ERR: 101, Invalid or missing parameters"},
		"fits once merged":        {"senditem", demo + batchID(two) + number + "<field1>" + strings.Repeat("y", 151) + "</field1>", "ID: ID"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := one(t, s, tt.op, tt.parameters); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func TestStartbatchChecksWhatSendmsgDoes(t *testing.T) {
	hello := "<template>Hello</template>"
	for name, tt := range map[string]struct{ parameters, want string }{
		"no template":            {"", "ERR: 202, No batch template"},
		"empty template":         {"<template> </template>", "ERR: 202, No batch template"},
		"101 before 202":         {"<queue>9</queue>", "ERR: 101, Invalid or missing parameters"},
		"202 before 112":         {"<msg_type>x</msg_type>", "ERR: 202, No batch template"},
		"type unknown":           {hello + "<msg_type>x</msg_type>", "ERR: 112, Invalid message type"},
		"Unicode that is none":   {hello + "<unicode>1</unicode>", "ERR: 116, Invalid Unicode data"},
		"beyond seven days":      {hello + "<deliv_time>10081</deliv_time>", "ERR: 120, Invalid delivery time"},
		"sender malformed":       {hello + "<from>ABCDEFGHIJKL</from>", "ERR: 106, Invalid source address"},
		"sender not approved":    {hello + "<from>Acme</from>", "ERR: 123, Invalid sender ID"},
		"header beside the text": {hello + "<udh>0100</udh>", "ERR: 101, Invalid or missing parameters"},
		"longer than concat":     {"<template>" + strings.Repeat("x", 161) + "</template>", "ID: ID"},
	} {
		t.Run(name, func(t *testing.T) {
			s := withAccount(t, func(a *Account) { a.Senders = []string{"ACME"} })
			if got := one(t, s, "startbatch", demo+tt.parameters); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func TestAMessageOfABatchIsAsTheBatchSaid(t *testing.T) {
	c := newClock()
	s := newSimulator(t, Options{Now: c.now})
	id := startBatch(s, "<from>ACME</from><concat>2</concat><template>Hello #field1#</template><deliv_ack>1</deliv_ack><msg_callback>3</msg_callback>"+
		"<deliv_time>60</deliv_time><max_credits>2</max_credits><req_feat>16</req_feat><queue>2</queue><escalate>1</escalate><mo>1</mo>"+
		"<climsgid>run1</climsgid><msg_type>SMS_FLASH</msg_type><validity>90</validity>")
	c.forward(time.Hour)
	ask(t, s, "senditem", demo+batchID(id)+"<field1>Ann</field1>"+to("12025550143"))
	ask(t, s, "quicksend", demo+batchID(id)+to("12025550144"))
	content := Content{Flash: true, Ack: true, Delay: 60, Validity: 90, Concat: 2, Callback: 3, MaxCredits: 2, Features: 16, Queue: 2, Escalate: true, MO: true, Type: "SMS_FLASH"}
	want := []Message{
		{ClientID: "run1", To: "12025550143", From: "ACME", Text: "Hello Ann", Encoding: "gsm7", Segments: 1, At: c.at.UTC(), Request: 1, Content: content},
		{ClientID: "run1", To: "12025550144", From: "ACME", Text: "Hello #field1#", Encoding: "gsm7", Segments: 1, At: c.at.UTC(), Request: 2, Content: content},
	}
	got := s.Messages()
	for i := range got {
		got[i].ID = ""
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("messages (-got +want):\n%s", diff)
	}
	if got := one(t, s, "querymsg", demo+"<climsgid>run1</climsgid>"); got != "ID: ID Status: 011" {
		t.Errorf("querymsg by the id that they share: %q", got)
	}
}

func TestABinaryBatchIsSentAsItIs(t *testing.T) {
	s := newSimulator(t, Options{})
	_, answer := askIn(t, s, rpcAddress, "startbatch", demo+"<udh>06050415820000</udh><data>48656C6C6F</data>")
	ask(t, s, "senditem", demo+batchID(anyID.FindString(answer))+"<field1>Ann</field1>"+to("12025550143"))
	if m := s.Messages()[0]; m.Encoding != binary || m.Data != "48656C6C6F" || m.UDH != "06050415820000" || m.Segments != 1 {
		t.Errorf("message %+v", m)
	}
}

func TestABatchLivesADayEvenIfTheProcessDoesNot(t *testing.T) {
	c := newClock()
	o := Options{Dir: t.TempDir(), Now: c.now}
	s := newSimulator(t, o)
	id, ended := startBatch(s, "<template>Dear #field1#, €</template>"), startBatch(s, "<template>Hello</template>")
	ask(t, s, "endbatch", demo+batchID(ended))
	for _, step := range []struct {
		wait time.Duration
		want string
	}{
		{0, "ID: ID"},
		{templateLife - time.Second, "ID: ID"},
		{time.Second, "ERR: 201, Invalid batch ID"},
	} {
		c.forward(step.wait)
		s = reopen(t, s, o)
		if got := one(t, s, "senditem", demo+batchID(id)+"<field1>Ann</field1>"+to("12025550143")); got != step.want {
			t.Errorf("after %v: %q, want %q", step.wait, got, step.want)
		}
		if got := one(t, s, "endbatch", demo+batchID(ended)); got != "ERR: 201, Invalid batch ID" {
			t.Errorf("after %v, the ended one: %q", step.wait, got)
		}
	}
	if diff := cmp.Diff(gist(s), []string{"12025550143 Dear Ann, €", "12025550143 Dear Ann, €"}); diff != "" {
		t.Errorf("messages (-got +want):\n%s", diff)
	}
	startBatch(s, "<template>Hello</template>")
	if n := len(s.ledger.templates); n != 1 {
		t.Errorf("%d batches kept, want the one that lives", n)
	}
}
