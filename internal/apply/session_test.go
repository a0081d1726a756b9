package apply_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/smsplan/smsplan/internal/apply"
	"github.com/smsplan/smsplan/internal/soap"
)

// slowly makes a run of an hour and more: between two requests lie nearly seventeen minutes, and a session lives for fifteen
// without use.
func slowly(w *world) {
	w.batch, w.rate = 1, 0.001
}

func TestASessionIsKeptWhileARunIdles(t *testing.T) {
	for name, faults := range map[string][]string{"ping says OK": nil, "ping says more": {"choose:ping=session"}} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, 5, faults, func(w *world) {
				slowly(w)
				got := w.apply(w.t.Context(), apply.Options{})
				if got.err != nil || got.report.Sent != 5 || got.took < time.Hour {
					w.t.Fatalf("%+v, %v", got.report, got.err)
				}
				calls := w.gateway.Requests()
				if calls["auth"] != 1 || calls["ping"] != 4 || calls["sendmsg"] != 5 {
					t.Errorf("calls %v, want one sign-in, and one ping in each of four breaks", calls)
				}
			})
		})
	}
}

func TestASessionInUseIsNotPinged(t *testing.T) {
	inWorld(t, 10, nil, func(w *world) {
		w.batch, w.rate = 1, 0.002 // more than eight minutes between two requests
		got := w.apply(w.t.Context(), apply.Options{})
		if calls := w.gateway.Requests(); calls["ping"] != 0 || calls["auth"] != 1 || got.report.Sent != 10 {
			t.Errorf("calls %v; %+v, %v", calls, got.report, got.err)
		}
	})
}

func TestASessionIsKeptWhileARequestWaits(t *testing.T) {
	inWorld(t, 2, []string{"delay:for=9m30s,when=after"}, func(w *world) {
		slowly(w)
		w.timeout, w.connections = 10*time.Minute, 1
		got := w.apply(w.t.Context(), apply.Options{})
		if calls := w.gateway.Requests(); calls["ping"] != 1 || calls["auth"] != 1 || got.report.Sent != 2 {
			t.Errorf("calls %v; %+v, %v", calls, got.report, got.err)
		}
	})
}

func TestCredentialsAreNeitherPingedNorSignedIn(t *testing.T) {
	inWorld(t, 5, nil, func(w *world) {
		slowly(w)
		w.auth = "credentials"
		got := w.apply(w.t.Context(), apply.Options{})
		if calls := w.gateway.Requests(); calls["ping"] != 0 || calls["auth"] != 0 || got.report.Sent != 5 {
			t.Errorf("calls %v; %+v, %v", calls, got.report, got.err)
		}
	})
}

func TestAPingThatFindsTheSessionGoneHasTheNextRequestSignIn(t *testing.T) {
	for _, fault := range []string{"", "choose:missing=001"} {
		t.Run(fault, func(t *testing.T) {
			var faults []string
			if fault != "" {
				faults = append(faults, fault)
			}
			inWorld(t, 4, faults, func(w *world) {
				slowly(w)
				time.AfterFunc(5*time.Minute, func() { w.gateway.ExpireSessions() })
				got := w.apply(w.t.Context(), apply.Options{})
				if got.err != nil || got.report.Sent != 4 {
					w.t.Fatalf("%+v, %v", got.report, got.err)
				}
				calls := w.gateway.Requests()
				if calls["auth"] != 2 || calls["sendmsg"] != 4 {
					t.Errorf("calls %v, want a second sign-in and no request with the session that was gone", calls)
				}
			})
		})
	}
}

// A ping is worth less than a request: where there is one connection, a request finds it taken a second after the ping began.
func TestAPingWithoutAnAnswerHoldsUpNoRequest(t *testing.T) {
	for _, fault := range []string{"delay:for=1h,op=ping", "http-status:code=503,op=ping", "drop-before-answer:op=ping"} {
		t.Run(fault, func(t *testing.T) {
			inWorld(t, 3, []string{fault}, func(w *world) {
				w.batch, w.connections, w.rate = 1, 1, 1/601.0
				got := w.apply(w.t.Context(), apply.Options{})
				if got.err != nil || got.report.Sent != 3 || got.took > 2*601*time.Second+5*time.Second {
					t.Errorf("%+v, %v, after %s", got.report, got.err, got.took)
				}
				if n := logged(got, "tried again"); n != 0 || w.gateway.Requests()["ping"] == 0 {
					t.Errorf("%d requests found no connection", n)
				}
			})
		})
	}
}

func TestARunThatEndsWaitsForItsPingAndNoLonger(t *testing.T) {
	inWorld(t, 2, []string{"delay:for=1h,op=ping"}, func(w *world) {
		slowly(w)
		stop := make(chan struct{})
		time.AfterFunc(10*time.Minute+time.Second, func() { close(stop) }) // while the ping is under way
		got := w.apply(w.t.Context(), apply.Options{Stop: stop})
		if !got.report.Interrupted || got.report.Sent != 1 || got.took != 10*time.Minute+time.Second {
			t.Errorf("%+v, %v, after %s", got.report, got.err, got.took)
		}
	})
}

// All eight workers meet the same stale session.
func TestAStaleSessionIsRenewedOnceForAll(t *testing.T) {
	for _, code := range []soap.Code{1, 3, 5} {
		t.Run(code.String(), func(t *testing.T) {
			inWorld(t, 200, []string{fmt.Sprintf("error:code=%s,times=8", code)}, func(w *world) {
				w.batch, w.answers = 5, takingTime(w)
				got := w.apply(w.t.Context(), apply.Options{})
				if got.err != nil || got.report.Sent != 200 {
					w.t.Fatalf("%+v, %v", got.report, got.err)
				}
				if calls := w.gateway.Requests(); calls["auth"] != 2 || calls["sendmsg"] != 40+8 {
					t.Errorf("calls %v, want two sign-ins, and one try more for each of eight workers", calls)
				}
				if n := logged(got, "signed in again"); n != 1 {
					t.Errorf("%d lines say that the run signed in again", n)
				}
			})
		})
	}
}

func TestASessionRefusedTwiceInARowStopsTheRun(t *testing.T) {
	for _, code := range []soap.Code{1, 3, 5} {
		t.Run(code.String(), func(t *testing.T) {
			inWorld(t, 200, []string{fmt.Sprintf("error:code=%s,times=100000", code)}, func(w *world) {
				w.batch, w.answers = 5, takingTime(w)
				got := w.apply(w.t.Context(), apply.Options{})
				if got.report.Cause == nil || got.report.NotAttempted != 200 {
					w.t.Fatalf("%+v, %v; want the run stopped and everybody unsent", got.report, got.err)
				}
				if calls := w.gateway.Requests(); calls["auth"] != 2 || calls["sendmsg"] != 16 {
					t.Errorf("calls %v, want two sign-ins and two tries by each worker", calls)
				}
				w.order()
				if next := w.apply(w.t.Context(), apply.Options{}); next.report.Sent != 200 {
					t.Errorf("next run: %+v, %v", next.report, next.err)
				}
			})
		})
	}
}

func TestAnInterruptWhileSigningInAnewIsNoFaultOfTheGateway(t *testing.T) {
	inWorld(t, 1, []string{"error:code=003", "delay:for=1h,op=auth,after=1"}, func(w *world) {
		ctx, second := context.WithCancel(w.t.Context())
		stop := make(chan struct{})
		time.AfterFunc(time.Second, func() { close(stop) })
		time.AfterFunc(2*time.Second, second)
		got := w.apply(ctx, apply.Options{Stop: stop})
		if !got.report.Interrupted || got.report.Cause != nil || got.report.NotAttempted != 1 {
			t.Errorf("%+v, %v, cause %+v", got.report, got.err, got.report.Cause)
		}
	})
}

func TestASessionThatQueriesAreRefusedWithIsNotRenewedForEach(t *testing.T) {
	for _, code := range []soap.Code{1, 3, 5} {
		t.Run(code.String(), func(t *testing.T) {
			inWorld(t, 30, []string{"drop-before-answer", fmt.Sprintf("error:code=%s,op=querymsg,times=100000", code)}, func(w *world) {
				w.batch, w.connections = 1, 1
				w.apply(w.t.Context(), apply.Options{ResolveTimeout: -1, GoOn: true})
				before := w.gateway.Requests()["auth"]
				got := w.apply(w.t.Context(), apply.Options{})
				if s := got.report.Settled; s == nil || s.InDoubt != 30 {
					w.t.Errorf("%+v, %v; want all in doubt", s, got.err)
				}
				if n := w.gateway.Requests()["auth"] - before; n != 2 {
					t.Errorf("%d sign-ins for 30 doubts, want two", n)
				}
			})
		})
	}
}

// takingTime makes a gateway that takes time for each call, so that all workers have one under way.
func takingTime(w *world) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, q *http.Request) {
		time.Sleep(5 * time.Millisecond)
		w.gateway.ServeHTTP(rw, q)
	})
}

// logged counts the lines of a run that contain the words.
func logged(r run, words string) int {
	n := 0
	for _, e := range r.events {
		if e.Kind == apply.Log && strings.Contains(e.Text, words) {
			n++
		}
	}
	return n
}
