package simulator

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestAConnectionIsCutWhereTheFaultSaysAfterAcceptance(t *testing.T) {
	request := documentCall("sendmsg", demo+"<text>Hello</text>"+to("12025550143"))
	for fault, want := range map[string]string{
		"drop-before-answer": "",
		"drop-after-headers": "HTTP/1.1 200 OK\r\n|",
		"drop-mid-body":      "HTTP/1.1 200 OK\r\n|<?xml",
	} {
		t.Run(fault, func(t *testing.T) {
			s := withFaults(t, fault+":times=1")
			url := serve(t, s)
			conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", documentAddress, len(request), request)
			answer, err := io.ReadAll(conn)
			if err != nil {
				t.Fatal(err)
			}
			head, body, _ := strings.Cut(string(answer), "\r\n\r\n")
			status, _, _ := strings.Cut(want, "|")
			_, start, _ := strings.Cut(want, "|")
			if !strings.HasPrefix(head, status) || !strings.HasPrefix(body, start) || (start == "" && body != "") || strings.Contains(body, "</SOAP-ENV:Envelope>") {
				t.Errorf("got %q", answer)
			}
			if status != "" && !strings.Contains(head, "Content-Length: ") {
				t.Errorf("headers do not promise a length: %q", head)
			}
			if n := len(s.Messages()); n != 1 {
				t.Errorf("%d messages accepted, want 1", n)
			}
			if code, _, err := exchange(http.DefaultClient, url, request); err != nil || code != 200 {
				t.Errorf("the request after: %d, %v", code, err)
			}
		})
	}
}

// overPipe serves one connection, with the limits of a server of the simulator, and sends a request by it.
func overPipe(t *testing.T, s *Simulator, request string) (client net.Conn, server *http.Server) {
	t.Helper()
	client, far := net.Pipe()
	accept := make(chan net.Conn, 1)
	accept <- far
	server = s.Server()
	go server.Serve(&pipeListener{accept, make(chan struct{}), new(sync.Once)})
	fmt.Fprintf(client, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", documentAddress, len(request), request)
	return client, server
}

// The client leaves after a second; the message is accepted at the third all the same, or was at once.
func TestADelayAcceptsLateOrAnswersLate(t *testing.T) {
	for when, at := range map[string][]int{"before": {0, 0, 1}, "after": {1, 1, 1}} {
		synctest.Test(t, func(t *testing.T) {
			s := withFaults(t, "delay:for=3s,times=1,when="+when)
			client, server := overPipe(t, s, documentCall("sendmsg", demo+"<text>Hello</text>"+to("12025550143")))
			go io.Copy(io.Discard, client)
			synctest.Wait()
			got := []int{len(s.Messages())}
			time.Sleep(time.Second)
			client.Close()
			synctest.Wait()
			got = append(got, len(s.Messages()))
			time.Sleep(3 * time.Second)
			synctest.Wait()
			got = append(got, len(s.Messages()))
			if diff := cmp.Diff(got, at); diff != "" {
				t.Errorf("when=%s: messages at 0 s, 1 s, 4 s (-got +want):\n%s", when, diff)
			}
			server.Close()
		})
	}
}

func TestADelayMayBeLongerThanAServerIsPatient(t *testing.T) {
	for _, when := range []string{"before", "after"} {
		synctest.Test(t, func(t *testing.T) {
			s := newSimulator(t, Options{})
			client, server := overPipe(t, s, "")
			defer server.Close()
			answers := bufio.NewReader(client)
			first, err := http.ReadResponse(answers, nil) // to an empty request
			if err != nil {
				t.Fatal(err)
			}
			io.Copy(io.Discard, first.Body)
			order(t, s, "delay:for=2h,when="+when) // after the server was made
			request := documentCall("sendmsg", demo+"<text>Hello</text>"+to("12025550143"))
			fmt.Fprintf(client, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", documentAddress, len(request), request)
			begun := time.Now()
			answer, err := http.ReadResponse(answers, nil)
			if err != nil || answer.StatusCode != http.StatusOK || time.Since(begun) != 2*time.Hour {
				t.Errorf("when=%s: %v, %v after %v", when, answer, err, time.Since(begun))
			}
		})
	}
}

func TestAnAnswerHangsAfterItsBody(t *testing.T) {
	request := documentCall("sendmsg", demo+"<text>Hello</text>"+to("12025550143"))
	for keys, wait := range map[string]time.Duration{"": 24 * time.Hour, ":for=2h": 2 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			s := withFaults(t, "hang-after-body"+keys)
			client, server := overPipe(t, s, request)
			defer server.Close()
			begun := time.Now()
			answer, err := http.ReadResponse(bufio.NewReader(client), nil)
			if err != nil || len(s.Messages()) != 1 {
				t.Fatal(err, len(s.Messages()))
			}
			body := bufio.NewReader(answer.Body)
			body.ReadString('\n') // the XML declaration
			text, err := body.ReadString('\n')
			if err != nil || !strings.HasSuffix(text, "</SOAP-ENV:Envelope>\n") || time.Since(begun) != 0 {
				t.Fatalf("%q, %v after %v: want the whole envelope at once", text, err, time.Since(begun))
			}
			leave := time.AfterFunc(24*time.Hour, func() { client.Close() })
			defer leave.Stop()
			rest, err := io.ReadAll(body)
			if len(rest) > 0 || time.Since(begun) != wait || (err == nil) != (keys != "") {
				t.Errorf("hang-after-body%s: %q, %v after %v, want an end after %v", keys, rest, err, time.Since(begun), wait)
			}
		})
	}
}

func TestAnAnswerThatHangsEndsWithItsClientOrTheSimulator(t *testing.T) {
	request := documentCall("sendmsg", demo+"<text>Hello</text>"+to("12025550143"))
	for name, end := range map[string]func(*Simulator, net.Conn){
		"client":    func(_ *Simulator, client net.Conn) { client.Close() },
		"simulator": func(s *Simulator, _ net.Conn) { s.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := withFaults(t, "hang-after-body")
				client, server := overPipe(t, s, request)
				defer server.Close()
				go io.Copy(io.Discard, client)
				synctest.Wait()
				if n := s.underWay.Load(); n != 1 {
					t.Fatalf("%d requests under way", n)
				}
				end(s, client)
				synctest.Wait()
				if n := s.underWay.Load(); n != 0 {
					t.Errorf("%d requests under way after the end", n)
				}
			})
		})
	}
}

// pipeListener hands out the connections of a channel.
type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   *sync.Once
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

func TestCloseEndsADelayWithoutAcceptance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := withFaults(t, "delay:for=1h")
		ended := make(chan any)
		go func() {
			defer func() { ended <- recover() }()
			post(s, documentAddress, documentCall("sendmsg", demo+"<text>Hello</text>"+to("12025550143")))
		}()
		synctest.Wait()
		s.Close()
		if got := <-ended; got != http.ErrAbortHandler || len(s.Messages()) != 0 {
			t.Errorf("ended with %v, %d messages", got, len(s.Messages()))
		}
		if w := post(s, documentAddress, documentCall("getbalance", demo)); w.Code != 200 {
			t.Errorf("a question to a closed simulator: %d", w.Code)
		}
	})
}

func TestAConnectionIsClosedAfterItsRequests(t *testing.T) {
	request := documentCall("getbalance", demo)
	for fault, wantNotice := range map[string]bool{"close-after:requests=2": true, "close-after:requests=2,silent=true": false} {
		s := withFaults(t, fault)
		for name, context := range map[string]bool{"marked": true, "by address": false} {
			t.Run(fault+" "+name, func(t *testing.T) {
				server := httptest.NewUnstartedServer(s)
				if context {
					server.Config.ConnContext = s.ConnContext
				}
				server.Start()
				defer server.Close()
				conn, err := net.Dial("tcp", server.Listener.Addr().String())
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				for range 3 {
					fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", documentAddress, len(request), request)
				}
				answers, _ := io.ReadAll(conn) // a reset after the second is fine
				if n := strings.Count(string(answers), "</SOAP-ENV:Envelope>"); n != 2 {
					t.Errorf("%d answers, want 2", n)
				}
				if got := strings.Contains(string(answers), "Connection: close"); got != wantNotice {
					t.Errorf("notice %v, want %v", got, wantNotice)
				}
			})
		}
	}
}

func TestCountersTellWhatWasAskedAndHowMuchAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := withFaults(t, "delay:for=1s")
		var sending sync.WaitGroup
		for range 5 {
			sending.Go(func() {
				post(s, documentAddress, documentCall("sendmsg", demo+"<text>Hello</text>"+to("12025550143")))
			})
		}
		sending.Wait()
		post(s, rpcAddress, rpcCall("routeCoverage", demo+"<msisdn>12025550143</msisdn>", ""))
		post(s, rpcAddress, "hello")
		if diff := cmp.Diff(s.Requests(), map[string]int{"sendmsg": 5, "routecoverage": 1}); diff != "" {
			t.Errorf("requests (-got +want):\n%s", diff)
		}
		if got := s.MostAtOnce(); got != 5 {
			t.Errorf("%d at once, want 5", got)
		}
	})
}

func TestOnlyTheGatewaysAddressesAnswer(t *testing.T) {
	s := newSimulator(t, Options{})
	for name, tt := range map[string]struct {
		method, address string
		want            int
	}{
		"elsewhere":          {http.MethodPost, "/soap", 404},
		"service read":       {http.MethodGet, documentAddress, 405},
		"schema posted to":   {http.MethodPost, documentAddress + "?wsdl", 405},
		"schema in capitals": {http.MethodGet, documentAddress + "?WSDL", 200},
		"schema's head":      {http.MethodHead, rpcAddress + "?wsdl", 200},
		"older RPC address":  {http.MethodGet, "/soap/webservice.php?wsdl", 200},
		"last RPC address":   {http.MethodGet, "/soap/rpc_encoded/webservice?wsdl", 200},
		"nothing posted":     {http.MethodPost, rpcAddress, 500},
	} {
		t.Run(name, func(t *testing.T) {
			w := httptest.NewRecorder()
			s.ServeHTTP(w, httptest.NewRequest(tt.method, tt.address, nil))
			if w.Code != tt.want {
				t.Errorf("status %d, want %d", w.Code, tt.want)
			}
		})
	}
}

func TestCompressedRequestsAreNotRead(t *testing.T) {
	for encoding, want := range map[string]int{"gzip": 415, "deflate": 415, "identity": 200, "": 200} {
		s := newSimulator(t, Options{})
		if w := post(s, documentAddress, documentCall("getbalance", demo), "Content-Encoding", encoding); w.Code != want {
			t.Errorf("%q: status %d, want %d: %s", encoding, w.Code, want, w.Body)
		}
	}
}

func TestTheSchemaNamesTheAddressThatWasAsked(t *testing.T) {
	s := newSimulator(t, Options{})
	for _, address := range []string{documentAddress, rpcAddress, "/soap/webservice.php"} {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://gateway.test:8080"+address+"?wsdl", nil))
		if w.Code != http.StatusOK || w.Header().Get("Content-Type") != xmlType || !strings.Contains(w.Body.String(), `location="http://gateway.test:8080`+address+`"`) {
			t.Errorf("%s: status %d, %s: %s", address, w.Code, w.Header().Get("Content-Type"), w.Body)
		}
	}
}

func TestARequestThatIsNoCallIsAFaultAndSendsNothing(t *testing.T) {
	good := demo + "<text>Hello</text>" + to("12025550143")
	for name, tt := range map[string]struct {
		body string
		want string // in the answer
	}{
		"not well-formed": {documentCall("sendmsg", good+"<from>"), "<faultcode>SOAP-ENV:Client</faultcode>"},
		"cut short":       {documentCall("sendmsg", good)[:200], "<faultcode>SOAP-ENV:Client</faultcode>"},
		"no such call":    {documentCall("sendMsg", good), "<faultcode>SOAP-ENV:Client</faultcode>"},
		"not its own":     {documentCall("sendmsg", good+"<cliMsgId>a</cliMsgId>"), "<sendmsgFault>"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSimulator(t, Options{})
			w := post(s, documentAddress, tt.body)
			if w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), tt.want) || len(s.Messages()) != 0 {
				t.Errorf("status %d, %d messages: %s; want %q", w.Code, len(s.Messages()), w.Body, tt.want)
			}
		})
	}
}

func TestARequestAboveFourMebibytesIsNotRead(t *testing.T) {
	s := newSimulator(t, Options{})
	w := post(s, documentAddress, documentCall("sendmsg", demo+"<text>"+strings.Repeat("x", maxBody)+"</text>"+to("12025550143")))
	if w.Code != http.StatusRequestEntityTooLarge || len(s.Messages()) != 0 {
		t.Errorf("status %d, %d messages", w.Code, len(s.Messages()))
	}
}
