package inbox_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMessagesAreListedAndSearched(t *testing.T) {
	w := newWorld(t)
	w.send("sendmsg", credentials+"<text>One</text><to>12025550141</to><to>12025550142</to><to>12025550143</to>")
	w.send("sendmsg", credentials+"<text>Two</text><to>12025550144</to>")
	for name, tt := range map[string]struct {
		query string
		want  []int
		more  bool
	}{
		"all":            {"", []int{4, 3, 2, 1}, false},
		"a page":         {"?limit=2", []int{4, 3}, true},
		"the next":       {"?limit=2&before=3", []int{2, 1}, false},
		"since":          {"?after=3", []int{4}, false},
		"by text":        {"?q=two", []int{4}, false},
		"by digits":      {"?q=0142", []int{2}, false},
		"nobody's":       {"?q=nothing", nil, false},
		"by text, paged": {"?q=one&limit=1&before=3", []int{2}, true},
	} {
		t.Run(name, func(t *testing.T) {
			got := w.messages(tt.query)
			var places []int
			for _, m := range got.Messages {
				places = append(places, m.Place)
			}
			if diff := cmp.Diff(tt.want, places); diff != "" || got.More != tt.more || got.Total != 4 {
				t.Errorf("places %v, more %v of %d\n%s", places, got.More, got.Total, diff)
			}
		})
	}
	for _, query := range []string{"?limit=0", "?limit=1001", "?limit=x", "?before=-1", "?after=1.5"} {
		if answer, body := w.call("GET", "/_sim/messages"+query, ""); answer.StatusCode != http.StatusBadRequest || !strings.Contains(body, "write a number") {
			t.Errorf("%s: %s %s", query, answer.Status, body)
		}
	}
}

func TestAMessageHasAllThatIsKnownOfIt(t *testing.T) {
	w := newWorld(t)
	w.send("sendmsg", credentials+"<text>"+strings.Repeat("Hello Ann. ", 20)+"</text><to>12025550143</to><deliv_ack>1</deliv_ack><climsgid>run7</climsgid><queue>2</queue>")
	var got struct {
		Text     string
		Client   string `json:"client_id"`
		Kind     string
		Together int
		Parts    []struct{ Text string }
		History  []struct{ Code string }
		Options  []struct{ Name, Value string }
		Exchange struct{ Operation, Request, Answer string }
	}
	w.get("/_sim/messages/"+w.messages("").Messages[0].ID, &got)
	switch {
	case len(got.Text) != 220 || got.Client != "run7" || got.Kind != "text" || got.Together != 1:
		t.Errorf("it is %+v", got)
	case len(got.Parts) != 2 || len(got.Parts[0].Text) != 153:
		t.Errorf("its parts are %+v", got.Parts)
	case len(got.History) != 3 || got.History[0].Code != "002" || got.History[2].Code != "004":
		t.Errorf("its history is %+v", got.History)
	case len(got.Options) != 2 || got.Options[1].Name != "queue":
		t.Errorf("its options are %+v", got.Options)
	case got.Exchange.Operation != "sendmsg" || !strings.Contains(got.Exchange.Request, "Hello Ann.") || !strings.Contains(got.Exchange.Answer, "ID: "):
		t.Errorf("its exchange is %+v", got.Exchange)
	}
	if answer, body := w.call("GET", "/_sim/messages/00000000000000000000000000000000", ""); answer.StatusCode != http.StatusNotFound || !strings.Contains(body, "error") {
		t.Errorf("a message that is not there: %s %s", answer.Status, body)
	}
}

func TestEveryKindOfMessageIsNamed(t *testing.T) {
	w := newWorld(t)
	for _, tt := range []struct{ op, parameters, kind string }{
		{"sendmsg", "<text>Hello</text>", "text"},
		{"sendmsg", "<text>Hello</text><msg_type>SMS_FLASH</msg_type>", "flash"},
		{"sendmsg", "<udh>0605040B8423F0</udh><data>1B06</data>", "binary"},
		{"si_push", "<si_id>1</si_id><si_url>http://wap.example.com/</si_url><si_text>Hello</si_text>", "WAP push"},
		{"ind_push", "<mms_subject>Hello</mms_subject><mms_class>80</mms_class><mms_expire>60</mms_expire><mms_from>ACME</mms_from><mms_url>http://mms.example.com/</mms_url>", "multimedia"},
	} {
		w.send(tt.op, credentials+"<to>12025550143</to>"+tt.parameters)
		var got struct {
			Kind   string
			Push   struct{ Address string }
			Header []struct{ Name, Value string }
		}
		w.get("/_sim/messages/"+w.messages("").Messages[0].ID, &got)
		if got.Kind != tt.kind || strings.Contains(tt.parameters, "_url") != (got.Push.Address != "") {
			t.Errorf("%s %s is %+v", tt.op, tt.parameters, got)
		}
		if tt.kind == "binary" && (len(got.Header) != 1 || got.Header[0].Value != "to 2948 (WAP push), from 9200") {
			t.Errorf("its header is %+v", got.Header)
		}
	}
}

func TestFaultsAreOrderedAtRunTime(t *testing.T) {
	w := newWorld(t)
	if answer, body := w.call("PUT", "/_sim/faults", `{"faults": ["error:code=130", "shuffle"]}`); answer.StatusCode != http.StatusOK {
		t.Fatalf("%s %s", answer.Status, body)
	}
	var got struct {
		Faults []string
		Kinds  []struct {
			Name, Text string
			Keys       []struct{ Name, Form string }
		}
		Syntax string
	}
	w.get("/_sim/faults", &got)
	if diff := cmp.Diff([]string{"error:code=130", "shuffle"}, got.Faults); diff != "" {
		t.Error(diff)
	}
	if len(got.Kinds) < 13 || got.Kinds[0].Text == "" || len(got.Kinds[0].Keys) == 0 || got.Syntax == "" {
		t.Errorf("the vocabulary is %+v", got)
	}
	if answer := w.send("sendmsg", credentials+"<text>Hello</text><to>12025550143</to>"); !strings.Contains(answer, "ERR: 130") {
		t.Errorf("the fault does not act: %s", answer)
	}
	for body, want := range map[string]string{
		`{"faults": ["shuffle", "nonsense"]}`: "no such fault", `{}`: "write {", `{"fault": []}`: "unknown field", `{"faults": []} {}`: "follows", `[]`: "body",
	} {
		if answer, got := w.call("PUT", "/_sim/faults", body); answer.StatusCode != http.StatusBadRequest || !strings.Contains(got, want) {
			t.Errorf("%s: %s %s", body, answer.Status, got)
		}
	}
	if w.get("/_sim/faults", &got); len(got.Faults) != 2 {
		t.Errorf("a refused order has taken effect: %v", got.Faults)
	}
}

func TestCreditSessionsAndSettingsAreChanged(t *testing.T) {
	w := newWorld(t)
	w.send("auth", credentials)
	var sessions struct{ Sessions int }
	if w.get("/_sim/sessions", &sessions); sessions.Sessions != 1 {
		t.Errorf("%d sessions are open", sessions.Sessions)
	}
	if answer, body := w.call("DELETE", "/_sim/sessions", ""); answer.StatusCode != http.StatusOK || !strings.Contains(body, `"expired": 1`) {
		t.Errorf("%s %s", answer.Status, body)
	}
	if answer, body := w.call("PATCH", "/_sim/accounts/demo", `{"credit": 2.5}`); answer.StatusCode != http.StatusOK || !strings.Contains(body, `"credit": 2.5`) {
		t.Errorf("%s %s", answer.Status, body)
	}
	for path, body := range map[string]string{"/_sim/accounts/nobody": `{"credit": 1}`, "/_sim/accounts/demo": `{"credit": -1}`, "/_sim/accounts/demo?": `{}`} {
		if answer, got := w.call("PATCH", path, body); answer.StatusCode != http.StatusBadRequest {
			t.Errorf("%s %s: %s %s", path, body, answer.Status, got)
		}
	}
	// What is shown whole can be given back, and nobody loses a password by it.
	_, shown := w.call("GET", "/_sim/settings?numbers=shown", "")
	if answer, body := w.call("PUT", "/_sim/settings", strings.Replace(shown, `"credit": 2.5`, `"credit": 7`, 1)); answer.StatusCode != http.StatusOK {
		t.Fatalf("%s %s", answer.Status, body)
	}
	if got := w.send("getbalance", credentials); !strings.Contains(got, "Credit: 7.000") {
		t.Errorf("the account has %s", got)
	}
	if answer, body := w.call("PUT", "/_sim/settings", `{"accounts": [{"user": "x"}]}`); answer.StatusCode != http.StatusBadRequest || !strings.Contains(body, "accounts[0]") {
		t.Errorf("%s %s", answer.Status, body)
	}
}

func TestWhatWasSentTwiceIsCounted(t *testing.T) {
	w := newWorld(t)
	for range 2 {
		w.send("sendmsg", credentials+"<text>Hello</text><to>12025550143</to>")
	}
	w.send("sendmsg", credentials+"<text>Hello</text><to>12025550144</to>")
	type sent struct {
		Sent []struct {
			To, Text string
			Count    int
		}
	}
	var all, twice sent
	w.get("/_sim/sent", &all)
	w.get("/_sim/sent?least=2&numbers=shown", &twice)
	if len(all.Sent) != 2 || len(twice.Sent) != 1 || twice.Sent[0].To != "+12025550143" || twice.Sent[0].Count != 2 {
		t.Errorf("sent %+v, twice %+v", all, twice)
	}
}

func TestResetForgetsAndSaysSo(t *testing.T) {
	w := newWorld(t)
	w.send("sendmsg", credentials+"<text>Hello</text><to>12025550143</to>")
	before := w.messages("")
	if answer, body := w.call("POST", "/_sim/reset", ""); answer.StatusCode != http.StatusOK {
		t.Fatalf("%s %s", answer.Status, body)
	}
	if after := w.messages(""); after.Total != 0 || after.Epoch == before.Epoch {
		t.Errorf("after the reset: %+v, before: %+v", after, before)
	}
	var got struct {
		Requests map[string]int
	}
	if w.get("/_sim/requests", &got); len(got.Requests) != 0 {
		t.Errorf("requests are counted still: %v", got.Requests)
	}
}

func TestWhatTheControlAPIDoesNotHaveIsAnErrorInJSONToo(t *testing.T) {
	w := newWorld(t)
	for _, tt := range []struct {
		method, path, want, allow string
		status                    int
	}{
		{"GET", "/_sim/nothing", "no such address", "", http.StatusNotFound},
		{"GET", "/_sim/", "no such address", "", http.StatusNotFound},
		{"POST", "/_sim/messages", "takes GET", "GET", http.StatusMethodNotAllowed},
		{"DELETE", "/_sim/faults", "takes GET and PUT", "GET, PUT", http.StatusMethodNotAllowed},
		{"GET", "/_sim/reset", "takes POST", "POST", http.StatusMethodNotAllowed},
		{"GET", "/_sim/accounts/demo", "takes PATCH", "PATCH", http.StatusMethodNotAllowed},
	} {
		answer, body := w.call(tt.method, tt.path, "")
		if answer.StatusCode != tt.status || !strings.HasPrefix(body, `{"error":`) || !strings.Contains(body, tt.want) || answer.Header.Get("Allow") != tt.allow {
			t.Errorf("%s %s: %s, Allow %q, %s", tt.method, tt.path, answer.Status, answer.Header.Get("Allow"), body)
		}
	}
}
