package apply_test

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"math/rand/v2"
	"net"
	"os"
	"syscall"
	"time"
)

// dialling is a kind of fault that some dials meet.
func dialling(name string, draw func(r *rand.Rand) func(ctx context.Context, n *network) (net.Conn, error)) faultKind {
	return faultKind{name: name, draw: func(r *rand.Rand) fault {
		return fault{snags: []*snag{{after: r.IntN(3), times: pick(r, 1, 2, 5, 1000), dial: draw(r)}}}
	}}
}

// unreachable is one that gives an error when some time has passed.
func unreachable(name string, err error) faultKind {
	return dialling(name, func(r *rand.Rand) func(context.Context, *network) (net.Conn, error) {
		wait := pick(r, 0, 0, time.Second, 7*time.Second)
		return func(ctx context.Context, _ *network) (net.Conn, error) {
			time.Sleep(wait)
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: err}
		}
	})
}

// answering is one that reaches somebody who speaks no HTTP; over TLS where it is secure.
func answering(name string, secure bool, draw func(r *rand.Rand) func(c net.Conn)) faultKind {
	k := dialling(name, func(r *rand.Rand) func(context.Context, *network) (net.Conn, error) {
		speak := draw(r)
		return func(_ context.Context, n *network) (net.Conn, error) {
			client, box := net.Pipe()
			left := &end{Conn: client, network: n}
			right := &end{Conn: box, network: n, peer: left}
			n.keep(right)
			n.middle.Go(func() {
				defer n.drop(right)
				speak(right)
			})
			return n.keep(left), nil
		}
	})
	draws := k.draw
	k.draw = func(r *rand.Rand) fault {
		f := draws(r)
		f.secure = secure
		if secure {
			f.snags[0].after, f.snags[0].times = 0, 1000 // nobody else speaks TLS here
		}
		return f
	}
	return k
}

func sleeping(k faultKind) faultKind {
	draw := k.draw
	k.draw = func(r *rand.Rand) fault {
		f := draw(r)
		f.sleeps = true
		return f
	}
	return k
}

var dialFaults = []faultKind{
	unreachable("name lookup fails", &net.DNSError{Err: "no such host", Name: "gateway.example", IsNotFound: true}),
	unreachable("name lookup fails for a while", &net.DNSError{Err: "server misbehaving", Name: "gateway.example", IsTemporary: true}),
	unreachable("connection refused", syscall.ECONNREFUSED),
	unreachable("no way to the host", syscall.EHOSTUNREACH),
	dialling("connection without an end", func(*rand.Rand) func(context.Context, *network) (net.Conn, error) {
		return func(ctx context.Context, _ *network) (net.Conn, error) {
			<-ctx.Done()
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: os.ErrDeadlineExceeded}
		}
	}),
	answering("handshake broken off", true, func(r *rand.Rand) func(net.Conn) {
		k := r.Int64N(300)
		return func(c net.Conn) { _, _ = io.CopyN(io.Discard, c, k) }
	}),
	answering("handshake with nonsense", true, func(r *rand.Rand) func(net.Conn) {
		nonsense := pick(r, "HTTP/1.1 400 Bad Request\r\n\r\n", "\x15\x03\x03\x00\x02\x02\x28", "\x16\x03\x03\xff\xff", "220 mail.example ESMTP\r\n")
		return func(c net.Conn) {
			_, _ = bufio.NewReader(c).Peek(1)
			_, _ = io.WriteString(c, nonsense)
		}
	}),
	answering("handshake without an end", true, func(*rand.Rand) func(net.Conn) {
		return func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }
	}),
	answering("certificate that nobody vouches for", true, func(*rand.Rand) func(net.Conn) {
		return func(c net.Conn) {
			public, private, err := ed25519.GenerateKey(nil)
			if err != nil {
				return
			}
			leaf := &x509.Certificate{
				SerialNumber: big.NewInt(1), IPAddresses: []net.IP{{127, 0, 0, 1}},
				NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
			}
			der, err := x509.CreateCertificate(nil, leaf, leaf, public, private)
			if err != nil {
				return
			}
			_ = tls.Server(c, &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: private}}}).Handshake()
		}
	}),
	answering("connection reset before the first byte", false, func(r *rand.Rand) func(net.Conn) {
		wait := pick(r, 0, time.Millisecond, 2*time.Second)
		return func(c net.Conn) {
			time.Sleep(wait)
			c.(*end).peer.broken.Store(true)
		}
	}),
	dialling("connection reset within the request", func(r *rand.Rand) func(context.Context, *network) (net.Conn, error) {
		k, orderly := r.Int64N(2000), r.IntN(2) == 0
		return func(ctx context.Context, n *network) (net.Conn, error) {
			there, err := n.pipes.dial(ctx, "", "")
			if err != nil {
				return nil, err
			}
			client, box := net.Pipe()
			left := &end{Conn: client, network: n}
			right := &end{Conn: box, network: n, peer: left}
			n.keep(right)
			n.keep(there)
			n.middle.Go(func() {
				defer n.drop(right)
				defer n.drop(there)
				_, _ = io.CopyN(there, right, k)
				left.broken.Store(!orderly)
			})
			return n.keep(left), nil
		}
	}),
	sleeping(dialling("asleep after the intent", func(r *rand.Rand) func(context.Context, *network) (net.Conn, error) {
		slept := pick(r, 4*time.Second, 5*time.Second, 5*time.Second+time.Microsecond, 8*time.Second, time.Minute, 3*time.Hour)
		return func(ctx context.Context, n *network) (net.Conn, error) {
			time.Sleep(slept)
			return n.connect(context.WithoutCancel(ctx))
		}
	})),
	dialling("connection that takes nothing", func(r *rand.Rand) func(context.Context, *network) (net.Conn, error) {
		stalled := pick(r, time.Second, 4*time.Second, 6*time.Second, time.Minute)
		return func(ctx context.Context, n *network) (net.Conn, error) {
			there, err := n.pipes.dial(ctx, "", "")
			if err != nil {
				return nil, err
			}
			client, box := net.Pipe()
			left := &end{Conn: client, network: n}
			right := &end{Conn: box, network: n, peer: left}
			n.keep(right)
			n.keep(there)
			n.middle.Go(func() {
				defer n.drop(right)
				defer n.drop(there)
				time.Sleep(stalled)
				n.carry(right, there)
			})
			return n.keep(left), nil
		}
	}),
}
