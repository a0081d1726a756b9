package simulator

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/smsplan/smsplan/internal/simulator/envelope"
)

// timeToWrite is how long writing an answer may take, besides the delays ordered.
const timeToWrite = time.Minute

const (
	maxBody = 4 << 20
	xmlType = "text/xml; charset=utf-8"
)

// ServeHTTP serves both bindings at the real gateway's paths, their WSDLs at ?wsdl.
func (s *Simulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", s.now().UTC().Format(http.TimeFormat))
	b := envelope.At(strings.TrimSuffix(r.URL.Path, "/"))
	isSchema := strings.EqualFold(r.URL.RawQuery, "wsdl")
	isRead := r.Method == http.MethodGet || r.Method == http.MethodHead
	switch {
	case b == nil:
		http.Error(w, "There is no gateway at this address.", http.StatusNotFound)
	case isSchema && isRead:
		serveWSDL(w, r, b)
	case isSchema:
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "This is the address of the schema; the service has it without ?wsdl.", http.StatusMethodNotAllowed)
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", "POST")
		http.Error(w, "Post a SOAP envelope here, or ask for ?wsdl.", http.StatusMethodNotAllowed)
	default:
		s.post(w, r, b)
	}
}

// serveWSDL describes the service under the address that was asked.
func serveWSDL(w http.ResponseWriter, r *http.Request, b *envelope.Binding) {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	schema, err := b.WSDL(scheme + "://" + r.Host + r.URL.Path)
	if err != nil {
		http.Error(w, "The schema cannot be written.", http.StatusInternalServerError)
		return
	}
	reply{status: http.StatusOK, kind: xmlType, body: schema}.write(w)
}

func (s *Simulator) post(w http.ResponseWriter, r *http.Request, b *envelope.Binding) {
	s.enter()
	defer s.underWay.Add(-1)

	// Read the body to its end before any wait: net/http notices only then that a client has gone.
	var body bytes.Buffer
	body.Grow(int(min(max(r.ContentLength, 0), 64<<10)) + bytes.MinRead) // not what is promised and may never come
	var err error
	if r.ContentLength <= maxBody {
		_, err = body.ReadFrom(http.MaxBytesReader(w, r.Body, maxBody))
	}
	switch {
	case r.ContentLength > maxBody, errors.As(err, new(*http.MaxBytesError)):
		http.Error(w, "The request is larger than 4 MiB.", http.StatusRequestEntityTooLarge)
		return
	case err != nil:
		panic(http.ErrAbortHandler) // the client did not send it to the end
	}
	seen := &recorded{
		at: s.now(), began: time.Now(), path: r.URL.Path,
		kind: r.Header.Get("Content-Type"), action: r.Header.Get("SOAPAction"), body: body.Bytes(),
	}
	defer s.exchanges.keep(seen) // where it comes to no answer
	answer := s.respond(w, r, b, seen)
	closes, silent := s.lastOf(r)
	if answer.cut = closes && silent; closes && !silent {
		w.Header().Set("Connection", "close")
	}
	seen.answer = &answer
	s.exchanges.keep(seen) // now, since some answers take long to write
	answer.write(w)
	if answer.hangs() {
		wait := answer.drop.wait("for")
		allow(w, wait)
		s.await(r.Context(), wait, nil)
	}
}

func (s *Simulator) enter() {
	n := s.underWay.Add(1)
	for {
		most := s.mostAtOnce.Load()
		if n <= most || s.mostAtOnce.CompareAndSwap(most, n) {
			return
		}
	}
}

func (s *Simulator) respond(w http.ResponseWriter, r *http.Request, b *envelope.Binding, seen *recorded) reply {
	c, err := s.read(r, b, seen.body)
	seen.call = c
	if err != nil {
		return faultReply(b, err)
	}
	lines, o, err := s.carryOut(w, r, c)
	out := o.reply(c, lines, err)
	out.zip = o.zip && takesGzip(r)
	return out
}

// carryOut signs the caller in, draws the faults and does what the call asks for.
func (s *Simulator) carryOut(w http.ResponseWriter, r *http.Request, c *call) ([]string, orders, error) {
	s.mu.Lock()
	s.refund(s.now())
	by, code := s.accounts.identify(c, s.now())
	if c.chosen["missing=001"] && (code == errSessionExpired || code == errSessionMissing) {
		code = errAuthentication
	}
	o := draw(s.armed, c.Operation, code == 0)
	s.mu.Unlock()

	switch {
	case code != 0:
		return o.spell([]string{errorLine(code)}), o, nil
	case o.instead != nil:
		return o.spell([]string{o.instead.errorLine(s.now())}), o, nil
	}
	allow(w, o.before+o.after)
	s.wait(context.Background(), o.before) // whether the client is still there or not
	lines, err := s.do(c, by, &o)
	s.wait(r.Context(), o.after)
	if o.heard != nil {
		limit := time.Duration(float64(handover)/s.speed) + pushPatience // a receiver may not answer at all
		allow(w, limit)
		s.await(r.Context(), limit, o.heard)
	}
	return o.spell(o.edit(lines)), o, err
}

func (s *Simulator) do(c *call, by caller, o *orders) ([]string, error) {
	switch c.Operation {
	case "sendmsg":
		return s.sendmsg(c, by, o)
	case "si_push":
		return s.siPush(c, by, o)
	case "ind_push":
		return s.indPush(c, by, o)
	case "senditem":
		return s.senditem(c, by, o)
	case "quicksend":
		return s.quicksend(c, by, o)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.perform(c, by, o)
}

// allow makes the time for writing the answer longer by a wait that was ordered.
func allow(w http.ResponseWriter, wait time.Duration) {
	if wait > 0 {
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(wait + timeToWrite)) // what cannot has no limit either
	}
}

// wait ends the exchange without an answer when the client leaves or the simulator is closed.
func (s *Simulator) wait(ctx context.Context, d time.Duration) {
	if d > 0 {
		s.await(ctx, d, nil)
	}
}

// await is wait, where nought is for good, and until ends it when it is closed.
func (s *Simulator) await(ctx context.Context, d time.Duration, until <-chan struct{}) {
	var over <-chan time.Time
	if d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		over = timer.C
	}
	select {
	case <-over:
	case <-until:
	case <-ctx.Done():
		panic(http.ErrAbortHandler)
	case <-s.closed:
		panic(http.ErrAbortHandler)
	}
}

// reply is an HTTP answer, and what is to go wrong with it.
type reply struct {
	status int
	kind   string // Content-Type
	body   []byte
	drop   *Fault // a drop-* or hang-after-body; nil for none
	cut    bool   // close the connection after the answer, without notice
	zip    bool
}

// reply is the answer that carries the lines or the error, or the one that a fault puts in its place.
func (o *orders) reply(c *call, lines []string, err error) reply {
	if err != nil {
		return faultReply(c.Binding, err)
	}
	f := o.answer
	if f != nil {
		switch f.kind.name {
		case "http-status":
			code := f.number("code")
			text := fmt.Sprintf("%d %s\n", code, http.StatusText(code))
			return reply{status: code, kind: "text/plain; charset=utf-8", body: []byte(text)}
		case "soap-fault":
			return faultReply(c.Binding, &envelope.Fault{Code: f.text("code"), Text: f.text("string"), Operation: c.Operation})
		}
	}
	return reply{status: http.StatusOK, kind: xmlType, body: c.Answer(lines, encodingOf(o.arrays)), drop: f}
}

// encodingOf is what the faults rpc-array make of the encoding of RPC answers.
func encodingOf(faults []*Fault) envelope.Encoding {
	var e envelope.Encoding
	for _, f := range faults {
		e.Member = cmp.Or(f.text("member"), e.Member)
		e.Size = cmp.Or(f.text("size"), e.Size)
		e.Href = cmp.Or(f.text("href"), e.Href)
		e.OwnType = e.OwnType || f.text("type") == "own"
		e.Single = e.Single || f.is("single")
		e.Nil = e.Nil || f.is("nil")
	}
	return e
}

func faultReply(b *envelope.Binding, err error) reply {
	var f *envelope.Fault
	if !errors.As(err, &f) {
		f = &envelope.Fault{Code: "Server", Text: err.Error()}
	}
	return reply{status: http.StatusInternalServerError, kind: xmlType, body: f.Answer(b)}
}

// hangs reports whether the answer has no end.
func (a reply) hangs() bool { return a.drop != nil && a.drop.kind.name == "hang-after-body" }

// write sends the answer, as far as its fault lets it; ErrAbortHandler has net/http close the connection.
func (a reply) write(w http.ResponseWriter) {
	stage := ""
	if a.drop != nil {
		stage = a.drop.kind.name
	}
	if stage == "drop-before-answer" {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", a.kind)
	if a.zip {
		w.Header().Set("Content-Encoding", "gzip")
		a.body = gzipped(a.body)
	}
	if !a.hangs() { // without a length, the body ends with the answer
		w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	w.WriteHeader(a.status)
	switch stage {
	case "drop-after-headers":
		a.body = nil
	case "drop-mid-body":
		a.body = a.body[:len(a.body)/2]
	}
	w.Write(a.body) // a client that has left is no concern of the gateway
	if a.drop != nil || a.cut {
		http.NewResponseController(w).Flush()
	}
	if a.cut || a.drop != nil && !a.hangs() {
		panic(http.ErrAbortHandler)
	}
}

type connectionKey struct{}

// connection counts the requests that came by it since the fault that wants them counted was ordered.
type connection struct {
	counted  *armed
	requests int
}

// ConnContext marks connections for close-after, as [http.Server.ConnContext]; the server of [Simulator.Server] has it. Without
// it, connections are told apart by the client's address.
func (s *Simulator) ConnContext(ctx context.Context, _ net.Conn) context.Context {
	return context.WithValue(ctx, connectionKey{}, new(connection))
}

// lastOf counts the request on its connection and says whether close-after ends that.
func (s *Simulator) lastOf(r *http.Request) (closes, silent bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.ordered("close-after")
	if a == nil {
		return false, false
	}
	c, ok := r.Context().Value(connectionKey{}).(*connection)
	if !ok {
		if c = s.connections[r.RemoteAddr]; c == nil {
			c = new(connection)
			s.connections[r.RemoteAddr] = c
		}
	}
	if c.counted != a {
		*c = connection{counted: a}
	}
	if c.requests++; c.requests < a.number("requests") {
		return false, false
	}
	delete(s.connections, r.RemoteAddr)
	return true, a.is("silent")
}
