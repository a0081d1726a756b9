package simulator

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func reopen(t *testing.T, s *Simulator, o Options) *Simulator {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return newSimulator(t, o)
}

func TestTheStoreKeepsWhatTheGatewayAnswered(t *testing.T) {
	o := Options{Dir: filepath.Join(t.TempDir(), "simulator")}
	s := newSimulator(t, o)
	ask(t, s, "sendmsg", demo+"<text>1 &lt; 2 €</text><climsgid>run1</climsgid><deliv_time>600</deliv_time>"+to("12025550143", "12025550144"))
	ask(t, s, "sendmsg", demo+"<udh>0100</udh><data>01</data>"+to("12025550145"))
	ask(t, s, "delmsg", demo+"<climsgid>run1</climsgid>")
	before := s.Messages()
	s = reopen(t, s, o)
	if diff := cmp.Diff(s.Messages(), before); diff != "" {
		t.Errorf("messages (-got +want):\n%s", diff)
	}
	if got := one(t, s, "querymsg", demo+"<climsgid>run1</climsgid>"); got != "ID: ID Status: 006" {
		t.Errorf("querymsg: %q", got)
	}
	if got := one(t, s, "delmsg", demo+"<apimsgid>"+before[1].ID+"</apimsgid>"); got != "ID: ID Status: 006" {
		t.Errorf("delmsg: %q", got)
	}
	if got := one(t, s, "getbalance", demo); got != "Credit: 999999.000" {
		t.Errorf("getbalance: %q", got)
	}
	for _, name := range []string{"messages.jsonl", "lock"} {
		info, err := os.Stat(filepath.Join(o.Dir, name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	journal, err := os.ReadFile(filepath.Join(o.Dir, "messages.jsonl"))
	if err != nil || bytes.Contains(journal, []byte("demo")) {
		t.Errorf("credentials in the store: %v", err)
	}
}

func TestALineOfTheJournalIsWhatEncodingJSONMakesOfIt(t *testing.T) {
	ids := newLedger().newIDs(3)
	for name, e := range map[string]entry{
		"one":        {Send: &accepted{batch: batch{Text: `"ids":null,"to":null <&>` + "\u2028\n", Ends: []ending{{Status: 7}}}, IDs: ids[:1], To: []string{"12025550143"}}},
		"several":    {Send: &accepted{IDs: ids, To: []string{"12025550143", "12025550144", "12025550145"}, Charges: []float64{1, 0.8, 1e-7}, Outbox: "/a"}},
		"withdrawal": {Withdraw: &ids[0], At: time.Unix(1700000000, 1)},
	} {
		got, err := e.appendTo(nil)
		want, wantErr := jsonLine(e)
		if diff := cmp.Diff(string(got), string(want)); err != nil || wantErr != nil || diff != "" {
			t.Errorf("%s: %v, %v (-got +want):\n%s", name, err, wantErr, diff)
		}
	}
}

// A process that is killed leaves its journal as it is, a part of the last line included.
func TestATornLineIsCutOff(t *testing.T) {
	o := Options{Dir: t.TempDir()}
	path := filepath.Join(o.Dir, "messages.jsonl")
	s := newSimulator(t, o)
	ask(t, s, "sendmsg", demo+"<text>first</text>"+to("12025550143"))
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	ask(t, s, "sendmsg", demo+"<text>second, longer than what follows it: "+strings.Repeat("x", 100)+"</text>"+to("12025550143"))
	both, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, cut := range []int{len(whole), len(whole) + 1, len(both) - 1} {
		s.Close()
		if err := os.WriteFile(path, both[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		s = newSimulator(t, o)
		ask(t, s, "sendmsg", demo+"<text>third</text>"+to("12025550143"))
		s = reopen(t, s, o)
		if diff := cmp.Diff(gist(s), []string{"12025550143 first", "12025550143 third"}); diff != "" {
			t.Errorf("cut at %d (-got +want):\n%s", cut, diff)
		}
		if left, err := os.ReadFile(path); err != nil || !bytes.HasSuffix(left, []byte("}\n")) {
			t.Errorf("cut at %d: %v, the journal ends in a torn line", cut, err)
		}
	}
}

func TestAStoreThatIsNotOursIsAnError(t *testing.T) {
	o := Options{Dir: t.TempDir()}
	s := newSimulator(t, o)
	if _, err := New(o); err == nil || !strings.Contains(err.Error(), "in use by another smsplan") {
		t.Errorf("two at once: %v", err)
	}
	s.Close()
	for name, content := range map[string]string{"not JSON": "hello\n{}\n", "no entry": "{}\n", "id missing": `{"send":{"ids":[],"to":["1"]}}` + "\n"} {
		if err := os.WriteFile(filepath.Join(o.Dir, "messages.jsonl"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := New(o); err == nil || !strings.Contains(err.Error(), "messages.jsonl line 1") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A journal as it was written before there were settings, batches and times of withdrawal.
func TestAnOlderJournalIsRead(t *testing.T) {
	const journal = `{"send":{"at":"2023-11-14T22:13:20Z","api_id":"1","climsgid":"run1","text":"Hello","encoding":"gsm7","segments":1,"delay":600,"charge":1,"ids":["000102030405060708090a0b0c0d0e0f","101112131415161718191a1b1c1d1e1f"],"to":["12025550143","12025550144"]}}
{"withdraw":"000102030405060708090a0b0c0d0e0f"}
{"send":{"at":"2023-11-14T22:13:20Z","api_id":"1","climsgid":"run2","text":"Hello","encoding":"gsm7","segments":3,"concat":3,"max_credits":2,"charge":3,"no_route":true,"ids":["202122232425262728292a2b2c2d2e2f"],"to":["12025550143"]}}
`
	c := newClock()
	o := Options{Dir: t.TempDir(), Now: c.now}
	if err := os.WriteFile(filepath.Join(o.Dir, "messages.jsonl"), []byte(journal), 0o600); err != nil {
		t.Fatal(err)
	}
	s := newSimulator(t, o)
	c.forward(time.Minute)
	for name, tt := range map[string]struct{ op, parameters, want string }{
		"withdrawn":            {"querymsg", "<apimsgid>000102030405060708090a0b0c0d0e0f</apimsgid>", "ID: ID Status: 006"},
		"scheduled":            {"querymsg", "<apimsgid>101112131415161718191a1b1c1d1e1f</apimsgid>", "ID: ID Status: 011"},
		"no route":             {"querymsg", "<climsgid>run2</climsgid>", "ID: ID Status: 009"},
		"charge of what waits": {"getmsgcharge", "<apimsgid>101112131415161718191a1b1c1d1e1f</apimsgid>", "apiMsgId: ID charge: 1 status: 011"},
		"charge of no route":   {"getmsgcharge", "<apimsgid>202122232425262728292a2b2c2d2e2f</apimsgid>", "apiMsgId: ID charge: 0 status: 009"},
		"credit":               {"getbalance", "", "Credit: 999999.000"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := one(t, s, tt.op, demo+tt.parameters); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func TestAWriteThatFailsChangesNothing(t *testing.T) {
	o := Options{Dir: t.TempDir(), Now: newClock().now, Settings: Settings{Vouchers: map[string]float64{voucher: 5}}}
	s := newSimulator(t, o)
	ask(t, s, "sendmsg", demo+"<text>Hello</text><deliv_time>10</deliv_time><climsgid>run1</climsgid>"+to("12025550143"))
	batch := batchID(startBatch(s, "<template>Hello</template>"))
	s.store.file.Close()
	for op, parameters := range map[string]string{
		"sendmsg":    "<text>Hello</text>" + to("12025550143"),
		"quicksend":  batch + to("12025550143"),
		"delmsg":     "<climsgid>run1</climsgid>",
		"startbatch": "<template>Hello</template>",
		"endbatch":   batch,
		"token_pay":  "<token>" + voucher + "</token>",
	} {
		t.Run(op, func(t *testing.T) {
			w := post(s, documentAddress, documentCall(op, demo+parameters))
			if w.Code != 500 || !strings.Contains(w.Body.String(), "SOAP-ENV:Server") {
				t.Errorf("status %d: %s", w.Code, w.Body)
			}
			if got := one(t, s, "getbalance", demo); got != "Credit: 999999.000" {
				t.Errorf("getbalance: %q", got)
			}
			if n, status := len(s.Messages()), one(t, s, "querymsg", demo+"<climsgid>run1</climsgid>"); n != 1 || status != "ID: ID Status: 011" {
				t.Errorf("%d messages, the first: %q", n, status)
			}
			if n := len(s.ledger.templates); n != 1 {
				t.Errorf("%d batches, want 1", n)
			}
		})
	}
}

func readOutbox(t *testing.T, path string) (lines []map[string]any) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(content)) {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatalf("%v: %q", err, line)
		}
		lines = append(lines, fields)
	}
	return lines
}

func TestTheOutboxHasALineForEachMessage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "outbox.jsonl")
	if err := os.WriteFile(path, []byte("{\"older\":true}"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := newSimulator(t, Options{Outbox: path, Now: newClock().now})
	ask(t, s, "sendmsg", demo+"<text>a \"quote\" &amp; €</text><from>ACME</from><climsgid>run1</climsgid><msg_type>SMS_FLASH</msg_type>"+to("12025550143", "bad", "12025550144"))
	ask(t, s, "sendmsg", demo+"<udh>0100</udh><data>01</data>"+to("12025550145"))
	got := readOutbox(t, path)
	for i, m := range s.Messages() {
		if got[i+1]["id"] != m.ID {
			t.Errorf("line %d has id %v, want %s", i+2, got[i+1]["id"], m.ID)
		}
		delete(got[i+1], "id")
	}
	flash := func(to string) map[string]any {
		return map[string]any{"to": to, "climsgid": "run1", "from": "ACME", "text": `a "quote" & €`, "encoding": "gsm7", "segments": 1.0, "at": "2023-11-14T22:13:20Z", "flash": true}
	}
	want := []map[string]any{
		{"older": true}, flash("12025550143"), flash("12025550144"),
		{"to": "12025550145", "text": "", "encoding": "binary", "segments": 1.0, "at": "2023-11-14T22:13:20Z", "udh": "0100", "data": "01"},
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("outbox (-got +want):\n%s", diff)
	}
}

// Between the journal and the outbox a process may be killed; the next one writes what is missing, once.
func TestTheOutboxIsMendedAfterAKill(t *testing.T) {
	dir := t.TempDir()
	o := Options{Dir: dir, Outbox: filepath.Join(dir, "outbox.jsonl")}
	s := newSimulator(t, o)
	ask(t, s, "sendmsg", demo+"<text>first</text>"+to("12025550143"))
	first, err := os.ReadFile(o.Outbox)
	if err != nil {
		t.Fatal(err)
	}
	ask(t, s, "sendmsg", demo+"<text>second</text>"+to("12025550143", "12025550144"))
	both, err := os.ReadFile(o.Outbox)
	if err != nil {
		t.Fatal(err)
	}
	middle := len(first) + (len(both)-len(first))/2
	for name, tt := range map[string]struct{ left, want []byte }{
		"nothing missing":         {both, both},
		"the request missing":     {first, both},
		"torn in its first line":  {both[:len(first)+20], both},
		"torn at a line's end":    {both[:middle], both},
		"torn in its second line": {both[:middle+20], both},
		"line break missing":      {both[:len(both)-1], both},
		"emptied by its owner":    {nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s.Close()
			if err := os.WriteFile(o.Outbox, tt.left, 0o600); err != nil {
				t.Fatal(err)
			}
			s = reopen(t, newSimulator(t, o), o)
			got, err := os.ReadFile(o.Outbox)
			if err != nil || !bytes.Equal(got, tt.want) {
				t.Errorf("%v\n got %q\nwant %q", err, got, tt.want)
			}
		})
	}
	s.Close()
	if err := os.Remove(o.Outbox); err != nil {
		t.Fatal(err)
	}
	newSimulator(t, o)
	if got := readOutbox(t, o.Outbox); len(got) != 0 {
		t.Errorf("an outbox that was removed begins with %d lines", len(got))
	}
}

// The journal has the messages then: they are accepted, and told of, whatever becomes of the outbox.
func TestTheOutboxGetsLaterWhatItCouldNotTake(t *testing.T) {
	o := Options{Settings: listening(Callback{}), Outbox: filepath.Join(t.TempDir(), "outbox.jsonl")}
	pushing(t, o, nil, func(t *testing.T, s *Simulator, r *receiver) {
		hello(t, s, "")
		s.outbox.file.Close()
		w := post(s, documentAddress, documentCall("sendmsg", demo+"<text>Second</text><climsgid>run2</climsgid>"+all+to("12025550144")))
		if w.Code != 500 || !strings.Contains(w.Body.String(), "SOAP-ENV:Server") {
			t.Errorf("status %d: %s", w.Code, w.Body)
		}
		if got := one(t, s, "querymsg", demo+"<climsgid>run2</climsgid>"); got != "ID: ID Status: 002" {
			t.Errorf("querymsg: %q", got)
		}
		if d, ok := s.Look(s.Messages()[1].ID); !ok || d.Exchange == nil {
			t.Errorf("the message has lost its request: %+v", d)
		}
		time.Sleep(time.Minute)
		if got, want := r.heard(), "003+1s"; got != want {
			t.Errorf("pushed %q, want %q", got, want)
		}
		var err error
		if s.outbox.file, err = os.OpenFile(o.Outbox, os.O_WRONLY|os.O_APPEND, 0); err != nil {
			t.Fatal(err)
		}
		hello(t, s, "")
		var got []string
		for _, line := range readOutbox(t, o.Outbox) {
			got = append(got, line["text"].(string))
		}
		if diff := cmp.Diff(got, []string{"Hello", "Second", "Hello"}); diff != "" {
			t.Errorf("outbox (-got +want):\n%s", diff)
		}
	})
}
