package soap_test

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/smsplan/smsplan/internal/soap"
)

// errand is a call that another process makes: net/http reads the environment's proxy once for all.
type errand struct {
	Endpoint  string
	Addresses map[string]string // where the hosts are
	CA        string            // in PEM form
}

// returned is what came of it.
type returned struct {
	Accepted bool
	Reach    string
	HTTP     int
	Text     string // of the error
}

// What the other process is told in its environment.
const (
	errandVariable = "SMSPLAN_TEST_ERRAND"
	brief          = "SMSPLAN_TEST_BRIEF=1" // to wait a second for the answer, not twenty
)

func TestMain(m *testing.M) {
	order := os.Getenv(errandVariable)
	if order == "" {
		os.Exit(m.Run())
	}
	var e errand
	if err := json.Unmarshal([]byte(order), &e); err != nil {
		log.Fatal(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(e.run()); err != nil {
		log.Fatal(err)
	}
}

func (e errand) run() returned {
	o := soap.Options{Endpoint: e.Endpoint, Timeout: 20 * time.Second, Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
		where, known := e.Addresses[addr]
		if !known {
			return nil, fmt.Errorf("nobody is at %s", addr)
		}
		return new(net.Dialer).DialContext(ctx, network, where)
	}}
	if slices.Contains(os.Environ(), brief) {
		o.Timeout = time.Second
	}
	if e.CA != "" {
		o.RootCAs = x509.NewCertPool()
		o.RootCAs.AppendCertsFromPEM([]byte(e.CA))
	}
	c, err := soap.New(o)
	if err != nil {
		log.Fatal(err)
	}
	defer c.CloseIdle()
	answer, err := c.Send(context.Background(), session, message())
	if err != nil {
		var failed *soap.Error
		if !errors.As(err, &failed) {
			log.Fatal(err)
		}
		return returned{Reach: failed.Reach.String(), HTTP: failed.HTTP, Text: err.Error()}
	}
	return returned{Accepted: answer.Results[0].Verdict == soap.Accepted}
}

// waypoint is a proxy that may fail on the way.
type waypoint struct {
	addresses map[string]string
	broken    passer        // serves in the proxy's place; nil for the proxy itself
	cut       chan struct{} // closed when the tunnels shall be cut
	asked     atomic.Int32
	authority atomic.Value // what Proxy-Authorization said last
}

func (p *waypoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.asked.Add(1)
	p.authority.Store(r.Header.Get("Proxy-Authorization"))
	if p.broken != nil || r.Method == http.MethodConnect {
		nc, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer nc.Close()
		if p.broken != nil {
			p.broken(r, nc)
			return
		}
		p.tunnel(r.Host, nc)
		return
	}
	forward := r.Clone(r.Context())
	forward.RequestURI, forward.URL.Host = "", p.addresses[r.Host]
	resp, err := http.DefaultTransport.RoundTrip(forward)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer resp.Body.Close()
	w.WriteHeader(resp.StatusCode)
	_, _ = io.Copy(w, resp.Body)
}

func (p *waypoint) tunnel(host string, nc net.Conn) {
	far, err := net.Dial("tcp", p.addresses[host])
	if err != nil {
		_, _ = io.WriteString(nc, "HTTP/1.1 502 Bad Gateway\r\n\r\n")
		return
	}
	defer far.Close()
	_, _ = io.WriteString(nc, "HTTP/1.1 200 Connection established\r\n\r\n")
	ended := make(chan struct{}, 2)
	go func() { _, _ = io.Copy(far, nc); ended <- struct{}{} }()
	go func() { _, _ = io.Copy(nc, far); ended <- struct{}{} }()
	select {
	case <-ended:
	case <-p.cut:
	}
}

// passer serves one request in a proxy's place.
type passer = func(r *http.Request, nc net.Conn)

func TestWhatAProxyBreaksIsJudgedByHowFarTheRequestGot(t *testing.T) {
	const (
		secret   = "pr0xyword"
		tunnel   = "HTTPS_PROXY=http://proxy.test:3128"
		password = "HTTPS_PROXY=http://me:" + secret + "@proxy.test:3128"
		secure   = "HTTPS_PROXY=https://example.com:3128"
		forward  = "HTTP_PROXY=http://proxy.test:3128"
	)
	refusing := func(status int) passer {
		return func(r *http.Request, nc net.Conn) {
			_, _ = io.Copy(io.Discard, r.Body)
			_, _ = fmt.Fprintf(nc, "HTTP/1.1 %d No\r\nContent-Length: 0\r\n\r\n", status)
		}
	}
	leaving := func(*http.Request, net.Conn) {}
	silent := func(_ *http.Request, nc net.Conn) { _, _ = io.Copy(io.Discard, nc) }
	leadingNowhere := func(_ *http.Request, nc net.Conn) {
		_, _ = io.WriteString(nc, "HTTP/1.1 200 Connection established\r\n\r\n")
	}
	taken, notSent, unclear := returned{Accepted: true}, returned{Reach: "not sent"}, returned{Reach: "unclear"}
	status := func(code int) returned { return returned{Reach: "unclear", HTTP: code} }

	for name, tt := range map[string]struct {
		scheme  string // of the endpoint
		environ []string
		broken  passer // in the proxy's place
		cuts    bool   // the proxy cuts its tunnels when the gateway has the request
		want    returned
		asked   int32 // requests that the proxy got
		sends   int32 // that the gateway got
	}{
		"a tunnel":                               {scheme: "https", environ: []string{tunnel}, want: taken, asked: 1, sends: 1},
		"a tunnel, in small letters":             {scheme: "https", environ: []string{"https_proxy=proxy.test:3128"}, want: taken, asked: 1, sends: 1},
		"a tunnel for a password":                {scheme: "https", environ: []string{password}, want: taken, asked: 1, sends: 1},
		"a tunnel over TLS":                      {scheme: "https", environ: []string{secure}, want: taken, asked: 1, sends: 1},
		"a proxy for http":                       {scheme: "http", environ: []string{forward}, want: taken, asked: 1, sends: 1},
		"a proxy for http, for a password":       {scheme: "http", environ: []string{"HTTP_PROXY=http://me:" + secret + "@proxy.test:3128"}, want: taken, asked: 1, sends: 1},
		"a proxy for the other scheme":           {scheme: "https", environ: []string{forward}, want: taken, sends: 1},
		"an exception":                           {scheme: "https", environ: []string{tunnel, "NO_PROXY=other.test,example.com"}, want: taken, sends: 1},
		"no proxy":                               {scheme: "http", want: taken, sends: 1},
		"nobody there":                           {scheme: "https", environ: []string{"HTTPS_PROXY=http://elsewhere.test:1"}, want: notSent},
		"nobody there, http":                     {scheme: "http", environ: []string{"HTTP_PROXY=http://elsewhere.test:1"}, want: notSent},
		"a tunnel refused for want of authority": {scheme: "https", environ: []string{password}, broken: refusing(407), want: notSent, asked: 1},
		"a tunnel refused with 502":              {scheme: "https", environ: []string{tunnel}, broken: refusing(502), want: notSent, asked: 1},
		"a tunnel refused with 503":              {scheme: "https", environ: []string{tunnel}, broken: refusing(503), want: notSent, asked: 1},
		"a proxy that leaves when asked":         {scheme: "https", environ: []string{tunnel}, broken: leaving, want: notSent, asked: 1},
		"a proxy over TLS that leaves":           {scheme: "https", environ: []string{secure}, broken: leaving, want: notSent, asked: 1},
		"a proxy that says nothing":              {scheme: "https", environ: []string{tunnel, brief}, broken: silent, want: notSent, asked: 1},
		"a tunnel that leads nowhere":            {scheme: "https", environ: []string{tunnel}, broken: leadingNowhere, want: notSent, asked: 1},
		"a tunnel that is cut":                   {scheme: "https", environ: []string{tunnel}, cuts: true, want: unclear, asked: 1, sends: 1},
		"a tunnel over TLS that is cut":          {scheme: "https", environ: []string{secure}, cuts: true, want: unclear, asked: 1, sends: 1},
		"http refused for want of authority":     {scheme: "http", environ: []string{forward}, broken: refusing(407), want: status(407), asked: 1},
		"http refused with 502":                  {scheme: "http", environ: []string{forward}, broken: refusing(502), want: status(502), asked: 1},
		"http refused with 503":                  {scheme: "http", environ: []string{forward}, broken: refusing(503), want: status(503), asked: 1},
		"http, and the proxy leaves":             {scheme: "http", environ: []string{forward}, broken: leaving, want: unclear, asked: 1},
		"http, and the proxy says nothing":       {scheme: "http", environ: []string{forward, brief}, broken: silent, want: unclear, asked: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var sends atomic.Int32
			p := &waypoint{broken: tt.broken, cut: make(chan struct{})}
			gateway := quiet(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				sends.Add(1)
				if tt.cuts {
					close(p.cut)
					<-r.Context().Done()
					return
				}
				_, _ = io.WriteString(w, accepted)
			}), tt.scheme == "https")
			defer gateway.Close()
			there := gateway.Listener.Addr().String()
			p.addresses = map[string]string{"example.com": there, "example.com:443": there}
			proxy := quiet(p, slices.Contains(tt.environ, secure))
			defer proxy.Close()
			between := proxy.Listener.Addr().String()
			e := errand{
				Endpoint:  tt.scheme + "://example.com/soap",
				Addresses: map[string]string{"example.com:443": there, "example.com:80": there, "proxy.test:3128": between, "example.com:3128": between},
			}
			if tt.scheme == "https" {
				e.CA = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: gateway.Certificate().Raw}))
			}

			got := e.send(t, tt.environ)
			text := got.Text
			got.Text = ""
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", text, diff)
			}
			if p.asked.Load() != tt.asked || sends.Load() != tt.sends {
				t.Errorf("the proxy was asked %d times and the gateway %d; want %d and %d", p.asked.Load(), sends.Load(), tt.asked, tt.sends)
			}
			authority, _ := p.authority.Load().(string)
			if given := strings.Contains(strings.Join(tt.environ, ""), secret); given != strings.HasPrefix(authority, "Basic ") {
				t.Errorf("Proxy-Authorization = %q", authority)
			}
			if refused := strings.HasPrefix(name, "a tunnel refused"); refused != strings.Contains(text, "the proxy does not let this through: it answers with HTTP status ") {
				t.Errorf("the error says: %s", text)
			}
			if strings.Contains(text, secret) {
				t.Errorf("the error shows the proxy's password: %s", text)
			}
		})
	}
}

// quiet starts a server that logs nothing.
func quiet(h http.Handler, secure bool) *httptest.Server {
	srv := httptest.NewUnstartedServer(h)
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	if secure {
		srv.StartTLS()
	} else {
		srv.Start()
	}
	return srv
}

// send has another process make the call in an environment of its own.
func (e errand) send(t *testing.T, environ []string) returned {
	t.Helper()
	order, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(environ, errandVariable+"="+string(order))
	out, err := child.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var r returned
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return r
}
