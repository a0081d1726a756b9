package simulator

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// receiver is what an account has at its callback URL. It reads every form by itself, and knows nothing of the simulator.
type receiver struct {
	answer func(w http.ResponseWriter, r *http.Request) // nil: 200

	mu    sync.Mutex
	begun time.Time
	got   []report
}

// report is one callback as it arrived.
type report struct {
	at     time.Duration // since the receiver is there
	fields map[string]string
	method string
	kind   string
	path   string
	access string // user and password
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	user, password, _ := q.BasicAuth()
	one := report{time.Since(r.begun), map[string]string{}, q.Method, q.Header.Get("Content-Type"), q.URL.Path, user + ":" + password}
	body, err := io.ReadAll(q.Body)
	if err == nil {
		err = one.read(q, string(body))
	}
	if err != nil {
		one.fields["error"] = err.Error()
	}
	r.mu.Lock()
	r.got = append(r.got, one)
	r.mu.Unlock()
	if r.answer != nil {
		r.answer(w, q)
	}
}

func (r *report) read(q *http.Request, body string) error {
	q.Body = io.NopCloser(strings.NewReader(body))
	if err := q.ParseForm(); err != nil {
		return err
	}
	if data := q.PostForm.Get("data"); data != "" {
		body = data
	}
	switch {
	case strings.HasPrefix(body, "{"):
		var object struct{ Callback map[string]any }
		numbers := json.NewDecoder(strings.NewReader(body))
		numbers.UseNumber()
		if err := numbers.Decode(&object); err != nil {
			return err
		}
		for name, value := range object.Callback {
			r.fields[name] = fmt.Sprintf("%T %v", value, value)
		}
	case strings.HasPrefix(body, "<"):
		return r.readXML(body)
	default:
		for name, values := range q.Form {
			r.fields[name] = strings.Join(values, "|")
		}
	}
	return nil
}

// readXML takes the text of every element that has no elements in it, by its local name.
func (r *report) readXML(document string) error {
	d := xml.NewDecoder(strings.NewReader(document))
	text := ""
	for leaf := ""; ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch token := token.(type) {
		case xml.StartElement:
			leaf, text = token.Name.Local, ""
		case xml.CharData:
			text += string(token)
		case xml.EndElement:
			if token.Name.Local == leaf {
				r.fields[leaf] = text
			}
			leaf = ""
		}
	}
}

// reports are all that have arrived.
func (r *receiver) reports() []report {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]report(nil), r.got...)
}

// heard is "003+1s 004+3s": each status that has arrived, and when.
func (r *receiver) heard() string {
	var words []string
	for _, one := range r.reports() {
		words = append(words, one.fields["status"]+"+"+one.at.Round(time.Millisecond).String())
	}
	return strings.Join(words, " ")
}

// receives makes the receiver what all callbacks of the simulator reach.
func (r *receiver) receives(t *testing.T, s *Simulator) {
	network := make(pipes)
	r.begun = time.Now()
	server := &http.Server{Handler: r}
	var serving sync.WaitGroup
	serving.Go(func() { server.Serve(network) })
	t.Cleanup(func() {
		s.Close()
		synctest.Wait() // a connection that nobody needs any more is still made
		server.Close()
		serving.Wait()
	})
	s.pusher.transport.DialContext = network.dial
}

// listening are settings of the demo account with a callback.
func listening(c Callback) Settings {
	if c.URL == "" {
		c.URL = "http://receiver.test/dlr"
	}
	return Settings{Accounts: []Account{{User: "demo", Password: "demo", APIIDs: []string{"1"}, Credit: 1e6, Callback: &c}}}
}
