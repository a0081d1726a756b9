package apply

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/smsplan/smsplan/internal/plan"
	"github.com/smsplan/smsplan/internal/soap"
)

// Gateway is a gateway to send through: its client and one way of signing in, shared by all connections.
type Gateway struct {
	settings    plan.Gateway
	client      *soap.Client
	credentials Credentials

	turn    chan struct{} // whoever has put something in may use session; waiting for it can be given up
	session string        // "" before the first sign-in
}

// Credentials sign in to a gateway. They print as nothing.
type Credentials struct{ User, Password string }

// Format keeps credentials out of whatever is printed.
func (Credentials) Format(f fmt.State, _ rune) { fmt.Fprint(f, "(hidden)") }

// Dialer opens a connection, as [net.Dialer.DialContext] does.
type Dialer = func(ctx context.Context, network, addr string) (net.Conn, error)

// Connect makes a Gateway. It opens no connection. A nil dial is the network's.
func Connect(g plan.Gateway, c Credentials, dial Dialer) (*Gateway, error) {
	o := soap.Options{
		Endpoint:    g.Endpoint,
		Binding:     soap.Document,
		Namespace:   g.Namespace,
		SOAPAction:  g.SOAPAction,
		Timeout:     g.Timeout,
		Connections: g.Connections,
		Dial:        dial,
	}
	if g.Binding == "rpc" {
		o.Binding = soap.RPC
	}
	if g.CAFile != "" {
		roots, err := authorities(g.CAFile)
		if err != nil {
			return nil, fmt.Errorf("ca_file: %w", err)
		}
		o.RootCAs = roots
	}
	client, err := soap.New(o)
	if err != nil {
		return nil, err
	}
	return &Gateway{settings: g, client: client, credentials: c, turn: make(chan struct{}, 1)}, nil
}

// authorities gives the system's certificate authorities and those of the PEM file.
func authorities(path string) (*x509.CertPool, error) {
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

// access gives what identifies a call: the session, which is opened at first use, or the credentials themselves.
func (g *Gateway) access(ctx context.Context) (soap.Access, error) {
	if g.settings.Auth == "credentials" {
		return g.signature(), nil
	}
	return g.renew(ctx, "")
}

// renew gives the session, and signs in first where there is none or only the stale one, which the gateway no longer
// takes. Of several callers with the same stale session one signs in, and the others get its session.
func (g *Gateway) renew(ctx context.Context, stale string) (soap.Access, error) {
	select {
	case g.turn <- struct{}{}:
		defer func() { <-g.turn }()
	case <-ctx.Done():
		return soap.Access{}, ctx.Err()
	}
	if g.session == "" || g.session == stale {
		g.session = ""
		if err := g.signIn(ctx); err != nil {
			return soap.Access{}, err
		}
	}
	return soap.Access{Session: g.session}, nil
}

func (g *Gateway) signature() soap.Access {
	return soap.Access{APIID: g.settings.APIID, User: g.credentials.User, Password: g.credentials.Password}
}

// signIn opens a session; it is the caller's turn. Signing in twice does no harm, so whatever is not an answer is tried again.
func (g *Gateway) signIn(ctx context.Context) error {
	for try := 0; ; try++ {
		session, err := g.client.Auth(ctx, g.signature())
		if err == nil {
			g.session = session
			return nil
		}
		var call *soap.Error
		if errors.As(err, &call) && (call.Reach == soap.Answered || unexpected(call.HTTP)) || try >= len(backoff) || !pause(ctx, backoff[try]) {
			return err
		}
	}
}
