package simulator

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Section 7 of the gateway specification.
func TestParametersOfSendmsgHaveTheirRanges(t *testing.T) {
	const bad = "ERR: 101, Invalid or missing parameters"
	for name, tt := range map[string]struct {
		parameters, rpc string // with %s for the value; rpc where it is another
		takes, refuses  []string
		error           string
	}{
		"concat":                    {parameters: "<concat>%s</concat>", takes: []string{"1", "2", "3", "35", "255"}, refuses: []string{"-1", "1.5", "two", "2147483648"}, error: bad},
		"deliv_ack":                 {parameters: "<deliv_ack>%s</deliv_ack>", takes: []string{"0", "1"}, refuses: []string{"-1", "2", "true"}, error: bad},
		"msg_callback":              {parameters: "<msg_callback>%s</msg_callback>", takes: []string{"0", "1", "2", "3", "4", "5", "6", "7"}, refuses: []string{"-1", "8"}, error: bad},
		"deliv_time":                {parameters: "<deliv_time>%s</deliv_time>", takes: []string{"0", "1", "10", "10080"}, refuses: []string{"-1", "10081", "4294967296", "soon", "0.5"}, error: "ERR: 120, Invalid delivery time"},
		"max_credits":               {parameters: "<max_credits>%s</max_credits>", takes: []string{"1", "4", "100"}, refuses: []string{"-1", "-0.5", "much", "NaN", "INF"}, error: bad},
		"max_credits with decimals": {parameters: "<max_credits>%s</max_credits>", rpc: " ", refuses: []string{"1.5"}, error: bad},
		"max_credits in RPC":        {parameters: " ", rpc: "<max_credits>%s</max_credits>", takes: []string{"1.5", "0.1"}, refuses: []string{"-1.5"}, error: bad},
		"req_feat":                  {parameters: "<req_feat>%s</req_feat>", takes: []string{"1", "544", "8208", "24639", "2147483647"}, refuses: []string{"-1", "0x20", "2147483648"}, error: bad},
		"queue":                     {parameters: "<queue>%s</queue>", takes: []string{"1", "2", "3"}, refuses: []string{"-1", "4"}, error: bad},
		"escalate":                  {parameters: "<escalate>%s</escalate>", takes: []string{"0", "1"}, refuses: []string{"-1", "2"}, error: bad},
		"mo":                        {parameters: "<mo>%s</mo>", takes: []string{"0", "1"}, refuses: []string{"-1", "2"}, error: bad},
		"climsgid":                  {parameters: "<climsgid>%s</climsgid>", rpc: "<cliMsgId>%s</cliMsgId>", takes: []string{"a", strings.Repeat("aZ09", 8)}, refuses: []string{strings.Repeat("a", 33), "a-b", "é"}, error: bad},
		"climsgid with a space":     {parameters: "<climsgid>%s</climsgid>", rpc: "<cliMsgId>%s</cliMsgId>", refuses: []string{"a b", "a\tb", " a", "a "}, error: "ERR: 120, Invalid delivery time"},
		"unicode":                   {parameters: "<unicode>%s</unicode>", takes: []string{"0", "1"}, refuses: []string{"-1", "2"}, error: bad},
		"msg_type": {parameters: "<msg_type>%s</msg_type>", takes: []string{"SMS_TEXT", "SMS_FLASH", "SMS_NOKIA_OLOGO", "SMS_NOKIA_GLOGO", "SMS_NOKIA_PICTURE",
			"SMS_NOKIA_RINGTONE", "SMS_NOKIA_RTTL", "SMS_NOKIA_CLEAN", "SMS_NOKIA_VCARD", "SMS_NOKIA_VCAL"}, refuses: []string{"sms_text", "SMS_NOKIA_RTTTL", "FLASH"}, error: "ERR: 112, Invalid message type"},
		"udh":               {parameters: "<udh>%s</udh><data>00</data>", takes: []string{"00", "0100", "06050415820000", "0500AB00fF00"}, refuses: []string{"0", "0x", "0500", "010000"}, error: "ERR: 102, Invalid user data header"},
		"udh beside a type": {parameters: "<udh>0100</udh><data>00</data><msg_type>%s</msg_type>", refuses: []string{"SMS_TEXT", "SMS_FLASH"}, error: bad},
		"data":              {parameters: "<data>%s</data>", takes: []string{"00", "48656C6c6F"}, refuses: []string{"0", "0g"}, error: bad},
		"validity":          {parameters: "<validity>%s</validity>", takes: []string{"1", "1440", "525600"}, refuses: []string{"-1", "1h"}, error: bad},
		"from":              {parameters: "<from>%s</from>", takes: []string{"1", "1202555010012345", "+12025550100", "ACME", "Elf Letters", "A.C. &amp; ME"}, refuses: []string{"12025550100123456", "ABCDEFGHIJKL", "+"}, error: "ERR: 106, Invalid source address"},
	} {
		for _, address := range []string{documentAddress, rpcAddress} {
			if address == rpcAddress && tt.rpc != "" {
				tt.parameters = tt.rpc
			}
			if tt.parameters == " " {
				continue
			}
			for i, value := range append(tt.takes, tt.refuses...) {
				want := "ID: ID"
				if i >= len(tt.takes) {
					want = tt.error
				}
				t.Run(fmt.Sprintf("%s %.20s %s", name, value, address), func(t *testing.T) {
					s := newSimulator(t, Options{})
					parameters := demo + to("12025550143") + fmt.Sprintf(tt.parameters, value)
					if !strings.Contains(tt.parameters, "<data>") {
						parameters += "<text>00410042</text>"
					}
					if got, _ := askIn(t, s, address, "sendmsg", parameters); !cmp.Equal(got, []string{want}) {
						t.Errorf("%q, want %q", got, want)
					}
				})
			}
		}
	}
}

func TestPicturesAndTunesAreDataInTheText(t *testing.T) {
	for name, tt := range map[string]struct {
		kind, text, want string
		segments         int
		data             string
	}{
		"logo":              {"SMS_NOKIA_OLOGO", "30", "ID: ID", 1, "30"},
		"picture of 133":    {"SMS_NOKIA_PICTURE", strings.Repeat("00", 133), "ID: ID", 1, strings.Repeat("00", 133)},
		"tune of 134":       {"SMS_NOKIA_RINGTONE", strings.Repeat("00", 134), "ID: ID", 2, strings.Repeat("00", 134)},
		"logo in words":     {"SMS_NOKIA_GLOGO", "a logo", "ERR: 101, Invalid or missing parameters", 0, ""},
		"nothing of a logo": {"SMS_NOKIA_GLOGO", "", "ERR: 107, Empty message", 0, ""},
		"card":              {"SMS_NOKIA_VCARD", "BEGIN:VCARD", "ID: ID", 1, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSimulator(t, Options{})
			if got := one(t, s, "sendmsg", demo+to("12025550143")+"<text>"+tt.text+"</text><msg_type>"+tt.kind+"</msg_type>"); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
			for _, m := range s.Messages() {
				if m.Segments != tt.segments || m.Data != tt.data || (m.Encoding == binary) != (tt.data != "") {
					t.Errorf("%d segments, data %q, %s", m.Segments, m.Data, m.Encoding)
				}
			}
		})
	}
}

func TestATextHasAtMost35Parts(t *testing.T) {
	s := newSimulator(t, Options{})
	for parts, want := range map[int]string{35: "ID: ID", 36: "ERR: 113, Maximum message parts exceeded"} {
		text := strings.Repeat("x", 153*parts)
		if got := one(t, s, "sendmsg", demo+to("12025550143")+"<concat>99</concat><text>"+text+"</text>"); got != want {
			t.Errorf("%d parts: %q, want %q", parts, got, want)
		}
	}
}
