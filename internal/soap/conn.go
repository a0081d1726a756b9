package soap

import (
	"context"
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

	landed chan struct{} // tells that a write has returned; of capacity 1

	// Guarded by conn.mu.
	handed int  // bytes handed to conn
	flying bool // a write has not returned yet
	failed bool // one has failed
	heard  bool // bytes came in since the first one was handed over
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

// replied reports whether an answer that came may be that of the call: not one that was on the connection before the call
// was, nor one that came while the request was still being written.
func (p *passage) replied(ctx context.Context) bool {
	var patience <-chan time.Time // whoever has read the request lets the write return at once
	for {
		p.mu.Lock()
		c := p.conn
		p.mu.Unlock()
		if c == nil {
			return false
		}
		c.mu.Lock()
		flying, failed, heard := p.flying, p.failed, p.heard
		c.mu.Unlock()
		if !flying {
			return heard && !failed
		}
		if patience == nil {
			patience = time.After(time.Second)
		}
		select {
		case <-p.landed:
		case <-patience:
			return false
		case <-ctx.Done():
			return false
		}
	}
}

// Read notes for the call that something came in.
func (c *conn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.mu.Lock()
		if p := c.passage; p != nil && p.handed > 0 {
			p.heard = true
		}
		c.mu.Unlock()
	}
	return n, err
}

// Write hands b to the connection below. What it lets through counts as sent, whatever becomes of it.
func (c *conn) Write(b []byte) (int, error) {
	p, err := c.admit(len(b))
	if err != nil {
		return 0, err
	}
	n, err := c.Conn.Write(b)
	if p != nil {
		c.mu.Lock()
		p.flying = false
		p.failed = p.failed || err != nil
		c.mu.Unlock()
		select {
		case p.landed <- struct{}{}:
		default:
		}
	}
	return n, err
}

// admit counts n bytes for the call that writes them and gives it; nil for none.
func (c *conn) admit(n int) (*passage, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sealed {
		return nil, errSealed
	}
	p := c.passage
	if p == nil {
		return nil, nil // the TLS handshake, or a proxy's CONNECT
	}
	deadline := p.deadline
	if p.handed == 0 && !p.notAfter.IsZero() {
		if past(p.notAfter) {
			c.sealed = true
			return nil, errLate
		}
		if p.notAfter.Before(deadline) {
			deadline = p.notAfter
		}
	}
	if err := c.SetWriteDeadline(deadline); err != nil {
		c.sealed = true
		return nil, err
	}
	p.handed += n
	p.flying = true
	return p, nil
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
