package simulator

import (
	"net/http"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// switches are those that the gateway specification's section 15 asks for, with the faults that make each up. What each does has
// tests of its own.
var switches = []struct {
	about  string
	faults []string
}{
	{"1: no answer after acceptance", []string{"drop-before-answer", "drop-after-headers", "drop-mid-body", "hang-after-body"}},
	{"2: a server error or a fault after acceptance", []string{"http-status:code=500", "http-status:code=502", "http-status:code=503", "http-status:code=504", "soap-fault"}},
	{"3: late acceptance", []string{"delay:for=90s"}},
	{"4: a message is unknown for a while", []string{"query-lag:for=30s", "query-lag:for=30s,say=001"}},
	{"5: a climsgid comes again", []string{"query-duplicates:say=first", "query-duplicates:say=last", "query-duplicates:say=all"}},
	{"6: sessions end, by time and by force", []string{"session-idle:for=10s", "expire-sessions-after:requests=3"}}, // and Simulator.ExpireSessions
	{"7: credit runs out, with To: and without", []string{"credit-runs-out:credit=1", "bare-error-line"}},
	{"8: lines in another order, number and spelling", []string{
		"shuffle", "missing-line", "extra-line", "spelling:case=upper", "spelling:spaces=none", "spelling:end=crlf", "spelling:credits=true",
	}},
	{"9: compression and connections", []string{"gzip", "close-after:requests=3", "close-after:requests=3,silent=true"}},
	{"10: refusals that pass", []string{"error:code=130", "error:code=901"}},
	{"11: encodings of RPC", []string{"rpc-array:member=string", "rpc-array:href=true", "rpc-array:size=wrong"}},
	{"12: callbacks twice, out of order, early, never", []string{"callback-twice", "callback-shuffle", "callback-early", "callback-never"}},
	{"13: how often each text was sent to each number", nil}, // Simulator.Sent
}

// besides are faults that no switch asks for.
var besides = []string{"refuse", "status", "choose"}

func TestEverySwitchCanBeOrderedAndEveryFaultHasItsPlace(t *testing.T) {
	placed := slices.Clone(besides)
	for _, s := range switches {
		for _, f := range s.faults {
			placed = append(placed, mustFault(t, f).kind.name)
		}
	}
	slices.Sort(placed)
	var described []string
	for _, d := range Faults() {
		described = append(described, d.Name)
	}
	slices.Sort(described)
	if diff := cmp.Diff(slices.Compact(placed), described); diff != "" {
		t.Errorf("faults (-in a switch +described):\n%s", diff)
	}
}

// The thirteenth switch, as a test of a client uses it.
func TestASendingWhoseAnswerWasLostIsCounted(t *testing.T) {
	s := withFaults(t, "drop-before-answer:times=1")
	url := serve(t, s)
	for range 2 { // a client that repeats itself, as none may
		exchange(http.DefaultClient, url, documentCall("sendmsg", demo+"<text>Hello</text>"+to("12025550143", "12025550144")))
	}
	want := []Sending{{"12025550143", "Hello", 2}, {"12025550144", "Hello", 2}}
	if diff := cmp.Diff(s.Sent(2), want); diff != "" {
		t.Errorf("sent twice (-got +want):\n%s", diff)
	}
}
