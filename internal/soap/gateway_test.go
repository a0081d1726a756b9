package soap_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"
)

// exchange is one request and its answer: the content of sections by name. testdata/soap/README.md describes them.
type exchange map[string]string

// exchanges reads a transcript, in order. Sections of the whole transcript come with the first.
func exchanges(t *testing.T, file string) []exchange {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	list := []exchange{{}}
	for _, f := range archive.Files {
		n, name := 1, f.Name
		if number, rest, ok := strings.Cut(f.Name, "/"); ok {
			if n, err = strconv.Atoi(number); err != nil {
				t.Fatalf("section %s: %v", f.Name, err)
			}
			name = rest
		}
		for len(list) < n {
			list = append(list, exchange{})
		}
		list[n-1][name] = string(f.Data)
	}
	return list
}

// word gives a section that is one word.
func (x exchange) word(name string) string { return strings.TrimSpace(x[name]) }

// read decodes a section of JSON.
func (x exchange) read(t *testing.T, name string, into any) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(x[name]))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// duration gives 0 for a section that is not there.
func (x exchange) duration(t *testing.T, name string) time.Duration {
	t.Helper()
	if x[name] == "" {
		return 0
	}
	d, err := time.ParseDuration(x.word(name))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return d
}

// fields reads a section of header fields.
func (x exchange) fields(name string) http.Header {
	h := http.Header{}
	for l := range strings.Lines(x[name]) {
		key, value, _ := strings.Cut(strings.TrimSpace(l), ": ")
		h.Add(key, value)
	}
	return h
}

// gateway answers as a transcript says.
type gateway struct {
	t       *testing.T
	next    chan exchange // to be answered next
	arrived chan arrival  // what came
	network pipes
}

type arrival struct {
	header     http.Header
	body       string
	connection string // its number, from 1
}

// newGateway runs a gateway until the end of the test, which runs in a bubble.
func newGateway(t *testing.T) *gateway {
	g := &gateway{t: t, next: make(chan exchange, 1), arrived: make(chan arrival, 1), network: make(pipes)}
	connections := 0
	server := &http.Server{Handler: g, ConnContext: func(ctx context.Context, _ net.Conn) context.Context {
		connections++
		return context.WithValue(ctx, connectionKey{}, strconv.Itoa(connections))
	}}
	go func() { _ = server.Serve(g.network) }()
	t.Cleanup(func() { _ = server.Close() })
	return g
}

type connectionKey struct{}

// ServeHTTP answers as far as the transcript lets it; ErrAbortHandler has net/http close the connection.
func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	g.arrived <- arrival{r.Header, string(body), r.Context().Value(connectionKey{}).(string)}
	x := <-g.next
	time.Sleep(x.duration(g.t, "delay"))

	cut := x.word("cut")
	if cut == "before-status" {
		panic(http.ErrAbortHandler)
	}
	status := http.StatusOK
	if x["status"] != "" {
		status, _ = strconv.Atoi(x.word("status"))
	}
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	maps.Copy(w.Header(), x.fields("answer-headers"))
	answer := []byte(x["answer.xml"])
	if w.Header().Get("Content-Encoding") == "gzip" {
		answer = packed(answer)
	}
	if cut != "before-end" {
		w.Header().Set("Content-Length", strconv.Itoa(len(answer)))
	}
	w.WriteHeader(status)
	switch cut {
	case "after-headers":
		answer = nil
	case "mid-body":
		answer = answer[:len(answer)/2]
	}
	_, _ = w.Write(answer)
	if cut == "" {
		return
	}
	_ = http.NewResponseController(w).Flush()
	if cut == "before-end" {
		<-r.Context().Done()
	}
	panic(http.ErrAbortHandler)
}

func packed(b []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, _ = z.Write(b)
	_ = z.Close()
	return out.Bytes()
}

// pipes is a network in memory.
type pipes chan net.Conn

func (p pipes) dial(context.Context, string, string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	p <- theirs
	return ours, nil
}

func (p pipes) Accept() (net.Conn, error) {
	if c, ok := <-p; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}

func (p pipes) Close() error {
	close(p)
	return nil
}

func (p pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipes"} }
