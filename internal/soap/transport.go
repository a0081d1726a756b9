package soap

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"time"
)

func newTransport(o Options) *http.Transport {
	dial := o.Dial
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	one := new(http.Protocols)
	one.SetHTTP1(true)
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment,
		OnProxyConnectResponse: func(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
			if answer.StatusCode == http.StatusOK {
				return nil
			}
			// net/http would give what the proxy calls its status, as if the gateway had said that.
			return fmt.Errorf("the proxy does not let this through: it answers with HTTP status %d", answer.StatusCode)
		},
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			// net/http lets a dial go on when its call has been given up, and it holds a place meanwhile.
			ctx, cancel := context.WithTimeout(ctx, o.Timeout)
			defer cancel()
			nc, err := dial(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			return &conn{Conn: nc}, nil
		},
		TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.RootCAs},
		TLSHandshakeTimeout: 10 * time.Second,
		Protocols:           one,
		DisableCompression:  true, // net/http would unpack without limit
		MaxConnsPerHost:     o.Connections,
		MaxIdleConnsPerHost: o.Connections,
		// Shorter than servers keep theirs: a connection that the server closes while a request is on its
		// way looks like an answer that never came.
		IdleConnTimeout:        4 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		WriteBufferSize:        32 << 10, // a request of 300 recipients leaves in one piece
		ReadBufferSize:         16 << 10,
	}
}

// reply is an HTTP answer that was read to its end.
type reply struct {
	status  int    // 0 for 200
	body    []byte // unpacked
	charset string // of Content-Type; "" where it names none
	date    time.Time
}

// exchange sends body and reads the answer, once. Every status but 200, and 500, which may bear a fault, is an error.
// A failure before a byte was handed to a connection is NotSent, every other is Unclear.
func (c *Client) exchange(ctx context.Context, op string, body []byte, notAfter time.Time) (*reply, *Error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	deadline, _ := ctx.Deadline()
	p := &passage{notAfter: notAfter, deadline: deadline, landed: make(chan struct{}, 1)}
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(i httptrace.GotConnInfo) { p.board(i.Conn) },
	})
	req := (&http.Request{
		Method: http.MethodPost,
		URL:    c.url,
		Host:   c.url.Host,
		Header: c.headers[op],
		// GetBody stays nil: with it net/http would send a request again by itself.
		Body:          io.NopCloser(bytes.NewReader(body)),
		ContentLength: int64(len(body)),
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
	}).WithContext(ctx)

	// Not an http.Client: that would follow redirects and put the URL into errors.
	resp, err := c.transport.RoundTrip(req)
	status := 0
	if err == nil {
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			status = resp.StatusCode
		}
		if p.progress() < len(body) || !p.replied(ctx) {
			err = errEarly
		}
	}
	if err != nil {
		e := &Error{Op: op, HTTP: status, Err: err}
		if handed, known := p.end(); known && handed == 0 {
			e.Reach = NotSent
		}
		return nil, e
	}
	// The request is written whole, and its connection may serve another call by now: it is not sealed.
	if status != 0 && status != http.StatusInternalServerError {
		return nil, &Error{Op: op, HTTP: status}
	}
	r, err := readReply(resp)
	if err != nil {
		return nil, &Error{Op: op, HTTP: status, Err: err}
	}
	r.status = status
	return r, nil
}

var errEarly = errors.New("an answer came before the request was written")

// readReply reads the answer within its limits, to its end: only then can the connection be used again.
func readReply(resp *http.Response) (*reply, error) {
	packed, err := readLimited(resp.Body)
	if err != nil {
		return nil, err
	}
	r := &reply{body: packed}
	if r.body, err = unpack(resp.Header.Get("Content-Encoding"), packed); err != nil {
		return nil, err
	}
	if _, params, err := mime.ParseMediaType(resp.Header.Get("Content-Type")); err == nil {
		r.charset = params["charset"]
	}
	// A date that cannot be read is no date.
	r.date, _ = http.ParseTime(resp.Header.Get("Date"))
	return r, nil
}

// call makes one exchange and gives the lines of the answer.
func (c *Client) call(ctx context.Context, r *request, a Access, notAfter time.Time) ([]string, *Error) {
	began := time.Now()
	lines, e := c.answered(ctx, r, a, notAfter)
	c.trace(ctx, r, time.Since(began), lines, e)
	return lines, e
}

// answered makes the exchange of a call, and reads its answer.
func (c *Client) answered(ctx context.Context, r *request, a Access, notAfter time.Time) ([]string, *Error) {
	redact := redactor(a.secrets())
	body, err := r.end()
	if err != nil {
		return nil, &Error{Op: r.op, Reach: NotSent, Err: err}
	}
	rep, e := c.exchange(ctx, r.op, body, notAfter)
	if e != nil {
		e.Err = shown(e.Err, e.Reach, redact)
		return nil, e
	}
	if !rep.date.IsZero() {
		ahead := time.Until(rep.date)
		c.ahead.Store(&ahead)
	}
	lines, err := parseAnswer(rep.body, rep.charset, r.op)
	var f *fault
	switch {
	case errors.As(err, &f):
		text := redact.clean(f.text)
		if text == "" {
			text = "without a text"
		}
		return nil, &Error{Op: r.op, HTTP: rep.status, Fault: text}
	case rep.status != 0: // proves nothing, whatever stands below it
		return nil, &Error{Op: r.op, HTTP: rep.status}
	case err != nil:
		return nil, &Error{Op: r.op, Err: shown(fmt.Errorf("unreadable answer: %w", err), Unclear, redact)}
	}
	return lines, nil
}

// refused is the error of a call that the gateway answered with an ERR line.
func refused(op string, l line, redact redactor) *Error {
	e := &Error{Op: op, Reach: Answered, Code: l.code, Until: l.until}
	if !l.code.Known() && op != "auth" {
		if text := redact.clean(l.text); text != "" {
			e.Err = errors.New(text)
		}
	}
	if e.Code == 0 && e.Err == nil {
		e.Err = errors.New("an error without a code")
	}
	return e
}

// cause is a foreign error whose text may be shown. What it wraps can be compared with [errors.Is] but not
// reached, for its own text may repeat what a server sent.
type cause struct {
	text string
	err  error
}

func (c *cause) Error() string        { return c.text }
func (c *cause) Is(target error) bool { return errors.Is(c.err, target) }

func shown(err error, reach Reach, redact redactor) error {
	if err == nil {
		return nil
	}
	if d := distrust(err); d != nil {
		err = d
	}
	text := err.Error()
	var syntax *xml.SyntaxError
	switch {
	case errors.As(err, &syntax):
		text = fmt.Sprintf("the answer is not well-formed XML, line %d", syntax.Line)
	case errors.Is(err, context.Canceled):
		text = "cancelled"
	case errors.Is(err, context.DeadlineExceeded):
		text = "no answer in time"
		if reach == NotSent {
			text = "no connection in time"
		}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		text = "the connection ended before the answer did"
	case reach != NotSent:
		// net/http, net/textproto and encoding/xml repeat what the server sent, in quotation marks.
		text, _, _ = strings.Cut(text, `"`)
		text = strings.TrimRight(text, " :")
	}
	return &cause{text: redact.clean(text), err: err}
}
