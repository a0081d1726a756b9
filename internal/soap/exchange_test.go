package soap_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smsplan/smsplan/internal/soap"
)

const accepted = `<?xml version="1.0" encoding="UTF-8"?>
<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><sendmsgResponse><return>ID: a1b2c3d4e5f60718293a4b5c6d7e8f90</return></sendmsgResponse></s:Body></s:Envelope>`

var session = soap.Access{Session: "0f0e0d0c0b0a09080706050403020100"}

func message() *soap.Message {
	return &soap.Message{To: []string{"447700900001"}, Text: "Gate B7", ClientID: "run42n000016"}
}

func client(t *testing.T, o soap.Options) *soap.Client {
	t.Helper()
	c, err := soap.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdle)
	return c
}

func wantError(t *testing.T, err error, reach soap.Reach, status int) {
	t.Helper()
	var e *soap.Error
	if !errors.As(err, &e) {
		t.Fatalf("error = %v (%T); want a *soap.Error", err, err)
	}
	if e.Reach != reach || e.HTTP != status {
		t.Errorf("%v: reach %v, status %d; want %v, %d", err, e.Reach, e.HTTP, reach, status)
	}
}

// raw serves each connection over loopback with f, which gets its number. Its wait takes no new connection
// and returns when f is done with all.
func raw(t *testing.T, f func(n int, nc net.Conn)) (endpoint string, wait func()) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for n := 0; ; n++ {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer nc.Close()
				f(n, nc)
			})
		}
	})
	wait = func() {
		_ = l.Close()
		wg.Wait()
	}
	t.Cleanup(wait)
	return "http://" + l.Addr().String(), wait
}

// readRequest reads one request whole.
func readRequest(r *bufio.Reader) (body string, err error) {
	req, err := http.ReadRequest(r)
	if err != nil {
		return "", err
	}
	b, err := io.ReadAll(req.Body)
	return string(b), err
}

func respond(w io.Writer, status int, body string) {
	_, _ = fmt.Fprintf(w, "HTTP/1.1 %d X\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%s", status, len(body), body)
}

func TestACallThatFindsNoConnectionIsNotSent(t *testing.T) {
	t.Run("refused", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		_ = l.Close()
		c := client(t, soap.Options{Endpoint: "http://" + l.Addr().String()})
		_, err = c.Send(t.Context(), session, message())
		wantError(t, err, soap.NotSent, 0)
	})
	t.Run("certificate of a stranger", func(t *testing.T) {
		srv := httptest.NewUnstartedServer(http.NotFoundHandler())
		srv.Config.ErrorLog = log.New(io.Discard, "", 0)
		srv.StartTLS()
		defer srv.Close()
		c := client(t, soap.Options{Endpoint: srv.URL})
		_, err := c.Send(t.Context(), session, message())
		wantError(t, err, soap.NotSent, 0)
	})
	t.Run("cancelled before", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		c := client(t, soap.Options{Endpoint: "http://127.0.0.1:9"})
		_, err := c.Send(ctx, session, message())
		wantError(t, err, soap.NotSent, 0)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%v is not context.Canceled", err)
		}
	})
}

func TestACallCancelledWhileConnectingIsNotSentLaterEither(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		dialled := make(chan struct{})
		release := make(chan struct{})
		c := client(t, soap.Options{Endpoint: "http://gateway.test", Dial: func(context.Context, string, string) (net.Conn, error) {
			close(dialled)
			<-release
			return ours, nil
		}})
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			<-dialled
			cancel()
		}()
		_, err := c.Send(ctx, session, message())
		wantError(t, err, soap.NotSent, 0)
		close(release)
		// The idle connection is closed after 4 s, without a byte.
		if got, err := io.ReadAll(theirs); err != nil || len(got) != 0 {
			t.Errorf("the connection carried %q, %v", got, err)
		}
	})
}

func TestACallThatWaitsTooLongForAPlaceIsNotSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		defer theirs.Close()
		c := client(t, soap.Options{Endpoint: "http://gateway.test", Connections: 1, Timeout: 20 * time.Second, Dial: func(context.Context, string, string) (net.Conn, error) {
			return ours, nil
		}})
		go func() { _, _ = io.Copy(io.Discard, theirs) }()
		var wg sync.WaitGroup
		wg.Go(func() {
			_, err := c.Send(t.Context(), session, message())
			wantError(t, err, soap.Unclear, 0)
		})
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		_, err := c.Send(ctx, session, message())
		wantError(t, err, soap.NotSent, 0)
		wg.Wait()
	})
}

func TestANonAnsweringGatewayEndsTheCallInTime(t *testing.T) {
	for name, reads := range map[string]bool{"it reads": true, "it does not read": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ours, theirs := net.Pipe()
				defer theirs.Close()
				c := client(t, soap.Options{Endpoint: "http://gateway.test", Dial: func(context.Context, string, string) (net.Conn, error) {
					return ours, nil
				}})
				if reads {
					go func() { _, _ = io.Copy(io.Discard, theirs) }()
				}
				began := time.Now()
				_, err := c.Send(t.Context(), session, message())
				wantError(t, err, soap.Unclear, 0)
				if got := time.Since(began); got != 30*time.Second {
					t.Errorf("the call took %v; want 30s", got)
				}
			})
		})
	}
}

func TestAnOldIntentIsNotSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		c := client(t, soap.Options{Endpoint: "http://gateway.test", Dial: func(context.Context, string, string) (net.Conn, error) {
			<-time.After(6 * time.Second)
			return ours, nil
		}})
		m := message()
		m.NotAfter = time.Now().Add(5 * time.Second)
		var got []byte
		done := make(chan struct{})
		go func() {
			defer close(done)
			got, _ = io.ReadAll(theirs)
		}()
		_, err := c.Send(t.Context(), session, m)
		wantError(t, err, soap.NotSent, 0)
		<-done
		if len(got) != 0 {
			t.Errorf("the connection carried %q", got)
		}
	})
}

func TestTheWriteEndsAtNotAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		defer theirs.Close()
		c := client(t, soap.Options{Endpoint: "http://gateway.test", Dial: func(context.Context, string, string) (net.Conn, error) {
			return ours, nil
		}})
		m := message()
		m.NotAfter = time.Now().Add(5 * time.Second)
		began := time.Now()
		_, err := c.Send(t.Context(), session, m)
		wantError(t, err, soap.Unclear, 0) // bytes were handed over; whether any was read is not known
		if got := time.Since(began); got != 5*time.Second {
			t.Errorf("the call took %v; want 5s", got)
		}
	})
}

func TestAfterTheFirstByteAFailureIsUnclear(t *testing.T) {
	for name, f := range map[string]func(r *bufio.Reader, nc net.Conn){
		"reset after the first byte": func(r *bufio.Reader, nc net.Conn) {
			_, _ = r.ReadByte()
			_ = nc.(*net.TCPConn).SetLinger(0)
		},
		"closed after the request": func(r *bufio.Reader, _ net.Conn) {
			_, _ = readRequest(r)
		},
		"closed in the headers": func(r *bufio.Reader, nc net.Conn) {
			_, _ = readRequest(r)
			_, _ = io.WriteString(nc, "HTTP/1.1 200 OK\r\nContent-Len")
		},
		"closed in the body": func(r *bufio.Reader, nc net.Conn) {
			_, _ = readRequest(r)
			_, _ = fmt.Fprintf(nc, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(accepted)+1, accepted)
		},
		"closed in a chunked body": func(r *bufio.Reader, nc net.Conn) {
			_, _ = readRequest(r)
			_, _ = fmt.Fprintf(nc, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n", len(accepted), accepted)
		},
		"cut short, without a length": func(r *bufio.Reader, nc net.Conn) {
			_, _ = readRequest(r)
			_, _ = fmt.Fprintf(nc, "HTTP/1.1 200 OK\r\n\r\n%s", accepted[:len(accepted)-3])
		},
		"not HTTP": func(r *bufio.Reader, nc net.Conn) {
			_, _ = readRequest(r)
			_, _ = io.WriteString(nc, "220 mail.example ESMTP\r\n")
		},
		"not XML": func(r *bufio.Reader, nc net.Conn) {
			_, _ = readRequest(r)
			respond(nc, 200, "<html><p>Welcome")
		},
		"an endless body": func(r *bufio.Reader, nc net.Conn) {
			_, _ = readRequest(r)
			_, _ = io.WriteString(nc, "HTTP/1.1 200 OK\r\n\r\n")
			for {
				if _, err := nc.Write(bytes.Repeat([]byte(" "), 1<<16)); err != nil {
					return
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			var connections atomic.Int32
			endpoint, _ := raw(t, func(_ int, nc net.Conn) {
				connections.Add(1)
				f(bufio.NewReader(nc), nc)
			})
			c := client(t, soap.Options{Endpoint: endpoint})
			_, err := c.Send(t.Context(), session, message())
			wantError(t, err, soap.Unclear, 0)
			if n := connections.Load(); n != 1 {
				t.Errorf("%d connections; the call was made again", n)
			}
		})
	}
}

func TestAStatusOtherThan200IsUnclearAndNotFollowed(t *testing.T) {
	for _, status := range []int{201, 204, 301, 302, 307, 308, 400, 401, 403, 404, 405, 407, 408, 413, 429, 500, 502, 503, 504} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			var requests atomic.Int32
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				requests.Add(1)
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(status)
				if status != http.StatusNoContent {
					_, _ = io.WriteString(w, accepted)
				}
			}))
			defer srv.Close()
			c := client(t, soap.Options{Endpoint: srv.URL})
			_, err := c.Send(t.Context(), session, message())
			wantError(t, err, soap.Unclear, status)
			if n := requests.Load(); n != 1 {
				t.Errorf("%d requests; want 1", n)
			}
		})
	}
}

func TestAConnectionOutlivesABadAnswer(t *testing.T) {
	const fault = "<Envelope><Body><Fault><faultstring>Busy</faultstring></Fault></Body></Envelope>"
	for name, tt := range map[string]struct {
		status int
		body   string
	}{
		"a fault":                {500, fault},
		"a status without body":  {503, ""},
		"an answer of rubbish":   {200, "<html>"},
		"an answer of some kind": {200, "<Envelope><Body><pingResponse/></Body></Envelope>"},
	} {
		t.Run(name, func(t *testing.T) {
			var connections atomic.Int32
			endpoint, _ := raw(t, func(_ int, nc net.Conn) {
				connections.Add(1)
				r := bufio.NewReader(nc)
				for _, err := readRequest(r); err == nil; _, err = readRequest(r) {
					respond(nc, tt.status, tt.body)
				}
			})
			c := client(t, soap.Options{Endpoint: endpoint})
			for range 5 {
				_, err := c.Send(t.Context(), session, message())
				status := tt.status
				if status == 200 {
					status = 0
				}
				wantError(t, err, soap.Unclear, status)
			}
			if n := connections.Load(); n != 1 {
				t.Errorf("%d connections; want 1", n)
			}
		})
	}
}

func TestAnAnswerBeforeTheRequestIsNoAnswer(t *testing.T) {
	for status, want := range map[int]int{200: 0, 413: 413} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ours, theirs := net.Pipe()
				defer theirs.Close()
				c := client(t, soap.Options{Endpoint: "http://gateway.test", Dial: func(context.Context, string, string) (net.Conn, error) {
					return ours, nil
				}})
				go func() {
					_, _ = io.ReadFull(theirs, make([]byte, 10))
					respond(theirs, status, accepted)
				}()
				m := message()
				m.Text = strings.Repeat("x", 100_000) // more than one write
				_, err := c.Send(t.Context(), session, m)
				wantError(t, err, soap.Unclear, want)
			})
		})
	}
}

func TestConnectionsAreFewAndUsedAgain(t *testing.T) {
	var opened atomic.Int32
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, accepted)
	}))
	srv.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			opened.Add(1)
		}
	}
	srv.Start()
	defer srv.Close()
	c := client(t, soap.Options{Endpoint: srv.URL, Connections: 8})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				if _, err := c.Send(t.Context(), session, message()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if n := opened.Load(); n > 8 {
		t.Errorf("%d connections for 800 calls; want 8 at most", n)
	}
}

func TestTheClientSpeaksTLS(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 1 {
			t.Errorf("the request came over %s", r.Proto)
		}
		_, _ = io.WriteString(w, accepted)
	}))
	srv.EnableHTTP2 = true
	srv.StartTLS()
	defer srv.Close()
	roots := srv.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	c := client(t, soap.Options{Endpoint: srv.URL, RootCAs: roots})
	for range 2 {
		if _, err := c.Send(t.Context(), session, message()); err != nil {
			t.Fatal(err)
		}
	}
	// The count is taken below TLS, where the handshake has left bytes already.
	m := message()
	m.NotAfter = time.Now().Add(-time.Second)
	_, err := c.Send(t.Context(), session, m)
	wantError(t, err, soap.NotSent, 0)
}

func TestTLSBefore1_2IsRefusedAndNothingIsSentOverIt(t *testing.T) {
	for version, want := range map[uint16]bool{tls.VersionTLS10: false, tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
		t.Run(tls.VersionName(version), func(t *testing.T) {
			var connections, requests atomic.Int32
			srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				requests.Add(1)
				_, _ = io.WriteString(w, accepted)
			}))
			srv.Config.ErrorLog = log.New(io.Discard, "", 0)
			srv.Config.ConnState = func(_ net.Conn, s http.ConnState) {
				if s == http.StateNew {
					connections.Add(1)
				}
			}
			srv.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: version}
			srv.StartTLS()
			defer srv.Close()
			roots := srv.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
			c := client(t, soap.Options{Endpoint: srv.URL, RootCAs: roots})
			_, err := c.Send(t.Context(), session, message())
			if want && err != nil {
				t.Fatal(err)
			}
			if !want {
				wantError(t, err, soap.NotSent, 0)
			}
			if got := requests.Load() == 1; got != want || connections.Load() != 1 {
				t.Errorf("%d requests over %d connections", requests.Load(), connections.Load())
			}
		})
	}
}

// A server that sends just enough to keep a connection from idling holds a call no longer than another.
func TestAnAnswerThatTricklesEndsTheCallInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		defer theirs.Close()
		c := client(t, soap.Options{Endpoint: "http://gateway.test", Timeout: 20 * time.Second, Dial: func(context.Context, string, string) (net.Conn, error) {
			return ours, nil
		}})
		var trickling sync.WaitGroup
		trickling.Go(func() {
			_, _ = readRequest(bufio.NewReader(theirs))
			_, err := io.WriteString(theirs, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
			for err == nil {
				<-time.After(time.Second)
				_, err = io.WriteString(theirs, " ")
			}
		})
		began := time.Now()
		_, err := c.Send(t.Context(), session, message())
		wantError(t, err, soap.Unclear, 0)
		if got := time.Since(began); got != 20*time.Second {
			t.Errorf("the call took %v; want 20s", got)
		}
		trickling.Wait()
	})
}

func TestHeadersBeyondTheLimitAreRefused(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("X-Long", strings.Repeat("x", 1<<17))
		_, _ = io.WriteString(w, accepted)
	}))
	defer srv.Close()
	c := client(t, soap.Options{Endpoint: srv.URL})
	_, err := c.Send(t.Context(), session, message())
	wantError(t, err, soap.Unclear, 0)
}
