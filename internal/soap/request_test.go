package soap_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/smsplan/smsplan/internal/soap"
)

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
			_, err := c.Delete(t.Context(), session, soap.MessageID{}, time.Time{})
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

func TestNamespaceAndActionMayBeOthers(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if got := r.Header.Get("SOAPAction"); got != `"urn:old/auth"` {
			t.Errorf("SOAPAction = %s", got)
		}
		if !strings.Contains(string(body), ` xmlns:c="urn:a&amp;b"`) {
			t.Errorf("request = %s", body)
		}
		_, _ = io.WriteString(w, "<Envelope><Body><authResponse><return>OK: 5e55</return></authResponse></Body></Envelope>")
	}))
	defer srv.Close()
	c := client(t, soap.Options{Endpoint: srv.URL, Namespace: "urn:a&b", SOAPAction: "urn:old"})
	if got, err := c.Auth(t.Context(), soap.Access{APIID: "1", User: "demo", Password: "demo"}); got != "5e55" || err != nil {
		t.Errorf("Auth = %q, %v", got, err)
	}
	if _, err := soap.New(soap.Options{Endpoint: srv.URL, SOAPAction: "a\"\r\nHost: b"}); err == nil {
		t.Error("New took a SOAPAction that ends the header")
	}
}
