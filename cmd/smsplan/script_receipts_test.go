package main

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/smsplan/smsplan/internal/simulator"
)

// gatewaySpeed is how many times as fast as the clock the gateway's time runs: $GATEWAY_SPEED.
func gatewaySpeed(ts *testscript.TestScript) float64 {
	speed, err := strconv.ParseFloat(ts.Getenv("GATEWAY_SPEED"), 64)
	if err != nil {
		return 1
	}
	return speed
}

// receiveCommand waits until the program says where it listens.
func receiveCommand(ts *testscript.TestScript, _ bool, flags []string) {
	w := worldOf(ts)
	w.running = command(ts, append([]string{"receipts", "-listen=127.0.0.1:0"}, flags...))
	for _, name := range []string{"SMSPLAN_RECEIPTS_USER", "SMSPLAN_RECEIPTS_PASSWORD", "SMSPLAN_STATE_KEY"} {
		w.running.Env = append(w.running.Env, name+"="+ts.Getenv(name))
	}
	w.out[0].Reset()
	w.out[1].Reset()
	out, in := io.Pipe()
	w.running.Stdout, w.running.Stderr = io.MultiWriter(&w.out[0], in), &w.out[1]
	ts.Check(w.running.Start())
	process := w.running.Process
	w.ends = append(w.ends, func() { _ = process.Kill(); _ = in.Close() })
	line, err := bufio.NewReader(out).ReadString('\n')
	ts.Check(err)
	go func() { _, _ = io.Copy(io.Discard, out) }()
	_, address, _ := strings.Cut(line, "http://")
	address, _, _ = strings.Cut(address, "/")
	ts.Setenv("RECEIPTS", "http://"+address)
}

func callbackCommand(ts *testscript.TestScript, _ bool, args []string) {
	w := worldOf(ts)
	settings := w.gateway.Settings()
	settings.Accounts[0].Callback = &simulator.Callback{
		URL: ts.Getenv("RECEIPTS") + "/dlr", Form: args[0], User: ts.Getenv("SMSPLAN_RECEIPTS_USER"), Password: ts.Getenv("SMSPLAN_RECEIPTS_PASSWORD"),
	}
	ts.Check(w.gateway.Configure(settings))
}

func heardCommand(ts *testscript.TestScript, neg bool, args []string) {
	want := number(ts, "heard", neg, args)
	until := time.Now().Add(20 * time.Second)
	for {
		got := 0
		for _, p := range worldOf(ts).gateway.Pushes() {
			if p.Answer == http.StatusOK {
				got++
			}
		}
		if got >= want {
			return
		}
		if time.Now().After(until) {
			ts.Fatalf("%d pushes have succeeded, not %d: %+v", got, want, worldOf(ts).gateway.Pushes())
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func pushCommand(ts *testscript.TestScript, _ bool, args []string) {
	var answer *http.Response
	var err error
	if args[0] == "" {
		answer, err = http.Get(ts.Getenv("RECEIPTS") + args[1])
	} else {
		answer, err = http.Post(ts.Getenv("RECEIPTS"), "application/x-www-form-urlencoded", strings.NewReader(args[0]))
	}
	ts.Check(err)
	ts.Check(answer.Body.Close())
	fmt.Fprintln(ts.Stdout(), answer.StatusCode)
}

func releaseCommand(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Check(worldOf(ts).held.Close())
}
