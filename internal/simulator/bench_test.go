package simulator

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// The simulator must never be what a benchmark measures. The limit is the least that a server of net/http can do with the same
// requests on the same connections: read the body, and write an answer of the same size that lies ready. "x-bare" is how many
// times as long the simulator takes; the two take turns, so that what else runs here slows both.
func BenchmarkSendmsgOverABareHandler(b *testing.B) {
	for _, recipients := range []int{1, 300} {
		for _, form := range []string{"document", "rpc"} {
			for _, kept := range []string{"memory", "journal"} {
				b.Run(fmt.Sprintf("%s/%d/%s", form, recipients, kept), func(b *testing.B) {
					o := Options{Settings: Settings{Accounts: []Account{{User: "demo", Password: "demo", APIIDs: []string{"1"}, Credit: 1e12}}}}
					if kept == "journal" {
						o.Dir = b.TempDir()
					}
					s := newSimulator(b, o)
					address, request := sendmsgTo(b, s, form, recipients)
					answer := post(s, address, string(request)).Body.Bytes()
					if got := bytes.Count(answer, []byte(">ID: ")); got != recipients {
						b.Fatalf("%d of %d recipients accepted: %s", got, recipients, answer)
					}
					compare(b, connect(b, s.Server(), address, request), connect(b, bareServer(answer), address, request))
				})
			}
		}
	}
}

func bareServer(answer []byte) *http.Server {
	return &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body bytes.Buffer
		body.Grow(int(r.ContentLength) + bytes.MinRead)
		body.ReadFrom(r.Body)
		w.Header().Set("Content-Type", xmlType)
		w.Header().Set("Content-Length", strconv.Itoa(len(answer)))
		w.Write(answer)
	})}
}

// sendmsgTo is a request as the client writes it, under a session.
func sendmsgTo(b *testing.B, s *Simulator, form string, recipients int) (address string, request []byte) {
	session := anyID.FindString(post(s, documentAddress, documentCall("auth", demo)).Body.String())
	if form == "document" {
		return documentAddress, []byte(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" +
			documentCall("sendmsg", "<session_id>"+session+"</session_id><text>Gate B7, boarding 14:20</text>"+to(many(recipients)...)+
				"<from>ACME</from><concat>1</concat><msg_callback>7</msg_callback><deliv_ack>1</deliv_ack><climsgid>"+clientIDs+"</climsgid>"))
	}
	const typed = ` xsi:type="xsd:string"`
	return rpcAddress, []byte(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" +
		rpcCall("sendmsg", "<session_id"+typed+">"+session+"</session_id>"+
			fmt.Sprintf(`<to xmlns:e="http://schemas.xmlsoap.org/soap/encoding/" xsi:type="e:Array" e:arrayType="xsd:string[%d]">`, recipients)+
			"<item"+typed+">"+strings.Join(many(recipients), "</item><item"+typed+">")+"</item></to>"+
			"<from"+typed+">ACME</from><text"+typed+">Gate B7, boarding 14:20</text>"+
			`<concat xsi:type="xsd:int">1</concat><deliv_ack xsi:type="xsd:int">1</deliv_ack><msg_callback xsi:type="xsd:int">7</msg_callback>`+
			"<cliMsgId"+typed+">"+clientIDs+"</cliMsgId>", ""))
}

// clientIDs is where each request has its own client id.
const clientIDs = "00000000000000000000000000000000"

// load is a few kept-alive connections to a server, and costs less than a client of net/http.
type load []*exchanger

type exchanger struct {
	net.Conn
	in      *bufio.Reader
	request []byte
	number  []byte // the part of the client id within request that changes
	next    uint64
}

func connect(b *testing.B, server *http.Server, address string, body []byte) load {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	b.Cleanup(func() {
		server.Close()
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			b.Error(err)
		}
	})
	l := make(load, 4)
	for i := range l {
		conn, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { conn.Close() })
		request := fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: gateway.test\r\nAccept-Encoding: gzip\r\nContent-Type: text/xml; charset=utf-8\r\n"+
			"Content-Length: %d\r\n\r\n%s", address, len(body), body)
		at := bytes.Index(request, []byte(clientIDs))
		l[i] = &exchanger{conn, bufio.NewReaderSize(conn, 64<<10), request, request[at : at+16], uint64(i) << 32}
	}
	return l
}

// run makes n exchanges, shared out over the connections.
func (l load) run(n int) (time.Duration, error) {
	var done sync.WaitGroup
	failed := make([]error, len(l))
	began := time.Now()
	for i, c := range l {
		done.Go(func() {
			for range n / len(l) {
				if failed[i] = c.exchange(); failed[i] != nil {
					return
				}
			}
		})
	}
	done.Wait()
	return time.Since(began), errors.Join(failed...)
}

func (c *exchanger) exchange() error {
	c.next++
	for i, n := len(c.number)-1, c.next; i >= 0; i, n = i-1, n>>4 {
		c.number[i] = "0123456789abcdef"[n&15]
	}
	if _, err := c.Write(c.request); err != nil {
		return err
	}
	length := 0
	for first := true; ; first = false {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return err
		}
		if first && !bytes.HasPrefix(line, []byte("HTTP/1.1 200 ")) {
			return fmt.Errorf("answered %q", line)
		}
		if digits, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(digits))); err != nil {
				return err
			}
		}
		if len(bytes.TrimSpace(line)) == 0 {
			break
		}
	}
	_, err := io.CopyN(io.Discard, c.in, int64(length))
	return err
}

// compare has both make b.N exchanges by turns, and reports the middle one of the turns' ratios.
func compare(b *testing.B, simulated, bare load) {
	var total, least time.Duration
	var ratios []float64
	for left := b.N; left > 0; {
		turn := max(min(left, 100), len(bare))
		took, err := simulated.run(turn)
		limit, bareErr := bare.run(turn)
		if err := errors.Join(err, bareErr); err != nil {
			b.Fatal(err)
		}
		total, least, left = total+took, least+limit, left-turn
		ratios = append(ratios, took.Seconds()/limit.Seconds())
	}
	slices.Sort(ratios)
	b.ReportMetric(float64(total.Nanoseconds())/float64(b.N), "ns/op")
	b.ReportMetric(float64(b.N)/total.Seconds(), "requests/s")
	b.ReportMetric(float64(b.N)/least.Seconds(), "bare/s")
	b.ReportMetric(ratios[len(ratios)/2], "x-bare")
}
