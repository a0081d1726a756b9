package simulator

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// timeToWrite is how long writing an answer may take, besides the delays ordered.
const timeToWrite = time.Minute

const xmlType = "text/xml; charset=utf-8"

// ServeHTTP serves both bindings at the real gateway's paths, their WSDLs at ?wsdl.
func (s *Simulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", s.now().UTC().Format(http.TimeFormat))
	b := bindings[strings.TrimSuffix(r.URL.Path, "/")]
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

// reply is an HTTP answer, and what is to go wrong with it.
type reply struct {
	status int
	kind   string // Content-Type
	body   []byte
	drop   string // name of a drop fault
	cut    bool   // close the connection after the answer, without notice
}

func (s *Simulator) post(w http.ResponseWriter, r *http.Request, b *binding) {
	s.enter()
	defer s.underWay.Add(-1)

	// Read the body to its end before any wait: net/http notices only then that a client has gone.
	var body bytes.Buffer
	if r.ContentLength > 0 {
		body.Grow(int(min(r.ContentLength, maxBody)) + bytes.MinRead)
	}
	if _, err := body.ReadFrom(http.MaxBytesReader(w, r.Body, maxBody)); err != nil {
		if errors.As(err, new(*http.MaxBytesError)) {
			http.Error(w, "The request is larger than 4 MiB.", http.StatusRequestEntityTooLarge)
			return
		}
		panic(http.ErrAbortHandler) // the client did not send it to the end
	}
	answer := s.respond(w, r, b, body.Bytes())
	closes, silent := s.lastOf(r)
	if answer.cut = closes && silent; closes && !silent {
		w.Header().Set("Connection", "close")
	}
	answer.write(w)
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

func (s *Simulator) respond(w http.ResponseWriter, r *http.Request, b *binding, body []byte) reply {
	c, err := s.read(r, b, body)
	if err != nil {
		return faultReply(b, err)
	}
	lines, o, err := s.carryOut(w, r, c)
	if err != nil {
		return faultReply(b, err)
	}
	out := reply{status: http.StatusOK, kind: xmlType, body: answer(b, c.op, lines)}
	switch f := o.answer; {
	case f == nil:
	case f.kind.name == "http-status":
		code := f.number("code")
		text := fmt.Sprintf("%d %s\n", code, http.StatusText(code))
		return reply{status: code, kind: "text/plain; charset=utf-8", body: []byte(text)}
	case f.kind.name == "soap-fault":
		return faultReply(b, &fault{code: f.text("code"), text: f.text("string"), op: c.op.name})
	default:
		out.drop = f.kind.name
	}
	return out
}

// read decodes the call and holds the SOAPAction against it, where there is one.
func (s *Simulator) read(r *http.Request, b *binding, body []byte) (*call, error) {
	c, err := decode(body, b, charsetOf(r.Header.Get("Content-Type")))
	if err != nil {
		return nil, err
	}
	if address, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		c.from = address.Addr()
	}
	s.requests[c.op.index].Add(1)
	action := strings.Trim(r.Header.Get("SOAPAction"), `" `)
	if action == "" {
		return c, nil
	}
	// The RPC server has had several addresses, and its actions with them.
	space, op := action, ""
	if i := strings.LastIndexAny(action, "/#"); i >= 0 {
		space, op = action[:i], action[i+1:]
	}
	if op != c.op.nameIn(b) || !b.rpc && space != b.action {
		return nil, &fault{code: "Client", text: fmt.Sprintf("SOAPAction %.200q contradicts the body, which has %s", action, c.op.nameIn(b)), op: c.op.name}
	}
	return c, nil
}

// carryOut signs the caller in, draws the faults and does what the call asks for.
func (s *Simulator) carryOut(w http.ResponseWriter, r *http.Request, c *call) ([]string, orders, error) {
	s.mu.Lock()
	s.refund(s.now())
	var by caller
	var code int
	if c.op.name != "auth" {
		by, code = s.accounts.identify(c, s.now())
	}
	if code != 0 {
		s.mu.Unlock()
		return []string{errorLine(code)}, orders{}, nil
	}
	o := draw(s.armed, c.op)
	s.mu.Unlock()

	if o.instead != nil {
		return []string{o.instead.errorLine(s.now())}, o, nil
	}
	allow(w, o.before+o.after)
	s.wait(context.Background(), o.before) // whether the client is still there or not
	lines, err := s.do(c, by, &o)
	s.wait(r.Context(), o.after)
	return o.edit(lines), o, err
}

func (s *Simulator) do(c *call, by caller, o *orders) ([]string, error) {
	if c.op.name == "sendmsg" {
		return s.sendmsg(c, by, o)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	line, err := s.perform(c, by)
	return []string{line}, err
}

// allow makes the time for writing the answer longer by a wait that was ordered.
func allow(w http.ResponseWriter, wait time.Duration) {
	if wait > 0 {
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(wait + timeToWrite)) // what cannot has no limit either
	}
}

// wait ends the exchange without an answer when the client leaves or the simulator is closed.
func (s *Simulator) wait(ctx context.Context, d time.Duration) {
	if d == 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		panic(http.ErrAbortHandler)
	case <-s.closed:
		panic(http.ErrAbortHandler)
	}
}

func faultReply(b *binding, err error) reply {
	var f *fault
	if !errors.As(err, &f) {
		f = &fault{code: "Server", text: err.Error()}
	}
	return reply{status: http.StatusInternalServerError, kind: xmlType, body: faultAnswer(b, f)}
}

// write sends the answer, as far as its fault lets it; ErrAbortHandler has net/http close the connection.
func (a reply) write(w http.ResponseWriter) {
	if a.drop == "drop-before-answer" {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", a.kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(a.status)
	switch a.drop {
	case "drop-after-headers":
		a.body = nil
	case "drop-mid-body":
		a.body = a.body[:len(a.body)/2]
	}
	w.Write(a.body) // a client that has left is no concern of the gateway
	if a.drop != "" || a.cut {
		http.NewResponseController(w).Flush()
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
