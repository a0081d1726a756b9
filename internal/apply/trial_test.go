package apply_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smsplan/smsplan/internal/apply"
	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/plan"
	"github.com/smsplan/smsplan/internal/simulator"
	"github.com/smsplan/smsplan/internal/state"
)

// trial is a history of runs with faults, then of quiet ones until nothing is left to do, and the account of it: what the
// gateway took against what the state says. A trial of the same seed makes the same decisions.
type trial struct {
	t        *testing.T
	ground   *ground
	name     string
	random   *rand.Rand
	dir      string
	settings state.Settings
	shape    shape
	steps    []step
	account

	network  *network
	gateway  *simulator.Simulator
	behind   time.Duration // of this machine's clock, after the gateway's
	saved    *plan.Plan    // an old plan
	spying   bool
	forged   bool         // answers reach requests that they are not about
	anchored bool         // the state is known by an anchor; else by its last head
	lasting  bool         // one process does all runs, unless it is killed; else each has its own
	ledger   *state.State // of such a process; nil where none is going on
	past     *state.Snapshot
}

// shape is what a trial keeps through all of its runs.
type shape struct {
	people      [2]int // of message a, and those of message b, who are among them; 0 for no such message
	batch       int
	connections int
	rate        float64
	timeout     time.Duration
	auth        string
	binding     string
	doubting    config.Doubting
	options     apply.Options
}

// step is one run with what goes wrong in it.
type step struct {
	fault
	pause time.Duration // before it
	quiet bool
}

func pick[T any](r *rand.Rand, choices ...T) T { return choices[r.IntN(len(choices))] }

// between gives a duration, short ones as often as long ones.
func between(r *rand.Rand, least, most time.Duration) time.Duration {
	d := least
	for d < most/2 && r.IntN(3) > 0 {
		d *= 2
	}
	return min(most, d+time.Duration(r.Int64N(int64(d))))
}

func drawShape(r *rand.Rand) shape {
	s := shape{
		people:      [2]int{1 + r.IntN(pick(r, 3, 8, 20)), 0},
		batch:       pick(r, 1, 1, 2, 3, 5, 20),
		connections: pick(r, 1, 1, 2, 3, 8),
		rate:        pick(r, 1e6, 1e6, 50, 5),
		timeout:     pick(r, 3*time.Second, 10*time.Second, 30*time.Second),
		auth:        pick(r, "session", "credentials"),
		binding:     pick(r, "document", "rpc"),
		options: apply.Options{
			GoOn:           r.IntN(2) == 0,
			Parallelism:    pick(r, 0, 0, 1, 2),
			ResolveTimeout: pick(r, 0, 0, -1, 10*time.Second, time.Minute),
		},
	}
	if r.IntN(4) == 0 {
		s.people[1] = 1 + r.IntN(s.people[0])
	}
	if r.IntN(6) == 0 {
		s.doubting = pick(r, config.Doubting{OnDoubt: config.Resend}, config.Doubting{OnDoubt: config.Probe, Settle: between(r, time.Minute, 20*time.Minute)})
	}
	if r.IntN(4) == 0 {
		s.options.Tolerance, _ = apply.ParseTolerance(pick(r, "0", "2", "30%"))
	}
	return s
}

// perform carries the trial out. Each time that the clock is set back it goes on in a bubble of its own.
func (w *trial) perform() {
	w.messages, w.copied = map[string][]phone.Number{}, map[string]int{}
	// Opening a state takes longer than a run, so most trials do it seldom; looking at it from outside too.
	w.spying, w.lasting, w.anchored = w.random.IntN(32) == 0, w.random.IntN(4) > 0, w.random.IntN(4) == 0
	for _, s := range w.steps {
		w.spying = w.spying || s.sleeps
		if s.shape != nil {
			s.shape(&w.shape)
		}
	}
	var now time.Time
	for from := 0; from == 0 || from < len(w.steps); {
		to := from + 1
		for to < len(w.steps) && w.steps[to].back == 0 {
			to++
		}
		synctest.Test(w.t, func(t *testing.T) {
			if from > 0 {
				back := w.steps[from].back
				time.Sleep(time.Until(now.Add(-back)))
				w.behind += back
			} else {
				time.Sleep(24 * time.Hour)
			}
			w.inBubble(t, w.steps[from:to], from == 0, to >= len(w.steps))
			now = time.Now()
		})
		from = to
	}
}

func (w *trial) inBubble(t *testing.T, steps []step, first, last bool) {
	outer := w.t
	w.t = t
	defer func() { w.t = outer }()
	if first {
		w.establish()
	}
	w.network = newNetwork(w.copied)
	w.network.spied = w.spy
	options := simulator.Options{Now: func() time.Time { return time.Now().Add(w.behind) }}
	if w.behind > 0 || !last {
		options.Dir = filepath.Join(w.dir, "gateway")
	}
	gateway, err := simulator.New(options)
	if err != nil {
		t.Fatal(err)
	}
	w.gateway = gateway
	server := gateway.Server()
	server.ErrorLog = nil
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(w.network.pipes) })
	defer func() {
		w.shut()
		w.network.close()
		_ = server.Close()
		serving.Wait()
		if err := gateway.Close(); err != nil {
			t.Error(err)
		}
	}()
	for _, s := range steps {
		time.Sleep(s.pause)
		w.run(s)
	}
	if last {
		w.conclude()
	}
}

// conclude has quiet runs until nothing is left to do, an operator's word for what nobody can know, and the account.
func (w *trial) conclude() {
	time.Sleep(4 * time.Hour) // what the gateway or the network still had is through
	w.calm()
	if left := w.undecided(); left > 0 && w.random.IntN(2) == 0 {
		w.decide()
		w.calm()
	}
	w.balance()
}

// calm has quiet runs until nothing is left to do.
func (w *trial) calm() {
	for range 12 {
		left := w.run(step{quiet: true})
		if left == 0 {
			return
		}
		time.Sleep(10 * time.Minute)
	}
	w.find(skipped, "%d people are left to send to after twelve quiet runs", w.run(step{quiet: true}))
}

// establish puts an empty state into the directory.
func (w *trial) establish() {
	for _, name := range []string{"smsplan.state-wal", "smsplan.state-shm", "anchor", "gateway/messages.jsonl"} {
		if err := os.Remove(filepath.Join(w.dir, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			w.t.Fatal(err)
		}
	}
	w.settings = settingsIn(w.dir)
	w.settings.Lineage = w.ground.is.Lineage
	w.settings.Expect = w.ground.is.String() // of this copy there is no anchor yet
	if !w.anchored {
		w.settings.Anchor = ""
	}
	if err := os.WriteFile(w.settings.Path, w.ground.blank, 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// run plans and applies, and gives the number of people who are left to send to, or to ask about.
func (w *trial) run(s step) int {
	ctx, cancel := context.WithTimeout(w.t.Context(), 48*time.Hour)
	defer cancel()
	ledger, err := w.enter(ctx)
	if mismatch := (*state.MismatchError)(nil); errors.As(err, &mismatch) && w.behind > 0 && !s.quiet {
		return 0 // the clock was set back too far, and nothing is sent until it has caught up
	}
	if err != nil {
		w.t.Fatalf("%s: %v", w.name, err)
	}
	before, err := ledger.Snapshot(ctx)
	if err != nil {
		w.t.Fatal(err)
	}
	p := plan.New(w.configuration(), before, time.Now(), "test", plan.Options{})
	w.planned(p, before)
	if w.saved == nil {
		w.saved = p
	}
	if s.stale {
		p = w.saved
	}
	if err := w.gateway.Order(faults(w.t, s.gateway)); err != nil {
		w.t.Fatal(err)
	}
	if len(s.gateway) == 0 {
		if err := w.gateway.SetCredit("demo", 1e6); err != nil {
			w.t.Fatal(err)
		}
	}
	w.network.arm(s.snags, s.hitches)
	gateway, err := apply.Connect(endpoint(p.Gateway, s.secure), apply.Credentials{User: "demo", Password: "demo"}, apply.Connecting{Dial: w.network.dial})
	if err != nil {
		w.t.Fatal(err)
	}
	o := w.shape.options
	if s.quiet {
		o = apply.Options{}
	}
	life := w.live(ctx, &s, &o, cancel)
	began := time.Now()
	report, err := apply.Run(life.ctx, p, ledger, gateway, o)
	took := time.Since(began)
	life.end()
	gateway.Close()
	if took > 24*time.Hour {
		w.find(skipped, "a run did not end within a day")
	}
	w.network.cut()
	if life.killed() {
		_ = ledger.Close() // whatever it writes is put back
		w.ledger = nil
		life.restore(w)
		w.tally.runs++
		w.tally.kills++
		return 1
	}
	after, doubts := w.leave()
	w.past = after
	if errors.Is(err, context.Canceled) && life.ctx.Err() != nil {
		return 1 // the second interrupt came before anything was claimed
	}
	var crash *apply.Crash
	if err != nil && !(errors.As(err, &crash) && s.panics()) {
		w.t.Fatalf("%s: %v", w.name, err)
	}
	w.reported(p, report, err, before, after, s)
	return report.NotAttempted + max(0, w.open(doubts, s.quiet)-optedOut(p))
}

// optedOut gives the number of people whom a plan leaves out for good, be they in doubt or not.
func optedOut(p *plan.Plan) int {
	return p.Totals().ByReason[plan.OptedOut]
}

// enter gives the state, open.
func (w *trial) enter(ctx context.Context) (*state.State, error) {
	if w.ledger == nil {
		ledger, err := state.Open(ctx, w.settings)
		if err != nil {
			return nil, err
		}
		w.ledger = ledger
		w.remember()
	}
	return w.ledger, nil
}

// leave gives what the state came to, and closes it at the end of a process.
func (w *trial) leave() (*state.Snapshot, []state.Doubt) {
	ctx := context.WithoutCancel(w.t.Context())
	past, err := w.ledger.Snapshot(ctx)
	doubts, listed := w.ledger.Doubts(ctx)
	if !w.lasting {
		w.shut()
	}
	if err := errors.Join(err, listed); err != nil {
		w.t.Fatalf("%s: %v", w.name, err)
	}
	return past, doubts
}

// shut closes the state.
func (w *trial) shut() {
	if w.ledger == nil {
		return
	}
	if err := w.ledger.Close(); err != nil {
		w.t.Errorf("%s: %v", w.name, err)
	}
	w.remember()
	w.ledger = nil
}

// remember keeps the head of the state, where no anchor does.
func (w *trial) remember() {
	w.settings.Expect = ""
	if !w.anchored {
		w.settings.Expect = w.ledger.Identity().String()
	}
}

// endpoint gives the gateway of a plan, over TLS where that is wanted: it is the same account.
func endpoint(g plan.Gateway, secure bool) plan.Gateway {
	if secure {
		g.Endpoint = "https" + g.Endpoint[len("http"):]
	}
	return g
}

func faults(t *testing.T, written []string) []simulator.Fault {
	var list []simulator.Fault
	for _, one := range written {
		f, err := simulator.ParseFault(one)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, f)
	}
	return list
}

// life is the process of one run: what the host does to it.
type life struct {
	ctx    context.Context
	timers []*time.Timer
	mu     sync.Mutex
	dead   bool
	files  map[string][]byte // as the kill left them
}

// live arranges for what the host does in a run.
func (w *trial) live(ctx context.Context, s *step, o *apply.Options, cancel context.CancelFunc) *life {
	l := &life{ctx: ctx}
	at := func(d time.Duration, do func()) {
		if d > 0 {
			l.timers = append(l.timers, time.AfterFunc(d, do))
		}
	}
	if s.stop > 0 {
		stop := make(chan struct{})
		o.Stop = stop
		at(s.stop, func() { close(stop) })
	}
	at(s.cancel, cancel)
	w.network.kill = func() { l.kill(w, cancel) }
	at(s.kill, w.network.kill)
	events := 0
	if s.displayPanics > 0 {
		o.Watch = func(apply.Event) {
			if events++; events == s.displayPanics {
				panic("the display fails")
			}
		}
	}
	if s.panicIn != "" {
		l.ctx = &booby{Context: ctx, in: s.panicIn, after: s.panicAfter}
	}
	return l
}

func (l *life) end() {
	for _, t := range l.timers {
		t.Stop()
	}
}

// kill ends the process: nothing leaves it any more, and the files stay as they are. What it does from now on is undone.
func (l *life) kill(w *trial, cancel context.CancelFunc) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dead {
		return
	}
	l.dead = true
	w.network.cut()
	l.files = map[string][]byte{}
	// The process goes on writing while its files are read. An anchor is written after what it tells of, so that one which is read
	// before the log is one that a kill can leave. The state itself changes only when its log is brought in, which the few writes
	// of a trial never come to before Close.
	for _, name := range []string{"anchor", "smsplan.state", "smsplan.state-wal"} {
		if name == "anchor" && !w.anchored {
			continue
		}
		content, err := os.ReadFile(filepath.Join(w.dir, name))
		if err != nil {
			w.t.Error(err)
		}
		l.files[name] = content
	}
	cancel()
}

func (l *life) killed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dead
}

// restore puts the files back as the kill left them.
func (l *life) restore(w *trial) {
	for name, content := range l.files {
		if err := os.WriteFile(filepath.Join(w.dir, name), content, 0o600); err != nil {
			w.t.Fatal(err)
		}
	}
}

// configuration is what the people of the trial are sent.
func (w *trial) configuration() *config.Config {
	c := *w.ground.config
	c.Gateway.BatchSize, c.Gateway.Connections, c.Gateway.Rate = w.shape.batch, w.shape.connections, w.shape.rate
	c.Gateway.Timeout, c.Gateway.Auth, c.Gateway.Binding = w.shape.timeout, w.shape.auth, w.shape.binding
	if w.shape.binding == "rpc" {
		c.Gateway.Endpoint = "http://127.0.0.1/soap/webservice_vs.php"
	}
	var messages []*config.Message
	for i, m := range c.Messages {
		n := w.shape.people[i]
		if n == 0 {
			continue
		}
		some := *m
		some.Doubting = w.shape.doubting
		from := 0
		if i > 0 {
			from = w.shape.people[0] - n
		}
		some.Audience.Numbers, some.Audience.Regions = m.Audience.Numbers[from:from+n], m.Audience.Regions[from:from+n]
		some.Audience.Tally.Rows = n
		messages = append(messages, &some)
		w.messages[m.Address] = some.Audience.Numbers
	}
	c.Messages = messages
	return &c
}
