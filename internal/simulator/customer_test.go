package simulator

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/tools/txtar"
)

// turn is one request and its answer: the content of sections by name. testdata/soap/README.md describes them.
type turn map[string]string

// turns reads a transcript, in order. Sections of the whole transcript come with the first.
func turns(t *testing.T, file string) []turn {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	list := []turn{{}}
	for _, f := range archive.Files {
		place, name, isNumbered := strings.Cut(f.Name, "/")
		if !isNumbered {
			list[0][f.Name] = string(f.Data)
			continue
		}
		n, err := strconv.Atoi(place)
		if err != nil || n < 1 || n > len(list)+1 {
			t.Fatalf("section %s is out of order", f.Name)
		}
		if n > len(list) {
			list = append(list, turn{})
		}
		list[n-1][name] = string(f.Data)
	}
	return list
}

// header reads a section of header fields.
func (x turn) header(section string) http.Header {
	h := http.Header{}
	for line := range strings.Lines(x[section]) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		h.Add(name, value)
	}
	return h
}

// word reads a section that is one word.
func (x turn) word(section, usual string) string {
	return cmp.Or(strings.TrimSpace(x[section]), usual)
}

// span reads a section that is a duration.
func (x turn) span(t *testing.T, section string) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(x.word(section, "0s"))
	if err != nil {
		t.Fatalf("%s: %v", section, err)
	}
	return d
}

// customerWaits is how long the customer waits for an answer.
const customerWaits = 30 * time.Second

// customer talks to a simulator over a network in memory, inside a bubble.
type customer struct {
	t         *testing.T
	transport *http.Transport
	dialled   int
	known     map[string]string // ids of the transcript by those that the simulator gave
	given     map[string]string // the other way round
}

// newCustomer serves s until the test ends.
func newCustomer(t *testing.T, s *Simulator) *customer {
	c := &customer{t: t, known: map[string]string{}, given: map[string]string{}}
	network := make(pipes)
	server := s.Server()
	go server.Serve(network)
	c.transport = &http.Transport{DisableCompression: true, DialContext: func(ctx context.Context, protocol, address string) (net.Conn, error) {
		conn, err := network.dial(ctx, protocol, address)
		c.dialled++
		return &numbered{Conn: conn, number: c.dialled}, err
	}}
	t.Cleanup(func() {
		c.transport.CloseIdleConnections()
		server.Close()
	})
	return c
}

// heard is what came in answer to a request.
type heard struct {
	status     int // 0 where nothing came
	header     http.Header
	body       string // unpacked, ids by their names in the transcript
	took       time.Duration
	cut        string
	connection int
}

// post sends the request of an exchange and listens until the answer ends or customerWaits does.
func (c *customer) post(x turn, path string) heard {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), customerWaits)
	defer cancel()
	var conn *numbered
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) { conn = i.Conn.(*numbered) }})
	request := anyID.ReplaceAllStringFunc(x["request.xml"], func(id string) string { return cmp.Or(c.given[id], id) })
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://gateway.test"+path, strings.NewReader(request))
	if err != nil {
		c.t.Fatal(err)
	}
	r.GetBody = nil // never send it again
	maps.Copy(r.Header, x.header("headers"))

	began := time.Now()
	resp, err := c.transport.RoundTrip(r)
	if err != nil {
		return heard{cut: "before-status", took: time.Since(began), connection: conn.number}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	h := heard{status: resp.StatusCode, header: resp.Header, took: time.Since(began), connection: conn.number}
	synctest.Wait() // until the end of a connection has been noticed
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		h.cut = "before-end"
	case err != nil && len(body) == 0:
		h.cut = "after-headers"
	case err != nil:
		h.cut = "mid-body"
		return h
	case conn.ended.Load() && !resp.Close:
		h.cut = "after-answer"
	}
	if resp.Close {
		h.header.Set("Connection", "close") // net/http takes it away
	}
	h.body = c.translate(c.unpack(h.header, body), x["answer.xml"])
	return h
}

func (c *customer) unpack(header http.Header, body []byte) string {
	c.t.Helper()
	if header.Get("Content-Encoding") != "gzip" {
		return string(body)
	}
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	if body, err = io.ReadAll(z); err != nil {
		c.t.Fatal(err)
	}
	return string(body)
}

// translate gives ids that the simulator makes the names that they have in the transcript, where they appear in the same order.
func (c *customer) translate(got, want string) string {
	ids, names := anyID.FindAllString(got, -1), anyID.FindAllString(want, -1)
	for i := range min(len(ids), len(names)) {
		if c.known[ids[i]] == "" && c.given[names[i]] == "" {
			c.known[ids[i]], c.given[names[i]] = names[i], ids[i]
		}
	}
	return anyID.ReplaceAllStringFunc(got, func(id string) string { return cmp.Or(c.known[id], id) })
}

// callbacks gives what has been pushed to r since it was asked last.
func (c *customer) callbacks(r *receiver) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var list []string
	for _, one := range r.got {
		fields := url.Values{}
		for name, value := range one.fields {
			fields.Set(name, value)
		}
		list = append(list, c.translate(fmt.Sprintf("%s %s?%s", one.method, one.path, fields.Encode()), ""))
	}
	r.got = nil
	return list
}

// numbered is a connection that knows its number, and whether the other end has closed it.
type numbered struct {
	net.Conn
	number int
	ended  atomic.Bool
}

func (n *numbered) Read(b []byte) (int, error) {
	size, err := n.Conn.Read(b)
	if errors.Is(err, io.EOF) {
		n.ended.Store(true)
	}
	return size, err
}
