package apply_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/smsplan/smsplan/internal/apply"
)

// first adds a message that message.hello depends on, with more arguments.
func (w *world) first(extra string) {
	w.extra += "\n  depends_on = [message.zebra]"
	w.more += fmt.Sprintf("message \"zebra\" {\n  to   = [recipients.everybody]\n  text = \"First.\"\n%s\n}\n", extra)
}

// attended has each request take a second, and calls begin and end with the text of each.
func (w *world) attended(begin, end func(text string)) {
	w.answers = http.HandlerFunc(func(rw http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		q.Body = io.NopCloser(bytes.NewReader(body))
		for _, text := range []string{"First.", "Hello."} {
			if strings.Contains(string(body), ">"+text+"<") {
				begin(text)
				defer end(text)
				time.Sleep(time.Second)
			}
		}
		w.gateway.ServeHTTP(rw, q)
	})
}

func TestAMessageBeginsWhenThoseThatItDependsOnAreFinished(t *testing.T) {
	inWorld(t, 30, nil, func(w *world) {
		w.batch = 1
		w.first("")
		var mu sync.Mutex
		begun, ended := map[string]int{}, map[string]int{}
		w.attended(func(text string) {
			mu.Lock()
			defer mu.Unlock()
			if begun[text]++; text == "Hello." && ended["First."] != 30 {
				w.t.Errorf("a request begins when %d of 30 before it have ended", ended["First."])
			}
		}, func(text string) {
			mu.Lock()
			defer mu.Unlock()
			ended[text]++
		})
		got := w.apply(w.t.Context(), apply.Options{})
		if got.err != nil || !got.report.Complete() || begun["First."] != 30 || begun["Hello."] != 30 {
			w.t.Errorf("%v begun, %+v, %v", begun, got.report, got.err)
		}
		// 60 seconds of requests over 8 connections: those of one message go at the same time.
		if got.took > 9*time.Second {
			w.t.Errorf("it took %s", got.took)
		}
	})
}

func TestWhatDependsOnAMessageThatIsNotSentToEverybodyIsNotSent(t *testing.T) {
	inWorld(t, 3, nil, func(w *world) {
		w.first(fmt.Sprintf("  deliver_at = %q\n  validity = \"1m\"", time.Now().Add(time.Minute).Format(time.RFC3339)))
		w.more += "message \"after\" {\n  to = [recipients.everybody]\n  text = \"After.\"\n  depends_on = [message.hello]\n}\n" +
			"message \"other\" {\n  to = [recipients.everybody]\n  text = \"Other.\"\n}\n"
		w.saved = w.plan(w.t.Context())
		time.Sleep(3 * time.Minute)
		got := w.apply(w.t.Context(), apply.Options{})
		if got.report.Sent != 3 || got.report.Late != 3 || got.report.Waiting != 6 || got.report.NotAttempted != 9 || len(got.report.Waits) != 2 {
			w.t.Fatalf("%+v, %v", got.report, got.err)
		}
		if wait := (apply.Wait{Address: "message.hello", On: "message.zebra", People: 3}); got.report.Waits[0] != wait {
			w.t.Errorf("%+v, want %+v", got.report.Waits, wait)
		}
		// What is too late is not sent any more, and nothing waits for it.
		w.saved = nil
		if got := w.apply(w.t.Context(), apply.Options{}); got.err != nil || got.report.Sent != 6 || got.report.Waiting != 0 {
			w.t.Errorf("%+v, %v", got.report, got.err)
		}
	})
}

func TestARunThatStopsSendsNothingThatDependsOnTheRest(t *testing.T) {
	inWorld(t, 30, []string{"credit-runs-out:credit=20"}, func(w *world) {
		w.batch, w.connections = 10, 1
		w.first("")
		got := w.apply(w.t.Context(), apply.Options{})
		if got.report.Cause == nil || got.report.Sent != 20 || got.report.NotAttempted != 40 {
			w.t.Fatalf("%+v, %v", got.report, got.err)
		}
		for _, m := range w.gateway.Messages() {
			if m.Text != "First." {
				w.t.Errorf("%q was sent", m.Text)
			}
		}
		w.order()
		if got := w.apply(w.t.Context(), apply.Options{}); !got.report.Complete() {
			w.t.Errorf("%+v, %v", got.report, got.err)
		}
	})
}

// Whatever has an outcome is not sent again without a decision, so nothing waits for it.
func TestNothingWaitsForThoseInDoubt(t *testing.T) {
	inWorld(t, 3, nil, func(w *world) {
		w.more = "message \"after\" {\n  to = [recipients.everybody]\n  text = \"After.\"\n  depends_on = [message.hello]\n}\n"
		w.answers = http.HandlerFunc(func(rw http.ResponseWriter, q *http.Request) {
			body, _ := io.ReadAll(q.Body)
			q.Body = io.NopCloser(bytes.NewReader(body))
			if strings.Contains(string(body), ">Hello.<") {
				panic(http.ErrAbortHandler)
			}
			w.gateway.ServeHTTP(rw, q)
		})
		got := w.apply(w.t.Context(), apply.Options{ResolveTimeout: -1})
		if got.report.InDoubt != 3 || got.report.Sent != 3 || got.report.Waiting != 0 {
			w.t.Errorf("%+v, %v", got.report, got.err)
		}
	})
}

func TestAMessageWaitsForOneThatIsTooEarly(t *testing.T) {
	inWorld(t, 3, nil, func(w *world) {
		w.first(fmt.Sprintf("  deliver_at = %q", time.Now().Add(8*24*time.Hour).Format(time.RFC3339)))
		got := w.apply(w.t.Context(), apply.Options{})
		if got.report.Sent != 0 || got.report.Waiting != 3 || len(got.plan.Warnings) != 1 || got.plan.Warnings[0].Address != "message.hello" {
			w.t.Errorf("%+v, %v, %+v", got.report, got.err, got.plan.Warnings)
		}
	})
}
