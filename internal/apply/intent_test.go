package apply_test

import (
	"context"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/smsplan/smsplan/internal/apply"
	"github.com/smsplan/smsplan/internal/state"
)

// A process that slept between its intent and the first byte does not send: somebody may have settled that intent by now.
func TestNobodyIsSentToOnAnOldIntent(t *testing.T) {
	for name, tt := range map[string]struct {
		slept time.Duration // while the connection was made, each time
		sent  int
	}{
		"awake":    {4 * time.Second, 3},
		"asleep":   {5*time.Second + time.Millisecond, 0},
		"for long": {50 * time.Second, 0},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, 3, nil, func(w *world) {
				w.auth, w.batch, w.connections, w.timeout = "credentials", 1, 1, time.Minute
				w.dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
					time.Sleep(tt.slept)
					return w.network.dial(context.WithoutCancel(ctx), network, addr)
				}
				got := w.apply(w.t.Context(), apply.Options{})
				if got.err != nil || got.report.Sent != tt.sent || got.report.InDoubt != 0 {
					w.t.Errorf("%+v, %v", got.report, got.err)
				}
				if n := w.gateway.Requests()["sendmsg"]; n != tt.sent {
					w.t.Errorf("%d requests reached the gateway", n)
				}
				if counts := w.counts(); counts[state.Unsent] != 3-tt.sent {
					w.t.Errorf("state: %v", counts)
				}
			})
		})
	}
}

// A process that slept once sends on a new intent, not on the old one.
func TestAfterASleepTheIntentIsRenewed(t *testing.T) {
	inWorld(t, 1, nil, func(w *world) {
		w.auth, w.timeout = "credentials", time.Minute
		var dialled atomic.Int32
		w.dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
			if dialled.Add(1) == 1 {
				time.Sleep(10 * time.Second)
			}
			return w.network.dial(ctx, network, addr)
		}
		if got := w.apply(w.t.Context(), apply.Options{}); got.err != nil || got.report.Sent != 1 || logged(got, "tried again") != 1 {
			w.t.Errorf("%+v, %v", got.report, got.err)
		}
		history, err := state.History(w.t.Context(), w.state, "message.hello", w.gateway.Messages()[0].To)
		if err != nil || len(history) != 1 || !strings.Contains(history[0].Evidence, "answer read whole") {
			w.t.Errorf("%+v, %v", history, err)
		}
	})
}

// stalled is a connection that takes nothing until it is over; then the rest would go out late.
type stalled struct {
	net.Conn
	dialled time.Time
	late    *atomic.Int64 // bytes that went out more than five seconds after the connection was made
}

func (c *stalled) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	if n > 0 && time.Since(c.dialled) > 5*time.Second {
		c.late.Add(int64(n))
	}
	return n, err
}

// A byte that was handed to a connection counts as sent, but a connection that takes none for five seconds is given up before it
// takes the first.
func TestAConnectionThatStallsCarriesNoOldIntent(t *testing.T) {
	inWorld(t, 1, nil, func(w *world) {
		w.auth, w.timeout = "credentials", time.Minute
		var late atomic.Int64
		var reading sync.WaitGroup
		w.dial = func(context.Context, string, string) (net.Conn, error) {
			here, there := net.Pipe()
			reading.Go(func() {
				time.Sleep(6 * time.Second)
				_, _ = io.Copy(io.Discard, there)
			})
			return &stalled{Conn: here, dialled: time.Now(), late: &late}, nil
		}
		got := w.apply(w.t.Context(), apply.Options{ResolveTimeout: -1})
		reading.Wait()
		if late.Load() != 0 {
			w.t.Errorf("%d bytes went out on an old intent", late.Load())
		}
		if got.report.InDoubt != 1 || got.took > 6*time.Second {
			w.t.Errorf("%+v, %v, after %s", got.report, got.err, got.took)
		}
	})
}
