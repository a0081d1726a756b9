package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/smsplan/smsplan/internal/simulator"
)

const simulatorText = `The simulated gateway takes messages and delivers nothing.

  inbox     %[4]s/
  document  %[1]s
  rpc       %[2]s

To send to it, put this into a configuration:

gateway "clickatell" {
  endpoint = "%[1]s"
%[3]s}

`

// usualSimulator is where the simulator listens unless it is told otherwise.
const usualSimulator = "127.0.0.1:8466"

// faultText describes -fault.
func faultText() string {
	var b strings.Builder
	fmt.Fprintf(&b, "A fault is written %s.\n\nFaults, their keys, and in brackets what holds where a key is absent:\n", simulator.FaultSyntax)
	for _, f := range simulator.Faults() {
		fmt.Fprintf(&b, "  %-22s %s\n", f.Name, f.Text)
		var counting []string
		for _, key := range f.Keys {
			usual := ""
			if key.Usual != "" {
				usual = " (" + key.Usual + ")"
			}
			if key.Text == "" {
				counting = append(counting, key.Name+usual)
				continue
			}
			fmt.Fprintf(&b, "  %-22s   %s=%s%s: %s\n", "", key.Name, key.Form, usual, key.Text)
		}
		if len(counting) > 0 {
			fmt.Fprintf(&b, "  %-22s   %s\n", "", strings.Join(counting, ", "))
		}
	}
	return strings.TrimRight(b.String(), "\n")
}

// simulating is the flags of the simulator command.
type simulating struct {
	listen, dir, outbox string
	settings            string
	faults              []string
	speed               float64
	secure              bool
	certOut             string
}

func (p *program) simulatorCommand() *cli.Command {
	var f simulating
	return p.leaf(&cli.Command{
		Name:        "simulator",
		Usage:       "serve the simulated gateway until it is interrupted",
		Description: faultText(),
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "listen", Usage: "listen at `ADDRESS`", Value: usualSimulator, Destination: &f.listen},
			&cli.StringFlag{Name: "dir", Usage: "keep what was taken in `DIR`", Destination: &f.dir},
			&cli.StringFlag{Name: "outbox", Usage: "append one JSON line for each message taken to `FILE`", Destination: &f.outbox, TakesFile: true},
			&cli.GenericFlag{Name: "fault", Usage: "misbehave as `NAME[:ARGS]` says; may be given several times", Value: &collected[string]{&f.faults, text}},
			&cli.StringFlag{Name: "settings", Usage: "read accounts, prices and refused numbers from `FILE`, in JSON (docs/simulator.md)", Destination: &f.settings, TakesFile: true},
			&cli.FloatFlag{Name: "speed", Usage: "let schedules, statuses and callbacks run `N` times as fast", Value: 1, Destination: &f.speed},
			&cli.BoolFlag{Name: "tls", Usage: "serve HTTPS, with a certificate made now", Destination: &f.secure},
			&cli.StringFlag{Name: "tls-cert-out", Usage: "write that certificate to `FILE`, for ca_file in a gateway block", Destination: &f.certOut, TakesFile: true},
		},
	}, 0, func(ctx context.Context, _ []string) error {
		o, err := f.options()
		if err != nil {
			return err
		}
		secure, err := f.tls()
		if err != nil {
			return err
		}
		s, err := startSimulator(f.listen, o, secure)
		if err != nil {
			return err
		}
		p.print(simulatorText, s.endpoint("document"), s.endpoint("rpc"), f.signIn(s.gateway.Settings()), s.url)
		if s.open {
			p.say("Whoever reaches this address can read the messages and order faults.\n")
		}
		p.say("Interrupt to end it.\n")
		select {
		case <-ctx.Done():
			return s.Close()
		case err := <-s.done:
			return errors.Join(err, s.gateway.Close())
		}
	})
}

func (f *simulating) options() (o simulator.Options, err error) {
	if f.speed == 0 {
		return o, errors.New("-speed=0: time cannot stand still; 1 is as fast as the clock")
	}
	o = simulator.Options{Dir: f.dir, Outbox: f.outbox, Speed: f.speed}
	if o.Faults, err = parseFaults(f.faults); err != nil || f.settings == "" {
		return o, err
	}
	file, err := os.Open(f.settings)
	if err != nil {
		return o, fmt.Errorf("-settings=%s: %w", f.settings, cause(err))
	}
	defer file.Close()
	if o.Settings, err = simulator.ReadSettings(file); err != nil {
		return o, fmt.Errorf("-settings=%s: %w", f.settings, err)
	}
	return o, nil
}

// tls gives what HTTPS is served with, nil for HTTP.
func (f *simulating) tls() (*tls.Config, error) {
	if !f.secure {
		if f.certOut != "" {
			return nil, errors.New("-tls-cert-out needs -tls: without it there is no certificate")
		}
		return nil, nil
	}
	host, _, err := net.SplitHostPort(f.listen)
	if err != nil {
		return nil, fmt.Errorf("-listen: %w", unheard(err, usualSimulator))
	}
	certificate, pem, err := simulator.Certificate(now(), host)
	if err != nil {
		return nil, err
	}
	if f.certOut != "" {
		if err := os.WriteFile(f.certOut, pem, 0o644); err != nil {
			return nil, fmt.Errorf("-tls-cert-out=%s: %w", f.certOut, cause(err))
		}
	}
	return &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}, nil
}

// signIn gives the arguments of a gateway block that sign in as the first account.
func (f *simulating) signIn(now simulator.Settings) string {
	first := now.Accounts[0]
	var b strings.Builder
	fmt.Fprintf(&b, "  api_id   = %q\n", first.APIIDs[0])
	if f.settings == "" {
		fmt.Fprintf(&b, "  user     = %q\n  password = %q\n", first.User, first.Password)
	} else {
		b.WriteString("  user     = var.user\n  password = var.password\n")
	}
	if f.certOut != "" {
		fmt.Fprintf(&b, "  ca_file  = %q\n", f.certOut)
	}
	return b.String()
}
