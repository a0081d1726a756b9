package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/smsplan/smsplan/internal/apply"
	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/plan"
	"github.com/smsplan/smsplan/internal/simulator"
	"github.com/smsplan/smsplan/internal/simulator/inbox"
)

// paths of the gateway's bindings.
var paths = map[string]string{
	"document": "/soap/document_literal/webservice",
	"rpc":      "/soap/webservice_vs.php",
}

// connection is a gateway to send through, and the simulator behind it where that is what it is.
type connection struct {
	*apply.Gateway
	stop func() error
}

func (c *connection) Close() error {
	c.Gateway.Close()
	return c.stop()
}

// connect makes the connection to the gateway of a plan. It opens nothing but the simulator.
func (p *program) connect(g plan.Gateway, c config.Gateway) (*connection, error) {
	stop := func() error { return nil }
	if g.Kind == "simulator" {
		o := simulator.Options{Dir: filepath.Join(notesDir, "simulator"), Outbox: g.Outbox}
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
	} else if missing := c.Missing(); len(missing) > 0 {
		var names []string
		for _, m := range missing {
			names = append(names, "SMSPLAN_"+strings.ToUpper(m))
		}
		return nil, fmt.Errorf("the gateway has no %s: give the variable that it comes from (-var NAME=...), or set %s",
			strings.Join(missing, ", "), strings.Join(names, ", "))
	}
	credentials := apply.Credentials{User: c.Credentials.User, Password: c.Credentials.Password}
	gateway, err := apply.Connect(g, credentials, nil)
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

// server is a simulated gateway that listens.
type server struct {
	url     string // scheme and address
	gateway *simulator.Simulator
	http    *http.Server
	done    chan error
}

// startSimulator listens, with TLS where that is not nil.
func startSimulator(listen string, o simulator.Options, secure *tls.Config) (*server, error) {
	gateway, err := simulator.New(o)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return nil, errors.Join(err, gateway.Close())
	}
	s := &server{
		url:     "http://" + listener.Addr().String(),
		gateway: gateway,
		http:    gateway.Server(),
		done:    make(chan error, 1),
	}
	pages := inbox.New(gateway)
	s.http.Handler = pages
	s.http.RegisterOnShutdown(pages.Close)
	if secure != nil {
		s.url = "https://" + listener.Addr().String()
		listener = tls.NewListener(listener, secure)
	}
	go func() { s.done <- s.http.Serve(listener) }()
	return s, nil
}

func (s *server) endpoint(binding string) string {
	return s.url + paths[binding]
}

// Close waits for the requests under way, for a while.
func (s *server) Close() error {
	patience, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	err := s.http.Shutdown(patience)
	if errors.Is(err, context.DeadlineExceeded) {
		err = s.http.Close()
	}
	if served := <-s.done; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return errors.Join(err, s.gateway.Close())
}
