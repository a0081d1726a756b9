package soap

import (
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"time"
)

// How a request got onto a connection decides whether a person may be sent to again, and net/http does
// not tell: its write loop runs beside the call, and a call that was given up may still be written. So bytes
// are counted where they leave us, below TLS, and a connection is sealed before its count is believed.

// conn is a dialled connection that knows which call it carries.
type conn struct {
	net.Conn
	mu      sync.Mutex
	sealed  bool     // nothing is ever written again
	passage *passage // of the newest call; nil until the first
}

// passage is one call's way through at most one connection. Its own lock is taken before a connection's.
type passage struct {
	notAfter time.Time // bound of the first byte; zero for none
	deadline time.Time // bound of the rest

	mu    sync.Mutex
	conn  *conn
	over  bool // the call has returned
	blind bool // bytes may have gone where they are not counted

	handed int // bytes handed to conn; guarded by conn.mu
}

var (
	errSealed = errors.New("the connection is closed to writing")
	errLate   = errors.New("the time to begin the request has passed")
)

// board puts the call on a connection. A call that is over, or that has a connection already, must not
// be written: the connection is sealed instead.
func (p *passage) board(nc net.Conn) {
	c := counted(nc)
	p.mu.Lock()
	defer p.mu.Unlock()
	if c == nil {
		p.blind = true
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if p.over || p.conn != nil {
		c.sealed = true
		return
	}
	p.conn = c
	c.passage = p
}

// end closes the matter: when it returns, no byte of the call that was not handed over yet ever will be.
// It reports how many were, and whether that count can be believed.
func (p *passage) end() (handed int, known bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over = true
	c := p.conn
	if c == nil {
		return 0, !p.blind
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.passage == p {
		c.sealed = true
	}
	return p.handed, !p.blind
}

// progress is how many bytes were handed over so far.
func (p *passage) progress() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conn == nil {
		return 0
	}
	p.conn.mu.Lock()
	defer p.conn.mu.Unlock()
	return p.handed
}

// Write hands b to the connection below. What it lets through counts as sent, whatever becomes of it.
func (c *conn) Write(b []byte) (int, error) {
	if err := c.admit(len(b)); err != nil {
		return 0, err
	}
	return c.Conn.Write(b)
}

func (c *conn) admit(n int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sealed {
		return errSealed
	}
	p := c.passage
	if p == nil {
		return nil // the TLS handshake, or a proxy's CONNECT
	}
	deadline := p.deadline
	if p.handed == 0 && !p.notAfter.IsZero() {
		if past(p.notAfter) {
			c.sealed = true
			return errLate
		}
		if p.notAfter.Before(deadline) {
			deadline = p.notAfter
		}
	}
	if err := c.SetWriteDeadline(deadline); err != nil {
		c.sealed = true
		return err
	}
	p.handed += n
	return nil
}

// past reports whether t has passed by the monotonic clock or by the wall clock. The former stands still
// while a machine sleeps, the latter may be set back.
func past(t time.Time) bool {
	return time.Until(t) < 0 || time.Now().Round(0).After(t.Round(0))
}

// Close seals the connection too, so that a write that comes after it does not count.
func (c *conn) Close() error {
	c.mu.Lock()
	c.sealed = true
	c.mu.Unlock()
	return c.Conn.Close()
}

// counted finds the counting connection below any TLS; nil where there is none.
func counted(nc net.Conn) *conn {
	for {
		switch c := nc.(type) {
		case *conn:
			return c
		case *tls.Conn:
			nc = c.NetConn()
		default:
			return nil
		}
	}
}
