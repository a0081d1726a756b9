package simulator

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"math"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	gocmp "github.com/google/go-cmp/cmp"
)

// Whatever stands in the settings of an account and in a message, its callback goes to the account's host and path, with its
// credentials in the header for them and nowhere else, and every form of it is read as what it was made of.
func FuzzCallback(f *testing.F) {
	const number = "12025550143"
	for _, form := range callbackForms {
		f.Add("http://receiver.test/dlr", form, "", "", "abc", number, "ACME", 4, 1.5, int64(1700000000))
		f.Add("https://receiver.test:9000/dlr?key=1&to=x#there", form, "me", `p&<"'/`+"\u00f6:", "a&b=c\r\n<x>", number, "]]>&amp;\x00\u2028\ufffe", 12, 0.0, int64(-1))
		f.Add("http://[::1]/%2f", form, "a:b", "", "\xff{}", "", "\"\\", 999, 1e-9, int64(1)<<40)
	}
	f.Add("http://>/?a b=1", "post", "", "", "", number, "", 4, 1.0, int64(1))
	f.Add("http://receiver.test/?a b=1", "post", "", "", "", number, "", 4, 1.0, int64(1))
	f.Fuzz(func(t *testing.T, address, form, user, password, clientID, to, from string, status int, charge float64, at int64) {
		c := Callback{URL: address, Form: form, User: user, Password: password}
		own, err := url.Parse(address)
		if err != nil || c.check("") != nil || math.IsNaN(charge) || math.IsInf(charge, 0) || status < 0 || status > 999 {
			return
		}
		if _, err := url.ParseQuery(own.RawQuery); err != nil {
			return // an address that its receiver cannot read either
		}
		n := notice{id: messageID{1, 2}, apiID: "7", clientID: clientID, to: to, from: from, step: Step{status, time.Unix(at, 0)}, charge: charge, callback: c}
		r, err := n.request(t.Context())
		if err != nil {
			t.Fatalf("settings that are taken make no request: %v", err)
		}
		var wire bytes.Buffer
		if err := r.Write(&wire); err != nil {
			t.Fatalf("the request cannot be written: %v", err)
		}
		got, err := readBack(&wire)
		if err != nil {
			t.Fatalf("the request cannot be read: %v in\n%q", err, wire.Bytes())
		}
		if u, p, ok := got.request.BasicAuth(); ok != (user != "") || ok && !strings.Contains(user, ":") && (u != user || p != password) {
			t.Errorf("credentials %q %q are read as %q %q", user, password, u, p)
		}
		if got.request.Host != r.URL.Host || got.request.URL.Path != cmp.Or(r.URL.Path, "/") {
			t.Errorf("it goes to %s%s, not %s%s", got.request.Host, got.request.URL.Path, r.URL.Host, r.URL.Path)
		}
		const distinct = 12
		if len(password) >= distinct && !strings.Contains(address+clientID+to+from, password) && strings.Contains(shown(address), password) {
			t.Error("the password is shown")
		}
		for name, want := range map[string]string{"cliMsgId": clientID, "to": to, "from": from, "apiMsgId": n.id.String(), "timestamp": strconv.FormatInt(at, 10)} {
			if have := got.field(form, name); have != passed(form, want) && !own.Query().Has(name) {
				t.Errorf("%s is %q, not %q, in the form %q", name, have, want, form)
			}
		}
	})
}

// readable is a callback that was read from the wire.
type readable struct {
	request *http.Request
	report  report
}

func readBack(wire *bytes.Buffer) (readable, error) {
	r, err := http.ReadRequest(bufio.NewReader(wire))
	if err != nil {
		return readable{}, err
	}
	one := readable{r, report{fields: map[string]string{}}}
	var body bytes.Buffer
	if _, err := body.ReadFrom(r.Body); err != nil {
		return one, err
	}
	return one, one.report.read(r, body.String())
}

// field gives a field without the name of the type that a report has before the values of JSON.
func (r *readable) field(form, name string) string {
	value := r.report.fields[name]
	if form == "json" {
		_, value, _ = strings.Cut(value, " ")
	}
	return value
}

// passed is what a form makes of characters that it has no way to write.
func passed(form, text string) string {
	switch form {
	case "json":
		return string([]rune(text)) // each octet that is none of UTF-8 by itself
	case "xml", "soap":
		var b strings.Builder
		for len(text) > 0 {
			r, size := utf8.DecodeRuneInString(text)
			if text = text[size:]; !(r == '\t' || r == '\n' || r == '\r' || r >= ' ' && r <= 0xd7ff || r >= 0xe000 && r <= 0xfffd || r >= 0x10000) {
				r = utf8.RuneError
			}
			b.WriteRune(r)
		}
		return b.String()
	}
	return text
}

// Settings are refused without the passwords and numbers in them, or they are written and read as they are, and a simulator takes them.
func FuzzSettings(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"accounts":[{"user":"ruth","password":"kanari-pass","api_ids":["1","2"],"credit":5,"networks":["127.0.0.0/8"],"senders":["ACME"],"default_prefix":"27","segments":3,"limit":9,"frozen":true,` +
			`"callback":{"url":"http://127.0.0.1/","form":"json","user":"u","password":"kanari-pass","mask":"early"}}],"prices":{"":1,"27":0.8},"blocked":["12025550101"],"opted_out":["12025550102"],"unroutable":["999"],"vouchers":{"1234567890123456":10}}`,
		`{"accounts":[{"user":"a","password":"kanari-pass","api_ids":["01"],"credit":-1}]}`, `{"accounts":null}`, `{"blocked":["+1 202 555 0101"]}`, `{"prices":{"a":1}}`, `{"prices":{"1":1e999}}`, `{} {}`, `[`, "",
		`{"accounts":[{"user":"a","user":"b"}]}`, `{"vouchers":{"12":1}}`, `{"accounts":[{"password":12025550101}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := ReadSettings(bytes.NewReader(text))
		if err != nil {
			for _, secret := range []string{"kanari-pass", "12025550101", "2025550102", "202 555"} {
				if strings.Contains(err.Error(), secret) && !strings.Contains(err.Error(), "there is no such key") {
					t.Errorf("%q is in the error %v", secret, err)
				}
			}
			return
		}
		written, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ReadSettings(bytes.NewReader(written))
		if err != nil {
			t.Fatalf("what is written is not read: %v in %s", err, written)
		}
		if rewritten, _ := json.Marshal(again); !bytes.Equal(rewritten, written) {
			t.Errorf("%s is written as %s", written, rewritten)
		}
		gateway, err := New(Options{Settings: s})
		if err != nil {
			t.Fatalf("the simulator refuses them: %v", err)
		}
		_ = gateway.Close()
	})
}

// Whatever a journal and an outbox hold, the simulator refuses the journal, or begins with the messages that its whole lines name, takes
// further ones, and finds them all again.
func FuzzStore(f *testing.F) {
	seed := f.TempDir()
	o := Options{Dir: filepath.Join(seed, "simulator"), Outbox: filepath.Join(seed, "outbox.jsonl")}
	s := newSimulator(f, o)
	ask(f, s, "sendmsg", demo+"<text>1 &lt; 2 €</text><climsgid>run1</climsgid><deliv_time>600</deliv_time>"+to("12025550143", "12025550144"))
	ask(f, s, "sendmsg", demo+"<udh>0100</udh><data>01</data>"+to("12025550145"))
	ask(f, s, "delmsg", demo+"<climsgid>run1</climsgid>")
	ask(f, s, "startbatch", demo+"<template>#field1#</template>")
	if err := s.Close(); err != nil {
		f.Fatal(err)
	}
	journal, err := os.ReadFile(filepath.Join(o.Dir, "messages.jsonl"))
	if err != nil {
		f.Fatal(err)
	}
	outbox, err := os.ReadFile(o.Outbox)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(journal, outbox)
	f.Add(journal[:len(journal)-20], outbox[:len(outbox)-20])
	f.Add([]byte("\n"), []byte("somebody else's"))
	for line := range bytes.Lines(journal) {
		f.Add(slices.Concat(line, line), []byte("{}\n"))
	}
	for _, line := range []string{"{}", "null", `{"send":{"ids":[],"to":[],"climsgid":"a","api_id":"1"}}`, `{"send":{"ids":null,"to":["1"]}}`, `{"withdraw":"00"}`, `{"end":"00000000000000000000000000000000"}`,
		`{"send":{"ids":["01020000000000000000000000000000"],"to":["12025550143"],"at":"9999-01-01T00:00:00Z","delay":9223372036854775807,"validity":-1}}`, `{"redeem":{}}`, `{"start":{}}`} {
		f.Add([]byte(line+"\n"), []byte(nil))
	}
	work := f.TempDir()
	o = Options{Dir: filepath.Join(work, "simulator"), Outbox: filepath.Join(work, "outbox.jsonl")}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, journal, outbox []byte) {
		for path, content := range map[string][]byte{filepath.Join(o.Dir, "messages.jsonl"): journal, o.Outbox: outbox} {
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		s, err := New(o)
		if err != nil {
			if left, _ := os.ReadFile(filepath.Join(o.Dir, "messages.jsonl")); !bytes.Equal(left, journal) {
				t.Error("a journal that is refused was changed")
			}
			return
		}
		had := len(s.Messages())
		for _, m := range s.Messages() {
			s.Look(m.ID)
		}
		s.Settings()
		ask(t, s, "querymsg", demo+"<climsgid>run1</climsgid>")
		ask(t, s, "getbalance", demo)
		ask(t, s, "sendmsg", demo+"<text>Hello</text>"+to("12025550143"))
		before := s.Messages()
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		again, err := New(o)
		if err != nil {
			t.Fatalf("its own journal: %v", err)
		}
		defer again.Close()
		if diff := gocmp.Diff(again.Messages(), before); diff != "" || len(before) < had {
			t.Errorf("%d messages, then %d (-again +before):\n%s", had, len(before), diff)
		}
	})
}

// A fault is refused, or is written as it was given and ordered again.
func FuzzFault(f *testing.F) {
	for _, d := range Faults() {
		f.Add(d.Name)
		f.Add(d.Name + ":" + needs(d))
		for _, key := range d.Keys {
			f.Add(d.Name + ":" + key.Name + "=1")
			f.Add(d.Name + ":" + key.Name + "=" + key.Usual + ",times=2")
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		fault, err := ParseFault(text)
		if err != nil {
			return
		}
		again, err := ParseFault(fault.String())
		if err != nil || again.String() != text {
			t.Errorf("%q is written as %q: %v", text, again, err)
		}
		s, err := New(Options{Faults: []Fault{fault}})
		if err == nil {
			_ = s.Close()
		}
	})
}
