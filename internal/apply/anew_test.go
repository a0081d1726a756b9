package apply_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/smsplan/smsplan/internal/apply"
	"github.com/smsplan/smsplan/internal/state"
)

// lost is a gateway that takes the first requests and drops their answers, and does not know the messages for a day.
func lost(requests int) []string {
	return []string{fmt.Sprintf("drop-before-answer:times=%d", requests), "query-lag:for=24h"}
}

func TestAnAlarmIsSentAnewAtOnce(t *testing.T) {
	for name, tt := range map[string]struct {
		people, batch, lost int
		sent, inDoubt       int // in the report
		taken               int // messages
	}{
		"one person":                      {1, 1, 1, 1, 0, 2},
		"several people in a request":     {5, 5, 1, 5, 0, 10},
		"one request of several":          {6, 2, 1, 6, 0, 8},
		"once, where that is lost too":    {1, 1, 2, 0, 1, 2},
		"several, where that is lost too": {4, 4, 2, 0, 4, 8},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, tt.people, lost(tt.lost), func(w *world) {
				w.batch, w.connections, w.twice = tt.batch, 1, true
				w.extra = `  on_doubt = "resend"`
				got := w.apply(w.t.Context(), apply.Options{ResolveTimeout: -1})
				if got.err != nil || got.report.Sent != tt.sent || got.report.InDoubt != tt.inDoubt || got.report.Again == 0 {
					w.t.Errorf("%+v, %v", got.report, got.err)
				}
				if n := len(w.gateway.Messages()); n != tt.taken {
					w.t.Errorf("the gateway took %d messages, want %d", n, tt.taken)
				}
				ids := map[string]bool{}
				for _, m := range w.gateway.Messages() {
					ids[m.ClientID] = true
				}
				if want := w.gateway.Requests()["sendmsg"]; len(ids) != want {
					w.t.Errorf("%d requests had %d client message ids", want, len(ids))
				}
			})
		})
	}
}

func TestWithoutAPolicyNobodyIsSentToAnew(t *testing.T) {
	inWorld(t, 4, lost(1), func(w *world) {
		w.batch = 4
		for range 10 {
			if got := w.apply(w.t.Context(), apply.Options{}); got.report.InDoubt+got.report.Elsewhere != 4 {
				w.t.Fatalf("%+v, %v", got.report, got.err)
			}
			time.Sleep(time.Hour)
		}
	})
}

// Somebody who got the alarm is known to have got it once the gateway knows any of the requests.
func TestAFirstRequestThatIsFoundLaterLeadsToNoThird(t *testing.T) {
	for _, people := range []int{1, 5} {
		t.Run(fmt.Sprint(people), func(t *testing.T) {
			inWorld(t, people, lost(2), func(w *world) {
				w.batch, w.twice = people, true
				w.extra = `  on_doubt = "resend"`
				if got := w.apply(w.t.Context(), apply.Options{ResolveTimeout: -1}); got.report.InDoubt != people {
					w.t.Fatalf("%+v, %v; want everybody in doubt twice", got.report, got.err)
				}
				// The gateway comes to know the first request, and never the second.
				first := w.gateway.Messages()[0].ClientID
				w.answers = knowing(w, first)
				saved := w.plan(w.t.Context())
				if saved.Totals().Again != people {
					w.t.Errorf("planned %+v; want everybody again", saved.Totals())
				}
				w.saved = saved
				got := w.apply(w.t.Context(), apply.Options{})
				if n := w.gateway.Requests()["sendmsg"]; got.err != nil || n != 2 {
					w.t.Errorf("%d requests; %+v, %v; want no third", n, got.report, got.err)
				}
				want := state.Accepted
				if people > 1 {
					want = state.Unconfirmed
				}
				if counts := w.counts(); counts[want] != people {
					w.t.Errorf("state: %v, want %d %s", counts, people, want)
				}
			})
		})
	}
}

// A second request that cannot be sent must not make the first forgotten.
func TestAResendThatFailsLeavesTheFirstRequestInDoubt(t *testing.T) {
	for name, second := range map[string]string{"no credit": "ERR: 301, No credit", "not reached": ""} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, 2, lost(1), func(w *world) {
				w.batch, w.auth = 2, "credentials"
				w.apply(w.t.Context(), apply.Options{ResolveTimeout: -1})
				w.extra = `  on_doubt = "resend"`
				if second == "" {
					w.network.down.Store(true)
				} else {
					w.answers = saying(w, func(op string) string {
						if op == "sendmsg" {
							return second
						}
						return ""
					})
				}
				got := w.apply(w.t.Context(), apply.Options{})
				if got.report.InDoubt != 2 || got.report.NotAttempted != 0 || got.report.Cause == nil {
					w.t.Errorf("%+v, %v; want both in doubt, as before", got.report, got.err)
				}
				w.answers, w.extra = nil, ""
				w.network.down.Store(false)
				held := w.apply(w.t.Context(), apply.Options{})
				if !held.plan.Empty() || len(w.gateway.Messages()) != 2 {
					w.t.Errorf("planned with the policy taken away: %+v", held.plan.Totals())
				}
				time.Sleep(25 * time.Hour)
				later := w.apply(w.t.Context(), apply.Options{})
				if s := later.report.Settled; s == nil || s.Unconfirmed != 2 {
					w.t.Errorf("when the gateway knows the first request: %+v", later.report)
				}
			})
		})
	}
}

func TestAProbeSendsAnewAfterFiveUnknownAnswersOverSettle(t *testing.T) {
	for name, tt := range map[string]struct {
		every time.Duration // between two applies
		first time.Duration // -resolve-timeout of the first
		want  time.Duration // from the first to the one that sends anew
	}{
		"often":                        {10 * time.Second, -1, 15 * time.Minute},
		"every minute":                 {time.Minute, -1, 15 * time.Minute},
		"seldom":                       {10 * time.Minute, -1, 50 * time.Minute},
		"once a day, asked at its end": {24 * time.Hour, 0, 48 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, 4, []string{"drop-before-answer:times=1", "query-lag:for=120h"}, func(w *world) {
				w.batch, w.twice = 4, true
				w.extra = `  on_doubt = "probe"`
				began := time.Now()
				w.apply(w.t.Context(), apply.Options{ResolveTimeout: tt.first})
				for w.gateway.Requests()["sendmsg"] == 1 {
					time.Sleep(tt.every)
					if w.apply(w.t.Context(), apply.Options{}); time.Since(began) > 100*time.Hour {
						w.t.Fatal("never sent anew")
					}
				}
				if took := time.Since(began); took < tt.want || took > tt.want+tt.every+5*time.Minute {
					w.t.Errorf("sent anew after %s, want %s", took, tt.want)
				}
				if counts := w.counts(); counts[state.Accepted] != 4 {
					w.t.Errorf("state: %v", counts)
				}
			})
		})
	}
}

func TestAProbeWithinOneRun(t *testing.T) {
	inWorld(t, 4, []string{"drop-before-answer:times=1", "query-lag:for=24h"}, func(w *world) {
		w.batch, w.twice = 2, true
		w.extra = `  on_doubt = "probe"`
		got := w.apply(w.t.Context(), apply.Options{ResolveTimeout: 20 * time.Minute})
		if got.err != nil || got.report.Sent != 4 || got.report.Again != 2 || !got.report.Complete() || got.took < 15*time.Minute {
			w.t.Errorf("%+v, %v", got.report, got.err)
		}
	})
}

func TestAProbeThatTheGatewayKnowsIsNotSentAnew(t *testing.T) {
	inWorld(t, 1, []string{"drop-before-answer:times=1", "query-lag:for=10m"}, func(w *world) {
		w.extra = `  on_doubt = "probe"`
		got := w.apply(w.t.Context(), apply.Options{ResolveTimeout: 20 * time.Minute})
		if got.err != nil || got.report.Sent != 1 || got.report.Again != 0 || len(w.gateway.Messages()) != 1 {
			w.t.Errorf("%+v, %v", got.report, got.err)
		}
	})
}

// A query that is refused, or has no answer, says nothing of the request.
func TestOnlyAnswersThatDoNotKnowTheRequestCount(t *testing.T) {
	for name, line := range map[string]string{"refused": "ERR: 007, IP Lockdown violation", "internal error": "ERR: 901, Internal error", "a status of tomorrow": "ID: a1b2c3d4e5f60718293a4b5c6d7e8f90 Status: 015"} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, 1, lost(1), func(w *world) {
				w.extra = `  on_doubt = "probe"`
				w.apply(w.t.Context(), apply.Options{ResolveTimeout: -1})
				w.answers = saying(w, func(op string) string { return map[string]string{"querymsg": line}[op] })
				for range 20 {
					time.Sleep(10 * time.Minute)
					if got := w.apply(w.t.Context(), apply.Options{}); got.report.Elsewhere != 1 {
						w.t.Fatalf("%+v, %v", got.report, got.err)
					}
				}
			})
		})
	}
}

func TestADoubtOfAnotherAccountIsNotAskedAbout(t *testing.T) {
	inWorld(t, 1, lost(1), func(w *world) {
		w.apply(w.t.Context(), apply.Options{ResolveTimeout: -1})
		before := w.gateway.Requests()["querymsg"]
		w.host = "localhost" // another host is another account
		got := w.apply(w.t.Context(), apply.Options{})
		if s := got.report.Settled; s == nil || s.OtherAccount != 1 || s.InDoubt != 0 || w.gateway.Requests()["querymsg"] != before {
			w.t.Errorf("%+v, %v", got.report, got.err)
		}
	})
}

func TestADoubtThatTheGatewayHasForgottenSaysSo(t *testing.T) {
	inWorld(t, 1, []string{"drop-before-answer:times=1", "query-lag:for=1000h"}, func(w *world) {
		w.apply(w.t.Context(), apply.Options{ResolveTimeout: -1})
		time.Sleep(6*24*time.Hour - time.Minute)
		if got := w.apply(w.t.Context(), apply.Options{}); doubts(got, "six days") != 0 {
			w.t.Error("said too early")
		}
		time.Sleep(25 * time.Hour)
		if got := w.apply(w.t.Context(), apply.Options{}); doubts(got, "six days, and this one is 7 days old") != 1 {
			w.t.Errorf("%+v", got.events)
		}
	})
}

// doubts counts the doubts of a run whose text contains the words.
func doubts(r run, words string) int {
	n := 0
	for _, e := range r.events {
		if e.Kind == apply.Doubt && strings.Contains(e.Text, words) {
			n++
		}
	}
	return n
}

// knowing is a gateway that knows one request alone, by its client message id, and takes no other.
func knowing(w *world, clientID string) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		q.Body = io.NopCloser(bytes.NewReader(body))
		if operation(q) == "querymsg" {
			line := "ERR: 104, Unknown client message ID"
			if bytes.Contains(body, []byte(clientID)) {
				line = "ID: a1b2c3d4e5f60718293a4b5c6d7e8f90 Status: 004"
			}
			_, _ = io.WriteString(rw, envelope("querymsg", line))
			return
		}
		w.gateway.ServeHTTP(rw, q)
	})
}
