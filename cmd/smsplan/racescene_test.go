package main

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"

	"github.com/smsplan/smsplan/internal/phone/fiction"
	"github.com/smsplan/smsplan/internal/simulator"
)

// The messages of a race. Whoever removes the second from the state may have it sent again; the third may be sent twice, as its
// on_doubt says.
const (
	guarded = "Guarded."
	removed = "Removed."
	alarm   = "Alarm."
)

const raceConfiguration = `
smsplan {
  state "file" {
    path = %q
  }
}

gateway "clickatell" {
  endpoint    = %q
  api_id      = 1
  user        = "demo"
  password    = "demo"
  auth        = %q
  batch_size  = %d
  connections = %d
  rate        = 100000
  timeout     = "20s"
}

recipients "everybody" {
  csv {
    path   = "people.csv"
    number = "number"
  }
}

message "guarded" {
  to   = [recipients.everybody]
  text = "Guarded."
}

message "removed" {
  to   = [recipients.everybody]
  text = "Removed."
}

message "alarm" {
  to       = [recipients.everybody]
  text     = "Alarm."
  on_doubt = "resend"
}
`

// prepare makes a gateway, a state and its checkouts.
func (r *race) prepare() (closed func(), err error) {
	faults, err := r.faults()
	if err != nil {
		return nil, err
	}
	if r.gateway, err = simulator.New(simulator.Options{Faults: faults}); err != nil {
		return nil, err
	}
	server := httptest.NewServer(r.gateway)
	closed = func() {
		server.Close()
		_ = r.gateway.Close()
	}
	r.endpoint = server.URL + "/soap/document_literal/webservice"
	r.people = fiction.Numbers(30 + r.rng.IntN(60))
	r.vandal = pick(r, nobody, nobody, deleting, deleting, replacing, staggered)
	if r.vandal != nobody {
		r.tally.unlocked = 1
	}
	r.state = filepath.Join(r.root, "shared", "smsplan.state")
	if err := os.Mkdir(filepath.Dir(r.state), 0o700); err != nil {
		return closed, err
	}
	configuration := fmt.Sprintf(raceConfiguration, r.state, r.endpoint, pick(r, "session", "credentials"), 1+r.rng.IntN(8), 1+r.rng.IntN(6))
	for i := range 1 + r.rng.IntN(3) {
		if err := r.checkOut(i, configuration); err != nil {
			return closed, err
		}
	}
	return closed, nil
}

// faults draws what the gateway does wrong: it is slow, and it may lose answers or refuse people.
func (r *race) faults() (list []simulator.Fault, err error) {
	orders := []string{fmt.Sprintf("delay:for=%dms", 1+r.rng.IntN(12))}
	more := pick(r, "", "", "drop-before-answer:every=7", "drop-mid-body:every=9,times=3", "http-status:every=8,times=2", "soap-fault:every=11,times=2",
		"error:code=901,every=5,times=6", "refuse:code=114,ending=3", "refuse:code=122,ending=7", "error:code=130,after=9", "expire-sessions-after:requests=9")
	r.lossy = strings.HasPrefix(more, "drop") || strings.HasPrefix(more, "http") || strings.HasPrefix(more, "soap") || strings.Contains(more, "901")
	r.refuses = strings.HasPrefix(more, "refuse")
	if more != "" {
		orders = append(orders, more)
	}
	if r.one(4) {
		orders = append(orders, "query-lag:for=2s")
	}
	for _, order := range orders {
		f, err := simulator.ParseFault(order)
		if err != nil {
			return nil, err
		}
		list = append(list, f)
	}
	return list, nil
}

// checkOut makes one checkout of the configuration. The first makes the state.
func (r *race) checkOut(i int, configuration string) error {
	dir := filepath.Join(r.root, fmt.Sprintf("checkout%d", i+1))
	r.checkouts = append(r.checkouts, dir)
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	rows := "number\n"
	for _, n := range r.people {
		rows += "+" + n.E164() + "\n"
	}
	err := errors.Join(
		os.WriteFile(filepath.Join(dir, "main.sms.hcl"), []byte(configuration), 0o600),
		os.WriteFile(filepath.Join(dir, "people.csv"), []byte(rows), 0o600))
	if err != nil {
		return err
	}
	if i == 0 {
		_, err = r.must(dir, "init")
		return err
	}
	entry, err := os.ReadFile(filepath.Join(r.checkouts[0], ".smsplan.lock.hcl"))
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, ".smsplan.lock.hcl"), entry, 0o600); err != nil {
		return err
	}
	_, err = r.must(dir, "state", "adopt", "-auto-approve")
	return err
}

// must runs a command that has to work, beside no other, and gives what it said.
func (r *race) must(dir string, args ...string) (string, error) {
	out, err := r.command(dir, args...).CombinedOutput()
	if err != nil {
		err = fmt.Errorf("smsplan %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return string(out), err
}
