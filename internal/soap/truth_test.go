package soap_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/smsplan/smsplan/internal/soap"
)

// A gateway closes connections whenever it likes, callers give up whenever they like: whatever happens,
// what is reported as not sent has left no byte, and nothing arrives twice.
func TestNotSentIsTheTruth(t *testing.T) {
	var mu sync.Mutex
	var arrived bytes.Buffer
	endpoint, wait := raw(t, func(n int, nc net.Conn) {
		rnd := rand.New(rand.NewPCG(1, uint64(n)))
		var log bytes.Buffer
		defer func() {
			mu.Lock()
			defer mu.Unlock()
			arrived.Write(log.Bytes())
			arrived.WriteByte('\n')
		}()
		r := bufio.NewReader(io.TeeReader(nc, &log))
		for range rnd.IntN(4) {
			if _, err := readRequest(r); err != nil {
				return
			}
			if rnd.IntN(8) == 0 {
				return
			}
			respond(nc, 200, accepted)
		}
		if rnd.IntN(2) == 0 {
			_ = nc.(*net.TCPConn).CloseWrite() // half closed: the client may write on
			_, _ = io.Copy(io.Discard, r)
		}
	})
	c := client(t, soap.Options{Endpoint: endpoint, Connections: 4})
	type attempt struct {
		id  string
		err error
	}
	attempts := make([]attempt, 3000)
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(2, uint64(worker)))
			for i := worker; i < len(attempts); i += 8 {
				m := message()
				m.ClientID = fmt.Sprintf("n%06dn", i)
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rnd.IntN(3000))*time.Microsecond)
				_, err := c.Send(ctx, session, m)
				cancel()
				attempts[i] = attempt{m.ClientID, err}
			}
		})
	}
	wg.Wait()
	c.CloseIdle()
	wait()
	count := map[string]int{}
	for _, a := range attempts {
		n := bytes.Count(arrived.Bytes(), []byte(a.id))
		var e *soap.Error
		switch {
		case a.err == nil:
			count["accepted"]++
		case errors.As(a.err, &e):
			count[e.Reach.String()]++
			if e.Reach == soap.NotSent && n > 0 {
				t.Errorf("%s: %v, but it arrived", a.id, a.err)
			}
		}
		if n > 1 {
			t.Errorf("%s arrived %d times", a.id, n)
		}
	}
	t.Log(count)
}
