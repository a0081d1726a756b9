package apply_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/smsplan/smsplan/internal/apply"
	"github.com/smsplan/smsplan/internal/render"
	"github.com/smsplan/smsplan/internal/state"
)

// due gives the message a time of delivery.
func (w *world) due(at time.Time) {
	w.extra = fmt.Sprintf("\n  deliver_at = %q", at.UTC().Format(time.RFC3339))
}

// schedule has the gateway hold a text for an hour.
func (w *world) schedule(text string) {
	w.text = text
	w.due(time.Now().Add(time.Hour))
	w.apply(w.t.Context(), apply.Options{})
}

// live gives how many messages go out to each person, by the first word of their text.
func (w *world) live() map[string]int {
	count := map[string]int{}
	for _, m := range w.gateway.Messages() {
		if !m.Withdrawn {
			word, _, _ := strings.Cut(m.Text, " ")
			count[m.To+" "+word]++
		}
	}
	return count
}

func TestAMessageThatWentOutBeforeItsWithdrawalIsNotSentAnew(t *testing.T) {
	inWorld(t, 3, nil, func(w *world) {
		w.text = "One a"
		w.due(time.Now().Add(time.Hour))
		if got := w.apply(w.t.Context(), apply.Options{}); got.report.Sent != 3 {
			w.t.Fatalf("%+v", got.report)
		}
		w.text = "One b"
		w.saved = w.plan(w.t.Context())
		if p := w.saved.Totals(); p.ToSend != 3 || p.ToCancel != 3 {
			w.t.Fatalf("%+v", p)
		}
		time.Sleep(2 * time.Hour)
		got := w.apply(w.t.Context(), apply.Options{})
		if got.err != nil || got.report.OldKept != 3 || got.report.Kept() != 3 || got.report.Cancelled != 0 || got.report.Sent != 0 || got.report.Complete() || !got.report.Certain() {
			w.t.Errorf("%+v, %v", got.report, got.err)
		}
		for who, n := range w.live() {
			if n != 1 {
				w.t.Errorf("%s gets %d", who, n)
			}
		}
		if counts := w.counts(); counts[state.Accepted] != 3 {
			w.t.Errorf("%v", counts)
		}
	})
}

// A broadcast may take long to withdraw, call by call.
func TestARunTellsHowFarItIsWithWithdrawing(t *testing.T) {
	inWorld(t, 3, nil, func(w *world) {
		w.due(time.Now().Add(2 * time.Hour))
		w.apply(w.t.Context(), apply.Options{})
		w.due(time.Now().Add(3 * time.Hour))
		w.order("delay:op=delmsg,for=2s")
		told := map[int]bool{}
		w.watch = func(e apply.Event) {
			if e.Kind == apply.Progress && e.Report.ToCancel == 3 && e.Report.Sent == 0 {
				told[e.Report.Cancelled] = true
			}
		}
		got := w.apply(w.t.Context(), apply.Options{Parallelism: 1})
		if got.report.Cancelled != 3 || !told[0] || !told[1] || !told[2] {
			w.t.Errorf("%+v, told of %v", got.report, told)
		}
	})
}

// What a window resolves to depends on when that is asked; what was sent stays as long as its time is inside.
func TestAWindowThatIsTheSameCancelsNothing(t *testing.T) {
	inWorld(t, 3, nil, func(w *world) {
		w.window("08:00", "20:00")
		if got := w.apply(w.t.Context(), apply.Options{}); got.report.Sent != 3 {
			w.t.Fatalf("%+v", got.report)
		}
		for range 7 {
			time.Sleep(time.Hour + 7*time.Second)
			if p := w.plan(w.t.Context()); !p.Empty() {
				w.t.Fatalf("at %v: %+v", time.Now(), p.Withdrawals)
			}
		}
		w.window("06:00", "19:00")
		if p := w.plan(w.t.Context()); !p.Empty() {
			w.t.Errorf("the time is inside, and it cancels %+v", p.Withdrawals)
		}
		w.window("10:00", "20:00")
		got := w.apply(w.t.Context(), apply.Options{})
		if got.report.Cancelled != 3 || got.report.Sent != 3 || !got.report.Complete() {
			w.t.Errorf("%+v", got.report)
		}
		if p := w.plan(w.t.Context()); !p.Empty() {
			w.t.Errorf("%+v", p.Withdrawals)
		}
	})
}

// The gateway takes the call when the client has given up, and until then says that the message is scheduled.
func TestACallToWithdrawThatIsStillOnItsWayIsAllowedFor(t *testing.T) {
	inWorld(t, 1, nil, func(w *world) {
		w.timeout = 20 * time.Second
		w.schedule("One a")
		w.order("delay:op=delmsg,for=23s,times=1")
		w.text = "One b"
		got := w.apply(w.t.Context(), apply.Options{ResolveTimeout: -1})
		if got.report.Withdrawing != 1 || got.report.OldKept != 1 || got.report.Certain() {
			w.t.Fatalf("%+v", got.report)
		}
		w.text = "One a" // nothing is to be withdrawn any more
		got = w.apply(w.t.Context(), apply.Options{})
		if got.report.Withdrawing != 1 {
			w.t.Errorf("it is taken for settled: %+v", got.report)
		}
		time.Sleep(10 * time.Second)
		w.apply(w.t.Context(), apply.Options{})
		got = w.apply(w.t.Context(), apply.Options{})
		if got.report.Sent+got.report.Cancelled > 1 || got.report.Withdrawing != 0 || w.counts()[state.Accepted] != 1 {
			w.t.Errorf("%+v, %v", got.report, w.counts())
		}
		for who, n := range w.live() {
			if n != 1 {
				w.t.Errorf("%s gets %d", who, n)
			}
		}
		if len(w.live()) != 1 {
			w.t.Error("nobody gets it, and the state says that it was sent")
		}
	})
}

// The first call withdraws it and its answer is lost; the answer to the second says nothing about what the first has done.
func TestARefusalToWithdrawSaysNothingOfAnEarlierCall(t *testing.T) {
	for name, fault := range map[string]string{
		"error 301": "error:code=301,op=delmsg", "error 130": "error:code=130,op=delmsg",
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, 1, nil, func(w *world) {
				w.timeout = 20 * time.Second
				w.schedule("One a")
				w.text = "One b"
				for _, faults := range [][]string{
					{"drop-before-answer:op=delmsg", "drop-before-answer:op=querymsg"}, {fault, "drop-before-answer:op=querymsg"},
				} {
					w.order(faults...)
					got := w.apply(w.t.Context(), apply.Options{ResolveTimeout: -1})
					if got.report.Withdrawing != 1 || w.counts()[state.Withdrawing] != 1 {
						w.t.Errorf("%+v, %v", got.report, w.counts())
					}
					time.Sleep(time.Minute)
				}
				w.order()
				w.text = "One a"
				w.apply(w.t.Context(), apply.Options{})
				w.apply(w.t.Context(), apply.Options{})
				if len(w.live()) != 1 || w.counts()[state.Accepted] != 1 {
					w.t.Errorf("%v, and the state says %v", w.live(), w.counts())
				}
			})
		})
	}
}

// An apply that finds out that somebody's message was withdrawn before, which its own plan has go out as it is, is not complete: the next
// one sends it.
func TestAnApplyIsNotCompleteWhileSomebodyIsToBeSentToAnew(t *testing.T) {
	inWorld(t, 1, nil, func(w *world) {
		w.timeout = 20 * time.Second
		w.schedule("One a")
		w.text = "One b"
		w.order("drop-before-answer:op=delmsg", "drop-before-answer:op=querymsg")
		w.apply(w.t.Context(), apply.Options{ResolveTimeout: -1})
		time.Sleep(time.Minute)
		w.order()
		w.text = "One a"
		if got := w.apply(w.t.Context(), apply.Options{}); got.report.Complete() || got.report.Restored != 1 {
			w.t.Errorf("%+v", got.report)
		}
		if got := w.apply(w.t.Context(), apply.Options{}); !got.report.Complete() || got.report.Sent != 1 || len(w.live()) != 1 {
			w.t.Errorf("%+v, %v", got.report, w.live())
		}
	})
}

// The gateway answers before the call that is on its way arrives, and the answer arrives after it.
func TestAnAnswerFromBeforeTheWithdrawalProvesNothing(t *testing.T) {
	inWorld(t, 1, nil, func(w *world) {
		w.timeout = 20 * time.Second
		w.schedule("One a")
		w.order("delay:op=delmsg,for=23s,times=1", "delay:op=querymsg,for=19s,when=after")
		w.text = "One b"
		w.apply(w.t.Context(), apply.Options{ResolveTimeout: -1})
		w.text = "One a" // nothing is to be withdrawn any more
		got := w.apply(w.t.Context(), apply.Options{})
		if counts := w.counts(); counts[state.Accepted] != len(w.live()) {
			w.t.Errorf("%d go out, and the state says %v: %+v", len(w.live()), counts, got.report)
		}
	})
}

func TestWithdrawalsWaitForAClockThatIsRight(t *testing.T) {
	inWorld(t, 2, nil, func(w *world) {
		w.schedule("One a")
		w.text, w.ahead = "One b", 2*time.Minute
		got := w.apply(w.t.Context(), apply.Options{})
		if got.report.Cause == nil || got.report.Cancelled != 0 || len(w.gateway.Messages()) != 2 {
			w.t.Errorf("%+v", got.report)
		}
	})
}

var recallHistories = flag.Int("recalls", 12, "carry out `N` histories of scheduled messages")

// killing lets the process die at a request: what it has written until then is there afterwards, and nothing more leaves it.
type killing struct {
	w     *world
	mu    sync.Mutex
	left  int  // requests until then; negative for never
	takes bool // the gateway still takes the last one
	dead  bool
	files map[string][]byte
}

var ledgerFiles = []string{"anchor", "smsplan.state", "smsplan.state-wal"}

func (k *killing) ServeHTTP(rw http.ResponseWriter, q *http.Request) {
	k.mu.Lock()
	k.left--
	now, dead := k.left == 0, k.dead
	if now {
		k.dead, k.files = true, map[string][]byte{}
		for _, name := range ledgerFiles {
			k.files[name], _ = os.ReadFile(filepath.Join(k.w.dir, name))
		}
	}
	k.mu.Unlock()
	if dead || now && !k.takes {
		panic(http.ErrAbortHandler)
	}
	k.w.gateway.ServeHTTP(rw, q)
	if now {
		panic(http.ErrAbortHandler)
	}
}

func (k *killing) restore() {
	_ = os.Remove(filepath.Join(k.w.dir, "smsplan.state-shm"))
	for name, content := range k.files {
		if err := os.WriteFile(filepath.Join(k.w.dir, name), content, 0o600); err != nil {
			k.w.t.Fatal(err)
		}
	}
}

// Whatever becomes of texts, times and people while messages are scheduled, and whatever becomes of calls and processes, nobody
// has two messages of one revision that go out, and whoever is to have one and has none is nowhere called done.
func TestNobodyHasTwoScheduledMessagesOfOneRevision(t *testing.T) {
	faults := []string{
		"", "", "drop-before-answer:op=delmsg,times=%d", "drop-before-answer:op=sendmsg,times=%d", "drop-before-answer:op=querymsg,times=%d",
		"delay:op=delmsg,for=23s,times=%d", "delay:op=delmsg,for=23s,when=after,times=%d", "error:code=104,op=delmsg,times=%d",
		"error:code=901,op=delmsg,times=%d", "http-status:op=delmsg,times=%d", "error:code=003,op=delmsg,times=%d", "error:code=130,op=delmsg,times=%d", "query-lag:for=20s",
	}
	runs, withdrawn, twice, lost := 0, 0, 0, 0
	defer func() {
		fmt.Printf("campaign: R9 | histories of scheduled messages that are withdrawn | %s histories | seeds %d to %d | %d sent twice, %d lost; %s runs, %s withdrawn\n",
			render.Count(*recallHistories), *firstSeed, *firstSeed+uint64(*recallHistories)-1, twice, lost, render.Count(runs), render.Count(withdrawn))
	}()
	for seed := *firstSeed; seed < *firstSeed+uint64(*recallHistories); seed++ {
		r := rand.New(rand.NewPCG(seed, 1))
		inWorld(t, 1+r.IntN(6), nil, func(w *world) {
			w.batch, w.connections, w.timeout = pick(r, 1, 2, 5), pick(r, 1, 3), 20*time.Second
			people, revision, text, at := w.people, 1, 0, time.Now().Add(30*time.Hour)
			account := func() {
				for who, n := range w.live() {
					if n > 1 {
						twice++
						w.t.Errorf("seed %d: %s gets %d", seed, who, n)
					}
				}
			}
			for range 3 + r.IntN(6) {
				switch r.IntN(6) {
				case 0:
					text++
				case 1:
					text = r.IntN(text + 2) // perhaps as it was
				case 2:
					at = time.Now().Add(time.Duration(2+r.IntN(40)) * time.Hour)
				case 3:
					w.people = 1 + r.IntN(people)
				case 4:
					revision++
				}
				w.text = fmt.Sprintf("R%d v%d", revision, text)
				w.due(at)
				w.extra += fmt.Sprintf("\n  revision = %d", revision)
				if fault := pick(r, faults...); fault == "" {
					w.order()
				} else if strings.Contains(fault, "%d") {
					w.order(fmt.Sprintf(fault, 1+r.IntN(3)))
				} else {
					w.order(fault)
				}
				k := &killing{w: w, takes: r.IntN(2) == 0}
				if r.IntN(3) == 0 {
					k.left = 1 + r.IntN(8)
				}
				w.answers = k
				ctx, cancel := context.WithCancel(w.t.Context())
				if r.IntN(4) == 0 {
					time.AfterFunc(time.Duration(1+r.IntN(20))*time.Second, cancel)
				}
				w.uncounted = true // the process may be dead by the time that its report is looked at
				got := w.apply(ctx, apply.Options{ResolveTimeout: pick(r, 0, -1, 10*time.Second)})
				cancel()
				runs++
				withdrawn += got.report.Cancelled
				if got.err != nil && !errors.Is(got.err, context.Canceled) && !k.dead {
					w.t.Fatalf("seed %d: %v", seed, got.err)
				}
				if k.dead {
					k.restore()
				}
				account()
				time.Sleep(time.Duration(r.IntN(90)) * time.Second)
			}
			w.answers = nil
			w.order()
			for quiet := 0; ; quiet++ {
				time.Sleep(time.Minute)
				got := w.apply(w.t.Context(), apply.Options{})
				account()
				withdrawn += got.report.Cancelled
				if got.plan.Empty() && got.report.Withdrawing == 0 && w.plan(w.t.Context()).Empty() { // what it has settled is planned next
					break
				}
				if quiet > 8 {
					w.t.Fatalf("seed %d: it comes to no end: %+v", seed, got.report)
				}
			}
			past, err := state.Read(w.t.Context(), w.state)
			if err != nil {
				w.t.Fatal(err)
			}
			live := 0
			for who, n := range w.live() {
				if strings.HasSuffix(who, fmt.Sprintf(" R%d", revision)) {
					live += n
				}
			}
			counts := past.Ledger("message.hello", revision).Counts()
			sure, perhaps := counts[state.Accepted], counts[state.Unconfirmed]+counts[state.InDoubt]
			if live < sure || live > sure+perhaps || sure+perhaps < w.people || counts[state.Withdrawing] > 0 {
				lost++
				w.t.Errorf("seed %d: %d go out to %d people, and the state says %v", seed, live, w.people, counts)
			}
		})
	}
}
