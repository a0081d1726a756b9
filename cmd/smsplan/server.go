package main

import (
	"context"
	"crypto/tls"
	"errors"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/smsplan/smsplan/internal/simulator"
	"github.com/smsplan/smsplan/internal/simulator/inbox"
)

// server is a simulated gateway that listens.
type server struct {
	url     string // scheme and address
	open    bool   // to more than this machine
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
	listener, err := listenAt(listen, usualSimulator)
	if err != nil {
		return nil, errors.Join(err, gateway.Close())
	}
	address := listener.Addr().(*net.TCPAddr)
	reached := address.String()
	if address.IP.IsUnspecified() {
		reached = net.JoinHostPort("localhost", strconv.Itoa(address.Port))
	}
	s := &server{
		url:     "http://" + reached,
		open:    !address.IP.IsLoopback(),
		gateway: gateway,
		http:    gateway.Server(),
		done:    make(chan error, 1),
	}
	s.http.ErrorLog = log.New(os.Stderr, "", log.LstdFlags) // of panics, which are bugs
	pages := inbox.New(gateway)
	s.http.Handler = pages
	s.http.RegisterOnShutdown(pages.Close)
	if secure != nil {
		s.url = "https://" + reached
		listener = tls.NewListener(listener, secure)
	}
	go func() { s.done <- s.http.Serve(listener) }()
	return s, nil
}

func (s *server) endpoint(binding string) string {
	return s.url + simulator.Path(binding)
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
