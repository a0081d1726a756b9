package apply_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smsplan/smsplan/internal/apply"
	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/phone/fiction"
	"github.com/smsplan/smsplan/internal/simulator"
	"github.com/smsplan/smsplan/internal/state"
)

func TestEverybodyIsSentToOnceInFullRequests(t *testing.T) {
	for _, tt := range []struct{ people, requests int }{{1, 1}, {300, 1}, {301, 2}, {900, 3}} {
		t.Run(fmt.Sprint(tt.people), func(t *testing.T) {
			inWorld(t, tt.people, nil, func(w *world) {
				first := w.apply(w.t.Context(), apply.Options{})
				if first.err != nil || !first.report.Complete() || first.report.Sent != tt.people || first.report.Requests != tt.requests {
					t.Errorf("first run: %+v, %v; want %d sent in %d requests", first.report, first.err, tt.people, tt.requests)
				}
				if _, taken := w.taken(); taken != tt.people {
					t.Errorf("the gateway took messages for %d people, want %d", taken, tt.people)
				}
				second := w.apply(w.t.Context(), apply.Options{})
				if !second.plan.Empty() || second.report.Total != 0 {
					t.Errorf("second run: %+v", second.report)
				}
			})
		})
	}
}

func TestBothBindingsAndBothWaysToSignIn(t *testing.T) {
	for _, binding := range []string{"document", "rpc"} {
		for _, auth := range []string{"session", "credentials"} {
			t.Run(binding+" "+auth, func(t *testing.T) {
				inWorld(t, 20, nil, func(w *world) {
					w.binding, w.auth, w.batch, w.text = binding, auth, 7, "Żółw & <ślimak>"
					got := w.apply(w.t.Context(), apply.Options{})
					if got.err != nil || got.report.Sent != 20 {
						w.t.Fatalf("%+v, %v", got.report, got.err)
					}
					for _, m := range w.gateway.Messages() {
						if m.Text != w.text {
							w.t.Fatalf("the gateway took %q, want %q", m.Text, w.text)
						}
					}
				})
			})
		}
	}
}

func TestConnectionsAreKeptAndBounded(t *testing.T) {
	inWorld(t, 1000, []string{"delay:for=20ms"}, func(w *world) {
		w.batch = 10
		if got := w.apply(w.t.Context(), apply.Options{}); got.report.Sent != 1000 {
			w.t.Fatalf("%+v, %v", got.report, got.err)
		}
		if most, dialled := w.network.most.Load(), w.network.dialled.Load(); most > 8 || dialled > 8 {
			t.Errorf("%d connections at once and %d in all, want at most 8", most, dialled)
		}
	})
}

func TestRateCountsRecipientsOverAllConnections(t *testing.T) {
	inWorld(t, 900, nil, func(w *world) {
		for _, batch := range []int{1, 50, 300} {
			w.rate, w.batch = 100, batch
			w.extra, w.text = fmt.Sprintf("  revision = %d", batch), fmt.Sprintf("Hello %d.", batch)
			got := w.apply(w.t.Context(), apply.Options{})
			// The bucket is full at the start: one request goes at once, the others at 100 recipients a second.
			want := time.Duration(900-batch) * 10 * time.Millisecond
			if got.took < want || got.took > want+time.Second {
				t.Errorf("900 recipients at 100 a second in requests of %d took %s, want about %s", batch, got.took, want)
			}
		}
	})
}

func TestLostAnswersAreInDoubtAndSettledByQuery(t *testing.T) {
	for _, tt := range []struct {
		fault string
		batch int
		want  state.Outcome
	}{
		{"drop-before-answer", 1, state.Accepted},
		{"drop-after-headers", 1, state.Accepted},
		{"drop-mid-body", 1, state.Accepted},
		{"http-status:code=502", 1, state.Accepted},
		{"soap-fault", 1, state.Accepted},
		{"drop-before-answer", 300, state.Unconfirmed},
	} {
		t.Run(fmt.Sprintf("%s %d", strings.ReplaceAll(tt.fault, ":", " "), tt.batch), func(t *testing.T) {
			inWorld(t, 4, []string{tt.fault}, func(w *world) {
				w.batch = tt.batch
				got := w.apply(w.t.Context(), apply.Options{GoOn: true})
				if got.err != nil || got.report.InDoubt != 0 {
					t.Errorf("%+v, %v; want all doubts settled", got.report, got.err)
				}
				if n := w.counts()[tt.want]; n != 4 {
					t.Errorf("state: %v; want 4 %s", w.counts(), tt.want)
				}
				if again := w.apply(w.t.Context(), apply.Options{}); !again.plan.Empty() {
					t.Errorf("planned again: %+v", again.plan.Totals())
				}
			})
		})
	}
}

func TestWhatTheGatewayDoesNotKnowStaysInDoubtAndIsNotSentAgain(t *testing.T) {
	inWorld(t, 3, []string{"drop-before-answer", "query-lag:for=1h"}, func(w *world) {
		w.batch = 1
		got := w.apply(w.t.Context(), apply.Options{})
		if got.report.InDoubt != 3 {
			t.Errorf("%+v, %v; want 3 in doubt", got.report, got.err)
		}
		again := w.apply(w.t.Context(), apply.Options{})
		if !again.plan.Empty() || again.report.Settled == nil || again.report.Settled.InDoubt != 3 {
			t.Errorf("second run: %+v", again.report)
		}
		time.Sleep(2 * time.Hour) // in the bubble
		later := w.apply(w.t.Context(), apply.Options{})
		if later.report.Settled == nil || later.report.Settled.Accepted != 3 {
			t.Errorf("two hours later: %+v", later.report)
		}
	})
}

func TestExpiredSessionIsRenewedByOne(t *testing.T) {
	inWorld(t, 200, []string{"expire-sessions-after:requests=10", "delay:for=5ms"}, func(w *world) {
		w.batch = 5
		got := w.apply(w.t.Context(), apply.Options{})
		if got.err != nil || got.report.Sent != 200 {
			t.Errorf("%+v, %v", got.report, got.err)
		}
	})
}

func TestFatalAnswerStopsTheRunAndTheRestIsPlannedAgain(t *testing.T) {
	inWorld(t, 400, []string{"credit-runs-out:credit=100"}, func(w *world) {
		w.batch, w.connections = 10, 1
		got := w.apply(w.t.Context(), apply.Options{})
		if got.report.Cause == nil || got.report.Sent != 100 || got.report.NotAttempted != 300 {
			w.t.Fatalf("%+v, %v", got.report, got.err)
		}
		if n := w.counts()[state.Unsent]; n != 300 {
			t.Errorf("state: %v, want 300 unsent", w.counts())
		}
		if next := w.apply(w.t.Context(), apply.Options{}); next.report.Total != 300 {
			t.Errorf("the next run has %d people, want 300", next.report.Total)
		}
	})
}

func TestInternalErrorIsLookedUpAndTriedAgain(t *testing.T) {
	inWorld(t, 30, []string{"error:code=901,times=2"}, func(w *world) {
		w.batch, w.connections = 10, 1
		got := w.apply(w.t.Context(), apply.Options{})
		if got.err != nil || got.report.Sent != 30 {
			t.Errorf("%+v, %v", got.report, got.err)
		}
		if n := w.gateway.Requests()["querymsg"]; n != 2 {
			t.Errorf("%d queries, want one for each internal error", n)
		}
	})
}

func TestUnreachableGatewayLeavesEverybodyUnsent(t *testing.T) {
	inWorld(t, 50, nil, func(w *world) {
		w.batch = 10
		w.auth = "credentials"
		w.network.down.Store(true)
		got := w.apply(w.t.Context(), apply.Options{})
		if got.report.Cause == nil || got.report.NotAttempted != 50 || got.report.InDoubt != 0 {
			t.Errorf("%+v, %v", got.report, got.err)
		}
		w.network.down.Store(false)
		if next := w.apply(w.t.Context(), apply.Options{}); next.report.Sent != 50 {
			t.Errorf("next run: %+v, %v", next.report, next.err)
		}
	})
}

func TestUnreachableGatewayIsNotAskedForSessionsByEveryWorkerInTurn(t *testing.T) {
	inWorld(t, 50, nil, func(w *world) {
		w.batch = 10
		w.network.down.Store(true)
		got := w.apply(w.t.Context(), apply.Options{})
		if got.report.Cause == nil || got.report.NotAttempted != 50 || got.took > 10*time.Second {
			w.t.Errorf("%+v, %v, after %s; want it given up after one sign-in", got.report, got.err, got.took)
		}
	})
}

func TestFirstInterruptFinishesWhatIsUnderWay(t *testing.T) {
	inWorld(t, 400, []string{"delay:for=1s"}, func(w *world) {
		w.batch, w.connections = 10, 4
		stop := make(chan struct{})
		time.AfterFunc(2500*time.Millisecond, func() { close(stop) })
		got := w.apply(w.t.Context(), apply.Options{Stop: stop})
		if !got.report.Interrupted || got.report.InDoubt != 0 || got.report.Sent != 120 {
			t.Errorf("%+v, %v; want the 3 rounds of 4 requests that had begun", got.report, got.err)
		}
		if next := w.apply(w.t.Context(), apply.Options{}); next.report.Sent != 280 {
			t.Errorf("next run: %+v, %v", next.report, next.err)
		}
	})
}

func TestSecondInterruptLeavesDoubtsThatTheNextRunSettles(t *testing.T) {
	inWorld(t, 400, []string{"delay:for=1s"}, func(w *world) {
		w.batch, w.connections = 10, 4
		ctx, cancel := context.WithCancel(w.t.Context())
		time.AfterFunc(2500*time.Millisecond, cancel)
		got := w.apply(ctx, apply.Options{})
		if got.report.InDoubt != 40 || got.report.Sent != 80 {
			t.Errorf("%+v, %v; want the 4 requests under way in doubt", got.report, got.err)
		}
		synctest.Wait()
		next := w.apply(w.t.Context(), apply.Options{})
		if next.report.Sent != 280 || next.report.Settled == nil {
			t.Errorf("next run: %+v, %v", next.report, next.err)
		}
	})
}

func TestPeopleExcludedSinceAreNotSentTo(t *testing.T) {
	inWorld(t, 20, nil, func(w *world) {
		got := w.apply(w.t.Context(), apply.Options{Excluded: func(_ string, n phone.Number) bool { return strings.HasSuffix(n.E164(), "5") }})
		if got.report.Sent != 18 || got.report.Already != 2 {
			t.Errorf("%+v, %v", got.report, got.err)
		}
		for _, m := range w.gateway.Messages() {
			if strings.HasSuffix(m.To, "5") {
				t.Errorf("sent to an excluded person")
			}
		}
	})
}

func TestNumbersRefusedAreCountedByCode(t *testing.T) {
	inWorld(t, 20, []string{"refuse:code=122,ending=5"}, func(w *world) {
		got := w.apply(w.t.Context(), apply.Options{})
		if got.report.Sent != 18 || got.report.Refused != 2 || len(got.report.Refusals) != 1 || got.report.Refusals[0].Code != "122" {
			t.Errorf("%+v, %v", got.report, got.err)
		}
		past, err := state.Read(w.t.Context(), w.state)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, n := range fiction.Numbers(20) {
			digits := n.E164()
			if got, want := past.Stopped(past.AppendAlias(nil, []byte(digits))), strings.HasSuffix(digits, "5"); got != want {
				t.Errorf("on the stop list: %v, want %v", got, want)
			}
		}
	})
}

func TestScheduledMessagesCarryTheMinutes(t *testing.T) {
	inWorld(t, 2, nil, func(w *world) {
		w.extra = fmt.Sprintf("  deliver_at = %q", time.Now().Add(90*time.Minute+time.Second).Format(time.RFC3339))
		got := w.apply(w.t.Context(), apply.Options{})
		if got.err != nil || got.report.Sent != 2 {
			w.t.Errorf("%+v, %v", got.report, got.err)
		}
		for _, m := range w.gateway.Messages() {
			if m.Delay != 91 {
				w.t.Errorf("delay of %d minutes, want 91", m.Delay)
			}
		}
	})
}

func TestAScheduledMessageDoesNotExpireBeforeItIsDue(t *testing.T) {
	inWorld(t, 1, nil, func(w *world) {
		w.extra = fmt.Sprintf("  deliver_at = %q\n  validity = \"30m\"", time.Now().Add(2*time.Hour).Format(time.RFC3339))
		if got := w.apply(w.t.Context(), apply.Options{}); got.err != nil || got.report.Sent != 1 {
			w.t.Fatalf("%+v, %v", got.report, got.err)
		}
		time.Sleep(3 * time.Hour)
		const network = 3
		for _, m := range w.gateway.Find(w.t.Context(), simulator.Query{}).Messages {
			if m.Status != network {
				w.t.Errorf("status %03d, want %03d", m.Status, network)
			}
		}
	})
}

func TestNothingIsScheduledByAWrongClock(t *testing.T) {
	for _, auth := range []string{"session", "credentials"} {
		t.Run(auth, func(t *testing.T) {
			inWorld(t, 2, nil, func(w *world) {
				w.auth, w.ahead = auth, -5*time.Minute
				w.extra = fmt.Sprintf("  deliver_at = %q", time.Now().Add(90*time.Minute).Format(time.RFC3339))
				got := w.apply(w.t.Context(), apply.Options{})
				if got.report.Cause == nil || got.report.Sent != 0 || got.report.NotAttempted != 2 {
					w.t.Errorf("%+v, %v", got.report, got.err)
				}
			})
		})
	}
}

// Outcomes that are known when the state fails must not be lost with it.
func TestOutcomesThatTheStateCannotTakeAreSaved(t *testing.T) {
	inWorld(t, 400, []string{"delay:for=1s"}, func(w *world) {
		w.batch, w.connections = 10, 4
		w.opened = func(s *state.State) {
			time.AfterFunc(2500*time.Millisecond, func() { _ = s.Close() })
		}
		got := w.apply(w.t.Context(), apply.Options{OrphanDir: w.dir})
		if got.err == nil || got.report.Sent != 120 {
			w.t.Fatalf("%+v, %v; want an error, and the 3 rounds of 4 requests that had begun", got.report, got.err)
		}
		saved, err := os.ReadFile(got.report.Orphans)
		if err != nil {
			w.t.Fatal(err)
		}
		if n := strings.Count(string(saved), `"outcome":"accepted"`); n != 4 {
			t.Errorf("%d outcomes are saved, want the 4 that the state could not take:\n%s", n, saved)
		}
		w.opened = nil
		next := w.apply(w.t.Context(), apply.Options{})
		if next.report.Sent != 280 {
			t.Errorf("next run: %+v, %v", next.report, next.err)
		}
	})
}

func TestSavedPlanAppliedAgainSaysWhatIsStillOpen(t *testing.T) {
	inWorld(t, 20, []string{"refuse:code=114,ending=5", "drop-before-answer:after=1,times=1", "query-lag:for=24h"}, func(w *world) {
		w.batch, w.connections = 5, 1
		first := w.apply(w.t.Context(), apply.Options{ResolveTimeout: -1})
		if first.report.Sent != 14 || first.report.Refused != 1 || first.report.InDoubt != 5 {
			w.t.Fatalf("first run: %+v, %v", first.report, first.err)
		}
		w.saved = first.plan
		again := w.apply(w.t.Context(), apply.Options{})
		if again.report.Already != 14 || again.report.Refused != 1 || again.report.InDoubt != 5 || again.report.Complete() {
			t.Errorf("second run: %+v, %v; want what the first left open", again.report, again.err)
		}
		if again.took > time.Second {
			t.Errorf("the second run waited %s for doubts that are not its own", again.took)
		}
	})
}

func TestNobodyOnTheStopListIsSentTo(t *testing.T) {
	t.Run("before the claim", func(t *testing.T) {
		inWorld(t, 20, []string{"refuse:code=122,ending=5,times=1"}, func(w *world) {
			w.extra, w.text = "  revision = 2", "Hello again."
			saved := w.plan(w.t.Context())
			w.extra, w.text = "", "Hello."
			w.apply(w.t.Context(), apply.Options{})
			w.saved = saved
			got := w.apply(w.t.Context(), apply.Options{})
			if got.report.Sent != 18 || got.report.Already != 2 {
				w.t.Errorf("%+v, %v; want the two who opted out meanwhile left out", got.report, got.err)
			}
		})
	})
	t.Run("within the run", func(t *testing.T) {
		inWorld(t, 20, []string{"refuse:code=122,ending=5,times=1"}, func(w *world) {
			w.connections = 1
			w.more = `message "later" {
  to   = [recipients.everybody]
  text = "Bye."
}`
			got := w.apply(w.t.Context(), apply.Options{})
			if got.report.Sent != 36 || got.report.Refused != 2 || got.report.Already != 2 {
				w.t.Errorf("%+v, %v; want the two who opted out left out of the second message", got.report, got.err)
			}
			again := w.apply(w.t.Context(), apply.Options{})
			if !again.plan.Empty() {
				w.t.Errorf("planned again: %+v", again.plan.Totals())
			}
		})
	})
	t.Run("all of a request", func(t *testing.T) {
		inWorld(t, 1, []string{"refuse:code=122,times=1"}, func(w *world) {
			w.connections = 1
			w.more = `message "later" {
  to   = [recipients.everybody]
  text = "Bye."
}`
			got := w.apply(w.t.Context(), apply.Options{})
			if got.report.Sent != 0 || got.report.Refused != 1 || got.report.Already != 1 || got.report.NotAttempted != 0 {
				w.t.Errorf("%+v, %v", got.report, got.err)
			}
		})
	})
}

func TestWhatIsTooLateIsNotSent(t *testing.T) {
	inWorld(t, 3, nil, func(w *world) {
		w.extra = fmt.Sprintf("  deliver_at = %q\n  validity = \"1m\"", time.Now().Add(time.Minute).Format(time.RFC3339))
		w.saved = w.plan(w.t.Context())
		time.Sleep(3 * time.Minute)
		got := w.apply(w.t.Context(), apply.Options{})
		if got.report.Sent != 0 || got.report.Late != 3 || got.report.NotAttempted != 3 {
			w.t.Errorf("%+v, %v", got.report, got.err)
		}
	})
}

func TestDoubtsOfEarlierRunsKeepARunFromBeingComplete(t *testing.T) {
	inWorld(t, 3, []string{"drop-before-answer:times=1", "query-lag:for=24h"}, func(w *world) {
		w.batch = 1
		first := w.apply(w.t.Context(), apply.Options{ResolveTimeout: -1})
		if first.report.Sent != 2 || first.report.InDoubt != 1 {
			w.t.Fatalf("first run: %+v, %v", first.report, first.err)
		}
		w.people = 5
		second := w.apply(w.t.Context(), apply.Options{ResolveTimeout: -1})
		if second.report.Sent != 2 || second.report.InDoubt != 0 || second.report.Elsewhere != 1 || second.report.Complete() {
			w.t.Errorf("second run: %+v, %v", second.report, second.err)
		}
	})
}

func TestAQueryThatFailsStarvesNoOther(t *testing.T) {
	inWorld(t, 6, []string{"drop-before-answer"}, func(w *world) {
		w.batch, w.connections = 1, 1
		w.apply(w.t.Context(), apply.Options{ResolveTimeout: -1, GoOn: true})
		w.order("error:code=901,op=querymsg,times=1")
		got := w.apply(w.t.Context(), apply.Options{})
		if s := got.report.Settled; s == nil || s.Accepted != 5 || s.InDoubt != 1 {
			w.t.Errorf("%+v, %v; want all but one settled", s, got.err)
		}
	})
}

func TestNothingBeginsAfterAnInterrupt(t *testing.T) {
	inWorld(t, 40, nil, func(w *world) {
		w.batch, w.auth = 1, "credentials"
		stop := make(chan struct{})
		close(stop)
		got := w.apply(w.t.Context(), apply.Options{Stop: stop})
		if got.report.Sent != 0 || !got.report.Interrupted {
			w.t.Errorf("%+v, %v", got.report, got.err)
		}
	})
}

func TestARefusedSenderIsNobodysRefusal(t *testing.T) {
	inWorld(t, 40, []string{"error:code=123"}, func(w *world) {
		w.batch, w.connections = 10, 1
		w.extra = `  from = "ACME"`
		got := w.apply(w.t.Context(), apply.Options{})
		if got.report.Cause == nil || got.report.Refused != 0 || got.report.NotAttempted != 40 {
			w.t.Errorf("%+v, %v; want the run stopped and everybody unsent", got.report, got.err)
		}
		if next := w.apply(w.t.Context(), apply.Options{}); next.report.Sent != 40 {
			w.t.Errorf("once the sender is approved: %+v, %v", next.report, next.err)
		}
	})
}

func TestABareOptOutOfSeveralStopsNobody(t *testing.T) {
	inWorld(t, 3, []string{"error:code=122"}, func(w *world) {
		got := w.apply(w.t.Context(), apply.Options{})
		if got.report.Refused != 3 {
			w.t.Fatalf("%+v, %v", got.report, got.err)
		}
		past, err := state.Read(w.t.Context(), w.state)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, n := range fiction.Numbers(3) {
			if past.Stopped(past.AppendAlias(nil, []byte(n.E164()))) {
				w.t.Error("somebody whom the gateway did not name is on the stop list")
			}
		}
	})
}

// One of two people opts out in mid-run, and then the other, who was asked alone.
func TestAnOptOutOfTheOneWhoWasLeftIsLearned(t *testing.T) {
	inWorld(t, 2, []string{"refuse:code=122,ending=0,times=1", "refuse:code=122,ending=1,after=1,times=1"}, func(w *world) {
		w.connections = 1
		for _, name := range []string{"later", "still_later"} {
			w.more += fmt.Sprintf("message %q {\n  to   = [recipients.everybody]\n  text = %q\n}\n", name, name)
		}
		got := w.apply(w.t.Context(), apply.Options{})
		if got.report.Sent != 1 || got.report.Refused != 2 || got.report.Already != 3 {
			w.t.Errorf("%+v, %v; want one message, and nobody sent to who opted out", got.report, got.err)
		}
	})
}

func TestASenderRefusedForSomeStopsNobodyElse(t *testing.T) {
	for _, batch := range []int{1, 10} {
		t.Run(fmt.Sprint(batch), func(t *testing.T) {
			inWorld(t, 40, []string{"refuse:code=123,ending=5"}, func(w *world) {
				w.batch, w.connections = batch, 1
				w.extra = `  from = "ACME"`
				got := w.apply(w.t.Context(), apply.Options{})
				if got.report.Sent != 36 || got.report.Refused != 4 || got.report.Cause != nil {
					w.t.Errorf("%+v, %v", got.report, got.err)
				}
			})
		})
	}
}

// Doubts of an earlier run that are settled while this run waits for its own count as much as those settled at its start.
func TestEarlierDoubtsSettledAtTheEndAreCounted(t *testing.T) {
	inWorld(t, 2, []string{"drop-before-answer", "query-lag:for=8s"}, func(w *world) {
		first := w.apply(w.t.Context(), apply.Options{ResolveTimeout: -1})
		if first.report.InDoubt != 2 {
			w.t.Fatalf("first run: %+v, %v", first.report, first.err)
		}
		w.people, w.batch = 3, 1
		second := w.apply(w.t.Context(), apply.Options{})
		if s := second.report.Settled; s == nil || s.InDoubt != 0 || s.Unconfirmed != 2 {
			w.t.Errorf("earlier doubts: %+v", s)
		}
		if second.report.Sent != 1 || second.report.Elsewhere != 0 || second.report.Complete() {
			w.t.Errorf("second run: %+v, %v", second.report, second.err)
		}
	})
}

func TestDoubtsAreCountedWhereTheStateFails(t *testing.T) {
	inWorld(t, 40, []string{"delay:for=1s", "drop-before-answer"}, func(w *world) {
		w.batch, w.connections = 10, 2
		w.opened = func(s *state.State) {
			time.AfterFunc(1500*time.Millisecond, func() { _ = s.Close() })
		}
		got := w.apply(w.t.Context(), apply.Options{OrphanDir: w.dir})
		if got.err == nil || got.report.InDoubt == 0 || got.report.Elsewhere != 0 {
			w.t.Errorf("%+v, %v", got.report, got.err)
		}
	})
}
