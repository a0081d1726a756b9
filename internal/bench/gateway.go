package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"
)

// service is where the gateway has its calls, figures where it tells what it saw since they were asked for last.
const (
	service = "/soap/document_literal/webservice"
	figures = "/figures"
)

// seen is what the gateway saw of messages.
type seen struct {
	Requests, Recipients int
	First, Last          time.Time // the first call, and the last answer
}

// span is how long it took from the first call to the last answer.
func (s seen) span() time.Duration { return s.Last.Sub(s.First) }

func (s seen) requestsASecond() float64 { return float64(s.Requests) / s.span().Seconds() }

func (s seen) recipientsASecond() float64 { return float64(s.Recipients) / s.span().Seconds() }

// serve is the fastest gateway that still answers each recipient by a line of its own: it knows no accounts, keeps nothing,
// and looks in a call for its recipients alone. The argument is how long it takes for a call; it prints its address.
func serve(ctx context.Context, args []string) error {
	delay, err := time.ParseDuration(args[0])
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	g := &gateway{delay: delay}
	mux := http.NewServeMux()
	mux.HandleFunc(service, g.answer)
	mux.HandleFunc(service+"/", g.answer)
	mux.HandleFunc(figures, g.tell)
	server := &http.Server{Handler: mux}
	defer context.AfterFunc(ctx, func() { server.Close() })()
	fmt.Printf("http://%s\n", listener.Addr())
	return server.Serve(listener)
}

type gateway struct {
	delay time.Duration

	mu   sync.Mutex
	seen seen
	ids  uint64 // given so far
}

var bodies = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func (g *gateway) answer(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	call, reply := bodies.Get().(*bytes.Buffer), bodies.Get().(*bytes.Buffer)
	call.Reset()
	reply.Reset()
	defer bodies.Put(call)
	defer bodies.Put(reply)
	if _, err := call.ReadFrom(r.Body); err != nil {
		return
	}
	operation := path.Base(strings.Trim(r.Header.Get("SOAPAction"), `"`))
	if g.delay > 0 {
		time.Sleep(g.delay)
	}
	fmt.Fprintf(reply, `<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:c="http://api.clickatell.com%s"><s:Body><c:%sResponse>`,
		service, operation)
	switch operation {
	case "sendmsg":
		g.accept(reply, call.Bytes(), began)
	case "auth":
		reply.WriteString("<return>OK: 0f0e0d0c0b0a09080706050403020100</return>")
	case "getbalance":
		reply.WriteString("<return>Credit: 1000000000</return>")
	default:
		reply.WriteString("<return>OK:</return>")
	}
	fmt.Fprintf(reply, "</c:%sResponse></s:Body></s:Envelope>\n", operation)
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(reply.Len()))
	w.Write(reply.Bytes())
}

// accept writes a line for each recipient of a call.
func (g *gateway) accept(reply *bytes.Buffer, call []byte, began time.Time) {
	people := bytes.Count(call, []byte("<to>"))
	g.mu.Lock()
	if g.seen.Requests++; g.seen.First.IsZero() {
		g.seen.First = began
	}
	g.seen.Recipients += people
	g.seen.Last = time.Now()
	g.ids += uint64(people)
	id := g.ids
	g.mu.Unlock()
	var line [80]byte
	for rest := call; ; id-- {
		_, after, found := bytes.Cut(rest, []byte("<to>"))
		if !found {
			return
		}
		number, after, _ := bytes.Cut(after, []byte("<"))
		rest = after
		reply.WriteString("<return>ID: ")
		reply.Write(appendID(line[:0], id))
		if people > 1 {
			reply.WriteString(" To: ")
			reply.Write(number)
		}
		reply.WriteString("</return>")
	}
}

// appendID writes an API message id: 32 hexadecimal digits.
func appendID(b []byte, id uint64) []byte {
	b = append(b, "a0000000000000000000000000000000"...)
	for i := len(b) - 1; id > 0; i, id = i-1, id>>4 {
		b[i] = "0123456789abcdef"[id&15]
	}
	return b
}

func (g *gateway) tell(w http.ResponseWriter, _ *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	json.NewEncoder(w).Encode(g.seen)
	g.seen = seen{}
}

// endpoint is a gateway in a process of its own.
type endpoint struct {
	url  string
	stop func() error
}

// gateway starts one that takes delay for each call.
func (b *bench) gateway(ctx context.Context, delay time.Duration) (*endpoint, error) {
	cmd := exec.CommandContext(ctx, b.self, "gateway", delay.String())
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	stop := func() error {
		if err := cmd.Process.Kill(); err != nil {
			return err
		}
		cmd.Wait() // it ends by the signal, which is no fault
		return nil
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		stop()
		return nil, fmt.Errorf("the gateway did not start: %w", err)
	}
	return &endpoint{url: strings.TrimSpace(line), stop: stop}, nil
}

// figures gives what the gateway saw since they were asked for last.
func (e *endpoint) figures() (s seen, err error) {
	response, err := http.Get(e.url + figures)
	if err != nil {
		return s, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return s, err
	}
	return s, json.Unmarshal(body, &s)
}
