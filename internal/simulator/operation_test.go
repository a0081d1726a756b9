package simulator

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/smsplan/smsplan/internal/simulator/envelope"
)

const voucher = "1234567890123456"

// inRPC is the operation's name there.
func inRPC(op string) string {
	if op == "routecoverage" {
		return "routeCoverage"
	}
	return op
}

// askIn gives the lines of the answer in either binding, ids replaced, and the answer.
func askIn(t testing.TB, s *Simulator, address, op, parameters string) (got []string, answer string) {
	t.Helper()
	body := documentCall(op, parameters)
	if address == rpcAddress {
		body = rpcCall(op, parameters, "")
	}
	w := post(s, address, body)
	if w.Code != http.StatusOK {
		t.Fatalf("%s: status %d: %s", op, w.Code, w.Body)
	}
	return lines(w.Body.String()), w.Body.String()
}

// Section 4.3 of the gateway specification; {ID} is a message that was sent before, {BATCH} a batch that was started.
func TestEveryOperationAnswersInBothBindings(t *testing.T) {
	const number, other = "12025550143", "12025550144"
	indication := demo + "<si_id>1</si_id><si_url>http://example.com/</si_url><si_text>Look</si_text>"
	notification := demo + "<mms_subject>Look</mms_subject><mms_class>80</mms_class><mms_expire>60</mms_expire><mms_from>ACME</mms_from><mms_url>http://example.com/</mms_url>"
	for _, tt := range []struct {
		op         string
		parameters string
		want       []string
		rpcSingle  bool // RPC answers with one string, not an array
	}{
		{op: "auth", parameters: demo, want: []string{"OK: ID"}, rpcSingle: true},
		{op: "ping", parameters: "<session_id>{SESSION}</session_id>", want: []string{"OK:"}, rpcSingle: true},
		{op: "sendmsg", parameters: demo + "<text>Hello</text>" + to(number), want: []string{"ID: ID"}},
		{op: "sendmsg", parameters: demo + "<text>Hello</text>" + to(number, other), want: []string{"ID: ID To: " + number, "ID: ID To: " + other}},
		{op: "querymsg", parameters: demo + "<apimsgid>{ID}</apimsgid>", want: []string{"ID: ID Status: 002"}},
		{op: "delmsg", parameters: demo + "<apimsgid>{ID}</apimsgid>", want: []string{"ID: ID Status: 006"}},
		{op: "getbalance", parameters: demo, want: []string{"Credit: 999999.000"}, rpcSingle: true},
		{op: "routecoverage", parameters: demo + "<msisdn>" + number + "</msisdn>", want: []string{"OK: This prefix is currently supported. Charge: 1"}, rpcSingle: true},
		{op: "routecoverage", parameters: demo + "<msisdn>99912345678</msisdn>", want: []string{"ERR: This prefix is not currently supported."}, rpcSingle: true},
		{op: "si_push", parameters: indication + to(number), want: []string{"ID: ID To: " + number}},
		{op: "si_push", parameters: indication + to(number, "bad"), want: []string{"ID: ID To: " + number, "ERR: 105, Invalid destination address To: bad"}},
		{op: "ind_push", parameters: notification + to(number), want: []string{"ID: ID To: " + number}},
		{op: "ind_push", parameters: notification + to(number, other), want: []string{"ID: ID To: " + number, "ID: ID To: " + other}},
		{op: "token_pay", parameters: demo + "<token>" + voucher + "</token>", want: []string{"OK: 605"}, rpcSingle: true},
		{op: "startbatch", parameters: demo + "<template>Dear #field1#</template>", want: []string{"ID: ID"}},
		{op: "senditem", parameters: demo + "<batch_id>{BATCH}</batch_id><field1>Ann</field1>" + to(number), want: []string{"ID: ID"}},
		{op: "senditem", parameters: demo + "<batch_id>{BATCH}</batch_id><field1>Ann</field1>" + to(number, other), want: []string{"ID: ID To: " + number, "ID: ID To: " + other}},
		{op: "quicksend", parameters: demo + "<batch_id>{BATCH}</batch_id>" + to(number), want: []string{"ID: ID To: " + number}},
		{op: "quicksend", parameters: demo + "<batch_id>{BATCH}</batch_id>" + to(number, other), want: []string{"ID: ID To: " + number, "ID: ID To: " + other}},
		{op: "endbatch", parameters: demo + "<batch_id>{BATCH}</batch_id>", want: []string{"OK"}},
		{op: "getmsgcharge", parameters: demo + "<apimsgid>{ID}</apimsgid>", want: []string{"apiMsgId: ID charge: 0 status: 002"}},
	} {
		for address, op := range map[string]string{documentAddress: tt.op, rpcAddress: inRPC(tt.op)} {
			t.Run(op+" "+strings.Join(tt.want, ", ")+" "+address, func(t *testing.T) {
				s := newSimulator(t, Options{Now: newClock().now, Settings: Settings{Unroutable: []string{"999"}, Vouchers: map[string]float64{voucher: 10}}})
				ask(t, s, "sendmsg", demo+"<text>Hello</text>"+to(number))
				parameters := strings.NewReplacer(
					"{ID}", s.Messages()[0].ID,
					"{BATCH}", startBatch(s, "<template>Hello #field1#</template>"),
					"{SESSION}", anyID.FindString(post(s, documentAddress, documentCall("auth", demo)).Body.String()),
				).Replace(tt.parameters)
				got, answer := askIn(t, s, address, op, parameters)
				if diff := cmp.Diff(got, tt.want); diff != "" {
					t.Errorf("lines (-got +want):\n%s", diff)
				}
				if isArray := strings.Contains(answer, ":Array"); isArray != (address == rpcAddress && !tt.rpcSingle) {
					t.Errorf("array: %v in %s", isArray, answer)
				}
			})
		}
	}
}

func TestEveryOperationButAuthWantsASessionOrCredentials(t *testing.T) {
	for _, op := range envelope.Operations() {
		if op == "auth" {
			continue
		}
		for name, tt := range map[string]struct{ parameters, want string }{
			"nothing":         {"", "ERR: 005, Missing session ID"},
			"unknown session": {"<session_id>" + strings.Repeat("0", 32) + "</session_id>", "ERR: 003, Session ID expired"},
		} {
			t.Run(op+" with "+name, func(t *testing.T) {
				s := newSimulator(t, Options{})
				for address, name := range map[string]string{documentAddress: op, rpcAddress: inRPC(op)} {
					if got, _ := askIn(t, s, address, name, tt.parameters); !cmp.Equal(got, []string{tt.want}) {
						t.Errorf("%s: %q, want %q", address, got, tt.want)
					}
				}
			})
		}
	}
}
