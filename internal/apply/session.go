package apply

import (
	"context"
	"errors"
	"time"

	"github.com/smsplan/smsplan/internal/soap"
)

// access gives what identifies a call: the session, which is opened at first use, or the credentials themselves.
func (g *Gateway) access(ctx context.Context) (soap.Access, error) {
	if g.settings.Auth == "credentials" {
		return g.signature(), nil
	}
	access, _, err := g.renew(ctx, "")
	return access, err
}

// renew gives the session, and signs in first where there is none or only the stale one, which the gateway no longer
// takes. Of several callers with the same stale session one signs in, and the others get its session.
func (g *Gateway) renew(ctx context.Context, stale string) (access soap.Access, signedIn bool, err error) {
	if !g.take(ctx) {
		return soap.Access{}, false, ctx.Err()
	}
	defer g.release()
	if g.session == "" || g.session == stale {
		what := "session opened"
		if stale != "" {
			what = "session renewed"
		}
		g.session = ""
		if err := g.signIn(ctx); err != nil {
			return soap.Access{}, false, err
		}
		signedIn = true
		g.log.InfoContext(ctx, what)
	}
	return soap.Access{Session: g.session}, signedIn, nil
}

// take waits for the turn to use the session; false says that ctx ended first.
func (g *Gateway) take(ctx context.Context) bool {
	select {
	case g.turn <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (g *Gateway) release() { <-g.turn }

func (g *Gateway) signature() soap.Access {
	return soap.Access{APIID: g.settings.APIID, User: g.credentials.User, Password: g.credentials.Password}
}

// signIn opens a session; it is the caller's turn. Signing in twice does no harm, so whatever may be otherwise the next time is
// tried again.
func (g *Gateway) signIn(ctx context.Context) error {
	for try := 0; ; try++ {
		g.use()
		session, err := g.client.Auth(ctx, g.signature())
		if err == nil {
			g.session = session
			return nil
		}
		if lasting(err) || try >= len(backoff) || !pause(ctx, backoff[try]) {
			return err
		}
		g.log.InfoContext(ctx, "signing in again", "try", try+1)
	}
}

// lasting reports whether signing in again would fare the same.
func lasting(err error) bool {
	var call *soap.Error
	return errors.As(err, &call) && (call.Reach == soap.Answered || unexpected(call.HTTP) || distrusted(err))
}

// send asks the gateway to send a message.
func (g *Gateway) send(ctx context.Context, a soap.Access, m *soap.Message) (*soap.Answer, error) {
	g.use()
	return g.client.Send(ctx, a, m)
}

// query asks for the status of a message.
func (g *Gateway) query(ctx context.Context, a soap.Access, id soap.MessageID) (soap.Status, error) {
	g.use()
	return g.client.Query(ctx, a, id)
}

// charge asks for the status of a message and for what it cost.
func (g *Gateway) charge(ctx context.Context, a soap.Access, id string) (soap.Charge, error) {
	g.use()
	return g.client.Charge(ctx, a, id)
}

// signed asks something that does no harm, and once more where the session had expired.
func signed[T any](ctx context.Context, g *Gateway, ask func(soap.Access) (T, error)) (T, error) {
	var none T
	access, err := g.access(ctx)
	if err != nil {
		return none, err
	}
	answer, err := ask(access)
	var call *soap.Error
	if errors.As(err, &call) && access.Session != "" && call.Code.ClassFor(access) == soap.Reauth {
		if access, _, err = g.renew(ctx, access.Session); err != nil {
			return none, err
		}
		answer, err = ask(access)
	}
	return answer, err
}

// use notes that a call begins which keeps the session alive.
func (g *Gateway) use() {
	now := time.Now()
	g.used.Store(&now)
}

// keepAlive pings while nothing else uses the session, until ctx ends.
func (g *Gateway) keepAlive(ctx context.Context) {
	if g.settings.Auth == "credentials" {
		return
	}
	for {
		left := idle - time.Since(*g.used.Load())
		if left <= 0 {
			g.ping(ctx)
			continue
		}
		if !pause(ctx, left) {
			return
		}
	}
}

// ping keeps the session alive. Where the gateway says that it has ended, the next call signs in. Whatever else becomes of
// a ping is left to the calls that matter.
func (g *Gateway) ping(ctx context.Context) {
	g.use()
	if !g.take(ctx) {
		return
	}
	session := g.session
	g.release()
	if session == "" {
		return
	}
	short, cancel := context.WithTimeout(ctx, pingTime)
	defer cancel()
	err := g.client.Ping(short, session)
	var call *soap.Error
	if errors.As(err, &call) && call.Code.ClassFor(soap.Access{Session: session}) == soap.Reauth && g.take(ctx) {
		if g.session == session {
			g.session = ""
		}
		g.release()
	}
}
