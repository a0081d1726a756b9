package soap_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/smsplan/smsplan/internal/soap"
)

// The request is handed over in one write, which has not returned when the answer is there.
func TestAnAnswerBeforeTheEndOfAShortRequestIsNoAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		defer theirs.Close()
		c := client(t, soap.Options{Endpoint: "http://gateway.test", Dial: func(context.Context, string, string) (net.Conn, error) {
			return ours, nil
		}})
		go func() {
			_, _ = io.ReadFull(theirs, make([]byte, 10))
			respond(theirs, 200, accepted)
		}()
		_, err := c.Send(t.Context(), session, message())
		wantError(t, err, soap.Unclear, 0)
	})
}

// A middlebox answers the first request twice, and the second one not at all.
func TestAnAnswerThatWasThereBeforeTheRequestIsNoAnswer(t *testing.T) {
	for range 500 {
		synctest.Test(t, func(t *testing.T) {
			var dialled, answered atomic.Int32
			dial := func(context.Context, string, string) (net.Conn, error) {
				dialled.Add(1)
				ours, theirs := net.Pipe()
				go func() {
					defer theirs.Close()
					if _, err := readRequest(bufio.NewReader(theirs)); err != nil {
						return
					}
					var answer bytes.Buffer
					respond(&answer, 200, accepted)
					_, _ = theirs.Write(append(answer.Bytes(), answer.Bytes()...))
					_, _ = io.Copy(io.Discard, theirs)
				}()
				return ours, nil
			}
			c := client(t, soap.Options{Endpoint: "http://gateway.test", Dial: dial, Connections: 1})
			defer c.CloseIdle()
			var calls sync.WaitGroup
			for range 2 {
				calls.Go(func() {
					if _, err := c.Send(t.Context(), session, message()); err == nil {
						answered.Add(1)
					}
				})
			}
			calls.Wait()
			if n, most := answered.Load(), dialled.Load(); n == 0 || n > most {
				t.Errorf("%d requests got an answer, by %d connections that answer one", n, most)
			}
		})
	}
}
