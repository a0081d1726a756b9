package soap_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/smsplan/smsplan/internal/soap"
)

// A transcript's parts, as testdata/soap/README.md describes them.
type call struct {
	Op        string
	Access    soap.Access
	Message   *soap.Message
	MessageID soap.MessageID
	MSISDN    string
}

type outcome struct {
	Session string    `json:"session,omitempty"`
	Results []verdict `json:"results,omitempty"`
	Extra   []string  `json:"extra,omitempty"`
	ID      string    `json:"id,omitempty"`
	Status  int       `json:"status,omitempty"`
	Charge  string    `json:"charge,omitempty"`
	Balance string    `json:"balance,omitempty"`
	Covered *bool     `json:"covered,omitempty"`
	Text    string    `json:"text,omitempty"`
	Error   *failure  `json:"error,omitempty"`
}

type verdict struct {
	Verdict string `json:"verdict"`
	ID      string `json:"id,omitempty"`
	Code    string `json:"code,omitempty"`
	Text    string `json:"text,omitempty"`
	Until   int64  `json:"until,omitempty"`
}

type failure struct {
	Reach string `json:"reach"`
	Code  string `json:"code,omitempty"`
	HTTP  int    `json:"http,omitempty"`
	Fault string `json:"fault,omitempty"`
}

func (c *call) make(t *testing.T, cl *soap.Client) outcome {
	t.Helper()
	ctx := context.Background()
	var o outcome
	var err error
	switch c.Op {
	case "auth":
		o.Session, err = cl.Auth(ctx, c.Access)
	case "ping":
		err = cl.Ping(ctx, c.Access.Session)
	case "sendmsg":
		var a *soap.Answer
		if a, err = cl.Send(ctx, c.Access, c.Message); err == nil {
			o.Extra = a.Extra
			for _, r := range a.Results {
				v := verdict{Verdict: r.Verdict.String(), ID: r.ID, Text: r.Text}
				if r.Code != 0 {
					v.Code = r.Code.String()
				}
				if !r.Until.IsZero() {
					v.Until = r.Until.Unix()
				}
				o.Results = append(o.Results, v)
			}
		}
	case "querymsg", "delmsg":
		do := cl.Query
		if c.Op == "delmsg" {
			do = func(ctx context.Context, a soap.Access, id soap.MessageID) (soap.Status, error) {
				return cl.Delete(ctx, a, id, time.Time{})
			}
		}
		var s soap.Status
		s, err = do(ctx, c.Access, c.MessageID)
		o.ID, o.Status = s.ID, s.Status
	case "getbalance":
		o.Balance, err = cl.Balance(ctx, c.Access)
	case "routecoverage", "routeCoverage":
		var cov soap.Coverage
		if cov, err = cl.Coverage(ctx, c.Access, c.MSISDN); err == nil {
			o.Covered, o.Text, o.Charge = &cov.Covered, cov.Text, cov.Charge
		}
	case "getmsgcharge":
		var ch soap.Charge
		ch, err = cl.Charge(ctx, c.Access, c.MessageID.API)
		o.ID, o.Charge, o.Status = ch.ID, ch.Charge, ch.Status
	default:
		t.Fatalf("no operation %q", c.Op)
	}
	var e *soap.Error
	if errors.As(err, &e) {
		o.Error = &failure{Reach: e.Reach.String(), HTTP: e.HTTP, Fault: e.Fault}
		if e.Code != 0 {
			o.Error.Code = e.Code.String()
		}
	} else if err != nil {
		t.Fatalf("an error of type %T: %v", err, err)
	}
	return o
}

func TestClientKeepsToTheTranscripts(t *testing.T) {
	files, err := filepath.Glob("../../testdata/soap/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		t.Run(name, func(t *testing.T) {
			list := exchanges(t, file)
			synctest.Test(t, func(t *testing.T) {
				g := newGateway(t)
				binding := soap.Document
				if strings.HasPrefix(name, "rpc-") {
					binding = soap.RPC
				}
				c, err := soap.New(soap.Options{Endpoint: "http://gateway.test", Binding: binding, Dial: g.network.dial})
				if err != nil {
					t.Fatal(err)
				}
				defer c.CloseIdle()
				for i, x := range list {
					time.Sleep(x.duration(t, "after"))
					if x["call.json"] != "" {
						x.play(t, i+1, g, c)
					}
				}
			})
		})
	}
}

// play makes the call, answers it, and looks at what was sent and what the client makes of the answer.
func (x exchange) play(t *testing.T, number int, g *gateway, cl *soap.Client) {
	t.Helper()
	var c call
	var want outcome
	x.read(t, "call.json", &c)
	x.read(t, "result.json", &want)
	g.next <- x
	got := c.make(t, cl)
	sent := <-g.arrived
	synctest.Wait() // until the client has seen the end of a connection

	if diff := cmp.Diff(x["request.xml"], sent.body); diff != "" {
		t.Errorf("request %d (-want +got):\n%s", number, diff)
	}
	for name, values := range x.fields("headers") {
		if diff := cmp.Diff(values, sent.header[name]); diff != "" {
			t.Errorf("request %d, header %s (-want +got):\n%s", number, name, diff)
		}
	}
	if want := x.word("connection"); want != "" && sent.connection != want {
		t.Errorf("request %d came over connection %s; want %s", number, sent.connection, want)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("result %d (-want +got):\n%s", number, diff)
	}
}
