package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/smsplan/smsplan/internal/phone/fiction"
	"github.com/smsplan/smsplan/internal/simulator"
)

// scene is a command in a directory.
type scene struct {
	name    string
	weight  int
	prepare func(*stand) error
	args    []string

	imports int                  // so many of the people have the message from another tool
	sends   bool                 // it sends or settles: what it did shows in the account, and it is 0 only when everything is sent
	done    string               // what the command says when it is run again after it has done its work, where that is an error
	resume  func(*stand) error   // what is done before apply goes on; nil for nothing
	between func(p picture) bool // besides as before and as after; nil for neither
}

const (
	pointPeople  = 40
	pointImports = 10 // of them, where some are imported
	stock        = `apply -auto-approve -resolve-timeout=0s`
)

var applyAll = strings.Fields(stock)

func scenes() []*scene {
	return []*scene{
		{name: "init", weight: 2, args: []string{"init"}, between: unnamed, prepare: func(s *stand) error { return s.configure("hello") }},
		{name: "init in an empty directory", weight: 1, args: []string{"init"}, between: unnamed, prepare: func(s *stand) error {
			s.own = true // the starter configuration's gateway
			return nil
		},
			resume: func(s *stand) error { return s.runs("validate") }},
		{name: "apply", weight: 14, sends: true, args: applyAll, prepare: initialised},
		{name: "apply with statuses that wait", weight: 3, sends: true, args: applyAll, prepare: pushed},
		{name: "receipts", weight: 2, args: []string{"receipts"}, prepare: pushed},
		{name: "apply with an import", weight: 3, sends: true, imports: pointImports, args: applyAll, prepare: importing},
		{name: "first apply with the simulator", weight: 3, sends: true, args: applyAll, prepare: func(s *stand) error { return s.simulated() }},
		{name: "plan -out", weight: 1, args: []string{"plan", "-out=p.smsplan"}, prepare: initialised},
		{name: "plan -out over another", weight: 1, args: []string{"plan", "-out=p.smsplan"}, prepare: planned},
		{name: "apply PLAN", weight: 3, sends: true, args: append(applyAll[:len(applyAll):len(applyAll)], "p.smsplan"), prepare: planned},
		{name: "resolve", weight: 2, sends: true, args: []string{"resolve"}, prepare: doubted},
		{name: "resolve -from", weight: 2, sends: true, args: []string{"resolve", "-from=saved.jsonl"}, prepare: orphaned},
		{name: "state compact", weight: 2, args: []string{"state", "compact"}, prepare: applied},
		{name: "state mv", weight: 2, args: []string{"state", "mv", "message.hello", "message.hullo"}, done: "knows no message message.hello", prepare: func(s *stand) error {
			if err := applied(s); err != nil {
				return err
			}
			return s.configure("hullo")
		}},
		{name: "state push", weight: 2, args: []string{"state", "push", "moved.state"}, prepare: applied, between: func(p picture) bool { return p.moved },
			resume: func(s *stand) error {
				s.state = "moved.state"
				return s.configure("hello")
			}},
		{name: "state recover", weight: 2, args: []string{"state", "recover", "-auto-approve", "copy", "more.smsplan"}, done: "move it away", prepare: stateLost},
		{name: "migration", weight: 2, sends: true, args: append(applyAll[:len(applyAll):len(applyAll)], formerHead), prepare: former},
		{name: "migration by compact", weight: 1, args: []string{"state", "compact", formerHead}, prepare: former, resume: func(s *stand) error {
			return s.runs("state", "list")
		}},
	}
}

// unnamed has a new state that the lock file does not name yet: init goes on with it.
func unnamed(p picture) bool { return strings.Contains(p.problem, "has no entry for it") }

// address is that of the message that must have been sent to everybody at the end; "" for none.
func (c *scene) address() string {
	switch c.name {
	case "init in an empty directory", "migration by compact":
		return ""
	case "migration":
		return "message.outage"
	case "state mv":
		return "message.hullo"
	}
	return "message.hello"
}

func initialised(s *stand) error {
	if err := s.configure("hello"); err != nil {
		return err
	}
	return s.runs("init")
}

// importing has some of the people have the message from another tool.
func importing(s *stand) error {
	if err := initialised(s); err != nil {
		return err
	}
	var b strings.Builder
	b.WriteString("number\n")
	for _, n := range fiction.Numbers(pointImports) {
		b.WriteString("+" + n.E164() + "\n")
	}
	return firstOf(s.write("sent.csv", b.String()), s.write("import.sms.hcl", `
import {
  to = message.hello

  csv {
    path   = "sent.csv"
    number = "number"
  }
}
`))
}

func planned(s *stand) error {
	if err := initialised(s); err != nil {
		return err
	}
	return s.runs("plan", "-out=p.smsplan")
}

func applied(s *stand) error {
	if err := initialised(s); err != nil {
		return err
	}
	return s.runs(applyAll...)
}

// doubted leaves the people of some requests in doubt.
func doubted(s *stand) error {
	if err := initialised(s); err != nil {
		return err
	}
	if err := s.open("drop-before-answer:after=2,times=2"); err != nil {
		return err
	}
	out, status := s.run(applyAll...)
	if status != statusDoubt {
		return fmt.Errorf("apply ends with status %d: %s", status, out)
	}
	return s.open()
}

// pushed has statuses wait of all that the gateway has, and has not sent to some people.
func pushed(s *stand) error {
	if err := initialised(s); err != nil {
		return err
	}
	if err := s.open("credit-runs-out:credit=20"); err != nil {
		return err
	}
	out, status := s.run(applyAll...)
	if status != statusIncomplete {
		return fmt.Errorf("apply ends with status %d: %s", status, out)
	}
	if err := s.open(); err != nil {
		return err
	}
	var lines strings.Builder
	for _, m := range s.gateway.Messages() {
		fmt.Fprintf(&lines, `{"apimsgid":%q,"climsgid":%q,"status":4,"at":"2026-03-02T12:00:00Z"}`+"\n", m.ID, m.ClientID)
	}
	if err := os.MkdirAll(s.path(".smsplan/receipts"), 0o700); err != nil {
		return err
	}
	return s.write(".smsplan/receipts/1.jsonl", lines.String())
}

// orphaned has the file of an apply that could not record what it knew of those requests that the gateway took.
func orphaned(s *stand) error {
	if err := doubted(s); err != nil {
		return err
	}
	ids := map[string][]string{}
	for _, m := range s.gateway.Messages() {
		ids[m.ClientID] = append(ids[m.ClientID], m.ID)
	}
	lineage, err := s.lineage()
	if err != nil {
		return err
	}
	requests, err := s.requests()
	if err != nil {
		return err
	}
	var lines strings.Builder
	for id, n := range requests {
		all, err := json.Marshal(ids[id])
		if err != nil {
			return err
		}
		fmt.Fprintf(&lines, `{"at":"2026-03-02T12:00:00Z","lineage":%q,"run":1,"request":%d,"climsgid":%q,"people":%d,"outcome":"accepted","apimsgids":%s,"evidence":"answer read whole"}`+"\n",
			lineage, n, id, len(ids[id]), all)
	}
	if len(requests) == 0 {
		return errors.New("nobody is in doubt")
	}
	return s.write("saved.jsonl", lines.String())
}

// stateLost has an old copy of a state that is gone, and the plan that was applied since.
func stateLost(s *stand) error {
	if err := applied(s); err != nil {
		return err
	}
	if err := s.runs("state", "compact"); err != nil { // so that the file alone is the state
		return err
	}
	b, err := os.ReadFile(s.path("smsplan.state"))
	if err != nil {
		return err
	}
	if err := s.write("copy", string(b)); err != nil {
		return err
	}
	if err := s.write("more.sms.hcl", "message \"more\" {\n  to   = [recipients.everybody]\n  text = \"More.\"\n}\n"); err != nil {
		return err
	}
	if err := s.runs("plan", "-out=more.smsplan"); err != nil {
		return err
	}
	if err := s.runs(append(applyAll[:len(applyAll):len(applyAll)], "more.smsplan")...); err != nil {
		return err
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(s.path("smsplan.state" + suffix)); err != nil {
			return err
		}
	}
	return nil
}

const (
	formerHead    = "-expect-head=24:c7bd5b6b"
	formerLineage = "9a46d71a9cce8762b97decfa165c63d8"
)

// former has a state of the first format.
func former(s *stand) error {
	b, err := os.ReadFile(filepath.Join("..", "..", "testdata", "state", "format-1.state"))
	if err != nil {
		return err
	}
	s.own = true
	return firstOf(
		s.write("smsplan.state", string(b)),
		s.write(".smsplan.lock.hcl", fmt.Sprintf("workspace \"default\" {\n  lineage = %q\n  kind    = \"simulator\"\n}\n", formerLineage)),
		s.write("main.sms.hcl", `gateway "simulator" {}

recipients "all" {
  csv {
    path   = "people.csv"
    number = "number"
  }
}

message "outage" {
  to   = [recipients.all]
  text = "Power is out."
}
`), s.people())
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// configure writes a configuration with one message, for the gateway of the stand.
func (s *stand) configure(message string) error {
	where := ""
	if s.state != "" {
		where = fmt.Sprintf("smsplan {\n  state \"file\" {\n    path = %q\n  }\n}\n", s.path(s.state))
	}
	return firstOf(s.people(), s.write("main.sms.hcl", fmt.Sprintf(`
gateway "clickatell" {
  endpoint    = "%s/soap/document_literal/webservice"
  api_id      = 1
  user        = "demo"
  password    = "demo"
  batch_size  = 5
  connections = 3
  rate        = 100000
  timeout     = "10s"
}
%s
recipients "everybody" {
  csv {
    path   = "people.csv"
    number = "number"
  }
}

message %q {
  to   = [recipients.everybody]
  text = "Hello."
}
`, s.server.URL, where, message)))
}

// simulated writes a configuration for the simulated gateway inside the program.
func (s *stand) simulated() error {
	s.own = true
	return firstOf(s.people(), s.write("main.sms.hcl", `
gateway "simulator" {}

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
`))
}

func (s *stand) people() error {
	return s.write("people.csv", "number\n"+strings.Join(fictional(pointPeople), "\n")+"\n")
}

// open begins the gateway anew on what it has taken, with faults.
func (s *stand) open(faults ...string) error {
	o := simulator.Options{Dir: s.store}
	for _, f := range faults {
		fault, err := simulator.ParseFault(f)
		if err != nil {
			return err
		}
		o.Faults = append(o.Faults, fault)
	}
	if s.gateway != nil {
		if err := s.gateway.Close(); err != nil {
			return err
		}
	}
	gateway, err := simulator.New(o)
	if err != nil {
		return err
	}
	s.gateway = gateway
	s.handler.Store(gateway)
	return nil
}
