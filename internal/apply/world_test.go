package apply_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smsplan/smsplan/internal/apply"
	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/phone/fiction"
	"github.com/smsplan/smsplan/internal/plan"
	"github.com/smsplan/smsplan/internal/simulator"
	"github.com/smsplan/smsplan/internal/state"
)

// world is a configuration, a state and a simulated gateway on a network of pipes. It lives in a synctest bubble, so that
// waiting costs nothing.
type world struct {
	t       *testing.T
	dir     string
	state   state.Settings
	gateway *simulator.Simulator
	network *pipes
	// batch, connections and rate go into the gateway block, text and extra into the message block, more behind it.
	batch, connections int
	rate               float64
	timeout            time.Duration
	auth, binding      string
	scheme, host       string // of the endpoint
	text, extra        string
	more               string        // blocks of the configuration
	ahead              time.Duration // of the gateway's clock
	people             int
	sends              atomic.Int64       // requests that [counted] saw
	answers            http.Handler       // in the gateway's place; nil for the gateway itself
	dial               apply.Dialer       // in the network's place; nil for the network itself
	opened             func(*state.State) // called before the run; may be nil
	saved              *plan.Plan         // applied instead of a new plan; may be nil
	uncounted          bool               // the report is not held against the state
	twice              bool               // people may get the message twice
	watch              func(apply.Event)  // called with each event; may be nil
}

// inWorld runs a test in a bubble, with a gateway that has the faults.
func inWorld(t *testing.T, people int, faults []string, test func(*world)) {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w := &world{
			t: t, dir: dir, network: newPipes(), people: people,
			batch: 300, connections: 8, rate: 1e6, timeout: 30 * time.Second, auth: "session", binding: "document", scheme: "http", host: "127.0.0.1", text: "Hello.",
			state: state.Settings{
				Path: filepath.Join(dir, "smsplan.state"), Kind: state.Real, Anchor: filepath.Join(dir, "anchor"),
				Who: "test@test", Command: "apply", PhoneMetadata: phone.MetadataVersion(),
			},
		}
		w.order(faults...)
		identity, err := state.Create(t.Context(), w.state)
		if err != nil {
			t.Fatal(err)
		}
		w.state.Lineage = identity.Lineage
		server := &http.Server{Handler: http.HandlerFunc(func(rw http.ResponseWriter, q *http.Request) {
			if w.answers != nil {
				w.answers.ServeHTTP(rw, q)
				return
			}
			w.gateway.ServeHTTP(rw, q)
		})}
		var serving sync.WaitGroup
		serving.Go(func() { _ = server.Serve(w.network) })
		defer func() {
			_ = server.Close()
			serving.Wait()
			if err := w.gateway.Close(); err != nil {
				t.Error(err)
			}
		}()
		test(w)
	})
}

// order puts a gateway with other faults in the place of the one before, with its messages.
func (w *world) order(faults ...string) {
	w.t.Helper()
	if w.gateway != nil {
		if err := w.gateway.Close(); err != nil {
			w.t.Fatal(err)
		}
	}
	o := simulator.Options{
		Dir: filepath.Join(w.dir, "gateway"),
		Now: func() time.Time { return time.Now().Add(w.ahead) },
	}
	for _, f := range faults {
		fault, err := simulator.ParseFault(f)
		if err != nil {
			w.t.Fatal(err)
		}
		o.Faults = append(o.Faults, fault)
	}
	gateway, err := simulator.New(o)
	if err != nil {
		w.t.Fatal(err)
	}
	w.gateway = gateway
}

// run is what one apply came to.
type run struct {
	report *apply.Report
	err    error
	events []apply.Event
	plan   *plan.Plan
	took   time.Duration
}

// apply plans and applies, as the command does.
func (w *world) apply(ctx context.Context, o apply.Options) run {
	w.t.Helper()
	w.configure()
	ledger, err := state.Open(ctx, w.state)
	if err != nil {
		w.t.Fatal(err)
	}
	if w.opened != nil {
		w.opened(ledger)
	}
	past, err := ledger.Snapshot(ctx)
	if err != nil {
		w.t.Fatal(err)
	}
	p := w.saved
	if p == nil {
		p = w.planFrom(ctx, past)
	}
	dial := w.dial
	if dial == nil {
		dial = w.network.dial
	}
	gateway, err := apply.Connect(p.Gateway, apply.Credentials{User: "demo", Password: "demo"}, apply.Connecting{Dial: dial})
	if err != nil {
		w.t.Fatal(err)
	}
	defer gateway.Close()
	r := run{plan: p}
	var mu sync.Mutex
	o.Watch = func(e apply.Event) {
		if !mu.TryLock() {
			w.t.Error("Watch is called by two goroutines at a time")
			return
		}
		defer mu.Unlock()
		r.events = append(r.events, e)
		if w.watch != nil {
			w.watch(e)
		}
	}
	began := time.Now()
	r.report, r.err = apply.Run(ctx, p, ledger, gateway, o)
	r.took = time.Since(began)
	if err := ledger.Close(); err != nil && r.err == nil {
		w.t.Error(err)
	}
	w.check(r)
	return r
}

// plan plans, as the command does that saves one.
func (w *world) plan(ctx context.Context) *plan.Plan {
	w.t.Helper()
	w.configure()
	past, err := state.Read(ctx, w.state)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.planFrom(ctx, past)
}

func (w *world) planFrom(ctx context.Context, past *state.Snapshot) *plan.Plan {
	w.t.Helper()
	c, diagnostics := config.Load(ctx, w.dir, config.Options{})
	if diagnostics.HasErrors() {
		var b strings.Builder
		_ = diagnostics.Write(&b, 0, false)
		w.t.Fatal(b.String())
	}
	return plan.New(c, past, time.Now(), "test", plan.Options{})
}

// check holds what is true of every run.
func (w *world) check(r run) {
	w.t.Helper()
	p := r.report
	if counts := w.counts(); r.err == nil && !w.uncounted && counts[state.InDoubt] != p.InDoubt+p.Elsewhere {
		w.t.Errorf("the state has %d in doubt: %v; the report is %+v", counts[state.InDoubt], counts, p)
	}
	if sum := p.Sent + p.Unconfirmed + p.Refused + p.InDoubt + p.NotAttempted + p.OldKept + p.Already; sum != p.Total {
		w.t.Errorf("the report does not add up: %d of %d in %+v", sum, p.Total, p)
	}
	// Tests that send again under another revision change the text.
	seen := map[string]bool{}
	for _, m := range w.gateway.Messages() {
		if m.Withdrawn {
			continue
		}
		if key := m.To + " " + m.Text; seen[key] && !w.twice {
			w.t.Error("somebody got a message twice")
		} else {
			seen[key] = true
		}
	}
}

// taken gives the number of people of whom the gateway took more than one message, and of those of whom it took any.
func (w *world) taken() (twice, once int) {
	count := map[string]int{}
	for _, m := range w.gateway.Messages() {
		if count[m.To]++; count[m.To] == 2 {
			twice++
		}
	}
	return twice, len(count)
}

// counts gives what the state knows, by outcome.
func (w *world) counts() map[state.Outcome]int {
	w.t.Helper()
	past, err := state.Read(w.t.Context(), w.state)
	if err != nil {
		w.t.Fatal(err)
	}
	return past.Ledger("message.hello", 1).Counts()
}

func (w *world) configure() {
	w.t.Helper()
	path := "/soap/document_literal/webservice"
	if w.binding == "rpc" {
		path = "/soap/webservice_vs.php"
	}
	w.write("main.sms.hcl", fmt.Sprintf(`
gateway "clickatell" {
  endpoint    = "%s://%s%s"
  api_id      = 1
  binding     = %q
  auth        = %q
  batch_size  = %d
  connections = %d
  rate        = %g
  timeout     = %q
}

recipients "everybody" {
  csv {
    path   = "people.csv"
    number = "number"
  }
}

message "hello" {
  to   = [recipients.everybody]
  text = %q
%s
}
%s
`, w.scheme, w.host, path, w.binding, w.auth, w.batch, w.connections, w.rate, w.timeout, w.text, w.extra, w.more))
	people := "number\n"
	for _, n := range fiction.Numbers(w.people) {
		people += "+" + n.E164() + "\n"
	}
	w.write("people.csv", people)
}

func (w *world) write(name, content string) {
	w.t.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, name), []byte(content), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// pipes is a network in memory: a listener, and a way to dial it.
type pipes struct {
	pending chan net.Conn
	closed  chan struct{}
	once    sync.Once

	dialled    atomic.Int64
	open, most atomic.Int64
	down       atomic.Bool
}

func newPipes() *pipes {
	return &pipes{pending: make(chan net.Conn), closed: make(chan struct{})}
}

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	if p.down.Load() {
		return nil, &net.OpError{Op: "dial", Net: "pipe", Err: os.ErrDeadlineExceeded}
	}
	here, there := net.Pipe()
	select {
	case p.pending <- there:
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-p.closed:
		return nil, net.ErrClosed
	}
	p.dialled.Add(1)
	p.most.Store(max(p.most.Load(), p.open.Add(1)))
	return &piped{Conn: here, pipes: p}, nil
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.pending:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipes"} }

// piped is a connection that counts itself.
type piped struct {
	net.Conn
	pipes *pipes
	once  sync.Once
}

func (c *piped) Close() error {
	c.once.Do(func() { c.pipes.open.Add(-1) })
	return c.Conn.Close()
}
