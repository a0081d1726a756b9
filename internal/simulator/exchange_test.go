package simulator

import (
	"net/http"
	"strings"
	"testing"

	"github.com/smsplan/smsplan/internal/simulator/envelope"
)

func TestAMessageHasTheExchangeThatSentIt(t *testing.T) {
	s := withFaults(t, "drop-before-answer:after=1")
	ask(t, s, "sendmsg", demo+"<text>The first</text>"+to("12025550143", "12025550144"))
	server := serve(t, s)
	if _, _, err := exchange(http.DefaultClient, server, documentCall("sendmsg", demo+"<text>The second</text>"+to("12025550145"))); err == nil {
		t.Fatal("the fault did not act")
	}
	for i, want := range []struct {
		request, cut string
		together     int
	}{{"The first", "", 2}, {"The first", "", 2}, {"The second", "drop-before-answer:after=1", 1}} {
		d, ok := s.Look(s.Messages()[i].ID)
		if !ok || d.Exchange == nil {
			t.Fatalf("message %d has no exchange", i)
		}
		x := d.Exchange
		if !strings.Contains(x.Request, want.request) || !strings.Contains(x.Answer, d.ID) || x.Cut != want.cut || d.Together != want.together {
			t.Errorf("message %d: %+v, %d together", i, *x, d.Together)
		}
		if !strings.HasPrefix(x.Request, "POST "+documentAddress+" HTTP/1.1\n") || !strings.HasPrefix(x.Answer, "HTTP/1.1 200 OK\n") {
			t.Errorf("message %d begins with %.80q and %.80q", i, x.Request, x.Answer)
		}
	}
}

func TestTheRecorderKeepsTheNewestWithinItsLimits(t *testing.T) {
	var r recorder
	keep := func(octets int) *batch {
		b := new(batch)
		r.keep(&recorded{call: &call{Call: &envelope.Call{Operation: "auth"}, sent: b}, body: make([]byte, octets)})
		return b
	}
	first := keep(1)
	for range maxExchanges - 1 {
		keep(1)
	}
	if r.of(first) == nil {
		t.Errorf("of %d exchanges the first is gone", maxExchanges)
	}
	second := keep(1)
	if r.of(first) != nil || r.of(second) == nil {
		t.Error("it does not give up the oldest for the newest")
	}
	large := keep(maxExchangeOctets - 1)
	if r.octets > maxExchangeOctets || r.of(large) == nil {
		t.Errorf("%d octets are kept, at most %d may be", r.octets, maxExchangeOctets)
	}
	if keep(2); r.of(large) != nil {
		t.Error("what is too large with the newest is kept")
	}
}

func TestSecretsAreReplacedInEverySpelling(t *testing.T) {
	for name, request := range map[string]string{
		"plain":             "<a><session_id>SECRET</session_id></a>",
		"with a type":       `<a><password xsi:type="xsd:string">SECRET</password></a>`,
		"with a prefix":     "<a><ns:user>SECRET</ns:user></a>",
		"in capitals":       "<a><Password>SECRET</Password></a>",
		"on several lines":  "<a><password\n\tx='>'\n>SECRET\n</password\n></a>",
		"in CDATA":          "<a><password><![CDATA[</password>SECRET]]>SECRET</password></a>",
		"beside a comment":  "<a><password>SEC<!-- </password> -->SECRET</password></a>",
		"inside a comment":  "<a><!-- <password>SECRET</password> --></a>",
		"nested":            "<a><password><b>SECRET</b></password></a>",
		"of WS-Security":    "<a><wsse:Username>SECRET</wsse:Username></a>",
		"referred to":       `<a><password href="#1"/></a><b id="1">SECRET</b>`,
		"referred to twice": `<a><password href='#1'/><user href="#2"/></a><b id='1'>SECRET</b><b id="2">SECRET</b>`,
		"without an end":    "<a><password>SECRET</a>",
		"an open tag":       `<a><password x="SECRET</a>`,
		"a document type":   `<!DOCTYPE a [<!ENTITY p "SECRET">]><a/>`,
		"no XML":            "user=demo&password=SECRET",
		"UTF-16":            "\xff\xfe<\x00S\x00E\x00C\x00",
		"two of them":       "<a><user>SECRET</user><text>shown</text><password>SECRET</password></a>",
	} {
		t.Run(name, func(t *testing.T) {
			got := withoutSecrets([]byte(request))
			if strings.Contains(got, "SEC") || strings.Contains(got, "S\x00E") || !strings.Contains(got, replaced) {
				t.Errorf("%s", got)
			}
			if strings.Contains(request, "shown") && !strings.Contains(got, "<text>shown</text>") {
				t.Errorf("too much is replaced: %s", got)
			}
		})
	}
	if got := withoutSecrets([]byte("<a><user/><password></password><text>shown &lt;b&gt;</text></a>")); got != "<a><user/><password>"+replaced+"</password><text>shown &lt;b&gt;</text></a>" {
		t.Errorf("where there is no secret: %s", got)
	}
}

func TestAnswersShowNoSessionID(t *testing.T) {
	s := withFaults(t)
	w := post(s, documentAddress, documentCall("auth", demo))
	session := sessionID.FindString(w.Body.String())
	if session == "" {
		t.Fatalf("no session: %s", w.Body)
	}
	post(s, documentAddress, documentCall("sendmsg", "<session_id>"+session+"</session_id><text>Hello</text>"+to("12025550143")))
	for _, x := range s.exchanges.ring {
		if shown := x.shown(); shown != nil && strings.Contains(shown.Request+shown.Answer, session) {
			t.Errorf("%s shows the session: %+v", shown.Operation, *shown)
		}
	}
}
