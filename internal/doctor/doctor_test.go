package doctor

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/smsplan/smsplan/internal/apply"
	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/plan"
	"github.com/smsplan/smsplan/internal/simulator"
)

// found gives the check of a name.
func found(t *testing.T, r *Report, group, name string) Check {
	t.Helper()
	for _, c := range r.Checks {
		if c.Group == group && c.Name == name {
			return c
		}
	}
	t.Fatalf("there is no check %s of the %s", name, group)
	return Check{}
}

// served gives a gateway with a certificate of its own, and the file to trust it by.
func served(t *testing.T, from, to time.Time, hosts ...string) (endpoint, file string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: from, NotAfter: to, IsCA: true, BasicConstraintsValid: true}
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip != nil {
			about.IPAddresses = append(about.IPAddresses, ip)
		} else {
			about.DNSNames = append(about.DNSNames, h)
		}
	}
	made, err := x509.CreateCertificate(rand.Reader, about, about, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{made}, PrivateKey: key}}}
	server.StartTLS()
	t.Cleanup(server.Close)
	file = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: made}), 0o600); err != nil {
		t.Fatal(err)
	}
	return server.URL, file
}

func TestCertificatesAreJudgedAndDescribed(t *testing.T) {
	now := time.Now()
	const day = 24 * time.Hour
	for name, tt := range map[string]struct {
		from, to time.Duration
		host     string
		trusted  bool
		want     Status
		says     string
		remedy   string
	}{
		"good":        {-day, 365 * day, "127.0.0.1", true, OK, "valid until " + now.Add(365*day).UTC().Format(time.DateOnly), ""},
		"ends soon":   {-day, 3 * day, "127.0.0.1", true, Warning, "expires on", "renew"},
		"expired":     {-9 * day, -2 * day, "127.0.0.1", true, Failed, "expired on " + now.Add(-2*day).UTC().Format(time.DateOnly), "renew"},
		"early":       {2 * day, 9 * day, "127.0.0.1", true, Failed, "not valid before", "set this machine's clock"},
		"other host":  {-day, 365 * day, "sms.example", true, Failed, "certificate for sms.example, and not for 127.0.0.1", "host in endpoint"},
		"not trusted": {-day, 365 * day, "127.0.0.1", false, Failed, "not trusted", "ca_file"},
	} {
		t.Run(name, func(t *testing.T) {
			endpoint, file := served(t, now.Add(tt.from), now.Add(tt.to), tt.host)
			g := config.Gateway{Kind: "clickatell", Endpoint: endpoint}
			if tt.trusted {
				g.CAFile = file
			}
			r := Examine(context.Background(), Patient{Config: &config.Config{Gateway: g}, GatewayKnown: true, GatewayFault: os.ErrClosed, Now: now})
			got := found(t, r, "gateway", "encryption")
			if got.Status != tt.want || !strings.Contains(got.Text, tt.says) || !strings.Contains(got.Remedy, tt.remedy) || (tt.remedy == "") != (got.Remedy == "") {
				t.Errorf("%+v; want %s, %q, %q", got, tt.want, tt.says, tt.remedy)
			}
			if c := found(t, r, "gateway", "sign-in"); c.Status != Failed || c.Text != os.ErrClosed.Error() {
				t.Errorf("what no network helps is not said: %+v", c)
			}
			if tt.want != Failed {
				return
			}
			r = Examine(context.Background(), Patient{Config: &config.Config{Gateway: g}, GatewayKnown: true, Now: now})
			if c := found(t, r, "gateway", "clock"); c.Text != "the gateway cannot be reached" {
				t.Errorf("what comes after it was judged as if the connection were another: %+v", c)
			}
		})
	}
}

// account gives a simulated gateway whose answers pass through change.
func account(t *testing.T, o simulator.Options, change func(http.Header)) Patient {
	t.Helper()
	gateway, err := simulator.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = gateway.Close() })
	server := httptest.NewServer(gateway)
	t.Cleanup(server.Close)
	if change != nil {
		behind, err := url.Parse(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		between := httputil.NewSingleHostReverseProxy(behind)
		between.ModifyResponse = func(r *http.Response) error {
			change(r.Header)
			return nil
		}
		server = httptest.NewServer(between)
		t.Cleanup(server.Close)
	}
	c := &config.Config{Gateway: config.Gateway{Kind: "clickatell", Endpoint: server.URL + simulator.Path("document"), Binding: "document", Auth: "session", APIID: "1", Timeout: 5 * time.Second, Connections: 1}}
	client, err := apply.Connect(plan.GatewayOf(c.Gateway), apply.Credentials{User: "demo", Password: "demo"}, apply.Connecting{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return Patient{Config: c, GatewayKnown: true, Gateway: client, Now: time.Now()}
}

func TestClockIsHeldAgainstTheGateways(t *testing.T) {
	at := time.Now().Add(time.Hour)
	immediate := &plan.Plan{Created: time.Now(), Messages: []plan.Message{{ToSend: 1, Action: plan.Send}}}
	scheduled := &plan.Plan{Created: time.Now(), Messages: []plan.Message{{ToSend: 1, Action: plan.Send, DeliverAt: &at}}}
	for name, tt := range map[string]struct {
		ahead time.Duration
		saved *plan.Plan
		want  Status
	}{
		"alike":               {20 * time.Second, scheduled, OK},
		"apart":               {5 * time.Minute, immediate, Warning},
		"behind":              {-5 * time.Minute, immediate, Warning},
		"apart and scheduled": {5 * time.Minute, scheduled, Failed},
	} {
		t.Run(name, func(t *testing.T) {
			p := account(t, simulator.Options{}, func(h http.Header) {
				h.Set("Date", time.Now().Add(tt.ahead).UTC().Format(http.TimeFormat))
			})
			saved := *tt.saved
			saved.Gateway.Account = plan.GatewayOf(p.Config.Gateway).Account
			p.Saved = &saved
			r := Examine(context.Background(), p)
			if got := found(t, r, "gateway", "clock"); got.Status != tt.want || (got.Remedy == "") != (tt.want == OK) {
				t.Errorf("%+v; want %s", got, tt.want)
			}
		})
	}
}

func TestEveryCheckIsMadeWhateverIsKnown(t *testing.T) {
	nothing := Examine(context.Background(), Patient{Config: &config.Config{}, Invalid: true, Now: time.Now()})
	all := account(t, simulator.Options{}, nil)
	all.Saved = &plan.Plan{Created: time.Now(), Gateway: plan.GatewayOf(all.Config.Gateway)}
	everything := Examine(context.Background(), all)
	names := func(r *Report) map[string]bool {
		list := map[string]bool{}
		for _, c := range r.Checks {
			list[c.Group+" "+c.Name] = true
		}
		return list
	}
	seen := names(everything)
	for name := range names(nothing) {
		if !seen[name] {
			t.Errorf("%s is not checked where more is known", name)
		}
	}
	for _, name := range accountChecks {
		if c := found(t, nothing, "gateway", name); c.Status != NotChecked || c.Text == "" {
			t.Errorf("of a configuration that cannot be read: %+v", c)
		}
	}
	if nothing.Ready() {
		t.Error("a configuration that cannot be read can send")
	}
}

func TestEveryFailureAndWarningHasARemedy(t *testing.T) {
	for name, p := range map[string]Patient{
		"nothing":  {Config: &config.Config{}, Invalid: true, Findings: []config.Diagnostic{{Severity: "error", Summary: "Wrong"}}},
		"no state": {Config: &config.Config{}, StateKnown: true},
		"no host":  {Config: &config.Config{Gateway: config.Gateway{Kind: "clickatell", Endpoint: "http://127.0.0.1:1/"}}, GatewayKnown: true},
	} {
		p.Now = time.Now()
		p.Settings.Path = filepath.Join(t.TempDir(), "smsplan.state")
		for _, c := range Examine(context.Background(), p).Checks {
			if (c.Status == Failed || c.Status == Warning) && c.Remedy == "" {
				t.Errorf("%s: %+v", name, c)
			}
		}
	}
}
