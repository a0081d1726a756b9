package simulator

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/smsplan/smsplan/internal/simulator/envelope"
	"pgregory.net/rapid"
)

// numbersOf gives the last three digits of the numbers of a listing.
func numbersOf(l Listing) string {
	var list []string
	for _, m := range l.Messages {
		list = append(list, m.To[len(m.To)-3:])
	}
	return strings.Join(list, " ")
}

func TestFindGivesTheNewestFirstAndGoesOnByPlace(t *testing.T) {
	s := withFaults(t)
	ask(t, s, "sendmsg", demo+"<text>Hello</text>"+to(many(7)...))
	for name, tt := range map[string]struct {
		query Query
		want  string
		more  bool
	}{
		"all":           {Query{}, "006 005 004 003 002 001 000", false},
		"a page":        {Query{Limit: 3}, "006 005 004", true},
		"the next page": {Query{Limit: 3, Before: 5}, "003 002 001", true},
		"the last page": {Query{Limit: 3, Before: 2}, "000", false},
		"since":         {Query{After: 5}, "006 005", false},
		"between":       {Query{After: 2, Before: 5}, "003 002", false},
		"beyond":        {Query{Before: 100, Limit: 1}, "006", true},
	} {
		t.Run(name, func(t *testing.T) {
			got := s.Find(context.Background(), tt.query)
			if numbersOf(got) != tt.want || got.More != tt.more {
				t.Errorf("Find = %s, more %v; want %s, %v", numbersOf(got), got.More, tt.want, tt.more)
			}
		})
	}
}

func TestFindSearchesNumbersTextsSendersAndIDs(t *testing.T) {
	s := withFaults(t)
	ask(t, s, "sendmsg", demo+"<text>The power is back, Ann.</text><from>ACME</from><climsgid>Run7</climsgid>"+to("12025550143", "12025550144"))
	ask(t, s, "sendmsg", demo+"<unicode>1</unicode><text>017B00F301420077</text>"+to("491713920012")) // Żółw
	id := s.Messages()[1].ID
	for name, tt := range map[string]struct{ search, want string }{
		"digits":                  {"0143", "143"},
		"a number as written":     {"+1 (202) 555-0144", "144"},
		"text":                    {"POWER is", "144 143"},
		"letters beyond ASCII":    {"żÓł", "012"},
		"sender":                  {"acme", "144 143"},
		"client id":               {"run7", "144 143"},
		"message id":              {id, "144"},
		"beginning of an id":      {id[:8], "144"},
		"what nobody was sent":    {"nothing", ""},
		"white space at the ends": {" ann ", "144 143"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := numbersOf(s.Find(context.Background(), Query{Search: tt.search})); got != tt.want {
				t.Errorf("Find(%q) = %q, want %q", tt.search, got, tt.want)
			}
		})
	}
}

func TestFindGoesThroughMoreThanItLooksAtInOneGo(t *testing.T) {
	s := withFaults(t)
	numbers := many(2*chunk + 10)
	for some := range slices.Chunk(numbers, envelope.MaxRecipients) {
		ask(t, s, "sendmsg", demo+"<text>Hello</text>"+to(some...))
	}
	got := s.Find(context.Background(), Query{Search: numbers[0]})
	if len(got.Messages) != 1 || got.Messages[0].Place != 1 {
		t.Errorf("Find = %v", got.Messages)
	}
}

func TestWhoWatchesHearsOfEveryChange(t *testing.T) {
	s := withFaults(t)
	for _, change := range []struct {
		name string
		do   func()
	}{
		{"a message", func() {
			ask(t, s, "sendmsg", demo+"<text>Hello</text><deliv_time>60</deliv_time>"+to("12025550143"))
		}},
		{"a withdrawal", func() { ask(t, s, "delmsg", demo+"<apimsgid>"+s.Messages()[0].ID+"</apimsgid>") }},
		{"a fault", func() {
			if err := s.Order([]Fault{mustFault(t, "shuffle")}); err != nil {
				t.Fatal(err)
			}
		}},
		{"other credit", func() {
			if err := s.SetCredit("demo", 5); err != nil {
				t.Fatal(err)
			}
		}},
		{"other settings", func() {
			if err := s.Configure(s.Settings()); err != nil {
				t.Fatal(err)
			}
		}},
		{"expired sessions", func() { s.ExpireSessions() }},
		{"a reset", func() {
			if err := s.Reset(); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		before, changed := s.Watch()
		change.do()
		select {
		case <-changed:
		default:
			t.Errorf("%s: nobody heard of it", change.name)
		}
		if after, _ := s.Watch(); after == before {
			t.Errorf("%s: the mark is the same: %v", change.name, after)
		}
	}
}

func TestSentCountsByNumberAndText(t *testing.T) {
	s := withFaults(t)
	ask(t, s, "sendmsg", demo+"<text>Hello</text>"+to("12025550143", "12025550144"))
	ask(t, s, "sendmsg", demo+"<text>Hello</text>"+to("12025550143"))
	ask(t, s, "sendmsg", demo+"<text>Another</text>"+to("12025550143"))
	ask(t, s, "sendmsg", demo+"<text>Withdrawn</text><deliv_time>60</deliv_time>"+to("12025550143"))
	ask(t, s, "delmsg", demo+"<apimsgid>"+s.Messages()[4].ID+"</apimsgid>")
	want := []Sending{{"12025550143", "Hello", 2}, {"12025550144", "Hello", 1}, {"12025550143", "Another", 1}}
	if diff := cmp.Diff(want, s.Sent(1)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want[:1], s.Sent(2)); diff != "" {
		t.Error(diff)
	}
}

func TestPartsAreAsManyAsWereCountedAndLoseNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := &batch{Encoding: gsm7}
		b.Text = onAir(rapid.StringOfN(rapid.RuneFrom([]rune("aé€{😀 ")), 60, 500, -1).Draw(t, "text"))
		want := plainSegments(b.Text)
		if rapid.Bool().Draw(t, "unicode") {
			b.Encoding, want = ucs2, unicodeSegments(b.Text)
		}
		joined := ""
		for _, p := range b.parts() {
			joined += p.Text
		}
		if len(b.parts()) != want || joined != b.Text {
			t.Errorf("%d parts that read %q, want %d of %q", len(b.parts()), joined, want, b.Text)
		}
	})
	for _, octets := range []int{2, 140, 141, 268, 269} {
		b := &batch{Encoding: binary, Content: Content{UDH: "0500", Data: strings.Repeat("ab", octets-2)}}
		if got, want := len(b.parts()), binarySegments(octets); got != want {
			t.Errorf("%d octets: %d parts, want %d", octets, got, want)
		}
	}
}

func TestResetForgetsWhatHappenedAndKeepsTheSettings(t *testing.T) {
	dir := t.TempDir()
	ten := Settings{Accounts: []Account{{User: "demo", Password: "demo", APIIDs: []string{"1"}, Credit: 10}}}
	s := newSimulator(t, Options{Dir: dir, Settings: ten})
	session := sessionID.FindString(post(s, documentAddress, documentCall("auth", demo)).Body.String())
	ask(t, s, "sendmsg", demo+"<text>Hello</text>"+to("12025550143"))
	if err := s.Reset(); err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(len(s.Messages()), s.Requests(), s.MostAtOnce(), len(s.Sent(1)))
	if want := "0 map[] 0 0"; got != want {
		t.Errorf("after a reset there are %s, want %s", got, want)
	}
	if got := ask(t, s, "ping", "<session_id>"+session+"</session_id>"); got[0] != "ERR: 003, Session ID expired" {
		t.Errorf("the session is still good: %v", got)
	}
	if got := ask(t, s, "getbalance", demo); got[0] != "Credit: 10.000" {
		t.Errorf("the account has %v", got)
	}
	ask(t, s, "sendmsg", demo+"<text>Hello again</text>"+to("12025550143"))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again := newSimulator(t, Options{Dir: dir, Settings: ten})
	if m := again.Messages(); len(m) != 1 || m[0].Text != "Hello again" || m[0].Request != 1 {
		t.Errorf("the store has %v", m)
	}
}
