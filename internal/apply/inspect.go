package apply

import (
	"context"
	"time"

	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/soap"
)

// What follows asks the gateway about the account, once each: nothing is sent, and nothing is tried again.

// SignIn opens a session, where that is how the gateway is signed in to.
func (g *Gateway) SignIn(ctx context.Context) error {
	if g.settings.Auth == "credentials" {
		return nil
	}
	if !g.take(ctx) {
		return ctx.Err()
	}
	defer g.release()
	g.use()
	session, err := g.client.Auth(ctx, g.signature())
	if err == nil {
		g.session = session
	}
	return err
}

// Balance gives the account's credits, a decimal.
func (g *Gateway) Balance(ctx context.Context) (string, error) {
	return signed(ctx, g, func(a soap.Access) (string, error) {
		g.use()
		return g.client.Balance(ctx, a)
	})
}

// Coverage tells whether the gateway serves a number.
func (g *Gateway) Coverage(ctx context.Context, n phone.Number) (soap.Coverage, error) {
	return signed(ctx, g, func(a soap.Access) (soap.Coverage, error) {
		g.use()
		return g.client.Coverage(ctx, a, n.E164())
	})
}

// Ahead gives how far the gateway's clock is ahead of this machine's, where an answer has said so.
func (g *Gateway) Ahead() (time.Duration, bool) { return g.client.Ahead() }

// ClockTolerance is how far the clocks may differ where something is scheduled.
const ClockTolerance = time.Minute
