// Package soap makes method calls to the gateway: one call is one HTTP exchange.
// It never retries and never waits, and its errors say how far a request got.
package soap

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"
)

// Binding is the SOAP style of an endpoint.
type Binding uint8

// Bindings.
const (
	Document Binding = iota // document/literal, wrapped
	RPC                     // rpc/encoded, SOAP 1.1 section 5
)

// Options of a client. Endpoint is required.
type Options struct {
	Endpoint    string // of the service, http or https, without credentials in it
	Binding     Binding
	Namespace   string         // "" for the binding's
	SOAPAction  string         // prefix, before "/" and the operation; "" for the binding's
	Timeout     time.Duration  // of one exchange, name lookup and connect included; 0 is 30 s
	Connections int            // most connections open at once; 0 is 8
	RootCAs     *x509.CertPool // nil for the system's

	// Log is told of each exchange, at level debug: nothing of what was sent or answered but ids of ours, counts and codes. nil for nobody.
	Log *slog.Logger

	// Dial opens connections; nil for the network. Its context ends when the connection is up.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
}

// Client speaks to one endpoint over kept-alive HTTP/1.1 connections. Safe for use by many goroutines.
// Make one with [New].
type Client struct {
	binding   Binding
	namespace string
	action    string
	url       *url.URL
	timeout   time.Duration
	log       *slog.Logger // never nil
	transport *http.Transport
	headers   map[string]http.Header // by operation; never written to after New

	ahead atomic.Pointer[time.Duration] // see Ahead; nil before the first answer with a date
}

// Ahead gives how far the gateway's clock is ahead of this machine's, to the second, by the Date of its newest answer. It is
// not known before the first answer that has one.
func (c *Client) Ahead() (d time.Duration, known bool) {
	if p := c.ahead.Load(); p != nil {
		return *p, true
	}
	return 0, false
}

const (
	defaultTimeout     = 30 * time.Second
	defaultConnections = 8
)

// New makes a client. It opens no connection.
func New(o Options) (*Client, error) {
	u, err := url.Parse(o.Endpoint)
	switch {
	case err != nil:
		// The parser's error repeats the address, which may hold a password.
		return nil, errors.New("endpoint is not a URL")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("endpoint is neither http nor https")
	case u.Host == "":
		return nil, errors.New("endpoint names no host")
	case u.User != nil:
		return nil, errors.New("endpoint holds credentials; the gateway takes them in the request")
	case o.Binding != Document && o.Binding != RPC:
		return nil, fmt.Errorf("unknown binding %d", o.Binding)
	case o.Timeout < 0:
		return nil, errors.New("timeout is negative")
	case o.Connections < 0:
		return nil, errors.New("number of connections is negative")
	}
	c := &Client{
		binding:   o.Binding,
		namespace: o.Namespace,
		action:    o.SOAPAction,
		url:       u,
		headers:   map[string]http.Header{},
	}
	if c.namespace == "" {
		c.namespace = namespaces[o.Binding]
	}
	if c.action == "" {
		c.action = actions[o.Binding]
	}
	if !printable(c.namespace) || !printable(c.action) {
		return nil, errors.New("namespace or SOAPAction has a character that cannot be sent")
	}
	if c.log = o.Log; c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	if o.Connections == 0 {
		o.Connections = defaultConnections
	}
	c.timeout = o.Timeout
	c.transport = newTransport(o)
	for _, op := range operations {
		c.headers[op] = http.Header{
			"Content-Type":    {"text/xml; charset=utf-8"},
			"SOAPAction":      {`"` + c.action + "/" + op + `"`}, // spelled as in SOAP 1.1, not as net/http would
			"Accept-Encoding": {"gzip"},
			"User-Agent":      {"smsplan"},
		}
	}
	return c, nil
}

// CloseIdle closes the connections that carry no call.
func (c *Client) CloseIdle() { c.transport.CloseIdleConnections() }

// Access is how a call identifies itself: by Session, or, where that is empty, by the other three. Exactly one of them travels.
type Access struct {
	Session  string
	APIID    string
	User     string
	Password string
}

// secrets are the parts that no shown text may repeat.
func (a Access) secrets() []string { return []string{a.Session, a.Password, a.User} }

var (
	namespaces = [...]string{
		Document: "http://api.clickatell.com/soap/document_literal/webservice",
		RPC:      "http://api.clickatell.com/soap/webservice",
	}
	actions = [...]string{
		Document: "http://api.clickatell.com/soap/document_literal/webservice",
		RPC:      "http://api.clickatell.com/soap/webservice_vs.php",
	}
	operations = []string{
		"auth", "ping", "sendmsg", "querymsg", "delmsg", "getbalance", "routecoverage", "routeCoverage", "getmsgcharge",
	}
)

// printable reports whether s can stand between the quotes of a header and of an attribute.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' || s[i] == '"' {
			return false
		}
	}
	return true
}
