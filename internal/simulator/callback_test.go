package simulator

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/smsplan/smsplan/internal/simulator/envelope"
)

const (
	day = 24 * time.Hour
	all = "<msg_callback>7</msg_callback>"
)

// hello sends a text to a number, with parameters.
func hello(t *testing.T, s *Simulator, parameters string) {
	t.Helper()
	if got := one(t, s, "sendmsg", demo+"<text>Hello</text>"+to("12025550143")+parameters); got != "ID: ID" {
		t.Fatalf("sendmsg: %s", got)
	}
}

// pushing runs a test in a bubble, with a simulator that has a receiver.
func pushing(t *testing.T, o Options, answer http.HandlerFunc, run func(t *testing.T, s *Simulator, r *receiver)) {
	synctest.Test(t, func(t *testing.T) {
		if len(o.Settings.Accounts) == 0 {
			o.Settings = listening(Callback{})
		}
		s := newSimulator(t, o)
		r := &receiver{answer: answer}
		r.receives(t, s)
		run(t, s, r)
	})
}

func with503(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }

func TestEveryFormCarriesTheFields(t *testing.T) {
	inXML := map[string]string{
		"cliMsgId": "run42n000017", "to": "12025550143", "from": "A & B <C> é", "timestamp": "946684803", "status": "004", "charge": "0.800000",
	}
	inForm := maps.Clone(inXML)
	inForm["api_id"] = "1"
	inJSON := map[string]string{
		"cliMsgId": "string run42n000017", "to": "string 12025550143", "from": "string A & B <C> é", "timestamp": "json.Number 946684803",
		"status": "string 004", "charge": "json.Number 0.8",
	}
	for _, tt := range []struct {
		form, method, kind string
		fields             map[string]string
	}{
		{"get", "GET", "", inForm},
		{"", "GET", "", inForm},
		{"post", "POST", "application/x-www-form-urlencoded", inForm},
		{"xml", "POST", "application/x-www-form-urlencoded", inXML},
		{"soap", "POST", "text/xml; charset=utf-8", inXML},
		{"json", "POST", "application/x-www-form-urlencoded", inJSON},
	} {
		t.Run(tt.form, func(t *testing.T) {
			o := Options{Settings: listening(Callback{Form: tt.form, User: "receiver", Password: "pass:word"})}
			o.Settings.Prices = map[string]float64{"": 0.8}
			pushing(t, o, nil, func(t *testing.T, s *Simulator, r *receiver) {
				hello(t, s, "<from>A &amp; B &lt;C&gt; é</from><climsgid>run42n000017</climsgid><deliv_ack>1</deliv_ack><msg_callback>2</msg_callback>")
				time.Sleep(time.Minute)
				got := r.reports()
				if len(got) != 1 {
					t.Fatalf("%d reports", len(got))
				}
				id := got[0].fields["apiMsgId"]
				if want := s.Messages()[0].ID; strings.TrimPrefix(id, "string ") != want {
					t.Errorf("apiMsgId %s, want %s", id, want)
				}
				delete(got[0].fields, "apiMsgId")
				want := report{3 * time.Second, tt.fields, tt.method, tt.kind, "/dlr", "receiver:pass:word"}
				if diff := cmp.Diff(got[0], want, cmp.AllowUnexported(report{})); diff != "" {
					t.Errorf("report (-got +want):\n%s", diff)
				}
			})
		})
	}
}

// The forms that are known, as the gateway specification's section 13.3 has them.
func TestKnownFormsToTheLetter(t *testing.T) {
	id, _ := parseMessageID("a1b2c3d4e5f60718293a4b5c6d7e8f90")
	n := notice{
		id: id, apiID: "1234567", clientID: "run42n000017", to: "447700900001", from: "447700900999", charge: 0.8,
		step: Step{statusHandset, time.Unix(1400000000, 0)}, callback: Callback{URL: "http://receiver.test/dlr?key=a%20b"},
	}
	r, err := n.request(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := "/dlr?key=a%20b&api_id=1234567&apiMsgId=a1b2c3d4e5f60718293a4b5c6d7e8f90&cliMsgId=run42n000017&to=447700900001" +
		"&timestamp=1400000000&from=447700900999&status=004&charge=0.800000"
	if got := r.URL.RequestURI(); got != want {
		t.Errorf("GET\n got %s\nwant %s", got, want)
	}
	n.callback.Form = "json"
	if r, err = n.request(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := r.ParseForm(); err != nil {
		t.Fatal(err)
	}
	want = `{"callback":{"apiMsgId":"a1b2c3d4e5f60718293a4b5c6d7e8f90","cliMsgId":"run42n000017","timestamp":1400000000,"to":"447700900001",` +
		`"from":"447700900999","charge":0.8,"status":"004"}}`
	if diff := cmp.Diff(r.PostForm, url.Values{"data": {want}}); diff != "" {
		t.Errorf("JSON (-got +want):\n%s", diff)
	}
}

func TestStatusesArePushedWhenTheyAreTaken(t *testing.T) {
	for name, tt := range map[string]struct {
		callback   Callback
		speed      float64
		fault      string
		parameters string
		want       string
	}{
		"all":                    {parameters: all + "<deliv_ack>1</deliv_ack>", want: "003+1s 004+3s"},
		"final only":             {parameters: "<msg_callback>2</msg_callback><deliv_ack>1</deliv_ack>", want: "004+3s"},
		"errors only":            {parameters: "<msg_callback>4</msg_callback><deliv_ack>1</deliv_ack>", want: ""},
		"none":                   {parameters: "<deliv_ack>1</deliv_ack>", want: ""},
		"scheduled":              {parameters: all + "<deliv_time>10</deliv_time>", want: "003+10m1s"},
		"early form":             {callback: Callback{Mask: "early"}, parameters: "<msg_callback>3</msg_callback><deliv_time>10</deliv_time>", want: "011+0s 002+10m0s 003+10m1s"},
		"expired":                {parameters: all + "<deliv_time>10</deliv_time><validity>5</validity>", want: "010+5m0s"},
		"no route so cheap":      {parameters: all + "<max_credits>1</max_credits>", want: "009+1s"},
		"ordered to fail":        {fault: "status:code=007,ending=43", parameters: all, want: "003+1s 007+3s"},
		"sixty times as fast":    {speed: 60, parameters: all + "<deliv_ack>1</deliv_ack><deliv_time>10</deliv_time>", want: "003+10.017s 004+10.05s"},
		"twice":                  {fault: "callback-twice", parameters: all + "<deliv_ack>1</deliv_ack>", want: "003+1s 003+1s 004+3s 004+3s"},
		"shuffled":               {fault: "callback-shuffle", parameters: all + "<deliv_ack>1</deliv_ack>", want: "004+3s 003+3s"},
		"shuffled in early form": {fault: "callback-shuffle", callback: Callback{Mask: "early"}, parameters: all + "<deliv_ack>1</deliv_ack>", want: "004+3s 003+3s 002+3s"},
		"never":                  {fault: "callback-never", parameters: all + "<deliv_ack>1</deliv_ack>", want: ""},
	} {
		t.Run(name, func(t *testing.T) {
			o := Options{Settings: listening(tt.callback), Speed: tt.speed}
			o.Settings.Prices = map[string]float64{"": 2}
			if tt.fault != "" {
				o.Faults = []Fault{mustFault(t, tt.fault)}
			}
			pushing(t, o, nil, func(t *testing.T, s *Simulator, r *receiver) {
				hello(t, s, tt.parameters)
				time.Sleep(30 * day)
				if got := r.heard(); got != tt.want {
					t.Errorf("pushed %s, want %s", got, tt.want)
				}
			})
		})
	}
}

// The charge is what the message has cost by then.
func TestAPushHasTheChargeOfItsStatus(t *testing.T) {
	o := Options{Settings: listening(Callback{Mask: "early"}), Faults: []Fault{mustFault(t, "status:code=012")}}
	pushing(t, o, nil, func(t *testing.T, s *Simulator, r *receiver) {
		hello(t, s, "<msg_callback>3</msg_callback><deliv_time>10</deliv_time>")
		time.Sleep(time.Hour)
		var got []string
		for _, one := range r.reports() {
			got = append(got, one.fields["status"]+" "+one.fields["charge"])
		}
		want := []string{"011 1.000000", "002 0.000000", "012 0.000000"}
		if diff := cmp.Diff(got, want); diff != "" {
			t.Errorf("charges (-got +want):\n%s", diff)
		}
	})
}

func TestAWithdrawalIsPushedAtOnce(t *testing.T) {
	o := Options{Settings: listening(Callback{Mask: "early"})}
	pushing(t, o, nil, func(t *testing.T, s *Simulator, r *receiver) {
		hello(t, s, "<climsgid>run1</climsgid><msg_callback>3</msg_callback><deliv_time>60</deliv_time>")
		time.Sleep(time.Minute)
		ask(t, s, "delmsg", demo+"<climsgid>run1</climsgid>")
		time.Sleep(day)
		if got, want := r.heard(), "011+0s 006+1m0s"; got != want {
			t.Errorf("pushed %s, want %s", got, want)
		}
	})
}

// A withdrawal that comes while an earlier status is being pushed waits for that.
func TestAWithdrawalDoesNotOvertake(t *testing.T) {
	slow := func(http.ResponseWriter, *http.Request) { time.Sleep(5 * time.Second) }
	o := Options{Settings: listening(Callback{Mask: "early"})}
	pushing(t, o, slow, func(t *testing.T, s *Simulator, r *receiver) {
		hello(t, s, "<climsgid>run1</climsgid><msg_callback>3</msg_callback><deliv_time>60</deliv_time>")
		time.Sleep(time.Second)
		ask(t, s, "delmsg", demo+"<climsgid>run1</climsgid>")
		time.Sleep(day)
		if got, want := r.heard(), "011+0s 006+5s"; got != want {
			t.Errorf("pushed %s, want %s", got, want)
		}
	})
}

func TestAPushThatFailsIsRepeated(t *testing.T) {
	for name, tt := range map[string]struct {
		speed    float64
		failures int
		want     []time.Duration // after the first
	}{
		"not at all": {1, 0, nil},
		"twice":      {1, 2, []time.Duration{2 * time.Minute, 6 * time.Minute}},
		"eight times at most": {1, 100, []time.Duration{
			2 * time.Minute, 6 * time.Minute, 14 * time.Minute, 30 * time.Minute, 62 * time.Minute, 126 * time.Minute, 254 * time.Minute,
			254*time.Minute + 3*day,
		}},
		"sixty times as fast": {60, 3, []time.Duration{2 * time.Second, 6 * time.Second, 14 * time.Second}},
	} {
		t.Run(name, func(t *testing.T) {
			failures := tt.failures
			answer := func(w http.ResponseWriter, r *http.Request) {
				if failures--; failures >= 0 {
					with503(w, r)
				}
			}
			pushing(t, Options{Speed: tt.speed}, answer, func(t *testing.T, s *Simulator, r *receiver) {
				hello(t, s, all)
				time.Sleep(30 * day)
				got := r.reports()
				var after []time.Duration
				for _, one := range got[1:] {
					after = append(after, one.at-got[0].at)
					if diff := cmp.Diff(one.fields, got[0].fields); diff != "" {
						t.Errorf("another report than the first (-got +first):\n%s", diff)
					}
				}
				if diff := cmp.Diff(after, tt.want); diff != "" {
					t.Errorf("attempts after the first (-got +want):\n%s", diff)
				}
			})
		})
	}
}

// Later statuses do not wait for the retries of an earlier one, only for its first attempt.
func TestOrderOfThePushesOfOneMessage(t *testing.T) {
	for name, tt := range map[string]struct {
		answer func(w http.ResponseWriter, first bool)
		want   string
	}{
		"slow":    {func(http.ResponseWriter, bool) { time.Sleep(8 * time.Second) }, "003+1s 004+9s"},
		"failing": {func(w http.ResponseWriter, first bool) { w.WriteHeader(map[bool]int{true: 500, false: 204}[first]) }, "003+1s 004+3s 003+2m1s"},
	} {
		t.Run(name, func(t *testing.T) {
			first := true
			answer := func(w http.ResponseWriter, _ *http.Request) {
				tt.answer(w, first)
				first = false
			}
			pushing(t, Options{}, answer, func(t *testing.T, s *Simulator, r *receiver) {
				hello(t, s, all+"<deliv_ack>1</deliv_ack>")
				time.Sleep(30 * day)
				if got := r.heard(); got != tt.want {
					t.Errorf("pushed %s, want %s", got, tt.want)
				}
			})
		})
	}
}

func TestEveryMessageOfManyIsToldInOrder(t *testing.T) {
	pushing(t, Options{}, nil, func(t *testing.T, s *Simulator, r *receiver) {
		for range 5 {
			ask(t, s, "sendmsg", demo+"<text>Hello</text>"+all+"<deliv_ack>1</deliv_ack>"+to(many(200)...))
		}
		time.Sleep(time.Minute)
		told := map[string]string{}
		for _, one := range r.reports() {
			told[one.fields["apiMsgId"]] += one.fields["status"]
		}
		for _, m := range s.Messages() {
			if told[m.ID] != "003004" {
				t.Errorf("told %q of a message, want 003 and 004", told[m.ID])
			}
		}
	})
}

func TestAReceiverThatDoesNotTakeAPush(t *testing.T) {
	for name, tt := range map[string]struct {
		answer http.HandlerFunc
		status int
		error  string
	}{
		"refuses":       {with503, 503, ""},
		"redirects":     {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) }, 302, ""},
		"never answers": {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, 0, "deadline exceeded"},
		"hangs up":      {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 0, "EOF"},
		"never ends body": {func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(400)
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}, 400, ""},
	} {
		t.Run(name, func(t *testing.T) {
			o := Options{Settings: listening(Callback{URL: "http://receiver.test/dlr?key=secret", Form: "post", User: "receiver", Password: "secret"})}
			pushing(t, o, tt.answer, func(t *testing.T, s *Simulator, r *receiver) {
				begun := time.Now()
				hello(t, s, all)
				time.Sleep(2 * time.Minute)
				got := s.Pushes()
				if len(got) != 1 {
					t.Fatalf("%d attempts: %+v", len(got), got)
				}
				message := got[0].Error
				if message != "" && strings.Contains(message, tt.error) {
					got[0].Error = tt.error
				}
				want := Push{At: begun.Add(time.Second), ID: s.Messages()[0].ID, To: "12025550143", Status: 3, URL: "http://receiver.test/dlr", Attempt: 1, Answer: tt.status, Error: tt.error}
				if diff := cmp.Diff(got[0], want); diff != "" {
					t.Errorf("attempt (-got +want):\n%s", diff)
				}
				if strings.Contains(message, "secret") || strings.Contains(message, "2025550143") {
					t.Errorf("error shows too much: %s", message)
				}
				time.Sleep(15 * time.Second)
				if got := r.reports(); len(got) != 2 || got[1].path != "/dlr" {
					t.Errorf("%d reports, want the second after two minutes", len(got))
				}
			})
		})
	}
}

func TestPushesAreTheNewestThousand(t *testing.T) {
	pushing(t, Options{}, nil, func(t *testing.T, s *Simulator, _ *receiver) {
		for range 6 {
			ask(t, s, "sendmsg", demo+"<text>Hello</text>"+all+to(many(200)...))
			time.Sleep(time.Minute)
		}
		got := s.Pushes()
		oldest := s.Messages()[:200]
		if len(got) != 1000 || slices.ContainsFunc(got, func(p Push) bool { return p.ID == oldest[0].ID || p.ID == oldest[199].ID }) {
			t.Errorf("%d attempts, or one that is too old", len(got))
		}
		if !slices.IsSortedFunc(got, func(a, b Push) int { return b.At.Compare(a.At) }) {
			t.Error("not the newest first")
		}
	})
}

func TestNothingIsPushedAfterClose(t *testing.T) {
	hanging := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	pushing(t, Options{}, hanging, func(t *testing.T, s *Simulator, r *receiver) {
		hello(t, s, all+"<deliv_ack>1</deliv_ack>")
		hello(t, s, all+"<deliv_time>10</deliv_time>")
		time.Sleep(2 * time.Second)
		before := time.Now()
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(before); took > time.Second {
			t.Errorf("Close took %v", took)
		}
		if got := s.Pushes(); len(got) != 1 || got[0].Error == "" {
			t.Errorf("Close has not waited for what it gave up: %+v", got)
		}
		time.Sleep(30 * day)
		if got, want := r.heard(), "003+1s"; got != want {
			t.Errorf("pushed %s, want %s", got, want)
		}
	})
}

func TestTheNextSimulatorDoesNotPushWhatTheLastDidNot(t *testing.T) {
	o := Options{Settings: listening(Callback{Mask: "early"}), Dir: t.TempDir()}
	pushing(t, o, nil, func(t *testing.T, s *Simulator, r *receiver) {
		hello(t, s, "<climsgid>run1</climsgid><msg_callback>3</msg_callback><deliv_time>60</deliv_time>")
		synctest.Wait()
		next := reopen(t, s, o)
		r2 := &receiver{}
		r2.receives(t, next)
		ask(t, next, "delmsg", demo+"<climsgid>run1</climsgid>")
		time.Sleep(day)
		if got := r2.heard(); got != "" || next.pusher.stop != nil {
			t.Errorf("pushed %s", got)
		}
	})
}

func TestAnAccountThatTakesItsCallbackAwayHearsNoMore(t *testing.T) {
	pushing(t, Options{}, nil, func(t *testing.T, s *Simulator, r *receiver) {
		hello(t, s, all+"<deliv_ack>1</deliv_ack>")
		time.Sleep(2 * time.Second)
		settings := s.Settings()
		settings.Accounts[0].Callback = nil
		if err := s.Configure(settings); err != nil {
			t.Fatal(err)
		}
		time.Sleep(day)
		if got, want := r.heard(), "003+1s"; got != want {
			t.Errorf("pushed %s, want %s", got, want)
		}
	})
}

// A push that is to leave before the answer holds the answer back, but not for ever.
func TestCallbackEarlyHoldsTheAnswer(t *testing.T) {
	for name, tt := range map[string]struct {
		answer     http.HandlerFunc
		parameters string
		want       time.Duration // until the answer leaves
		told       int           // by then
	}{
		"one":              {nil, all + to("12025550143"), time.Second, 1},
		"several":          {nil, all + to(many(20)...), time.Second, 20},
		"slow":             {func(http.ResponseWriter, *http.Request) { time.Sleep(4 * time.Second) }, all + to("12025550143"), 5 * time.Second, 1},
		"never answers":    {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, all + to(many(20)...), 13 * time.Second, 16},
		"nothing to tell":  {nil, to("12025550143"), 0, 0},
		"scheduled":        {nil, all + "<deliv_time>10</deliv_time>" + to("12025550143"), 0, 0},
		"only errors told": {nil, "<msg_callback>4</msg_callback>" + to("12025550143"), 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			o := Options{Settings: listening(Callback{}), Faults: []Fault{mustFault(t, "callback-early")}}
			pushing(t, o, tt.answer, func(t *testing.T, s *Simulator, r *receiver) {
				begun := time.Now()
				ask(t, s, "sendmsg", demo+"<text>Hello</text>"+tt.parameters)
				if took := time.Since(begun); took != tt.want {
					t.Errorf("answered after %v, want %v", took, tt.want)
				}
				if got := len(r.reports()); got != tt.told {
					t.Errorf("%d reports before the answer, want %d", got, tt.told)
				}
			})
		})
	}
}

// Nothing runs for messages of which nobody wants to hear, and no more for a hundred thousand than for one.
func TestPushingTakesFewGoroutines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSimulator(t, Options{})
		before := runtime.NumGoroutine()
		hello(t, s, all)
		if now := runtime.NumGoroutine(); now > before || s.pusher.stop != nil {
			t.Errorf("%d goroutines more without a callback", now-before)
		}
	})
	pushing(t, Options{}, nil, func(t *testing.T, s *Simulator, r *receiver) {
		before := runtime.NumGoroutine()
		hello(t, s, "")
		if now := runtime.NumGoroutine(); now > before || s.pusher.stop != nil {
			t.Errorf("%d goroutines more without a msg_callback", now-before)
		}
		request := demo + "<text>Hello</text><deliv_time>10</deliv_time>" + all + to(many(envelope.MaxRecipients)...)
		for range 100_000 / envelope.MaxRecipients {
			ask(t, s, "sendmsg", request)
		}
		synctest.Wait()
		if now := runtime.NumGoroutine(); now > before+pushWorkers+1 {
			t.Errorf("%d goroutines more with 100,000 messages", now-before)
		}
	})
}

func TestAnAgendaGivesTheEarliestFirst(t *testing.T) {
	var a agenda[string]
	now := time.Unix(1700000000, 0)
	for i, offset := range []int{5, 3, 3, 9, 1, 3} {
		a.add(now.Add(time.Duration(offset)*time.Second), fmt.Sprintf("%d of %d", offset, i))
	}
	var got []string
	for _, elapsed := range []time.Duration{0, 4 * time.Second, time.Minute} {
		for {
			what, ok := a.take(now.Add(elapsed))
			if !ok {
				break
			}
			got = append(got, what)
		}
		got = append(got, "-")
	}
	want := []string{"-", "1 of 4", "3 of 1", "3 of 2", "3 of 5", "-", "5 of 0", "9 of 3", "-"}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("order (-got +want):\n%s", diff)
	}
	if _, some := a.wait(now); some {
		t.Error("something is left")
	}
}

func TestResetForgetsWhatWasToBePushed(t *testing.T) {
	slow := func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(5 * time.Second)
		with503(w, r)
	}
	pushing(t, Options{}, slow, func(t *testing.T, s *Simulator, r *receiver) {
		hello(t, s, all)
		time.Sleep(10 * time.Second)
		hello(t, s, all)
		hello(t, s, all+"<deliv_time>10</deliv_time>")
		time.Sleep(2 * time.Second)
		if err := s.Reset(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(30 * day)
		if got, want := r.heard(), "003+1s 003+11s"; got != want {
			t.Errorf("pushed %s, want %s", got, want)
		}
		if got := s.Pushes(); len(got) != 0 {
			t.Errorf("%d attempts are remembered", len(got))
		}
	})
}

func TestMessagesOfEveryOperationAreTold(t *testing.T) {
	pushing(t, Options{}, nil, func(t *testing.T, s *Simulator, r *receiver) {
		w := post(s, documentAddress, documentCall("startbatch", demo+"<template>Hello</template>"+all))
		batch := "<batch_id>" + anyID.FindString(w.Body.String()) + "</batch_id>"
		ask(t, s, "quicksend", demo+batch+to("12025550143"))
		ask(t, s, "senditem", demo+batch+to("12025550144"))
		ask(t, s, "si_push", demo+to("12025550145")+"<si_id>1</si_id><si_url>http://www.example.test/</si_url><si_text>Hello</si_text>"+all)
		time.Sleep(time.Minute)
		var got []string
		for _, one := range r.reports() {
			got = append(got, one.fields["to"]+" "+one.fields["status"])
		}
		slices.Sort(got)
		want := []string{"12025550143 003", "12025550144 003", "12025550145 003"}
		if diff := cmp.Diff(got, want); diff != "" {
			t.Errorf("told (-got +want):\n%s", diff)
		}
	})
}
