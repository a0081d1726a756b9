package receipts

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	id     = "a1b2c3d4e5f60718293a4b5c6d7e8f90"
	client = "run42n000017"
)

var now = time.Unix(1400000600, 0)

func TestEveryFormOfAReceiptIsRead(t *testing.T) {
	whole := Receipt{ID: id, ClientID: client, To: "12025550143", Status: 4, At: time.Unix(1400000000, 0).UTC(), Charge: 800000, Charged: true}
	bare := Receipt{ID: id, Status: 4}
	form := "api_id=1234567&apiMsgId=" + id + "&cliMsgId=" + client + "&to=12025550143&timestamp=1400000000&from=12025550199&status=004&charge=0.800000"
	json := `{"callback":{"apiMsgId":"` + id + `","cliMsgId":"` + client + `","timestamp":1400000000,"to":"12025550143","from":"","charge":0.8,"status":"004"}}`
	elements := "<apiMsgId>" + id + "</apiMsgId><cliMsgId>" + client + "</cliMsgId><to>12025550143</to><timestamp>1400000000</timestamp><from/><status>004</status><charge>0.800000</charge>"
	xml := `<?xml version="1.0" encoding="UTF-8"?>` + "\n<callback>" + elements + "</callback>"
	soap := `<?xml version="1.0" encoding="ISO-8859-1"?><S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/" xmlns:n="urn:n"><S:Body><n:callback>` + elements + `</n:callback></S:Body></S:Envelope>`
	for name, tt := range map[string]struct {
		query, body string
		want        Receipt
	}{
		"GET":                         {query: form, want: whole},
		"form":                        {body: form, want: whole},
		"JSON in data":                {body: "data=" + url.QueryEscape(json), want: whole},
		"JSON in data of the query":   {query: "data=" + url.QueryEscape(json), want: whole},
		"bare JSON":                   {body: json, want: whole},
		"JSON without callback":       {body: strings.TrimSuffix(strings.TrimPrefix(json, `{"callback":`), "}"), want: whole},
		"JSON with numbers":           {body: `{"apiMsgId":"` + id + `","status":4}`, want: bare},
		"JSON with more":              {body: ` {"callback":{"apiMsgId":"` + id + `","status":"4","extra":{"status":"007"},"list":[1],"to":null}}`, want: bare},
		"XML in data":                 {body: "data=" + url.QueryEscape(xml), want: whole},
		"bare XML":                    {body: xml, want: whole},
		"XML by GET":                  {query: "data=" + url.QueryEscape(xml), want: whole},
		"XML with a comment":          {body: "<callback><!-- <status>007</status> -->" + elements + "</callback>", want: whole},
		"XML in sections":             {body: "<c><apiMsgId><![CDATA[" + id + "]]></apiMsgId><status>0&#48;4</status></c>", want: bare},
		"SOAP":                        {body: soap, want: whole},
		"SOAP by GET":                 {query: "data=" + url.QueryEscape(soap), want: whole},
		"moMsgId":                     {query: "moMsgId=" + id + "&status=004", want: bare},
		"the path's own query":        {query: "key=secret&apiMsgId=" + id + "&status=004", want: bare},
		"other capitals":              {query: "apimsgid=" + id + "&STATUS=004", want: bare},
		"both places say the same":    {query: "status=004", body: "apiMsgId=" + id + "&status=004", want: bare},
		"a charge that is none":       {query: "apiMsgId=" + id + "&status=004&charge=NaN", want: bare},
		"a charge below nought":       {query: "apiMsgId=" + id + "&status=004&charge=-1", want: bare},
		"a time that cannot be":       {query: "apiMsgId=" + id + "&status=004&timestamp=99999999999999999", want: bare},
		"a time that is long ago":     {query: "apiMsgId=" + id + "&status=004&timestamp=1", want: bare},
		"a number that is none":       {query: "apiMsgId=" + id + "&status=004&to=%1B%5B31m", want: bare},
		"a message named by us alone": {query: "cliMsgId=" + client + "&status=999", want: Receipt{ClientID: client, Status: 999}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := parse(tt.query, []byte(tt.body), now)
			if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
				t.Errorf("%v %s", err, diff)
			}
		})
	}
}

func TestWhatIsNoReceiptIsRefused(t *testing.T) {
	ok := "<apiMsgId>" + id + "</apiMsgId><status>004</status>"
	for name, tt := range map[string]struct{ query, body string }{
		"nothing":                 {},
		"no id":                   {query: "status=004"},
		"no status":               {query: "apiMsgId=" + id},
		"a status of four digits": {query: "apiMsgId=" + id + "&status=0004"},
		"a status below one":      {query: "apiMsgId=" + id + "&status=-04"},
		"status nought":           {query: "apiMsgId=" + id + "&status=000"},
		"an id that is none":      {query: "apiMsgId=%1B%5B31m&status=004"},
		"an id that never ends":   {query: "apiMsgId=" + strings.Repeat("a", 65) + "&status=004"},
		"two statuses":            {query: "apiMsgId=" + id + "&status=004&status=007"},
		"two statuses in XML":     {body: "<c>" + ok + "<status>007</status></c>"},
		"half a query":            {query: "apiMsgId=%"},
		"half a form":             {body: "apiMsgId=%"},
		"half JSON":               {body: `{"callback":{"apiMsgId":"` + id},
		"a list":                  {body: `[{"apiMsgId":"` + id + `","status":"004"}]`},
		"a callback that is none": {body: `{"callback":3}`},
		"JSON without end":        {body: strings.Repeat("[", 30000)},
		"half XML":                {body: "<c>" + ok},
		"XML upside down":         {body: "</c>" + ok},
		"a document type":         {body: `<!DOCTYPE c [<!ENTITY a "aaaa">]><c>` + ok + `</c>`},
		"an entity":               {body: "<c><apiMsgId>&a;</apiMsgId><status>004</status></c>"},
		"XML that is deep":        {body: strings.Repeat("<a>", 17) + ok + strings.Repeat("</a>", 17)},
		"XML that is wide":        {body: "<c>" + ok + strings.Repeat("<a/>", 200) + "</c>"},
		"another encoding":        {body: `<?xml version="1.0" encoding="UTF-16"?><c>` + ok + `</c>`},
		"text":                    {body: "hello"},
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := parse(tt.query, []byte(tt.body), now); err == nil {
				t.Errorf("it is %+v", got)
			}
		})
	}
}

func TestTheGatewayIsToldThatAReceiptIsTakenOnceItIsKept(t *testing.T) {
	good := "/dlr?apiMsgId=" + id + "&status=004"
	for name, tt := range map[string]struct {
		method, target, body string
		user, password       string
		fails                error
		want, taken          int
	}{
		"taken":                {method: "GET", target: good, user: "ann", password: "secret", want: 200, taken: 1},
		"posted":               {method: "POST", target: "/", body: good[5:], user: "ann", password: "secret", want: 200, taken: 1},
		"not kept":             {method: "GET", target: good, user: "ann", password: "secret", fails: errors.New("disk full"), want: 503, taken: 1},
		"a look at it":         {method: "GET", target: "/", user: "ann", password: "secret", want: 200},
		"no receipt":           {method: "POST", target: "/", body: "x=y", user: "ann", password: "secret", want: 400},
		"nobody":               {method: "GET", target: good, want: 401},
		"another password":     {method: "GET", target: good, user: "ann", password: "secrets", want: 401},
		"another user":         {method: "GET", target: good, user: "bob", password: "secret", want: 401},
		"a look without a key": {method: "GET", target: "/", want: 401},
		"another method":       {method: "PUT", target: good, user: "ann", password: "secret", want: 405},
		"too long":             {method: "POST", target: good, body: strings.Repeat("a", maxBytes+1), user: "ann", password: "secret", want: 413},
	} {
		t.Run(name, func(t *testing.T) {
			taken := 0
			r := Receiver{User: "ann", Password: "secret", Take: func(context.Context, Receipt) error { taken++; return tt.fails }}
			server := r.Server()
			q := httptest.NewRequest(tt.method, tt.target, strings.NewReader(tt.body))
			if tt.user != "" {
				q.SetBasicAuth(tt.user, tt.password)
			}
			w := httptest.NewRecorder()
			server.Handler.ServeHTTP(w, q)
			if w.Code != tt.want || taken != tt.taken {
				t.Errorf("%d, %d taken; want %d, %d", w.Code, taken, tt.want, tt.taken)
			}
			if body := w.Body.String(); strings.Contains(body, "secret") || strings.Contains(body, id) || strings.Contains(body, "disk") {
				t.Errorf("it repeats what was sent, or what is none of the gateway's business: %s", body)
			}
		})
	}
	var open Receiver
	if !open.admits(httptest.NewRequest(http.MethodGet, good, nil)) {
		t.Error("a receiver without a password wants one")
	}
}

// Whatever is posted is no receipt, or one that is safe to show and to keep.
func FuzzCallback(f *testing.F) {
	f.Add("apiMsgId="+id+"&cliMsgId="+client+"&to=12025550143&timestamp=1400000000&status=004&charge=0.8", []byte(nil))
	f.Add("", []byte(`data=%7B%22callback%22%3A%7B%22apiMsgId%22%3A%22`+id+`%22%2C%22status%22%3A%22004%22%7D%7D`))
	f.Add("", []byte(`{"callback":{"moMsgId":"`+id+`","charge":1e-6,"status":"003"}}`))
	f.Add("", []byte(`<?xml version="1.0"?><E xmlns="a"><B><c><apiMsgId>`+id+`</apiMsgId><status>0&#49;1</status></c></B></E>`))
	f.Fuzz(func(t *testing.T, query string, body []byte) {
		r, err := parse(query, body, now)
		if err != nil {
			if r != (Receipt{}) {
				t.Errorf("an error and %+v", r)
			}
			return
		}
		if r.Status < 1 || r.Status > 999 || r.ID == "" && r.ClientID == "" || !word(r.ID) || !word(r.ClientID) || strings.Trim(r.To, "0123456789") != "" ||
			r.Charge < 0 || r.Charge > 1e15 || !r.At.IsZero() && (r.At.Before(now.Add(-oldest)) || r.At.After(now.Add(newest))) {
			t.Errorf("%+v", r)
		}
	})
}
