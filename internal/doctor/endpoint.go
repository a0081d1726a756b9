package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/smsplan/smsplan/internal/apply"
	"github.com/smsplan/smsplan/internal/config"
)

const (
	// patience is how long each step of reaching the gateway may take.
	patience = 10 * time.Second
	// soon is how long before the end of a certificate it is time to say so.
	soon = 14 * 24 * time.Hour
)

// reach finds out how far a connection to the gateway gets: name, connection, certificate. It reports whether a call has a chance.
// What is shown of the endpoint is its host: the rest may hold anything.
func (e *examination) reach(ctx context.Context) bool {
	const name, connection, encryption = "name", "connection", "encryption"
	u, err := url.Parse(e.Config.Gateway.Endpoint)
	if err != nil || u.Host == "" {
		e.unchecked("the endpoint is no address", name, connection, encryption)
		return false
	}
	if proxy, err := http.ProxyFromEnvironment(&http.Request{URL: u}); err != nil || proxy != nil {
		e.unchecked("requests go through a proxy, which looks after it", name, connection, encryption)
		return true
	}
	host, port := u.Hostname(), u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	if !e.resolves(ctx, name, host) {
		e.unchecked("the name was not found", connection, encryption)
		return false
	}
	dialled := time.Now()
	conn, err := (&net.Dialer{Timeout: patience}).DialContext(ctx, "tcp", net.JoinHostPort(host, port))
	if err != nil {
		e.fail(connection, "there is none to "+net.JoinHostPort(host, port)+": "+bare(err), "check the endpoint's host and port, and that a firewall lets this machine through")
		e.unchecked("there is no connection", encryption)
		return false
	}
	defer conn.Close()
	e.ok(connection, fmt.Sprintf("to %s in %s", net.JoinHostPort(host, port), max(time.Since(dialled).Round(time.Millisecond), time.Millisecond)))
	if u.Scheme == "http" {
		if ip := net.ParseIP(host); host == "localhost" || ip != nil && ip.IsLoopback() {
			e.ok(encryption, "none is needed: the gateway is on this machine")
			return true
		}
		e.warn(encryption, "none: the password and all texts can be read on the way", "use https:// in endpoint")
		return true
	}
	return e.encrypted(ctx, encryption, conn, host)
}

func (e *examination) resolves(ctx context.Context, name, host string) bool {
	if net.ParseIP(host) != nil {
		e.ok(name, "none is needed: the endpoint has an address")
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	addresses, err := net.DefaultResolver.LookupHost(ctx, host)
	if err != nil {
		text := bare(err)
		if failed := (*net.DNSError)(nil); errors.As(err, &failed) && failed.IsNotFound {
			text = "there is no such host"
		}
		e.fail(name, host+": "+text, "check the host in endpoint, and this machine's name server")
		return false
	}
	e.ok(name, fmt.Sprintf("%s has %s", host, config.Counted(len(addresses), "address", "addresses")))
	return true
}

// encrypted makes a handshake and judges the certificate by itself, so that one that is refused can be described. Nothing is sent
// over the connection.
func (e *examination) encrypted(ctx context.Context, name string, conn net.Conn, host string) bool {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	secure := tls.Client(conn, &tls.Config{ServerName: host, InsecureSkipVerify: true, MinVersion: tls.VersionTLS12})
	if err := secure.HandshakeContext(ctx); err != nil {
		e.fail(name, "the TLS handshake did not succeed: "+bare(err), "check that endpoint names the HTTPS port of a gateway with TLS 1.2 or newer")
		return false
	}
	seen := secure.ConnectionState()
	cert := seen.PeerCertificates[0]
	options := x509.VerifyOptions{DNSName: host, CurrentTime: e.Now, Intermediates: x509.NewCertPool()}
	for _, c := range seen.PeerCertificates[1:] {
		options.Intermediates.AddCert(c)
	}
	if file := e.Config.Gateway.CAFile; file != "" {
		roots, err := apply.Authorities(file)
		if err != nil {
			e.fail(name, "ca_file: "+err.Error(), "name a file of certificates in PEM form in ca_file")
			return false
		}
		options.Roots = roots
	}
	about := fmt.Sprintf("%s, certificate for %s", tls.VersionName(seen.Version), hosts(cert))
	_, err := cert.Verify(options)
	var other x509.HostnameError
	switch left := cert.NotAfter.Sub(e.Now); {
	case left < 0:
		e.fail(name, fmt.Sprintf("%s, which expired on %s", about, day(cert.NotAfter)), "have the gateway's operator renew the certificate, or set this machine's clock where that is wrong")
	case e.Now.Before(cert.NotBefore):
		e.fail(name, fmt.Sprintf("%s, which is not valid before %s", about, day(cert.NotBefore)), "set this machine's clock, or have the gateway's operator put it right")
	case errors.As(err, &other):
		e.fail(name, fmt.Sprintf("%s, and not for %s", about, host), "check the host in endpoint")
	case err != nil:
		e.fail(name, about+", which is not trusted", "name a file with the certificate of the gateway, or of the authority that signed it, in ca_file")
	case left < soon:
		e.warn(name, fmt.Sprintf("%s, which expires on %s", about, day(cert.NotAfter)), "have the gateway's operator renew the certificate")
		return true
	default:
		e.ok(name, fmt.Sprintf("%s, valid until %s", about, day(cert.NotAfter)))
		return true
	}
	return false
}

// hosts gives the names of a certificate, the first few.
func hosts(c *x509.Certificate) string {
	list := c.DNSNames
	for _, ip := range c.IPAddresses {
		list = append(list, ip.String())
	}
	switch {
	case len(list) == 0:
		return "no host"
	case len(list) > 3:
		return strings.Join(list[:3], ", ") + fmt.Sprintf(" and %d more", len(list)-3)
	}
	return strings.Join(list, ", ")
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// bare gives what is wrong with a connection, without addresses.
func bare(err error) string {
	var op *net.OpError
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer in time"
	case errors.Is(err, context.Canceled):
		return "cancelled"
	case errors.As(err, &op) && op.Timeout():
		return "no answer in time"
	case errors.As(err, &op):
		return op.Err.Error()
	}
	return err.Error()
}
