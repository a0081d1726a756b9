package simulator

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// talk writes pieces, and waits where a piece is a time, on one connection to the simulator's own server. It gives the statuses of
// the answers, and how long the server kept the connection after the last piece. A nil piece has the client close it.
func talk(t *testing.T, s *Simulator, pieces ...any) (statuses []int, kept time.Duration) {
	t.Helper()
	network := make(pipes)
	server := s.Server()
	served := make(chan error, 1)
	go func() { served <- server.Serve(network) }()
	conn, err := network.dial(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	said := make(chan []byte, 1)
	go func() {
		b, _ := io.ReadAll(conn) // to the end, however it comes
		said <- b
	}()
	for _, piece := range pieces {
		switch piece := piece.(type) {
		case string:
			io.WriteString(conn, piece) // the server may have closed by now
		case time.Duration:
			time.Sleep(piece)
		case nil:
			conn.Close()
		}
	}
	last := time.Now()
	answers := bufio.NewReader(bytes.NewReader(<-said))
	kept = time.Since(last)
	for {
		answer, err := http.ReadResponse(answers, nil)
		if errors.Is(err, io.ErrUnexpectedEOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, answer.Body); err != nil {
			t.Error(err)
		}
		statuses = append(statuses, answer.StatusCode)
	}
	conn.Close()
	server.Close()
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		t.Error(err)
	}
	return statuses, kept
}

func TestRequestsAreTakenWholeOrNotAtAllHoweverTheyCome(t *testing.T) {
	body := documentCall("sendmsg", demo+"<text>Hello</text>"+to("12025550143"))
	at, size := "POST "+documentAddress, len(body)
	head := at + " HTTP/1.1\r\nHost: x\r\n"
	long := fmt.Sprintf("Content-Length: %d\r\n\r\n", size)
	whole := head + long + body
	chunks := fmt.Sprintf("%x;name=value\r\n%s\r\n%x\r\n%s\r\n0\r\nTrailer: 1\r\n\r\n", 100, body[:100], size-100, body[100:])
	drip := []any{head + long}
	for _, octet := range []byte(body) {
		drip = append(drip, string(octet), time.Second)
	}
	headers := []any{head}
	for i := range 60 {
		headers = append(headers, fmt.Sprintf("X-%d: 1\r\n", i), time.Second)
	}
	const idle = 2 * time.Minute
	for name, tt := range map[string]struct {
		pieces   []any
		want     []int
		messages int
		kept     time.Duration
	}{
		"in one piece":                 {[]any{whole}, []int{200}, 1, idle},
		"in two pieces":                {[]any{whole[:300], 5 * time.Second, whole[300:]}, []int{200}, 1, idle},
		"two at once":                  {[]any{whole + whole}, []int{200, 200}, 2, idle},
		"a bad one before a good one":  {[]any{head + "Content-Length: 5\r\n\r\n<a/>\n" + whole}, []int{500, 200}, 1, idle},
		"in chunks":                    {[]any{head + "Transfer-Encoding: chunked\r\n\r\n" + chunks + whole}, []int{200, 200}, 2, idle},
		"by HTTP/1.0":                  {[]any{at + " HTTP/1.0\r\n" + long + body}, []int{200}, 1, 0},
		"by HTTP/1.0, kept alive":      {[]any{strings.Repeat(at+" HTTP/1.0\r\nConnection: keep-alive\r\n"+long+body, 2)}, []int{200, 200}, 2, idle},
		"by HTTP/1.0, without length":  {[]any{at + " HTTP/1.0\r\n\r\n" + body}, []int{500}, 0, 0},
		"asking before the body":       {[]any{head + "Expect: 100-continue\r\n" + long, time.Second, body}, []int{100, 200}, 1, idle},
		"asking for something else":    {[]any{head + "Expect: 200-ok\r\n" + long + body}, []int{417}, 0, 0},
		"asking for too much":          {[]any{head + "Expect: 100-continue\r\nContent-Length: 4194305\r\n\r\n"}, []int{413}, 0, 0},
		"too long, by its length":      {[]any{head + "Content-Length: 4194305\r\n\r\n" + body}, []int{413}, 0, 500 * time.Millisecond},
		"too long, in chunks":          {[]any{head + "Transfer-Encoding: chunked\r\n\r\n", strings.Repeat("10000\r\n"+strings.Repeat(" ", 1<<16)+"\r\n", 65)}, []int{413}, 0, time.Minute + 500*time.Millisecond},
		"cut off":                      {[]any{whole[:len(whole)-1], nil}, nil, 0, 0},
		"cut off in a chunk":           {[]any{head + "Transfer-Encoding: chunked\r\n\r\n" + chunks[:200], nil}, nil, 0, 0},
		"cut off before the last":      {[]any{head + "Transfer-Encoding: chunked\r\n\r\n" + strings.TrimSuffix(chunks, "0\r\nTrailer: 1\r\n\r\n"), nil}, nil, 0, 0},
		"shorter than it says":         {[]any{whole[:len(whole)-1], time.Hour}, nil, 0, 0},
		"longer than it says":          {[]any{whole + "x"}, []int{200}, 1, idle},
		"a chunk that is none":         {[]any{head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n" + body}, nil, 0, 0},
		"a chunk longer than it says":  {[]any{head + "Transfer-Encoding: chunked\r\n\r\n10\r\n" + body + "\r\n0\r\n\r\n"}, nil, 0, 0},
		"another coding":               {[]any{head + "Transfer-Encoding: gzip\r\n" + long + body}, []int{501}, 0, 0},
		"two lengths":                  {[]any{head + "Content-Length: 10\r\n" + long + body}, []int{400}, 0, 0},
		"a length below nought":        {[]any{head + "Content-Length: -1\r\n\r\n" + body}, []int{400}, 0, 0},
		"no host":                      {[]any{at + " HTTP/1.1\r\n" + long + body}, []int{400}, 0, 0},
		"a header too long":            {[]any{head + "X: " + strings.Repeat("x", 128<<10) + "\r\n" + long + body}, []int{431}, 0, 0},
		"headers too many":             {[]any{head + strings.Repeat("X: 1\r\n", 20_000) + long + body}, []int{431}, 0, 0},
		"a header that is none":        {[]any{head + "X Y\r\n" + long + body}, []int{400}, 0, 0},
		"HTTP/2 without being asked":   {[]any{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"}, []int{404}, 0, 0},
		"TLS":                          {[]any{"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00"}, []int{400}, 0, 10 * time.Second},
		"nothing":                      {nil, nil, 0, 10 * time.Second},
		"headers that do not end":      {[]any{head}, nil, 0, 10 * time.Second},
		"headers that come too slowly": {headers, nil, 0, 0},
		"a body that does not come":    {[]any{head + long}, nil, 0, time.Minute},
		"a body that comes too slowly": {drip, nil, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSimulator(t, Options{})
				statuses, kept := talk(t, s, tt.pieces...)
				if diff := cmp.Diff(statuses, tt.want); diff != "" || kept != tt.kept || len(s.Messages()) != tt.messages {
					t.Errorf("%d messages, want %d; kept %v, want %v; statuses (-got +want):\n%s", len(s.Messages()), tt.messages, kept, tt.kept, diff)
				}
			})
		})
	}
}

func TestAClientThatDoesNotReadIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSimulator(t, Options{})
		client, server := overPipe(t, s, documentCall("sendmsg", demo+"<text>Hello</text>"+to("12025550143")))
		defer server.Close()
		defer client.Close()
		time.Sleep(timeToWrite + time.Second)
		if b, err := io.ReadAll(client); err != nil || len(b) > 0 || len(s.Messages()) != 1 {
			t.Errorf("%q, %v; %d messages, want the one that was taken", b, err, len(s.Messages()))
		}
	})
}
