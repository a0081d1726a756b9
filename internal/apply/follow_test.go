package apply_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smsplan/smsplan/internal/apply"
	"github.com/smsplan/smsplan/internal/plan"
	"github.com/smsplan/smsplan/internal/state"
)

// follow asks about everything that there is to ask about, and records it.
func (w *world) follow(ctx context.Context, password string, o apply.FollowOptions) (apply.Followed, error) {
	w.t.Helper()
	waiting, err := state.Await(ctx, w.state, time.Now())
	if err != nil {
		w.t.Fatal(err)
	}
	gateway, err := apply.Connect(w.gatewayOf(), apply.Credentials{User: "demo", Password: password}, apply.Connecting{Dial: w.network.dial})
	if err != nil {
		w.t.Fatal(err)
	}
	defer gateway.Close()
	o.Record = func(list []state.Observation) error {
		s, err := state.Open(context.WithoutCancel(ctx), w.state)
		if err != nil {
			return err
		}
		if _, err := s.Observe(context.WithoutCancel(ctx), list); err != nil {
			w.t.Error(err)
		}
		return s.Close()
	}
	return apply.Follow(ctx, gateway, waiting.List, o)
}

// gatewayOf gives the gateway of the world's plans.
func (w *world) gatewayOf() plan.Gateway {
	w.configure()
	snap, err := state.Read(w.t.Context(), w.state)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.planFrom(w.t.Context(), snap).Gateway
}

// delivered gives how far the messages have got.
func (w *world) delivered() map[state.Delivery]int {
	w.t.Helper()
	seen, err := state.Inspect(w.t.Context(), w.state)
	if err != nil {
		w.t.Fatal(err)
	}
	all := map[state.Delivery]int{}
	for _, m := range seen.Messages {
		for d, n := range m.Deliveries {
			all[d] += n
		}
	}
	return all
}

func TestMessagesAreAskedAboutPolitely(t *testing.T) {
	inWorld(t, 100, nil, func(w *world) {
		w.extra = "  receipts = true"
		w.apply(w.t.Context(), apply.Options{})
		time.Sleep(time.Minute)
		began := time.Now()
		asked, err := w.follow(w.t.Context(), "demo", apply.FollowOptions{})
		if err != nil || asked.Asked != 100 || asked.Answered != 100 {
			t.Errorf("%+v, %v", asked, err)
		}
		if took := time.Since(began); took < 4*time.Second || took > 10*time.Second {
			t.Errorf("100 questions took %s", took)
		}
		if got := w.delivered()[state.Delivered]; got != 100 {
			t.Errorf("%d are delivered", got)
		}
		asked, err = w.follow(w.t.Context(), "demo", apply.FollowOptions{})
		if err != nil || asked != (apply.Followed{}) {
			t.Errorf("what is final is asked about again: %+v, %v", asked, err)
		}
	})
}

func TestWhatIsScheduledIsAskedAboutOnceUntilItsTime(t *testing.T) {
	inWorld(t, 3, nil, func(w *world) {
		w.extra = fmt.Sprintf("  receipts = true\n  deliver_at = %q", time.Now().Add(2*time.Hour).Format(time.RFC3339))
		w.apply(w.t.Context(), apply.Options{})
		if got := w.delivered()[state.Scheduled]; got != 3 {
			t.Errorf("%d are scheduled before anybody has asked", got)
		}
		for i, want := range []int{3, 0} {
			if asked, err := w.follow(w.t.Context(), "demo", apply.FollowOptions{}); err != nil || asked.Asked != want {
				t.Errorf("time %d: %+v, %v", i, asked, err)
			}
		}
		time.Sleep(3 * time.Hour)
		if asked, err := w.follow(w.t.Context(), "demo", apply.FollowOptions{}); err != nil || asked.Asked != 3 || w.delivered()[state.Delivered] != 3 {
			t.Errorf("afterwards: %+v, %v", asked, err)
		}
	})
}

// Whoever has no way to getmsgcharge is asked for the status alone, and one message that the gateway cannot tell of is no end.
func TestOneQuestionThatFailsIsOneAnswerLess(t *testing.T) {
	inWorld(t, 20, []string{"error:code=101,op=getmsgcharge", "error:code=901,op=querymsg,times=3"}, func(w *world) {
		w.apply(w.t.Context(), apply.Options{})
		time.Sleep(time.Minute)
		asked, err := w.follow(w.t.Context(), "demo", apply.FollowOptions{})
		if err != nil || asked.Asked != 20 || asked.Unknown == 0 || asked.Answered != 20-asked.Unknown || w.delivered()[state.OnItsWay] != asked.Answered {
			t.Errorf("%+v, %v", asked, err)
		}
	})
}

func TestASessionThatExpiresDoesNotEndAsking(t *testing.T) {
	inWorld(t, 20, nil, func(w *world) {
		w.apply(w.t.Context(), apply.Options{})
		w.order("expire-sessions-after:requests=5")
		time.Sleep(time.Minute)
		if asked, err := w.follow(w.t.Context(), "demo", apply.FollowOptions{}); err != nil || asked.Answered != 20 {
			t.Errorf("%+v, %v", asked, err)
		}
	})
}

func TestWhatWasLearntIsRecordedWhereAskingIsBrokenOff(t *testing.T) {
	for name, tt := range map[string]struct {
		faults   []string
		password string
		cancel   time.Duration
		least    int
		err      string
	}{
		"the gateway fails":     {faults: []string{"http-status:code=502,after=10,op=getmsgcharge"}, password: "demo", least: 5, err: "the gateway did not answer"},
		"it is interrupted":     {password: "demo", cancel: 500 * time.Millisecond, least: 5, err: "context canceled"},
		"it refuses to sign in": {password: "wrong", err: "the gateway refused to answer"},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, 100, nil, func(w *world) {
				w.apply(w.t.Context(), apply.Options{})
				w.order(tt.faults...)
				time.Sleep(time.Minute)
				ctx, cancel := context.WithCancel(w.t.Context())
				defer cancel()
				if tt.cancel > 0 {
					time.AfterFunc(tt.cancel, cancel)
				}
				asked, err := w.follow(ctx, tt.password, apply.FollowOptions{})
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("the error is %v", err)
				}
				synctest.Wait()
				if got := w.delivered()[state.OnItsWay]; got != asked.Answered || got < tt.least || got > 50 {
					t.Errorf("%d are recorded of %+v", got, asked)
				}
			})
		})
	}
}

// What is pushed is kept before the gateway is told so, and recorded once nobody else holds the state.
func TestWhatIsPushedIsKeptAndRecordedLater(t *testing.T) {
	inWorld(t, 3, nil, func(w *world) {
		w.apply(w.t.Context(), apply.Options{})
		waiting, err := state.Await(w.t.Context(), w.state, time.Now())
		if err != nil || len(waiting.List) != 3 {
			t.Fatal(waiting, err)
		}
		dir := t.TempDir()
		var taken atomic.Int64
		var locked atomic.Bool
		locked.Store(true)
		same := func(o state.Observation) func(*state.Keys) state.Observation {
			return func(*state.Keys) state.Observation { return o }
		}
		reception := &apply.Reception{Spool: state.NewSpool(dir), Keys: func(ctx context.Context) (*state.Keys, error) {
			return state.ReadKeys(ctx, w.state)
		}, TakeIn: func(ctx context.Context) (state.Intake, error) {
			if locked.Load() {
				return state.Intake{}, &state.LockedError{}
			}
			s, err := state.Open(ctx, w.state)
			if err != nil {
				return state.Intake{}, err
			}
			defer s.Close()
			return s.TakeIn(ctx, dir)
		}, Watch: func(_ state.Intake, err error) {
			if err == nil {
				taken.Add(1)
			}
		}}
		ctx, cancel := context.WithCancel(w.t.Context())
		ended := make(chan error)
		go func() { ended <- reception.Run(ctx) }()
		for _, one := range waiting.List[:2] {
			if err := reception.Keep(w.t.Context(), same(state.Observation{ID: one.ID, Status: 4})); err != nil {
				t.Error(err)
			}
		}
		time.Sleep(10 * time.Second)
		if got := w.delivered()[state.Delivered]; got != 0 || taken.Load() != 0 {
			t.Errorf("while the state is held, %d are recorded", got)
		}
		locked.Store(false)
		time.Sleep(10 * time.Second)
		if got := w.delivered()[state.Delivered]; got != 2 || taken.Load() != 1 {
			t.Errorf("%d are recorded, taken in %d times", got, taken.Load())
		}
		if err := reception.Keep(w.t.Context(), same(state.Observation{ID: waiting.List[2].ID, Status: 4})); err != nil {
			t.Error(err)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if got := w.delivered()[state.Delivered]; got != 3 {
			t.Errorf("%d are recorded at the end", got)
		}
	})
}
