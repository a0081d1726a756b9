package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/smsplan/smsplan/internal/simulator"
)

// victim is a process that may be killed.
type victim struct {
	cmd     *exec.Cmd
	started chan struct{}
	ended   chan struct{}
}

func newVictim(cmd *exec.Cmd) *victim {
	return &victim{cmd: cmd, started: make(chan struct{}), ended: make(chan struct{})}
}

// strike kills the process and returns when it has ended.
func (v *victim) strike() {
	<-v.started
	_ = v.cmd.Process.Kill() // it may have ended by itself
	<-v.ended
}

// struck reports whether a process that has ended was killed.
func (v *victim) struck() bool {
	status, ok := v.cmd.ProcessState.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}

// stage is how far the gateway has come with a request when its sender is killed.
type stage int

const (
	unseen   stage = iota // it never takes the request
	received              // it takes the request afterwards
	taken                 // it has taken the request, and answers nobody
	halfway               // it has sent half of the answer
	answered              // it has sent the answer, a moment ago
	stages
)

func (s stage) String() string {
	return [...]string{"before the gateway takes it", "as the gateway takes it", "before the answer", "after half of the answer", "after the answer"}[s]
}

// stroke kills a process at a request that it makes.
type stroke struct {
	op    string // of the requests that count; "" for all
	nth   int
	stage stage
	after time.Duration // the answer
	of    *victim
}

// outliving is a gateway that outlives its clients, and kills them.
type outliving struct {
	options simulator.Options // with which it starts again
	server  *httptest.Server

	mu        sync.Mutex // guards what follows
	simulator *simulator.Simulator
	underWay  int        // requests, strokes and restarts
	idle      *sync.Cond // nothing is under way
	stroke    *stroke    // nil for none
	restart   int        // at so many requests from now; 0 for not at all
}

func newOutliving(o simulator.Options) (*outliving, error) {
	s, err := simulator.New(o)
	if err != nil {
		return nil, err
	}
	g := &outliving{options: o, simulator: s}
	g.idle = sync.NewCond(&g.mu)
	g.server = httptest.NewUnstartedServer(g)
	g.server.Config.ConnContext = s.ConnContext
	g.server.Start()
	return g, nil
}

// close ends the gateway when it has done what it was asked.
func (g *outliving) close() error {
	g.server.CloseClientConnections()
	g.server.Close()
	g.rest()
	return g.current().Close()
}

// begin and end stand around what is under way.
func (g *outliving) begin() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.underWay++
}

func (g *outliving) end() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.underWay--; g.underWay == 0 {
		g.idle.Broadcast()
	}
}

// rest waits until nothing is under way.
func (g *outliving) rest() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.underWay > 0 {
		g.idle.Wait()
	}
}

func (g *outliving) current() *simulator.Simulator {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.simulator
}

// aim has the stroke fall in the course of the next requests; nil calls it off.
func (g *outliving) aim(s *stroke) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stroke = s
}

// restartAt has the gateway start again at so many requests from now; 0 for not at all.
func (g *outliving) restartAt(requests int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.restart = requests
}

// order has the gateway misbehave in these ways alone, also once it has started again.
func (g *outliving) order(faults []simulator.Fault) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.options.Faults = faults
	return g.simulator.Order(faults)
}

// behave withdraws every fault, waits until nothing of before is under way, and makes good the credit that was used up.
func (g *outliving) behave() error {
	g.restartAt(0)
	if err := g.order(nil); err != nil {
		return err
	}
	g.server.CloseClientConnections()
	g.rest()
	return g.current().Configure(g.options.Settings)
}

// due counts a request, and gives the stroke that falls at it; nil for none.
func (g *outliving) due(op string) *stroke {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.restart > 0 {
		if g.restart--; g.restart == 0 {
			g.underWay++
			go g.startAgain()
		}
	}
	s := g.stroke
	if s == nil || s.op != "" && s.op != op {
		return nil
	}
	if s.nth--; s.nth > 0 {
		return nil
	}
	g.stroke = nil
	return s
}

// startAgain ends the gateway in the middle of its work and starts it anew with what it has kept. Sessions are gone.
func (g *outliving) startAgain() {
	defer g.end()
	defer g.server.CloseClientConnections()
	g.mu.Lock()
	defer g.mu.Unlock()
	_ = g.simulator.Close()
	s, err := simulator.New(g.options)
	if err != nil {
		panic(err)
	}
	g.simulator = s
}

func (g *outliving) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.begin()
	defer g.end()
	action := strings.Trim(r.Header.Get("SOAPAction"), `"`)
	s := g.due(action[strings.LastIndexAny(action, "/#")+1:])
	if s == nil {
		g.current().ServeHTTP(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	switch s.stage {
	case unseen:
		s.of.strike()
		panic(http.ErrAbortHandler)
	case received:
		s.of.strike()
		g.current().ServeHTTP(w, r)
	case taken, halfway:
		defer s.of.strike() // where the gateway gives no answer
		g.current().ServeHTTP(&interrupted{ResponseWriter: w, stroke: s}, r)
	case answered:
		g.begin()
		go func() {
			defer g.end()
			<-r.Context().Done() // the answer leaves now
			timer := time.NewTimer(s.after)
			defer timer.Stop()
			select {
			case <-timer.C:
			case <-s.of.ended:
			}
			s.of.strike()
		}()
		g.current().ServeHTTP(w, r)
	}
}

// interrupted is an answer whose receiver is killed before it or in the middle of it.
type interrupted struct {
	http.ResponseWriter
	stroke *stroke
}

func (w *interrupted) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *interrupted) Write(b []byte) (int, error) {
	half := 0
	if w.stroke.stage == halfway {
		half = len(b) / 2
		_, _ = w.ResponseWriter.Write(b[:half])
		_ = http.NewResponseController(w.ResponseWriter).Flush()
	}
	w.stroke.of.strike()
	n, err := w.ResponseWriter.Write(b[half:])
	return half + n, err
}
