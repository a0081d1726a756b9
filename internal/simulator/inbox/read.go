package inbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/smsplan/smsplan/internal/simulator"
)

const (
	usualLimit = 100
	mostLimit  = 1000
)

// read serves what can be looked at.
func (b *Inbox) read(mux *http.ServeMux) {
	mux.HandleFunc("GET /_sim/messages", b.messages)
	mux.HandleFunc("GET /_sim/messages/{id}", b.message)
	mux.HandleFunc("GET /_sim/events", b.events)
	mux.HandleFunc("GET /_sim/sent", b.sent)
	mux.HandleFunc("GET /_sim/requests", b.requests)
	mux.HandleFunc("GET /_sim/sessions", b.sessions)
	mux.HandleFunc("GET /_sim/callbacks", b.callbacks)
	mux.HandleFunc("GET /_sim/faults", b.faults)
	mux.HandleFunc("GET /_sim/settings", b.settings)
	mux.HandleFunc("GET /_sim/example", b.example)
}

func (b *Inbox) messages(w http.ResponseWriter, r *http.Request) {
	query, err := queryOf(r)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	show := showerOf(r)
	found := b.simulator.Find(r.Context(), query)
	type listing struct {
		Epoch    string    `json:"epoch"`
		Total    int       `json:"total"`
		More     bool      `json:"more"`
		Messages []message `json:"messages"`
	}
	l := listing{b.epoch(found.Mark), found.Mark.Messages, found.More, []message{}}
	for _, v := range found.Messages {
		l.Messages = append(l.Messages, show.message(v))
	}
	answer(w, l)
}

func queryOf(r *http.Request) (simulator.Query, error) {
	query := simulator.Query{Search: r.URL.Query().Get("q"), Limit: usualLimit}
	for _, p := range []struct {
		name string
		to   *int
		most int
	}{{"limit", &query.Limit, mostLimit}, {"before", &query.Before, 1 << 40}, {"after", &query.After, 1 << 40}} {
		text := r.URL.Query().Get(p.name)
		if text == "" {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > p.most {
			return query, fmt.Errorf("%s: write a number from 1 to %d", p.name, p.most)
		}
		*p.to = n
	}
	return query, nil
}

func (b *Inbox) message(w http.ResponseWriter, r *http.Request) {
	d, ok := b.simulator.Look(r.PathValue("id"))
	if !ok {
		refuse(w, http.StatusNotFound, "there is no message with this id, or it was forgotten by a reset")
		return
	}
	answer(w, showerOf(r).detail(d))
}

func (b *Inbox) sent(w http.ResponseWriter, r *http.Request) {
	least := 1
	if text := r.URL.Query().Get("least"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			refuse(w, http.StatusBadRequest, "least: write a number from 1")
			return
		}
		least = n
	}
	type sending struct {
		To    string `json:"to"`
		Text  string `json:"text"`
		Count int    `json:"count"`
	}
	show, list := showerOf(r), []sending{}
	for _, s := range b.simulator.Sent(least) {
		list = append(list, sending{show.number(s.To), s.Text, s.Count})
	}
	answer(w, map[string]any{"sent": list})
}

func (b *Inbox) requests(w http.ResponseWriter, _ *http.Request) {
	answer(w, map[string]any{"requests": b.simulator.Requests(), "most_at_once": b.simulator.MostAtOnce()})
}

func (b *Inbox) sessions(w http.ResponseWriter, _ *http.Request) {
	answer(w, map[string]int{"sessions": b.simulator.Sessions()})
}

func (b *Inbox) callbacks(w http.ResponseWriter, r *http.Request) {
	type callback struct {
		At      time.Time `json:"at"`
		ID      string    `json:"id"`
		To      string    `json:"to"`
		Status  status    `json:"status"`
		URL     string    `json:"url"`
		Attempt int       `json:"attempt"`
		Answer  int       `json:"answer,omitempty"`
		Error   string    `json:"error,omitempty"`
	}
	show, list := showerOf(r), []callback{}
	for _, p := range b.simulator.Pushes() {
		list = append(list, callback{p.At, p.ID, show.number(p.To), statusOf(p.Status), p.URL, p.Attempt, p.Answer, show.numbersIn(p.Error)})
	}
	answer(w, map[string]any{"callbacks": list})
}

func (b *Inbox) faults(w http.ResponseWriter, _ *http.Request) {
	type key struct {
		Name  string `json:"name"`
		Form  string `json:"form"`
		Usual string `json:"usual,omitempty"`
		Text  string `json:"text,omitempty"`
	}
	type kind struct {
		Name string `json:"name"`
		Text string `json:"text"`
		Keys []key  `json:"keys"`
	}
	ordered, kinds := []string{}, []kind{}
	for _, f := range b.simulator.Ordered() {
		ordered = append(ordered, f.String())
	}
	for _, d := range simulator.Faults() {
		k := kind{d.Name, d.Text, []key{}}
		for _, one := range d.Keys {
			k.Keys = append(k.Keys, key(one))
		}
		kinds = append(kinds, k)
	}
	answer(w, map[string]any{"faults": ordered, "kinds": kinds, "syntax": simulator.FaultSyntax})
}

func (b *Inbox) settings(w http.ResponseWriter, r *http.Request) {
	answer(w, showerOf(r).settings(b.simulator.Settings()))
}

// example gives the block that makes a configuration send here.
func (b *Inbox) example(w http.ResponseWriter, r *http.Request) {
	scheme, authority := "http", ""
	if r.TLS != nil {
		scheme, authority = "https", "  ca_file  = \"...\" # what -tls-cert-out wrote\n"
	}
	account := b.simulator.Settings().Accounts[0]
	password := "..."
	if account.User == "demo" && account.Password == "demo" {
		password = "demo"
	}
	answer(w, map[string]string{"gateway": fmt.Sprintf(`gateway "clickatell" {
  endpoint = "%s://%s/soap/document_literal/webservice"
%s  api_id   = %q
  user     = %q
  password = %q
}
`, scheme, r.Host, authority, account.APIIDs[0], account.User, password)})
}

// refuseUnknown answers a request that the control API does not have, at that address or with that method.
func refuseUnknown(w http.ResponseWriter, r *http.Request, mux *http.ServeMux) {
	_, unknown := mux.Handler(r)
	var others []string
	for _, method := range []string{"GET", "PUT", "PATCH", "POST", "DELETE"} {
		other := r.Clone(r.Context())
		other.Method = method
		if _, pattern := mux.Handler(other); pattern != unknown {
			others = append(others, method)
		}
	}
	if len(others) == 0 {
		refuse(w, http.StatusNotFound, "the control API has no such address; docs/simulator.md lists those it has")
		return
	}
	w.Header().Set("Allow", strings.Join(others, ", "))
	refuse(w, http.StatusMethodNotAllowed, "this address takes "+strings.Join(others, " and "))
}

func answer(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	_ = out.Encode(value) // whoever asked may have left
}

// refuse answers a request that cannot be met.
func refuse(w http.ResponseWriter, status int, why string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": why})
}
