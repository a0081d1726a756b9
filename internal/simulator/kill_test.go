package simulator

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// TestServeUntilKilled is the process that the test below kills.
func TestServeUntilKilled(t *testing.T) {
	dir := os.Getenv("SIMULATOR_TEST_DIR")
	if dir == "" {
		t.Skip("only a part of TestNothingAnsweredIsLostToAKill")
	}
	s := newSimulator(t, Options{Dir: dir, Outbox: filepath.Join(dir, "outbox.jsonl")})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("listening http://%s\n", listener.Addr())
	t.Fatal(s.Server().Serve(listener))
}

func TestNothingAnsweredIsLostToAKill(t *testing.T) {
	dir := t.TempDir()
	for round := range 3 {
		answered := answeredUntilKilled(t, dir, 50*(round+1))
		s := newSimulator(t, Options{Dir: dir, Outbox: filepath.Join(dir, "outbox.jsonl")})
		kept, shown := map[string]bool{}, map[string]int{}
		for _, m := range s.Messages() {
			kept[m.ID] = true
		}
		for _, line := range readOutbox(t, filepath.Join(dir, "outbox.jsonl")) {
			shown[line["id"].(string)]++
		}
		for id := range answered {
			if !kept[id] {
				t.Errorf("round %d: a message that was answered is not in the store", round)
			}
		}
		for id := range kept {
			if shown[id] != 1 {
				t.Errorf("round %d: a message of the store stands in the outbox %d times", round, shown[id])
			}
		}
		if len(shown) != len(kept) {
			t.Errorf("round %d: %d messages in the outbox, %d in the store", round, len(shown), len(kept))
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// answeredUntilKilled gives the ids that a simulator in another process answered with before it was killed.
func answeredUntilKilled(t *testing.T, dir string, enough int) map[string]bool {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestServeUntilKilled$")
	child.Env = append(os.Environ(), "SIMULATOR_TEST_DIR="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer child.Wait()
	defer child.Process.Kill()
	var url string
	for lines := bufio.NewScanner(out); url == "" && lines.Scan(); {
		_, url, _ = strings.Cut(lines.Text(), "listening ")
	}
	if url == "" {
		t.Fatal("the other process does not listen")
	}

	request := documentCall("sendmsg", demo+"<text>Hello</text>"+to(many(20)...))
	answered := map[string]bool{}
	var mu sync.Mutex
	var sending sync.WaitGroup
	for range 4 {
		sending.Go(func() {
			for {
				_, answer, err := exchange(http.DefaultClient, url, request)
				if err != nil {
					return
				}
				mu.Lock()
				for _, id := range anyID.FindAllString(answer, -1) {
					answered[id] = true
				}
				if len(answered) >= 20*enough {
					child.Process.Kill()
				}
				mu.Unlock()
			}
		})
	}
	sending.Wait()
	return answered
}
