package apply_test

import (
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/smsplan/smsplan/internal/apply"
	"github.com/smsplan/smsplan/internal/state"
)

func TestACertificateThatIsNotTrustedIsNotTriedAgain(t *testing.T) {
	for name, tt := range map[string]struct {
		certificate x509.Certificate
		from        time.Duration // when it begins to be valid, from now
		remedy      string
	}{
		"nobody vouches for it": {x509.Certificate{IPAddresses: []net.IP{{127, 0, 0, 1}}}, -time.Hour, "ca_file"},
		"another host's":        {x509.Certificate{DNSNames: []string{"other.example"}}, -time.Hour, "endpoint"},
		"over":                  {x509.Certificate{IPAddresses: []net.IP{{127, 0, 0, 1}}}, -72 * time.Hour, "clock"},
		"not begun":             {x509.Certificate{IPAddresses: []net.IP{{127, 0, 0, 1}}}, time.Hour, "clock"},
	} {
		for _, auth := range []string{"session", "credentials"} {
			t.Run(name+"/"+auth, func(t *testing.T) {
				inWorld(t, 1, nil, func(w *world) {
					dialled := new(atomic.Int32)
					w.scheme, w.auth, w.dial = "https", auth, presenting(w.t, tt.certificate, tt.from, dialled)
					got := w.apply(w.t.Context(), apply.Options{})
					if got.err != nil || got.report.NotAttempted != 1 || w.counts()[state.Unsent] != 1 {
						t.Fatalf("%+v, %v", got.report, got.err)
					}
					if got.took != 0 || dialled.Load() != 1 || logged(got, "tried again") != 0 {
						t.Errorf("%d connections in %s; want one at once", dialled.Load(), got.took)
					}
					cause := got.report.Cause
					if cause == nil || !strings.Contains(cause.Summary, "certificate") || !strings.Contains(cause.Remedy, tt.remedy) {
						t.Errorf("cause %+v; want a remedy that names %s", cause, tt.remedy)
					}
				})
			})
		}
	}
}

// presenting gives a network on which everybody shows the certificate, valid for a day.
func presenting(t *testing.T, c x509.Certificate, from time.Duration, dialled *atomic.Int32) apply.Dialer {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	c.SerialNumber = big.NewInt(1)
	c.NotBefore = time.Now().Add(from)
	c.NotAfter = c.NotBefore.Add(24 * time.Hour)
	der, err := x509.CreateCertificate(nil, &c, &c, public, private)
	if err != nil {
		t.Fatal(err)
	}
	shown := &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: private}}}
	return func(context.Context, string, string) (net.Conn, error) {
		dialled.Add(1)
		ours, theirs := net.Pipe()
		go func() {
			_ = tls.Server(theirs, shown).Handshake()
			_ = theirs.Close()
		}()
		return ours, nil
	}
}
