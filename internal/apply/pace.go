package apply

import (
	"context"
	"time"

	"golang.org/x/time/rate"
)

// backoff are the pauses before a request that was not sent, or not taken, is tried again.
var backoff = []time.Duration{500 * time.Millisecond, 2 * time.Second, 5 * time.Second}

// lookups are the pauses before each round of asking about sends in doubt.
var lookups = []time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute}

// firstByte bounds the time between an intent and the first byte of its request, so that a process that slept does not
// send on an old intent.
const firstByte = 5 * time.Second

// idle is how long a session may go unused before it is kept alive: the gateway ends it after fifteen minutes (gateway
// specification, section 6).
const idle = 10 * time.Minute

// pingTime bounds a ping. It is less than firstByte, because a request with an intent may be waiting for its connection.
const pingTime = 3 * time.Second

// pause waits; false says that ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// newPace makes the token bucket of a run, which counts recipients over all connections. It holds the largest request and
// no more: a larger one would let that many small requests go at once.
func newPace(perSecond float64, largest int) *rate.Limiter {
	if perSecond <= 0 {
		return rate.NewLimiter(rate.Inf, largest)
	}
	return rate.NewLimiter(rate.Limit(perSecond), largest)
}
