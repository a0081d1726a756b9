package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
)

// net/http logs what comes over an idle connection, and there may be anything in it.
func TestWhatAServerSendsUnaskedIsShownToNobody(t *testing.T) {
	var logged bytes.Buffer
	log.SetOutput(&logged)
	defer log.SetOutput(os.Stderr)
	gateway, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer gateway.Close()
	go func() {
		for {
			c, err := gateway.Accept()
			if err != nil {
				return
			}
			go talkTooMuch(c)
		}
	}()
	t.Chdir(t.TempDir())
	const configuration = `
gateway "clickatell" {
  endpoint = "http://%s/"
  api_id   = 1
  user     = "demo"
  password = "demo"
}

recipients "all" { numbers = ["+1 202 555 0143"] }

message "hello" {
  to   = [recipients.all]
  text = "Hello."
}
`
	if err := os.WriteFile("main.sms.hcl", fmt.Appendf(nil, configuration, gateway.Addr()), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"init"}, {"apply", "-auto-approve"}} {
		status, out := smsplan(t, args...)
		if status != 0 || strings.Contains(out+logged.String(), "12025550143") {
			t.Errorf("%s: status %d\n%s%s", args, status, out, logged.String())
		}
	}
}

// talkTooMuch answers every request of a connection, and goes on to speak of a number.
func talkTooMuch(c net.Conn) {
	defer c.Close()
	in := bufio.NewReader(c)
	for {
		q, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		if _, err := io.Copy(io.Discard, q.Body); err != nil {
			return
		}
		op, said := "sendmsg", "ID: a1b2c3d4e5f60718293a4b5c6d7e8f90"
		if strings.Contains(q.Header.Get("SOAPAction"), "auth") {
			op, said = "auth", "OK: 0f0e0d0c0b0a09080706050403020100"
		}
		envelope := fmt.Sprintf("<Envelope><Body><%[1]sResponse><return>%[2]s</return></%[1]sResponse></Body></Envelope>", op, said)
		_, _ = fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s and 12025550143", len(envelope), envelope)
	}
}
