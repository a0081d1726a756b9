package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/smsplan/smsplan/internal/apply"
	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/plan"
	"github.com/smsplan/smsplan/internal/simulator"
)

// connection is a gateway to send through, and the simulator behind it where that is what it is.
type connection struct {
	*apply.Gateway
	stop func() error
}

func (c *connection) Close() error {
	c.Gateway.Close()
	return c.stop()
}

// connect makes the connection to the gateway of a plan. It opens nothing but the simulator, which each workspace has one of.
// Where nothing is asked of the gateway it needs no credentials.
func (p *program) connect(g plan.Gateway, w *workspace, asks bool) (*connection, error) {
	return p.connectTo(g, w.config.Gateway, filepath.Join(w.notesDir(), "simulator"), asks)
}

// connectTo does the same with a simulator that keeps its messages in a directory; in memory where that is "".
func (p *program) connectTo(g plan.Gateway, c config.Gateway, kept string, asks bool) (*connection, error) {
	stop := func() error { return nil }
	if g.Kind == "simulator" {
		o := simulator.Options{Dir: kept, Outbox: g.Outbox}
		var err error
		if o.Faults, err = parseFaults(c.Faults); err != nil {
			return nil, err
		}
		s, err := startSimulator("127.0.0.1:0", o, nil)
		if err != nil {
			return nil, fmt.Errorf("simulator: %w", err)
		}
		g.Endpoint = s.endpoint(g.Binding)
		stop = s.Close
	} else if missing := c.Missing(); asks && len(missing) > 0 {
		var names []string
		for _, m := range missing {
			names = append(names, "SMSPLAN_"+strings.ToUpper(m))
		}
		return nil, fmt.Errorf("the gateway has no %s: give the variable that it comes from (-var NAME=...), or set %s",
			strings.Join(missing, ", "), strings.Join(names, ", "))
	}
	credentials := apply.Credentials{User: c.Credentials.User, Password: c.Credentials.Password}
	gateway, err := apply.Connect(g, credentials, apply.Connecting{Log: p.log})
	if err != nil {
		return nil, errors.Join(err, stop())
	}
	return &connection{gateway, stop}, nil
}

func parseFaults(list []string) ([]simulator.Fault, error) {
	var faults []simulator.Fault
	for _, text := range list {
		fault, err := simulator.ParseFault(text)
		if err != nil {
			return nil, err
		}
		faults = append(faults, fault)
	}
	return faults, nil
}
