package apply_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/smsplan/smsplan/internal/apply"
	"github.com/smsplan/smsplan/internal/state"
)

// came is what a run to one person came to.
type came struct {
	Outcome state.Outcome
	Stops   bool // the run, with a cause
	Sends   int  // requests that reached the gateway
}

// The classes of the gateway specification's section 12, as they show in a run.
var (
	retry     = came{state.Unsent, true, 4} // at once, then stops
	never     = came{state.Refused, false, 1}
	fatal     = came{state.Unsent, true, 1}
	reauth    = came{state.Unsent, true, 2}   // with another session, then FATAL
	ambiguous = came{state.InDoubt, false, 1} // and nothing else is known of it
	byHand    = came{state.InDoubt, true, 1}  // AMBIGUOUS and FATAL at once: nobody knows, and the rest would fare the same
)

// The rows of section 12 that are codes. Sessions are in use.
func TestWhatBecomesOfEachCode(t *testing.T) {
	for _, row := range []struct {
		codes string
		want  came
	}{
		{"001 003 005", reauth},
		{"002 004 007 100 108 301", fatal},
		{"101 102 103 104 105 107 109 110 111 112 113 114 115 116 120 121 122 128 201 202 302 606 607", never},
		{"106 123", fatal},             // the run has one sender
		{"130", fatal},                 // until its time
		{"160 161 165 166 167", fatal}, // REST only: it is the request that is wrong, not the person
		{"901", retry},                 // the gateway does not know the message
		{"006 099 131 999 1000", never},
		{"000", ambiguous},
	} {
		for code := range strings.FieldsSeq(row.codes) {
			t.Run(code, func(t *testing.T) {
				inWorld(t, 1, nil, func(w *world) {
					w.answers = saying(w, func(op string) string {
						if op == "sendmsg" {
							return "ERR: " + code + ", Until further notice"
						}
						return ""
					})
					got := w.come(row.want)
					if row.want.Stops && !strings.Contains(got.report.Cause.Summary, "ERR "+code) {
						t.Errorf("the cause does not name the code: %+v", got.report.Cause)
					}
				})
			})
		}
	}
}

// Rows of section 12 whose outcome depends on more than the code.
func TestWhatBecomesOfCodesByTheirSurroundings(t *testing.T) {
	once := func(first string) func(op string) string {
		said := false
		return func(op string) string {
			if op == "sendmsg" && !said {
				said = true
				return first
			}
			return ""
		}
	}
	always := func(lines map[string]string) func(op string) string {
		return func(op string) string { return lines[op] }
	}
	const unknown, found = "ERR: 104, Unknown client message ID", "ID: a1b2c3d4e5f60718293a4b5c6d7e8f90 Status: 002"
	const internal = "ERR: 901, Internal error"
	for name, tt := range map[string]struct {
		auth, more string
		answers    func(op string) string
		want       came
	}{
		"001 with credentials":                               {auth: "credentials", answers: once("ERR: 001, Authentication failed"), want: fatal},
		"003 with credentials":                               {auth: "credentials", answers: once("ERR: 003, Session ID expired"), want: fatal},
		"005 with credentials":                               {auth: "credentials", answers: once("ERR: 005, Missing session ID"), want: fatal},
		"001 once with a session":                            {answers: once("ERR: 001, Authentication failed"), want: came{state.Accepted, false, 2}},
		"003 once with a session":                            {answers: once("ERR: 003, Session ID expired"), want: came{state.Accepted, false, 2}},
		"005 once with a session":                            {answers: once("ERR: 005, Missing session ID"), want: came{state.Accepted, false, 2}},
		"003, and the sign-in refused":                       {answers: refusedSignIn("ERR: 003, Session ID expired"), want: fatal},
		"901 once":                                           {answers: once(internal), want: came{state.Accepted, false, 2}},
		"901, and the query knows the message":               {answers: always(map[string]string{"sendmsg": internal, "querymsg": found}), want: came{state.Accepted, false, 1}},
		"901, and the query is refused":                      {answers: always(map[string]string{"sendmsg": internal, "querymsg": "ERR: 007, IP Lockdown violation"}), want: ambiguous},
		"901, and the query says what nobody has documented": {answers: always(map[string]string{"sendmsg": internal, "querymsg": "ID: a1b2c3d4e5f60718293a4b5c6d7e8f90 Status: 015"}), want: ambiguous},
		"901, and the query does not know":                   {answers: always(map[string]string{"sendmsg": internal, "querymsg": unknown}), want: retry},
		"106 of one sender among two":                        {more: anotherSender, answers: once("ERR: 106, Invalid source address"), want: never},
		"123 of one sender among two":                        {more: anotherSender, answers: once("ERR: 123, Invalid sender ID"), want: never},
		"no number":                                          {answers: always(map[string]string{"sendmsg": "ERR: Something is wrong"}), want: ambiguous},
		"no line":                                            {answers: always(map[string]string{"sendmsg": " "}), want: ambiguous},
		"a line that fits nothing":                           {answers: always(map[string]string{"sendmsg": "Welcome"}), want: ambiguous},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, 1, nil, func(w *world) {
				w.more, w.connections = tt.more, 1
				if tt.auth != "" {
					w.auth = tt.auth
				}
				w.answers = saying(w, tt.answers)
				w.come(tt.want)
			})
		})
	}
	t.Run("130 with its time", func(t *testing.T) {
		inWorld(t, 1, nil, func(w *world) {
			w.answers = saying(w, once("ERR: 130, Maximum MT limit exceeded until 1400000000"))
			if got := w.come(fatal); !strings.Contains(got.report.Cause.Remedy, "2014-05-13T16:53:20Z") {
				t.Errorf("cause %+v", got.report.Cause)
			}
		})
	})
	t.Run("unknown numbers, a few", func(t *testing.T) {
		inWorld(t, 9, nil, func(w *world) {
			w.batch, w.connections = 1, 1
			w.answers = saying(w, always(map[string]string{"sendmsg": "ERR: 999, New"}))
			if got := w.apply(w.t.Context(), apply.Options{}); got.report.Refused != 3 || got.report.NotAttempted != 6 || got.report.Cause == nil {
				t.Errorf("%+v, %v", got.report, got.err)
			}
		})
	})
}

const anotherSender = `message "other" {
  to    = [recipients.everybody]
  from  = "ACME"
  text  = "Other."
  where = false
}`

// refusedSignIn answers once as told, and lets nobody sign in after that.
func refusedSignIn(line string) func(op string) string {
	said := false
	return func(op string) string {
		switch {
		case op == "sendmsg":
			said = true
			return line
		case op == "auth" && said:
			return "ERR: 001, Authentication failed"
		}
		return ""
	}
}

// The rows of section 12 that are HTTP statuses and answers that cannot be read.
func TestWhatBecomesOfEachHTTPAnswer(t *testing.T) {
	const fault = `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>s:%s</faultcode><faultstring>No.</faultstring></s:Fault></s:Body></s:Envelope>`
	type answer struct {
		status int
		body   string
	}
	rows := map[string]struct {
		answer
		want came
	}{
		"200 that is not XML":                {answer{200, "Welcome"}, ambiguous},
		"200 that is cut short":              {answer{200, envelope("sendmsg", "ID: a1b2c3d4e5f60718293a4b5c6d7e8f90")[:100]}, ambiguous},
		"200 of another document":            {answer{200, "<html><body>Welcome</body></html>"}, ambiguous},
		"200 that answers another operation": {answer{200, envelope("ping", "OK:")}, ambiguous},
		"200 without a body":                 {answer{200, ""}, ambiguous},
		"204":                                {answer{204, ""}, ambiguous},
		"a fault of the server":              {answer{500, fmt.Sprintf(fault, "Server")}, ambiguous},
		"a fault of the client":              {answer{500, fmt.Sprintf(fault, "Client")}, ambiguous},
		"a fault with status 200":            {answer{200, fmt.Sprintf(fault, "Server")}, ambiguous},
	}
	for class, statuses := range map[came][]int{
		byHand:    {301, 302, 303, 307, 308, 400, 401, 403, 404, 405, 407, 411, 413, 415},
		ambiguous: {408, 429, 500, 501, 502, 503, 504},
	} {
		for _, status := range statuses {
			row := rows[fmt.Sprint(status)]
			row.answer, row.want = answer{status, envelope("sendmsg", "ID: a1b2c3d4e5f60718293a4b5c6d7e8f90")}, class
			rows[fmt.Sprint(status)] = row
		}
	}
	for name, tt := range rows {
		t.Run(name, func(t *testing.T) {
			inWorld(t, 1, nil, func(w *world) {
				w.auth = "credentials"
				w.answers = counted(w, func(rw http.ResponseWriter, _ *http.Request) {
					rw.Header().Set("Location", "/elsewhere")
					rw.WriteHeader(tt.status)
					if tt.status != 204 {
						_, _ = io.WriteString(rw, tt.body)
					}
				})
				got := w.come(tt.want)
				if tt.want.Stops && !strings.Contains(got.report.Cause.Summary, fmt.Sprint("HTTP ", tt.status)) {
					t.Errorf("the cause does not name the status: %+v", got.report.Cause)
				}
			})
		})
	}
}

// The rows of section 12 that are about the way to the gateway.
func TestWhatBecomesOfEachFailureOfTransport(t *testing.T) {
	unreachable := came{state.Unsent, true, 0}
	refusing := func(err error) func(*world) apply.Dialer {
		return func(*world) apply.Dialer {
			return func(context.Context, string, string) (net.Conn, error) { return nil, err }
		}
	}
	breaking := func(after int) func(*world) apply.Dialer {
		return func(w *world) apply.Dialer {
			return func(ctx context.Context, network, addr string) (net.Conn, error) {
				c, err := w.network.dial(ctx, network, addr)
				return &fragile{Conn: c, left: after}, err
			}
		}
	}
	leaving := func(what string) http.HandlerFunc {
		return func(rw http.ResponseWriter, q *http.Request) {
			_, _ = io.Copy(io.Discard, q.Body)
			c, _, err := rw.(http.Hijacker).Hijack()
			if err == nil {
				_, _ = io.WriteString(c, what)
				_ = c.Close()
			}
		}
	}
	for name, tt := range map[string]struct {
		scheme  string
		dial    func(*world) apply.Dialer
		answers http.HandlerFunc
		want    came
	}{
		"the name is not known":        {dial: refusing(&net.DNSError{Err: "no such host", Name: "gateway.example", IsNotFound: true}), want: unreachable},
		"the connection is refused":    {dial: refusing(&net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}), want: unreachable},
		"no connection in time":        {dial: func(*world) apply.Dialer { return nobodyThere }, want: unreachable},
		"the gateway speaks no TLS":    {scheme: "https", want: unreachable},
		"failure before the request":   {dial: breaking(0), want: came{state.InDoubt, false, 0}}, // the byte was handed over: whether it arrived nobody knows
		"failure while writing":        {dial: breaking(10), want: came{state.InDoubt, false, 0}},
		"end before the answer":        {answers: leaving(""), want: ambiguous},
		"end in the status line":       {answers: leaving("HTTP/1.1 20"), want: ambiguous},
		"end in the headers":           {answers: leaving("HTTP/1.1 200 OK\r\nContent-Le"), want: ambiguous},
		"end in the body":              {answers: leaving("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + envelope("sendmsg", "ID: a")), want: ambiguous},
		"no answer in time":            {answers: func(_ http.ResponseWriter, q *http.Request) { <-q.Context().Done() }, want: ambiguous},
		"an answer that does not end":  {answers: dripping, want: ambiguous},
		"something that is not HTTP":   {answers: leaving("220 mail.example ESMTP\r\n"), want: ambiguous},
		"an interim answer, then none": {answers: leaving("HTTP/1.1 100 Continue\r\n\r\n"), want: ambiguous},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, 1, nil, func(w *world) {
				w.auth = "credentials"
				if tt.scheme != "" {
					w.scheme = tt.scheme
				}
				if tt.dial != nil {
					w.dial = tt.dial(w)
				}
				if tt.answers == nil {
					tt.answers = func(http.ResponseWriter, *http.Request) {}
				}
				w.answers = counted(w, tt.answers)
				w.come(tt.want)
			})
		})
	}
}

// come applies to one person, without asking about doubts, and holds what came of it against what should.
func (w *world) come(want came) run {
	w.t.Helper()
	w.sends.Store(0)
	r := w.apply(w.t.Context(), apply.Options{ResolveTimeout: -1})
	got := came{Stops: r.report.Cause != nil, Sends: int(w.sends.Load())}
	for o, n := range w.counts() {
		if n == 1 {
			got.Outcome = o
		}
	}
	if diff := cmp.Diff(want, got); diff != "" || r.err != nil {
		w.t.Fatalf("%v (-want +got):\n%s%+v", r.err, diff, r.report)
	}
	return r
}

// saying answers each call with the line for its operation; "" is the usual one.
func saying(w *world, line func(op string) string) http.Handler {
	usual := map[string]string{
		"auth": "OK: 0f0e0d0c0b0a09080706050403020100", "sendmsg": "ID: a1b2c3d4e5f60718293a4b5c6d7e8f90",
		"querymsg": "ERR: 104, Unknown client message ID",
	}
	var one sync.Mutex
	return counted(w, func(rw http.ResponseWriter, q *http.Request) {
		one.Lock()
		defer one.Unlock()
		op := operation(q)
		said := line(op)
		if said == "" {
			said = usual[op]
		}
		_, _ = io.WriteString(rw, envelope(op, said))
	})
}

// counted counts the sendmsg requests that are read whole.
func counted(w *world, answer http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, q *http.Request) {
		if _, err := io.Copy(io.Discard, q.Body); err == nil && operation(q) == "sendmsg" {
			w.sends.Add(1)
		}
		answer(rw, q)
	})
}

func operation(q *http.Request) string {
	action := strings.Trim(q.Header.Get("SOAPAction"), `"`)
	return action[strings.LastIndexByte(action, '/')+1:]
}

func envelope(op, line string) string {
	return fmt.Sprintf(`<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><%[1]sResponse><return>%s</return></%[1]sResponse></s:Body></s:Envelope>`, op, line)
}

// dripping sends an answer that takes an hour, a byte a second.
func dripping(rw http.ResponseWriter, q *http.Request) {
	rw.Header().Set("Content-Length", "3600")
	for range 3600 {
		if _, err := io.WriteString(rw, " "); err != nil || http.NewResponseController(rw).Flush() != nil {
			return
		}
		select {
		case <-time.After(time.Second):
		case <-q.Context().Done():
			return
		}
	}
}

func nobodyThere(ctx context.Context, _, _ string) (net.Conn, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// fragile is a connection that breaks when so many bytes were written.
type fragile struct {
	net.Conn
	left int
}

var errBroken = errors.New("the cable is cut")

func (c *fragile) Write(b []byte) (int, error) {
	if len(b) <= c.left {
		c.left -= len(b)
		return c.Conn.Write(b)
	}
	n := 0
	if c.left > 0 {
		n, _ = c.Conn.Write(b[:c.left])
	}
	_ = c.Conn.Close()
	return n, errBroken
}
