package simulator

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/smsplan/smsplan/internal/simulator/envelope"
)

// choose is the fault that chooses so.
func choose(key, value string) string { return "choose:" + key + "=" + value }

func TestOrderOfParametersMayBeEnforced(t *testing.T) {
	const number, other = "12025550143", "12025550144"
	array := "<to><item>" + number + "</item></to>"
	for name, tt := range map[string]struct {
		address, body string
		misplaced     string // "" where the request is taken
	}{
		"in order":             {documentAddress, documentCall("sendmsg", demo+"<text>Hello</text>"+to(number, other)), ""},
		"recipients first":     {documentAddress, documentCall("sendmsg", demo+to(number)+"<text>Hello</text>"), "text"},
		"recipients apart":     {documentAddress, documentCall("sendmsg", demo+"<text>Hello</text>"+to(number)+"<from/>"+to(other)), "to"},
		"credentials at last":  {documentAddress, documentCall("sendmsg", "<text>Hello</text>"+to(number)+demo), "api_id"},
		"RPC in order":         {"/soap/webservice.php", rpcCall("sendmsg", demo+array+"<text>Hello</text><deliv_ack>1</deliv_ack><callback>1</callback>", ""), ""},
		"RPC, document's":      {rpcAddress, rpcCall("sendmsg", demo+"<text>Hello</text>"+array, ""), "to"},
		"RPC, by another name": {"/soap/webservice.php", rpcCall("sendmsg", demo+array+"<text>Hello</text><callback>1</callback><deliv_ack>1</deliv_ack>", ""), "deliv_ack"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSimulator(t, Options{})
			if w := post(s, tt.address, tt.body); w.Code != 200 {
				t.Errorf("any order, by default: %s", w.Body)
			}
			order(t, s, choose("order", "strict"))
			w := post(s, tt.address, tt.body)
			want := fmt.Sprintf("SOAP-ENV:Client</faultcode><faultstring>&#34;%s&#34; in sendmsg is out of the schema&#39;s order", tt.misplaced)
			if got := w.Code == 200; got != (tt.misplaced == "") || !got && !strings.Contains(w.Body.String(), want) {
				t.Errorf("strictly: %d %s", w.Code, w.Body)
			}
		})
	}
}

func TestSOAPActionMayBeRequired(t *testing.T) {
	s := withFaults(t, choose("action", "required"))
	body := documentCall("getbalance", demo)
	for name, tt := range map[string]struct {
		header []string
		status int
	}{
		"absent": {nil, 500},
		"empty":  {[]string{"SOAPAction", `""`}, 500},
		"given":  {[]string{"SOAPAction", `"` + documentSpace + `/getbalance"`}, 200},
		"others": {[]string{"SOAPAction", `"` + documentSpace + `/ping"`}, 500},
	} {
		w := post(s, documentAddress, body, tt.header...)
		if w.Code != tt.status || tt.status == 500 && !strings.Contains(w.Body.String(), "SOAP-ENV:Client") {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}

func TestSOAPActionMayBeIgnored(t *testing.T) {
	for _, b := range []struct{ address, body string }{
		{documentAddress, documentCall("getbalance", demo)},
		{rpcAddress, rpcCall("getbalance", demo, "")},
	} {
		for _, action := range []string{"", documentSpace + "/ping", "http://example.com/getbalance"} {
			s := withFaults(t, choose("action", "ignored"))
			if w := post(s, b.address, b.body, "SOAPAction", action); w.Code != 200 {
				t.Errorf("%s, %q: %d %s", b.address, action, w.Code, w.Body)
			}
		}
	}
}

func TestElementsThatNobodyKnowsMayBeIgnored(t *testing.T) {
	s := withFaults(t, choose("elements", "ignored"))
	for name, body := range map[string]string{
		"one":       documentCall("sendmsg", demo+"<nothing/><text>Hello</text>"+to("12025550143")),
		"of RPC":    documentCall("sendmsg", demo+"<text>Hello</text>"+to("12025550143")+"<cliMsgId>a</cliMsgId>"),
		"with more": documentCall("sendmsg", demo+"<text>Hello</text><more><text>Bye</text><to>1</to></more>"+to("12025550143")),
	} {
		w := post(s, documentAddress, body)
		messages := s.Messages()
		if last := len(messages) - 1; w.Code != 200 || last < 0 || messages[last].Text != "Hello" || messages[last].ClientID != "" {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
	w := post(s, documentAddress, documentCall("sendmsg", demo+strings.Repeat("<x>", 100)))
	if w.Code != 500 || !strings.Contains(w.Body.String(), "nested deeper") {
		t.Errorf("nested without end: %d %s", w.Code, w.Body)
	}
}

// Each request goes to a gateway that chooses so, and to one that does not.
func TestWhatIsChosenAnswersOtherwise(t *testing.T) {
	const number, other = "12025550143", "12025550144"
	const wrong = "<api_id>1</api_id><user>demo</user><password>wrong</password>"
	send := func(parameters string, numbers ...string) string {
		return demo + parameters + to(numbers...)
	}
	for name, tt := range map[string]struct {
		key, value    string
		op, ask       string // SESSION stands for a session's id
		usual, chosen []string
	}{
		"both, credentials wrong":  {"both", "credentials", "getbalance", "<session_id>SESSION</session_id>" + wrong, []string{"Credit: 999999.000"}, []string{"ERR: 001, Authentication failed"}},
		"both, session wrong":      {"both", "credentials", "getbalance", "<session_id>x</session_id>" + demo, []string{"ERR: 003, Session ID expired"}, []string{"Credit: 999999.000"}},
		"both, an api_id only":     {"both", "credentials", "getbalance", "<session_id>SESSION</session_id><api_id>9</api_id>", []string{"Credit: 999999.000"}, []string{"Credit: 999999.000"}},
		"both, ping":               {"both", "credentials", "ping", "<session_id>SESSION</session_id>", []string{"OK:"}, []string{"OK:"}},
		"unknown client id":        {"unknown", "001", "querymsg", demo + "<climsgid>nobody</climsgid>", []string{"ERR: 104, Unknown client message ID"}, []string{"ID: nobody Status: 001"}},
		"unknown id":               {"unknown", "001", "querymsg", demo + "<apimsgid>0123</apimsgid>", []string{"ERR: 103, Unknown API message ID"}, []string{"ID: 0123 Status: 001"}},
		"unknown id to withdraw":   {"unknown", "001", "delmsg", demo + "<apimsgid>0123</apimsgid>", []string{"ERR: 103, Unknown API message ID"}, []string{"ID: 0123 Status: 001"}},
		"known id":                 {"unknown", "001", "querymsg", demo + "<climsgid>run1</climsgid>", []string{"ID: ID Status: 002"}, []string{"ID: ID Status: 002"}},
		"no id":                    {"unknown", "001", "querymsg", demo, []string{"ERR: 109, Missing message ID"}, []string{"ERR: 109, Missing message ID"}},
		"ping":                     {"ping", "session", "ping", "<session_id>SESSION</session_id>", []string{"OK:"}, []string{"OK: ID"}},
		"twice in a request":       {"duplicates", "merge", "sendmsg", send("<text>Hello</text>", number, other, number), []string{"ID: ID To: " + number, "ID: ID To: " + other, "ID: ID To: " + number}, []string{"ID: ID To: " + number, "ID: ID To: " + other}},
		"nothing but one":          {"duplicates", "merge", "sendmsg", send("<text>Hello</text>", number, number), []string{"ID: ID To: " + number, "ID: ID To: " + number}, []string{"ID: ID"}},
		"twice, with the prefix":   {"duplicates", "merge", "sendmsg", send("<text>Hello</text>", number, "02025550143"), []string{"ID: ID To: " + number, "ID: ID To: " + number}, []string{"ID: ID"}},
		"climsgid in capitals":     {"climsgid", "folded", "querymsg", demo + "<climsgid>RUN1</climsgid>", []string{"ERR: 104, Unknown client message ID"}, []string{"ID: ID Status: 002"}},
		"climsgid as it was":       {"climsgid", "folded", "querymsg", demo + "<climsgid>run1</climsgid>", []string{"ID: ID Status: 002"}, []string{"ID: ID Status: 002"}},
		"withdrawn in capitals":    {"climsgid", "folded", "delmsg", demo + "<climsgid>RUN1</climsgid>", []string{"ERR: 104, Unknown client message ID"}, []string{"ID: ID Status: 006"}},
		"not in the alphabet":      {"plain", "refuse", "sendmsg", send("<text>Żółw</text>", number), []string{"ID: ID"}, []string{"ERR: 116, Invalid Unicode data"}},
		"in the alphabet":          {"plain", "refuse", "sendmsg", send("<text>Grüße €</text>", number), []string{"ID: ID"}, []string{"ID: ID"}},
		"in Unicode":               {"plain", "refuse", "sendmsg", send("<text>017B00F301420077</text><unicode>1</unicode>", number), []string{"ID: ID"}, []string{"ID: ID"}},
		"binary":                   {"plain", "refuse", "sendmsg", send("<data>FF</data>", number), []string{"ID: ID"}, []string{"ID: ID"}},
		"session that has expired": {"missing", "001", "ping", "<session_id>x</session_id>", []string{"ERR: 003, Session ID expired"}, []string{"ERR: 001, Authentication failed"}},
		"no session":               {"missing", "001", "getbalance", "", []string{"ERR: 005, Missing session ID"}, []string{"ERR: 001, Authentication failed"}},
		"other errors":             {"missing", "001", "getbalance", strings.Replace(demo, "1", "9", 1), []string{"ERR: 108, Invalid or missing API ID"}, []string{"ERR: 108, Invalid or missing API ID"}},
		"another choice":           {"missing", "001", "ping", "<session_id>SESSION</session_id>", []string{"OK:"}, []string{"OK:"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, chosen := range []bool{false, true} {
				now := newClock()
				s := newSimulator(t, Options{Now: now.now, Settings: Settings{Accounts: []Account{
					{User: "demo", Password: "demo", APIIDs: []string{"1"}, Credit: 1e6, DefaultPrefix: "1"},
				}}})
				ask(t, s, "sendmsg", demo+"<text>Hello</text><climsgid>run1</climsgid>"+to(number))
				session := anyID.FindString(post(s, documentAddress, documentCall("auth", demo)).Body.String())
				want := tt.usual
				if chosen {
					order(t, s, choose(tt.key, tt.value))
					want = tt.chosen
				}
				got := ask(t, s, tt.op, strings.ReplaceAll(tt.ask, "SESSION", session))
				if diff := cmp.Diff(got, want); diff != "" {
					t.Errorf("chosen %v: lines (-got +want):\n%s", chosen, diff)
				}
			}
		})
	}
}

func TestRecipientsAboveTheLimitMayBeCutOff(t *testing.T) {
	s := withFaults(t, choose("over", "truncate"))
	numbers := many(envelope.MaxRecipients + 5)
	for address, body := range map[string]string{
		documentAddress: documentCall("sendmsg", demo+"<text>Hello</text>"+to(numbers...)),
		rpcAddress:      rpcCall("sendmsg", demo+"<to><item>"+strings.Join(numbers, "</item><item>")+"</item></to><text>Hello</text>", ""),
	} {
		got := lines(post(s, address, body).Body.String())
		if len(got) != envelope.MaxRecipients || got[envelope.MaxRecipients-1] != "ID: ID To: "+numbers[envelope.MaxRecipients-1] {
			t.Errorf("%s: %d lines, the last %q", address, len(got), got[len(got)-1])
		}
	}
	order(t, s)
	if got := one(t, s, "sendmsg", demo+"<text>Hello</text>"+to(numbers...)); got != "ERR: 101, Invalid or missing parameters" {
		t.Errorf("by default: %q", got)
	}
}

func TestMessagesWithOneClientIDAreReportedAsOrdered(t *testing.T) {
	const query = demo + "<climsgid>run1</climsgid>"
	dir := t.TempDir()
	c := newClock()
	s := newSimulator(t, Options{Now: c.now, Dir: dir})
	for _, id := range []string{"run1", "run2", "run1", "RUN1"} {
		ask(t, s, "sendmsg", demo+"<text>Hello</text><climsgid>"+id+"</climsgid>"+to("12025550143", "12025550144"))
	}
	s = reopen(t, s, Options{Now: c.now, Dir: dir})
	place := map[string]int{}
	for i, m := range s.Messages() {
		place[m.ID] = i
	}
	for name, tt := range map[string]struct {
		faults        []string
		document, rpc []int // places in Messages
	}{
		"default":             {nil, []int{4}, []int{4}},
		"first":               {[]string{"query-duplicates:say=first"}, []int{0}, []int{0}},
		"last":                {[]string{"query-duplicates:say=last"}, []int{5}, []int{5}},
		"all":                 {[]string{"query-duplicates:say=all"}, []int{5}, []int{0, 1, 4, 5}},
		"all, in any case":    {[]string{"query-duplicates:say=all", "choose:climsgid=folded"}, []int{7}, []int{0, 1, 4, 5, 6, 7}},
		"default, any case":   {[]string{"choose:climsgid=folded"}, []int{6}, []int{6}},
		"first, later":        {[]string{"query-duplicates:say=first,after=9"}, []int{4}, []int{4}},
		"first, then default": {[]string{"query-duplicates:say=first,times=1"}, []int{0}, []int{4}},
	} {
		t.Run(name, func(t *testing.T) {
			order(t, s, tt.faults...)
			asked := func(address, request string) []int {
				var places []int
				for _, id := range anyID.FindAllString(post(s, address, request).Body.String(), -1) {
					places = append(places, place[id])
				}
				return places
			}
			if diff := cmp.Diff(asked(documentAddress, documentCall("querymsg", query)), tt.document); diff != "" {
				t.Errorf("Document/Literal (-got +want):\n%s", diff)
			}
			if diff := cmp.Diff(asked(rpcAddress, rpcCall("querymsg", query, "")), tt.rpc); diff != "" {
				t.Errorf("RPC (-got +want):\n%s", diff)
			}
		})
	}
}

func TestReportingOfAllLeavesOutWhatIsHidden(t *testing.T) {
	c := newClock()
	s := newSimulator(t, Options{Now: c.now})
	order(t, s, "query-lag:for=30s,after=1", "query-duplicates:say=all")
	for range 2 {
		ask(t, s, "sendmsg", demo+"<text>Hello</text><climsgid>run1</climsgid>"+to("12025550143"))
	}
	query := rpcCall("querymsg", demo+"<climsgid>run1</climsgid>", "")
	if got := lines(post(s, rpcAddress, query).Body.String()); len(got) != 1 {
		t.Errorf("while the second is hidden: %q", got)
	}
	c.forward(30 * time.Second)
	if got := lines(post(s, rpcAddress, query).Body.String()); len(got) != 2 {
		t.Errorf("after: %q", got)
	}
}

func TestASessionLivesAsLongAsOrdered(t *testing.T) {
	c := newClock()
	s := newSimulator(t, Options{Now: c.now, Faults: []Fault{mustFault(t, "session-idle:for=10s")}})
	session := "<session_id>" + anyID.FindString(post(s, documentAddress, documentCall("auth", demo)).Body.String()) + "</session_id>"
	for _, step := range []struct {
		wait  time.Duration
		order string
		want  string
	}{
		{10 * time.Second, "", "OK:"},
		{11 * time.Second, "session-idle:for=20m", "OK:"},
		{20 * time.Minute, "", "OK:"},
		{16 * time.Minute, "gzip", "ERR: 003, Session ID expired"},
	} {
		c.forward(step.wait)
		if step.order != "" {
			order(t, s, step.order)
		}
		if got := one(t, s, "ping", session); got != step.want {
			t.Errorf("after %v: %q, want %q", step.wait, got, step.want)
		}
	}
}
