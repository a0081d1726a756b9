package simulator

import (
	"encoding/xml"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// texts are the returned strings as an XML reader sees them, ids replaced.
func texts(t *testing.T, document string) []string {
	t.Helper()
	var read struct {
		Body struct {
			Answer struct {
				Returns []string `xml:"return"`
			} `xml:",any"`
		}
	}
	if err := xml.Unmarshal([]byte(anyID.ReplaceAllString(document, "ID")), &read); err != nil {
		t.Fatalf("%v in %s", err, document)
	}
	return read.Body.Answer.Returns
}

func TestAnswersComeInTheSpellingOrdered(t *testing.T) {
	const number, other = "12025550143", "12025550144"
	send := demo + "<text>Hello</text><climsgid>run1</climsgid>" + to(number, other)
	query := demo + "<climsgid>run1</climsgid>"
	refused := []string{"refuse:code=105,ending=44"}
	for name, tt := range map[string]struct {
		fault  string
		faults []string
		op     string
		ask    string
		want   []string
	}{
		"upper case":             {"case=upper", refused, "sendmsg", send, []string{"ID: ID To: " + number, "ERR: 105, INVALID DESTINATION ADDRESS To: " + other}},
		"lower case":             {"case=lower", refused, "sendmsg", send, []string{"ID: ID To: " + number, "ERR: 105, invalid destination address To: " + other}},
		"title case":             {"case=title", refused, "sendmsg", send, []string{"ID: ID To: " + number, "ERR: 105, Invalid Destination Address To: " + other}},
		"an error for all":       {"case=upper", []string{"error"}, "sendmsg", send, []string{"ERR: 901, INTERNAL ERROR - PLEASE RETRY"}},
		"upper case, no code":    {"case=upper", []string{"refuse"}, "routecoverage", demo + "<msisdn>" + number + "</msisdn>", []string{"ERR: THIS PREFIX IS NOT CURRENTLY SUPPORTED."}},
		"no spaces":              {"spaces=none", refused, "sendmsg", send, []string{"ID:ID To:" + number, "ERR:105, Invalid destination address To:" + other}},
		"two spaces":             {"spaces=double", refused, "sendmsg", send, []string{"ID:  ID To:  " + number, "ERR:  105, Invalid destination address To:  " + other}},
		"two spaces after OK":    {"spaces=double", nil, "auth", demo, []string{"OK:  ID"}},
		"no space, no id":        {"spaces=none", nil, "routecoverage", demo + "<msisdn>" + number + "</msisdn>", []string{"OK:This prefix is currently supported. Charge: 1"}},
		"line breaks":            {"end=lf", nil, "sendmsg", send, []string{"ID: ID To: " + number + "\n", "ID: ID To: " + other + "\n"}},
		"carriage returns":       {"end=crlf", nil, "sendmsg", send, []string{"ID: ID To: " + number + "\r\n", "ID: ID To: " + other + "\r\n"}},
		"nobody signed in":       {"text=none", nil, "ping", "<session_id>x</session_id>", []string{"ERR: 003"}},
		"credits":                {"credits=true", nil, "getbalance", demo, []string{"Credits: 999999.000"}},
		"credits as usual":       {"credits=false", nil, "getbalance", demo, []string{"Credit: 999999.000"}},
		"no text":                {"text=none", refused, "sendmsg", send, []string{"ID: ID To: " + number, "ERR: 105 To: " + other}},
		"no text, for all":       {"text=none", []string{"error"}, "sendmsg", send, []string{"ERR: 901"}},
		"no text where no code":  {"text=none", []string{"refuse"}, "routecoverage", demo + "<msisdn>" + number + "</msisdn>", []string{"ERR: This prefix is not currently supported."}},
		"no code":                {"code=none", refused, "sendmsg", send, []string{"ID: ID To: " + number, "ERR: Invalid destination address To: " + other}},
		"neither code nor text":  {"code=none,text=none", []string{"error"}, "sendmsg", send, []string{"ERR: "}},
		"empty lines":            {"lines=empty", nil, "sendmsg", send, []string{"", ""}},
		"strange lines":          {"lines=strange", nil, "sendmsg", send, []string{"Message queued", "Message queued"}},
		"status before id":       {"order=swapped", nil, "querymsg", query, []string{"Status: 002 ID: ID"}},
		"status before charge":   {"order=swapped", nil, "getmsgcharge", "", []string{"apiMsgId: ID status: 002 charge: 0"}},
		"order of other answers": {"order=swapped", nil, "sendmsg", send, []string{"ID: ID To: " + number, "ID: ID To: " + other}},
		"joined":                 {"joined=true", nil, "sendmsg", send, []string{"ID: ID To: " + number + "\nID: ID To: " + other}},
		"joined, line breaks":    {"joined=true,end=crlf", nil, "sendmsg", send, []string{"ID: ID To: " + number + "\r\nID: ID To: " + other + "\r\n"}},
		"several at once":        {"case=upper,spaces=none", append(refused, "spelling:joined=true"), "sendmsg", send, []string{"ID:ID To:" + number + "\nERR:105, INVALID DESTINATION ADDRESS To:" + other}},
		"after the edits":        {"joined=true", []string{"missing-line:line=1", "extra-line"}, "sendmsg", send, []string{"ID: ID To: " + other + "\nID: ID To: 12025550199"}},
		"another operation":      {"spaces=none,op=querymsg", nil, "sendmsg", send, []string{"ID: ID To: " + number, "ID: ID To: " + other}},
	} {
		t.Run(name, func(t *testing.T) {
			c := newClock()
			s := newSimulator(t, Options{Now: c.now})
			ask(t, s, "sendmsg", demo+"<text>Hello</text><climsgid>run1</climsgid>"+to(number))
			if tt.op == "getmsgcharge" {
				tt.ask = demo + "<apimsgid>" + s.Messages()[0].ID + "</apimsgid>"
			}
			order(t, s, append([]string{"spelling:" + tt.fault}, tt.faults...)...)
			got := texts(t, post(s, documentAddress, documentCall(tt.op, tt.ask)).Body.String())
			if diff := cmp.Diff(got, tt.want); diff != "" {
				t.Errorf("lines (-got +want):\n%s", diff)
			}
		})
	}
}
