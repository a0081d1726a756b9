package simulator

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseFaultSaysWhatIsWrong(t *testing.T) {
	for in, want := range map[string]string{
		"":                    `there is no such fault; there are drop-before-answer, drop-after-headers`,
		"drop":                "no such fault",
		"shuffle:":            `fault shuffle has no such key; it has seed, op, times, after, every`,
		"shuffle:op=ping":     `fault shuffle: op: give one of sendmsg, si_push`,
		"shuffle:seed=1,":     `fault shuffle has no such key`,
		"error:times=1,times": `fault error has times twice: give it once`,
		"delay":               `fault delay needs for=DURATION`,
		"delay:for=3":         `fault delay: for: give a duration above nought, such as 2s or 15m`,
		"spelling":            `fault spelling needs a key, such as case=upper|lower|title`,
		"spelling:op=ping":    `fault spelling needs a key`,
	} {
		if _, err := ParseFault(in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want %q", in, err, want)
		}
	}
	if _, err := New(Options{Faults: []Fault{{}}}); err == nil {
		t.Error("a fault that ParseFault did not make was taken")
	}
}

// tries are values that a form of a key allows, and some that it does not. Other forms are choices.
var tries = map[string]struct{ right, wrong []string }{
	"N":           {[]string{"1", "300"}, []string{"", "0", "-1", "1.5", "x"}},
	"DURATION":    {[]string{"2s", "15m"}, []string{"", "0s", "-1s", "3", "x"}},
	"CREDITS":     {[]string{"0", "2.5"}, []string{"", "-1", "NaN", "x"}},
	"DIGITS":      {[]string{"0", "12025550143"}, []string{"", "+1", "x"}},
	"TEXT":        {[]string{"", "Internal error"}, []string{"a\nb"}},
	"NAME":        {[]string{"sendmsg"}, []string{"", "a b", "item>"}},
	"001..999":    {[]string{"001", "999", "7"}, []string{"", "000", "1000", "x"}},
	"001..014":    {[]string{"001", "014"}, []string{"", "000", "015"}},
	"300..599":    {[]string{"300", "599"}, []string{"", "200", "600"}},
	"(operation)": {[]string{"any", "ANY"}, []string{"", "mail"}},
}

func TestEveryKeyThatIsDescribedIsTakenAndItsWrongValuesAreRefused(t *testing.T) {
	for _, d := range Faults() {
		if d.Text == "" || strings.ContainsAny(d.Text, "\n") {
			t.Errorf("%s: %q is not one line", d.Name, d.Text)
		}
		needed := needs(d)
		for _, key := range d.Keys {
			form := key.Form
			if key.Name == "op" {
				form = "(operation)"
			}
			try, known := tries[form]
			if !known {
				try.right, try.wrong = strings.Split(form, "|"), []string{"", "x", form + "|"}
			}
			if key.Usual != "" {
				try.right = append(try.right, key.Usual)
			}
			for _, value := range try.right {
				written := d.Name + ":" + key.Name + "=" + value
				if needed != "" && !strings.HasPrefix(needed, key.Name+"=") {
					written += "," + needed
				}
				f, err := ParseFault(written)
				if err != nil || f.String() != written {
					t.Errorf("%q gave %q, %v", written, f, err)
				}
			}
			for _, value := range try.wrong {
				written := d.Name + ":" + key.Name + "=" + value
				_, err := ParseFault(written)
				if err == nil || !strings.HasPrefix(err.Error(), "fault "+d.Name+": "+key.Name+": give ") {
					t.Errorf("%q: %v, want what to give instead", written, err)
				}
			}
		}
	}
}

// needs gives the key without which the fault is refused, with a value; "" for none.
func needs(d FaultDescription) string {
	_, err := ParseFault(d.Name)
	if err == nil {
		return ""
	}
	_, missing, _ := strings.Cut(err.Error(), "needs ")
	name, form, _ := strings.Cut(strings.TrimPrefix(missing, "a key, such as "), "=")
	if try := tries[form].right; len(try) > 0 {
		return name + "=" + try[0]
	}
	first, _, _ := strings.Cut(form, "|")
	return name + "=" + first
}

func TestAFaultTakesTheRequestsThatItsKeysName(t *testing.T) {
	for keys, want := range map[string]string{
		"":                         "xxxxxxxx",
		":times=2":                 "xx------",
		":after=3":                 "---xxxxx",
		":every=3":                 "--x--x--",
		":after=2,every=2,times=2": "---x-x--",
	} {
		s := withFaults(t, "soap-fault"+keys)
		got := ""
		for range 8 {
			one(t, s, "getbalance", demo)                      // another operation does not count
			one(t, s, "sendmsg", "<text>Hello</text>"+to("1")) // nor does one without credentials
			w := post(s, documentAddress, documentCall("sendmsg", demo+"<text>Hello</text>"+to("12025550143")))
			got += map[int]string{200: "-", 500: "x"}[w.Code]
		}
		if got != want {
			t.Errorf("soap-fault%s took %s, want %s", keys, got, want)
		}
		if n := len(s.Messages()); n != 8 {
			t.Errorf("soap-fault%s: %d messages accepted, want 8", keys, n)
		}
	}
}

func TestAnAnswerIsChangedAsOrdered(t *testing.T) {
	send := demo + "<text>Hello</text>" + to("12025550143", "12025550144", "12025550145")
	const a, b, c = "ID: ID To: 12025550143", "ID: ID To: 12025550144", "ID: ID To: 12025550145"
	for name, tt := range map[string]struct {
		faults []string
		want   []string
	}{
		"none":                       {nil, []string{a, b, c}},
		"last line missing":          {[]string{"missing-line"}, []string{a, b}},
		"first line missing":         {[]string{"missing-line:line=1"}, []string{b, c}},
		"line that is not there":     {[]string{"missing-line:line=4"}, []string{a, b, c}},
		"extra line":                 {[]string{"extra-line"}, []string{a, b, c, "ID: ID To: 12025550199"}},
		"extra line about somebody":  {[]string{"extra-line:to=447700900001"}, []string{a, b, c, "ID: ID To: 447700900001"}},
		"shuffled":                   {[]string{"shuffle"}, []string{c, a, b}},
		"shuffled otherwise":         {[]string{"shuffle:seed=3"}, []string{b, c, a}},
		"credit gone":                {[]string{"credit-runs-out:credit=2"}, []string{a, b, "ERR: 301, No Credit Left To: 12025550145"}},
		"credit gone, bare":          {[]string{"credit-runs-out:credit=2", "bare-error-line"}, []string{a, b, "ERR: 301, No Credit Left"}},
		"refused":                    {[]string{"refuse:code=122,ending=44"}, []string{a, "ERR: 122, Destination mobile opted out To: 12025550144", c}},
		"limit reached in between":   {[]string{"refuse:code=130,ending=45,for=90s"}, []string{a, b, "ERR: 130, Maximum MT limit exceeded until 1700000090 To: 12025550145"}},
		"internal error":             {[]string{"error"}, []string{"ERR: 901, Internal error - please retry"}},
		"message limit":              {[]string{"error:code=130,for=90s"}, []string{"ERR: 130, Maximum MT limit exceeded until 1700000090"}},
		"a code nobody has heard of": {[]string{"error:code=777"}, []string{"ERR: 777, Error"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := withFaults(t, tt.faults...)
			s.now = newClock().now
			if diff := cmp.Diff(ask(t, s, "sendmsg", send), tt.want); diff != "" {
				t.Errorf("lines (-got +want):\n%s", diff)
			}
		})
	}
}

func TestAnErrorIsAnsweredOnceAndAcceptsNothing(t *testing.T) {
	s := withFaults(t, "error:code=901,after=1", "error:op=querymsg,code=104,times=2")
	var got []string
	for range 3 {
		got = append(got, one(t, s, "sendmsg", demo+"<text>Hello</text><climsgid>run1</climsgid>"+to("12025550143")))
	}
	for range 3 {
		got = append(got, one(t, s, "querymsg", demo+"<climsgid>run1</climsgid>"))
	}
	want := []string{"ID: ID", "ERR: 901, Internal error - please retry", "ID: ID",
		"ERR: 104, Unknown client message ID", "ERR: 104, Unknown client message ID", "ID: ID Status: 002"}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("lines (-got +want):\n%s", diff)
	}
	if n := len(s.Messages()); n != 2 {
		t.Errorf("%d messages accepted, want 2", n)
	}
}

func TestAFaultMayCountEveryOperation(t *testing.T) {
	const send = demo + "<text>Hello</text><to>12025550143</to>"
	for name, tt := range map[string]struct {
		fault string
		want  []bool // taken: auth, auth refused, sendmsg, getbalance, sendmsg
	}{
		"any":                        {"soap-fault:op=any", []bool{true, false, true, true, true}},
		"any, second":                {"soap-fault:op=any,every=2", []bool{false, false, true, false, true}},
		"sendmsg":                    {"soap-fault", []bool{false, false, true, false, true}},
		"of those that it may count": {"refuse:op=any,every=2", []bool{false, false, false, false, true}},
	} {
		t.Run(name, func(t *testing.T) {
			s := withFaults(t, tt.fault)
			var got []bool
			for _, request := range []string{
				documentCall("auth", demo), documentCall("auth", "<api_id>1</api_id><user>demo</user><password>x</password>"),
				documentCall("sendmsg", send), documentCall("getbalance", demo), documentCall("sendmsg", send),
			} {
				w := post(s, documentAddress, request)
				got = append(got, w.Code == 500 || strings.Contains(w.Body.String(), "ERR: 114"))
			}
			if diff := cmp.Diff(got, tt.want); diff != "" {
				t.Errorf("taken (-got +want):\n%s", diff)
			}
		})
	}
}

func TestFaultsAboutMessagesActOnEveryOperationThatSends(t *testing.T) {
	const first, second = "12025550143", "12025550144"
	for op, parameters := range map[string]string{
		"sendmsg":   "<text>Hello</text>",
		"si_push":   "<si_id>a</si_id><si_url>http://example.com/</si_url><si_text>Hello</si_text>",
		"ind_push":  "<mms_subject>a</mms_subject><mms_class>80</mms_class><mms_expire>60</mms_expire><mms_from>a</mms_from><mms_url>http://example.com/</mms_url>",
		"senditem":  "",
		"quicksend": "",
	} {
		s := newSimulator(t, Options{})
		if parameters == "" {
			parameters = batchID(startBatch(s, "<template>Hello</template>"))
		}
		send := demo + parameters + to(first, second)
		for _, tt := range []struct{ faults, want []string }{
			{[]string{"refuse:ending=44,op=OP"}, []string{"ID: ID To: " + first, "ERR: 114, Cannot route message To: " + second}},
			{[]string{"refuse:ending=44,op=OP", "bare-error-line:op=OP"}, []string{"ID: ID To: " + first, "ERR: 114, Cannot route message"}},
			{[]string{"shuffle:seed=2,op=OP"}, []string{"ID: ID To: " + second, "ID: ID To: " + first}},
			{[]string{"missing-line:op=OP"}, []string{"ID: ID To: " + first}},
			{[]string{"extra-line:op=OP"}, []string{"ID: ID To: " + first, "ID: ID To: " + second, "ID: ID To: 12025550199"}},
			{[]string{"query-lag:for=1h,op=OP"}, []string{"ID: ID To: " + first, "ID: ID To: " + second}},
		} {
			for i, f := range tt.faults {
				tt.faults[i] = strings.ReplaceAll(f, "OP", op)
			}
			order(t, s, tt.faults...)
			if diff := cmp.Diff(ask(t, s, op, send), tt.want); diff != "" {
				t.Errorf("%s, %s: lines (-got +want):\n%s", op, tt.faults, diff)
			}
		}
		messages := s.Messages()
		query := demo + "<apimsgid>" + messages[len(messages)-1].ID + "</apimsgid>"
		if got := one(t, s, "querymsg", query); got != "ERR: 103, Unknown API message ID" {
			t.Errorf("%s: a message that query-lag hides: %q", op, got)
		}
	}
}

func TestASOAPFaultSaysWhatIsOrdered(t *testing.T) {
	for fault, want := range map[string]string{
		"soap-fault":                           "<faultcode>SOAP-ENV:Server</faultcode><faultstring>Internal error</faultstring>",
		"soap-fault:code=Client,string=a < b!": "<faultcode>SOAP-ENV:Client</faultcode><faultstring>a &lt; b!</faultstring>",
	} {
		s := withFaults(t, fault)
		w := post(s, documentAddress, documentCall("sendmsg", demo+"<text>Hello</text>"+to("12025550143")))
		if w.Code != 500 || !strings.Contains(w.Body.String(), want) || len(s.Messages()) != 1 {
			t.Errorf("%s: %d %s, %d messages", fault, w.Code, w.Body, len(s.Messages()))
		}
	}
}

func TestMessagesEndWithTheStatusOrdered(t *testing.T) {
	c := newClock()
	s := newSimulator(t, Options{Now: c.now})
	order(t, s, "status:code=010,ending=44,times=1", "status:ending=45,times=1")
	for range 2 {
		ask(t, s, "sendmsg", demo+"<text>Hello</text><deliv_ack>1</deliv_ack>"+to("12025550143", "12025550144", "12025550145"))
	}
	c.forward(time.Hour)
	var got []string
	for _, m := range s.Messages() {
		got = append(got, strings.TrimPrefix(one(t, s, "querymsg", demo+"<apimsgid>"+m.ID+"</apimsgid>"), "ID: ID Status: "))
	}
	if diff := cmp.Diff(got, []string{"004", "010", "007", "004", "004", "004"}); diff != "" {
		t.Errorf("statuses (-got +want):\n%s", diff)
	}
}

func TestHTTPStatusComesAfterAcceptance(t *testing.T) {
	s := withFaults(t, "http-status:code=502,times=1")
	w := post(s, documentAddress, documentCall("sendmsg", demo+"<text>Hello</text>"+to("12025550143")))
	if w.Code != 502 || len(s.Messages()) != 1 {
		t.Errorf("status %d, %d messages", w.Code, len(s.Messages()))
	}
}

func TestQueryLagHidesAMessageForAWhile(t *testing.T) {
	for say, hidden := range map[string][2]string{
		"104": {"ERR: 104, Unknown client message ID", "ERR: 103, Unknown API message ID"},
		"001": {"ID: ID Status: 001", "ID: ID Status: 001"},
	} {
		c := newClock()
		s := withFaults(t, "query-lag:for=30s,times=1,say="+say)
		s.now = c.now
		ask(t, s, "sendmsg", demo+"<text>Hello</text><climsgid>run1</climsgid>"+to("12025550143"))
		ask(t, s, "sendmsg", demo+"<text>Hello</text><climsgid>run2</climsgid>"+to("12025550143"))
		c.forward(29 * time.Second)
		got := [2]string{
			one(t, s, "querymsg", demo+"<climsgid>run1</climsgid>"),
			one(t, s, "querymsg", demo+"<apimsgid>"+s.Messages()[0].ID+"</apimsgid>"),
		}
		if got != hidden {
			t.Errorf("say=%s: %q, want %q", say, got, hidden)
		}
		if got := one(t, s, "querymsg", demo+"<climsgid>run2</climsgid>"); got != "ID: ID Status: 003" {
			t.Errorf("say=%s: the second request: %q", say, got)
		}
		c.forward(time.Second)
		if got := one(t, s, "querymsg", demo+"<climsgid>run1</climsgid>"); got != "ID: ID Status: 003" {
			t.Errorf("say=%s: after the lag: %q", say, got)
		}
	}
}

func TestSessionsAreForcedToExpire(t *testing.T) {
	s := withFaults(t, "expire-sessions-after:requests=2,times=1")
	var got []string
	for range 2 {
		id := anyID.FindString(post(s, documentAddress, documentCall("auth", demo)).Body.String())
		for range 3 {
			got = append(got, one(t, s, "ping", "<session_id>"+id+"</session_id>"))
		}
	}
	if diff := cmp.Diff(got, []string{"OK:", "OK:", "ERR: 003, Session ID expired", "OK:", "OK:", "OK:"}); diff != "" {
		t.Errorf("pings (-got +want):\n%s", diff)
	}
}
