package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/smsplan/smsplan/internal/apply"
	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/receipts"
	"github.com/smsplan/smsplan/internal/render"
	"github.com/smsplan/smsplan/internal/state"
)

// usualReceiver is an address to take receipts at.
const usualReceiver = "127.0.0.1:8467"

func (p *program) receiptsCommand() *cli.Command {
	var l ledgering
	var listen string
	address := &cli.StringFlag{Name: "listen", Usage: "take them at `ADDRESS`, such as " + usualReceiver, Destination: &listen}
	return p.leaf(&cli.Command{
		Name:  "receipts",
		Usage: "take the statuses that the gateway pushes",
		Description: "With -listen it serves the address that the account's callback leads to, until it is interrupted. SMSPLAN_RECEIPTS_USER and\n" +
			"SMSPLAN_RECEIPTS_PASSWORD are what the gateway has to give; without them, only this machine is served. Without -listen, what came\n" +
			"while somebody else held the state, and nobody has recorded since, is recorded.",
		Flags: append(l.lockFlags(), address),
	}, 0, func(ctx context.Context, _ []string) error {
		w, err := p.load(ctx, "receipts", config.Options{Scope: config.ScopeState}, l)
		if err != nil {
			return err
		}
		if w.settings.Lineage == "" {
			return errors.New("there is no state yet, and so there are no messages to take receipts of: smsplan apply sends some, smsplan init makes a state")
		}
		if !address.IsSet() {
			taken, err := w.takeIn(ctx)
			if err != nil {
				return patience(err)
			}
			p.print("%s\n", render.Intake(taken))
			return nil
		}
		return p.receive(ctx, w, listen)
	})
}

// receive serves until it is interrupted.
func (p *program) receive(ctx context.Context, w *workspace, listen string) error {
	receiver := receipts.Receiver{User: p.getenv("SMSPLAN_RECEIPTS_USER"), Password: p.getenv("SMSPLAN_RECEIPTS_PASSWORD")}
	if (receiver.User == "") != (receiver.Password == "") {
		return errors.New("SMSPLAN_RECEIPTS_USER and SMSPLAN_RECEIPTS_PASSWORD go together: set both or none")
	}
	readKeys := func(ctx context.Context) (*state.Keys, error) { return state.ReadKeys(ctx, w.settings) }
	if _, err := readKeys(ctx); err != nil {
		return err
	}
	listener, err := listenAt(listen, usualReceiver)
	if err != nil {
		return err
	}
	address := listener.Addr().(*net.TCPAddr)
	if !address.IP.IsLoopback() && receiver.User == "" {
		return errors.Join(errors.New("-listen: whoever reaches this address could say what became of messages. "+
			"Set SMSPLAN_RECEIPTS_USER and SMSPLAN_RECEIPTS_PASSWORD, or listen at 127.0.0.1"), listener.Close())
	}
	reception := &apply.Reception{Spool: state.NewSpool(w.spoolDir()), Keys: readKeys, TakeIn: w.takeIn, Watch: p.intake(), Refuse: p.refusal()}
	receiver.Take = func(ctx context.Context, r receipts.Receipt) error {
		return reception.Keep(ctx, func(keys *state.Keys) state.Observation { return observation(r, keys) })
	}
	server := receiver.Server()
	served := make(chan error, 1)
	receiving, stop := context.WithCancel(context.WithoutCancel(ctx))
	received := make(chan error, 1)
	go func() { received <- reception.Run(receiving) }()
	go func() { served <- server.Serve(listener) }()
	p.say("Statuses are taken at http://%s/. Interrupt to end it.\n", address)
	if !address.IP.IsLoopback() {
		p.say("It is no HTTPS: put a proxy with a certificate before it, so that nobody reads the password on its way.\n")
	}
	var failed error
	select {
	case <-ctx.Done():
	case failed = <-served:
		served <- http.ErrServerClosed
	}
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := server.Shutdown(patience); err != nil {
		failed = errors.Join(failed, server.Close())
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		failed = errors.Join(failed, err)
	}
	stop()
	return errors.Join(failed, <-received)
}

// observation makes of a receipt what the state takes: it knows numbers as pseudonyms alone.
func observation(r receipts.Receipt, keys *state.Keys) state.Observation {
	o := state.Observation{ClientID: r.ClientID, Status: state.Status(r.Status), At: r.At, Charge: r.Charge, Charged: r.Charged}
	if o.At.IsZero() {
		o.At = now()
	}
	if len(r.ID) == 2*len(o.ID) {
		if id, err := hex.DecodeString(r.ID); err == nil {
			o.ID = [16]byte(id)
		}
	}
	if r.To == "" || r.ClientID == "" {
		return o
	}
	forms := []string{r.To}
	if n, err := phone.Parse("+"+r.To, ""); err == nil {
		for _, form := range phone.Equivalents(n) {
			if form.E164() != r.To {
				forms = append(forms, form.E164())
			}
		}
	}
	o.People = keys.Pseudonyms(forms...)
	return o
}

// intake says what was taken in, and once, until it is over, why nothing was.
func (p *program) intake() func(state.Intake, error) {
	said := ""
	return func(taken state.Intake, err error) {
		switch locked := (*state.LockedError)(nil); {
		case errors.As(err, &locked):
			if said != "locked" {
				p.say("Another command holds the state: what comes is kept, and recorded when that has ended.\n")
			}
			said = "locked"
		case err != nil:
			if text := render.Clean(err.Error()); said != text {
				fmt.Fprintf(p.stderr, "What came is kept, and cannot be recorded: %s\n", strings.TrimSuffix(text, "."))
				said = text
			}
		case taken != (state.Intake{}):
			said = ""
			p.print("%s  %s\n", now().UTC().Format(time.RFC3339), render.Intake(taken))
		}
	}
}

// refusal says, once, why nothing is kept of what comes.
func (p *program) refusal() func(error) {
	said := ""
	return func(err error) {
		if text := render.Clean(err.Error()); said != text {
			fmt.Fprintf(p.stderr, "What comes is not taken, and the gateway comes again with it: %s. Then begin this command anew.\n", strings.TrimSuffix(text, "."))
			said = text
		}
	}
}
