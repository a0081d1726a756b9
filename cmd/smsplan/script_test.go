package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/simulator"
	"github.com/smsplan/smsplan/internal/state"
)

// executable is the name under which scripts find the program; they type smsplan, which is the command below.
const executable = "smsplan-under-test"

// A program with the race detector waits for a second before it ends, and scripts run it more than a thousand times. What
// races is reported when it happens; the wait is for goroutines that are left over.
const (
	raceOptions    = "GORACE"
	raceEndsAtOnce = "atexit_sleep_ms=0"
)

func TestMain(m *testing.M) {
	if err := os.Setenv(raceOptions, raceEndsAtOnce); err != nil {
		panic(err)
	}
	testscript.Main(m, map[string]func(){executable: main, "gh-under-test": gh})
}

// TestScripts runs what a user would type. Besides testscript's own commands there are
//
//	[!] smsplan ARGS...     run the program; ! where it must fail
//	status N                the exit status of the last smsplan
//	start ARGS...           run the program in the background
//	interrupt [TERM|HUP]    send it a signal
//	finish                  wait for it; stdout, stderr and status are its own
//	gateway [FAULT...]      begin a simulated gateway, at $GATEWAY and $GATEWAY_RPC; the messages of the one before it stay with it
//	requests N              so many sendmsg requests have reached it
//	await N                 wait until so many have
//	taken N                 so many messages were taken by it, nobody's twice
//	connections N           it had at most N connections, in all
//	receive [FLAG...]       run smsplan receipts beside the script as start does, at $RECEIPTS
//	callback FORM           have the gateway push statuses to $RECEIPTS, with user ann and password kanari where they are set
//	heard N                 wait until N pushes have succeeded
//	push DATA [PATH]        post DATA to $RECEIPTS, or ask for PATH there where DATA is empty; the HTTP status goes to stdout
//	release                 give back what hold has taken
//	people FILE N           write a CSV of N people with numbers of fiction, under the columns mobile and name
//	hold                    hold the state, as another apply would, until the script ends
//	sent ADDRESS            record that somebody has a message, at an address with escapes as in a string of Go
//	truncate FILE N         leave the first N bytes of a file
//	scribble FILE FROM TO   write noise over those bytes of a file
//	sql FILE STATEMENT      change a database behind the program's back
//
// $EXAMPLES is the directory of the examples.
func TestScripts(t *testing.T) {
	all, err := filepath.Glob(filepath.Join(scripts, "*.txtar"))
	if err != nil || len(all) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	runScripts(t, slices.DeleteFunc(all, func(file string) bool { return strings.HasPrefix(filepath.Base(file), refusing) }), nil)
}

const scripts = "../../testdata/script"

// runScripts runs scripts; in counts, unless it is nil, it counts what is refused.
func runScripts(t *testing.T, files []string, counts *refusals) {
	examples, err := filepath.Abs(filepath.Join("..", "..", "examples"))
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Files: files,
		Setup: func(e *testscript.Env) error {
			e.Values[worldKey{}] = &world{refusals: counts}
			e.Setenv("EXAMPLES", examples)
			e.Setenv(raceOptions, raceEndsAtOnce)
			for days, name := range []string{"", "TOMORROW", "OVERMORROW"} {
				if name != "" {
					e.Setenv(name, time.Now().UTC().AddDate(0, 0, days).Truncate(time.Minute).Format(time.RFC3339))
				}
			}
			e.Defer(func() { e.Values[worldKey{}].(*world).end() })
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"smsplan":     runCommand,
			"status":      statusCommand,
			"start":       startCommand,
			"interrupt":   interruptCommand,
			"finish":      finishCommand,
			"gateway":     gatewayCommand,
			"serve":       serveCommand,
			"requests":    requestsCommand,
			"await":       awaitCommand,
			"taken":       takenCommand,
			"live":        liveCommand,
			"connections": connectionsCommand,
			"people":      peopleCommand,
			"receive":     receiveCommand,
			"callback":    callbackCommand,
			"heard":       heardCommand,
			"push":        pushCommand,
			"release":     releaseCommand,
			"hold":        holdCommand,
			"sent":        sentCommand,
			"truncate":    truncateCommand,
			"scribble":    scribbleCommand,
			"sql":         sqlCommand,
		},
	})
}

// world is what surrounds the program in one script.
type world struct {
	status   int
	refusals *refusals
	gateway  *watched
	running  *exec.Cmd
	out      [2]bytes.Buffer
	ends     []func()
	held     *state.State
}

type worldKey struct{}

func worldOf(ts *testscript.TestScript) *world { return ts.Value(worldKey{}).(*world) }

func (w *world) end() {
	for _, end := range w.ends {
		end()
	}
}

func runCommand(ts *testscript.TestScript, neg bool, args []string) {
	w := worldOf(ts)
	err := ts.Exec(scripted(ts), args...)
	w.took(ts, err)
	w.refusals.count(neg, w.status, args)
	if neg == (w.status == 0) {
		ts.Fatalf("smsplan ends with status %d", w.status)
	}
}

// took notes the exit status.
func (w *world) took(ts *testscript.TestScript, err error) {
	var exited *exec.ExitError
	switch {
	case err == nil:
		w.status = 0
	case errors.As(err, &exited) && exited.Exited():
		w.status = exited.ExitCode()
	default:
		ts.Fatalf("smsplan: %v", err)
	}
}

func statusCommand(ts *testscript.TestScript, neg bool, args []string) {
	want := number(ts, "status", neg, args)
	if got := worldOf(ts).status; got != want {
		ts.Fatalf("smsplan ended with status %d, not %d", got, want)
	}
}

// number reads the one argument of a command.
func number(ts *testscript.TestScript, command string, neg bool, args []string) int {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: %s N", command)
	}
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	return n
}

// command prepares the program to run beside the script.
func command(ts *testscript.TestScript, args []string) *exec.Cmd {
	c := exec.Command(scripted(ts), args...)
	c.Dir = ts.MkAbs(".")
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "SMSPLAN_PASSWORD", raceOptions} {
		c.Env = append(c.Env, name+"="+ts.Getenv(name))
	}
	return c
}

func startCommand(ts *testscript.TestScript, _ bool, args []string) {
	w := worldOf(ts)
	w.running = command(ts, args)
	w.out[0].Reset()
	w.out[1].Reset()
	w.running.Stdout, w.running.Stderr = &w.out[0], &w.out[1]
	ts.Check(w.running.Start())
	process := w.running.Process
	w.ends = append(w.ends, func() { _ = process.Kill() })
}

func interruptCommand(ts *testscript.TestScript, _ bool, args []string) {
	signal := os.Signal(os.Interrupt)
	if len(args) == 1 {
		signal = map[string]os.Signal{"TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP}[args[0]]
	}
	ts.Check(worldOf(ts).running.Process.Signal(signal))
}

func finishCommand(ts *testscript.TestScript, _ bool, _ []string) {
	w := worldOf(ts)
	w.took(ts, w.running.Wait())
	fmt.Fprint(ts.Stdout(), w.out[0].String())
	fmt.Fprint(ts.Stderr(), w.out[1].String())
}

// watched is a gateway that counts what reaches it.
type watched struct {
	*simulator.Simulator
	mu          sync.Mutex
	sends       int
	connections int
	changed     chan struct{} // closed and replaced at each send
}

func (w *watched) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(strings.Trim(r.Header.Get("SOAPAction"), `"`), "/sendmsg") {
		w.mu.Lock()
		w.sends++
		close(w.changed)
		w.changed = make(chan struct{})
		w.mu.Unlock()
	}
	w.Simulator.ServeHTTP(rw, r)
}

// seen gives the number of requests so far, and what is closed at the next.
func (w *watched) seen() (int, <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sends, w.changed
}

func gatewayCommand(ts *testscript.TestScript, _ bool, faults []string) {
	w := worldOf(ts)
	ordered, err := parseFaults(faults)
	ts.Check(err)
	gateway, err := simulator.New(simulator.Options{Faults: ordered, Speed: gatewaySpeed(ts)})
	ts.Check(err)
	w.gateway = &watched{Simulator: gateway, changed: make(chan struct{})}
	server := httptest.NewUnstartedServer(w.gateway)
	server.Config.ConnState = w.gateway.connection
	server.Start()
	// The simulator first: it ends the waits that faults have ordered, and the server waits for them.
	w.ends = append(w.ends, func() { _ = gateway.Close(); server.Close() })
	ts.Setenv("GATEWAY", server.URL+simulator.Path("document"))
	ts.Setenv("GATEWAY_RPC", server.URL+simulator.Path("rpc"))
}

// serveCommand runs smsplan simulator with the flags beside the script, and waits until it says where it listens.
func serveCommand(ts *testscript.TestScript, _ bool, flags []string) {
	c := command(ts, append([]string{"simulator", "-listen=127.0.0.1:0"}, flags...))
	out, err := c.StdoutPipe()
	ts.Check(err)
	c.Stderr = ts.Stderr()
	ts.Check(c.Start())
	worldOf(ts).ends = append(worldOf(ts).ends, func() { _ = c.Process.Kill(); _ = c.Wait() })
	for in := bufio.NewScanner(out); in.Scan(); {
		name, address, _ := strings.Cut(strings.TrimSpace(in.Text()), "  ")
		if variable, ok := map[string]string{"document": "GATEWAY", "rpc": "GATEWAY_RPC", "inbox": "INBOX"}[name]; ok {
			ts.Setenv(variable, strings.TrimSpace(address))
		}
		if in.Text() == "Interrupt to end it." {
			return
		}
	}
	ts.Fatalf("smsplan simulator ended before it said where it listens")
}

func requestsCommand(ts *testscript.TestScript, neg bool, args []string) {
	want := number(ts, "requests", neg, args)
	if got, _ := worldOf(ts).gateway.seen(); got != want {
		ts.Fatalf("%d requests have reached the gateway, not %d", got, want)
	}
}

func awaitCommand(ts *testscript.TestScript, neg bool, args []string) {
	want := number(ts, "await", neg, args)
	patience := time.After(20 * time.Second)
	for {
		got, changed := worldOf(ts).gateway.seen()
		if got >= want {
			return
		}
		select {
		case <-changed:
		case <-patience:
			ts.Fatalf("%d requests have reached the gateway, not %d", got, want)
		}
	}
}

func takenCommand(ts *testscript.TestScript, neg bool, args []string) {
	want := number(ts, "taken", neg, args)
	type once struct{ to, text string }
	seen := map[once]bool{}
	messages := worldOf(ts).gateway.Messages()
	for _, m := range messages {
		if key := (once{m.To, m.Text}); seen[key] {
			ts.Fatalf("somebody got %q twice", m.Text)
		} else {
			seen[key] = true
		}
	}
	if len(messages) != want {
		ts.Fatalf("the gateway has taken %d messages, not %d", len(messages), want)
	}
}

// liveCommand counts the messages that the gateway has and that nobody withdrew. Nobody has two of them with one text.
func liveCommand(ts *testscript.TestScript, neg bool, args []string) {
	want, live := number(ts, "live", neg, args), 0
	seen := map[[2]string]bool{}
	for _, m := range worldOf(ts).gateway.Messages() {
		if m.Withdrawn {
			continue
		}
		key := [2]string{m.To, m.Text}
		if seen[key] {
			ts.Fatalf("somebody gets %q twice", m.Text)
		}
		seen[key] = true
		live++
	}
	if live != want {
		ts.Fatalf("the gateway has %d messages that go out, not %d", live, want)
	}
}

func peopleCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: people FILE N")
	}
	n := number(ts, "people FILE", neg, args[1:])
	var b strings.Builder
	b.WriteString("mobile,name\n")
	for i, mobile := range fictional(n) {
		fmt.Fprintf(&b, "%s,Person %d\n", mobile, i+1)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(b.String()), 0o600))
}

func holdCommand(ts *testscript.TestScript, _ bool, _ []string) {
	lock, diagnostics := config.ReadLock(ts.MkAbs("."))
	if diagnostics.HasErrors() {
		ts.Fatalf("the lock file has errors")
	}
	entry := lock.Workspaces[config.DefaultWorkspace]
	s, err := state.Open(context.Background(), state.Settings{
		Path: ts.MkAbs("smsplan.state"), Kind: state.Kind(entry.Kind), Lineage: entry.Lineage, Anchor: ts.MkAbs(".smsplan/anchor"),
		Who: "ruth@desk", Command: "apply",
	})
	ts.Check(err)
	w := worldOf(ts)
	w.held = s
	w.ends = append(w.ends, func() { _ = s.Close() })
}

// sentCommand records that somebody has a message, at an address that no configuration can have any more: as a string of Go,
// in which quotes stand by themselves.
func sentCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: sent ADDRESS")
	}
	address, err := strconv.Unquote(`"` + strings.ReplaceAll(args[0], `"`, `\"`) + `"`)
	ts.Check(err)
	holdCommand(ts, false, nil)
	s := worldOf(ts).held
	defer func() { ts.Check(s.Close()) }()
	ctx := context.Background()
	run, err := s.StartRun(ctx, state.Run{})
	ts.Check(err)
	claimed, err := s.Claim(ctx, run, nil, slices.Values([]state.Claim{{Address: address, Revision: 1, People: s.AppendAlias(nil, "12025550143")}}))
	ts.Check(err)
	ts.Check(s.Begin(ctx, claimed[0].Request))
	ts.Check(s.Settle(ctx, claimed[0].Request, state.Settlement{Outcome: state.Accepted}))
}

func connectionsCommand(ts *testscript.TestScript, neg bool, args []string) {
	most := number(ts, "connections", neg, args)
	w := worldOf(ts).gateway
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.connections > most {
		ts.Fatalf("the gateway had %d connections, more than %d", w.connections, most)
	}
}

// connection counts connections as they are opened.
func (w *watched) connection(_ net.Conn, s http.ConnState) {
	if s == http.StateNew {
		w.mu.Lock()
		w.connections++
		w.mu.Unlock()
	}
}
