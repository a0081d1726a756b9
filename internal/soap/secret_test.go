package soap_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
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

func TestAnErrorDoesNotQuoteTheServer(t *testing.T) {
	for name, answer := range map[string]string{
		"not HTTP":    "220 mail.example ESMTP\r\n",
		"header":      "HTTP/1.1 200 OK\r\nmail.example\r\n\r\n",
		"status code": "HTTP/1.1 mail.example\r\n\r\n",
		"entity":      "HTTP/1.1 200 OK\r\nContent-Length: 19\r\n\r\n<a>&mail.example;</",
	} {
		t.Run(name, func(t *testing.T) {
			endpoint, _ := raw(t, func(_ int, nc net.Conn) {
				if _, err := readRequest(bufio.NewReader(nc)); err == nil {
					_, _ = io.WriteString(nc, answer)
				}
			})
			_, err := client(t, soap.Options{Endpoint: endpoint}).Send(t.Context(), session, message())
			wantError(t, err, soap.Unclear, 0)
			if got := mentions(nil, err, "mail.example"); got != "" {
				t.Errorf("the error quotes the server: %s", got)
			}
		})
	}
}
