package soap_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/smsplan/smsplan/internal/soap"
)

// mentions looks for the secrets in everything that an answer or an error can show.
func mentions(a *soap.Answer, err error, secrets ...string) string {
	var shown strings.Builder
	for err := err; err != nil; err = errors.Unwrap(err) {
		fmt.Fprintf(&shown, "%v\n%+v\n", err, err)
		var e *soap.Error
		if errors.As(err, &e) {
			fmt.Fprintln(&shown, e.Fault)
		}
	}
	if a != nil {
		fmt.Fprintf(&shown, "%+v", a)
	}
	for _, s := range secrets {
		if strings.Contains(shown.String(), s) {
			return shown.String()
		}
	}
	return ""
}

func TestNoTextRepeatsACredential(t *testing.T) {
	const session, user, password = "5e5510a5e5510a5e5510a5e5510a5e55", "ruth.user", `p&ss<w"rd 17`
	wrap := func(s string) string {
		return "<Envelope><Body><sendmsgResponse><return>" + s + "</return></sendmsgResponse></Body></Envelope>"
	}
	text := func(body string) string { // the request as text, so that it can stand in an element
		return strings.NewReplacer("&", "&amp;", "<", "&lt;").Replace(body)
	}
	echoes := map[string]func(w net.Conn, body string){
		"error text": func(w net.Conn, body string) {
			respond(w, 200, wrap("ERR: 001, refused: "+text(body)))
		},
		"line that belongs to nobody": func(w net.Conn, body string) { respond(w, 200, wrap(text(body))) },
		"plain credentials": func(w net.Conn, _ string) {
			respond(w, 200, wrap(text(session+" "+user+" "+password)))
		},
		"fault": func(w net.Conn, body string) {
			respond(w, 500, "<Envelope><Body><Fault><faultstring>"+text(body)+"</faultstring></Fault></Body></Envelope>")
		},
		"bad XML":    func(w net.Conn, body string) { respond(w, 200, "<"+password+user+session+body) },
		"bad entity": func(w net.Conn, _ string) { respond(w, 200, "<a>&"+session+";</a>") },
		"bad charset": func(w net.Conn, _ string) {
			respond(w, 200, `<?xml version="1.0" encoding="`+session+user+`"?><a/>`)
		},
		"status line": func(w net.Conn, body string) { _, _ = io.WriteString(w, body) },
		"status code": func(w net.Conn, _ string) {
			_, _ = io.WriteString(w, "HTTP/1.1 "+session+" "+user+"\r\n\r\n")
		},
		"header": func(w net.Conn, body string) {
			_, _ = io.WriteString(w, "HTTP/1.1 200 OK\r\n"+session+" "+user+"\r\n\r\n")
		},
		"length": func(w net.Conn, _ string) {
			_, _ = io.WriteString(w, "HTTP/1.1 200 OK\r\nContent-Length: "+session+user+"\r\n\r\n")
		},
		"transfer encoding": func(w net.Conn, _ string) {
			_, _ = io.WriteString(w, "HTTP/1.1 200 OK\r\nTransfer-Encoding: "+session+user+"\r\n\r\n")
		},
		"content encoding": func(w net.Conn, _ string) {
			_, _ = io.WriteString(w, "HTTP/1.1 200 OK\r\nContent-Encoding: "+session+user+"\r\nContent-Length: 1\r\n\r\nx")
		},
		"redirect": func(w net.Conn, _ string) {
			_, _ = io.WriteString(w, "HTTP/1.1 302 Found\r\nLocation: http://"+user+"@"+session+"/\r\nContent-Length: 0\r\n\r\n")
		},
	}
	for name, f := range echoes {
		for kind, tt := range map[string]struct {
			access  soap.Access
			secrets []string
		}{
			"session":     {soap.Access{Session: session}, []string{session}},
			"credentials": {soap.Access{APIID: "1", User: user, Password: password}, []string{user, password, "p&amp;ss"}},
		} {
			t.Run(name+" with "+kind, func(t *testing.T) {
				endpoint, _ := raw(t, func(_ int, nc net.Conn) {
					r := bufio.NewReader(nc)
					if body, err := readRequest(r); err == nil {
						f(nc, body)
					}
				})
				c := client(t, soap.Options{Endpoint: endpoint})
				a, err := c.Send(t.Context(), tt.access, message())
				if got := mentions(a, err, tt.secrets...); got != "" {
					t.Errorf("Send shows a credential:\n%s", got)
				}
				_, err = c.Balance(t.Context(), tt.access)
				if got := mentions(nil, err, tt.secrets...); got != "" || err == nil {
					t.Errorf("Balance shows a credential:\n%s%v", got, err)
				}
			})
		}
	}
}

func TestNewDoesNotRepeatTheEndpoint(t *testing.T) {
	for name, endpoint := range map[string]string{
		"credentials":       "https://ruth:s3cret@gateway.test/",
		"bad escape":        "https://ruth:s3cret@gateway.test/%zz",
		"bad port":          "https://ruth:s3cret@gateway.test:x/",
		"control character": "https://ruth:s3cret@gateway.test/\x7f",
		"another scheme":    "ftp://ruth:s3cret@gateway.test/",
		"no host":           "https:///s3cret",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := soap.New(soap.Options{Endpoint: endpoint})
			if err == nil || strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "ruth") {
				t.Errorf("New = %v", err)
			}
		})
	}
}

func TestARequestThatCannotBeSentIsNotSent(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("a request arrived")
	}))
	defer srv.Close()
	document := client(t, soap.Options{Endpoint: srv.URL})
	rpc := client(t, soap.Options{Endpoint: srv.URL, Binding: soap.RPC})
	send := func(change func(m *soap.Message)) func(*soap.Client) error {
		return func(c *soap.Client) error {
			m := message()
			change(m)
			_, err := c.Send(t.Context(), session, m)
			return err
		}
	}
	many := make([]string, 301)
	for i := range many {
		many[i] = fmt.Sprintf("447700900%03d", i)
	}
	for name, tt := range map[string]struct {
		call func(*soap.Client) error
		only *soap.Client // nil for both
	}{
		"form feed in the text":     {send(func(m *soap.Message) { m.Text = "a\fb" }), nil},
		"NUL in the sender":         {send(func(m *soap.Message) { m.From = "a\x00" }), nil},
		"U+FFFE":                    {send(func(m *soap.Message) { m.Text = "\uFFFE" }), nil},
		"U+FFFF":                    {send(func(m *soap.Message) { m.Text = "\uFFFF" }), nil},
		"invalid UTF-8":             {send(func(m *soap.Message) { m.Text = "\xff" }), nil},
		"a surrogate":               {send(func(m *soap.Message) { m.Text = "\xed\xa0\x80" }), nil},
		"no recipients":             {send(func(m *soap.Message) { m.To = nil }), nil},
		"301 recipients":            {send(func(m *soap.Message) { m.To = many }), nil},
		"a recipient twice":         {send(func(m *soap.Message) { m.To = append(m.To, m.To[0]) }), nil},
		"a plus":                    {send(func(m *soap.Message) { m.To = []string{"+447700900001"} }), nil},
		"a leading zero":            {send(func(m *soap.Message) { m.To = []string{"07700900001"} }), nil},
		"an empty recipient":        {send(func(m *soap.Message) { m.To = []string{""} }), nil},
		"a negative delay":          {send(func(m *soap.Message) { m.Delay = -1 }), nil},
		"negative credits":          {send(func(m *soap.Message) { m.MaxCredit = -1 }), nil},
		"half a credit as document": {send(func(m *soap.Message) { m.MaxCredit = 1.5 }), document},
		"no credentials": {func(c *soap.Client) error {
			_, err := c.Balance(t.Context(), soap.Access{User: "demo", Password: "demo"})
			return err
		}, nil},
		"no session": {func(c *soap.Client) error { return c.Ping(t.Context(), "") }, nil},
		"two ids": {func(c *soap.Client) error {
			_, err := c.Query(t.Context(), session, soap.MessageID{API: "a", Client: "b"})
			return err
		}, nil},
		"no id": {func(c *soap.Client) error {
			_, err := c.Delete(t.Context(), session, soap.MessageID{})
			return err
		}, nil},
		"control character in the password": {func(c *soap.Client) error {
			_, err := c.Auth(t.Context(), soap.Access{APIID: "1", User: "demo", Password: "s3\x01cret"})
			return err
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			for _, c := range []*soap.Client{document, rpc} {
				if tt.only != nil && c != tt.only {
					continue
				}
				err := tt.call(c)
				wantError(t, err, soap.NotSent, 0)
				if strings.Contains(err.Error(), "7700900") || strings.Contains(err.Error(), "cret") {
					t.Errorf("the error repeats a value: %v", err)
				}
			}
		})
	}
}
