package apply_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// network is what lies between a run and the gateway: connections that fail, and middleboxes that harm what passes. Without
// hitches and snags it is a plain pipe.
type network struct {
	pipes  *pipes
	spied  func(request []byte) // called with the first bytes of each request, before they leave; may be nil
	kill   func()               // ends the process as kill -9 does
	middle sync.WaitGroup       // of goroutines that carry exchanges

	mu      sync.Mutex
	snags   []*snag
	hitches []*hitch
	open    map[io.Closer]bool
	dead    bool           // nothing leaves the process any more
	crossed *exchange      // waits for an answer to change places with
	copied  map[string]int // how often a middlebox delivered a request once more, by client message id
}

// snag is a failure of dials: of those after the first ones it takes some.
type snag struct {
	after, times int
	dial         func(ctx context.Context, n *network) (net.Conn, error)
}

// hitch is a failure of exchanges of an operation, "" for any: of those after the first ones it takes some. One that is reused
// takes such exchanges alone as are not the first on their connection.
type hitch struct {
	op           string
	after, times int
	reused       bool
	do           func(x *exchange)
}

// exchange is a request on its way through a middlebox.
type exchange struct {
	network *network
	here    *end // the client's connection, from the middlebox
	there   net.Conn
	answers *bufio.Reader // of there
	op      string
	request []byte
	swap    chan []byte // an answer to give in place of the own one
}

func newNetwork(copied map[string]int) *network {
	return &network{pipes: newPipes(), open: map[io.Closer]bool{}, copied: copied}
}

// arm orders the failures of a run.
func (n *network) arm(snags []*snag, hitches []*hitch) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.snags, n.hitches, n.dead, n.crossed = snags, hitches, false, nil
}

// cut ends all connections, and lets none be made until the network is armed again.
func (n *network) cut() {
	n.mu.Lock()
	n.dead = true
	open := n.open
	n.open = map[io.Closer]bool{}
	n.mu.Unlock()
	for c := range open {
		_ = c.Close()
	}
}

// dial is the way to the gateway, or what fails in its place.
func (n *network) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	n.middle.Add(1) // net/http lets dials go on that it does not wait for
	defer n.middle.Done()
	n.mu.Lock()
	for _, s := range n.snags {
		if s.after--; s.after < 0 && s.times > 0 {
			s.times--
			n.mu.Unlock()
			return s.dial(ctx, n)
		}
	}
	n.mu.Unlock()
	return n.connect(ctx)
}

// connect makes a connection, through a middlebox where there are hitches.
func (n *network) connect(ctx context.Context) (net.Conn, error) {
	n.mu.Lock()
	dead, plain := n.dead, len(n.hitches) == 0
	n.mu.Unlock()
	if dead {
		return nil, &net.OpError{Op: "dial", Net: "pipe", Err: syscall.ENETUNREACH}
	}
	there, err := n.pipes.dial(ctx, "", "")
	if err != nil {
		return nil, err
	}
	if plain {
		return n.keep(&end{Conn: there, network: n}), nil
	}
	client, box := net.Pipe()
	left, right := &end{Conn: client, network: n}, &end{Conn: box, network: n, peer: nil}
	right.peer = left
	n.keep(right)
	n.keep(there)
	n.middle.Go(func() {
		defer n.drop(right)
		defer n.drop(there)
		n.carry(right, there)
	})
	return n.keep(left), nil
}

// keep notes what the end of the network must close.
func (n *network) keep(c net.Conn) net.Conn {
	n.mu.Lock()
	dead := n.dead
	if !dead {
		n.open[c] = true
	}
	n.mu.Unlock()
	if dead {
		_ = c.Close() // which takes the lock
	}
	return c
}

func (n *network) drop(c net.Conn) {
	n.mu.Lock()
	delete(n.open, c)
	n.mu.Unlock()
	_ = c.Close()
}

// close ends whatever is under way.
func (n *network) close() {
	n.cut()
	n.middle.Wait()
}

// carry hands requests of one connection on until one of its ends is closed.
func (n *network) carry(here *end, there net.Conn) {
	requests, answers := bufio.NewReader(here), bufio.NewReader(there)
	for nth := 0; ; nth++ {
		x := &exchange{network: n, here: here, there: there, answers: answers}
		if x.read(requests) != nil {
			return
		}
		if h := n.hitchFor(x.op, nth); h != nil {
			h.do(x)
		} else {
			x.deliver()
			x.reply(x.answer())
		}
		if x.here.shut.Load() {
			return
		}
	}
}

// hitchFor counts an exchange, the nth on its connection, and gives the hitch that takes it; nil for none.
func (n *network) hitchFor(op string, nth int) *hitch {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, h := range n.hitches {
		if h.op != "" && h.op != op || h.reused && nth == 0 {
			continue
		}
		if h.after--; h.after < 0 && h.times > 0 {
			h.times--
			return h
		}
	}
	return nil
}

var (
	operationName = regexp.MustCompile(`<(?:\w+:)?Body[^>]*><\w+:(\w+)`)
	clientIDName  = regexp.MustCompile(`(?i)<climsgid[^>]*>([0-9a-v]{32})<`)
)

// read takes a request off the connection.
func (x *exchange) read(from *bufio.Reader) error {
	length := 0
	for {
		line, err := from.ReadBytes('\n')
		x.request = append(x.request, line...)
		if err != nil {
			return err
		}
		if name, value, ok := bytes.Cut(line, []byte(":")); ok && bytes.EqualFold(name, []byte("Content-Length")) {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return err
			}
		}
		if len(bytes.TrimSpace(line)) == 0 {
			break
		}
	}
	body := make([]byte, length)
	if _, err := io.ReadFull(from, body); err != nil {
		return err
	}
	x.request = append(x.request, body...)
	if m := operationName.FindSubmatch(body); m != nil {
		x.op = string(m[1])
	}
	return nil
}

// deliver hands the request to the gateway.
func (x *exchange) deliver() { _, _ = x.there.Write(x.request) }

// answer gives the gateway's answer as it travels; less of it, or nothing, where the gateway ends the connection.
func (x *exchange) answer() []byte {
	var raw bytes.Buffer
	resp, err := http.ReadResponse(bufio.NewReader(io.TeeReader(x.answers, &raw)), nil)
	if err == nil {
		_, _ = io.Copy(io.Discard, resp.Body)
	}
	return raw.Bytes()
}

// reply gives the client an answer, and ends the connection where that is not whole.
func (x *exchange) reply(raw []byte) {
	if _, err := x.here.Write(raw); err != nil || !whole(raw) {
		x.end()
	}
}

func whole(raw []byte) bool {
	resp, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(raw)), nil)
	if err != nil {
		return false
	}
	n, err := io.Copy(io.Discard, resp.Body)
	return err == nil && n == resp.ContentLength && !resp.Close
}

// end closes the client's connection in order.
func (x *exchange) end() { _ = x.here.Close() }

// reset breaks the client's connection off.
func (x *exchange) reset() {
	x.here.peer.broken.Store(true)
	x.end()
}

// again hands the request to the gateway once more, by a way of its own.
func (x *exchange) again() {
	if m := clientIDName.FindSubmatch(x.request); m != nil {
		x.network.mu.Lock()
		x.network.copied[string(m[1])]++
		x.network.mu.Unlock()
	}
	x.network.deliverLate(x.request, 0)
}

// deliverLate hands a request to the gateway when some time has passed, whatever became of the connection that it came by.
func (n *network) deliverLate(request []byte, after time.Duration) {
	there, err := n.pipes.dial(context.Background(), "", "")
	if err != nil {
		return
	}
	n.middle.Go(func() {
		defer there.Close()
		time.Sleep(after)
		_ = there.SetDeadline(time.Now().Add(time.Hour))
		if _, err := there.Write(request); err == nil {
			_, _ = there.Read(make([]byte, 1))
		}
	})
}

// exchangeAnswers has two exchanges get each other's answers; one that finds no other within two seconds gets its own.
func (x *exchange) exchangeAnswers(own []byte) []byte {
	n := x.network
	x.swap = make(chan []byte, 1)
	n.mu.Lock()
	if other := n.crossed; other != nil {
		n.crossed = nil
		n.mu.Unlock()
		theirs := <-other.swap
		other.swap <- own
		return theirs
	}
	n.crossed = x
	n.mu.Unlock()
	x.swap <- own
	time.Sleep(2 * time.Second)
	n.mu.Lock()
	if n.crossed == x {
		n.crossed = nil
	}
	n.mu.Unlock()
	return <-x.swap
}

// end is one end of a connection. A broken one was reset, not closed.
type end struct {
	net.Conn
	network *network
	peer    *end
	broken  atomic.Bool
	shut    atomic.Bool
	idle    atomic.Bool // an answer was read since the last byte left
	begun   bool
}

func (e *end) Read(b []byte) (int, error) {
	n, err := e.Conn.Read(b)
	if n > 0 {
		e.idle.Store(true)
	}
	if e.broken.Load() && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrClosedPipe)) {
		err = &net.OpError{Op: "read", Net: "pipe", Err: syscall.ECONNRESET}
	}
	return n, err
}

func (e *end) Write(b []byte) (int, error) {
	first := e.idle.Swap(false) || !e.begun
	e.begun = true
	if first && e.peer == nil && e.network.spied != nil {
		e.network.spied(b)
	}
	n, err := e.Conn.Write(b)
	if e.broken.Load() && errors.Is(err, io.ErrClosedPipe) {
		err = &net.OpError{Op: "write", Net: "pipe", Err: syscall.ECONNRESET}
	}
	return n, err
}

func (e *end) Close() error {
	e.shut.Store(true)
	e.network.mu.Lock()
	delete(e.network.open, e)
	e.network.mu.Unlock()
	return e.Conn.Close()
}
