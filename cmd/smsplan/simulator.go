package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/smsplan/smsplan/internal/simulator"
)

const simulatorText = `The simulated gateway takes messages and delivers nothing.

  document  %[1]s
  rpc       %[2]s

To send to it, put this into a configuration:

gateway "clickatell" {
  endpoint = "%[1]s"
  api_id   = "1"
  user     = "demo"
  password = "demo"
}

Interrupt to end it.
`

// faultText describes -fault.
func faultText() string {
	var b strings.Builder
	fmt.Fprintf(&b, "A fault is written %s.\n\nFaults:\n", simulator.FaultSyntax)
	for _, f := range simulator.Faults() {
		fmt.Fprintf(&b, "  %-22s %s\n", f.Name, f.Text)
		fmt.Fprintf(&b, "  %-22s   %s\n", "", strings.Join(f.Keys, ", "))
	}
	return strings.TrimRight(b.String(), "\n")
}

func (p *program) simulatorCommand() *cli.Command {
	var listen, dir, outbox string
	var faults []string
	return p.leaf(&cli.Command{
		Name:        "simulator",
		Usage:       "serve the simulated gateway until it is interrupted",
		Description: faultText(),
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "listen", Usage: "listen at `ADDRESS`", Value: "127.0.0.1:8466", Destination: &listen},
			&cli.StringFlag{Name: "dir", Usage: "keep what was taken in `DIR`", Destination: &dir},
			&cli.StringFlag{Name: "outbox", Usage: "append one JSON line for each message taken to `FILE`", Destination: &outbox, TakesFile: true},
			&cli.GenericFlag{Name: "fault", Usage: "misbehave as `NAME[:ARGS]` says; may be given several times", Value: &collected[string]{&faults, text}},
		},
	}, 0, func(ctx context.Context, _ []string) error {
		o := simulator.Options{Dir: dir, Outbox: outbox}
		var err error
		if o.Faults, err = parseFaults(faults); err != nil {
			return err
		}
		s, err := startSimulator(listen, o)
		if err != nil {
			return err
		}
		p.say(simulatorText, s.endpoint("document"), s.endpoint("rpc"))
		select {
		case <-ctx.Done():
			return s.Close()
		case err := <-s.done:
			return errors.Join(err, s.gateway.Close())
		}
	})
}
