package simulator

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/smsplan/smsplan/internal/simulator/envelope"
)

const (
	maxBody     = 4 << 20
	timeToWrite = time.Minute // of an answer, besides the delays ordered

	xmlType = "text/xml; charset=utf-8"
)

// Path gives the path at which a binding is served, "document" or "rpc".
func Path(binding string) string {
	if binding == "rpc" {
		return "/soap/webservice_vs.php"
	}
	return "/soap/document_literal/webservice"
}

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
	case !strings.EqualFold(cmp.Or(r.Header.Get("Content-Encoding"), "identity"), "identity"):
		http.Error(w, "Send the request without Content-Encoding; only answers are compressed.", http.StatusUnsupportedMediaType)
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
