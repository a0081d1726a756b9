package simulator

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSendmsgRefusesWhatCannotBeSent(t *testing.T) {
	const number = "12025550143"
	text := "<text>Hello</text>"
	for name, tt := range map[string]struct{ parameters, want string }{
		"no credentials":               {"", "ERR: 005, Missing session ID"},
		"session unknown":              {"<session_id>00000000000000000000000000000000</session_id>" + text + to(number), "ERR: 003, Session ID expired"},
		"session before credentials":   {"<session_id>a</session_id>" + demo + text + to(number), "ERR: 003, Session ID expired"},
		"user unknown":                 {strings.Replace(demo, "demo", "nobody", 1), "ERR: 001, Authentication failed"},
		"password wrong":               {"<api_id>1</api_id><user>demo</user><password>Demo</password>", "ERR: 001, Authentication failed"},
		"api_id wrong":                 {strings.Replace(demo, "1", "2", 1), "ERR: 108, Invalid or missing API ID"},
		"api_id nought":                {strings.Replace(demo, "1", "0", 1), "ERR: 108, Invalid or missing API ID"},
		"no recipient":                 {demo + text, "ERR: 101, Invalid or missing parameters"},
		"recipient empty":              {demo + text + "<to/>", "ERR: 101, Invalid or missing parameters"},
		"not a number":                 {demo + text + to(number) + "<concat>two</concat>", "ERR: 101, Invalid or missing parameters"},
		"out of range":                 {demo + text + to(number) + "<queue>4</queue>", "ERR: 101, Invalid or missing parameters"},
		"not a switch":                 {demo + text + to(number) + "<deliv_ack>2</deliv_ack>", "ERR: 101, Invalid or missing parameters"},
		"credits below nought":         {demo + text + to(number) + "<max_credits>-1</max_credits>", "ERR: 101, Invalid or missing parameters"},
		"text and data":                {demo + text + to(number) + "<data>00</data>", "ERR: 101, Invalid or missing parameters"},
		"data that is not hexadecimal": {demo + to(number) + "<data>0g</data>", "ERR: 101, Invalid or missing parameters"},
		"header without data":          {demo + to(number) + "<udh>0102</udh>", "ERR: 101, Invalid or missing parameters"},
		"climsgid of 33":               {demo + text + to(number) + "<climsgid>" + strings.Repeat("a", 33) + "</climsgid>", "ERR: 101, Invalid or missing parameters"},
		"climsgid with a dash":         {demo + text + to(number) + "<climsgid>a-b</climsgid>", "ERR: 101, Invalid or missing parameters"},
		"no text":                      {demo + to(number), "ERR: 107, Empty message"},
		"101 before 107":               {demo, "ERR: 101, Invalid or missing parameters"},
		"type unknown":                 {demo + text + to(number) + "<msg_type>sms_text</msg_type>", "ERR: 112, Invalid message type"},
		"107 before 112":               {demo + to(number) + "<msg_type>sms_text</msg_type>", "ERR: 107, Empty message"},
		"half a unit":                  {demo + "<text>004</text><unicode>1</unicode>" + to(number), "ERR: 116, Invalid Unicode data"},
		"units that are no digits":     {demo + text + "<unicode>1</unicode>" + to(number), "ERR: 116, Invalid Unicode data"},
		"climsgid with a space":        {demo + text + to(number) + "<climsgid>a b</climsgid>", "ERR: 120, Invalid delivery time"},
		"beyond seven days":            {demo + text + to(number) + "<deliv_time>10081</deliv_time>", "ERR: 120, Invalid delivery time"},
		"in the past":                  {demo + text + to(number) + "<deliv_time>-1</deliv_time>", "ERR: 120, Invalid delivery time"},
		"header of another length":     {demo + to(number) + "<udh>0500</udh><data>00</data>", "ERR: 102, Invalid user data header"},
		"header not hexadecimal":       {demo + to(number) + "<udh>0x</udh><data>00</data>", "ERR: 102, Invalid user data header"},
		"sender of 12 letters":         {demo + text + to(number) + "<from>ABCDEFGHIJKL</from>", "ERR: 106, Invalid source address"},
		"sender of 17 digits":          {demo + text + to(number) + "<from>12345678901234567</from>", "ERR: 106, Invalid source address"},
		"name on binary":               {demo + to(number) + "<data>00</data><from>ACME</from>", "ERR: 106, Invalid source address"},
		"two parts, concat absent":     {demo + "<text>" + strings.Repeat("x", 161) + "</text>" + to(number), "ERR: 113, Maximum message parts exceeded"},
		"three parts, concat 2":        {demo + "<text>" + strings.Repeat("x", 307) + "</text><concat>2</concat>" + to(number), "ERR: 113, Maximum message parts exceeded"},
		"301 recipients":               {demo + text + to(many(301)...), "ERR: 101, Invalid or missing parameters"},
		"113 before 301 recipients":    {demo + "<text>" + strings.Repeat("x", 161) + "</text>" + to(many(301)...), "ERR: 113, Maximum message parts exceeded"},
		"plus before the number":       {demo + text + to("+"+number), "ERR: 105, Invalid destination address"},
		"leading nought":               {demo + text + to("02025550143"), "ERR: 105, Invalid destination address"},
		"six digits":                   {demo + text + to("120255"), "ERR: 105, Invalid destination address"},
		"letters":                      {demo + text + to("1202555014x"), "ERR: 105, Invalid destination address"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSimulator(t, Options{})
			if diff := cmp.Diff(ask(t, s, "sendmsg", tt.parameters), []string{tt.want}); diff != "" {
				t.Errorf("lines (-got +want):\n%s", diff)
			}
			if n := len(s.Messages()); n != 0 {
				t.Errorf("%d messages accepted", n)
			}
		})
	}
}

func TestEachRecipientHasItsLine(t *testing.T) {
	s := withFaults(t, "refuse:code=128,ending=1", "refuse:code=122,ending=01", "refuse:code=121,ending=2", "refuse:code=130,ending=3,for=60s", "credit-runs-out:credit=2")
	s.now = func() time.Time { return time.Unix(1700000000, 0) }
	got := ask(t, s, "sendmsg", demo+"<text>Hello</text>"+to("447700900000", "447700900001", "447700900011", "447700900002", "bad&lt;", "447700900003", "447700900005", "447700900006"))
	want := []string{
		"ID: ID To: 447700900000",
		"ERR: 122, Destination mobile opted out To: 447700900001",
		"ERR: 128, Number delisted To: 447700900011",
		"ERR: 121, Destination mobile number blocked To: 447700900002",
		"ERR: 105, Invalid destination address To: bad&lt;",
		"ERR: 130, Maximum MT limit exceeded until 1700000060 To: 447700900003",
		"ID: ID To: 447700900005",
		"ERR: 301, No Credit Left To: 447700900006",
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("lines (-got +want):\n%s", diff)
	}
	if diff := cmp.Diff(gist(s), []string{"447700900000 Hello", "447700900005 Hello"}); diff != "" {
		t.Errorf("messages (-got +want):\n%s", diff)
	}
	if diff := cmp.Diff(ask(t, s, "getbalance", demo), []string{"Credit: 0.000"}); diff != "" {
		t.Errorf("balance (-got +want):\n%s", diff)
	}
}

func TestAMessageIsWhatTheRequestSaid(t *testing.T) {
	s := newSimulator(t, Options{Now: func() time.Time { return time.Unix(1700000000, 0) }})
	ask(t, s, "sendmsg", demo+"<text>Look</text><from>ACME</from><msg_type>SMS_FLASH</msg_type><deliv_ack>1</deliv_ack><deliv_time>30</deliv_time>"+
		"<validity>60</validity><concat>3</concat><msg_callback>7</msg_callback><max_credits>2</max_credits><req_feat>512</req_feat>"+
		"<queue>2</queue><escalate>1</escalate><mo>1</mo><climsgid>run1</climsgid>"+to("12025550143"))
	ask(t, s, "sendmsg", demo+"<udh>06050415820000</udh><data>48656C6C6F</data>"+to("12025550143"))
	ask(t, s, "sendmsg", demo+"<text>d83dDE0A</text><unicode>1</unicode>"+to("12025550143"))
	at := time.Unix(1700000000, 0).UTC()
	want := []Message{
		{ClientID: "run1", To: "12025550143", From: "ACME", Text: "Look", Encoding: "gsm7", Segments: 1, At: at, Request: 1, Content: Content{
			Flash: true, Ack: true, Delay: 30, Validity: 60, Concat: 3, Callback: 7, MaxCredits: 2, Features: 512, Queue: 2, Escalate: true, MO: true, Type: "SMS_FLASH"}},
		{To: "12025550143", Encoding: "binary", Segments: 1, At: at, Request: 2, Content: Content{UDH: "06050415820000", Data: "48656C6C6F"}},
		{To: "12025550143", Text: "😊", Encoding: "ucs2", Segments: 1, At: at, Request: 3},
	}
	got := s.Messages()
	for i := range got {
		if !anyID.MatchString(got[i].ID) {
			t.Errorf("id %q", got[i].ID)
		}
		got[i].ID = ""
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("messages (-got +want):\n%s", diff)
	}
}

func TestPartsAreCountedWithoutCuttingACharacter(t *testing.T) {
	for name, tt := range map[string]struct {
		count func(string) int
		text  string
		want  int
	}{
		"nothing":                       {plainSegments, "", 1},
		"160":                           {plainSegments, strings.Repeat("x", 160), 1},
		"161":                           {plainSegments, strings.Repeat("x", 161), 2},
		"306":                           {plainSegments, strings.Repeat("ä", 306), 2},
		"307":                           {plainSegments, strings.Repeat("ä", 307), 3},
		"80 euro signs":                 {plainSegments, strings.Repeat("€", 80), 1},
		"escape at the end of a part":   {plainSegments, strings.Repeat("x", 152) + "€" + strings.Repeat("x", 152), 3},
		"escape that fits":              {plainSegments, strings.Repeat("x", 151) + "€" + strings.Repeat("x", 153), 2},
		"70 units":                      {unicodeSegments, strings.Repeat("Ж", 70), 1},
		"71 units":                      {unicodeSegments, strings.Repeat("Ж", 71), 2},
		"35 pairs":                      {unicodeSegments, strings.Repeat("😊", 35), 1},
		"pairs of 33 to a part":         {unicodeSegments, strings.Repeat("😊", 67), 3},
		"pair at the end of a part":     {unicodeSegments, strings.Repeat("Ж", 66) + "😊" + strings.Repeat("Ж", 65), 2},
		"pair that makes one part more": {unicodeSegments, strings.Repeat("Ж", 66) + "😊" + strings.Repeat("Ж", 66), 3},
	} {
		t.Run(name, func(t *testing.T) {
			if got := tt.count(tt.text); got != tt.want {
				t.Errorf("%d parts, want %d", got, tt.want)
			}
		})
	}
	for octets, want := range map[int]int{0: 1, 140: 1, 141: 2, 268: 2, 269: 3} {
		if got := binarySegments(octets); got != want {
			t.Errorf("%d octets: %d parts, want %d", octets, got, want)
		}
	}
	if got := onAir("Żółw “ok” [€] ç Ç\t."); got != "???w ?ok? [€] ? Ç?." {
		t.Errorf("on air: %q", got)
	}
}
