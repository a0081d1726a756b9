package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smsplan/smsplan/internal/apply"
	"github.com/smsplan/smsplan/internal/render"
	"github.com/smsplan/smsplan/internal/state"
)

// told gives what is known of four messages, so many of which are delivered.
func told(delivered int) *render.Deliveries {
	return &render.Deliveries{Open: 4 - delivered, Messages: []state.Summary{{
		Address: "message.hello", Revision: 1, Counts: map[state.Outcome]int{state.Accepted: 4},
		Tally: state.Tally{Deliveries: map[state.Delivery]int{state.Delivered: delivered, state.OnItsWay: 4 - delivered}},
	}}}
}

// looked is what one look of a watch gives.
type looked struct {
	delivered int
	err       error
}

// watches has a watch go through what the looks give, one after the other; the last one stays. It gives how long after the beginning each look was, what was
// written, and how it ended. after is when it is interrupted; 0 for never.
func watches(t *testing.T, redraws bool, after time.Duration, looks ...looked) (at []time.Duration, out, errs string, err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		if after > 0 {
			time.AfterFunc(after, cancel)
		}
		began := time.Now()
		var written, said bytes.Buffer
		w := &watching{
			known: func(context.Context) (*render.Deliveries, error) { return told(0), nil },
			look: func(context.Context) (*render.Deliveries, error) {
				one := looks[min(len(at), len(looks)-1)]
				at = append(at, time.Since(began))
				return told(one.delivered), one.err
			},
			out: &written, errors: &said, redraws: redraws,
			interrupted: func() bool { return true },
		}
		err = w.until(ctx)
		out, errs = written.String(), said.String()
	})
	return at, out, errs, err
}

var silence = &apply.NoAnswer{Cause: errors.New("auth: HTTP status 503")}

func TestAWatchAsksMoreSeldomWhileThereIsNoNews(t *testing.T) {
	at, out, _, err := watches(t, false, 0,
		looked{}, looked{}, looked{}, looked{}, looked{}, looked{}, looked{}, looked{}, looked{delivered: 1}, looked{delivered: 4})
	if err != nil {
		t.Error(err)
	}
	const s = time.Second
	if got, want := fmt.Sprint(at), fmt.Sprint([]time.Duration{0, 10 * s, 30 * s, 70 * s, 150 * s, 310 * s, 610 * s, 910 * s, 1210 * s, 1220 * s}); got != want {
		t.Errorf("it looked after\n%s; want\n%s", got, want)
	}
	if got := strings.Count(out, "\n"); got != 4 || !strings.HasSuffix(out, "There is nothing more to learn.\n") {
		t.Errorf("%d lines; want one for each change, and the last:\n%s", got, out)
	}
}

// A watch goes on for days: the gateway may be away for a while.
func TestAWatchWaitsForAGatewayThatDoesNotAnswer(t *testing.T) {
	at, out, said, err := watches(t, false, 0, looked{}, looked{err: silence}, looked{err: silence}, looked{delivered: 1}, looked{1, silence}, looked{delivered: 4})
	if err != nil || len(at) != 6 {
		t.Errorf("%d looks, %v", len(at), err)
	}
	if got := strings.Count(said, "The gateway does not answer, and is asked again later: auth: HTTP status 503\n"); got != 2 {
		t.Errorf("it is said %d times; want once until it is over:\n%s", got, said)
	}
	if strings.Count(out, "\n") != 4 {
		t.Error(out)
	}
}

func TestAWatchEndsWhereWaitingDoesNotHelp(t *testing.T) {
	broken := errors.New("the disk is full")
	for name, looks := range map[string][]looked{
		"the first look":                   {{err: silence}},
		"something else":                   {{}, {err: broken}},
		"something else beside a silence":  {{}, {err: errors.Join(silence, broken)}},
		"something else after the silence": {{}, {err: silence}, {err: broken}},
	} {
		t.Run(name, func(t *testing.T) {
			at, _, _, err := watches(t, false, 0, looks...)
			if last := looks[len(looks)-1].err; !errors.Is(err, last) || len(at) != len(looks) {
				t.Errorf("after %d looks: %v; want %v", len(at), err, last)
			}
		})
	}
}

func TestAnInterruptedWatchHasEndedWell(t *testing.T) {
	for _, redraws := range []bool{false, true} {
		if at, out, _, err := watches(t, redraws, 15*time.Second, looked{}); err != nil || len(at) != 2 || strings.Contains(out, "nothing more") {
			t.Errorf("%d looks, %v, %q", len(at), err, out)
		}
	}
}

func TestAWatchOnATerminalDrawsThePictureInItsPlace(t *testing.T) {
	_, out, said, err := watches(t, true, 0, looked{}, looked{err: silence}, looked{err: silence}, looked{delivered: 4})
	if err != nil {
		t.Error(err)
	}
	pictures := strings.Split(out, "\x1b[H\x1b[2J")
	if len(pictures) != 6 || pictures[0] != "" || !strings.Contains(pictures[5], "There is nothing more to learn.") {
		t.Errorf("%q", pictures)
	}
	if strings.Count(said, "does not answer") != 2 {
		t.Errorf("what was wrong is said below each picture: %q", said)
	}
}
