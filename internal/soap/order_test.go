package soap_test

import (
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/smsplan/smsplan/internal/soap"
)

// The sequences of the gateway specification's section 3, with all that the client can send. In RPC each has its type.
func TestElementsStandInTheOrderOfTheDescription(t *testing.T) {
	const id, msisdn = "a1b2c3d4e5f60718293a4b5c6d7e8f90", "447700900001"
	credentials := soap.Access{APIID: "1234567", User: "demo", Password: "demo"}
	full := &soap.Message{
		To: []string{msisdn, "447700900002"}, Text: "0041", Unicode: true, From: "ACME", Concat: 3, Ack: true, Callback: 7, Delay: 10, MaxCredit: 2,
		Features: 544, Queue: 1, Escalate: true, MO: true, ClientID: "run42n000017", Type: "SMS_FLASH", UDH: "00", Data: "00", Validity: 60,
	}
	const (
		cred       = "api_id user password "
		typedCred  = "api_id:int user:string password:string "
		delmsgCred = "api_id:string user:string password:string " // typed so there alone
	)
	for name, tt := range map[string]struct {
		call          func(c *soap.Client, a soap.Access) error
		document, rpc string // of the operation, and its elements behind the session or the credentials
		rpcCred       string
	}{
		"sendmsg": {
			func(c *soap.Client, a soap.Access) error { _, err := c.Send(t.Context(), a, full); return err },
			"sendmsg text to to from concat msg_callback deliv_ack deliv_time max_credits req_feat queue escalate mo climsgid unicode msg_type udh data validity",
			"sendmsg to:Array[2] from:string text:string concat:int deliv_ack:int msg_callback:int deliv_time:int max_credits:float req_feat:int queue:int escalate:int mo:int cliMsgId:string unicode:int msg_type:string udh:string data:string validity:int",
			typedCred,
		},
		"querymsg by apimsgid": {
			func(c *soap.Client, a soap.Access) error {
				_, err := c.Query(t.Context(), a, soap.MessageID{API: id})
				return err
			},
			"querymsg apimsgid", "querymsg apimsgid:string", typedCred,
		},
		"querymsg by climsgid": {
			func(c *soap.Client, a soap.Access) error {
				_, err := c.Query(t.Context(), a, soap.MessageID{Client: "run42n000017"})
				return err
			},
			"querymsg climsgid", "querymsg climsgid:string", typedCred,
		},
		"delmsg by apimsgid": {
			func(c *soap.Client, a soap.Access) error {
				_, err := c.Delete(t.Context(), a, soap.MessageID{API: id}, time.Time{})
				return err
			},
			"delmsg apimsgid", "delmsg apimsgid:string", delmsgCred,
		},
		"delmsg by climsgid": {
			func(c *soap.Client, a soap.Access) error {
				_, err := c.Delete(t.Context(), a, soap.MessageID{Client: "run42n000017"}, time.Time{})
				return err
			},
			"delmsg climsgid", "delmsg climsgid:string", delmsgCred,
		},
		"getbalance": {
			func(c *soap.Client, a soap.Access) error { _, err := c.Balance(t.Context(), a); return err },
			"getbalance", "getbalance", typedCred,
		},
		"coverage": {
			func(c *soap.Client, a soap.Access) error { _, err := c.Coverage(t.Context(), a, msisdn); return err },
			"routecoverage msisdn", "routeCoverage msisdn:string", typedCred,
		},
		"getmsgcharge": {
			func(c *soap.Client, a soap.Access) error { _, err := c.Charge(t.Context(), a, id); return err },
			"getmsgcharge apimsgid", "getmsgcharge apimsgid:string", typedCred,
		},
	} {
		both := credentials
		both.Session = session.Session
		t.Run(name, func(t *testing.T) {
			for access, one := range map[string]struct {
				access                soap.Access
				documentCred, rpcCred string
			}{
				"session":                 {session, "session_id ", "session_id:string "},
				"credentials":             {credentials, cred, tt.rpcCred},
				"session and credentials": {both, "session_id ", "session_id:string "},
			} {
				call := func(c *soap.Client) error { return tt.call(c, one.access) }
				for binding, want := range map[soap.Binding]string{soap.Document: behind(tt.document, one.documentCred), soap.RPC: behind(tt.rpc, one.rpcCred)} {
					if diff := cmp.Diff(want, sequence(t, binding, call)); diff != "" {
						t.Errorf("%s, binding %d (-want +got):\n%s", access, binding, diff)
					}
				}
			}
		})
	}
	t.Run("auth and ping", func(t *testing.T) {
		auth := func(c *soap.Client) error { _, err := c.Auth(t.Context(), credentials); return err }
		ping := func(c *soap.Client) error { return c.Ping(t.Context(), session.Session) }
		got := []string{sequence(t, soap.Document, auth), sequence(t, soap.RPC, auth), sequence(t, soap.Document, ping), sequence(t, soap.RPC, ping)}
		want := []string{"auth api_id user password", "auth api_id:int user:string password:string", "ping session_id", "ping session_id:string"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("nothing that is not set", func(t *testing.T) {
		least := func(c *soap.Client) error {
			_, err := c.Send(t.Context(), session, &soap.Message{To: []string{msisdn}, Text: "Hi"})
			return err
		}
		got := []string{sequence(t, soap.Document, least), sequence(t, soap.RPC, least)}
		want := []string{"sendmsg session_id text to", "sendmsg session_id:string to:Array[1] text:string"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

// behind puts the elements of an operation behind those that identify the caller.
func behind(sequence, cred string) string {
	op, rest, _ := strings.Cut(sequence, " ")
	return strings.TrimSpace(op + " " + cred + rest)
}

// sequence gives the operation and the elements of a request in their order, with their types where they name them.
func sequence(t *testing.T, binding soap.Binding, call func(*soap.Client) error) string {
	t.Helper()
	var got []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d := xml.NewDecoder(r.Body)
		for depth := 0; ; {
			token, err := d.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Error(err)
				break
			}
			switch token := token.(type) {
			case xml.StartElement:
				if depth++; depth == 3 || depth == 4 {
					got = append(got, typed(token))
				}
				if qualified := token.Name.Space != ""; qualified != (depth <= 3) {
					t.Errorf("%s is in namespace %q", token.Name.Local, token.Name.Space)
				}
			case xml.EndElement:
				depth--
			}
		}
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer srv.Close()
	c := client(t, soap.Options{Endpoint: srv.URL, Binding: binding})
	err := call(c)
	wantError(t, err, soap.Unclear, http.StatusServiceUnavailable)
	return strings.Join(got, " ")
}

// typed gives an element's name and type: "to:Array[2]".
func typed(e xml.StartElement) string {
	name, size := e.Name.Local, ""
	for _, a := range e.Attr {
		switch _, local, _ := strings.Cut(a.Value, ":"); a.Name.Local {
		case "type":
			name += ":" + local
		case "arrayType":
			size = strings.TrimPrefix(local, "string")
		}
	}
	return name + size
}
