package soap

import (
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"time"
)

// sink is a connection that counts what it takes.
type sink struct {
	net.Conn
	got      atomic.Int64
	deadline time.Time
}

func (s *sink) Write(b []byte) (int, error)        { s.got.Add(int64(len(b))); return len(b), nil }
func (s *sink) SetWriteDeadline(t time.Time) error { s.deadline = t; return nil }
func (s *sink) Close() error                       { return nil }

func newConn() (*conn, *sink) {
	s := &sink{}
	return &conn{Conn: s}, s
}

func TestBytesBeforeTheFirstCallAreNotCounted(t *testing.T) {
	c, s := newConn()
	if _, err := c.Write([]byte("hello")); err != nil || s.got.Load() != 5 {
		t.Fatalf("a handshake was not let through: %v", err)
	}
	p := &passage{}
	p.board(c)
	if n, known := p.end(); n != 0 || !known {
		t.Errorf("end() = %d, %v; want 0, true", n, known)
	}
}

func TestAfterItsEndACallWritesNothing(t *testing.T) {
	c, s := newConn()
	p := &passage{}
	p.board(c)
	if n, known := p.end(); n != 0 || !known {
		t.Fatalf("end() = %d, %v; want 0, true", n, known)
	}
	if _, err := c.Write([]byte("late")); !errors.Is(err, errSealed) || s.got.Load() != 0 {
		t.Errorf("Write after end = %v, %d bytes went out", err, s.got.Load())
	}
}

func TestAConnectionThatComesAfterTheEndCarriesNothing(t *testing.T) {
	c, s := newConn()
	p := &passage{}
	if n, known := p.end(); n != 0 || !known {
		t.Fatalf("end() = %d, %v; want 0, true", n, known)
	}
	p.board(c)
	if _, err := c.Write([]byte("late")); !errors.Is(err, errSealed) || s.got.Load() != 0 {
		t.Errorf("Write = %v, %d bytes went out", err, s.got.Load())
	}
}

func TestACallHasOneConnection(t *testing.T) {
	first, s1 := newConn()
	second, s2 := newConn()
	p := &passage{}
	p.board(first)
	p.board(second)
	_, err1 := first.Write([]byte("once"))
	_, err2 := second.Write([]byte("once"))
	if err1 != nil || s1.got.Load() != 4 {
		t.Errorf("first connection: %v, %d bytes", err1, s1.got.Load())
	}
	if !errors.Is(err2, errSealed) || s2.got.Load() != 0 {
		t.Errorf("second connection: %v, %d bytes; want none", err2, s2.got.Load())
	}
}

func TestTheEndOfACallLeavesTheNextOneAlone(t *testing.T) {
	c, _ := newConn()
	one, two := &passage{}, &passage{}
	one.board(c)
	_, _ = c.Write([]byte("one"))
	two.board(c)
	if n, _ := one.end(); n != 3 {
		t.Errorf("the first call handed over %d bytes; want 3", n)
	}
	if _, err := c.Write([]byte("four")); err != nil {
		t.Errorf("the second call cannot write: %v", err)
	}
	if n, _ := two.end(); n != 4 {
		t.Errorf("the second call handed over %d bytes; want 4", n)
	}
}

func TestTheFirstByteComesInTimeOrNever(t *testing.T) {
	far := time.Now().Add(time.Hour)
	for name, notAfter := range map[string]time.Time{
		"monotonic clock": time.Now().Add(-time.Millisecond),
		"wall clock":      time.Now().Add(-time.Millisecond).Round(0),
	} {
		t.Run(name, func(t *testing.T) {
			c, s := newConn()
			p := &passage{notAfter: notAfter, deadline: far}
			p.board(c)
			for range 2 {
				if _, err := c.Write([]byte("late")); err == nil {
					t.Error("a late first byte was let through")
				}
			}
			if n, known := p.end(); n != 0 || !known || s.got.Load() != 0 {
				t.Errorf("end() = %d, %v, %d bytes went out", n, known, s.got.Load())
			}
		})
	}
}

func TestWriteDeadlineIsNotAfterForTheFirstBytesOnly(t *testing.T) {
	c, s := newConn()
	soon, later := time.Now().Add(time.Minute), time.Now().Add(time.Hour)
	p := &passage{notAfter: soon, deadline: later}
	p.board(c)
	for _, want := range []time.Time{soon, later} {
		if _, err := c.Write([]byte("x")); err != nil || !s.deadline.Equal(want) {
			t.Errorf("Write: %v, deadline %v; want %v", err, s.deadline, want)
		}
	}
}

func TestAClosedConnectionCountsNothing(t *testing.T) {
	c, _ := newConn()
	p := &passage{}
	p.board(c)
	_ = c.Close()
	_, _ = c.Write([]byte("late"))
	if n, known := p.end(); n != 0 || !known {
		t.Errorf("end() = %d, %v; want 0, true", n, known)
	}
}

func TestAnUncountedConnectionProvesNothing(t *testing.T) {
	p := &passage{}
	p.board(&sink{})
	if _, known := p.end(); known {
		t.Error("a count was believed though nobody counted")
	}
}

func TestACountOfZeroIsFinal(t *testing.T) {
	for range 5000 {
		c, s := newConn()
		p := &passage{}
		written := make(chan struct{})
		go func() {
			defer close(written)
			p.board(c)
			_, _ = c.Write([]byte("race"))
		}()
		n, known := p.end()
		<-written
		if !known || int64(n) != s.got.Load() {
			t.Fatalf("end() = %d, %v, but %d bytes went out", n, known, s.got.Load())
		}
	}
}
