package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/smsplan/smsplan/internal/phone/fiction"
	"github.com/smsplan/smsplan/internal/simulator"
)

// A process that is killed again and again in the middle of its work sends nobody twice, and whoever is not sent to is in
// doubt, not forgotten.
func TestKilledApplySendsNobodyTwice(t *testing.T) {
	b := newBroadcast(t, build(t), 3000)
	kills := b.killUntilDone(t)
	twice, taken := b.takenTwice()
	if twice > 0 {
		t.Errorf("%d people got the message twice", twice)
	}
	counts := b.counts(t)
	if got := counts["accepted"] + counts["unconfirmed"]; got != taken {
		t.Errorf("the state knows of %d people sent to, the gateway of %d; state: %v", got, taken, counts)
	}
	if missing := 3000 - taken; missing != counts["in_doubt"] {
		t.Errorf("%d people were not sent to, and %d are in doubt", missing, counts["in_doubt"])
	}
	t.Logf("%d kills; the gateway took %d, %d in doubt", kills, taken, counts["in_doubt"])
}

// The negative control of the test above: with the intents switched off, people get the message twice.
func TestKilledApplyWithoutIntentsSendsTwice(t *testing.T) {
	b := newBroadcast(t, build(t, "-tags=sabotage_intents"), 3000)
	kills := b.killUntilDone(t)
	twice, _ := b.takenTwice()
	if twice == 0 {
		t.Errorf("after %d kills without intents nobody got the message twice: the test above shows nothing", kills)
	}
}

// broadcast is one message to many, sent by the program to a gateway that outlives it.
type broadcast struct {
	program, dir string
	people       int
	gateway      *simulator.Simulator
}

func newBroadcast(t *testing.T, program string, people int) *broadcast {
	t.Helper()
	slow, err := simulator.ParseFault("delay:for=3ms")
	if err != nil {
		t.Fatal(err)
	}
	b := &broadcast{program: program, dir: t.TempDir(), people: people}
	if b.gateway, err = simulator.New(simulator.Options{Faults: []simulator.Fault{slow}}); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(b.gateway)
	t.Cleanup(server.Close)
	b.write(t, "main.sms.hcl", fmt.Sprintf(`
gateway "clickatell" {
  endpoint    = "%s/soap/document_literal/webservice"
  api_id      = 1
  user        = "demo"
  password    = "demo"
  batch_size  = 10
  connections = 8
  rate        = 100000
}

recipients "everybody" {
  csv {
    path   = "people.csv"
    number = "number"
  }
}

message "hello" {
  to   = [recipients.everybody]
  text = "Hello."
}
`, server.URL))
	b.write(t, "people.csv", "number\n"+strings.Join(fictional(people), "\n")+"\n")
	if out, err := b.command("init").CombinedOutput(); err != nil {
		t.Fatalf("init: %v\n%s", err, out)
	}
	return b
}

func (b *broadcast) write(t *testing.T, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(b.dir, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (b *broadcast) command(args ...string) *exec.Cmd {
	c := exec.Command(b.program, args...)
	c.Dir = b.dir
	return c
}

// killUntilDone applies, kills the process whenever the gateway has taken some more messages, and applies again, until
// there is nothing left to do.
func (b *broadcast) killUntilDone(t *testing.T) (kills int) {
	t.Helper()
	for run := 0; ; run++ {
		if run > 200 {
			t.Fatal("the broadcast does not come to its end")
		}
		var out bytes.Buffer
		apply := b.command("apply", "-auto-approve", "-resolve-timeout=0s")
		apply.Stdout, apply.Stderr = &out, &out
		if err := apply.Start(); err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- apply.Wait() }()
		// Another number each time, so that kills come at all points of a request's life.
		if b.killAfter(apply, done, 90+run*7%60) {
			kills++
			continue
		}
		if strings.Contains(out.String(), "No changes.") {
			return kills
		}
	}
}

// killAfter kills the process once the gateway has taken n messages from it, and reports whether it came to that.
func (b *broadcast) killAfter(apply *exec.Cmd, done <-chan error, n int) bool {
	enough := len(b.gateway.Messages()) + n
	poll := time.NewTicker(200 * time.Microsecond)
	defer poll.Stop()
	for {
		select {
		case <-done:
			return false
		case <-poll.C:
			if len(b.gateway.Messages()) >= enough {
				_ = apply.Process.Kill()
				<-done
				return true
			}
		}
	}
}

// takenTwice gives the number of people of whom the gateway took more than one message, and of those of whom it took any.
func (b *broadcast) takenTwice() (twice, taken int) {
	count := map[string]int{}
	for _, m := range b.gateway.Messages() {
		if count[m.To]++; count[m.To] == 2 {
			twice++
		}
	}
	return twice, len(count)
}

// counts gives what the state knows, by outcome.
func (b *broadcast) counts(t *testing.T) map[string]int {
	t.Helper()
	out, err := b.command("state", "list", "-json").Output()
	if err != nil {
		t.Fatalf("state list: %v", err)
	}
	var list struct {
		Messages []struct{ Counts map[string]int }
	}
	if err := json.Unmarshal(out, &list); err != nil || len(list.Messages) != 1 {
		t.Fatalf("state list: %v in\n%s", err, out)
	}
	return list.Messages[0].Counts
}

// fictional gives n numbers that belong to nobody, as a CSV has them.
func fictional(n int) []string {
	numbers := make([]string, n)
	for i, number := range fiction.Numbers(n) {
		numbers[i] = "+" + number.E164()
	}
	return numbers
}
