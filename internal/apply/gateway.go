package apply

import (
	"context"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync/atomic"
	"time"

	"github.com/smsplan/smsplan/internal/plan"
	"github.com/smsplan/smsplan/internal/soap"
)

// Gateway is a gateway to send through: its client and one way of signing in, shared by all connections.
type Gateway struct {
	settings    plan.Gateway
	client      *soap.Client
	credentials Credentials
	log         *slog.Logger // never nil

	turn    chan struct{} // whoever has put something in may use session; waiting for it can be given up
	session string        // "" before the first sign-in, and where the gateway is known to have ended it

	used atomic.Pointer[time.Time] // when a call began last that keeps the session alive; never nil
}

// Credentials sign in to a gateway. They print as nothing.
type Credentials struct{ User, Password string }

// Format keeps credentials out of whatever is printed.
func (Credentials) Format(f fmt.State, _ rune) { fmt.Fprint(f, "(hidden)") }

// Dialer opens a connection, as [net.Dialer.DialContext] does.
type Dialer = func(ctx context.Context, network, addr string) (net.Conn, error)

// Connecting is how a gateway is spoken to. The zero value is usable.
type Connecting struct {
	Dial Dialer       // nil for the network's
	Log  *slog.Logger // told of runs, sessions and what is tried again (info), and of each exchange (debug); nil for nobody
}

// Connect makes a Gateway. It opens no connection.
func Connect(g plan.Gateway, c Credentials, how Connecting) (*Gateway, error) {
	if how.Log == nil {
		how.Log = slog.New(slog.DiscardHandler)
	}
	o := soap.Options{
		Endpoint:    g.Endpoint,
		Binding:     soap.Document,
		Namespace:   g.Namespace,
		SOAPAction:  g.SOAPAction,
		Timeout:     g.Timeout,
		Connections: g.Connections,
		Log:         how.Log,
		Dial:        how.Dial,
	}
	if g.Binding == "rpc" {
		o.Binding = soap.RPC
	}
	if g.CAFile != "" {
		roots, err := Authorities(g.CAFile)
		if err != nil {
			return nil, fmt.Errorf("ca_file: %w", err)
		}
		o.RootCAs = roots
	}
	client, err := soap.New(o)
	if err != nil {
		return nil, err
	}
	made := &Gateway{settings: g, client: client, credentials: c, log: how.Log, turn: make(chan struct{}, 1)}
	made.use()
	return made, nil
}

// Authorities gives the system's certificate authorities and those of the PEM file.
func Authorities(path string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate in PEM form", path)
	}
	return roots, nil
}

// Close closes the connections that carry no call.
func (g *Gateway) Close() { g.client.CloseIdle() }
