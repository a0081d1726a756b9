package soap_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/smsplan/smsplan/internal/soap"
)

// What the transcripts do not show: forms of answers that some deployment may give.
func TestAnswersOfTheOtherOperations(t *testing.T) {
	const id1, id2 = "a1b2c3d4e5f60718293a4b5c6d7e8f90", "b1b2c3d4e5f60718293a4b5c6d7e8f91"
	of := func(op string) call { return call{Op: op, Access: session, MSISDN: "447700900001"} }
	query := of("querymsg")
	query.MessageID.Client = "run42n000017"
	charge := of("getmsgcharge")
	charge.MessageID.API = id1
	auth := of("auth")
	auth.Access = soap.Access{APIID: "1", User: "demo", Password: "demo"}
	answered := func(code string) outcome { return outcome{Error: &failure{Reach: "answered", Code: code}} }
	unreadable := outcome{Error: &failure{Reach: "unclear"}}
	yes, no := true, false
	for name, tt := range map[string]struct {
		call    call
		returns []string
		want    outcome
	}{
		"auth without a space":                {auth, []string{"OK:5e55"}, outcome{Session: "5e55"}},
		"auth without a session":              {auth, []string{"OK:"}, unreadable},
		"auth with more than a session":       {auth, []string{"OK: 5e55 Welcome"}, unreadable},
		"auth with nothing":                   {auth, nil, unreadable},
		"auth refused without a code":         {auth, []string{"ERR: no"}, answered("")},
		"ping with the session":               {of("ping"), []string{"OK: 5e55"}, outcome{}},
		"ping without a colon":                {of("ping"), []string{"OK"}, outcome{}},
		"ping with something else":            {of("ping"), []string{"pong"}, unreadable},
		"ping with two answers":               {of("ping"), []string{"OK", "OK"}, unreadable},
		"query, unknown status first":         {query, []string{"ID: " + id1 + " Status: 001", "ID: " + id2 + " Status: 004"}, outcome{ID: id2, Status: 4}},
		"query, unknown status only":          {query, []string{"ID: " + id1 + " Status: 001"}, outcome{ID: id1, Status: 1}},
		"query, an error and a state":         {query, []string{"ERR: 104, Unknown", "ID: " + id2 + " Status: 004"}, outcome{ID: id2, Status: 4}},
		"query, unknown API id":               {query, []string{"ERR: 103, Unknown"}, answered("103")},
		"query, nothing":                      {query, nil, unreadable},
		"query, an id without a status":       {query, []string{"ID: " + id1}, unreadable},
		"balance in another word":             {of("getbalance"), []string{"Credits: 12"}, outcome{Balance: "12"}},
		"balance below zero":                  {of("getbalance"), []string{"Credit: -0.5"}, outcome{Balance: "-0.5"}},
		"balance that is no number":           {of("getbalance"), []string{"Credit: lots"}, unreadable},
		"balance that is not finite":          {of("getbalance"), []string{"Credit: Inf"}, unreadable},
		"coverage with two spaces":            {of("routecoverage"), []string{"OK:  Supported.  Charge: 0.33"}, outcome{Covered: &yes, Text: "Supported.", Charge: "0.33"}},
		"coverage without a charge":           {of("routecoverage"), []string{"OK: Supported."}, outcome{Covered: &yes, Text: "Supported."}},
		"coverage with a strange charge":      {of("routecoverage"), []string{"OK: Supported. Charge: some"}, outcome{Covered: &yes, Text: "Supported. Charge: some"}},
		"no coverage, with the number":        {of("routecoverage"), []string{"ERR: Not supported: 447700900001"}, outcome{Covered: &no, Text: "Not supported: 44••••••••01"}},
		"coverage refused with a code":        {of("routecoverage"), []string{"ERR: 003, Session expired"}, answered("003")},
		"charge in another order":             {charge, []string{"apiMsgId: " + id1 + " status: 004 charge: 0.33"}, outcome{ID: id1, Status: 4, Charge: "0.33"}},
		"charge left out":                     {charge, []string{"apiMsgId: " + id1 + " status: 004"}, unreadable},
		"message limit, with its time":        {query, []string{"ERR: 130, Limit reached until 1400000000"}, answered("130")},
		"several lines in a string":           {query, []string{"\n ID: " + id1 + " Status: 004\r\n"}, outcome{ID: id1, Status: 4}},
		"an error with a code nobody knows":   {query, []string{"ERR: 998, New"}, answered("998")},
		"an error in another writing of case": {query, []string{"err: 104, UNKNOWN"}, answered("104")},
	} {
		t.Run(name, func(t *testing.T) {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				_, _ = io.WriteString(w, "<Envelope><Body><response>")
				for _, s := range tt.returns {
					_, _ = fmt.Fprintf(w, "<return>%s</return>", s)
				}
				_, _ = io.WriteString(w, "</response></Body></Envelope>")
			}))
			defer srv.Close()
			got := tt.call.make(t, client(t, soap.Options{Endpoint: srv.URL}))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestErrorsSayWhatHappened(t *testing.T) {
	for name, tt := range map[string]struct {
		err  soap.Error
		want string
	}{
		"a code":       {soap.Error{Op: "auth", Reach: soap.Answered, Code: 1}, "auth: error 001, authentication failed"},
		"a new code":   {soap.Error{Op: "auth", Reach: soap.Answered, Code: 999}, "auth: error 999, unknown error"},
		"a status":     {soap.Error{Op: "sendmsg", HTTP: 502}, "sendmsg: HTTP status 502 (it may have arrived)"},
		"a fault":      {soap.Error{Op: "sendmsg", HTTP: 500, Fault: "Busy"}, "sendmsg: HTTP status 500: SOAP fault: Busy (it may have arrived)"},
		"not sent":     {soap.Error{Op: "sendmsg", Reach: soap.NotSent, Err: io.EOF}, "sendmsg: EOF (nothing was sent)"},
		"only unclear": {soap.Error{Op: "ping"}, "ping (it may have arrived)"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := tt.err.Error(); got != tt.want {
				t.Errorf("Error() = %q; want %q", got, tt.want)
			}
		})
	}
}
