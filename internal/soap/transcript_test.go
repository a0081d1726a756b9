package soap_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/smsplan/smsplan/internal/soap"
)

// A transcript's parts, as testdata/soap/README.md describes them.
type call struct {
	Binding   string
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
				o.Results = append(o.Results, v)
			}
		}
	case "querymsg", "delmsg":
		do := cl.Query
		if c.Op == "delmsg" {
			do = cl.Delete
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
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			part := map[string][]byte{}
			for _, f := range ar.Files {
				part[f.Name] = f.Data
			}
			var c call
			var want outcome
			for name, v := range map[string]any{"call.json": &c, "result.json": &want} {
				if err := json.Unmarshal(part[name], v); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
			}
			status := http.StatusOK
			if s := part["status"]; s != nil {
				if status, err = strconv.Atoi(strings.TrimSpace(string(s))); err != nil {
					t.Fatal(err)
				}
			}

			var body []byte
			var header http.Header
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ = io.ReadAll(r.Body)
				header = r.Header
				w.Header().Set("Content-Type", "text/xml; charset=utf-8")
				w.WriteHeader(status)
				_, _ = w.Write(part["answer.xml"])
			}))
			defer srv.Close()
			binding := map[string]soap.Binding{"document": soap.Document, "rpc": soap.RPC}[c.Binding]
			cl, err := soap.New(soap.Options{Endpoint: srv.URL, Binding: binding})
			if err != nil {
				t.Fatal(err)
			}
			defer cl.CloseIdle()
			got := c.make(t, cl)

			if diff := cmp.Diff(string(part["request.xml"]), string(body)); diff != "" {
				t.Errorf("request (-want +got):\n%s", diff)
			}
			for l := range strings.Lines(string(part["headers"])) {
				name, value, _ := strings.Cut(strings.TrimSpace(l), ": ")
				if got := header.Get(name); got != value {
					t.Errorf("header %s = %s; want %s", name, got, value)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("result (-want +got):\n%s", diff)
			}
		})
	}
}
