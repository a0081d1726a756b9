package main

import (
	"context"
	"encoding/base32"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ncruces/go-sqlite3"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/phone/fiction"
	"github.com/smsplan/smsplan/internal/simulator"
	"github.com/smsplan/smsplan/internal/state"
)

// stand is where one trial after the other happens: a directory, because a state knows its path, and a gateway at an address.
type stand struct {
	program, tracer  string
	root, dir, store string // store is the gateway's
	server           *httptest.Server
	handler          atomic.Pointer[simulator.Simulator]
	gateway          *simulator.Simulator
	own              bool            // the program has the gateway inside
	state            string          // where it was moved to; "" for nowhere
	ready            map[*scene]bool // whether the gateway is inside, of those that are prepared
}

func newStand(t *testing.T, program, tracer string) *stand {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s := &stand{program: program, tracer: tracer, root: root, ready: map[*scene]bool{}}
	s.dir, s.store = filepath.Join(root, "work"), filepath.Join(root, "gateway")
	s.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.handler.Load().ServeHTTP(w, r) }))
	t.Cleanup(func() {
		s.server.Close()
		if s.gateway != nil {
			_ = s.gateway.Close()
		}
	})
	return s
}

// set makes the directory and the gateway what the scene begins with.
func (s *stand) set(c *scene) error {
	prepared := filepath.Join(s.root, "prepared", c.name)
	s.own, s.state = false, ""
	if own, ready := s.ready[c]; ready {
		s.own = own
		return s.restore(prepared)
	}
	if err := s.restore(""); err != nil {
		return err
	}
	if err := c.prepare(s); err != nil {
		return fmt.Errorf("%s: %w", c.name, err)
	}
	if err := firstOf(s.gateway.Close(), os.CopyFS(filepath.Join(prepared, "work"), os.DirFS(s.dir)), os.CopyFS(filepath.Join(prepared, "gateway"), os.DirFS(s.store))); err != nil {
		return err
	}
	s.gateway = nil
	s.ready[c] = s.own
	return s.open()
}

func (s *stand) restore(from string) error {
	if s.gateway != nil {
		if err := s.gateway.Close(); err != nil {
			return err
		}
		s.gateway = nil
	}
	for name, dir := range map[string]string{"work": s.dir, "gateway": s.store} {
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
		if err := os.Mkdir(dir, 0o700); err != nil {
			return err
		}
		if from != "" {
			if err := os.CopyFS(dir, os.DirFS(filepath.Join(from, name))); err != nil {
				return err
			}
		}
	}
	return s.open()
}

func (s *stand) path(name string) string { return filepath.Join(s.dir, name) }

func (s *stand) write(name, content string) error {
	return os.WriteFile(s.path(name), []byte(content), 0o600)
}

// read gives the content of a file; "" where there is none.
func (s *stand) read(name string) string {
	b, _ := os.ReadFile(s.path(name))
	return string(b)
}

// run runs the program, with nothing in its way.
func (s *stand) run(args ...string) (out string, status int) {
	ctx, cancel := context.WithTimeout(context.Background(), longestCommand)
	defer cancel()
	c := exec.CommandContext(ctx, s.program, args...)
	c.Dir = s.dir
	b, err := c.CombinedOutput()
	if c.ProcessState == nil {
		return err.Error(), -1
	}
	return string(b), c.ProcessState.ExitCode()
}

func (s *stand) runs(args ...string) error {
	if out, status := s.run(args...); status != 0 {
		return fmt.Errorf("%s ends with status %d:\n%s", strings.Join(args, " "), status, out)
	}
	return nil
}

func (s *stand) lineage() (string, error) {
	lock, diagnostics := config.ReadLock(s.dir)
	if diagnostics.HasErrors() {
		return "", errors.New("the lock file has errors")
	}
	return lock.Workspaces[config.DefaultWorkspace].Lineage, nil
}

// requests gives the requests in doubt, by climsgid.
func (s *stand) requests() (map[string]int64, error) {
	conn, err := sqlite3.OpenFlags(s.path("smsplan.state"), sqlite3.OPEN_READONLY)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	rows, _, err := conn.Prepare(fmt.Sprintf("SELECT id, climsgid FROM request WHERE outcome = %d", int(state.InDoubt)))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := map[string]int64{}
	for rows.Step() {
		all[strings.ToLower(base32.HexEncoding.EncodeToString(rows.ColumnRawBlob(1)))] = rows.ColumnInt64(0)
	}
	return all, rows.Err()
}

// picture is what a state and a directory hold, as far as a command may change it.
type picture struct {
	problem  string                       // why there is no state to see; "" where there is one
	moved    bool                         // it is a tombstone
	outcomes map[string]map[string]string // by address and number
	plan     string                       // whether a plan is saved: "none", "good" or "bad"
}

func (s *stand) picture() picture {
	p := picture{outcomes: map[string]map[string]string{}}
	kind := state.Real
	if s.own {
		kind = state.Simulator
	}
	lineage, err := s.lineage()
	if err != nil {
		p.problem = err.Error()
		return p
	}
	name := "smsplan.state"
	if s.state != "" {
		name = s.state
	}
	settings := state.Settings{Path: s.path(name), Kind: kind, Lineage: lineage, Anchor: s.path(".smsplan/anchor")}
	snap, err := state.Read(context.Background(), settings)
	if mismatch := (*state.MismatchError)(nil); errors.As(err, &mismatch) {
		p.moved = strings.Contains(mismatch.Problem, "was moved")
		if lineage == formerLineage && s.read(".smsplan/anchor") == "" {
			settings.Expect = strings.TrimPrefix(formerHead, "-expect-head=")
			snap, err = state.Read(context.Background(), settings)
		}
	}
	if err != nil {
		p.problem = err.Error()
		return p
	}
	for _, m := range snap.Messages() {
		l := snap.Ledger(m.Address, m.Revision)
		of := p.outcomes[m.Address]
		if of == nil {
			of = map[string]string{}
			p.outcomes[m.Address] = of
		}
		for _, n := range fiction.Numbers(pointPeople) {
			if send, found := l.Find(snap.AppendAlias(nil, []byte(n.Line().E164()))); found {
				of[n.E164()] = send.Outcome.String()
			}
		}
	}
	p.plan = "none"
	if _, err := os.Stat(s.path("p.smsplan")); err == nil {
		p.plan = "good"
		if _, err := readPlan(s.path("p.smsplan")); err != nil {
			p.plan = "bad"
		}
	}
	return p
}

// same compares what commands change on purpose. Which people are in a request is the gateway's and the scheduler's doing.
func (p picture) same(q picture) bool {
	return p.problem == "" == (q.problem == "") && p.moved == q.moved && (p.problem != "" || p.String() == q.String())
}

func (p picture) String() string {
	if p.problem != "" {
		return p.problem
	}
	text := "plan " + p.plan
	for _, address := range slices.Sorted(maps.Keys(p.outcomes)) {
		counts := map[string]int{}
		for _, word := range p.outcomes[address] {
			counts[word]++
		}
		text += fmt.Sprintf(", %s %v", address, counts)
	}
	return text
}

// taken gives what the gateway has taken, by number and text.
func (s *stand) taken() (map[string]int, error) {
	gateway := s.gateway
	if s.own {
		var err error
		if gateway, err = simulator.New(simulator.Options{Dir: s.path(".smsplan/simulator")}); err != nil {
			return nil, err
		}
		defer gateway.Close()
	}
	all := map[string]int{}
	for _, m := range gateway.Messages() {
		all[m.To+" "+m.Text]++
	}
	return all, nil
}
