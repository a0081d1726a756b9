package suite

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"sync"

	"github.com/smsplan/smsplan/internal/simulator"
)

// wire carries calls to a simulator within the process: whatever is dialled, the simulator answers.
type wire struct {
	pending chan net.Conn
	closed  chan struct{}
	once    sync.Once
	server  *http.Server
	served  chan struct{}
}

// connect serves the simulator until the wire is closed.
func connect(s *simulator.Simulator) *wire {
	w := &wire{pending: make(chan net.Conn), closed: make(chan struct{}), server: s.Server(), served: make(chan struct{})}
	w.server.ErrorLog = log.New(io.Discard, "", 0)
	go func() {
		defer close(w.served)
		_ = w.server.Serve((*listener)(w)) // until end
	}()
	return w
}

// endpoint is an address that no proxy is asked for.
func endpoint(binding string) string {
	return "http://127.0.0.1" + simulator.Path(binding)
}

func (w *wire) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case w.pending <- there:
		return here, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-w.closed:
		return nil, net.ErrClosed
	}
}

// end closes every connection and waits until nothing is served any more.
func (w *wire) end() {
	_ = w.server.Close()
	<-w.served
}

// listener is the simulator's end.
type listener wire

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.pending:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *listener) Addr() net.Addr { return &net.UnixAddr{Name: "simulator"} }
